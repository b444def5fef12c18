"""What the demonstration must have shown by its end. Nothing is taken on trust: see `occurred`."""

from __future__ import annotations

from demo.occurred import occurred
from models.db import Session

ISSUE_ACTS = (
    "issue.created", "issue.report", "issue.report:draft", "issue.report:corrected",
    "issue.edit", "issue.send_back", "issue.start_triage", "issue.propose_rejection",
    "issue.reject", "issue.merge", "issue.plan_task", "issue.dispatch", "issue.dispatch_more",
    "issue.start", "issue.await_verification", "issue.back_to_work", "issue.await_approval",
    "issue.approve", "issue.approve:override", "issue.reject_closure", "issue.park",
    "issue.review_park", "issue.resume", "issue.list", "issue.unlist", "issue.coordinate",
    "issue.record_lookback", "issue.record_lookback:ok", "issue.record_lookback:relapse",
    "issue.relapse", "issue.light", "tasks:three_units",
)  # fmt: skip

TASK_ACTS = (
    "task.amend", "task.dispatched", "task.acknowledge", "task.progress", "task.co_input",
    "task.waive_co_input", "task.urge", "task.add_evidence", "task.waive_evidence",
    "task.submit", "task.reject_submission", "task.verify", "task.reopen", "task.resumed",
    "task.withdraw", "task.withdraw:dropped", "task.withdraw:reassigned",
)  # fmt: skip

RULINGS = (
    "task.request_return", "task.rule_return", "task.rule_return:granted",
    "task.rule_return:refused", "task.request_extension", "task.rule_extension",
    "task.rule_extension:granted:1", "task.rule_extension:granted:2",
    "task.rule_extension:refused", "task.request_park", "task.rule_park",
    "task.rule_park:granted", "task.rule_park:refused", "task.request_adjustment",
    "task.rule_adjustment", "task.rule_adjustment:granted", "task.rule_adjustment:refused",
    "task.rule_adjustment:measures", "task.rule_adjustment:due_at",
    "task.rule_adjustment:lead_unit_id", "task.withdraw_request",
)  # fmt: skip

RUNGS = (
    "rung:remind-3:fired", "rung:remind-1:fired", "rung:urge:fired", "rung:supervise:prepared",
    "rung:bulletin:prepared", "rung:interview:proposed", "rung:accountability:proposed",
    "rung:urge:superseded", "rung:supervise:superseded", "task.decide_prepared",
    "task.decide_prepared:supervise:issued", "task.decide_prepared:supervise:dismissed",
    "task.decide_prepared:bulletin:issued", "task.decide_prepared:interview:issued",
    "task.decide_prepared:interview:dismissed", "task.decide_prepared:accountability:issued",
    "prepared:prepared",
)  # fmt: skip

LIMITS = tuple(
    f"limit:{name}"
    for name in (
        "ack", "co_input", "verify", "approve", "triage", "park_review", "lookback",
        "lookback_late", "rule_return", "rule_extension", "rule_park", "rule_adjust",
    )
)  # fmt: skip

LIGHTS = tuple(
    f"light:{name}"
    for name in (
        "task:green:planned", "task:green:on_course", "task:green:submitted_in_time",
        "task:yellow:due_soon", "task:yellow:returned_once", "task:yellow:report_missed",
        "task:yellow:step_late",
        "task:red:overdue", "task:grey:parked", "task:grey:verified", "task:grey:withdrawn",
        "issue:green:planned", "issue:green:on_course", "issue:green:submitted_in_time",
        "issue:green:all_verified", "issue:yellow:due_soon", "issue:yellow:returned_once",
        "issue:yellow:report_missed", "issue:yellow:step_late", "issue:red:overdue",
        "issue:red:relapsed",
        "issue:grey:parked", "issue:grey:closed", "issue:grey:rejected", "issue:grey:merged",
    )
)  # fmt: skip

STATES = tuple(
    f"state:{name}"
    for name in (
        "issue:draft", "issue:reported", "issue:triaging", "issue:dispatched",
        "issue:in_progress", "issue:parked", "issue:verifying", "issue:approving", "issue:closed",
        "issue:rejected", "issue:merged", "task:pending_ack", "task:in_progress",
        "task:submitted", "task:verified", "task:withdrawn",
    )
)  # fmt: skip

NOTICES = tuple(
    f"notice:{name}"
    for name in (
        "dispatch", "due_soon", "urge", "supervise", "bulletin", "interview", "accountability",
        "listed", "closure_rejected", "closed", "relapse", "todo", "extension_ruling",
        "return_ruling", "adjusted", "parked", "intake_result", "to_the_deputy", "document",
        "project_news",
    )
)  # fmt: skip

DEADLINES = tuple(
    f"deadline:{name}"
    for name in (
        "dispatch", "extension", "adjust", "reassign", "closure_rejected", "relapse",
        "park_resume", "working_day", "calendar_day", "working_hour", "fixed_date", "春节",
        "国庆节", "provisional",
    )
)  # fmt: skip

BULLETINS = (
    "bulletin.drafted", "bulletin.edited", "bulletin.checked", "bulletin.signed",
    "bulletin.issued", "bulletin:corrected", "notice:bulletin_issued", "kpi:stored",
)  # fmt: skip

DEMANDS = (
    "demand.received", "demand.taken_up", "demand.linked", "demand.answered",
    "demand.answered_by_closure", "demand.confirmed", "demand.rejected", "demand.declined",
    "demand:repeat", "demand:relapse_candidate", "demand:late", "state:demand:received",
    "state:demand:taken_up", "state:demand:disputed", "state:demand:confirmed",
    "state:demand:declined",
)  # fmt: skip

TARGETS = (
    "plan.created", "plan.gate", "plan.shares", "plan.actual", "figures.reported",
    "month.frozen", "month:corrected", "month:compared", "notice:figures_due",
)  # fmt: skip

LIBRARY = (
    "project.added", "project.seeded", "project.edited", "project.stage", "project.listed",
    "project.delisted", "project.duty", "project.tagged", "project.merged", "project.merged_away",
    "projects.imported", "chain.kept", "force.founded", "force.project_joined",
    "project.stage:correction", "list:city", "list:province",
)  # fmt: skip

PLANS = (
    "plan.laid_out", "plan.replanned", "milestone.dated", "milestone.done", "milestone.undone",
    "milestone.added", "milestone.dropped", "milestone.proposed", "milestone.reported",
    "milestone.dismissed", "permit.granted", "land.listed", "land.demanded", "land.reported",
    "prompt:certificate", "light:project:red:milestone_overdue", "light:project:yellow",
    "light:milestone:red:milestone_overdue", "light:milestone:grey:milestone_done",
    "light:board:red", "notice:milestone_overdue", "notice:light_red",
)  # fmt: skip

INSPECTIONS = (
    "inspection.suggested", "inspection.adopted", "inspection.planned", "inspection.sites",
    "inspection.visited", "inspection.found", "inspection.settled", "inspection.issues",
    "inspection.closed", "inspection.dropped", "instruction.given", "instruction.answered",
    "instruction.returned", "instruction.accepted", "instruction.chased", "evaluation.made",
    "evaluation.answered", "evaluation.graded", "commitment.attached", "commitment.changed",
    "commitment.checked", "commitment.raised",
)  # fmt: skip

MEETINGS = (
    "meeting.planned", "meeting.item:picked", "meeting.item:dropped", "meeting.fixed",
    "meeting.opened", "meeting.position", "meeting.taken_up", "meeting.answer",
    "meeting.decision", "meeting.task", "meeting.deferred", "meeting.decision_done",
    "meeting.closed", "meeting.minutes", "issue.coordination_asked",
    "issue.coordination_settled", "issue.coordinate:unsolved", "issue.coordinate:element",
    "notice:meeting_called", "notice:commitment_asked", "notice:decision_made",
    "notice:coordination_raised",
)  # fmt: skip

COVERAGE: tuple[str, ...] = (
    *MEETINGS,
    *LIBRARY,
    *PLANS,
    *TARGETS,
    *DEMANDS,
    *BULLETINS,
    *ISSUE_ACTS, *TASK_ACTS, *RULINGS, *RUNGS, *LIMITS, *LIGHTS, *STATES, *NOTICES, *DEADLINES,
    *INSPECTIONS,
)  # fmt: skip


def missing(s: Session) -> list[str]:
    """What should have occurred and has not, in the order of the list."""
    found = occurred(s)
    return [label for label in COVERAGE if label not in found]
