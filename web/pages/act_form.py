"""The form of an act: defaults or what was typed, refusals beside their fields, conflicts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from fastapi.responses import HTMLResponse

from config.i18n import gettext as _
from web.act_about import about
from web.act_notes import add_notes
from web.actions.base import Action, Field
from web.call import Call
from web.deeds import Deed, plain_reasons, prepared_step, state_of, task_of
from web.evidence_rules import rule_lines
from web.forms import kept
from web.templating import page
from web.uploads import sends_files
from web.widgets import widgets
from workflow.act_words import act_name
from workflow.case import not_visible
from workflow.case_file import case_file
from workflow.errors import NotAllowed, Reason, StaleVersion, WorkflowError
from workflow.offers import Offer, offers

Data = dict[str, Any]


@dataclass(slots=True)
class Refused:
    """A form that was sent and refused: what was in it, and why. `seen` is its version."""

    error: WorkflowError
    sent: Any
    seen: int | None

    @property
    def stale(self) -> bool:
        """Whether somebody else was faster."""
        return isinstance(self.error, StaleVersion)


@dataclass(slots=True)
class Sorted:
    """Refusals by field, and those that belong to none."""

    beside: dict[str, list[Reason]] = field(default_factory=dict)
    general: list[Reason] = field(default_factory=list)


def offer_of(call: Call, deed: Deed) -> Offer:
    """What the engine says of this deed. Raises `NotVisible`, or `NotAllowed` where the person's
    rights do not reach it."""
    found = offers(call.s, call.person, deed.number, call.now)
    for offer in found:
        if deed.matches(offer):
            return offer
    case = case_file(call.s, call.person, deed.number, call.now)
    numbers = {"issue": [case["number"]], "task": [task["number"] for task in case["tasks"]]}
    step = deed.prepared_id is None or prepared_step(case, deed.prepared_id)
    if deed.number not in numbers[deed.action.subject] or not step:
        raise not_visible(deed.number)
    raise NotAllowed(
        Reason(
            "not_allowed",
            _("{person} may not do this: {act}.").format(
                person=call.person.name, act=act_name(deed.action.rule)
            ),
        )
    )


def show(
    call: Call,
    deed: Deed,
    values: Data,
    refused: Refused | None = None,
    seen: int | None = None,
) -> HTMLResponse:
    """The form's page; after a refusal its status is the refusal's. `seen` is the version of the
    form that a search has been sent with."""
    offer = offer_of(call, deed)
    case = case_file(call.s, call.person, deed.number, call.now)
    reasons = refused.error.reasons if refused and not refused.stale else offer.reasons
    found = _sorted(deed.action, plain_reasons(reasons, deed.action.rule, _state(case, deed)))
    fields = _fields(deed, offer, values)
    return page(
        call,
        "act.html",
        refused.error.status if refused else 200,
        case=case,
        number=deed.number,
        task=task_of(case, deed.number),
        title=_(deed.action.title),
        help=_(deed.action.help) if deed.action.help else "",
        step=prepared_step(case, deed.prepared_id) if deed.prepared_id is not None else "",
        rules=rule_lines(call, case, deed.number) if deed.takes_files else [],
        weighty=deed.action.weighty,
        action_path=deed.path,
        version=_version(offer, refused) if seen is None else seen,
        widgets=add_notes(
            call,
            case,
            deed.number,
            widgets(call, fields, values, found.beside, case, deed.number),
        ),
        about=about(call, case, deed),
        missed=_missed(case, deed, refused) if refused and refused.stale else None,
        general=found.general,
        waivable=offer.overridable,
        disabled=bool(offer.reasons),
        dropped=refused is not None and sends_files(refused.sent),
    )


def show_refused(call: Call, deed: Deed, refused: Refused) -> HTMLResponse:
    """The form again with what was typed in it."""
    return show(call, deed, kept(refused.sent), refused)


def _state(case: Data, deed: Deed) -> str:
    return state_of(case, deed.number)


def _version(offer: Offer, refused: Refused | None) -> int:
    """The version that the person has seen: a conflict shows the new one, no other error does."""
    if refused is None or refused.stale or refused.seen is None:
        return offer.version
    return refused.seen


def _fields(deed: Deed, offer: Offer, values: Data) -> list[Field]:
    """The action's fields; a reason for a waiver is asked only where there is one to give."""
    waives = bool(offer.overridable) or bool(values.get("override"))
    return [one for one in deed.action.fields if one.name != "override" or waives]


def _sorted(action: Action, reasons: Iterable[Reason]) -> Sorted:
    found = Sorted()
    for reason in reasons:
        name = action.field_of(reason)
        if name:
            found.beside.setdefault(name, []).append(replace(reason, field=name))
        else:
            found.general.append(reason)
    return found


def _missed(case: Data, deed: Deed, refused: Refused) -> list[Data]:
    """What others did to the record since the form was opened, oldest first."""
    task = None if deed.action.subject == "issue" else deed.number
    seen = refused.seen or 0
    return [
        entry
        for entry in case["timeline"]
        if entry["task"] == task and (entry["data"].get("v") or 0) > seen
    ]
