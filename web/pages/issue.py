"""One issue: phase, tasks, deadlines, history, and what may be done now."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from web.call import reading
from web.templating import page
from workflow.case_file import case_file

router = APIRouter()


@router.get("/issues/{number}")
def show(request: Request, number: str) -> HTMLResponse:
    """The page of an issue, by its own number or by a task's."""
    with reading(request) as call:
        case = case_file(call.s, call.person, number, call.now)
        return page(call, "issue.html", case=case)
