"""/meetings/decisions: what meetings decided and is not carried out yet, of all meetings."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from projects.meetings.followup import open_decisions
from web.call import Call, reading
from web.late import LateRoute
from web.navigation import refuse_administrators
from web.pages.meetings import kit
from web.templating import page, url
from workflow.wording import unit_label

router = APIRouter(route_class=LateRoute)
PATH = "/meetings/decisions"
PAGE = 50


@router.get(PATH)
def listing(
    request: Request, unit: Annotated[str, Query(max_length=60)] = "", late: bool = False,
    n: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> HTMLResponse:  # fmt: skip
    """Nearest date first; by responsible unit, and the overdue ones alone."""
    with reading(request) as call:
        refuse_administrators(call)
        known = call.directory.by_code.get(unit)
        found = open_decisions(call.s, call.person, call.now, unit_id=known.id if known else None)
        overdue = [one for one in found if one.status == "overdue"]
        chosen = overdue if late else found
        shown = chosen[(n - 1) * PAGE : n * PAGE]
        query = {"unit": unit, "late": "1" if late else ""}
        return page(
            call, "meetings/decisions.html", query=query, total=len(chosen),
            rows=[kit.decision_row(call, one) for one in shown], units=_units(call),
            numbers=[(len(found), url(PATH, unit=unit), False),
                     (len(overdue), url(PATH, unit=unit, late="1"), True)],
            may={"office": call.has("triage_officer", "office_chief")},
            more=url(PATH, **query, n=n + 1) if n * PAGE < len(chosen) else "",
            first=url(PATH, **query) if n > 1 else "",
        )  # fmt: skip


def _units(call: Call) -> list[tuple[str, str]]:
    found = sorted((u for u in call.directory.units.values() if u.active), key=lambda u: u.id)
    return [(u.code, unit_label(u)) for u in found]
