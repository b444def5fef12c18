"""通知中心: one's own notices."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from config.i18n import current_language
from config.i18n import gettext as _
from notifications import inbox as notices
from notifications.published import in_force
from notifications.render import RenderError, render_notice
from web.call import Call, database, reading, writing
from web.forms import check_csrf, posted, text, texts
from web.late import LateRoute
from web.templating import page, url
from workflow import deliveries
from workflow.broken_templates import tell_office
from workflow.errors import Malformed, Reason
from workflow.wording import kind_name

router = APIRouter(route_class=LateRoute)
PAGE = 30
Data = dict[str, Any]


@router.get("/notices")
def inbox(
    request: Request, before: Annotated[int | None, Query(ge=1, le=2**62)] = None
) -> HTMLResponse:
    """One's own notices, newest first."""
    with reading(request) as call:
        items = notices.inbox(call.s, call.person.id, PAGE + 1, before)
        shown, more = items[:PAGE], len(items) > PAGE
        answer = page(
            call,
            "notices.html",
            items=[_item(call, item) for item in shown],
            unread=notices.unread(call.s, call.person.id),
            next_path=url("/notices", before=shown[-1].id) if more else "",
            office=deliveries.sees(call.person),
        )
    tell_office(database(request), call.now, hurry=True)
    return answer


def _item(call: Call, item: notices.InboxItem) -> Data:
    try:
        told = render_notice(item.kind, current_language(), item.facts, in_force(call.s))
        subject, body = told.subject, told.text
    except RenderError:  # the facts of an older version: what it was about is still said
        subject, body = kind_name(item.kind), ""
    number = str(item.facts.get("issue_number") or "")
    return {
        "id": item.id,
        "kind": kind_name(item.kind),
        "subject": subject,
        "text": body,
        "urgent": item.urgent,
        "read": item.read_at is not None,
        "at": item.created_at,
        "path": f"/issues/{number}" if number else "",
    }


@router.post("/notices/read")
def mark_read(request: Request, sent: FormData = Depends(posted)) -> Response:
    """Mark one's own notices as read, or open one's issue; others' are never touched."""
    with writing(request) as call:
        check_csrf(call, sent)
        chosen = numbers_of(texts(sent, "id"))
        notices.mark_read(call.s, call.person.id, chosen, call.now)
        path = _opened(call, chosen) if text(sent, "open") else ""
    return RedirectResponse(path or "/notices", status_code=303)


def _opened(call: Call, chosen: list[int]) -> str:
    """The page of the issue that one's own notice tells of."""
    if len(chosen) != 1:
        return ""
    own = notices.inbox(call.s, call.person.id, 1, chosen[0] + 1)
    number = str(own[0].facts.get("issue_number") or "") if own else ""
    return f"/issues/{quote(number, safe='')}" if number and own[0].id == chosen[0] else ""


def numbers_of(given: list[str]) -> list[int]:
    """Ids out of a form, at most a thousand. Raises `Malformed`."""
    if not all(v.isascii() and v.isdigit() and len(v) < 19 for v in given):
        raise Malformed(Reason("id_malformed", _("This is no number of a notice."), "id"))
    return [int(v) for v in given[:1000]]
