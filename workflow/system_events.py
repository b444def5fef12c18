"""Facts about the system itself (people, rights, definitions, calendar), hash-chained."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, text, update

from models import tables
from models.db import Session
from models.directory import PersonInfo
from workflow.chain import GENESIS, event_hash

STREAM = "system"
_HEAD = tables.chain_head


def append(
    s: Session,
    tag: str,
    data: dict[str, Any],
    actor: PersonInfo | None,
    now: datetime,
    *,
    stream: str = STREAM,
) -> int:
    """Append a fact to a stream (of the system, or of what is no issue, e.g. `project:7`); returns
    its number. `actor` None: the machine itself.

    The head row is locked until the transaction ends, so that two writers come one after the
    other. `data` must be plain JSON.
    """
    head = _lock_head(s, stream)
    row = {
        "stream": stream,
        "seq": head.chain_seq + 1,
        "tag": tag,
        "task_id": None,
        "actor_id": actor.id if actor else None,
        "at": now,
        "logical_at": now,
        "data": data,
        "prev_hash": head.chain_hash or GENESIS,
    }
    row["hash"] = event_hash(row)
    s.execute(insert(tables.event), row)
    s.execute(
        update(_HEAD)
        .where(_HEAD.c.stream == stream)
        .values(chain_seq=row["seq"], chain_hash=row["hash"])
    )
    return int(row["seq"])


def _lock_head(s: Session, stream: str) -> Any:
    """The stream's head, made when missing. Of two that make it at once the second waits."""
    s.execute(_INSERT_HEAD, {"stream": stream})
    return s.execute(select(_HEAD).where(_HEAD.c.stream == stream).with_for_update()).one()


_INSERT_HEAD = text(
    f"INSERT INTO {_HEAD.name} (stream, chain_seq, chain_hash) VALUES (:stream, 0, '') "
    "ON CONFLICT DO NOTHING"
)
