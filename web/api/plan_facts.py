"""What the answers about plans share: lights, codes of units, pages of rows."""

from __future__ import annotations

from typing import Any

from fastapi import Request

from projects.history import plain as jsonable
from web.api.links import onward
from web.call import Call

Data = dict[str, Any]


def light_of(row: Any) -> Data:
    """A row's light with its reason and the facts behind it."""
    return {"light": row.light, "reason": row.light_reason, "facts": row.light_facts}


def code_of(call: Call, unit_id: int | None) -> str | None:
    """A unit's code; None for none."""
    unit = call.directory.units.get(unit_id or 0)
    return unit.code if unit is not None else None


def paged(request: Request, items: list[Data], last: int | None) -> Data:
    """A page of items; `last` is the id of its last row where there is a further page."""
    cursor = None if last is None else str(last)
    return {"items": jsonable(items), "next": onward(request, cursor), "next_cursor": cursor}
