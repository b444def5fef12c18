"""Signing in and out.

A refusal is a result, not an exception, because the failed try must be committed with it. The
password is verified between two short transactions: argon2 takes tens of milliseconds by design,
and SQLite has one writer. What the second finds under the row's lock decides: once enough tries
have failed, a right guess that was verified at the same time is refused, too. So parallel guesses
get no more tries than those that come one after another.

Every refusal of a name and a password reads the same: unknown, wrong, inactive, locked. It says
that accounts are locked after some failures, and never that this one is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from config.i18n import gettext as _
from config.settings import settings
from models.db import Database, Session
from models.directory import PersonInfo
from workflow import system_events
from workflow.accounts import passwords, sessions, store, throttle
from workflow.accounts.secret import printable
from workflow.context import context
from workflow.errors import Reason

WRONG, THROTTLED = "signin_wrong", "signin_throttled"
MAX_ADDRESS = 60


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session. `secret` belongs into the cookie and nowhere else."""

    secret: str
    session_id: int
    person: PersonInfo
    must_change: bool
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Refused:
    """Nobody was let in: `WRONG`, or `THROTTLED` for so many whole minutes."""

    code: str
    minutes: int = 0

    @property
    def reason(self) -> Reason:
        """The text for whoever tries, in the language of the moment."""
        if self.code == THROTTLED:
            message = _("There were too many failed tries from your address.")
            remedy = _("Try again in {n} minutes.").format(n=self.minutes)
            return Reason(self.code, message, "", remedy)
        message = _("The username or the password is wrong, or the account is locked.")
        remedy = _("After {n} failed tries an account is locked for {minutes} minutes.").format(
            n=settings().signin_failures, minutes=settings().signin_lock_minutes
        )
        return Reason(self.code, message, "password", remedy)


@dataclass(frozen=True, slots=True)
class _Try:
    """One try, verified: `account` is the row that the password was held against."""

    person: PersonInfo | None
    account: Any | None
    right: bool
    rehashed: str
    address: str
    agent: str
    now: datetime


def sign_in(
    db: Database,
    *,
    username: str,
    password: str,
    address: str,
    agent: str,
    now: datetime,
) -> SignedIn | Refused:
    """Let somebody in with a new session, or refuse; either is written down and committed."""
    address = printable(address, MAX_ADDRESS)
    with db.read() as s:
        if minutes := throttle.pause(throttle.seen(s, address), now):
            return Refused(THROTTLED, minutes)
        person = context(s).directory.by_username.get(username.strip())
        account = store.account(s, person.id) if person else None
    right = passwords.verify(account.password_hash if account else None, password)
    stale = right and account is not None and passwords.outdated(account.password_hash)
    rehashed = passwords.hash_password(password) if stale else ""
    attempt = _Try(person, account, right, rehashed, address, agent, now)
    with db.write() as s:
        return _settle(s, attempt)


def sign_out(s: Session, info: sessions.SessionInfo, now: datetime) -> None:
    """End the session of whoever signs out."""
    sessions.end(s, info, now, "signed_out")
    system_events.append(
        s, "account.signed_out", {"person": info.person.id, "session": info.id}, info.person, now
    )


def _settle(s: Session, attempt: _Try) -> SignedIn | Refused:
    tries = throttle.locked(s, attempt.address, attempt.now)
    if minutes := throttle.pause(tries, attempt.now):
        return Refused(THROTTLED, minutes)
    person = attempt.person
    account = store.account(s, person.id, lock=True) if person else None
    if person is None or account is None or not _may_enter(s, attempt, account):
        _write_failure(s, attempt, tries, account)
        return Refused(WRONG)
    return _enter(s, attempt, account)


def _may_enter(s: Session, attempt: _Try, account: Any) -> bool:
    """Right, neither locked nor inactive, and not changed while it was being verified."""
    before = attempt.account
    unchanged = before is not None and before.changed_at == account.changed_at
    person = context(s).directory.people[account.person_id]
    return (
        attempt.right and unchanged and person.active and not store.is_locked(account, attempt.now)
    )


def _write_failure(s: Session, attempt: _Try, tries: Any, account: Any | None) -> None:
    """Count it. What was typed as an unknown name is not kept: it may be a password."""
    facts: dict[str, Any] = {"address": attempt.address}
    if account is not None and attempt.person is not None:
        facts |= {"person": attempt.person.id, "username": attempt.person.username}
    system_events.append(s, "account.sign_in_failed", facts, None, attempt.now)
    if account is not None and store.count_failure(s, account, attempt.now):
        system_events.append(s, "account.locked", facts, None, attempt.now)
    if throttle.count(s, tries, attempt.now):
        system_events.append(
            s, "account.address_throttled", {"address": attempt.address}, None, attempt.now
        )


def _enter(s: Session, attempt: _Try, account: Any) -> SignedIn:
    person, now = context(s).directory.people[account.person_id], attempt.now
    values: dict[str, Any] = {"failed_count": 0, "locked_until": None, "last_signed_in_at": now}
    if attempt.rehashed:
        values["password_hash"] = attempt.rehashed
    store.set_values(s, person.id, **values)
    if settings().session_single:
        sessions.end_all(s, person, now, "elsewhere")
    secret, session_id, expires_at = sessions.begin(
        s, person, address=attempt.address, agent=attempt.agent, now=now
    )
    system_events.append(
        s,
        "account.signed_in",
        {"person": person.id, "session": session_id, "address": attempt.address},
        person,
        now,
    )
    return SignedIn(secret, session_id, person, store.must_change(account, now), expires_at)
