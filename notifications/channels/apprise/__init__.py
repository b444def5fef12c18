"""Services without a channel of their own, through the library apprise (an extra).

It says only whether a service took a message, so every failure is temporary. It has no address
list: `notifications.http.guard` watches where it connects to.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from urllib.parse import parse_qsl, quote, urlencode

from pydantic import SecretStr

from config.settings import Settings
from models.directory import PersonInfo
from notifications.channels.base import Outgoing, Rate
from notifications.channels.gateway import Gateway
from notifications.channels.mentions import GROUP
from notifications.channels.phones import mobile
from notifications.channels.short import text
from notifications.http.addresses import networks

MOST_BYTES = 2000
REMEMBERED = 1000
_SOUND = re.compile(r"[\w.@+-]+")  # apprise undoes quoting, so a slash would lead elsewhere
_PLACEHOLDER = re.compile(r"\{(email|phone|username|wecom_userid)\}")
NEEDS = ("apprise_urls",)
"""Settings without which nothing can be sent."""


def address_of(person: PersonInfo) -> str | None:
    """One address for everybody; the channel itself knows whether a person is named in it."""
    return GROUP


def create(settings: Settings) -> Apprise:
    """Send to `apprise_urls`."""
    return Apprise(settings)


class Apprise:
    """Each address takes a message once, though another may need several tries."""

    name = "apprise"
    rates = (Rate(20, 60, "channel"),)

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.urls = settings.apprise_urls.get_secret_value().split()
        self.gateway = Gateway(self.name, settings, *(SecretStr(url) for url in self.urls))
        self._taken: OrderedDict[str, set[int]] = OrderedDict()

    def address_of(self, person: PersonInfo) -> str | None:
        """What the addresses need of the person (`email=...`), or None if that is not known."""
        needed = sorted({name for url in self.urls for name in _PLACEHOLDER.findall(url)})
        known = {
            "email": person.email,
            "phone": mobile(person),
            "username": person.username,
            "wecom_userid": person.wecom_userid,
        }
        values = {name: known[name] or "" for name in needed}
        if not all(_SOUND.fullmatch(value) for value in values.values()):
            return None
        return urlencode(values) or GROUP

    def send(self, message: Outgoing) -> None:
        """Send to every address that has not taken it yet."""
        self.gateway.required("apprise_urls", " ".join(self.urls))
        values = dict(parse_qsl(message.address))
        body = text(message, self.settings.base_url, MOST_BYTES)
        taken = self._taken_by(message.message_id)
        for position, url in enumerate(self.urls):
            if position not in taken:
                self._send_to(position + 1, filled(url, values), body)
                taken.add(position)

    def _send_to(self, number: int, url: str, body: str) -> None:
        try:
            from notifications.channels.apprise.library import tell
        except ImportError:
            reason = "the library apprise is not installed: pip install 'xiaohao[apprise]'"
            self.gateway.temporary(reason, channel_wide=True)
        allowed = networks(self.settings.channel_networks)
        fault = tell(url, body, allowed, self.settings.channel_timeout)
        if fault is not None:
            self.gateway.hide("filled", url)
            reason = f"address {number}: {fault.reason}"
            self.gateway.temporary(reason, channel_wide=fault.channel_wide)

    def _taken_by(self, message_id: str) -> set[int]:
        """Which addresses have it, of the last messages of this process."""
        while len(self._taken) >= REMEMBERED:
            self._taken.popitem(last=False)
        return self._taken.setdefault(message_id, set())


def filled(url: str, values: dict[str, str]) -> str:
    """The address with the person's data in it, quoted. Other braces stay as they are."""
    return _PLACEHOLDER.sub(lambda found: quote(values.get(found[1], ""), safe=""), url)
