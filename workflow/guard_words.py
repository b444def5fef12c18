"""What each guard asks, in words, for those who read the workflow and not its code."""

from __future__ import annotations

from config.i18n import N_
from config.i18n import gettext as _

GUARDS = {
    "adjusted_date_allowed": N_("the granted date is ahead; a later one takes the deputy director"),
    "all_submitted": N_("every task is handed in or verified"),
    "all_verified": N_("every task is verified"),
    "approver_is_third_person": N_("approver, verifier and handler are three persons"),
    "approver_rank": N_("major, listed and high-level issues take the major approver"),
    "asker_is_another": N_("nobody rules on their own request"),
    "basis_given": N_("the legal or duty basis is named"),
    "category_known": N_("the category is in the policy"),
    "change_named": N_("it is said which field becomes what"),
    "closure_evidence": N_("every task has the evidence its category requires"),
    "co_inputs_in": N_("supporting units have answered or were waived"),
    "deadline_in_future": N_("each fixed deadline lies ahead"),
    "decider_rank": N_("prepared steps are the preparer's, proposed ones the decider's"),
    "description_given": N_("the obstacle is described"),
    "dismissal_explained": N_("a dismissal gives its reason"),
    "evidence_enough": N_("this round's evidence is enough for the category"),
    "evidence_kind_known": N_("the evidence is of a known kind"),
    "extension_in_time": N_("it is asked for early enough before the deadline"),
    "extension_rank": N_("first and further extensions each have their approver"),
    "extension_within_total": N_("all extensions stay within the limit"),
    "extensions_left": N_("an extension is left"),
    "finding_given": N_("the finding is recorded"),
    "four_fields": N_("problem, measures, responsible unit and deadline are set"),
    "granted_date_allowed": N_("the granted date keeps to the rules of extensions"),
    "has_deadline": N_("there is a deadline"),
    "has_tasks": N_("at least one task is planned and not handed over"),
    "is_dispatched": N_("the task has been handed over"),
    "is_listed": N_("the issue is listed"),
    "issue_open": N_("the issue still goes on"),
    "issue_running": N_("the issue is not parked"),
    "level_known": N_("the coordination level is one of L1 to L4"),
    "level_lowered_by_rank": N_("a weighty issue's level is lowered only by its approver"),
    "merge_target_open": N_("the other issue exists and is open"),
    "new_deadline_in_future": N_("the new deadline lies ahead"),
    "no_open_request": N_("no request of this kind is open"),
    "no_return_refused": N_("no return was refused before"),
    "not_last_task": N_(
        "another task remains to close the issue by, or it is only planned in the breakdown"
    ),
    "not_dispatched": N_("the task is only planned"),
    "not_listed": N_("the issue is not listed"),
    "opinion_given": N_("an opinion is written"),
    "own_request": N_("whoever takes it back belongs to the unit that asked"),
    "prepared_open": N_("the prepared step still waits"),
    "progress_given": N_("the progress so far is told"),
    "project_named": N_("a project is named, or why there is none"),
    "reason_given": N_("a reason is written"),
    "rejection_proposed": N_("another person has proposed the rejection"),
    "relapse_found": N_("an inspector has found the problem back"),
    "request_open": N_("a request is open"),
    "requirement_given": N_("additional requirements are named"),
    "responsible_named": N_("leader and handler of the lead unit are named"),
    "result_given": N_("the self-check says what was done"),
    "return_in_time": N_("the objection comes in time"),
    "review_date_allowed": N_("the day of review is within the policy's days"),
    "site_checked": N_("a site check is recorded where the category asks for it"),
    "text_given": N_("the text is written"),
    "verifier_not_handler": N_("whoever handled the task does not verify it"),
    "verifier_outside_lead": N_("the verifying unit is named and does not lead the task"),
    "verifier_outside_lead_unit": N_("the verifier does not belong to the lead unit"),
}
SCOPES = {
    "any": N_("anywhere"),
    "lead": N_("of the lead unit"),
    "verifier": N_("of the verifying unit"),
    "reporter": N_("of the reporting unit"),
    "co": N_("of a supporting unit"),
    "lead_or_verifier": N_("of the lead or verifying unit"),
    "lead_or_office": N_("of the lead unit, or of the office"),
}


def guard_words(name: str) -> str:
    """What the guard asks; its name when it has no words."""
    text = GUARDS.get(name)
    return _(text) if text else name


def scope_words(scope: str) -> str:
    """Whose unit the actor must belong to."""
    text = SCOPES.get(scope)
    return _(text) if text else scope
