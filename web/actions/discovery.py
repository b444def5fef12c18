"""Discovery and breakdown (问题发现、梳理分解) as actions."""

from __future__ import annotations

from config.i18n import N_
from config.policy_parts import BOARD
from web.actions.base import Action, Data, Doing, Field
from web.actions.common import REASON
from workflow.commands import amending, assignment, breakdown, discovery
from workflow.context import context

TITLE = Field("title", N_("Title"), example="10千伏杆线影响施工")
DESCRIPTION = Field(
    "description",
    N_("What stands in the way"),
    "text",
    example="地块北侧10千伏杆线需迁移，影响基坑开挖",
)
CATEGORY = Field("category", N_("Category"), "category", example="杆线迁移")
NO_PROJECT = Field(
    "no_project_reason",
    N_("Why there is no project"),
    optional=True,
    help=N_("Only when no project is named."),
    example="片区共性问题",
    note=N_("(required when no project is named)"),
)

REPORT_FIELDS = (
    TITLE,
    DESCRIPTION,
    CATEGORY,
    Field(
        "project",
        N_("Project"),
        "project",
        optional=True,
        example=None,
        note=N_("(required, or the reason why there is none)"),
    ),
    NO_PROJECT,
    Field(
        "board",
        N_("Town or street"),
        "board",
        optional=True,
        help=N_("The project's, or one's own, when left empty."),
        example="lucheng",
    ),
    Field("found_on", N_("Found on"), "date", optional=True, example="2026-09-28"),
    Field(
        "urgent",
        N_("Urgency"),
        "choice",
        optional=True,
        choices=(("yes", N_("Urgent")), ("no", N_("Ordinary"))),
        help=N_("As the category says, when left empty."),
        example="no",
    ),
    Field("major", N_("A major issue"), "flag", optional=True, example=False),
)
"""What a new report asks for; few fields, as the zone's opinion demands."""


def report_form(values: Data) -> discovery.Report:
    """The engine's form from typed values."""
    given = {"category": ""} | {k: v for k, v in values.items() if v is not None}
    return discovery.Report(**(given | {"urgent": choice(values.get("urgent"))}))


def choice(value: object) -> bool | None:
    """Yes, no, or as the rules say."""
    return None if value in (None, "") else value == "yes"


def _as_it_stands(_doing: Doing, case: Data) -> Data:
    return {k: case[k] for k in ("title", "description", "category", "no_project_reason")}


def _edited(values: Data) -> Data:
    return {k: v for k, v in values.items() if v != "" or k != "no_project_reason"}


def _planned(values: Data) -> Data:
    return {"form": breakdown.Plan(**(values | {"urgent": choice(values.get("urgent"))}))}


def plan_defaults(doing: Doing, case: Data) -> Data:
    """Lead unit, verifier and limit of the category, as the engine would choose them."""
    policy = context(doing.s).policy()
    category = policy.categories.get(case["category"])
    if category is None:
        return {"problem": case["description"]}
    lead = (case["board_code"] or "") if category.lead == BOARD else category.lead
    return {
        "problem": case["description"],
        "lead": lead,
        "verifier": category.verifier if category.verifier != lead else "",
        "limit": category.limit,
        "urgent": "yes" if case["urgent"] else "no",
    }


def _plan_of_task(doing: Doing, case: Data) -> Data:
    """The plan as it stands. A fixed date leaves the class open: it would be overridden."""
    task = next(one for one in case["tasks"] if one["number"] == doing.number)
    fixed = task["fixed_due_at"]
    return {
        **{name: task[name] for name in ("problem", "measures", "standard")},
        "lead": task["lead_unit_code"],
        "verifier": task["verifier_unit_code"],
        "co_units": [unit["unit_code"] for unit in task["co_units"]],
        "limit": "" if fixed else task["limit_class"],
        "days": "" if fixed else task["limit_n"],
        "due": fixed,
        "urgent": "yes" if task["urgent"] else "no",
    }


def _amended(values: Data) -> Data:
    """Every field as it shall stand; what is empty takes the category's default."""
    texts = {name: values.get(name) or "" for name in ("problem", "measures", "standard")}
    others = {one.name: values.get(one.name) for one in PLAN_FIELDS if one.name not in texts}
    return {"changes": others | texts | {"urgent": choice(values.get("urgent"))}}


PLAN_FIELDS = (
    Field("problem", N_("Problem"), "text", optional=True),
    Field("measures", N_("Measures"), "text", example="协调供电公司完成杆线迁改"),
    Field("standard", N_("When it counts as done"), "text", optional=True),
    Field(
        "lead",
        N_("Lead unit"),
        "unit",
        optional=True,
        help=N_("As the category provides, when left empty."),
        reasons=("lead_unit",),
        example="zjj",
    ),
    Field(
        "co_units", N_("Supporting units"), "units", optional=True, reasons=("co_unit",), example=[]
    ),
    Field(
        "verifier",
        N_("Verifying unit"),
        "unit",
        optional=True,
        help=N_("Another unit than the lead unit; as the category provides, when left empty."),
        reasons=("verifier_unit",),
        example="jfj",
    ),
    Field("limit", N_("Time limit"), "limit", optional=True, reasons=("limit_class",)),
    Field("days", N_("Another number of days"), "number", optional=True),
    Field(
        "due",
        N_("Fixed deadline instead"),
        "moment",
        optional=True,
        help=N_("A date alone means close of business of that day."),
        reasons=("deadline", "due_at"),
    ),
    Field(
        "urgent",
        N_("Urgency"),
        "choice",
        optional=True,
        choices=(("yes", N_("Urgent")), ("no", N_("Ordinary"))),
    ),
)


ACTIONS = (
    Action("submit-draft", "issue", "report", N_("File the draft"), discovery.submit_draft),
    Action(
        "edit",
        "issue",
        "edit",
        N_("Correct"),
        discovery.edit,
        (TITLE, DESCRIPTION, CATEGORY, NO_PROJECT),
        defaults=_as_it_stands,
        shape=_edited,
    ),
    Action(
        "send-back",
        "issue",
        "send_back",
        N_("Return for correction"),
        discovery.send_back,
        (REASON,),
    ),
    Action("triage", "issue", "start_triage", N_("Take up for breakdown"), discovery.start_triage),
    Action(
        "plan-task",
        "issue",
        "plan_task",
        N_("Add a task"),
        breakdown.plan_task,
        PLAN_FIELDS,
        defaults=plan_defaults,
        shape=_planned,
    ),
    Action(
        "amend",
        "task",
        "amend",
        N_("Amend the planned task"),
        amending.amend_task,
        PLAN_FIELDS,
        defaults=_plan_of_task,
        shape=_amended,
        help=N_("The plan as it shall stand: what is left empty is as the category provides."),
    ),
    Action(
        "dispatch",
        "issue",
        "dispatch",
        N_("Dispatch"),
        assignment.dispatch,
        weighty=True,
        help=N_("Every planned task is handed over and its clock starts."),
    ),
    Action(
        "dispatch-more",
        "issue",
        "dispatch_more",
        N_("Dispatch the added tasks"),
        assignment.dispatch,
        weighty=True,
    ),
    Action(
        "propose-rejection",
        "issue",
        "propose_rejection",
        N_("Propose not to accept"),
        discovery.propose_rejection,
        (REASON,),
    ),
    Action(
        "reject",
        "issue",
        "reject",
        N_("Confirm that it is not accepted"),
        discovery.reject,
        (REASON,),
        weighty=True,
    ),
    Action(
        "merge",
        "issue",
        "merge",
        N_("Merge into another issue"),
        discovery.merge,
        (
            Field(
                "into",
                N_("The issue that goes on"),
                "issue",
                reasons=("target",),
                example="WT-2026-000001",
            ),
            REASON,
        ),
        weighty=True,
    ),
)
