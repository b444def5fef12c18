"""/inspections: what is planned, under way and done."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from projects.inspections.listing import listed
from web.call import Call, reading
from web.late import LateRoute
from web.navigation import refuse_administrators
from web.pages.inspections.kit import PAGE, Before, choices, inspects, older, tabs
from web.templating import page
from workflow.wording import word

router = APIRouter(route_class=LateRoute)


@router.get("/inspections")
def index(request: Request, kind: str = "", state: str = "", before: Before = None) -> HTMLResponse:
    """Newest first, narrowed by kind and state."""
    with reading(request) as call:
        refuse_administrators(call)
        kinds, states = choices("inspection_kind"), choices("inspection_state")
        kind = kind if kind in dict(kinds) else ""
        state = state if state in dict(states) else ""
        rows = listed(call.s, call.person, kind=kind, state=state, before_id=before, limit=PAGE + 1)
        shown, more = older("/inspections", rows, kind=kind, state=state)
        return page(
            call, "inspections/list.html", tabs=tabs(call), kinds=kinds, states=states,
            kind=kind, state=state, rows=[_row(call, row) for row in shown], next_path=more,
            may_plan=inspects(call), counts=call.person.sees_all,
        )  # fmt: skip


def _row(call: Call, row: Any) -> dict[str, Any]:
    return {
        "id": row.id, "number": row.number, "title": row.title, "state": row.state,
        "kind": word("inspection_kind", row.kind),
        "state_name": word("inspection_state", row.state),
        "starts_on": row.starts_on, "ends_on": row.ends_on,
        "leader": row.leader or call.directory.person_name(row.leader_id),
        "sites": row.sites, "visited": row.visited, "findings": row.findings,
        "issues": row.issues,
    }  # fmt: skip
