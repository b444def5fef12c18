"""What inspections, instructions and evaluations share: pages of rows, and taking a step once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse

from web.api import shapes
from web.api.access import writing
from web.api.idempotency import Answer, once
from web.api.links import cursor_refused, onward
from web.api.params import INTEGER
from web.api.problems import ACTS, ETAG, REPLAYED, refusals
from web.api.versions import etag, matching

Data = dict[str, Any]
ACT: Data = {
    "response_model": shapes.InspectionDone,
    "responses": refusals(ACTS) | {200: {"headers": ETAG | REPLAYED}},
}


def place(cursor: str | None) -> int | None:
    """The id that a cursor names. Raises `Malformed`."""
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdecimal() and 0 < int(cursor[:20]) <= INTEGER):
        raise cursor_refused()
    return int(cursor)


def paged(request: Request, rows: list[Any], limit: int, line: Callable[[Any], Data]) -> Data:
    """A page of rows of which one more than `limit` was asked for."""
    last = str(rows[limit - 1].id) if len(rows) > limit else None
    items = [line(row) for row in rows[:limit]]
    return {"items": items, "next": onward(request, last), "next_cursor": last}


def done(made: Any) -> Data:
    """What an act leaves behind, as plain data."""
    return {
        "id": made.id, "version": made.version, "number": getattr(made, "number", None),
        "state": getattr(made, "state", None), "issue": getattr(made, "issue", "") or None,
    }  # fmt: skip


def perform(
    request: Request, act: Callable[..., Any], if_match: str | None, key: str | None,
    **given: Any,
) -> JSONResponse:  # fmt: skip
    """Take one step, once, against the version that was seen."""
    with writing(request) as call, matching(if_match) as version:

        def produce() -> Answer:
            made = act(call.s, actor=call.person, now=call.now, expected_version=version, **given)
            return Answer(200, done(made), etag(made.version))

        return once(call, key, given, produce)
