"""A message in the form of mail (RFC 5322), for the channels that need it."""

from __future__ import annotations

from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address, HeaderRegistry, UniqueUnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from hashlib import sha256
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
    """The mail, the same on every try. Raises PermanentError (an address that is none: bounced)."""
    mail = EmailMessage(policy)
    try:
        mail["From"] = Address(SENDER_NAMES.get(message.language, "Xiaohao"), addr_spec=sender)
        mail["To"] = _recipient(message)
        mail["Subject"] = message.subject
        for name, value in _headers(message, sender).items():
            mail[name] = value
    except (ValueError, IndexError, MessageError) as error:  # line breaks, no addresses
        raise PermanentError(f"mail: {error}") from error
    coding = "8bit" if policy.utf8 else "base64"
    mail.set_content(message.text, cte=coding)
    if message.html:  # last, because programs show the last form that they can
        mail.add_alternative(message.html, subtype="html", cte=coding)
        mail.set_boundary(f"xiaohao-{_digest(message.message_id)}")  # a drawn one would differ
    mail["Content-Language"] = message.language.replace("_", "-")  # content set later drops it
    return mail


def thread_of(message: Outgoing, sender: str) -> str | None:
    """The id under which mail about one issue stands together; None if it tells of several.

    No mail has that id: programs gather whatever refers to the same one.
    """
    numbers = {str(item.facts.get("issue_number") or "") for item in message.items}
    if len(numbers) != 1 or "" in numbers:
        return None
    return f"<xiaohao.issue.{_digest(numbers.pop())}@{domain_of(sender)}>"


def _digest(text: str) -> str:
    """A short name for what may hold any character."""
    return sha256(text.encode()).hexdigest()[:24]


def _recipient(message: Outgoing) -> Address:
    if "@" not in message.address:  # a username, in the channel `folder`
        return Address(message.recipient_name, username=message.address)
    try:
        bare = Address(addr_spec=message.address)
    except (ValueError, IndexError, MessageError) as error:  # nobody will ever be reached there
        raise PermanentError(f"mail: {error}", bounced=True) from error
    return Address(message.recipient_name, bare.username, bare.domain)


def _headers(message: Outgoing, sender: str) -> dict[str, str]:
    thread = thread_of(message, sender)
    return {
        "Message-ID": message.message_id,
        "Date": format_datetime(message.created_at),
        "List-Id": f"<xiaohao.{domain_of(sender)}>",
        "Auto-Submitted": "auto-generated",  # RFC 3834: no holiday replies
        **({"In-Reply-To": thread, "References": thread} if thread else {}),
        **message.headers,
    }
