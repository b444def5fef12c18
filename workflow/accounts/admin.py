"""Accounts as the administrators keep them (三员分立).

The system administrator makes accounts and sets passwords anew; for those of security
administrators and auditors it is the security administrator, or whoever is watched could sign in
as whoever watches. The security administrator unlocks, and ends sessions (`sessions`). Nobody is
told a password that a person has chosen: who sets one must have it changed at the next sign-in.
API tokens go on after a reset; they are revoked one by one (`tokens`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from config.i18n import gettext as _
from config.roles import Role
from models import tables
from models.db import Database, Session
from models.directory import PersonInfo
from workflow import system_events
from workflow.accounts import passwords, sessions, store
from workflow.accounts.access import require_to_look
from workflow.administrators import held, locked_directory, require
from workflow.context import context
from workflow.errors import GuardFailed, Reason
from workflow.organisation import find_person

WATCHING = frozenset({Role.SECADMIN, Role.AUDITOR})


def create(
    db: Database,
    *,
    username: str,
    password: str,
    actor: PersonInfo | None,
    now: datetime,
    must_change: bool = True,
) -> None:
    """Give a person an account. Raises `GuardFailed` where there is one, `Malformed`."""
    with db.write() as s:
        person = _new(s, username, actor)
    passwords.require_good(
        password, username=username, name=person.name, earlier=(), field="password"
    )
    hashed = passwords.hash_password(password)
    with db.write() as s:
        create_hashed(
            s, username=username, password_hash=hashed, actor=actor, now=now,
            must_change=must_change,
        )  # fmt: skip


def create_hashed(
    s: Session,
    *,
    username: str,
    password_hash: str,
    actor: PersonInfo | None,
    now: datetime,
    must_change: bool = True,
    chosen_at: datetime | None = None,
) -> None:
    """The same with a password that was checked and hashed before the transaction began.

    `chosen_at`: since when the password ages, `now` by default.
    """
    person = _new(s, username, actor)
    store.put(s, person.id, password_hash, must_change=must_change, now=chosen_at or now)
    facts = {"person": person.id, "username": person.username}
    system_events.append(s, "account.created", facts, actor, now)


def reset(
    db: Database, *, username: str, password: str, actor: PersonInfo | None, now: datetime
) -> None:
    """Set a forgotten password anew: ends a lock and every session. Raises `GuardFailed`,
    `Malformed`."""
    with db.write() as s:
        person = _existing(s, username, actor)
        earlier = store.earlier(s, person.id)
    passwords.require_good(
        password, username=username, name=person.name, earlier=earlier, field="password"
    )
    hashed = passwords.hash_password(password)
    with db.write() as s:
        person = _existing(s, username, actor)
        store.put(s, person.id, hashed, must_change=True, now=now)
        ended = sessions.end_all(s, person, now, "reset")
        facts = {"person": person.id, "username": person.username, "sessions_ended": ended}
        system_events.append(s, "account.reset", facts, actor, now)


def unlock(s: Session, *, username: str, actor: PersonInfo | None, now: datetime) -> None:
    """End a lock before its time. Raises `GuardFailed` for an account that is not locked."""
    require(s, actor, Role.SECADMIN)
    person = find_person(s, username)
    account = store.account(s, person.id, lock=True)
    if account is None or not store.is_locked(account, now):
        raise _refused("account_not_locked", _("The account {name} is not locked."), username)
    store.set_values(s, person.id, failed_count=0, locked_until=None)
    facts = {"person": person.id, "username": person.username}
    system_events.append(s, "account.unlocked", facts, actor, now)


def overview(s: Session, *, actor: PersonInfo | None, now: datetime) -> list[dict[str, Any]]:
    """Every person with the state of the account, for both administrators. Without hashes."""
    require_to_look(s, actor, Role.SYSADMIN, Role.SECADMIN)
    accounts = {row.person_id: row for row in s.execute(select(tables.account))}
    people = context(s).directory.people.values()
    return [_state(person, accounts.get(person.id), now) for person in people]


def _state(person: PersonInfo, account: Any | None, now: datetime) -> dict[str, Any]:
    shut = account is not None and store.is_locked(account, now)
    return {
        "username": person.username,
        "name": person.name,
        "active": person.active,
        "account": account is not None,
        "must_change": account is not None and store.must_change(account, now),
        "locked_until": account.locked_until if account is not None and shut else None,
        "last_signed_in_at": account.last_signed_in_at if account is not None else None,
    }


def _new(s: Session, username: str, actor: PersonInfo | None) -> PersonInfo:
    person = _in_charge_of(s, username, actor)
    if not person.active:
        raise _refused("person_inactive", _("{name} is not active."), username)
    if store.account(s, person.id) is not None:
        raise _refused("account_exists", _("{name} has an account already."), username)
    return person


def _existing(s: Session, username: str, actor: PersonInfo | None) -> PersonInfo:
    person = _in_charge_of(s, username, actor)
    if store.account(s, person.id, lock=True) is None:
        raise _refused("account_missing", _("{name} has no account."), username)
    return person


def _in_charge_of(s: Session, username: str, actor: PersonInfo | None) -> PersonInfo:
    """The person, for the administrator whose they are; outsiders do not learn who there is."""
    require(s, actor, Role.SYSADMIN, Role.SECADMIN)
    person = find_person(s, username)
    watching = held(locked_directory(s), person) & WATCHING
    require(s, actor, Role.SECADMIN if watching else Role.SYSADMIN)
    return person


def _refused(code: str, message: str, username: str) -> GuardFailed:
    return GuardFailed(Reason(code, message.format(name=username), "username"))
