"""What somebody asks for when a document is prepared: checked, and turned into records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from config.documents import document_rules
from config.i18n import gettext as _
from models.directory import Directory, PersonInfo, UnitInfo
from notifications.documents.kinds import KINDS, Field, Kind
from notifications.documents.shape import is_moment
from workflow.commands.base import clean
from workflow.documents.gather import Chosen
from workflow.errors import GuardFailed, Malformed, NotAllowed, Reason
from workflow.transition import Work
from workflow.wording import role_names


@dataclass(frozen=True, slots=True)
class Draft:
    """What is asked for. `issues` and `tasks` are numbers; `to`, `copies` and `issuer` codes of
    units, taken from the tasks where they are left out; `given` what the kind's fields hold;
    `steps` ids of prepared steps of the ladder that it carries out."""

    kind: str
    issues: Sequence[str] = ()
    tasks: Sequence[str] = ()
    given: Mapping[str, str] = field(default_factory=dict)
    to: Sequence[str] = ()
    copies: Sequence[str] = ()
    issuer: str = ""
    steps: Sequence[int] = ()


MOST = 200
"""So many tasks or issues one document may be about."""


def kind_for(actor: PersonInfo, name: str) -> Kind:
    """A kind by its name. Raises `Malformed`, or `NotAllowed` for who prepares none anyway."""
    if name not in KINDS:
        preparers = dict.fromkeys(role for kind in KINDS.values() for role in kind.preparers)
        refuse_unless(actor, tuple(preparers), True, _("prepare a document"))
        raise Malformed(
            Reason(
                "kind_unknown",
                _("There is no kind of document {name}.").format(name=name),
                "kind",
                _("The kinds are: {names}.").format(names=", ".join(KINDS)),
            )
        )
    return KINDS[name]


def refuse_unless(actor: PersonInfo, roles: Sequence[str], scope: bool, act: str) -> None:
    """Raise `NotAllowed` unless the actor has one of the roles, in the unit that it takes."""
    if scope and actor.roles & set(roles):
        return
    raise NotAllowed(
        Reason(
            "not_allowed",
            _("{person} may not do this: {act}.").format(person=actor.name, act=act),
            remedy=_("It takes the role {roles}{scope}.").format(
                roles=role_names(roles), scope=_(" in the issuing unit")
            ),
        )
    )


def choose(kind: Kind, draft: Draft, works: Sequence[Work]) -> Chosen:
    """The tasks that the document is about: those named, else every running task of the issues."""
    named = set(draft.tasks)
    live = [
        (w, t)
        for w in works
        for t in w.tasks
        if t.dispatched_at is not None and t.state != "withdrawn"
    ]
    if kind.ruling:  # what was ruled on may have been withdrawn by the ruling
        live = [(w, t) for w in works for t in w.tasks if t.dispatched_at is not None]
    chosen = [(w, t) for w, t in live if not named or t.number in named]
    missing = named - {t.number for _w, t in chosen}
    reasons = _shape_faults(kind, works, chosen)
    if missing:
        reasons = [_fault("task_not_running", _("Task {number} is not handed over.").format(
            number=", ".join(sorted(missing))), "tasks")]  # fmt: skip
    if reasons:
        raise GuardFailed(*reasons)
    return chosen


def too_many() -> GuardFailed:
    """More than one document takes."""
    message = _("One document is about at most {most} tasks or issues.").format(most=MOST)
    return GuardFailed(_fault("too_many", message, "tasks"))


def _shape_faults(kind: Kind, works: Sequence[Work], chosen: Chosen) -> list[Reason]:
    leads = {t.lead_unit_id for _w, t in chosen}
    if len(chosen) > MOST or len(works) > MOST:
        return list(too_many().reasons)
    if kind.about == "task" and len(chosen) != 1:
        return [_fault("one_task", _("This document is about exactly one task."), "tasks")]
    if kind.about == "tasks" and not chosen:
        return [_fault("no_task", _("No task is handed over that it could be about."), "tasks")]
    if kind.about == "tasks" and len(leads) > 1:
        return [_fault("one_unit", _("Its tasks must all be of one lead unit."), "tasks")]
    if kind.about == "issue" and len(works) != 1:
        return [_fault("one_issue", _("This document is about exactly one issue."), "issues")]
    if kind.about == "issues" and not works:
        return [_fault("no_issue", _("Name at least one issue."), "issues")]
    return []


def _fault(code: str, message: str, name: str) -> Reason:
    return Reason(code, message, name, _("Choose what it is about."))


def issuer_of(kind: Kind, draft: Draft, actor: PersonInfo, people: Directory) -> UnitInfo:
    """Who issues it: the preparer's own unit, or the office to which it is submitted."""
    code = draft.issuer.strip()
    own = people.units[actor.unit_id]
    if not code or code in (own.code, own.name):
        return own
    unit = people.find_unit(code)
    if unit is None or unit.code != document_rules().submit_to or kind.issuer != "bureau":
        raise Malformed(
            Reason(
                "issuer_unknown",
                _("{name} cannot issue this document.").format(name=code),
                "issuer",
                _("Leave it out, or name the office to which it is submitted."),
            )
        )
    return unit


def everybody_else(people: Directory, issuer: UnitInfo) -> list[UnitInfo]:
    """Every active unit but the issuer: to whom goes what is for all."""
    return [u for u in people.units.values() if u.active and u.id != issuer.id]


def units_of(codes: Sequence[str], people: Directory, name: str) -> list[UnitInfo]:
    """Active units by code or full name, each once. Raises `Malformed`."""
    found = []
    for code in dict.fromkeys(code.strip() for code in codes if code.strip()):
        unit = people.find_unit(code)
        if unit is None or not unit.active:
            raise Malformed(
                Reason(
                    "unit_unknown",
                    _("Unknown unit {name}.").format(name=code),
                    name,
                    _("Use the code or full name of a unit."),
                )
            )
        found.append(unit)
    return list({unit.id: unit for unit in found}.values())


def default_addressees(kind: Kind, works: Sequence[Work], chosen: Chosen) -> list[UnitInfo]:
    """Where nobody was named: the lead units; the verifier of an application; at a closure all."""
    ids: list[int | None] = [t.lead_unit_id for _w, t in chosen]
    if kind.name == "closure_application":
        ids = [t.verifier_unit_id for _w, t in chosen]
    elif kind.name == "closure_notice":
        ids += [c.unit_id for w in works for c in w.awaited_co_units()]
        ids += [w.issue.reporter_unit_id for w in works]
    elif kind.about == "none":
        return []
    units = works[0].ctx.directory.units if works else {}
    return [units[i] for i in dict.fromkeys(ids) if i in units]


def typed(kind: Kind, given: Mapping[str, str]) -> dict[str, str]:
    """The kind's fields as typed, checked; every fault is told. Raises `Malformed`."""
    faults: list[Reason] = []
    values = {one.name: _typed(one, given.get(one.name, ""), faults) for one in kind.fields}
    strange = sorted(set(given) - set(values))
    faults += [
        Reason("field_unknown", _("Unknown field {name}.").format(name=name), name)
        for name in strange
    ]
    if faults:
        raise Malformed(*faults)
    return values


def _typed(one: Field, text: str, faults: list[Reason]) -> str:
    label = _(one.label)
    try:
        value = clean(one.name, text or "", most=one.most)
    except Malformed as fault:
        faults += fault.reasons
        return ""
    if one.sort in ("line", "moment"):
        value = " ".join(value.split())
    if not value and one.needed:
        faults.append(_missing(one, _("{field} is missing.").format(field=label)))
    elif value and len(value) < one.least:
        message = _("{field} needs at least {n} characters.").format(field=label, n=one.least)
        faults.append(_missing(one, message))
    elif value and one.sort == "date" and not _is_date(value):
        message = _("{field} is not a date.").format(field=label)
        faults.append(Reason("date_malformed", message, one.name, _("Write it as 2026-09-28.")))
    elif value and one.sort == "moment" and not is_moment(value):
        message = _("{field} is not a day with its time.").format(field=label)
        remedy = _("Write it as 2026-10-12 14:00.")
        faults.append(Reason("moment_malformed", message, one.name, remedy))
    return value


def _missing(one: Field, message: str) -> Reason:
    return Reason(f"{one.name}_missing", message, one.name, _("Fill in this field."))


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == 10
