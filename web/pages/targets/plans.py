"""/targets: the plans by year, and a new one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from projects.access import OFFICE
from projects.figures.amounts import number
from projects.targets import commands as targets
from projects.targets.checks import Head
from web.call import Call, reading, writing
from web.forms import check_csrf, posted, text
from web.late import LateRoute
from web.navigation import refuse_administrators
from web.pages.targets.form import of_office, whole_number
from web.templating import page
from workflow.errors import Reason, WorkflowError

router = APIRouter(route_class=LateRoute)
Year = Annotated[int | None, Query(ge=1900, le=2200)]


@router.get("/targets")
def plans(request: Request, year: Year = None) -> HTMLResponse:
    """Every plan, newest year first."""
    with reading(request) as call:
        refuse_administrators(call)
        found = targets.plans(call.s)
        years = sorted({row.year for row in found}, reverse=True)
        rows = [row for row in found if year in (None, row.year)]
        return page(
            call, "targets/plans.html", plans=rows, years=years, year=year,
            keeps=call.has(*OFFICE),
        )  # fmt: skip


@router.get("/targets/new")
def new(request: Request) -> HTMLResponse:
    """The form of a new plan."""
    with reading(request) as call:
        of_office(call)
        return _form(call, {})


@router.post("/targets/new")
def create(request: Request, sent: FormData = Depends(posted)) -> Response:
    """Make it, empty or as a copy."""
    try:
        with writing(request) as call:
            check_csrf(call, sent)
            of_office(call)
            copy_of = whole_number(sent, "copy_of") if text(sent, "copy_of") else None
            key = targets.create_plan(
                call.s, head=head_of(sent), actor=call.person, now=call.now, copy_of=copy_of
            )
        return RedirectResponse(f"/targets/{key}/edit", status_code=303)
    except WorkflowError as error:
        if error.status in (403, 404):
            raise
        with reading(request) as call:
            given = {name: text(sent, name) for name in sent}
            return _form(call, given, error.reasons, error.status)


def head_of(sent: FormData) -> Head:
    """A plan's head as a form states it. Raises `Malformed`."""
    points = {n: number(text(sent, n), n) for n in ("ahead_points", "behind_points", "far_points")}
    return Head(
        text(sent, "name").strip(), whole_number(sent, "year"), text(sent, "whole").strip(),
        source=text(sent, "source").strip(), note=text(sent, "note").strip(),
        **{name: value for name, value in points.items() if value is not None},
    )  # fmt: skip


def _form(
    call: Call, given: dict[str, str], errors: tuple[Reason, ...] = (), status: int = 200
) -> HTMLResponse:
    return page(
        call, "targets/new.html", status, given=given, errors=errors, plans=targets.plans(call.s)
    )
