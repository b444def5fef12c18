"""Endpoints of the API: who calls is known before anything else, then a transaction of theirs.

A call that only reads runs from the door to the answer in one thread and one transaction. A call
that writes waits for its body in between, and a body may be slow to come: its door has a
transaction of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial, wraps
from typing import Any, TypeVar

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from config import clock
from models.db import Session
from models.directory import PersonInfo
from web.api.door import Caller, admit, admit_within, note_use
from web.api.faults import BadCredentials
from web.call import Call, again, database
from web.late import LateRoute
from web.limits import SAFE
from workflow.context import context

PREFIX = "/api/v1"
F = TypeVar("F", bound=Callable[..., Any])
Handler = Callable[[Request], Coroutine[Any, Any, Response]]
_OPEN = "xiaohao.open"
"""The transaction of the door, until the endpoint takes it over."""


def needs(scope: str) -> Callable[[F], F]:
    """The scope that an endpoint takes, where its method does not say it."""

    def mark(endpoint: F) -> F:
        endpoint.scope = scope  # type: ignore[attr-defined]
        return endpoint

    return mark


def operation_id(route: APIRoute) -> str:
    """A short name that generated clients can bear: tag and endpoint."""
    return f"{route.tags[-1] if route.tags else 'api'}_{route.name}"


class ApiRoute(LateRoute):
    """A route under `PREFIX` that knows its caller before it reads anything else."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **given: Any) -> None:
        only_reads = set(given.get("methods") or ()) <= SAFE
        own: dict[str, Any] = {"generate_unique_id_function": operation_id}
        super().__init__(
            PREFIX + path, _at_once(endpoint) if only_reads else endpoint, **given | own
        )

    @property
    def only_reads(self) -> bool:
        """Whether every method of it is safe."""
        return (self.methods or set()) <= SAFE

    @property
    def scope(self) -> str:
        """`read`, `write` or `intake`."""
        return str(getattr(self.endpoint, "scope", "read" if self.only_reads else "write"))

    def get_route_handler(self) -> Handler:
        """The usual handler behind the question of who calls."""
        handle, scope = super().get_route_handler(), self.scope

        async def guarded(request: Request) -> Response:
            request.state.caller = await run_in_threadpool(admit, request, scope)
            return await handle(request)

        async def answered(request: Request) -> Response:
            return await run_in_threadpool(_answer, request, scope, handle)

        return answered if self.only_reads else guarded


# ------------------------------------------------------------ one thread, one transaction


def _at_once(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """The endpoint as a coroutine that never waits, so that nobody hands it to another thread."""

    @wraps(endpoint)
    async def called(**given: Any) -> Any:
        return endpoint(**given)

    return called


def _answer(request: Request, scope: str, handle: Handler) -> Response:
    """The answer of a call that only reads; after a fault that passes all of it runs again."""
    try:
        return again(request, partial(_answer_within, request, scope, handle))
    finally:
        note_use(request)


def _answer_within(request: Request, scope: str, handle: Handler) -> Response:
    with request.app.state.turnstile.passed(), ExitStack() as door:
        request.state.caller, s = admit_within(door, request, scope)
        request.scope[_OPEN] = s, door
        return _finished(handle(request))


def _finished(answering: Coroutine[Any, Any, Response]) -> Response:
    """What comes of a coroutine that waits for nothing: there is no body and no dependency."""
    try:
        answering.send(None)
    except StopIteration as end:
        answer: Response = end.value
        return answer
    answering.close()
    raise RuntimeError("a call that only reads has waited for something")


# ------------------------------------------------------------ transactions of the caller


@contextmanager
def reading(request: Request) -> Iterator[Call]:
    """A reading transaction of the caller: that of the door, for the first who asks."""
    if _OPEN in request.scope:
        s, door = request.scope.pop(_OPEN)
        with door:
            yield _call(s, request)
        return
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
