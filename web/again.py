"""A request that met a passing fault of the database is answered by a second try.

The endpoint as a whole runs again, with the same parsed form: only there is everything made anew
that the failed transaction had read. What it has saved is never done twice (`models.attempts`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from functools import partial, wraps
from inspect import iscoroutinefunction
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.datastructures import FormData, UploadFile
from starlette.routing import BaseRoute

from config.i18n import gettext as _
from models.attempts import AnswerLost, CommitUnknown, run
from models.passing import is_busy, is_unwritable
from web import errors
from web.call import settings_of
from web.late import LateRoute
from web.limits import SAFE
from workflow.errors import Reason

BUSY_SECONDS = 5
"""After how many seconds a caller may come back to a busy database."""
log = logging.getLogger(__name__)


def rerun(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """The endpoint, tried again where need be; its uploads are read from their beginning."""

    @wraps(endpoint)
    def tried(**given: Any) -> Any:
        request = next((v for v in given.values() if isinstance(v, Request)), None)
        if request is None:
            return endpoint(**given)
        seconds = settings_of(request).database_retry_seconds
        work = partial(endpoint, **given)
        if request.method in SAFE:
            work = partial(_in_turn, request, work)
        return run(work, seconds, before_again=partial(_rewind, given))

    return tried


def _in_turn(request: Request, work: Callable[[], Any]) -> Any:
    with request.app.state.turnstile.passed():
        return work()


def retrying(routes: Iterable[BaseRoute]) -> list[BaseRoute]:
    """The routes, each of their endpoints tried again where need be; a coroutine's has seen to
    that itself."""
    found = list(routes)
    for route in found:
        if isinstance(route, APIRoute) and not iscoroutinefunction(route.endpoint):
            route.endpoint = rerun(route.endpoint)
            if not (isinstance(route, LateRoute) and not route.worked_out):
                route.dependant.call = route.endpoint
    return found


def _rewind(given: dict[str, Any]) -> None:
    for upload in _uploads(given.values()):
        upload.file.seek(0)


def _uploads(values: Iterable[Any]) -> Iterator[UploadFile]:
    for value in values:
        if isinstance(value, UploadFile):
            yield value
        elif isinstance(value, FormData):
            yield from _uploads(part for _name, part in value.multi_items())
        elif isinstance(value, list | tuple):
            yield from _uploads(value)


def install(app: FastAPI) -> None:
    """Register what answers the faults that did not pass in time."""
    app.add_exception_handler(DBAPIError, busy)
    app.add_exception_handler(OSError, unwritable)
    app.add_exception_handler(PoolTimeout, busy)
    app.add_exception_handler(CommitUnknown, unknown)
    app.add_exception_handler(AnswerLost, answer_lost)


def busy(request: Request, error: Exception) -> Response:
    """503 while the database is locked, away or full; anything else it says is a fault of ours."""
    if is_unwritable(error):
        return unwritable(request, error)
    if not (isinstance(error, PoolTimeout) or is_busy(error)):
        raise error
    reason = Reason("database_busy", _("The database is busy."), remedy=_("Try again in a moment."))
    return _later(request, reason)


def unwritable(request: Request, error: Exception) -> Response:
    """503 while a disk is full or fails; the system's other faults are no business of a caller."""
    if not is_unwritable(error):
        raise error
    told = getattr(error, "orig", None) or error
    log.error("cannot be written: %s", told, extra={"action": "web.unwritable"})
    reason = Reason(
        "storage_unwritable",
        _("Nothing can be saved at the moment: a disk is full, or cannot be written."),
        remedy=_("Nothing of this was saved. Tell the administrator, and try again later."),
    )
    return _later(request, reason)


def unknown(request: Request, _error: Exception) -> Response:
    """503: it may have been saved, and it may not."""
    remedy = (
        _("Repeat the call with the same Idempotency-Key: it is done once.")
        if request.headers.get("idempotency-key")
        else _("Look whether it is there before you send it again.")
    )
    message = _("The database went away while this was saved; nobody knows yet whether it was.")
    return _later(request, Reason("commit_unknown", message, remedy=remedy))


def answer_lost(request: Request, _error: Exception) -> Response:
    """503: something was saved, and what was to follow failed."""
    message = _("It was saved, at least in part; then the database went away.")
    remedy = _("Load the page again and see what is there before you send anything once more.")
    return _later(request, Reason("answer_lost", message, remedy=remedy))


def _later(request: Request, reason: Reason) -> Response:
    headers = {"retry-after": str(BUSY_SECONDS)}
    return errors.answer(request, 503, reason.code, (reason,), headers)
