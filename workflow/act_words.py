"""Words for what somebody does: every transition and act of both machines, and the batches.

Buttons, refusals and lists of what is possible say these words; commands take the codes.
"""

from __future__ import annotations

from config.i18n import N_
from config.i18n import gettext as _

ACTS = {
    "report": N_("report"),
    "send_back": N_("send back for correction"),
    "start_triage": N_("take up for breakdown"),
    "reject": N_("not accept"),
    "merge": N_("merge into another issue"),
    "dispatch": N_("hand over"),
    "start": N_("begin work"),
    "await_verification": N_("wait for verification"),
    "back_to_work": N_("go back to work"),
    "await_approval": N_("wait for approval"),
    "approve": N_("approve the closure"),
    "reject_closure": N_("refuse the closure"),
    "park": N_("park"),
    "resume": N_("resume"),
    "relapse": N_("confirm a relapse"),
    "acknowledge": N_("acknowledge receipt"),
    "submit": N_("submit"),
    "reject_submission": N_("refuse the verification"),
    "verify": N_("verify"),
    "reopen": N_("reopen"),
    "withdraw": N_("withdraw the task"),
    "edit": N_("correct the record"),
    "amend": N_("amend a planned task"),
    "plan_task": N_("plan a task"),
    "dispatch_more": N_("hand over further tasks"),
    "propose_rejection": N_("propose rejection"),
    "list": N_("put on the leaders' list"),
    "unlist": N_("take off the leaders' list"),
    "coordinate": N_("set the coordination level"),
    "record_lookback": N_("record a look-back"),
    "review_park": N_("review the parking"),
    "progress": N_("report progress"),
    "add_evidence": N_("attach evidence"),
    "waive_evidence": N_("waive evidence"),
    "co_input": N_("give a supporting unit's input"),
    "waive_co_input": N_("waive a supporting unit's input"),
    "urge": N_("urge by hand"),
    "request_return": N_("ask for return"),
    "rule_return": N_("rule on the return"),
    "request_extension": N_("ask for extension"),
    "rule_extension": N_("rule on the extension"),
    "request_park": N_("ask for parking"),
    "rule_park": N_("rule on the parking"),
    "request_adjustment": N_("ask for adjustment"),
    "rule_adjustment": N_("rule on the adjustment"),
    "withdraw_request": N_("take a request back"),
    "decide_prepared": N_("decide a prepared step"),
    "calendar.import": N_("import a calendar"),
    "calendar.exception": N_("change days of the calendar"),
    "calendar.recompute": N_("re-date deadlines by the calendar"),
    "workflow.migrate": N_("move running issues to another definition"),
}


def act_name(name: str) -> str:
    """The present language's words for a transition or an act; the code when it has none."""
    text = ACTS.get(name)
    return _(text) if text else name


def coded_act_name(name: str) -> str:
    """The words, with the code that commands take."""
    return f"{act_name(name)} ({name})" if name in ACTS else name
