"""What a mail server's reply means: whose fault it was, and whether trying again helps."""

from __future__ import annotations

import smtplib
from base64 import b64encode
from collections.abc import Mapping

from notifications.channels.base import ChannelError, PermanentError, TemporaryError

_SERVICE_CLOSES = 421
_TOO_LARGE = 552
_LOGIN_WANTED = 530
_POLICY = "5.7."  # RFC 3463: security or policy, so not a fault of the address


def no_entrance(error: Exception, username: str, password: str) -> TemporaryError:
    """No connection, no TLS, no login: every message would meet the same."""
    if isinstance(error, smtplib.SMTPResponseException):
        text = _reply(error.smtp_code, error.smtp_error)
    else:
        text = f"{type(error).__name__}: {error}"
    for form in _written(username, password) if password else ():
        text = text.replace(form, "***")
    return TemporaryError(f"smtp: {text}", channel_wide=True)


def _written(username: str, password: str) -> tuple[str, ...]:
    """The password, and as AUTH LOGIN and AUTH PLAIN put it: some servers quote what they heard."""
    sent = (f"\0{username}\0{password}", password)
    return (*(b64encode(text.encode()).decode().rstrip("=") for text in sent), password)


def not_taken(error: Exception) -> ChannelError:
    """The server let us in and did not take this message."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return _recipient(error.recipients)
    if isinstance(error, smtplib.SMTPSenderRefused):
        return _sender(error.smtp_code, error.smtp_error)
    if isinstance(error, smtplib.SMTPDataError):
        return _content(error.smtp_code, error.smtp_error)
    if isinstance(error, UnicodeEncodeError):
        return PermanentError(f"smtp: address cannot be written: {error.object!r}", bounced=True)
    # Broken off: it may have the message, and the same Message-ID tells it the second is none.
    lost = isinstance(error, smtplib.SMTPServerDisconnected)
    answered = isinstance(error, smtplib.SMTPException) and not lost
    return TemporaryError(f"smtp: {type(error).__name__}: {error}", answered=answered)


def _recipient(recipients: Mapping[str, tuple[int, bytes]]) -> ChannelError:
    """The reply about our one recipient; with several, a temporary one is worth a new try."""
    code, said = min(recipients.values(), key=lambda reply: reply[0])
    text = _reply(code, said)
    if code < 500 or code == _LOGIN_WANTED:
        wide = code in (_SERVICE_CLOSES, _LOGIN_WANTED)
        return TemporaryError(f"smtp: {text}", channel_wide=wide)
    return PermanentError(f"smtp: {text}", bounced=_POLICY not in text)


def _sender(code: int, said: bytes | str) -> ChannelError:
    """The sender is a setting of ours; only the size announced with it is the message's."""
    text = f"smtp: {_reply(code, said)}"
    return PermanentError(text) if code == _TOO_LARGE else TemporaryError(text, channel_wide=True)


def _content(code: int, said: bytes | str) -> ChannelError:
    text = f"smtp: {_reply(code, said)}"
    if code >= 500:
        return PermanentError(text)
    return TemporaryError(text, channel_wide=code == _SERVICE_CLOSES)


def _reply(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return f"{code} {' '.join(text.split())}"
