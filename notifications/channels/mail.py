"""A message in the form of mail (RFC 5322), for the channels that need it."""

from __future__ import annotations

from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address, HeaderRegistry, UniqueUnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from typing import Any

from notifications.channels.base import Outgoing, PermanentError

SENDER_NAMES = {"zh_CN": "销号系统", "en": "Xiaohao"}


class _Subject(UniqueUnstructuredHeader):
    """A subject encoded by the older routine: the newer one loses spaces at line ends."""

    def fold(self, *, policy: Any) -> str:
        value = Header(str(self), "utf-8", header_name="Subject").encode(linesep=policy.linesep)
        return f"Subject: {value}{policy.linesep}"


_headers_of_ours = HeaderRegistry()
_headers_of_ours.map_to_type("subject", _Subject)  # type: ignore[arg-type]
WIRE = SMTP.clone(header_factory=_headers_of_ours)
"""ASCII only, with CRLF: what any mail server takes."""


def domain_of(address: str) -> str:
    """What follows the last `@`, or `localhost`."""
    return address.rpartition("@")[2] or "localhost"


def build(message: Outgoing, sender: str, policy: EmailPolicy[Any]) -> EmailMessage:
    """The mail, the same on every try. Raises PermanentError for an address that is none."""
    mail = EmailMessage(policy)
    try:
        mail["From"] = Address(SENDER_NAMES.get(message.language, "Xiaohao"), addr_spec=sender)
        mail["To"] = _recipient(message)
        mail["Subject"] = message.subject
        for name, value in _headers(message, sender).items():
            mail[name] = value
    except (ValueError, IndexError, MessageError) as error:  # line breaks, no addresses
        raise PermanentError(f"mail: {error}") from error
    mail.set_content(message.text, cte="8bit" if policy.utf8 else "base64")
    return mail


def _recipient(message: Outgoing) -> Address:
    if "@" not in message.address:  # a username, in the channel `folder`
        return Address(message.recipient_name, username=message.address)
    return Address(message.recipient_name, addr_spec=message.address)


def _headers(message: Outgoing, sender: str) -> dict[str, str]:
    return {
        "Message-ID": message.message_id,
        "Date": format_datetime(message.created_at),
        "List-Id": f"<xiaohao.{domain_of(sender)}>",
        "Auto-Submitted": "auto-generated",  # RFC 3834: no holiday replies
        "Content-Language": message.language.replace("_", "-"),
        **message.headers,
    }
