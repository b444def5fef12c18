"""A person changes their own password. The old one is asked for, and guessing it counts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from config.i18n import gettext as _
from models.db import Database, Session
from models.directory import PersonInfo
from workflow import system_events
from workflow.accounts import passwords, sessions, store
from workflow.errors import Malformed, Reason


def change_password(
    db: Database,
    *,
    person: PersonInfo,
    old: str,
    new: str,
    now: datetime,
    keep_session: int | None = None,
) -> None:
    """Set a new password and end every other session of the person.

    Takes the database, as `signin.sign_in` does: hashing happens between two short transactions,
    and a wrong old password is counted although the change is refused. Raises `Malformed` with
    every reason; its fields are `old_password` and `new_password`.
    """
    with db.read() as s:
        account = store.account(s, person.id)
        earlier = store.earlier(s, person.id)
    right = passwords.verify(account.password_hash if account else None, old)
    refusal = _refusal(person, new, earlier) if right else _wrong()
    hashed = passwords.hash_password(new) if refusal is None else ""
    with db.write() as s:
        # the lock is asked again before anything is told about the new password
        if not _still(s, person, account, right, now):
            refusal = _wrong()
        elif refusal is None:
            _store(s, person, hashed, now, keep_session)
    if refusal is not None:
        raise refusal


def _refusal(person: PersonInfo, new: str, earlier: list[str]) -> Malformed | None:
    try:
        passwords.require_good(new, username=person.username, name=person.name, earlier=earlier)
    except Malformed as refusal:
        return refusal
    return None


def _still(s: Session, person: PersonInfo, seen: Any, right: bool, now: datetime) -> bool:
    """Whether the old password counts; a wrong one is written down."""
    account = store.account(s, person.id, lock=True)
    if account is None or store.is_locked(account, now):
        return False
    if right and seen.changed_at == account.changed_at:
        return True
    facts = {"person": person.id, "username": person.username}
    system_events.append(s, "account.password_refused", facts, person, now)
    if store.count_failure(s, account, now):
        system_events.append(s, "account.locked", facts, person, now)
    return False


def _store(
    s: Session, person: PersonInfo, hashed: str, now: datetime, keep_session: int | None
) -> None:
    store.put(s, person.id, hashed, must_change=False, now=now)
    ended = sessions.end_all(s, person, now, "password", keep=keep_session)
    facts = {"person": person.id, "sessions_ended": ended}
    system_events.append(s, "account.password_changed", facts, person, now)


def _wrong() -> Malformed:
    return Malformed(
        Reason(
            "password_wrong",
            _("The present password is wrong, or the account is locked."),
            "old_password",
            _("Type it again; if you have forgotten it, ask the administrator for a new one."),
        )
    )
