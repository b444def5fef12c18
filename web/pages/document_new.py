"""Preparing a document: from an issue, from what was chosen on the board or in the ledger, or about
nothing in particular."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from config.documents import document_rules
from config.i18n import current_language
from config.i18n import gettext as _
from notifications.documents.kinds import KINDS, Kind
from web.call import Call, reading, writing
from web.document_subject import Chosen, Subject, kinds_of, split, subject
from web.faults import forbidden
from web.forms import check_csrf, posted, text, texts
from web.late import LateRoute
from web.pages.document_files import NOTHING_CHOSEN, Start
from web.templating import page, url
from web.widgets import Widget
from workflow.documents import commands
from workflow.documents.addressing import AddresseeRefused, Offer
from workflow.documents.asking import Draft
from workflow.documents.packs import nothing_chosen
from workflow.documents.rights import kinds_for
from workflow.documents.suggest import suggestions
from workflow.errors import WorkflowError
from workflow.wording import unit_label, unit_name

router = APIRouter(route_class=LateRoute)
Data = dict[str, Any]
Numbers = Annotated[list[Annotated[str, Query(max_length=50)]] | None, Query(max_length=200)]
Keys = Annotated[list[Annotated[int, Query(ge=1, lt=2**31)]] | None, Query(max_length=200)]


@router.get("/documents/new")
def free_form(
    request: Request,
    kind: str = "",
    task: Numbers = None,
    issue: Numbers = None,
    step: Keys = None,
    start: Start = "",
) -> Response:
    """A document about what was chosen, or about no single issue."""
    with reading(request) as call:
        wanted = Chosen(issues=issue or (), tasks=task or (), steps=step or ())
        if wanted.free and start == "supervision":
            return RedirectResponse(NOTHING_CHOSEN, status_code=303)
        if wanted.free and kind in KINDS and KINDS[kind].about != "none":
            raise nothing_chosen()
        return _form(call, wanted, kind, {})


@router.get("/issues/{number}/documents/new")
def issue_form(request: Request, number: str, kind: str = "", task: Numbers = None) -> HTMLResponse:
    """Choose a kind, then fill in what only a person can say."""
    with reading(request) as call:
        return _form(call, Chosen(number), kind, {"task": task} if task else {})


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
            wanted = Chosen(number, texts(sent, "issue"), _chosen_tasks(sent), draft.steps)
            return _form(call, wanted, draft.kind, _kept(draft, sent), error)
    codes = {reason.code for reason in made.warnings}
    done = "template" if "template_broken" in codes else "long" if codes else "prepare"
    return RedirectResponse(url(f"/documents/{made.id}", done=done), status_code=303)


def _draft(number: str, sent: FormData) -> Draft:
    """What was sent; a button may choose another kind or issuer than the form (see offers)."""
    what, _colon, value = text(sent, "instead").partition(":")
    kind = value if what == "kind" else text(sent, "kind")
    known = KINDS.get(kind)
    about = known.about if known else "issue"
    issues = [number] if number else texts(sent, "issue")
    tasks = [*texts(sent, "task"), *text(sent, "more").replace(",", " ").replace("、", " ").split()]
    fields = known.fields if known else ()
    return Draft(
        kind,
        issues=issues if about in ("issue", "issues") else [],
        tasks=tasks if about in ("task", "tasks") else [],
        given={one.name: text(sent, f"given_{one.name}") for one in fields},
        to=texts(sent, "to"),
        copies=texts(sent, "copies"),
        issuer=value if what == "issuer" else text(sent, "issuer"),
        steps=[int(key) for key in texts(sent, "step") if key.isdecimal() and len(key) < 10],
    )


def _chosen_tasks(sent: FormData) -> list[str]:
    """All tasks of the form, those taken off it, too."""
    return list(dict.fromkeys([*texts(sent, "shown"), *texts(sent, "task")]))


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
    call: Call, wanted: Chosen, name: str, values: Data, error: WorkflowError | None = None
) -> HTMLResponse:
    found = subject(call, wanted)
    kinds = _kinds(call, wanted, found, name)
    at_once = not (wanted.free or wanted.issue)  # what was chosen in a list leads to a form
    kind = next((k for k in kinds if k.name == name), kinds[0] if at_once else None)
    return page(
        call,
        "documents/new.html",
        error.status if error else 200,
        wanted=wanted,
        subject=found,
        kinds=[(k.name, k.title(current_language())) for k in kinds],
        kind=kind,
        kind_title=kind.title(current_language()) if kind else "",
        fields=_fields(kind, values | _suggested(call, kind, found, values), error) if kind else [],
        tasks=_tasks(call, found) if kind and kind.about in ("task", "tasks") else [],
        chosen=_checked(found, wanted, kind, values),
        split=split(call, wanted, found, kind, values.get("task")) if kind else [],
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


def _kinds(call: Call, wanted: Chosen, found: Subject, name: str) -> list[Kind]:
    """Those to choose from; one that was asked for by name is among them, and may be refused."""
    kinds = kinds_of(call, wanted, found)
    asked = [k for k in kinds_for(call.person) if k.name == name and k.about != "none"]
    if not (wanted.free or found.steps):
        kinds += [kind for kind in asked if kind not in kinds]
    if not kinds:
        raise forbidden(_("There is no document that you could prepare here."))
    return kinds


def _suggested(call: Call, kind: Kind | None, found: Subject, values: Data) -> Data:
    """Words from the facts of the tasks, until somebody has sent words of their own."""
    if kind is None or any(name.startswith("given_") for name in values):
        return {}
    named = set(found.chosen)
    tasks = [t for t in found.tasks if t.number in named] or found.tasks[:1]
    words = suggestions(call.s, kind, tasks, call.now)
    return {f"given_{name}": value for name, value in words.items()}


def _tasks(call: Call, found: Subject) -> list[Data]:
    return [
        {
            "number": task.number,
            "unit": unit_name(call.directory, task.lead_unit_id),
            "title": task.issue_title,
            "measures": task.measures,
        }
        for task in found.tasks
    ]


def _checked(found: Subject, wanted: Chosen, kind: Kind | None, values: Data) -> list[str]:
    """Tasks that are marked: those sent or chosen, else the first alone."""
    if "task" in values:
        return list(values["task"])
    several = kind is not None and kind.about == "tasks"
    chosen = found.chosen or [t.number for t in found.tasks[:1]]
    return chosen if several else chosen[:1]


def _fields(kind: Kind, values: Mapping[str, Any], error: WorkflowError | None) -> list[Widget]:
    reasons = list(error.reasons) if error else []
    return [
        Widget(
            f"given_{one.name}",
            _(one.label),
            "line" if one.sort == "moment" else one.sort,
            values.get(f"given_{one.name}", one.suggested),
            optional=not one.needed,
            help=_(one.help) if one.help else "",
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
