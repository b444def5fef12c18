"""Addresses of further pages."""

from __future__ import annotations

from datetime import date
from urllib.parse import parse_qsl, urlencode

from fastapi import Request

from config.i18n import gettext as _
from web.api.params import INTEGER
from workflow.errors import Malformed, Reason


def onward(request: Request, cursor: str | None, *, name: str = "cursor") -> str | None:
    """The same address with another cursor, as a path; None where there is no further page."""
    if cursor is None:
        return None
    asked = parse_qsl(request.url.query, keep_blank_values=True)
    kept = [(key, value) for key, value in asked if key != name]
    return f"{request.url.path}?{urlencode([*kept, (name, cursor)])}"


def cursor_refused() -> Malformed:
    """A cursor that is none of ours, or of another order."""
    return Malformed(
        Reason(
            "cursor_malformed",
            _("This is no cursor of this list."),
            "cursor",
            _("Follow the address in next, or begin without a cursor."),
        )
    )


def numbered(cursor: str | None) -> int | None:
    """A cursor that is a number; None where there is none. Raises `Malformed`."""
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdecimal() and 0 < int(cursor[:20]) <= INTEGER):
        raise cursor_refused()
    return int(cursor)


def dated_cursor(day: date, key: int) -> str:
    """The place of a row in an order by a date, then by id."""
    return f"{day.isoformat()}.{key}"


def dated(cursor: str | None) -> tuple[date, int] | None:
    """The place that `dated_cursor` has written; None where there is none. Raises `Malformed`."""
    if cursor is None:
        return None
    day, _dot, key = cursor.partition(".")
    try:
        found = date.fromisoformat(day)
    except ValueError:
        raise cursor_refused() from None
    if not (key.isascii() and key.isdecimal() and int(key[:20]) <= INTEGER):
        raise cursor_refused()
    return found, int(key)
