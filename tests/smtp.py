"""A real mail server on a loopback port, which can be told to refuse or to hang up."""

from __future__ import annotations

import asyncio
import socket
from asyncio import AbstractServer, WriteTransport
from collections import deque
from collections.abc import Awaitable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Literal

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from config.settings import Settings
from notifications.channels.smtp import Smtp

# The connection breaks before the message is taken, or after it, before we could say so.
DROP = "drop"
DROP_AFTER = "drop after"
# The server takes everything in and then says nothing.
STALL = "stall"
# The server begins a reply and never ends it, a line at a time.
TRICKLE = "trickle"
Stage = Literal["recipient", "data"]


@dataclass(frozen=True)
class Received:
    """A message that the server took, with its envelope."""

    sender: str | None
    recipients: tuple[str, ...]
    message: EmailMessage


@dataclass
class SmtpServer:
    """What a test sees: where to send, what arrived, what to answer next."""

    host: str = "127.0.0.1"
    port: int = 0
    received: list[Received] = field(default_factory=list)
    attempts: int = 0
    _answers: dict[Stage, deque[str | None]] = field(
        default_factory=lambda: {"recipient": deque(), "data": deque()}
    )

    @property
    def messages(self) -> list[EmailMessage]:
        """The messages taken so far, in order."""
        return [item.message for item in self.received]

    def script(self, *answers: str | None, stage: Stage = "data") -> None:
        """Answer the coming attempts so, one after the other, and then as usual.

        An answer is a reply (`"451 try later"`, `"550 no such user"`), DROP, DROP_AFTER,
        TRICKLE, or None for the usual one. At the stage `recipient` each recipient counts as an
        attempt.
        """
        self._answers[stage].extend(answers)

    # What follows is called by aiosmtpd, in the thread of the server.

    async def handle_RCPT(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        """Take or refuse a recipient."""
        answer = self._next("recipient")
        if answer == TRICKLE:
            return await _trickle(server)
        if answer in (DROP, DROP_AFTER):
            return _hang_up(server)
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take or refuse a message."""
        self.attempts += 1
        answer = self._next("data")
        if answer == STALL:
            await asyncio.Event().wait()
        if answer == TRICKLE:
            return await _trickle(server)
        if answer in (None, DROP_AFTER):
            self.received.append(_received(envelope))
        if answer in (DROP, DROP_AFTER):
            return _hang_up(server)
        return answer or "250 OK"

    def _next(self, stage: Stage) -> str | None:
        answers = self._answers[stage]
        return answers.popleft() if answers else None


def channel(server: SmtpServer, **changes: Any) -> Smtp:
    """A channel to that server, without TLS or a login unless `changes` say so."""
    options: dict[str, Any] = {
        "smtp_host": server.host,
        "smtp_port": server.port,
        "smtp_timeout": 5.0,
        "mail_from": "xiaohao@example.org",
    }
    return Smtp(Settings(**{**options, **changes}))


class LoopbackController(Controller):
    """Runs the server in a thread, on a port that the system chooses."""

    def __init__(self, seen: SmtpServer, **options: Any) -> None:
        self._listener = socket.create_server((seen.host, 0))
        seen.port = self._listener.getsockname()[1]
        super().__init__(seen, hostname=seen.host, port=seen.port, **options)

    def _create_server(self) -> Awaitable[AbstractServer]:
        # The socket is bound already, so no one can take the port in between.
        tls = self.ssl_context
        return self.loop.create_server(self._factory_invoker, sock=self._listener, ssl=tls)


def _received(envelope: Envelope) -> Received:
    content = envelope.content
    raw = content if isinstance(content, bytes) else str(content).encode()
    # Line ends of the wire would only get into the way of comparisons.
    message = message_from_bytes(raw.replace(b"\r\n", b"\n"), policy=policy.default)
    assert isinstance(message, EmailMessage)
    return Received(envelope.mail_from, tuple(envelope.rcpt_tos), message)


async def _trickle(server: SMTP) -> str:
    """Until the other side has gone."""
    assert isinstance(server.transport, WriteTransport)
    while not server.transport.is_closing():
        server.transport.write(b"250-wait\r\n")
        await asyncio.sleep(0.02)
    return "250 OK"  # never arrives


def _hang_up(server: SMTP) -> str:
    assert isinstance(server.transport, WriteTransport)
    server.transport.abort()
    return "421 gone"  # never arrives
