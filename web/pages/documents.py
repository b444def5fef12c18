"""文书: the documents within one's scope, each with its files and the next step of its life."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from config.i18n import current_language
from config.i18n import gettext as _
from notifications.documents.kinds import KINDS
from web.call import Call, reading, writing
from web.faults import forbidden
from web.forms import check_csrf, posted, text
from web.late import LateRoute
from web.navigation import sees_business
from web.templating import page, url
from workflow.documents import commands, files, ladder, store
from workflow.documents.outcome import about, state_name
from workflow.documents.rights import kinds_for, may
from workflow.errors import GuardFailed, IllegalTransition, Malformed, Reason, StaleVersion
from workflow.timeline_words import value_word
from workflow.wording import kind_name, unit_name

router = APIRouter(route_class=LateRoute)
PAGE = 50
STATES = ("prepared", "signed", "issued", "void")
Data = dict[str, Any]
Number = Annotated[int, Query(ge=1, lt=2**31)]


@router.get("/documents")
def index(
    request: Request, kind: str = "", state: str = "", before: Number | None = None, done: str = ""
) -> HTMLResponse:
    """Those first that were signed or prepared last, narrowed by kind and state."""
    with reading(request) as call:
        require(call)
        rows = store.list_documents(
            call.s,
            call.person,
            kind=kind if kind in KINDS else "",
            state=state if state in STATES else "",
            before_id=before,
            limit=PAGE + 1,
        )
        shown = rows[:PAGE]
        more = url("/documents", kind=kind, state=state, before=shown[-1].id) if shown else ""
        return page(
            call,
            "documents/list.html",
            rows=_rows(call, shown),
            kinds=[(k.name, k.title(current_language())) for k in KINDS.values()],
            states=[(s, state_name(s)) for s in STATES],
            kind=kind,
            state=state,
            next_path=more if len(rows) > PAGE else "",
            free_kinds=[k for k in kinds_for(call.person) if k.about == "none"],
            done=done,
        )


def require(call: Call) -> None:
    """Raise `NotAllowed` for administrators and auditors."""
    if not sees_business(call.person):
        raise forbidden(_("Documents belong to the business side."))


def _rows(call: Call, rows: list[Any]) -> list[Data]:
    addressed = store.addressees_of(call.s, [row.id for row in rows])
    subjects = store.subjects_of(call.s, [row.id for row in rows])
    return [_row(call, row, addressed.get(row.id, []), subjects[row.id]) for row in rows]


def _row(call: Call, row: Any, addressed: list[Any], subjects: store.Subjects) -> Data:
    people = call.directory
    return {
        "id": row.id,
        "version": row.version,
        "kind": KINDS[row.kind].title(current_language()),
        "number": row.number or "",
        "title": row.title,
        "state": row.state,
        "state_name": state_name(row.state),
        "issuer": unit_name(people, row.issuer_unit_id),
        "to": [unit_name(people, a.unit_id) for a in addressed if a.role == "to"],
        "about": about(subjects.issues, subjects.tasks),
        "at": row.signed_at or row.prepared_at,
        "waits_for_you": row.state == "issued"
        and any(a.unit_id == call.person.unit_id and a.received_at is None for a in addressed),
    }


@router.get("/documents/{number:int}")
def show(request: Request, number: int, done: str = "") -> HTMLResponse:
    """What it says, where it stands, who has received it, and what may be done."""
    with reading(request) as call:
        return _show(call, number, done=done)


def known(number: int) -> int:
    """A number that a database can hold; anything else names no document."""
    return number if 0 < number < 2**31 else 0


def _show(
    call: Call, number: int, *, done: str = "", reasons: tuple[Reason, ...] = (), status: int = 200
) -> HTMLResponse:
    row = store.find_document(call.s, call.person, known(number))
    addressed = store.addressees_of(call.s, [row.id]).get(row.id, [])
    subjects = store.subjects_of(call.s, [row.id])[row.id]
    return page(
        call,
        "documents/show.html",
        status,
        document=_row(call, row, addressed, subjects),
        sheet=files.sheet_of(row),
        steps=_steps(call, row),
        addressed=[_addressed(call, a) for a in addressed],
        issues=subjects.issues,
        tasks=subjects.tasks,
        carried=[_carried(step) for step in ladder.steps_of(call.s, row.id)],
        substitutions=row.substitutions,
        void_reason=row.void_reason,
        may=may(call.s, call.person, row),
        done=_done(done),
        reasons=reasons,
    )


def _carried(step: Any) -> Data:
    """A step of the ladder that the document carries out."""
    return {
        "task": step.task_number,
        "level": step.level,
        "kind": kind_name(step.kind),
        "state": value_word("step", step.state),
    }


def _steps(call: Call, row: Any) -> list[Data]:
    names = {
        "prepared": _("Prepared by"),
        "signed": _("Signed by"),
        "issued": _("Issued by"),
        "voided": _("Voided by"),
    }
    return [
        {
            "name": name,
            "at": getattr(row, f"{step}_at"),
            "by": call.directory.person_name(getattr(row, f"{step}_by_id")),
        }
        for step, name in names.items()
        if getattr(row, f"{step}_at") is not None
    ]


def _addressed(call: Call, row: Any) -> Data:
    return {
        "unit": unit_name(call.directory, row.unit_id),
        "copied": row.role == "copy",
        "by": call.directory.person_name(row.received_by_id),
        "at": row.received_at,
    }


def _done(step: str) -> str:
    texts = {
        "prepare": _("The document is prepared. It has no number before it is signed."),
        "long": _("The document is prepared. It is longer than the rules ask for."),
        "template": _(
            "The document is prepared with the shipped Word template: the office's own cannot be "
            "filled."
        ),
        "step": _("The step is issued, and its document is prepared: look at it, then sign it."),
        "sign": _("The document is signed."),
        "issue": _("The document is issued, and its addressees are told."),
        "receive": _("Receipt is confirmed."),
        "void": _("The document is void."),
    }
    return texts.get(step, "")


@router.post("/documents/{number:int}/{step}")
def act(request: Request, number: int, step: str, sent: FormData = Depends(posted)) -> Response:
    """Sign, issue, receive or void; a refusal is shown on the document's own page."""
    try:
        with writing(request) as call:
            check_csrf(call, sent)
            _act(call, known(number), step, sent)
    except (Malformed, GuardFailed, IllegalTransition, StaleVersion) as error:
        with reading(request) as call:
            return _show(call, number, reasons=error.reasons, status=error.status)
    return RedirectResponse(url(f"/documents/{number}", done=step), status_code=303)


def _act(call: Call, number: int, step: str, sent: FormData) -> None:
    given: Data = {"actor": call.person, "document": number, "now": call.now}
    if step == "receive":
        commands.receive(call.s, **given)
        return
    version = text(sent, "version")
    given["expected_version"] = int(version) if version.isdecimal() and len(version) < 9 else None
    if step == "void":
        commands.void(call.s, reason=text(sent, "reason"), **given)
    elif step == "sign":
        commands.sign(call.s, **given)
    elif step == "issue":
        commands.issue(call.s, **given)
    else:
        raise Malformed(Reason("step_unknown", _("There is no such step."), "step"))
