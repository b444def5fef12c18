"""Requests of a channel to its service: allow-listed and bounded; errors told apart, no secrets."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NoReturn
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from pydantic import SecretStr

from config.clock import now
from config.settings import Settings
from notifications.channels.base import PermanentError, TemporaryError
from notifications.http.addresses import AddressRefused, Unresolved, networks, resolve
from notifications.http.limit import Limit
from notifications.http.post import Answer, NotReached, post
from notifications.http.waiting import wish

JSON = "application/json; charset=utf-8"
HIDDEN = "***"
_SHORTEST = 4  # whoever chose less has no secret, and hiding it would tear texts apart
_PIECE = 12  # shorter pieces of an address are words
_SAID_CHARS = 220
_MESSAGE_FAULTS = {400, 409, 411, 412, 413, 414, 415, 422, 431}
_IN_QUERY = re.compile(
    r"\b((?:access_|corp)?(?:key|token|secret|sign|signature|password|pwd))=[^&\s\"']+", re.I
)


class Gateway:
    """The way of one channel to its service. What is secret stands in no error it raises."""

    def __init__(self, name: str, settings: Settings, *secrets: SecretStr) -> None:
        self.name = name
        self._networks = networks(settings.channel_networks)
        self._timeout = settings.channel_timeout
        self._secrets: dict[str, str] = {}
        for position, secret in enumerate(secrets):
            for part in parts(secret.get_secret_value()):
                self.hide(f"{position} {part}", part)

    def hide(self, role: str, secret: str) -> None:
        """Keep a secret out of errors, in place of the one that had the role before."""
        self._secrets[role] = secret

    def required(self, setting: str, value: str) -> str:
        """The setting's value. Raises TemporaryError, for the whole channel, if it is empty."""
        if not value:
            self.temporary(f"XIAOHAO_{setting.upper()} is not set", channel_wide=True)
        return value

    def call(
        self, url: str, body: bytes = b"", headers: Mapping[str, str] | None = None, **how: str
    ) -> Answer:
        """One request (`method="POST"`); returns what came with 2xx.

        Raises PermanentError for a message that the service refuses, and TemporaryError for
        everything else: for the whole channel if the service or the settings are at fault.
        """
        limit = Limit(self._timeout)
        told = {"User-Agent": "xiaohao", "Connection": "close", **(headers or {})}
        try:
            answer = post(resolve(url, self._networks, limit), body, told, limit, **how)
        except (AddressRefused, Unresolved, NotReached) as error:
            self.temporary(str(error), channel_wide=True)
        if not 200 <= answer.status < 300:
            self._refused(answer)
        return answer

    def ask(self, url: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Send JSON (or, without a body, ask with GET); returns the JSON object answered.

        Raises as `call`, and TemporaryError for an answer that is none.
        """
        if body is None:
            answer = self.call(url, method="GET")
        else:
            text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
            answer = self.call(url, text.encode(), {"Content-Type": JSON})
        said = object_in(answer.body)
        if said is None:
            self.temporary(f"answer is not understood: {shown(answer.body)}", channel_wide=True)
        return said

    def temporary(
        self, text: str, *, retry_after: timedelta | None = None, channel_wide: bool = False
    ) -> NoReturn:
        """Raise TemporaryError with the channel's name and without secrets."""
        # from None: the cause may hold the address with its key
        raise TemporaryError(
            self.scrubbed(text), retry_after=retry_after, channel_wide=channel_wide
        ) from None

    def permanent(self, text: str, *, bounced: bool = False) -> NoReturn:
        """Raise PermanentError with the channel's name and without secrets."""
        raise PermanentError(self.scrubbed(text), bounced=bounced) from None

    def scrubbed(self, text: str) -> str:
        """The channel's name and the text's start in one line, every known secret hidden."""
        for secret in sorted(self._secrets.values(), key=len, reverse=True):
            if len(secret) >= _SHORTEST:
                for form in (secret, quote(secret, safe=""), quote(secret)):
                    text = text.replace(form, HIDDEN)
        text = _IN_QUERY.sub(rf"\1={HIDDEN}", text)
        # cut last: of a secret that is cut through, the rest would not be known for one
        return f"{self.name}: {' '.join(text.split())[:_SAID_CHARS]}"

    def _refused(self, answer: Answer) -> NoReturn:
        status = answer.status
        text = f"http-{status} {shown(answer.body)}"
        if 300 <= status < 400:
            self.temporary(f"http-{status}: redirect-refused", channel_wide=True)
        if status in _MESSAGE_FAULTS:
            self.permanent(text)
        # What is left is the service's trouble, or an address or a key that is wrong.
        self.temporary(text, retry_after=wish(answer.retry_after, now()), channel_wide=True)


def parts(secret: str) -> list[str]:
    """The secret and, of an address, each piece that may be one; not the host of a web address."""
    try:
        address = urlsplit(secret)
    except ValueError:
        return [secret]
    if not address.scheme or not address.netloc:
        return [secret]
    pieces = [*address.path.split("/"), *(value for _name, value in parse_qsl(address.query))]
    pieces += [address.username or "", address.password or ""]
    if not address.scheme.startswith("http"):  # many addresses of apprise have a key for a host
        pieces.append(address.hostname or "")
    return [secret, *(unquote(piece) for piece in pieces if len(piece) >= _PIECE)]


def object_in(body: bytes) -> dict[str, Any] | None:
    """The JSON object that the body is, or None."""
    try:
        found = json.loads(body)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def shown(said: bytes | str) -> str:
    """An answer, for an error: `Gateway.scrubbed` hides and cuts."""
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said
