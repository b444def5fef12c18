"""Guards: small pure questions, each answering None or the reason why not.

The workflow definition names them; `failing` asks all of them and returns every reason, so that
a person mends everything at once. Rules on plans, requests and closure are in their own
modules.
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
    if not facts.issue.category.strip():
        return Reason(
            "category_missing",
            _("No category is given."),
            "category",
            _("Use one of: {names}.").format(names="、".join(facts.policy.categories)),
        )
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


def past_deadline(number: str) -> Reason:
    """The refusal of a deadline that is not in the future."""
    return Reason(
        "deadline_past",
        _("Task {number}: the deadline is in the past.").format(number=number),
        "deadline",
        _("Choose a later date."),
    )


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
def not_dispatched(facts: Facts) -> Answer:
    """The task is only planned."""
    if facts.task.dispatched_at is None:
        return None
    return Reason(
        "dispatched_already",
        _("The task has been handed over already."),
        remedy=_("Ask for an adjustment."),
    )


@guard
def issue_open(facts: Facts) -> Answer:
    """The issue has not ended by a merger or a refusal."""
    if facts.issue.state not in ("rejected", "merged"):
        return None
    return Reason("issue_ended", _("The issue does not go on."))


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
    """Withdrawing must leave the issue something to be closed by.

    While it is being broken down nothing is lost: the dispatch asks for a task.
    """
    if facts.issue.state == "triaging" and facts.task.dispatched_at is None:
        return None
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
