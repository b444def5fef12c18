"""Preparing a document, from an issue's page or, for what is about no issue, from the list."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from config.documents import document_rules
from config.i18n import current_language
from config.i18n import gettext as _
from models.queries.issues import find_issue, tasks_of
from notifications.documents.kinds import KINDS, Kind
from web.call import Call, reading, writing
from web.faults import forbidden
from web.forms import check_csrf, posted, text, texts
from web.templating import page, url
from web.widgets import Widget, unit_label
from workflow.case import not_visible
from workflow.documents import commands
from workflow.documents.addressing import AddresseeRefused, Offer
from workflow.documents.asking import Draft
from workflow.documents.rights import kinds_for
from workflow.errors import WorkflowError

router = APIRouter()
Data = dict[str, Any]


@router.get("/documents/new")
def free_form(request: Request, kind: str = "") -> HTMLResponse:
    """A document that is about no single issue."""
    with reading(request) as call:
        return _form(call, "", kind, {})


@router.get("/issues/{number}/documents/new")
def issue_form(request: Request, number: str, kind: str = "") -> HTMLResponse:
    """Choose a kind, then fill in what only a person can say."""
    with reading(request) as call:
        return _form(call, number, kind, {})


@router.post("/documents/new")
def free_send(request: Request, sent: FormData = Depends(posted)) -> Response:
    """Prepare it."""
    return _send(request, "", sent)


@router.post("/issues/{number}/documents/new")
def issue_send(request: Request, number: str, sent: FormData = Depends(posted)) -> Response:
    """Prepare it."""
    return _send(request, number, sent)


def _send(request: Request, number: str, sent: FormData) -> Response:
    draft = _draft(number, sent)
    try:
        with writing(request) as call:
            check_csrf(call, sent)
            made = commands.prepare(call.s, actor=call.person, draft=draft, now=call.now)
    except WorkflowError as error:
        if error.status in (403, 404):
            raise
        with reading(request) as call:
            return _form(call, number, draft.kind, _kept(draft, sent), error)
    done = "long" if made.warnings else "prepare"
    return RedirectResponse(url(f"/documents/{made.id}", done=done), status_code=303)


def _draft(number: str, sent: FormData) -> Draft:
    """What was sent; a button may choose another kind or issuer than the form (see offers)."""
    what, _colon, value = text(sent, "instead").partition(":")
    kind = value if what == "kind" else text(sent, "kind")
    fields = KINDS[kind].fields if kind in KINDS else ()
    tasks = [*texts(sent, "task"), *text(sent, "more").replace(",", " ").replace("、", " ").split()]
    about = KINDS[kind].about if kind in KINDS else "issue"
    return Draft(
        kind,
        issues=[number] if number and about in ("issue", "issues") else [],
        tasks=tasks if about in ("task", "tasks") else [],
        given={one.name: text(sent, f"given_{one.name}") for one in fields},
        to=texts(sent, "to"),
        copies=texts(sent, "copies"),
        issuer=value if what == "issuer" else text(sent, "issuer"),
    )


def _kept(draft: Draft, sent: FormData) -> Data:
    kept: Data = {f"given_{name}": value for name, value in draft.given.items()}
    return kept | {
        "task": texts(sent, "task"),
        "more": text(sent, "more"),
        "to": list(draft.to),
        "copies": list(draft.copies),
        "issuer": draft.issuer,
    }


def _form(
    call: Call, number: str, name: str, values: Data, error: WorkflowError | None = None
) -> HTMLResponse:
    issue, tasks = _subject(call, number)
    kinds = [k for k in kinds_for(call.person) if (k.about == "none") != bool(number)]
    if not kinds:
        raise forbidden(_("There is no document that you could prepare here."))
    kind = next((k for k in kinds if k.name == name), None)
    return page(
        call,
        "documents/new.html",
        error.status if error else 200,
        number=number,
        issue=issue,
        kinds=[(k.name, k.title(current_language())) for k in kinds],
        kind=kind,
        kind_title=kind.title(current_language()) if kind else "",
        fields=_fields(kind, values, error) if kind else [],
        tasks=tasks if kind and kind.about in ("task", "tasks") else [],
        chosen=values.get("task", [t["number"] for t in tasks[:1]]),
        several=kind is not None and kind.about == "tasks",
        more=values.get("more", ""),
        units=[(u.code, unit_label(u)) for u in call.directory.units.values() if u.active],
        to=values.get("to", []),
        copies=values.get("copies", []),
        issuers=_issuers(call, kind),
        issuer=values.get("issuer", ""),
        reasons=_general(error, kind),
        offers=_offers(call, error),
    )


def _subject(call: Call, number: str) -> tuple[Any, list[Data]]:
    """The issue and its tasks that are handed over. Raises `NotVisible`."""
    if not number:
        return None, []
    issue = find_issue(call.s, call.person, number)
    if issue is None or issue.number != number:
        raise not_visible(number)
    rows = tasks_of(call.s, [issue.id]).get(issue.id, [])
    return issue, [
        {
            "number": t.number,
            "unit": call.directory.unit_name(t.lead_unit_id),
            "measures": t.measures,
        }
        for t in rows
        if t.dispatched_at is not None
    ]


def _fields(kind: Kind, values: Data, error: WorkflowError | None) -> list[Widget]:
    reasons = list(error.reasons) if error else []
    return [
        Widget(
            f"given_{one.name}",
            _(one.label),
            "text" if one.sort == "text" else one.sort,
            values.get(f"given_{one.name}", one.suggested),
            optional=not one.needed,
            type="date" if one.sort == "date" else "text",
            errors=[r for r in reasons if r.field == one.name],
        )
        for one in kind.fields
    ]


def _general(error: WorkflowError | None, kind: Kind | None) -> list[Any]:
    """Reasons that belong to no field of the kind."""
    names = {one.name for one in kind.fields} if kind else set()
    return [r for r in error.reasons if r.field not in names] if error else []


def _issuers(call: Call, kind: Kind | None) -> list[tuple[str, str]]:
    own = call.directory.units[call.person.unit_id]
    other = call.directory.by_code.get(document_rules().submit_to)
    found = [(own.code, unit_label(own))]
    if kind is not None and kind.issuer == "bureau" and other is not None and other != own:
        found.append((other.code, unit_label(other)))
    return found


def _offers(call: Call, error: WorkflowError | None) -> list[tuple[str, str]]:
    """Buttons for what may be done instead of what was refused."""
    offers = error.offers if isinstance(error, AddresseeRefused) else ()
    return [_offer(call, one) for one in offers]


def _offer(call: Call, one: Offer) -> tuple[str, str]:
    if one.kind:
        title = KINDS[one.kind].title(current_language())
        return f"kind:{one.kind}", _("Prepare it as: {kind}").format(kind=title)
    unit = call.directory.by_code[one.issuer]
    return f"issuer:{one.issuer}", _("Submit it to {office}").format(office=unit_label(unit))
