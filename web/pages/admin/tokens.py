"""Everybody's API tokens, for the security administrator."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from starlette.datastructures import FormData

from web.call import Call, reading
from web.forms import posted, text
from web.late import LateRoute
from web.pages.admin.access import require
from web.pages.admin.forms import FRESH, Typed, number, perform
from web.templating import page, url
from workflow.accounts import tokens
from workflow.accounts.token_list import every

router = APIRouter(route_class=LateRoute)
PATH = "/admin/tokens"


@router.get(PATH)
def show(request: Request) -> HTMLResponse:
    """The list, newest first."""
    with reading(request) as call:
        require(call, "tokens")
        return listing(call)


def listing(call: Call, typed: Typed = FRESH) -> HTMLResponse:
    """A page of the list."""
    asked = call.request.query_params
    before = number(asked.get("before", ""))
    rows, further = every(call.s, actor=call.person, before=before)
    return page(
        call,
        "admin/tokens.html",
        typed.status,
        rows=rows,
        people=call.directory.people,
        next=url(PATH, before=further) if further is not None else "",
        first=PATH if before is not None else "",
        reasons=typed.general("revoke", []),
        done=asked.get("done", ""),
    )


@router.post(PATH)
def revoke(request: Request, sent: FormData = Depends(posted)) -> Response:
    """End a token."""

    def act(call: Call) -> None:
        chosen = number(text(sent, "token")) or 0
        tokens.revoke(call.s, token_id=chosen, actor=call.person, now=call.now)

    return perform(request, sent, "tokens", "revoke", act, listing, PATH, "token_revoked")
