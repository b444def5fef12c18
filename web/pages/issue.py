"""One issue: phase, tasks, deadlines, history, and what may be done now."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from models.queries.issues import find_issue, tasks_of
from web.call import Call, reading
from web.issue_coordination import coordination_of
from web.issue_demands import demands_of
from web.issue_documents import documents_of
from web.issue_view import PAGE, done_text, view_of
from web.late import LateRoute
from web.templating import is_partial, page
from workflow.case import not_visible
from workflow.case_file import case_file
from workflow.timeline import timeline
from workflow.waiting_words import told_when

router = APIRouter(route_class=LateRoute)


@router.get("/issues/{number}")
def show(request: Request, number: str, done: str = "", whole: str = "") -> Response:
    """The page of an issue; a task's number leads to its place there. `whole` is for paper: the
    history in full, everything unfolded."""
    with reading(request) as call:
        case = case_file(call.s, call.person, number, call.now)
        if case["number"] != number:
            return RedirectResponse(f"/issues/{case['number']}#task-{number}", status_code=303)
        return issue_page(call, number, whole=bool(whole), done=done, case=case)


def issue_page(
    call: Call,
    number: str,
    *,
    whole: bool = False,
    done: str = "",
    case: dict[str, Any] | None = None,
    asking: dict[str, object] | None = None,
    status: int = 200,
) -> HTMLResponse:
    """The page; `asking`: a request for coordination that was refused."""
    case = case or case_file(call.s, call.person, number, call.now)
    return page(
        call,
        "issue.html",
        status,
        case=case,
        view=view_of(call, case, whole=whole),
        whole=whole,
        documents=documents_of(call, case),
        coordination=coordination_of(call, case),
        demands=demands_of(call, case),
        asking=asking,
        done=done_text(done),
        told=_told(call, case["number"]) if done == "urge" else "",
    )


def _told(call: Call, number: str) -> str:
    return told_when(call.s, call.person, number, "urge", call.now, call.zone)


@router.get("/issues/{number}/history")
def history(
    request: Request, number: str, before: Annotated[int, Query(ge=1, lt=2**31)] = 2**31 - 1
) -> HTMLResponse:
    """Entries older than `before`, newest first: a page, or the part that htmx puts in place."""
    with reading(request) as call:
        issue = find_issue(call.s, call.person, number)
        if issue is None:
            raise not_visible(number)
        tasks = tasks_of(call.s, [issue.id]).get(issue.id, [])
        # entries of a stream are numbered without gaps
        last = min(before - 1, issue.chain_seq)
        after = max(0, last - PAGE)
        found = timeline(call.s, call.ctx, issue, tasks, after_seq=after, limit=last - after)
        return page(
            call,
            "issue/history_only.html" if is_partial(request) else "issue/history.html",
            case=issue,
            entries=found[::-1],
            older=after + 1 if after else None,
        )
