"""Every action as a form: `/issues/NUMBER/do/NAME`, `/tasks/NUMBER/do/NAME`.

The form is shown with sensible defaults, what was typed is kept on any refusal, each refusal
stands beside its field, and who comes too late sees what changed meanwhile.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from config.i18n import gettext as _
from models.queries.issues import find_issue
from web.actions import CATALOGUE
from web.actions.base import Doing, typed
from web.actions.evidence import ATTACH
from web.call import Call, reading, writing
from web.candidates import FIND, SEARCH
from web.deeds import Deed, deed_of
from web.forms import check_csrf, form_of, kept, posted_with_files, text, texts
from web.late import LateRoute
from web.pages.act_form import Refused, offer_of, show, show_refused
from web.templating import url
from web.uploads import proofs_of
from workflow.case_file import case_file
from workflow.commands.base import Outcome
from workflow.conflicts import refuse_outdated
from workflow.errors import GuardFailed, Malformed, Reason, WorkflowError
from workflow.evidence_safety import keeps_gps
from workflow.offers import Offer

router = APIRouter(route_class=LateRoute)


async def _of_issue(request: Request, name: str) -> AsyncIterator[FormData]:
    async with form_of(request, with_files=_with_files("issue", name)) as form:
        yield form


async def _of_task(request: Request, name: str) -> AsyncIterator[FormData]:
    async with form_of(request, with_files=_with_files("task", name)) as form:
        yield form


def _with_files(subject: str, name: str) -> bool:
    """Files are taken only by acts that have something to do with them."""
    action = CATALOGUE.get((subject, name))
    return action is not None and any(one.kind == "evidence" for one in action.fields)


@router.get("/issues/{number}/do/{name}")
def issue_form(request: Request, number: str, name: str) -> HTMLResponse:
    """The form of an action on an issue."""
    return _form(request, deed_of("issue", number, name, None))


@router.post("/issues/{number}/do/{name}")
def issue_act(
    request: Request, number: str, name: str, sent: FormData = Depends(_of_issue)
) -> Response:
    """Do it to the issue, or show the form again with what was refused."""
    return _act(request, deed_of("issue", number, name, None), sent)


@router.get("/tasks/{number}/do/{name}")
def task_form(
    request: Request, number: str, name: str, prepared: int | None = None
) -> HTMLResponse:
    """The form of an action on a task, or on a step prepared for it."""
    return _form(request, deed_of("task", number, name, prepared))


@router.post("/tasks/{number}/do/{name}")
def task_act(
    request: Request,
    number: str,
    name: str,
    prepared: int | None = None,
    sent: FormData = Depends(_of_task),
) -> Response:
    """Do it to the task, or show the form again with what was refused."""
    return _act(request, deed_of("task", number, name, prepared), sent)


@router.get("/tasks/{number}/evidence")
def evidence_form(request: Request, number: str) -> HTMLResponse:
    """The form that attaches evidence to a task."""
    return _form(request, Deed(ATTACH, number))


@router.post("/tasks/{number}/evidence")
def attach_evidence(
    request: Request, number: str, sent: FormData = Depends(posted_with_files)
) -> Response:
    """Attach every piece of the form in one transaction."""
    return _act(request, Deed(ATTACH, number), sent)


def _form(request: Request, deed: Deed) -> HTMLResponse:
    with reading(request) as call:
        offer_of(call, deed)
        make, values = deed.action.defaults, {}
        if make is not None:
            doing = Doing(call.s, call.person, call.now, deed.number, prepared_id=deed.prepared_id)
            values = make(doing, case_file(call.s, call.person, deed.number, call.now))
        return show(call, deed, values | _chosen(request, deed))


def _chosen(request: Request, deed: Deed) -> dict[str, Any]:
    """A link may say which of the open requests it is about, and what is searched for; nothing
    else is filled in by one."""
    kind = request.query_params.get("kind", "")
    found = {"kind": kind} if kind and deed.action.rule == "withdraw_request" else {}
    names = [one.name + FIND for one in deed.action.fields if one.kind == "issue"]
    return found | {name: request.query_params.get(name, "") for name in names}


def _searches(deed: Deed, sent: FormData) -> bool:
    """Whether only the search beside a field was asked for; what was typed is kept."""
    return any(text(sent, one.name + SEARCH) for one in deed.action.fields if one.kind == "issue")


def _searched(request: Request, deed: Deed, sent: FormData) -> Response:
    with reading(request) as call:
        check_csrf(call, sent)
        return show(call, deed, kept(sent), seen=_version_or_none(sent))


def _act(request: Request, deed: Deed, sent: FormData) -> Response:
    if _searches(deed, sent):
        return _searched(request, deed, sent)
    try:
        outcome = _done(request, deed, sent)
    except WorkflowError as error:
        if error.status in (403, 404):
            raise
        with reading(request) as call:
            return show_refused(call, deed, Refused(error, sent, _version_or_none(sent)))
    with reading(request) as call:
        number = outcome.issue_number
        seen = find_issue(call.s, call.person, number) is not None
    path = f"/issues/{number}" if seen else "/issues"
    return RedirectResponse(url(path, done=deed.action.name), status_code=303)


def _done(request: Request, deed: Deed, sent: FormData) -> Outcome:
    with reading(request) as call:
        check_csrf(call, sent)
        offer = offer_of(call, deed)
        keep_gps = deed.takes_files and keeps_gps(call.s, deed.number)
        if deed.takes_files:
            _refuse_early(call, deed, sent, offer)
    proofs = proofs_of(sent, keep_gps=keep_gps) if deed.takes_files else ()
    with writing(request) as call:
        return _perform(call, deed, sent, proofs)


def _refuse_early(call: Call, deed: Deed, sent: FormData, offer: Offer) -> None:
    """No file is stored for what would be refused anyway."""
    if offer.reasons:
        raise GuardFailed(*offer.reasons)
    refuse_outdated(call.s, deed.action.subject, deed.number, _version(sent))
    _values(call, deed, sent)


def _values(call: Call, deed: Deed, sent: FormData) -> dict[str, Any]:
    fields = [one for one in deed.action.fields if one.kind != "evidence"]
    raw = {
        one.name: texts(sent, one.name) if one.kind in ("units", "tasks") else text(sent, one.name)
        for one in fields
    }
    return typed(fields, raw, call.s)


def _perform(call: Call, deed: Deed, sent: FormData, proofs: tuple[Any, ...]) -> Outcome:
    values = _values(call, deed, sent)
    if deed.takes_files:
        values["evidence"] = proofs
    seen = _version(sent)
    doing = Doing(call.s, call.person, call.now, deed.number, seen, prepared_id=deed.prepared_id)
    return deed.action.perform(doing, values)


def _version(sent: FormData) -> int:
    """The version that the form was made from. Without it nobody could tell what was seen."""
    given = text(sent, "version")
    if not (given.isascii() and given.isdigit() and len(given) < 10):
        raise Malformed(
            Reason(
                "version_malformed",
                _("The form does not say which version it was made from."),
                "version",
                _("Load the page again and repeat your entry."),
            )
        )
    return int(given)


def _version_or_none(sent: FormData) -> int | None:
    try:
        return _version(sent)
    except Malformed:
        return None
