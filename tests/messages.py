"""A person with every address, and a message to her, for the tests of channels."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from models.directory import PersonInfo
from notifications.channels.base import Outgoing
from notifications.examples import TASK
from notifications.items import Item

NOW = datetime(2026, 10, 26, 1, 10, tzinfo=UTC)
NUMBER, TITLE, LINK = TASK["task_number"], TASK["issue_title"], TASK["link"]
PORTAL = "https://xiaohao.example.gov.cn"
WANG = PersonInfo(
    id=1,
    username="wangjg",
    name="王建国",
    unit_id=1,
    post="liaison",
    email="wang@example.org",
    phone="138 0000 0000",
    language="zh_CN",
    active=True,
    deputy_id=None,
    away_from=None,
    away_until=None,
    wecom_userid="WangJianGuo",
)
MESSAGE = Outgoing(
    message_id="<xiaohao.12.0a1b2c3d4e@example.org>",
    address="WangJianGuo",
    recipient_name="王建国",
    language="zh_CN",
    subject=f"【销号】催办通知：{NUMBER} {TITLE}（已超期1个工作日）",
    text="王建国同志：\n\n下列任务已超期。\n",
    headers={},
    created_at=NOW,
    items=(Item("urge", TASK, False, 4),),
)


def message(*items: Item, **changes: Any) -> Outgoing:
    """The message, to somebody else or about something else."""
    told: dict[str, Any] = {"items": items} if items else {}
    return replace(MESSAGE, **{**told, **changes})


def about(kind: str = "urge", **facts: Any) -> Item:
    """A notice of that kind with some facts changed."""
    return Item(kind, {**TASK, **facts})
