"""Guards on what is handed over: each task with its four fields, a date ahead, a second unit."""

from __future__ import annotations

from config.i18n import gettext as _
from workflow.errors import Reason
from workflow.facts import Facts
from workflow.guards import Answer, guard, past_deadline


@guard
def has_tasks(facts: Facts) -> Answer:
    """At least one task is planned and not yet handed over."""
    if any(t.dispatched_at is None for t in facts.live_tasks):
        return None
    return Reason(
        "no_tasks",
        _("There is no task to hand over."),
        "tasks",
        _("Break the issue down into at least one task."),
    )


@guard
def four_fields(facts: Facts) -> Answer:
    """S0 0.2: problem, measures, responsible unit and deadline are all set."""
    return [r for t in _planned(facts) for r in _missing_fields(facts, t)]


def _planned(facts: Facts) -> list[object]:
    return [t for t in facts.live_tasks if t.dispatched_at is None]


def _missing_fields(facts: Facts, task: object) -> list[Reason]:
    number = getattr(task, "number", "")
    present = {
        "problem": str(getattr(task, "problem", "")).strip(),
        "measures": str(getattr(task, "measures", "")).strip(),
        "lead_unit": _active_unit(facts, getattr(task, "lead_unit_id", None)),
        "deadline": _deadline_set(facts, task),
    }
    names = {
        "problem": _("problem statement"),
        "measures": _("measures"),
        "lead_unit": _("responsible unit"),
        "deadline": _("deadline"),
    }
    return [
        Reason(
            f"{name}_missing",
            _("Task {number}: the {field} is missing.").format(number=number, field=names[name]),
            name,
            _("Fill in this field."),
        )
        for name, value in present.items()
        if not value
    ]


def _active_unit(facts: Facts, unit_id: int | None) -> bool:
    unit = facts.directory.units.get(unit_id or 0)
    return unit is not None and unit.active


def _deadline_set(facts: Facts, task: object) -> bool:
    limit = facts.policy.limits.get(getattr(task, "limit_class", ""))
    if limit is None:
        return False
    if limit.unit == "open_ended":
        return facts.policy.deadline.allow_open_ended
    if getattr(task, "fixed_due_at", None) is not None:
        return True
    count = getattr(task, "limit_n", None) or limit.n
    return limit.unit != "fixed_date" and bool(count and count > 0)


@guard
def deadline_in_future(facts: Facts) -> Answer:
    """Each fixed deadline lies after now (replays of old ledgers may say otherwise)."""
    if facts.policy.deadline.allow_past:
        return None
    return [
        past_deadline(number=t.number)  # type: ignore[attr-defined]
        for t in _planned(facts)
        if getattr(t, "fixed_due_at", None) is not None and t.fixed_due_at <= facts.now  # type: ignore[attr-defined]
    ]


@guard
def verifier_outside_lead(facts: Facts) -> Answer:
    """The verifying unit is named and is not the lead unit."""
    found = []
    for task in _planned(facts):
        verifier = getattr(task, "verifier_unit_id", None)
        if verifier is None or verifier == getattr(task, "lead_unit_id", None):
            found.append(
                Reason(
                    "verifier_inside",
                    _("Task {number}: the verifier must be another unit.").format(
                        number=getattr(task, "number", "")
                    ),
                    "verifier",
                    _("Name a unit other than the lead unit."),
                )
            )
    return list(found)
