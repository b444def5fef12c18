"""Who calls: a token with its scopes, or the portal's own scripts with the session's cookie.

Everything is settled before the body is read, so that a stranger learns nothing from how a body
is refused. Rights are the person's, looked up anew in the transaction that uses them.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

from fastapi import Request

from config import clock
from config.i18n import gettext as _
from models.db import Session
from web.api.faults import BadCredentials, ScopeMissing, TooMany
from web.call import again, database, note, secret_of
from web.faults import BadToken, PasswordChangeNeeded
from web.limits import SAFE, Allowance, Buckets
from workflow.accounts import sessions, tokens
from workflow.accounts.secret import csrf_matches, csrf_token
from workflow.errors import Malformed, Reason

RATE_HEADERS = "xiaohao.rate"
_USED, _LEFT = "xiaohao.used", "xiaohao.left"


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


def admit(request: Request, scope: str) -> Caller:
    """The caller of a request, found in a transaction of its own. Raises as `admit_within`."""

    def look() -> Caller:
        with ExitStack() as door:
            return admit_within(door, request, scope)[0]

    try:
        return again(request, look)
    finally:
        note_use(request)


def admit_within(door: ExitStack, request: Request, scope: str) -> tuple[Caller, Session]:
    """The caller of a request and the reading transaction that found them, which ends with `door`.

    Whoever asks calls `note_use` after that. Raises `BadCredentials` (401), `ScopeMissing` or
    `BadToken` (403), `TooMany` (429).
    """
    limits: Limits = request.app.state.api_limits
    address = request.client.host if request.client is not None else ""
    try:
        caller, s = _identify(door, request, scope)
    except BadCredentials:  # a good token is never shut out by what its neighbours guess
        failures = limits.failures.take(address)
        if failures.allowed:
            raise
        _tell(request, failures)
        raise TooMany(failures) from None
    left = _take(request, limits.calls, caller.key)
    _tell(request, left)
    if not left.allowed:
        raise TooMany(left)
    _refuse_nul(request)
    return caller, s


def note_use(request: Request) -> None:
    """Note that the token or session is in use, where a write is worth it."""
    used = request.scope.pop(_USED, None)
    if used is not None:
        note(request, used)


def _take(request: Request, calls: Buckets, key: str) -> Allowance:
    """What is left after this call, which counts once however often it is tried."""
    if _LEFT not in request.scope:
        request.scope[_LEFT] = calls.take(key)
    left: Allowance = request.scope[_LEFT]
    return left


def _tell(request: Request, left: Allowance) -> None:
    request.scope[RATE_HEADERS] = left.headers()


def _refuse_nul(request: Request) -> None:
    """No text here holds NUL, and PostgreSQL cannot even compare with it."""
    if "\0" in request.scope["path"] or b"%00" in request.scope.get("query_string", b""):
        raise Malformed(
            Reason("nul", _("The address contains a NUL."), "address", _("Leave it out."))
        )


def _identify(door: ExitStack, request: Request, scope: str) -> tuple[Caller, Session]:
    """What is no credential at all is refused before the database is asked."""
    given = request.headers.get("authorization")
    if given is not None:
        kind, _space, text = given.partition(" ")
        if kind.lower() != "bearer" or not text.strip():
            raise BadCredentials("invalid_request")
        s = door.enter_context(database(request).read())
        return _by_token(s, request, text.strip(), scope), s
    secret = secret_of(request)
    if not secret:
        raise BadCredentials("")
    s = door.enter_context(database(request).read())
    return _by_session(s, request, secret, scope), s


def _by_token(s: Session, request: Request, text: str, scope: str) -> Caller:
    now = clock.now()
    info = tokens.find_token(s, text, now)
    if info is None:
        raise BadCredentials("invalid_token")
    if scope not in info.scopes:
        raise ScopeMissing(scope)
    if tokens.needs_touch(info, now):
        request.scope[_USED] = partial(tokens.touch, info=info, now=now)
    return Caller(info.person.id, f"token:{info.id}")


def _by_session(s: Session, request: Request, secret: str, scope: str) -> Caller:
    now = clock.now()
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
        request.scope[_USED] = partial(sessions.touch, info=info, now=now)
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
