"""Closure (清零销号) as actions: submission, verification, approval, look-back, relapse."""

from __future__ import annotations

from config.i18n import N_
from web.actions.base import Action, Data, Field
from web.actions.common import NEW_DUE, OPINION, REASON, REQUIREMENT, TASKS
from workflow.commands import closure, lookbacks, proof

EVIDENCE = Field(
    "evidence",
    N_("Evidence"),
    "evidence",
    optional=True,
    help=N_("Documents before photos; what the category requires is said beside the task."),
    reasons=("kind", "name", "note"),
    example=[{"kind": "document", "name": "迁改验收单", "note": ""}],
)


def _proven(values: Data) -> Data:
    return values | {"evidence": tuple(values.get("evidence") or ())}


ACTIONS = (
    Action(
        "submit",
        "task",
        "submit",
        N_("Submit as done"),
        closure.submit_task,
        (
            Field("result", N_("What has been done"), "text", example="杆线迁改完成并通过验收"),
            EVIDENCE,
        ),
        shape=_proven,
        weighty=True,
        help=N_("You sign the self-check of your unit."),
    ),
    Action(
        "waive-evidence",
        "task",
        "waive_evidence",
        N_("Do without the category's evidence"),
        proof.waive_evidence,
        (REASON,),
        weighty=True,
    ),
    Action(
        "verify",
        "task",
        "verify",
        N_("Verify"),
        closure.verify_task,
        (
            OPINION,
            Field(
                "site_check",
                N_("Record of the site check"),
                "text",
                optional=True,
                help=N_("Required where the category asks for one."),
                example="现场已查看",
                note=N_("(optional: the category does not ask for one)"),
            ),
        ),
        weighty=True,
    ),
    Action(
        "reject-submission",
        "task",
        "reject_submission",
        N_("Refuse: not done yet"),
        closure.reject_submission,
        (OPINION, REQUIREMENT, NEW_DUE),
        weighty=True,
    ),
    Action(
        "approve",
        "issue",
        "approve",
        N_("Approve the closure"),
        closure.approve,
        (
            OPINION,
            Field(
                "override",
                N_("Reason for waiving what may be waived"),
                "text",
                optional=True,
                help=N_("Only for whom the policy allows; it is shown on the ledger."),
                example=None,
            ),
        ),
        weighty=True,
    ),
    Action(
        "reject-closure",
        "issue",
        "reject_closure",
        N_("Refuse the closure"),
        closure.reject_closure,
        (REQUIREMENT, NEW_DUE, TASKS),
        weighty=True,
    ),
    Action(
        "record-lookback",
        "issue",
        "record_lookback",
        N_("Record a look-back"),
        lookbacks.record_lookback,
        (
            Field("finding", N_("What was found"), "text", example="现场未见反弹"),
            Field("relapse", N_("The problem is back"), "flag", optional=True, example=False),
        ),
    ),
    Action(
        "relapse",
        "issue",
        "relapse",
        N_("Confirm the relapse"),
        lookbacks.relapse,
        (NEW_DUE, REASON, TASKS),
        weighty=True,
    ),
)
"""`add_evidence` takes files and has a form and an endpoint of its own."""
