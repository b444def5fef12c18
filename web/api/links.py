"""Addresses of further pages."""

from __future__ import annotations

from fastapi import Request

from config.i18n import gettext as _
from web.api.params import INTEGER
from workflow.errors import Malformed, Reason


def onward(request: Request, cursor: str | None, *, name: str = "cursor") -> str | None:
    """The same address with another cursor, as a path; None where there is no further page."""
    if cursor is None:
        return None
    url = request.url.include_query_params(**{name: cursor})
    return f"{url.path}?{url.query}"


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
