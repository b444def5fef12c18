"""Guards: small pure questions, each answering None or the reason why not.

The workflow definition names them; `failing` asks all of them and returns every reason, so that
a person mends everything at once. Rules on requests and closure are in their own modules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from config.i18n import gettext as _
from workflow.errors import Reason
from workflow.facts import Facts

Answer = Reason | list[Reason] | None
Guard = Callable[[Facts], Answer]
REGISTRY: dict[str, Guard] = {}


def guard(check: Guard) -> Guard:
    """Register a guard under its function's name."""
    REGISTRY[check.__name__] = check
    return check


def failing(names: Iterable[str], facts: Facts) -> list[tuple[str, Reason]]:
    """Every failing guard with its reasons, in the order of the definition."""
    found: list[tuple[str, Reason]] = []
    for name in names:
        answer = REGISTRY[name](facts)
        reasons = answer if isinstance(answer, list) else [answer]
        found += [(name, reason) for reason in reasons if reason is not None]
    return found


def required(facts: Facts, field: str, message: str) -> Reason | None:
    """A reason unless the argument `field` has text."""
    if facts.text(field):
        return None
    return Reason(f"{field}_missing", message, field, _("Fill in this field."))


@guard
def reason_given(facts: Facts) -> Answer:
    """A reason is written."""
    return required(facts, "reason", _("A reason is required."))


@guard
def opinion_given(facts: Facts) -> Answer:
    """An opinion or conclusion is written."""
    return required(facts, "opinion", _("An opinion is required."))


@guard
def text_given(facts: Facts) -> Answer:
    """The report or message has text."""
    return required(facts, "text", _("The text is empty."))


@guard
def project_named(facts: Facts) -> Answer:
    """A project, or "none" with a reason (domain rules, transition 1)."""
    if facts.issue.project_id is not None or facts.issue.no_project_reason.strip():
        return None
    return Reason(
        "project_missing",
        _("No project is named."),
        "project",
        _("Name the project, or say why there is none."),
    )


@guard
def category_known(facts: Facts) -> Answer:
    """The category is in the policy."""
    if facts.issue.category in facts.policy.categories:
        return None
    return Reason(
        "category_unknown",
        _("Unknown category {name}.").format(name=facts.issue.category),
        "category",
        _("Use one of: {names}.").format(names="、".join(facts.policy.categories)),
    )


@guard
def description_given(facts: Facts) -> Answer:
    """The obstacle is described."""
    if facts.issue.description.strip():
        return None
    return Reason(
        "description_missing",
        _("The problem is not described."),
        "description",
        _("Describe what stands in the way."),
    )


@guard
def rejection_proposed(facts: Facts) -> Answer:
    """A rejection was proposed by another person (the chief confirms)."""
    proposer = facts.issue.rejection_by_id
    if proposer is None:
        return Reason(
            "rejection_not_proposed",
            _("No rejection has been proposed."),
            remedy=_("A triage officer proposes it first."),
        )
    if proposer == facts.actor.id:
        return Reason(
            "same_person",
            _("Whoever proposed the rejection cannot confirm it."),
            remedy=_("Let another person confirm it."),
        )
    return None


@guard
def merge_target_open(facts: Facts) -> Answer:
    """The issue merged into exists, is another one, and is still open."""
    if facts.target is None or facts.target.id == facts.issue.id:
        return Reason(
            "merge_target",
            _("The issue to merge into is not named."),
            "target",
            _("Name another issue by its number."),
        )
    if facts.target.state in ("closed", "rejected", "merged"):
        return Reason(
            "merge_target_closed",
            _("Issue {number} is no longer open.").format(number=facts.target.number),
            "target",
            _("Choose an open issue."),
        )
    return None


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


def past_deadline(number: str) -> Reason:
    """The refusal of a deadline that is not in the future."""
    return Reason(
        "deadline_past",
        _("Task {number}: the deadline is in the past.").format(number=number),
        "deadline",
        _("Choose a later date."),
    )


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


@guard
def is_dispatched(facts: Facts) -> Answer:
    """The task has been handed over."""
    if facts.task.dispatched_at is not None:
        return None
    return Reason(
        "not_dispatched",
        _("The task has not been handed over yet."),
        remedy=_("Wait for the dispatch."),
    )


@guard
def issue_running(facts: Facts) -> Answer:
    """The issue is not parked."""
    if facts.task.paused_at is None:
        return None
    return Reason(
        "parked",
        _("The issue is parked; its clock stands still."),
        remedy=_("Resume it first."),
    )


@guard
def responsible_named(facts: Facts) -> Answer:
    """The receipt names a responsible leader and a handler of the lead unit."""
    found = []
    for name, label in (
        ("responsible_leader", _("responsible leader")),
        ("responsible_person", _("handler")),
    ):
        person = facts.args.get(name)
        if person is None or not person.active or person.unit_id != facts.task.lead_unit_id:
            found.append(
                Reason(
                    f"{name}_missing",
                    _("The {field} must be an active person of the lead unit.").format(field=label),
                    name,
                    _("Name a person of the unit by username."),
                )
            )
    return list(found)


@guard
def not_last_task(facts: Facts) -> Answer:
    """Withdrawing must leave the issue something to be closed by."""
    others = [t for t in facts.live_tasks if t is not facts.task and t.dispatched_at is not None]
    planned = facts.task.dispatched_at is None and len(facts.live_tasks) > 1
    if others or planned or facts.args.get("replaced"):
        return None
    return Reason(
        "last_task",
        _("This is the issue's last task."),
        remedy=_("Plan another task first, or reassign this one."),
    )


@guard
def not_listed(facts: Facts) -> Answer:
    """The issue is not listed yet."""
    if not facts.issue.listed:
        return None
    return Reason("already_listed", _("The issue is listed already."))


@guard
def is_listed(facts: Facts) -> Answer:
    """The issue is listed."""
    if facts.issue.listed:
        return None
    return Reason("not_listed", _("The issue is not listed."))


@guard
def level_lowered_by_rank(facts: Facts) -> Answer:
    """Who approves a weighty issue also decides that it is not weighty any more."""
    rules, level = facts.policy.closure, facts.args.get("level") or 0
    lowered = level < rules.major_from_level <= facts.issue.coordination_level
    if not lowered or rules.major_approver in facts.actor.roles:
        return None
    return Reason(
        "level_rank",
        _("This level is lowered by the deputy director."),
        "level",
        _("Hand it to that person."),
    )


@guard
def level_known(facts: Facts) -> Answer:
    """Coordination levels are L1 to L4."""
    if facts.args.get("level") in (1, 2, 3, 4):
        return None
    return Reason(
        "level_unknown",
        _("Coordination levels run from 1 to 4."),
        "level",
        _("Give a number from 1 to 4."),
    )
