"""The command line of channels: trials, what is held, retries, bounces, duty contacts, choices."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from config.settings import settings
from models import tables
from models.directory import PersonInfo
from notifications import bounces
from notifications.brakes import forget
from notifications.channels.base import Outgoing, Rate
from notifications.render import render_notice
from tests.smtp import SmtpServer
from tests.terminal import Terminal, fresh_settings
from tests.world import World, at
from workflow import channel_trial
from workflow.scheduler import deliver

WHEN, LATER = "2026-09-28 10:00", "2026-09-28T15:00"


@pytest.fixture(autouse=True)
def channels(
    monkeypatch: pytest.MonkeyPatch, smtp_server: SmtpServer, tmp_path: Path
) -> Iterator[None]:
    """A real mail server, a folder, and two messages at once are a storm."""
    monkeypatch.setenv("XIAOHAO_CHANNELS", "inapp,smtp,folder")
    monkeypatch.setenv("XIAOHAO_SMTP_PORT", str(smtp_server.port))
    monkeypatch.setenv("XIAOHAO_SMTP_PASSWORD", "")
    monkeypatch.setenv("XIAOHAO_FOLDER_DIR", str(tmp_path / "notices"))
    monkeypatch.setenv("XIAOHAO_STORM_LIMIT", "1")
    with fresh_settings():
        yield


def test_a_trial_goes_through_each_channel_and_is_on_record(
    terminal: Terminal, world: World, smtp_server: SmtpServer, tmp_path: Path
) -> None:
    results = terminal.data("channels test --to zjj_head", by="sysadmin")
    assert [(r["channel"], r["worked"]) for r in results] == [
        ("inapp", True),
        ("smtp", True),
        ("folder", True),
    ]
    (mail,) = smtp_server.messages
    assert "zjj_head@example.org" in str(mail["To"])
    assert len(list((tmp_path / "notices").glob("*.eml"))) == 1
    (told,) = world.notices("zjj_head")
    assert render_notice("fault", "zh_CN", told.facts).subject == "测试：通知渠道测试"
    assert "下步安排" not in render_notice("fault", "zh_CN", told.facts).text
    (entry,) = world.rows(tables.event, tag="outbox.tested")
    assert entry.data["worked"] == ["inapp", "smtp", "folder"]


def test_a_trial_that_fails_says_why_and_ends_with_one(
    terminal: Terminal, smtp_server: SmtpServer
) -> None:
    smtp_server.script("550 no such user")
    result = terminal("channels test --to zjj_head", by="chief")
    assert result.exit_code == 1
    assert "550" in result.stdout
    assert "folder" in result.stdout


class Leaky:
    """A channel with a limit and a fault that quotes its address."""

    name = "smtp"
    rates = (Rate(1, 60, "recipient"),)

    def address_of(self, person: PersonInfo) -> str | None:
        return person.email

    def send(self, message: Outgoing) -> None:
        address = "https://example.org/?key=s3cret"
        raise ValueError(address)


def test_a_trial_counts_against_the_limits_and_quotes_no_unknown_fault(
    terminal: Terminal,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("XIAOHAO_CHANNELS", "inapp,smtp")
    settings.cache_clear()
    monkeypatch.setattr(channel_trial, "create", lambda _name, _settings: Leaky())
    result = terminal("channels test --to zjj_head", by="chief")
    assert result.exit_code == 1
    assert "ValueError" in result.stdout
    assert "s3cret" not in result.output + caplog.text
    (use,) = world.rows(tables.channel_use)
    assert (use.channel, use.recipient_id) == ("smtp", world.people["zjj_head"])
    with world.db.write() as s:
        assert forget(s, [Leaky()], use.at + timedelta(seconds=59)) == 0
        assert forget(s, [Leaky()], use.at + timedelta(seconds=60)) == 1


def test_a_trial_for_whom_there_is_no_address_uses_nothing(
    terminal: Terminal, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Leaky, "address_of", lambda _self, _person: None)
    monkeypatch.setattr(channel_trial, "create", lambda _name, _settings: Leaky())
    assert terminal("channels test --to zjj_head", by="chief").exit_code == 1
    assert world.rows(tables.channel_use) == []


def test_a_trial_is_not_everybody_s(terminal: Terminal, smtp_server: SmtpServer) -> None:
    (reason,) = terminal.refused(3, "channels test --to zjj_head", by="zjj_head")
    assert reason["code"] == "not_allowed"
    assert smtp_server.messages == []


def test_channels_are_listed_with_what_is_wrong_and_without_secrets(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XIAOHAO_SMTP_USERNAME", "bureau")
    monkeypatch.setenv("XIAOHAO_SMTP_PASSWORD", "Very-secret-1")
    monkeypatch.setenv("XIAOHAO_CHANNELS", "inapp,smtp,wecom_app")
    with fresh_settings():
        found = {c["channel"]: c for c in terminal.data("channels list")}
        text = terminal.ok("channels list")
    assert found["smtp"]["in_use"]
    assert not found["sms"]["in_use"]
    assert "Very-secret-1" not in text + str(found)


def test_what_is_held_is_listed_released_and_dropped(terminal: Terminal, world: World) -> None:
    world.dispatched(WHEN)
    deliver(world.db, {}, at("2026-09-28 14:10"), "w1")
    result = terminal("outbox held")
    assert result.exit_code == 1
    hold = world.row(tables.storm_hold).id
    terminal.refused(3, f"outbox release {hold}", by="triage", at=LATER)
    held = len(world.rows(tables.delivery, state="held"))
    freed = terminal.data(f"outbox drop {hold} --reason drill", by="chief", at=LATER)
    assert freed == {"messages": held}
    assert terminal("outbox held").exit_code == 0
    again = terminal.data("outbox retry --all", by="triage", at=LATER)
    assert again == {"notices": held}
    tags = [e.tag for e in world.rows(tables.event, stream="system")]
    assert tags[-2:] == ["outbox.dropped", "outbox.retried"]


def test_a_retry_needs_somebody_of_the_office(terminal: Terminal) -> None:
    assert terminal.refused(2, "outbox retry --all")[0]["code"] == "actor_missing"
    assert terminal.refused(3, "outbox retry --all", by="zjj_head")[0]["code"] == "not_allowed"


def test_a_bounced_address_is_listed_and_cleared(terminal: Terminal, world: World) -> None:
    with world.db.write() as s:
        person = world.people["zjj_head"]
        bounces.mark(s, "smtp", "zjj_head@example.org", person, at(WHEN), "550")
    assert terminal("outbox bounced").exit_code == 1
    terminal.ok("outbox clear smtp zjj_head@example.org", by="chief", at=LATER)
    assert terminal("outbox bounced").exit_code == 0


def test_a_duty_contact_is_named_by_command(terminal: Terminal, world: World) -> None:
    terminal.ok("unit duty zjj zjj_handler", by="sysadmin", at=LATER)
    assert world.row(tables.duty_contact).person_id == world.people["zjj_handler"]
    terminal.ok("unit duty zjj", by="sysadmin", at=LATER)
    assert world.rows(tables.duty_contact) == []


def test_ones_own_channels_are_chosen_by_command(terminal: Terminal, world: World) -> None:
    terminal.ok("person channels --none", by="zjj_head", at=LATER)
    shown = {c["channel"]: c["on"] for c in terminal.data("person channels", by="zjj_head")}
    assert shown == {"inapp": True, "smtp": False, "folder": True}
    assert world.row(tables.channel_choice).person_id == world.people["zjj_head"]
