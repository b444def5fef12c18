"""One request of a signed-in person: transaction, moment, actor.

Endpoints open `reading(request)` or `writing(request)` in their own body, so that what fails in
the commit fails the request (a commit in a dependency's teardown would still answer 200).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from fastapi import Request
from sqlalchemy.exc import SQLAlchemyError

from config import clock
from config.settings import Settings
from models.attempts import run
from models.db import Database, Session
from models.directory import Directory, PersonInfo
from web.faults import PasswordChangeNeeded, SignInNeeded
from workflow.accounts import sessions
from workflow.accounts.secret import csrf_token
from workflow.case import not_visible
from workflow.context import Context, context

COOKIE = "xiaohao_session"
T = TypeVar("T")
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Call:
    """What an endpoint works with. `csrf` goes into every form of the answer."""

    s: Session
    request: Request
    now: datetime
    person: PersonInfo
    csrf: str
    _zone: ZoneInfo | None = None
    _directory: Directory | None = None

    @property
    def ctx(self) -> Context:
        """Policy, workflow, calendar and people in force."""
        return context(self.s)

    @property
    def directory(self) -> Directory:
        """Everybody."""
        if self._directory is None or not self.s.reading:  # who writes may change people, too
            self._directory = self.ctx.directory
        return self._directory

    @property
    def zone(self) -> ZoneInfo:
        """The policy's time zone."""
        if self._zone is None:
            self._zone = self.ctx.calendar().tz
        return self._zone

    def has(self, *roles: str) -> bool:
        """Whether the person holds one of the roles."""
        return bool(self.person.roles & set(roles))


def database(request: Request) -> Database:
    """The process's database."""
    found: Database = request.app.state.db
    return found


def settings_of(request: Request) -> Settings:
    """The process's settings."""
    found: Settings = request.app.state.settings
    return found


def secret_of(request: Request) -> str:
    """The session's secret as the browser sent it, or an empty text."""
    return request.cookies.get(COOKIE, "")


@contextmanager
def reading(request: Request, *, may_be_stale: bool = False) -> Iterator[Call]:
    """A reading transaction of the signed-in person.

    Raises `SignInNeeded`, or `PasswordChangeNeeded` unless `may_be_stale` (the page on which the
    password is changed).
    """
    now = clock.now()
    with database(request).read() as s:
        call = _call(s, request, now, may_be_stale)
        yield call
    _touch(request, now)


@contextmanager
def writing(request: Request, *, may_be_stale: bool = False) -> Iterator[Call]:
    """A writing transaction of the signed-in person, committed when the block ends."""
    now = clock.now()
    with database(request).write() as s:
        yield _call(s, request, now, may_be_stale)


def require_session(request: Request) -> None:
    """Raise `SignInNeeded` where nobody has signed in, before a body is read."""
    again(request, lambda: _look(request))


def again(request: Request, work: Callable[[], T]) -> T:
    """What `work` returns, at the second try if the database had a passing fault."""
    return run(work, settings_of(request).database_retry_seconds)


def _look(request: Request) -> None:
    with database(request).read() as s:
        _session(s, request, clock.now())


def _session(s: Session, request: Request, now: datetime) -> sessions.SessionInfo:
    secret = secret_of(request)
    found = sessions.find(s, secret, now) if secret else None
    if found is None:
        raise SignInNeeded
    return found


def _call(s: Session, request: Request, now: datetime, may_be_stale: bool) -> Call:
    _refuse_nul(request)
    found = _session(s, request, now)
    if found.must_change and not may_be_stale:
        raise PasswordChangeNeeded
    request.state.session = found
    return Call(s, request, now, found.person, csrf_token(secret_of(request)))


def _refuse_nul(request: Request) -> None:
    """No address of ours has a NUL, and PostgreSQL cannot even compare with it."""
    if "\0" in request.url.path or b"%00" in request.scope.get("query_string", b""):
        raise not_visible(request.url.path.replace("\0", ""))


def _touch(request: Request, now: datetime) -> None:
    """Note that the session is in use, once a minute at most and never inside a page's read."""
    found = request.state.session
    if sessions.needs_touch(found, now):
        note(request, lambda s: sessions.touch(s, found, now))


def note(request: Request, write: Callable[[Session], object]) -> None:
    """Note that a session, token or feed is in use, unless the database is busy.

    Nobody waits for that, and what has been made is answered whatever becomes of it.
    """
    try:
        with database(request).write_unless_busy() as s:
            write(s)
    except SQLAlchemyError as error:
        log.info("not noted: %s", type(error).__name__, extra={"action": "touch.skipped"})
