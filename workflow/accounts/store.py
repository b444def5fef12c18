"""Rows of accounts: reading, locking, a new password, a failed try."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update

from config.settings import settings
from models import tables
from models.db import Session
from workflow.accounts import passwords

_ACCOUNT = tables.account
_HISTORY = tables.password_history


def account(s: Session, person_id: int, *, lock: bool = False) -> Any | None:
    """A person's account, if there is one; locked until the transaction ends if asked."""
    chosen = select(_ACCOUNT).where(_ACCOUNT.c.person_id == person_id)
    return s.execute(chosen.with_for_update() if lock else chosen).one_or_none()


def earlier(s: Session, person_id: int) -> list[str]:
    """Hashes of the passwords that may not come back, the newest first."""
    chosen = (
        select(_HISTORY.c.password_hash)
        .where(_HISTORY.c.person_id == person_id)
        .order_by(_HISTORY.c.id.desc())
        .limit(settings().password_history)
    )
    return list(s.execute(chosen).scalars())


def put(
    s: Session, person_id: int, password_hash: str, *, must_change: bool, now: datetime
) -> None:
    """Store a new password, which also ends a lock; the account is made when missing."""
    values = {
        "password_hash": password_hash,
        "must_change": must_change,
        "changed_at": now,
        "failed_count": 0,
        "locked_until": None,
    }
    change = update(_ACCOUNT).where(_ACCOUNT.c.person_id == person_id).values(values)
    if s.execute(change).rowcount == 0:
        s.execute(insert(_ACCOUNT).values(person_id=person_id, **values))
    s.execute(insert(_HISTORY).values(person_id=person_id, password_hash=password_hash, at=now))
    _forget(s, person_id)


def set_values(s: Session, person_id: int, **values: Any) -> None:
    """Change columns of an account."""
    s.execute(update(_ACCOUNT).where(_ACCOUNT.c.person_id == person_id).values(values))


def is_locked(row: Any, now: datetime) -> bool:
    """Whether an account lets nobody in at the moment."""
    return bool(row.locked_until is not None and now < row.locked_until)


def must_change(row: Any, now: datetime) -> bool:
    """Whether the password has to be changed before anything else is done."""
    return bool(row.must_change) or passwords.expired(row.changed_at, now)


def count_failure(s: Session, row: Any, now: datetime) -> bool:
    """Count a wrong password on a locked row; returns whether it has shut the account.

    While an account is shut nothing is counted: who keeps trying does not keep the owner out.
    """
    if is_locked(row, now):
        return False
    failed: int = row.failed_count + 1
    shut = failed >= settings().signin_failures
    until = now + timedelta(minutes=settings().signin_lock_minutes)
    set_values(
        s,
        row.person_id,
        failed_count=0 if shut else failed,
        locked_until=until if shut else None,
    )
    return shut


def _forget(s: Session, person_id: int) -> None:
    """Keep no more hashes than are compared."""
    newest = (
        select(_HISTORY.c.id)
        .where(_HISTORY.c.person_id == person_id)
        .order_by(_HISTORY.c.id.desc())
        .limit(settings().password_history)
    )
    kept = list(s.execute(newest).scalars())
    gone = delete(_HISTORY).where(_HISTORY.c.person_id == person_id, _HISTORY.c.id.not_in(kept))
    s.execute(gone)
