"""Who calls: a token with its scopes, or the portal's own scripts with the session's cookie.

Everything is settled before the body is read, so that a stranger learns nothing from how a body
is refused. Rights are the person's, looked up anew in the transaction that uses them.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from config import clock
from config.i18n import gettext as _
from models.db import Session
from models.directory import PersonInfo
from web.api.faults import BadCredentials, ScopeMissing, TooMany
from web.call import Call, again, database, note, secret_of
from web.faults import BadToken, PasswordChangeNeeded
from web.limits import Allowance, Buckets
from workflow.accounts import sessions, tokens
from workflow.accounts.secret import csrf_matches, csrf_token
from workflow.context import context
from workflow.errors import Malformed, Reason

RATE_HEADERS = "xiaohao.rate"
SAFE = {"GET", "HEAD"}
F = TypeVar("F", bound=Callable[..., Any])
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


@dataclass(slots=True)
class Limits:
    """The buckets of this process: calls by token or session, failed tries by address."""

    calls: Buckets
    failures: Buckets


@dataclass(frozen=True, slots=True)
class Caller:
    """A person and what proved it: `token:ID` or `session:ID`."""

    person_id: int
    key: str
    csrf: str = ""


def needs(scope: str) -> Callable[[F], F]:
    """The scope that an endpoint takes, where its method does not say it."""

    def mark(endpoint: F) -> F:
        endpoint.scope = scope  # type: ignore[attr-defined]
        return endpoint

    return mark


class ApiRoute(APIRoute):
    """A route that knows its caller before it reads anything else."""

    @property
    def scope(self) -> str:
        """`read`, `write` or `intake`."""
        usual = "read" if (self.methods or set()) <= SAFE else "write"
        return str(getattr(self.endpoint, "scope", usual))

    def get_route_handler(self) -> Handler:
        """The usual handler behind the question of who calls."""
        handle, scope = super().get_route_handler(), self.scope

        async def guarded(request: Request) -> Response:
            request.state.caller = await run_in_threadpool(admit, request, scope)
            return await handle(request)

        return guarded


def admit(request: Request, scope: str) -> Caller:
    """The caller of a request.

    Raises `BadCredentials` (401), `ScopeMissing` or `BadToken` (403), `TooMany` (429).
    """
    limits: Limits = request.app.state.api_limits
    address = request.client.host if request.client is not None else ""
    try:
        caller = again(request, lambda: _identify(request, scope))
    except BadCredentials:  # a good token is never shut out by what its neighbours guess
        failures = limits.failures.take(address)
        if failures.allowed:
            raise
        _tell(request, failures)
        raise TooMany(failures) from None
    left = limits.calls.take(caller.key)
    _tell(request, left)
    if not left.allowed:
        raise TooMany(left)
    _refuse_nul(request)
    return caller


def _tell(request: Request, left: Allowance) -> None:
    request.scope[RATE_HEADERS] = left.headers()


def _refuse_nul(request: Request) -> None:
    """No text here holds NUL, and PostgreSQL cannot even compare with it."""
    if "\0" in request.url.path or b"%00" in request.scope.get("query_string", b""):
        raise Malformed(
            Reason("nul", _("The address contains a NUL."), "address", _("Leave it out."))
        )


def _identify(request: Request, scope: str) -> Caller:
    now = clock.now()
    given = request.headers.get("authorization")
    if given is not None:
        return _by_token(request, given, scope, now)
    return _by_session(request, scope, now)


def _by_token(request: Request, given: str, scope: str, now: datetime) -> Caller:
    kind, _space, text = given.partition(" ")
    if kind.lower() != "bearer" or not text.strip():
        raise BadCredentials("invalid_request")
    with database(request).read() as s:
        info = tokens.find_token(s, text.strip(), now)
    if info is None:
        raise BadCredentials("invalid_token")
    if scope not in info.scopes:
        raise ScopeMissing(scope)
    if tokens.needs_touch(info, now):
        note(request, lambda s: tokens.touch(s, info, now))
    return Caller(info.person.id, f"token:{info.id}")


def _by_session(request: Request, scope: str, now: datetime) -> Caller:
    secret = secret_of(request)
    if not secret:
        raise BadCredentials("")
    with database(request).read() as s:
        info = sessions.find(s, secret, now)
    if info is None:
        raise BadCredentials("invalid_token")
    if info.must_change:
        raise PasswordChangeNeeded
    if request.method not in SAFE:
        _check_csrf(request, secret)
    if scope == "intake":
        raise ScopeMissing(scope)
    if sessions.needs_touch(info, now):
        note(request, lambda s: sessions.touch(s, info, now))
    return Caller(info.person.id, f"session:{info.id}", csrf_token(secret))


def _check_csrf(request: Request, secret: str) -> None:
    if not csrf_matches(secret, request.headers.get("x-csrf", "")):
        raise BadToken(
            Reason(
                "csrf",
                _("The call does not come from this session's own pages."),
                "X-CSRF",
                _("Send the session's token in the header X-CSRF, or use an API token."),
            )
        )


@contextmanager
def reading(request: Request) -> Iterator[Call]:
    """A reading transaction of the caller."""
    with database(request).read() as s:
        yield _call(s, request)


@contextmanager
def writing(request: Request) -> Iterator[Call]:
    """A writing transaction of the caller, committed when the block ends."""
    with database(request).write() as s:
        yield _call(s, request)


def _call(s: Session, request: Request) -> Call:
    caller: Caller = request.state.caller
    person: PersonInfo | None = context(s).directory.people.get(caller.person_id)
    if person is None or not person.active:  # deactivated since the door
        raise BadCredentials("invalid_token")
    return Call(s, request, clock.now(), person, caller.csrf)
