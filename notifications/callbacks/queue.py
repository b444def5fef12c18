"""News written with the change it tells of, its content frozen (one statement for many)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import bindparam, select

from models import tables
from models.db import Session
from models.statements import Statement, insertion

_SOURCE = tables.source_system.c
_INSERT = insertion(tables.callback, "leased_until", "sent_at")
_LISTENER = Statement(
    select(_SOURCE.id).where(
        _SOURCE.code == bindparam("code"), _SOURCE.active.is_(True), _SOURCE.callback_url != ""
    )
)


@dataclass(frozen=True, slots=True)
class News:
    """One thing that happened to an issue; `seq` is the number of its event in the history."""

    kind: str
    issue_id: int
    number: str
    seq: int
    at: datetime
    data: dict[str, Any]


def listener(s: Session, code: str) -> int | None:
    """Id of the platform with that code, if it is active and wants to hear of its issues."""
    row = _LISTENER.first(s, {"code": code})
    return int(row["id"]) if row is not None else None


def enqueue(s: Session, source_id: int, news: Sequence[News], now: datetime, origin: str) -> None:
    """Write news for a platform in this transaction; it goes out after the commit, in order.

    `origin` is the `source` of the envelope: the address of this installation.
    """
    _INSERT.run(
        s,
        [
            {
                "event_id": event_id(item),
                "source_id": source_id,
                "issue_id": item.issue_id,
                "occasion": f"event:{item.seq}",
                "body": envelope(item, origin),
                "state": "pending",
                "attempts": 0,
                "next_attempt_at": now,
                "leased_by": "",
                "last_error": "",
                "created_at": now,
            }
            for item in news
        ],
    )


def event_id(news: News) -> str:
    """The same for every try, so that a receiver knows a repeat: number and place in history."""
    return f"{news.number}:{news.seq}"


def envelope(news: News, origin: str) -> dict[str, Any]:
    """A CloudEvents 1.0 event in structured mode; `time` in UTC."""
    return {
        "specversion": "1.0",
        "id": event_id(news),
        "source": origin,
        "type": f"cn.xiaohao.issue.{news.kind}",
        "subject": news.number,
        "time": news.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "data": news.data,
    }
