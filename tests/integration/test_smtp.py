"""Mail through a real server on this machine: headers, refusals, broken connections."""

from __future__ import annotations

import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import insert, select

from config.settings import Settings
from models import tables
from models.db import Database
from models.directory import Directory, PersonInfo
from notifications import outbox
from notifications.channels import registry
from notifications.channels.base import Outgoing, PermanentError, TemporaryError
from notifications.delivery import DrainReport, bundle, drain
from notifications.examples import TASK
from notifications.intent import Intent
from tests.smtp import DROP, DROP_AFTER, SmtpServer, channel

NOW = datetime(2026, 10, 26, 1, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
SUBJECT_CHARACTERS = '销号催办已超期通知（）：，、 AB-0123.,;:"<>@()[]?=_é'
WANG = PersonInfo(
    1, "wangjg", "王建国", 1, "liaison", "wang@example.org", None, "zh_CN", True, None, None, None
)
MESSAGE = Outgoing(
    message_id="<xiaohao.12.0a1b2c3d4e@example.org>",
    address="wang@example.org",
    recipient_name="王建国",
    language="zh_CN",
    subject="【销号】催办通知：JFJ-2026-0012-01 十千伏架空线影响桩基施工（已超期1个工作日）",
    text="王建国同志：\n\n下列任务已超期。\n.\n一行只有句点也要送到。\n",
    headers={"X-Xiaohao-Notice": "4 5"},
    created_at=NOW,
)


@pytest.fixture
def waiting(database: Database) -> Database:
    """A database with one message to Wang that is due at NOW."""
    intent = Intent("task:1", "urge", "urge", WANG, TASK, 7, 1, 1, False, NOW)
    with database.write() as s:
        s.execute(insert(tables.unit).values(id=1, code="heng", name="横林镇", kind="town"))
        person = {"username": WANG.username, "name": WANG.name, "unit_id": 1}
        s.execute(insert(tables.person).values(id=WANG.id, **person))
        outbox.enqueue(s, [intent], NOW, ("inapp", "smtp"))
        bundle(s, NOW, lambda now: now + HOUR, domain="example.org")
    return database


def sent(database: Database, server: SmtpServer, at: datetime = NOW) -> DrainReport:
    people = Directory(people={1: WANG})
    return drain(database, {"smtp": channel(server)}, people, at, "w1")


def plain_text(mail: EmailMessage) -> str:
    """What a program without HTML shows."""
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def delivery(database: Database) -> Any:
    with database.read() as s:
        return s.execute(select(tables.delivery)).one()


def test_it_arrives_once_with_the_right_headers(waiting: Database, smtp_server: SmtpServer) -> None:
    assert sent(waiting, smtp_server) == DrainReport(sent=1)
    assert sent(waiting, smtp_server, NOW + HOUR) == DrainReport()
    (received,) = smtp_server.received
    assert (received.sender, received.recipients) == ("xiaohao@example.org", ("wang@example.org",))
    mail = received.message
    assert mail["Subject"] == (
        "【销号】催办通知：JFJ-2026-0012-01 十千伏架空线影响桩基施工（已超期1个工作日）"
    )
    assert mail["Message-ID"] == delivery(waiting).message_id
    assert mail["Date"].datetime == NOW
    assert mail["List-Id"] == "<xiaohao.example.org>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Xiaohao-Notice"] == "2"
    assert mail["To"].addresses[0].display_name == "王建国"
    assert mail["From"].addresses[0].addr_spec == "xiaohao@example.org"
    assert "办理时限：2026年10月23日17:30" in plain_text(mail)


def test_451_then_250_sends_the_same_message_id(waiting: Database, smtp_server: SmtpServer) -> None:
    smtp_server.script("451 try again later")
    assert sent(waiting, smtp_server) == DrainReport(retried=1)
    row = delivery(waiting)
    assert row.last_error == "smtp: 451 try again later"
    assert sent(waiting, smtp_server, row.next_attempt_at) == DrainReport(sent=1)
    assert [mail["Message-ID"] for mail in smtp_server.messages] == [row.message_id]


@pytest.mark.parametrize("stage", ["recipient", "data"])
def test_550_fails_with_the_reason(waiting: Database, smtp_server: SmtpServer, stage: Any) -> None:
    smtp_server.script("550 no such user", stage=stage)
    assert sent(waiting, smtp_server) == DrainReport(failed=1)
    with waiting.read() as s:
        (failure,) = outbox.failed(s)
    assert failure.reason == "smtp: 550 no such user"


def test_a_refused_recipient_may_be_temporary(waiting: Database, smtp_server: SmtpServer) -> None:
    smtp_server.script("452 mailbox full", stage="recipient")
    assert sent(waiting, smtp_server) == DrainReport(retried=1)
    assert sent(waiting, smtp_server, NOW + HOUR) == DrainReport(sent=1)


@pytest.mark.parametrize(("answer", "copies"), [(DROP, 1), (DROP_AFTER, 2)])
def test_a_connection_lost_in_data_sends_again_with_the_same_message_id(
    waiting: Database, smtp_server: SmtpServer, answer: str, copies: int
) -> None:
    smtp_server.script(answer)
    assert sent(waiting, smtp_server) == DrainReport(retried=1)
    assert sent(waiting, smtp_server, NOW + HOUR) == DrainReport(sent=1)
    ids = [mail["Message-ID"] for mail in smtp_server.messages]
    assert ids == [delivery(waiting).message_id] * copies


def test_no_server_is_a_temporary_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(TemporaryError, match="ConnectionRefusedError"):
        channel(SmtpServer(port=port)).send(MESSAGE)


def test_a_server_that_says_nothing_is_a_temporary_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        server = SmtpServer(port=silent.getsockname()[1])
        with pytest.raises(TemporaryError, match="smtp: "):
            channel(server, smtp_timeout=0.2).send(MESSAGE)


def test_a_set_up_that_does_not_fit_the_server_is_temporary(smtp_server: SmtpServer) -> None:
    """The fault is not the message's: once mended, everything that waited goes out."""
    with pytest.raises(TemporaryError, match="STARTTLS"):
        channel(smtp_server, smtp_starttls=True).send(MESSAGE)
    login = {"smtp_username": "xiaohao", "smtp_password": SecretStr("secret")}
    with pytest.raises(TemporaryError, match="AUTH") as error:
        channel(smtp_server, **login).send(MESSAGE)
    assert "secret" not in str(error.value)


def test_an_address_that_cannot_be_written_is_permanent(smtp_server: SmtpServer) -> None:
    with pytest.raises(PermanentError):
        channel(smtp_server).send(replace(MESSAGE, address="王@example.org"))
    with pytest.raises(PermanentError):
        channel(smtp_server).send(replace(MESSAGE, address="a@b@c"))


def test_the_registry_makes_it_from_the_settings(smtp_server: SmtpServer) -> None:
    made = registry(Settings(channels="smtp", smtp_port=smtp_server.port, smtp_timeout=5.0))
    made["smtp"].send(MESSAGE)
    assert plain_text(smtp_server.messages[0]) == MESSAGE.text


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    subject=st.text(st.sampled_from(SUBJECT_CHARACTERS), min_size=1, max_size=150)
    .map(lambda text: " ".join(text.split()))
    .filter(bool)
)
# The library's newer folding loses a space of this one.
@example(subject="1# 十千伏 十千伏 十千伏 十千伏 厂房 线")
def test_any_subject_arrives_as_it_was(smtp_server: SmtpServer, subject: str) -> None:
    channel(smtp_server).send(replace(MESSAGE, subject=subject))
    assert smtp_server.messages[-1]["Subject"] == subject
