"""Every action as a form: `/issues/NUMBER/do/NAME`, `/tasks/NUMBER/do/NAME`.

The form is shown with sensible defaults, what was typed is kept on any refusal, each refusal
stands beside its field, and who comes too late sees what changed meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from config.i18n import gettext as _
from web.actions import CATALOGUE
from web.actions.base import Action, Doing, typed
from web.call import Call, reading, writing
from web.forms import check_csrf, kept, posted, text, texts
from web.templating import page
from web.uploads import proofs_of
from web.widgets import widgets
from workflow.case import not_visible
from workflow.case_file import case_file
from workflow.errors import Malformed, Reason, StaleVersion, WorkflowError
from workflow.offers import Offer, offers

router = APIRouter()
Data = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Deed:
    """What a form is about: the action and its subject."""

    action: Action
    number: str
    prepared_id: int | None = None

    @property
    def path(self) -> str:
        """The form's address."""
        query = f"?prepared={self.prepared_id}" if self.prepared_id is not None else ""
        return f"/{self.action.subject}s/{self.number}/do/{self.action.name}{query}"


def deed_of(subject: str, number: str, name: str, prepared: int | None) -> Deed:
    """The deed at an address; `NotVisible` for an unknown one."""
    action = CATALOGUE.get((subject.removesuffix("s"), name))
    if action is None or (action.rule == "decide_prepared") != (prepared is not None):
        raise not_visible(name)
    return Deed(action, number, prepared)


@router.get("/{subject:path}/{number}/do/{name}")
def form(
    request: Request, subject: str, number: str, name: str, prepared: int | None = None
) -> HTMLResponse:
    """The form of an action, filled with its defaults."""
    deed = deed_of(subject, number, name, prepared)
    with reading(request) as call:
        case = case_file(call.s, call.person, number, call.now)
        doing = Doing(call.s, call.person, call.now, number, prepared_id=prepared)
        make = deed.action.defaults
        return show(call, deed, case, make(doing, case) if make is not None else {})


@router.post("/{subject:path}/{number}/do/{name}")
def act(
    request: Request,
    subject: str,
    number: str,
    name: str,
    prepared: int | None = None,
    sent: FormData = Depends(posted),
) -> Response:
    """Do it and go back to the issue, or show the form again with what was refused."""
    deed = deed_of(subject, number, name, prepared)
    try:
        with reading(request) as call:
            check_csrf(call, sent)
            _refuse_unoffered(call, deed)
        proofs = proofs_of(request, sent) if _takes_files(deed) else ()
        with writing(request) as call:
            outcome = _perform(call, deed, sent, proofs)
    except WorkflowError as error:
        if error.status in (403, 404):
            raise
        with reading(request) as call:
            case = case_file(call.s, call.person, number, call.now)
            return show(call, deed, case, kept(sent), error)
    return RedirectResponse(f"/issues/{outcome.issue_number}?done={name}", status_code=303)


def _perform(call: Call, deed: Deed, sent: FormData, proofs: Any) -> Any:
    fields = [f for f in deed.action.fields if f.kind != "evidence"]
    raw = {f.name: texts(sent, f.name) if f.kind in ("units", "tasks") else text(sent, f.name)
           for f in fields}  # fmt: skip
    values = typed(fields, raw, call.s)
    if _takes_files(deed):
        values["evidence"] = proofs
    doing = Doing(
        call.s, call.person, call.now, deed.number, _version(sent), prepared_id=deed.prepared_id
    )
    return deed.action.perform(doing, values)


def _takes_files(deed: Deed) -> bool:
    return any(f.kind == "evidence" for f in deed.action.fields)


def _version(sent: FormData) -> int | None:
    given = text(sent, "version")
    if not given:
        return None
    if not (given.isascii() and given.isdigit() and len(given) < 10):
        raise Malformed(Reason("version_malformed", _("This is no version."), "version"))
    return int(given)


def offer_of(call: Call, deed: Deed) -> Offer | None:
    """What the engine says of this deed; None when the person's rights do not reach it."""
    for offer in offers(call.s, call.person, deed.number, call.now):
        same = offer.kind == deed.action.subject and offer.name == deed.action.rule
        if same and offer.number == deed.number and offer.prepared_id == deed.prepared_id:
            return offer
    return None


def _refuse_unoffered(call: Call, deed: Deed) -> None:
    """Before files are taken: an outsider's upload is not even stored."""
    offer = offer_of(call, deed)
    if offer is None:
        raise _outside(call, deed)


def _outside(call: Call, deed: Deed) -> WorkflowError:
    from workflow.act_words import act_name
    from workflow.errors import NotAllowed

    case_file(call.s, call.person, deed.number, call.now)  # 404 for what may not be known
    return NotAllowed(
        Reason(
            "not_allowed",
            _("{person} may not do this: {act}.").format(
                person=call.person.name, act=act_name(deed.action.rule)
            ),
        )
    )


def show(
    call: Call, deed: Deed, case: Data, values: Data, error: WorkflowError | None = None
) -> HTMLResponse:
    """The form's page. With an error its status is the error's."""
    offer = offer_of(call, deed)
    if offer is None:
        raise _outside(call, deed)
    beside, general = _sorted(deed.action, error)
    stale = isinstance(error, StaleVersion)
    return page(
        call,
        "act.html",
        error.status if error is not None else 200,
        case=case,
        number=deed.number,
        title=_(deed.action.title),
        help=_(deed.action.help) if deed.action.help else "",
        about=_about(deed, case),
        weighty=deed.action.weighty,
        action_path=deed.path,
        version=offer.version,
        widgets=widgets(call, deed.action.fields, values, beside, case),
        conflict=error.reasons if stale and error is not None else (),
        general=general if error is not None else [*offer.reasons],
        waivable=offer.overridable,
        dropped=error is not None and _takes_files(deed),
    )


def _sorted(
    action: Action, error: WorkflowError | None
) -> tuple[dict[str, list[Reason]], list[Reason]]:
    """Refusals by field, and those that belong to none."""
    beside: dict[str, list[Reason]] = {}
    general: list[Reason] = []
    if error is None or isinstance(error, StaleVersion):
        return beside, general
    for reason in error.reasons:
        name = action.field_of(reason)
        if name:
            beside.setdefault(name, []).append(replace(reason, field=name))
        else:
            general.append(reason)
    return beside, general


def _about(deed: Deed, case: Data) -> str:
    if deed.action.subject == "issue":
        return ""
    task = next((t for t in case["tasks"] if t["number"] == deed.number), None)
    return f"{task['lead_unit']}：{task['measures'] or task['problem']}" if task else ""
