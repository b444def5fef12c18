"""The robot of a group in Feishu (飞书自定义机器人), signed. It names the member in words."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime, timedelta

from config.clock import now
from config.settings import Settings
from models.directory import PersonInfo
from notifications.channels.base import Outgoing, Rate
from notifications.channels.gateway import Gateway
from notifications.channels.mentions import GROUP
from notifications.channels.short import text
from notifications.channels.verdicts import Verdicts

MOST_BYTES = 4000
VERDICTS = Verdicts(
    refused=frozenset({9499}), waits={11232: timedelta(minutes=1)}, unknown_wide=True
)
NEEDS = ("feishu_robot_url", "feishu_robot_secret")
"""Settings without which nothing can be sent."""


def address_of(person: PersonInfo) -> str | None:
    """The group takes messages for everybody."""
    return GROUP


def create(settings: Settings) -> FeishuRobot:
    """Send to the group whose robot `feishu_robot_url` names."""
    return FeishuRobot(settings)


def signature(secret: str, moment: datetime) -> tuple[str, str]:
    """Seconds since 1970 and the HMAC-SHA256 (base64) of nothing under them and the secret."""
    seconds = str(int(moment.timestamp()))
    digest = hmac.new(f"{seconds}\n{secret}".encode(), b"", hashlib.sha256).digest()
    return seconds, base64.b64encode(digest).decode()


class FeishuRobot:
    """One request a message."""

    name = "feishu_robot"
    rates = (Rate(5, 1, "channel"), Rate(100, 60, "channel"))

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        secrets = (settings.feishu_robot_url, settings.feishu_robot_secret)
        self.gateway = Gateway(self.name, settings, *secrets)

    def address_of(self, person: PersonInfo) -> str | None:
        """See the module's function."""
        return address_of(person)

    def send(self, message: Outgoing) -> None:
        """Send to the group."""
        need, given = self.gateway.required, self.settings
        url = need("feishu_robot_url", given.feishu_robot_url.get_secret_value())
        secret = given.feishu_robot_secret.get_secret_value()
        moment, sign = signature(need("feishu_robot_secret", secret), now())
        content = text(message, given.base_url, MOST_BYTES, message.recipient_name)
        body = {"msg_type": "text", "content": {"text": content}, "timestamp": moment, "sign": sign}
        said = self.gateway.ask(url, body)
        code = said.get("code", said.get("StatusCode"))  # the older robots answer in their own way
        if code != 0:
            VERDICTS.raise_for(self.gateway, code, said.get("msg", said.get("StatusMessage")))
