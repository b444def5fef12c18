"""Mail through a server with STARTTLS or TLS and AUTH, on its good days and on the others."""

from __future__ import annotations

import contextlib
import logging
import smtplib
import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword
from pydantic import SecretStr

from config.settings import Settings
from notifications.channels.base import PermanentError, TemporaryError
from notifications.channels.smtp import Smtp, replies
from tests.certificates import certificate
from tests.messages import message
from tests.smtp import DROP, DROP_AFTER, STALL, TRICKLE, LoopbackController, SmtpServer
from tests.smtp import channel as plain

PASSWORD = "p4ssw0rd-of-the-office"
LETTER = message(address="wang@example.org")


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def context(issued: tuple[ssl.SSLContext, Path], monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """The server's side; this machine trusts it."""
    monkeypatch.setenv("SSL_CERT_FILE", str(issued[1]))
    return issued[0]


def who(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    """Lets the office in."""
    right = isinstance(data, LoginPassword) and data.password == PASSWORD.encode()
    return AuthResult(success=right and data.login == b"office", handled=False)


@contextmanager
def serving(**options: Any) -> Iterator[SmtpServer]:
    server = SmtpServer()
    controller = LoopbackController(server, **options)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


@pytest.fixture
def secured(context: ssl.SSLContext) -> Iterator[SmtpServer]:
    """It wants STARTTLS and a login."""
    options = {"tls_context": context, "require_starttls": True, "auth_required": True}
    with serving(**options, authenticator=who) as server:
        yield server


def channel(server: SmtpServer, **changes: Any) -> Smtp:
    """A channel that uses STARTTLS and logs in."""
    options: dict[str, Any] = {
        "smtp_starttls": True,
        "smtp_username": "office",
        "smtp_password": SecretStr(PASSWORD),
    }
    return plain(server, **{**options, **changes})


def temporary(made: Smtp) -> TemporaryError:
    with pytest.raises(TemporaryError) as error:
        made.send(LETTER)
    return error.value


def permanent(made: Smtp) -> PermanentError:
    with pytest.raises(PermanentError) as error:
        made.send(LETTER)
    return error.value


def test_a_letter_goes_out_over_starttls_with_a_login(secured: SmtpServer) -> None:
    channel(secured).send(LETTER)
    assert [mail["Message-ID"] for mail in secured.messages] == [LETTER.message_id]


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # it does not see it
def test_a_letter_goes_out_over_tls_from_the_first_byte(context: ssl.SSLContext) -> None:
    options = {"ssl_context": context, "authenticator": who, "auth_required": True}
    with serving(**options, auth_require_tls=False) as server:
        channel(server, smtp_starttls=False, smtp_tls=True).send(LETTER)
        assert len(server.messages) == 1


def test_a_refused_login_is_the_channels_trouble_and_tells_no_password(
    secured: SmtpServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for changes in ({"smtp_password": SecretStr(PASSWORD + "x")}, {"smtp_username": "other"}):
        error = temporary(channel(secured, **changes))
        assert error.channel_wide
        assert "535" in str(error)
        assert PASSWORD not in str(error) + caplog.text
    assert secured.messages == []


@pytest.mark.parametrize("sent", [f"\0office\0{PASSWORD}", PASSWORD])
def test_a_server_that_quotes_the_login_is_not_quoted(sent: str) -> None:
    quoted = b64encode(sent.encode())
    error = smtplib.SMTPAuthenticationError(535, b"5.7.8 AUTH " + quoted + b" refused")
    told = str(replies.no_entrance(error, "office", PASSWORD))
    assert quoted.decode().rstrip("=") not in told
    assert "535 5.7.8 AUTH ***" in told


def test_a_missing_login_and_missing_tls_are_the_channels_trouble(secured: SmtpServer) -> None:
    assert temporary(channel(secured, smtp_username="")).channel_wide
    assert temporary(plain(secured)).channel_wide
    assert secured.messages == []


def test_without_starttls_nothing_is_said_in_the_open(smtp_server: SmtpServer) -> None:
    error = temporary(channel(smtp_server))
    assert error.channel_wide
    assert "STARTTLS" in str(error)
    assert smtp_server.messages == []


def test_a_certificate_that_nobody_trusts_is_refused(
    issued: tuple[ssl.SSLContext, Path],
) -> None:
    with serving(tls_context=issued[0]) as server:
        error = temporary(channel(server))
    assert error.channel_wide
    assert "certificate" in str(error).lower()


def test_a_server_that_delays_is_given_up_and_asked_again(smtp_server: SmtpServer) -> None:
    smtp_server.script(STALL)
    error = temporary(plain(smtp_server, smtp_timeout=0.3))
    assert not error.channel_wide
    assert not error.answered  # of the message it has said nothing
    plain(smtp_server).send(LETTER)
    assert len(smtp_server.messages) == 1


@pytest.mark.parametrize("stage", ["recipient", "data"])
@pytest.mark.parametrize("secure", [False, True])
def test_a_reply_that_never_ends_is_cut_off_before_the_lease_does(
    request: pytest.FixtureRequest, stage: Any, secure: bool
) -> None:
    server = request.getfixturevalue("secured" if secure else "smtp_server")
    server.script(TRICKLE, stage=stage)
    made = (channel if secure else plain)(server, lease_seconds=1, smtp_timeout=0.9)
    error = temporary(made)
    assert "not done in 0.75 s" in str(error)
    assert (error.channel_wide, error.answered) == (False, False)


@pytest.mark.parametrize("tls", [False, True])
def test_a_greeting_that_never_ends_is_the_channels_trouble(tls: bool) -> None:
    """With TLS, the handshake meets the same."""
    gone = threading.Event()

    def greet(listener: socket.socket) -> None:
        line, _address = listener.accept()
        with line, contextlib.suppress(OSError):
            while not gone.wait(0.02):
                line.sendall(b"\x16" if tls else b"220-wait\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = SmtpServer(port=listener.getsockname()[1])
        thread = threading.Thread(target=greet, args=(listener,))
        thread.start()
        error = temporary(plain(server, lease_seconds=1, smtp_timeout=0.9, smtp_tls=tls))
        gone.set()
        thread.join()
    assert error.channel_wide
    assert tls or "not done in 0.75 s" in str(error)


def test_a_mail_server_may_not_take_longer_than_the_lease() -> None:
    with pytest.raises(ValueError, match="below lease_seconds"):
        Settings(smtp_timeout=120.0, lease_seconds=120)
    with pytest.raises(ValueError, match="below lease_seconds"):
        Settings(smtp_timeout=0.0)


@pytest.mark.parametrize(("answer", "copies"), [(DROP, 1), (DROP_AFTER, 2)])
def test_a_line_that_breaks_after_data_leads_to_the_same_message_id(
    secured: SmtpServer, answer: str, copies: int
) -> None:
    secured.script(answer)
    error = temporary(channel(secured))
    assert not error.channel_wide
    assert not error.answered
    channel(secured).send(LETTER)
    assert [mail["Message-ID"] for mail in secured.messages] == [LETTER.message_id] * copies


@pytest.mark.parametrize("reply", ["550 5.1.1 no such user", "551 moved", "553 bad mailbox"])
def test_an_unknown_recipient_bounces(smtp_server: SmtpServer, reply: str) -> None:
    smtp_server.script(reply, stage="recipient")
    error = permanent(plain(smtp_server))
    assert error.bounced
    assert str(error) == f"smtp: {reply}"


def test_a_recipient_refused_by_policy_is_no_bad_address(smtp_server: SmtpServer) -> None:
    smtp_server.script("550 5.7.1 relaying denied", stage="recipient")
    assert not permanent(plain(smtp_server)).bounced


def test_a_full_mailbox_is_worth_another_try(smtp_server: SmtpServer) -> None:
    smtp_server.script("452 4.2.2 mailbox full", stage="recipient")
    error = temporary(plain(smtp_server))
    assert not error.channel_wide
    assert error.answered


def test_content_that_is_refused_is_permanent_and_the_address_stays_good(
    smtp_server: SmtpServer,
) -> None:
    smtp_server.script("554 5.6.0 spam")
    assert not permanent(plain(smtp_server)).bounced


@pytest.mark.parametrize("stage", ["recipient", "data"])
def test_a_server_that_closes_its_service_is_the_channels_trouble(
    smtp_server: SmtpServer, stage: Any
) -> None:
    smtp_server.script("421 4.3.2 shutting down", stage=stage)
    assert temporary(plain(smtp_server)).channel_wide
