"""Events of the system itself (calendar, definitions, batches): the chain named `system`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from models import tables
from models.db import Session
from models.directory import PersonInfo
from workflow.chain import GENESIS, event_hash

STREAM = "system"
_HEAD = tables.chain_head


def append(
    s: Session, tag: str, data: dict[str, Any], actor: PersonInfo | None, now: datetime
) -> int:
    """Append a fact to the system's chain and return its number; whoever comes next waits.

    `data` is JSON and must not change afterwards; `actor` is None for the engine itself.
    """
    head = _locked_head(s)
    row: dict[str, Any] = {
        "stream": STREAM, "seq": head.chain_seq + 1, "tag": tag, "task_id": None,
        "actor_id": actor.id if actor else None, "at": now, "logical_at": now, "data": data,
        "prev_hash": head.chain_hash or GENESIS,
    }  # fmt: skip
    row["hash"] = event_hash(row)
    s.execute(insert(tables.event), row)
    s.execute(
        update(_HEAD)
        .where(_HEAD.c.stream == STREAM)
        .values(chain_seq=row["seq"], chain_hash=row["hash"])
    )
    return int(row["seq"])


def _locked_head(s: Session) -> Any:
    """The chain's head under lock; made when the first event comes."""
    dialect = sqlite if s.dialect == "sqlite" else postgresql
    s.execute(
        dialect.insert(_HEAD)
        .values(stream=STREAM, chain_seq=0, chain_hash="")
        .on_conflict_do_nothing()
    )
    return s.execute(select(_HEAD).where(_HEAD.c.stream == STREAM).with_for_update()).one()
