"""Channels by name, and messages as files."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_string, policy
from pathlib import Path

import pytest

from config.settings import Settings
from models.directory import PersonInfo
from notifications.channels import known, registry
from notifications.channels.base import Outgoing, PermanentError, TemporaryError, UnknownChannel
from notifications.channels.folder import READABLE, Folder, file_name
from notifications.channels.mail import build

WANG = PersonInfo(
    1, "wangjg", "王建国", 1, "liaison", "wang@example.org", None, "zh_CN", True, None, None, None
)
MESSAGE = Outgoing(
    message_id="<xiaohao.12.0a1b2c3d4e@example.org>",
    address="wang@example.org",
    recipient_name="王建国",
    language="zh_CN",
    subject="【销号】3项：催办2、交办1",
    text="王建国同志：\n\n下列任务已超期。\n",
    headers={"X-Xiaohao-Notice": "4 5 6"},
    created_at=datetime(2026, 10, 26, 1, 10, tzinfo=UTC),
)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "notices", "xiaohao@example.org")


def test_each_channel_of_the_settings_is_made_in_their_order() -> None:
    made = registry(Settings(channels="smtp, inapp,folder"))
    assert [(name, channel.name) for name, channel in made.items()] == [
        ("smtp", "smtp"),
        ("inapp", "inapp"),
        ("folder", "folder"),
    ]


def test_every_known_channel_can_be_made_without_any_setting() -> None:
    made = registry(Settings(channels=",".join(known())))
    assert tuple(made) == tuple(channel.name for channel in made.values()) == known()


def test_an_unknown_channel_is_named_with_the_known_ones() -> None:
    assert known() == (
        *("apprise", "dingtalk_robot", "feishu_robot", "folder", "inapp", "sms", "smtp"),
        *("webhook", "wecom_app", "wecom_robot"),
    )
    with pytest.raises(UnknownChannel, match=r"'pigeon'; known are apprise, .*, wecom_robot"):
        registry(Settings(channels="inapp,pigeon"))


def test_addresses() -> None:
    made = registry(Settings(channels="inapp,smtp,folder"))
    nameless = replace(WANG, email=None)
    assert made["smtp"].address_of(WANG) == made["folder"].address_of(WANG) == "wang@example.org"
    assert made["smtp"].address_of(nameless) is None
    assert made["folder"].address_of(nameless) == made["inapp"].address_of(nameless) == "wangjg"


def test_inapp_has_nothing_left_to_send() -> None:
    registry(Settings(channels="inapp"))["inapp"].send(MESSAGE)


def test_the_file_is_readable_as_it_stands_and_as_mail(folder: Folder) -> None:
    folder.send(MESSAGE)
    path = folder.directory / "xiaohao.12.0a1b2c3d4e@example.org.eml"
    assert "Subject: 【销号】3项：催办2、交办1\n" in path.read_text(encoding="utf-8")
    assert MESSAGE.text in path.read_text(encoding="utf-8")
    mail = message_from_string(path.read_text(encoding="utf-8"), policy=policy.default)
    assert mail["Message-ID"] == MESSAGE.message_id
    assert mail["X-Xiaohao-Notice"] == "4 5 6"
    assert mail["Date"].datetime == MESSAGE.created_at
    assert mail["To"].addresses[0].display_name == "王建国"


def test_a_repeat_overwrites_the_same_file_and_leaves_no_draft(folder: Folder) -> None:
    folder.send(MESSAGE)
    first = next(folder.directory.iterdir()).read_bytes()
    folder.send(MESSAGE)
    assert [path.read_bytes() for path in folder.directory.iterdir()] == [first]


def test_a_username_will_do_as_address(folder: Folder) -> None:
    folder.send(replace(MESSAGE, address="wangjg"))
    assert "wangjg" in next(folder.directory.iterdir()).read_text(encoding="utf-8")


def test_a_folder_that_cannot_be_written_is_a_temporary_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TemporaryError, match="folder: "):
        Folder(tmp_path / "file" / "below", "xiaohao@example.org").send(MESSAGE)


@pytest.mark.parametrize(
    ("message_id", "name"),
    [
        ("<a.1@b>", "a.1@b.eml"),
        ("<../../etc/passwd>", "_.._etc_passwd.eml"),
        ("<销号@b>", "__@b.eml"),
    ],
)
def test_a_message_id_never_leads_out_of_the_folder(message_id: str, name: str) -> None:
    assert file_name(message_id) == name


@pytest.mark.parametrize(
    "bad",
    [
        replace(MESSAGE, address="wang@example.org\r\nBcc: eve@example.org"),
        replace(MESSAGE, subject="a\nBcc: eve@example.org"),
        replace(MESSAGE, address="wang@example.org@example.com"),
        replace(MESSAGE, address="wang@"),
    ],
)
def test_what_is_no_header_or_no_address_is_refused_for_good(bad: Outgoing) -> None:
    with pytest.raises(PermanentError, match="mail: ") as refusal:
        build(bad, "xiaohao@example.org", READABLE)
    assert refusal.value.bounced == (bad.address != MESSAGE.address)  # an address that is bad


@pytest.mark.parametrize("address", ["wang@example..org", "wang@@", "a b@example.org", "@"])
def test_an_address_that_is_none_is_a_bad_address(address: str) -> None:
    with pytest.raises(PermanentError) as refusal:
        build(replace(MESSAGE, address=address), "xiaohao@example.org", READABLE)
    assert refusal.value.bounced


@pytest.mark.parametrize("name", ['O\'Neil, "J." <b>', "孙敏𠮷", "a@b.c", "Ünal;", ""])
def test_a_name_of_any_characters_leaves_the_address_as_it_is(name: str) -> None:
    mail = build(replace(MESSAGE, recipient_name=name), "xiaohao@example.org", READABLE)
    (to,) = mail["To"].addresses
    assert (to.display_name, to.addr_spec) == (name, MESSAGE.address)
