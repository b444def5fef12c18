"""Failed tries from one address, whoever was named: a fixed window, then a pause until its end."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from config.settings import settings
from models import tables
from models.db import Session

_THROTTLE = tables.login_throttle
_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def pause(row: Any | None, now: datetime) -> int:
    """Whole minutes until tries from the address are heard again; 0: they are heard now."""
    if row is None or row.failures < settings().signin_address_failures:
        return 0
    left: timedelta = row.window_start + _window() - now
    return max(0, math.ceil(left / timedelta(minutes=1)))


def seen(s: Session, address: str) -> Any | None:
    """What is counted for the address, without locking it."""
    return s.execute(select(_THROTTLE).where(_THROTTLE.c.address == address)).one_or_none()


def locked(s: Session, address: str, now: datetime) -> Any:
    """The count of the address, locked until the transaction ends; made when missing."""
    made: Any = _INSERT[s.dialect](_THROTTLE)
    made = made.values(address=address, window_start=now, failures=0)
    # an update that changes nothing locks the row, and cannot lose it to whoever tidies up
    made = made.on_conflict_do_update(
        index_elements=[_THROTTLE.c.address], set_={"address": address}
    )
    return s.execute(made.returning(_THROTTLE)).one()


def count(s: Session, row: Any, now: datetime) -> bool:
    """Count one failure on a locked row; returns whether it was the last that is heard."""
    over = now >= row.window_start + _window()
    failures = 1 if over else row.failures + 1
    s.execute(
        update(_THROTTLE)
        .where(_THROTTLE.c.address == row.address)
        .values(failures=failures, window_start=now if over else row.window_start)
    )
    return failures == settings().signin_address_failures


def _window() -> timedelta:
    return timedelta(minutes=settings().signin_window_minutes)
