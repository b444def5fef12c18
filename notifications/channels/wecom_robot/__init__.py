"""The robot of a group in WeCom (企业微信群机器人); it mentions the member."""

from __future__ import annotations

from datetime import timedelta

from config.settings import Settings
from models.directory import PersonInfo
from notifications.channels.base import Outgoing, Rate
from notifications.channels.gateway import Gateway
from notifications.channels.mentions import MOBILE, USERID, mark_of, mentioned
from notifications.channels.short import text
from notifications.channels.verdicts import Verdicts

MOST_BYTES = 2048
VERDICTS = Verdicts(
    refused=frozenset({40008, 40058, 44004, 45002}),
    waits={45009: timedelta(minutes=1)},
    unknown_wide=True,
)
NEEDS = ("wecom_robot_url",)
"""Settings without which nothing can be sent."""


def address_of(person: PersonInfo) -> str | None:
    """By what the member is mentioned; the group takes messages for everybody."""
    return mark_of(person, userid=person.wecom_userid)


def create(settings: Settings) -> WecomRobot:
    """Send to the group whose robot `wecom_robot_url` names."""
    return WecomRobot(settings)


class WecomRobot:
    """One request a message."""

    name = "wecom_robot"
    rates = (Rate(20, 60, "channel"),)

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.gateway = Gateway(self.name, settings, settings.wecom_robot_url)

    def address_of(self, person: PersonInfo) -> str | None:
        """See the module's function."""
        return address_of(person)

    def send(self, message: Outgoing) -> None:
        """Send to the group."""
        url = self.settings.wecom_robot_url.get_secret_value()
        content = text(message, self.settings.base_url, MOST_BYTES, message.recipient_name)
        body = {
            "msgtype": "text",
            "text": {
                "content": content,
                "mentioned_list": mentioned(message.address, USERID),
                "mentioned_mobile_list": mentioned(message.address, MOBILE),
            },
        }
        said = self.gateway.ask(self.gateway.required("wecom_robot_url", url), body)
        if said.get("errcode") != 0:
            VERDICTS.raise_for(self.gateway, said.get("errcode"), said.get("errmsg"))
