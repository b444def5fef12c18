"""The mail server of the tests behaves as a real one that is having a bad day."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage

import pytest

from tests.smtp import DROP, DROP_AFTER, SmtpServer


def send(server: SmtpServer) -> None:
    letter = EmailMessage()
    letter["From"], letter["To"] = "office@example.cn", "liaison@example.cn"
    letter["Subject"] = "督办通知"
    letter.set_content("请于三日内反馈。")
    with smtplib.SMTP(server.host, server.port, timeout=5) as client:
        client.send_message(letter)


def test_a_letter_arrives_as_it_was_written(smtp_server: SmtpServer) -> None:
    send(smtp_server)
    [arrived] = smtp_server.received
    assert arrived.recipients == ("liaison@example.cn",)
    assert arrived.message["Subject"] == "督办通知"
    assert arrived.message.get_content() == "请于三日内反馈。\n"


def test_a_scripted_reply_is_given_once(smtp_server: SmtpServer) -> None:
    smtp_server.script("451 try later")
    with pytest.raises(smtplib.SMTPDataError, match="try later"):
        send(smtp_server)
    send(smtp_server)
    assert len(smtp_server.messages) == 1


def test_a_recipient_can_be_unknown(smtp_server: SmtpServer) -> None:
    smtp_server.script("550 no such user", stage="recipient")
    with pytest.raises(smtplib.SMTPRecipientsRefused, match="550"):
        send(smtp_server)
    assert smtp_server.messages == []


@pytest.mark.parametrize(("answer", "arrived"), [(DROP, 0), (DROP_AFTER, 1)])
def test_the_line_can_break_before_or_after_a_letter_is_taken(
    smtp_server: SmtpServer, answer: str, arrived: int
) -> None:
    smtp_server.script(answer)
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        send(smtp_server)
    assert len(smtp_server.messages) == arrived
