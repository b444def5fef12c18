"""Guards on requests and rulings: returns, extensions, parking, adjustments."""

from __future__ import annotations

from datetime import datetime, timedelta

from config.i18n import gettext as _
from workflow import deadlines
from workflow.errors import Reason
from workflow.facts import Facts
from workflow.guards import Answer, guard, past_deadline, required


@guard
def basis_given(facts: Facts) -> Answer:
    """An objection names its legal or duty basis."""
    return required(facts, "basis", _("Name the legal or duty basis."))


@guard
def progress_given(facts: Facts) -> Answer:
    """An extension request says what has been done so far."""
    return required(facts, "progress", _("Say what has been done so far."))


@guard
def no_open_request(facts: Facts) -> Answer:
    """At most one open request of each kind per task."""
    mine = [r.kind for r in facts.requests if r.task_id == facts.task.id and r.state == "open"]
    if facts.args["kind"] not in mine:  # another task of the issue may well have one
        return None
    return Reason(
        "request_open",
        _("A request of this kind is already open."),
        remedy=_("Wait for its ruling or withdraw it."),
    )


@guard
def request_open(facts: Facts) -> Answer:
    """There is an open request to rule on."""
    if facts.request is not None and facts.request.state == "open":
        return None
    return Reason("no_request", _("There is no open request of this kind."))


@guard
def own_request(facts: Facts) -> Answer:
    """A request is taken back by the unit that asked, never by the other side."""
    asker = facts.directory.people.get(facts.request.asked_by_id) if facts.request else None
    if asker is None or asker.unit_id == facts.actor.unit_id:
        return None
    return Reason(
        "request_of_another",
        _("Only the unit that asked may take its request back."),
        remedy=_("Let that unit take it back, or rule on it."),
    )


@guard
def return_in_time(facts: Facts) -> Answer:
    """Quanzhou: an objection comes within one working day of the dispatch."""
    if facts.task.dispatched_at is None:  # `is_dispatched` says so
        return None
    rules = facts.policy.return_
    last = deadlines.side_limit(
        facts.task.dispatched_at, rules.within_wd, facts.calendar, facts.policy
    )
    if facts.now <= last:
        return None
    return Reason(
        "return_late",
        _("The time for an objection ended on {when}.").format(when=local(facts, last)),
        remedy=_("Handle the task, or ask for an adjustment."),
    )


@guard
def no_return_refused(facts: Facts) -> Answer:
    """Quanzhou: after a ruling there is no further objection."""
    if not facts.task.return_refused:
        return None
    return Reason("return_final", _("An objection was refused before; that ruling is final."))


@guard
def has_deadline(facts: Facts) -> Answer:
    """Only a deadline can be extended."""
    if facts.task.due_at is not None:
        return None
    return Reason("no_deadline", _("The task has no deadline to extend."))


@guard
def extension_in_time(facts: Facts) -> Answer:
    """Quanzhou: asked at least one working day before the deadline."""
    if facts.task.due_at is None:
        return None
    left = -deadlines.working_days_over(facts.task.due_at, facts.now, facts.calendar)
    needed = facts.policy.extension.ask_before_wd
    if facts.now < facts.task.due_at and left >= needed:
        return None
    return Reason(
        "extension_late",
        _("An extension is asked at least {n} working days before the deadline.").format(n=needed),
        remedy=_("The task counts as overdue; report its progress."),
    )


@guard
def extensions_left(facts: Facts) -> Answer:
    """A task has a limited number of extensions."""
    most = facts.policy.extension.max_count
    if facts.task.extension_count < most:
        return None
    return Reason("extensions_used", _("All {n} extensions have been used.").format(n=most))


@guard
def extension_within_total(facts: Facts) -> Answer:
    """The new date is later than the present one, and all extensions stay within the limit."""
    new, task = facts.args.get("new_due_at"), facts.task
    if new is None or (task.due_at is not None and new <= task.due_at):
        return Reason(
            "new_date",
            _("The new date must be later than the present deadline."),
            "new_deadline",
            _("Choose a later date."),
        )
    if task.due_at is None or task.original_due_at is None:
        return None
    original = deadlines.total_limit_days(task.dispatched_at, task.original_due_at, facts.calendar)
    added = task.extension_days + deadlines.total_limit_days(task.due_at, new, facts.calendar)
    most = int(original * facts.policy.extension.max_total_ratio)
    if added <= most:
        return None
    return Reason(
        "extension_too_long",
        _("All extensions together may add {n} working days; asked: {m}.").format(n=most, m=added),
        "new_deadline",
        _("Choose an earlier date."),
    )


@guard
def granted_date_allowed(facts: Facts) -> Answer:
    """The date that a ruling grants keeps to the same rules as the date that was asked for."""
    new = facts.args.get("new_due_at")
    if new is None:
        return None
    if new <= facts.now and not facts.policy.deadline.allow_past:
        return past_deadline(facts.task.number)
    return extension_within_total(facts)


@guard
def extension_rank(facts: Facts) -> Answer:
    """The first extension is the chief's, the second the deputy director's."""
    approvers = facts.policy.extension.approvers
    needed = approvers[min(facts.task.extension_count, len(approvers) - 1)]
    if needed in facts.actor.roles:
        return None
    return Reason(
        "extension_rank",
        _("This extension is decided by: {role}.").format(role=_role(needed)),
        remedy=_("Hand it to that person."),
    )


def _role(role: str) -> str:
    names = {
        "office_chief": _("office chief"),
        "deputy_director": _("deputy director"),
        "triage_officer": _("triage officer"),
        "unit_leader": _("unit leader"),
    }
    return names.get(role, role)


@guard
def review_date_allowed(facts: Facts) -> Answer:
    """A parked issue is reviewed within the policy's number of days, and not in the past."""
    review, today = facts.args.get("review_on"), facts.calendar.local_date(facts.now)
    most = facts.policy.park.max_review_days
    if review is not None and today < review <= today + timedelta(days=most):
        return None
    return Reason(
        "review_date",
        _("The review date must lie within {n} days from today.").format(n=most),
        "review_on",
        _("Give a date within that time."),
    )


@guard
def change_named(facts: Facts) -> Answer:
    """An adjustment says which of the four fields becomes what."""
    allowed = {"problem", "measures", "lead_unit_id", "due_at"}
    changes = facts.args.get("changes") or {}
    if changes and set(changes) <= allowed:
        due = str(changes.get("due_at") or "")
        past = bool(due) and datetime.fromisoformat(due) <= facts.now
        return past_deadline(facts.task.number) if past else None
    return Reason(
        "change_missing",
        _("No change is named."),
        "changes",
        _("Name the new problem, measures, unit or deadline."),
    )


@guard
def asker_is_another(facts: Facts) -> Answer:
    """Nobody rules on their own request."""
    if facts.request is None or facts.request.asked_by_id != facts.actor.id:
        return None
    return Reason(
        "same_person",
        _("Nobody rules on their own request."),
        remedy=_("Let another person rule."),
    )


@guard
def adjusted_date_allowed(facts: Facts) -> Answer:
    """A granted date lies ahead; a later one than the present is the deputy director's to give.

    More time is otherwise an extension, with its count, its total and its ranks.
    """
    changes = (facts.request.changes or {}) if facts.request is not None else {}
    if not facts.args.get("granted") or not changes.get("due_at"):
        return None
    due = datetime.fromisoformat(changes["due_at"])
    if due <= facts.now:
        return past_deadline(facts.task.number)
    decider = facts.policy.escalation.decider
    later = facts.task.due_at is not None and due > facts.task.due_at
    if not later or decider in facts.actor.roles:
        return None
    return Reason(
        "later_date",
        _("A later deadline is decided by: {role}.").format(role=_role(decider)),
        "changes",
        _("Let the unit ask for an extension, or hand it to that person."),
    )


@guard
def dismissal_explained(facts: Facts) -> Answer:
    """Dismissing a prepared step needs a reason."""
    if facts.args.get("issue_it") or facts.text("reason"):
        return None
    return required(facts, "reason", _("A reason is required."))


@guard
def prepared_open(facts: Facts) -> Answer:
    """The prepared step still waits for a decision."""
    if facts.prepared is not None and facts.prepared.state == "prepared":
        return None
    return Reason("not_prepared", _("There is no prepared step to decide."))


@guard
def decider_rank(facts: Facts) -> Answer:
    """Levels 3-4 are the preparer's click, levels 5-6 the decider's decision."""
    if facts.prepared is None:
        return None
    rules = facts.policy.escalation
    needed = rules.decider if facts.prepared.mode == "person" else rules.preparer
    if needed in facts.actor.roles:
        return None
    return Reason(
        "decider_rank",
        _("This step is decided by: {role}.").format(role=_role(needed)),
        remedy=_("Hand it to that person."),
    )


def local(facts: Facts, moment: object) -> str:
    """A moment as people of the zone read it."""
    return f"{moment.astimezone(facts.calendar.tz):%Y-%m-%d %H:%M}"  # type: ignore[attr-defined]
