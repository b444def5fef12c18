"""Requests for coordination, sent from an issue's page."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from projects.coordination.requests import ask, decline
from web.call import reading, writing
from web.forms import check_csrf, posted, text
from web.late import LateRoute
from web.pages.issue import issue_page
from web.pages.meetings.kit import version_of
from workflow.errors import WorkflowError

router = APIRouter(route_class=LateRoute)
Key = Annotated[int, Path(ge=1, lt=2**31)]


@router.post("/issues/{number}/coordination")
def send(request: Request, number: str, sent: FormData = Depends(posted)) -> Response:
    """Ask; what is refused stands beside the form."""
    cause, reason = text(sent, "cause"), text(sent, "reason")
    try:
        with writing(request) as call:
            check_csrf(call, sent)
            ask(
                call.s, actor=call.person, issue=number, cause=cause, reason=reason,
                now=call.now, expected_version=version_of(sent),
            )  # fmt: skip
    except WorkflowError as error:
        if error.status in (403, 404):
            raise
        asking: dict[str, object] = {"cause": cause, "reason": reason}
        return _again(request, number, asking | {"reasons": list(error.reasons)}, error.status)
    return RedirectResponse(f"/issues/{number}#coordination", status_code=303)


def _again(request: Request, number: str, asking: dict[str, object], status: int) -> HTMLResponse:
    with reading(request) as call:
        return issue_page(call, number, asking=asking, status=status)


@router.post("/issues/{number}/coordination/{key:int}/decline")
def answer(request: Request, number: str, key: Key, sent: FormData = Depends(posted)) -> Response:
    """The office answers without the meeting."""
    with writing(request) as call:
        check_csrf(call, sent)
        decline(
            call.s, actor=call.person, request=key, opinion=text(sent, "opinion"), now=call.now,
            expected_version=version_of(sent),
        )  # fmt: skip
    return RedirectResponse(f"/issues/{number}#coordination", status_code=303)
