"""Assignment and supervision (交办督办) as actions: what units do and what the bureau presses."""

from __future__ import annotations

from config.i18n import N_
from config.roles import Role
from web.actions.base import Action, Data, Doing, Field
from web.actions.common import REASON, REVIEW_ON
from workflow.commands import assignment, breakdown, parking, supervision
from workflow.context import context

TEXT = Field("text", N_("Text"), "text", example="已与供电公司完成现场踏勘")


def receipt_defaults(doing: Doing, _case: Data) -> Data:
    """The unit's leader, and whoever acknowledges as handler."""
    leaders = context(doing.s).directory.with_role(Role.UNIT_LEADER, doing.actor.unit_id)
    return {
        "responsible_leader": leaders[0].username if leaders else "",
        "responsible_person": doing.actor.username,
    }


def _present_level(_doing: Doing, case: Data) -> Data:
    return {"level": str(case["coordination_level"] or "")}


ACTIONS = (
    Action(
        "acknowledge",
        "task",
        "acknowledge",
        N_("Acknowledge"),
        assignment.acknowledge,
        (
            Field("responsible_leader", N_("Responsible leader"), "person", example="zjj_head"),
            Field("responsible_person", N_("Handler"), "person", example="zjj_handler"),
        ),
        defaults=receipt_defaults,
        help=N_("The deadline runs from the dispatch, not from the receipt."),
    ),
    Action("progress", "task", "progress", N_("Report progress"), supervision.progress, (TEXT,)),
    Action(
        "co-input",
        "task",
        "co_input",
        N_("Give the supporting unit's input"),
        supervision.co_input,
        (TEXT,),
    ),
    Action(
        "waive-co-input",
        "task",
        "waive_co_input",
        N_("Do without a supporting unit's input"),
        supervision.waive_co_input,
        (Field("unit", N_("Supporting unit"), "unit", example="gdgs"), REASON),
    ),
    Action("urge", "task", "urge", N_("Urge"), supervision.urge, (TEXT,)),
    Action(
        "withdraw",
        "task",
        "withdraw",
        N_("Withdraw the task"),
        breakdown.drop_task,
        (REASON,),
        weighty=True,
    ),
    Action(
        "decide",
        "task",
        "decide_prepared",
        N_("Decide the prepared step"),
        supervision.decide_prepared,
        (
            Field(
                "issue_it",
                N_("Decision"),
                "choice",
                choices=(("yes", N_("Issue it")), ("no", N_("Dismiss it"))),
                example="yes",
            ),
            Field(
                "reason",
                N_("Reason"),
                "text",
                optional=True,
                example="",
                note=N_("(required when it is dismissed)"),
            ),
        ),
        weighty=True,
        shape=lambda values: {
            "issue_it": values.get("issue_it") == "yes",
            "reason": values.get("reason") or "",
        },
    ),
    Action(
        "list",
        "issue",
        "list",
        N_("Put on the supervision list"),
        supervision.set_listed,
        (REASON,),
        fixed={"listed": True},
        weighty=True,
    ),
    Action(
        "unlist",
        "issue",
        "unlist",
        N_("Take off the supervision list"),
        supervision.set_listed,
        (REASON,),
        fixed={"listed": False},
    ),
    Action(
        "coordinate",
        "issue",
        "coordinate",
        N_("Set the coordination level"),
        supervision.coordinate,
        (
            Field(
                "level",
                N_("Coordination level"),
                "choice",
                choices=(
                    ("1", N_("L1 board or department")),
                    ("2", N_("L2 bureau or task force")),
                    ("3", N_("L3 dispatch meeting")),
                    ("4", N_("L4 report to the city")),
                ),
                example="2",
            ),
            REASON,
        ),
        shape=lambda values: values | {"level": int(values.get("level") or 0)},
        defaults=_present_level,
    ),
    Action(
        "park",
        "issue",
        "park",
        N_("Park"),
        parking.park,
        (REASON, REVIEW_ON),
        weighty=True,
        help=N_("Every clock of the issue stops until it is resumed."),
    ),
    Action("resume", "issue", "resume", N_("Resume"), parking.resume, (REASON,)),
    Action(
        "review-park",
        "issue",
        "review_park",
        N_("Keep it parked"),
        parking.review_park,
        (REASON, REVIEW_ON),
    ),
)
