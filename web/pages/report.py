"""上报: few fields, a draft or a report at once, and never the same issue twice by accident."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.exc import IntegrityError
from starlette.datastructures import FormData

from config.i18n import gettext as _
from web.actions.base import typed
from web.actions.discovery import REPORT_FIELDS, report_form
from web.call import Call, reading, writing
from web.forms import check_csrf, kept, posted, text
from web.late import LateRoute
from web.once import KEY, earlier, remember
from web.repeated import ANYWAY, Repeated, refuse_repeated
from web.similar import similar
from web.templating import page, url
from web.widgets import widgets
from workflow.commands.discovery import report
from workflow.errors import NotAllowed, Reason, WorkflowError
from workflow.offers import why_not_report

router = APIRouter(route_class=LateRoute)
Data = dict[str, Any]


@router.get("/report")
def form(request: Request, project: str = "", category: str = "") -> HTMLResponse:
    """A report of today, with the reporter's own town or street chosen; a project's page hands
    its project, and a category that is usual in its stage, over in the address."""
    with reading(request) as call:
        _may(call)
        today = call.ctx.calendar().local_date(call.now).isoformat()
        values = {"board": _own_board(call), "found_on": today}
        values |= {"project": project[:200], "category": category[:60]}
        return _show(call, values, secrets.token_urlsafe(16))


@router.get("/report/similar")
def alike(request: Request, project: str = "", category: str = "") -> HTMLResponse:
    """Open issues like the one being written, as a part of the form."""
    with reading(request) as call:
        _may(call)
        return page(call, "report_similar.html", similar=similar(call, project, category))


@router.post("/report")
def send(request: Request, sent: FormData = Depends(posted)) -> Response:
    """File the issue or keep a draft; the same form sent again leads to the same issue."""
    try:
        number, draft = _file_once(request, sent)
    except WorkflowError as error:
        if error.status in (403, 404):
            raise
        with reading(request) as call:
            _may(call)
            return _show(call, kept(sent), _token(sent), error)
    except Repeated as known:
        with reading(request) as call:
            return _show(call, kept(sent), _token(sent), repeated=known.number)
    return RedirectResponse(
        url(f"/issues/{number}", done="draft" if draft else "reported"), status_code=303
    )


def _file_once(request: Request, sent: FormData) -> tuple[str, bool]:
    draft = text(sent, "keep") == "draft"
    try:
        with writing(request) as call:
            check_csrf(call, sent)
            _may(call)
            token = _token(sent)
            known = earlier(call, token)
            if known:
                return known, draft
            outcome = _file(call, sent, draft)
            remember(call, token, outcome)
            return outcome, draft
    except IntegrityError:  # the same form, sent twice at the same moment: the other one was first
        with reading(request) as call:
            known = earlier(call, _token(sent))
        if not known:
            raise
        return known, draft


def _file(call: Call, sent: FormData, draft: bool) -> str:
    values = typed(REPORT_FIELDS, {one.name: text(sent, one.name) for one in REPORT_FIELDS}, call.s)
    if not text(sent, ANYWAY):
        refuse_repeated(call, values["title"] or "", values["category"] or "")
    outcome = report(call.s, actor=call.person, form=report_form(values), now=call.now, draft=draft)
    return outcome.issue_number


def _token(sent: FormData) -> str:
    given = text(sent, KEY)
    if not (8 <= len(given) <= 64 and given.isascii() and given.isprintable()):
        return secrets.token_urlsafe(16)
    return given


def _may(call: Call) -> None:
    reasons = why_not_report(call.s, call.person)
    if reasons:
        raise NotAllowed(*reasons)


def _own_board(call: Call) -> str:
    unit = call.directory.units[call.person.unit_id]
    return unit.code if unit.is_board else ""


def _no_category() -> Reason:
    """Better than that the category without a name is unknown."""
    return Reason(
        "category_missing",
        _("{field} is missing.").format(field=_("Category")),
        "category",
        _("Fill in this field."),
    )


def _show(
    call: Call,
    values: Data,
    once: str,
    error: WorkflowError | None = None,
    repeated: str = "",
) -> HTMLResponse:
    beside: dict[str, list[Reason]] = {}
    general: list[Reason] = []
    for reason in error.reasons if error is not None else ():
        own = next((f.name for f in REPORT_FIELDS if reason.field in (f.name, *f.reasons)), "")
        if own == "category" and not values.get(own):
            reason = _no_category()
        (beside.setdefault(own, []) if own else general).append(replace(reason, field=own))
    return page(
        call,
        "report.html",
        error.status if error is not None else 409 if repeated else 200,
        once=once,
        repeated=repeated,
        anyway=bool(values.get(ANYWAY)),
        general=general,
        widgets=widgets(call, REPORT_FIELDS, values, beside),
        similar=similar(call, str(values.get("project", "")), str(values.get("category", ""))),
    )
