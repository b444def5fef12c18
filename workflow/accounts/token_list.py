"""Everybody's API tokens, for the security administrator. Without their hashes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from config.roles import Role
from models import tables
from models.db import Session
from models.directory import PersonInfo
from workflow.accounts.access import require_to_look

_TOKEN = tables.api_token


def every(
    s: Session, *, actor: PersonInfo | None, before: int | None = None, limit: int = 50
) -> tuple[list[Any], int | None]:
    """Rows, newest first, from the one before `before` on; and where the next page begins.

    Raises `NotAllowed`.
    """
    require_to_look(s, actor, Role.SECADMIN)
    columns = [column for column in _TOKEN.c if column.name != "token_hash"]
    chosen = select(*columns).order_by(_TOKEN.c.id.desc()).limit(limit + 1)
    if before is not None:
        chosen = chosen.where(_TOKEN.c.id < before)
    rows = list(s.execute(chosen))
    more = len(rows) > limit
    return rows[:limit], rows[limit - 1].id if more else None
