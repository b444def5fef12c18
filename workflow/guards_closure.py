"""Guards on the way to closure: evidence, verification, approval, relapse (invariant 8)."""

from __future__ import annotations

from typing import Any

from config.i18n import gettext as _
from workflow.errors import Reason
from workflow.facts import Facts
from workflow.guards import Answer, guard, past_deadline, required
from workflow.wording import word

WAIVER = "waiver"
"""The deputy director's recorded decision to do without a category's evidence."""

EVIDENCE_KINDS = ("document", "photo", "before_after", "site_check", "permit", "acceptance")


@guard
def result_given(facts: Facts) -> Answer:
    """The self-check says what was done."""
    return required(facts, "result", _("Say what has been done."))


@guard
def evidence_kind_known(facts: Facts) -> Answer:
    """Evidence is of a known kind."""
    if facts.text("kind") in EVIDENCE_KINDS:
        return None
    return Reason(
        "evidence_kind",
        _("Unknown kind of evidence {name}.").format(name=facts.text("kind")),
        "kind",
        _("Use one of: {names}.").format(names=", ".join(EVIDENCE_KINDS)),
    )


@guard
def evidence_enough(facts: Facts) -> Answer:
    """The category's evidence rule is met by this round's evidence."""
    return _lacking(facts, facts.task, facts.evidence)


def _lacking(facts: Facts, task: Any, evidence: Any) -> Reason | None:
    category = facts.policy_of(task).categories.get(task.category)
    if category is None:
        return Reason(
            "category_unknown",
            _("Unknown category {name}.").format(name=task.category),
            "category",
            _("Put a policy in force that knows it."),
        )
    rule = category.evidence
    kinds = [e.kind for e in evidence if e.task_id == task.id and e.cycle == facts.issue.cycle]
    given = sum(1 for kind in kinds if kind in rule.kinds)
    if given >= rule.min or WAIVER in kinds:
        return None
    return Reason(
        "evidence_missing",
        _("Task {number}: {given} of {needed} required pieces of evidence.").format(
            number=task.number, given=given, needed=rule.min
        ),
        "evidence",
        _("Attach evidence of kind: {kinds}.").format(
            kinds="、".join(word("evidence", kind) for kind in rule.kinds)
        ),
    )


@guard
def closure_evidence(facts: Facts) -> Answer:
    """Every task of a closed issue has the evidence its category requires."""
    found = [_lacking(facts, t, facts.evidence) for t in facts.live_tasks]
    return [reason for reason in found if reason is not None]


@guard
def co_inputs_in(facts: Facts) -> Answer:
    """Supporting units have answered or were waived."""
    missing = [facts.directory.unit_name(c.unit_id) for c in facts.co_units if c.state == "awaited"]
    if not missing:
        return None
    return Reason(
        "co_input_missing",
        _("Input is still awaited from: {units}.").format(units="、".join(missing)),
        remedy=_("Wait for it, or have the office waive it."),
    )


@guard
def requirement_given(facts: Facts) -> Answer:
    """A refusal names additional requirements of some length (补充整改要求)."""
    least = facts.policy.closure.min_requirement_chars
    if len(facts.text("requirement")) >= least:
        return None
    return Reason(
        "requirement_short",
        _("The additional requirements need at least {n} characters.").format(n=least),
        "requirement",
        _("Say what must still be done."),
    )


@guard
def new_deadline_in_future(facts: Facts) -> Answer:
    """The renewed deadline lies after now."""
    new = facts.args.get("new_due_at")
    if new is not None and (new > facts.now or facts.policy.deadline.allow_past):
        return None
    number = facts.task.number if facts.task is not None else facts.issue.number
    return (
        past_deadline(number)
        if new is not None
        else Reason(
            "new_date",
            _("A new deadline is required."),
            "new_deadline",
            _("Give a date."),
        )
    )


@guard
def verifier_not_handler(facts: Facts) -> Answer:
    """Whoever handled or submitted the task does not verify it."""
    handlers = {
        facts.task.submitted_by_id,
        facts.task.responsible_person_id,
        facts.task.responsible_leader_id,
    }
    if not facts.policy.closure.separate_persons or facts.actor.id not in handlers:
        return None
    return Reason(
        "same_person",
        _("The handler cannot verify."),
        remedy=_("Let another person verify."),
    )


@guard
def verifier_outside_lead_unit(facts: Facts) -> Answer:
    """The verifier does not belong to the lead unit."""
    if facts.actor.unit_id != facts.task.lead_unit_id:
        return None
    return Reason(
        "verifier_inside",
        _("The verifier belongs to the lead unit."),
        remedy=_("Let another unit verify."),
    )


@guard
def site_checked(facts: Facts) -> Answer:
    """A site check is recorded where the category asks for one."""
    category = facts.category
    if category is None or not category.evidence.site_check:
        return None
    return required(facts, "site_check", _("The category requires a record of the site check."))


@guard
def all_submitted(facts: Facts) -> Answer:
    """Every live task is submitted or verified."""
    if facts.live_tasks and all(t.state in ("submitted", "verified") for t in facts.live_tasks):
        return None
    return Reason("tasks_open", _("Some tasks are not submitted yet."))


@guard
def all_verified(facts: Facts) -> Answer:
    """Every live task is verified."""
    open_tasks = [t.number for t in facts.live_tasks if t.state != "verified"]
    if facts.live_tasks and not open_tasks:
        return None
    return Reason(
        "tasks_unverified",
        _("Not verified yet: {numbers}.").format(numbers=", ".join(open_tasks)),
        remedy=_("Verify or withdraw these tasks first."),
    )


@guard
def approver_rank(facts: Facts) -> Answer:
    """Major, listed and high-level issues are the deputy director's to close."""
    rules, issue = facts.policy.closure, facts.issue
    weighty = issue.major or issue.listed or issue.coordination_level >= rules.major_from_level
    if not weighty or rules.major_approver in facts.actor.roles:
        return None
    return Reason(
        "approver_rank",
        _("Major, listed and high-level issues are approved by the deputy director."),
        remedy=_("Hand it to that person."),
    )


@guard
def approver_is_third_person(facts: Facts) -> Answer:
    """Approver, verifier and handler are three different persons."""
    if not facts.policy.closure.separate_persons:
        return None
    for task in facts.live_tasks:
        involved = {
            task.verified_by_id,
            task.submitted_by_id,
            task.responsible_person_id,
            task.responsible_leader_id,
            *(
                e.added_by_id
                for e in facts.evidence
                if e.task_id == task.id and e.kind == WAIVER and e.cycle == facts.issue.cycle
            ),
        }
        if facts.actor.id in involved:
            return Reason(
                "same_person",
                _("The approver has handled or verified task {number}.").format(number=task.number),
                remedy=_("Let a third person approve."),
            )
    return None


@guard
def finding_given(facts: Facts) -> Answer:
    """A look-back records what was found."""
    return required(facts, "finding", _("Record what was found."))


@guard
def relapse_found(facts: Facts) -> Answer:
    """An inspector, not the confirming chief, has found that the problem is back."""
    found = [x for x in facts.lookbacks if x.state == "relapse"]
    if not found:
        return Reason(
            "no_relapse",
            _("No look-back has found a relapse."),
            remedy=_("An inspector records the finding first."),
        )
    if found[-1].inspector_id == facts.actor.id:
        return Reason(
            "same_person",
            _("Whoever found the relapse cannot confirm it."),
            remedy=_("Let another person confirm it."),
        )
    return None
