"""/figures/months: frozen months with their editions, and how complete the open one is."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from config.i18n import gettext as _
from projects import months, snapshots
from projects.access import CHIEF, require
from projects.figures import dates, reminders
from web.call import Call, reading, writing
from web.forms import check_csrf, posted, text
from web.late import LateRoute
from web.navigation import refuse_administrators
from web.templating import page
from workflow.errors import Reason, WorkflowError

router = APIRouter(route_class=LateRoute)


@router.get("/figures/months")
def frozen_months(request: Request) -> HTMLResponse:
    """Frozen months with their editions, and how complete the open one is."""
    with reading(request) as call:
        refuse_administrators(call)
        return _months(call)


@router.post("/figures/months/freeze")
def freeze(request: Request, sent: FormData = Depends(posted)) -> Response:
    """Freeze a month, again with a reason."""
    try:
        with writing(request) as call:
            check_csrf(call, sent)
            refuse_administrators(call)
            require(call.person, CHIEF, _("Only the office chief freezes a month."))
            month = text(sent, "month")
            snapshots.freeze(call.s, month, call.person, call.now, text(sent, "reason"))
        return RedirectResponse("/figures/months", status_code=303)
    except WorkflowError as error:
        if error.status in (403, 404):
            raise
        with reading(request) as call:
            return _months(call, error.reasons, error.status, text(sent, "month"))


def _months(
    call: Call, errors: tuple[Reason, ...] = (), status: int = 200, month: str = ""
) -> HTMLResponse:
    last = months.reported_now(call.s, call.now)
    editions = snapshots.editions(call.s)
    return page(
        call, "figures/months.html", status, errors=errors, month=month or last, last=last,
        editions=editions, freezes=call.has(*CHIEF),
        people={e.by_id: call.directory.person_name(e.by_id) for e in editions},
        expected=len(reminders.expected(call.s, last)),
        missing=[r for r in reminders.missing(call.s, last) if _may_know(call, r)],
        frozen=any(e.month == last for e in editions), due=dates.due_on(call.s, last),
        by_clock=dates.freeze_on(call.s, last),
    )  # fmt: skip


def _may_know(call: Call, row: Any) -> bool:
    """Whether a project is named to the person here: the whole office's list, or their own."""
    return call.person.sees_all or row.board_id == call.person.unit_id
