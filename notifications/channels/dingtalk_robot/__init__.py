"""The robot of a group in DingTalk (钉钉自定义机器人), signed; it mentions by mobile number."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from urllib.parse import quote

from config.clock import now
from config.settings import Settings
from models.directory import PersonInfo
from notifications.channels.base import Outgoing, Rate
from notifications.channels.gateway import Gateway
from notifications.channels.mentions import MOBILE, mark_of, mentioned
from notifications.channels.short import text
from notifications.channels.verdicts import Verdicts

MOST_BYTES = 4000
_SHUT = timedelta(minutes=10)  # how long DingTalk refuses a robot that spoke too often
VERDICTS = Verdicts(
    refused=frozenset({40035, 400105, 430101, 430102, 430103, 430104}),
    waits={130101: _SHUT, 410100: _SHUT},
    unknown_wide=True,
)
NEEDS = ("dingtalk_robot_url", "dingtalk_robot_secret")
"""Settings without which nothing can be sent."""


def address_of(person: PersonInfo) -> str | None:
    """By what the member is mentioned; the group takes messages for everybody."""
    return mark_of(person)


def create(settings: Settings) -> DingtalkRobot:
    """Send to the group whose robot `dingtalk_robot_url` names."""
    return DingtalkRobot(settings)


def signature(secret: str, moment: datetime) -> tuple[int, str]:
    """Milliseconds since 1970 and the HMAC-SHA256 (base64) of them and the secret."""
    milliseconds = int(moment.timestamp() * 1000)
    signed = f"{milliseconds}\n{secret}".encode()
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    return milliseconds, base64.b64encode(digest).decode()


class DingtalkRobot:
    """One request a message."""

    name = "dingtalk_robot"
    rates = (Rate(20, 60, "channel"),)

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        secrets = (settings.dingtalk_robot_url, settings.dingtalk_robot_secret)
        self.gateway = Gateway(self.name, settings, *secrets)

    def address_of(self, person: PersonInfo) -> str | None:
        """See the module's function."""
        return address_of(person)

    def send(self, message: Outgoing) -> None:
        """Send to the group."""
        content = text(message, self.settings.base_url, MOST_BYTES, message.recipient_name)
        # The number stands in no text: for somebody outside the group it would be shown there.
        at = {"atMobiles": mentioned(message.address, MOBILE), "isAtAll": False}
        body = {"msgtype": "text", "text": {"content": content}, "at": at}
        said = self.gateway.ask(self._url(), body)
        if said.get("errcode") != 0:
            VERDICTS.raise_for(self.gateway, said.get("errcode"), said.get("errmsg"))

    def _url(self) -> str:
        need, given = self.gateway.required, self.settings
        url = need("dingtalk_robot_url", given.dingtalk_robot_url.get_secret_value())
        secret = given.dingtalk_robot_secret.get_secret_value()
        moment, sign = signature(need("dingtalk_robot_secret", secret), now())
        return f"{url}&timestamp={moment}&sign={quote(sign, safe='')}"
