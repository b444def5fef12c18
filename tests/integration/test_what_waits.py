"""What has not left yet is explained, and a channel that fails is seen from its first failure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from models import tables
from notifications.channels.base import Outgoing, Rate, TemporaryError
from tests.portal import Browser, Portal
from tests.smtp import SmtpServer
from tests.terminal import Terminal, fresh_settings
from tests.webhooks import receiving, said
from tests.world import World, at
from workflow.scheduler import deliver

WHEN = "2026-09-28 10:00"
WINDOW = "2026-09-28 14:10"


class Failing:
    """A mail channel that loses each message in a way that says nothing of the channel."""

    name = "smtp"
    rates: tuple[Rate, ...] = ()

    def __init__(self) -> None:
        self.broken = True

    def address_of(self, person: Any) -> str | None:
        """The person's mail address."""
        return str(person.email)

    def send(self, message: Outgoing) -> None:
        """Fail while broken."""
        if self.broken:
            raise TemporaryError("451 try later")


@pytest.fixture(autouse=True)
def channels(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Mail and the portal are in use."""
    monkeypatch.setenv("XIAOHAO_CHANNELS", "inapp,smtp")
    with fresh_settings():
        yield


def english(portal: Portal, username: str) -> Browser:
    browser = portal.sign_in(username)
    browser.client.cookies.set("xiaohao_lang", "en")
    return browser


def waiting(world: World) -> int:
    return len(world.rows(tables.notice, channel="smtp", state="pending"))


def test_the_page_of_jobs_counts_what_waits_for_its_window(portal: Portal, world: World) -> None:
    world.dispatched(WHEN)
    n = waiting(world)
    assert n > 1
    page = english(portal.at("2026-09-28 10:30"), "chief").page("/admin/jobs").words
    assert f"Notices that wait {n} of them due: 0" in page
    assert "nothing that is due waits" in page
    assert "nothing was sent yet" in page
    due = english(portal.at("2026-09-28 14:11"), "chief").page("/admin/jobs").words
    assert f"of them due: {n}" in due


def test_the_page_of_deliveries_says_until_when_notices_wait(portal: Portal, world: World) -> None:
    world.dispatched(WHEN)
    words = english(portal.at("2026-09-28 10:30"), "chief").page("/notices/delivery").words
    assert f"Waits for the delivery window {WINDOW}: {waiting(world)} notices" in words
    assert "09:10、14:10" in words


def test_the_command_line_says_until_when_notices_wait(terminal: Terminal, world: World) -> None:
    world.dispatched(WHEN)
    line = f"Waits for the delivery window {WINDOW}: {waiting(world)} notices"
    for command in ("outbox list", "outbox deliver"):
        assert line in terminal.ok(command, at="2026-09-28T10:30")
    assert "by mail" not in terminal.ok("outbox list")
    assert "e-mail" in terminal.ok("outbox list")
    due = terminal.ok("outbox list", at="2026-09-28T14:11")
    assert f"Due, leaves with the next run: {waiting(world)} notices" in due


def test_whoever_urges_is_told_when_it_goes_out(
    portal: Portal, world: World, terminal: Terminal
) -> None:
    case = world.dispatched(WHEN)
    browser = english(portal.at("2026-09-28 10:30"), "triage")
    answer = browser.fill(f"/tasks/{case.task}/do/urge", {"text": "请抓紧"})
    assert f"through the other channels at {WINDOW}" in browser.follow(answer).words
    said = terminal.ok(f"task urge {case.task} --text 请再抓紧", by="triage", at="2026-09-28T14:30")
    assert "through the other channels at 2026-09-29 09:10" in said


def test_an_act_that_urges_nobody_speaks_of_no_notice(portal: Portal, world: World) -> None:
    case = world.dispatched(WHEN)
    words = english(portal, "triage").page(f"/issues/{case.issue}?done=progress").words
    assert "other channels" not in words


def test_a_message_is_seen_being_retried_and_its_channel_does_not_pass_for_sound(
    portal: Portal, world: World, terminal: Terminal
) -> None:
    world.dispatched(WHEN)
    channel = Failing()
    deliver(world.db, {"smtp": channel}, at("2026-09-28 14:10"), "w1")
    words = english(portal.at("2026-09-28 14:11"), "chief").page("/notices/delivery").words
    assert "Messages that are tried again" in words
    assert "451 try later" in words
    (smtp,) = (c for c in terminal.data("channels list") if c["channel"] == "smtp")
    assert smtp["failing"]
    assert "451 try later" in smtp["last_error"]
    assert "failed at last" in terminal.ok("channels list")
    channel.broken = False
    deliver(world.db, {"smtp": channel}, at("2026-09-28 18:00"), "w1")
    (smtp,) = (c for c in terminal.data("channels list") if c["channel"] == "smtp")
    assert not smtp["failing"]
    after = english(portal.at("2026-09-28 18:01"), "chief")
    assert "451 try later" not in after.page("/notices/delivery").words
    assert "2026-09-28 18:00" in after.page("/admin/jobs").words


def test_a_channel_without_its_settings_is_said_to_lack_them(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XIAOHAO_CHANNELS", "inapp,sms")
    with fresh_settings():
        text = terminal.ok("channels list")
        (sms,) = (c for c in terminal.data("channels list") if c["channel"] == "sms")
    assert "not set up: XIAOHAO_SMS_URL is empty" in text
    assert sms["missing"] == ["XIAOHAO_SMS_URL"]
    assert sms["limits"] == ["50 a day to each person"]
    monkeypatch.setenv("XIAOHAO_SMS_URL", "https://sms.example.org/send")
    with fresh_settings():
        (sms,) = (c for c in terminal.data("channels list") if c["channel"] == "sms")
    assert sms["missing"] == []


def test_a_trial_says_in_words_that_there_is_no_address(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XIAOHAO_CHANNELS", "wecom_app")
    with fresh_settings():
        result = terminal("channels test --to zjj_head", by="chief")
    assert result.exit_code == 1
    assert "no address" in result.stdout
    assert "no-address" not in result.stdout
    assert "WeCom application" in result.stdout


def test_a_trial_by_mail_carries_the_html_part(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, smtp_server: SmtpServer
) -> None:
    monkeypatch.setenv("XIAOHAO_CHANNELS", "smtp")
    monkeypatch.setenv("XIAOHAO_SMTP_PORT", str(smtp_server.port))
    with fresh_settings():
        terminal.ok("channels test --to zjj_head", by="chief")
    (mail,) = smtp_server.messages
    parts = [part.get_content_type() for part in mail.walk()]
    assert parts == ["multipart/alternative", "text/plain", "text/html"]


def test_a_trial_by_chat_is_called_a_trial_and_no_fault(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XIAOHAO_CHANNELS", "feishu_robot")
    monkeypatch.setenv("XIAOHAO_CHANNEL_NETWORKS", "127.0.0.0/8")
    monkeypatch.setenv("XIAOHAO_FEISHU_ROBOT_SECRET", "a secret")
    with receiving() as receiver:
        receiver.usual = said(code=0)
        monkeypatch.setenv("XIAOHAO_FEISHU_ROBOT_URL", f"{receiver.base}/hook")
        with fresh_settings():
            terminal.ok("channels test --to zjj_head", by="chief")
    (request,) = receiver.received
    words = request.event["content"]["text"]
    assert "通知渠道" in words and "异常" not in words


def test_an_account_with_nothing_to_choose_says_so(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "nothing to choose" not in english(portal, "zjj_head").page("/account").words
    monkeypatch.setenv("XIAOHAO_CHANNELS", "inapp")
    with fresh_settings():
        words = english(portal, "zjj_handler").page("/account").words
    assert "There is nothing to choose: every channel in use is fixed." in words
