"""Saved views: a person's named filters of the ledger."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import delete, select
from starlette.datastructures import FormData

from config.i18n import gettext as _
from models import tables
from models.statements import upsert
from web.call import Call, writing
from web.forms import check_csrf, posted, text
from web.late import LateRoute
from web.ledger_query import NAMES
from web.navigation import refuse_administrators
from web.templating import url
from workflow.commands.base import clean
from workflow.errors import GuardFailed, Reason

router = APIRouter(route_class=LateRoute)
MOST_VIEWS = 30
MOST_QUERY = 1000
_VIEW = tables.saved_view.c


def views_of(call: Call) -> list[dict[str, Any]]:
    """The person's own views, by name."""
    chosen = select(_VIEW.id, _VIEW.name, _VIEW.query).where(_VIEW.person_id == call.person.id)
    return [
        {"id": row.id, "name": row.name, "path": f"/issues?{row.query}"}
        for row in call.s.execute(chosen.order_by(_VIEW.name))
    ]


@router.post("/issues/views")
def save(request: Request, sent: FormData = Depends(posted)) -> Response:
    """Keep the present filter under a name; the same name replaces."""
    with writing(request) as call:
        check_csrf(call, sent)
        refuse_administrators(call)
        name = clean("name", text(sent, "name"), most=60, needed=True)
        query = _own(text(sent, "query"))
        views = views_of(call)
        if len(views) >= MOST_VIEWS and name not in {view["name"] for view in views}:
            raise GuardFailed(
                Reason(
                    "views_used",
                    _("At most {n} views can be saved.").format(n=MOST_VIEWS),
                    "name",
                    _("Delete one first."),
                )
            )
        key = {"person_id": call.person.id, "name": name}
        upsert(call.s, tables.saved_view, key, query=query, created_at=call.now)
    return RedirectResponse(f"/issues?{query}", status_code=303)


@router.post("/issues/views/{view_id}/delete")
def drop(
    request: Request,
    view_id: Annotated[int, Path(ge=1, lt=2**31)],
    sent: FormData = Depends(posted),
) -> Response:
    """Forget a view; somebody else's is never touched."""
    with writing(request) as call:
        check_csrf(call, sent)
        mine = (_VIEW.id == view_id) & (_VIEW.person_id == call.person.id)
        call.s.execute(delete(tables.saved_view).where(mine))
    return RedirectResponse("/issues", status_code=303)


def _own(query: str) -> str:
    """Only what the ledger knows, so that a view never leads anywhere else.

    One that is too long is refused: cut off it would mean something else.
    """
    found = ""
    if len(query) <= 4 * MOST_QUERY:  # what the ledger does not know may fall away
        known = {k: v for k, v in parse_qs(query).items() if k in (*NAMES, "sort")}
        found = url("", **known).lstrip("?")
    if len(query) > 4 * MOST_QUERY or len(found) > MOST_QUERY:
        raise GuardFailed(
            Reason(
                "view_too_long",
                _("The filter is too long to be saved."),
                "query",
                _("Narrow it by fewer values, or by shorter ones."),
            )
        )
    return found
