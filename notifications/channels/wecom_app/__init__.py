"""Messages of an application in WeCom (企业微信), to each member: `message/send`.

What a member is sent beyond 30 a minute or 1,000 an hour is dropped there without a word, so the
rates must not be exceeded. The duplicate check makes a repeat after a lost answer harmless; it
goes by the words, so a mark of its own keeps one message from passing for another.
"""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from config.settings import Settings
from models.directory import PersonInfo
from notifications.channels.base import Outgoing, Rate
from notifications.channels.gateway import Gateway
from notifications.channels.short import text
from notifications.channels.verdicts import Verdicts
from notifications.channels.wecom_app.tokens import Tokens

MOST_BYTES = 2048
DUPLICATE_SECONDS = 1800
TOKEN_OVER = frozenset({40014, 42001})
VERDICTS = Verdicts(
    refused=frozenset({40008, 40058, 44004, 45002, 45008}),
    bounced=frozenset({40003, 60111, 81013}),
    wide=frozenset(
        {-1, 40001, 40013, 40014, 40056, 41001, 42001, 45033, 48002, 50001, 50002}
        | {60011, 60020, 301002}
    ),
    waits={45009: timedelta(minutes=1)},
)
NEEDS = ("wecom_corp_id", "wecom_agent_id", "wecom_secret")
"""Settings without which nothing can be sent."""


def address_of(person: PersonInfo) -> str | None:
    """The member's userid in WeCom, or None."""
    return person.wecom_userid or None


def create(settings: Settings) -> WecomApp:
    """Send as the application that the settings `wecom_*` name."""
    return WecomApp(settings)


class WecomApp:
    """One request a message; the token is fetched once for as long as it holds."""

    name = "wecom_app"
    rates = (Rate(30, 60, "recipient"), Rate(1000, 3600, "recipient"))

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.gateway = Gateway(self.name, settings, settings.wecom_secret)
        self.tokens = Tokens(self.gateway, settings)

    def address_of(self, person: PersonInfo) -> str | None:
        """See the module's function."""
        return address_of(person)

    def send(self, message: Outgoing) -> None:
        """Send; a token that the service no longer takes is replaced once."""
        body = self._body(message)
        said = self._try(body)
        if said.get("errcode") in TOKEN_OVER:
            self.tokens.forget()
            said = self._try(body)
        if said.get("errcode") != 0:
            VERDICTS.raise_for(self.gateway, said.get("errcode"), said.get("errmsg"))
        for fault in ("invaliduser", "unlicenseduser"):  # taken, and given to nobody
            if said.get(fault):
                self.gateway.permanent(f"{fault} {said[fault]}", bounced=True)

    def _try(self, body: dict[str, Any]) -> dict[str, Any]:
        token = quote(self.tokens.current(), safe="")
        base = self.settings.wecom_url.rstrip("/")
        return self.gateway.ask(f"{base}/cgi-bin/message/send?access_token={token}", body)

    def _body(self, message: Outgoing) -> dict[str, Any]:
        mark = f"\n#{sha256(message.message_id.encode()).hexdigest()[:6]}"
        content = text(message, self.settings.base_url, MOST_BYTES - len(mark)) + mark
        return {
            "touser": message.address.replace("|", ""),  # it would name several members
            "msgtype": "text",
            "agentid": self.settings.wecom_agent_id,
            "text": {"content": content},
            "safe": 0,
            "enable_duplicate_check": 1,
            "duplicate_check_interval": DUPLICATE_SECONDS,
        }
