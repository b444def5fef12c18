"""What may be done with a project's plan, permits, proposals and land list: one form for each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import select

from config.i18n import N_
from config.i18n import gettext as _
from config.projects import STAGES
from models import tables
from projects.milestones import commands as milestones
from projects.milestones import land, linking, own, permits, planning, proposals
from projects.milestones.permits import permit_name
from projects.milestones.plans import milestone_name
from web.actions.base import Field
from web.call import Call
from workflow.case import not_visible
from workflow.errors import Malformed, Reason

Data = dict[str, Any]
REASON = Field("reason", N_("Reason"), "text", example="图纸审查意见尚未回复")


@dataclass(frozen=True, slots=True)
class PlanAct:
    """A command with its form. `subject`: which row it is about; `then`: the page that follows."""

    name: str
    title: str
    run: Callable[..., Any]
    fields: tuple[Field, ...]
    subject: Literal["project", "milestone", "permit", "proposal", "demand"] = "project"
    then: Literal["plan", "land"] = "plan"
    help: str = ""
    weighty: bool = False
    done: str = N_("Saved.")


ACTS: tuple[PlanAct, ...] = (
    PlanAct(
        "lay-out", N_("Lay out the plan"), planning.lay_out,
        (
            Field("start_on", N_("Planned start"), "date", optional=True, example="2026-10-12"),
            Field("finish_on", N_("Planned completion"), "date", optional=True,
                  example="2027-10-29"),
            Field("from_stage", N_("From the stage"), "choice", optional=True,
                  choices=tuple((s, s) for s in STAGES)),
        ),
        help=N_("The dates are counted back from these two. The first plan stays as the baseline."),
    ),
    PlanAct(
        "replan", N_("Make a new plan"), planning.replan,
        (
            REASON,
            Field("start_on", N_("Planned start"), "date", optional=True, example="2026-10-12"),
            Field("finish_on", N_("Planned completion"), "date", optional=True,
                  example="2027-10-29"),
        ),
        help=N_("The baseline stays. The planned dates of the record stay, too."),
    ),
    PlanAct(
        "excuse", N_("Excuse the late start"), planning.excuse_start,
        (REASON, Field("until", N_("Until"), "date", example="2026-12-31")),
        help=N_("Until that day the late start is no warning."),
    ),
    PlanAct(
        "date", N_("Change the date"), milestones.change_date,
        (Field("plan_on", N_("Planned for"), "date", example="2026-12-31"), REASON), "milestone",
    ),
    PlanAct(
        "done", N_("Record as done"), milestones.record,
        (
            Field("actual_on", N_("Done on"), "date", example="2026-09-28"),
            Field("note", N_("Note"), "text", optional=True),
            Field("confirmed", N_("It is right although something before it is open"), "flag",
                  example=False),
        ),
        "milestone",
    ),
    PlanAct("undo", N_("Take the completion back"), milestones.undo, (REASON,), "milestone",
            weighty=True),
    PlanAct("drop", N_("Take out of the plan"), own.drop, (REASON,), "milestone",
            weighty=True),
    PlanAct(
        "link", N_("Link an issue"), linking.link_issue,
        (Field("issue", N_("Number of the issue"), example="WT-2026-000001"),), "milestone",
        help=N_("An open issue of this project that stands in the milestone's way."),
    ),
    PlanAct(
        "add", N_("Add a milestone"), own.add,
        (
            Field("name", N_("Name"), example="专用变电所送电"),
            Field("days", N_("Working days"), "number", example=20),
            Field("after", N_("Comes after"), "choice", optional=True),
            Field("before", N_("Comes before"), "choice", optional=True),
            Field("plan_on", N_("Planned for"), "date", optional=True,
                  help=N_("Without a date it follows what comes before it.")),
            Field("unit", N_("Responsible unit"), "unit", optional=True),
            Field("category", N_("Category of its issues"), "category", optional=True),
        ),
    ),
    PlanAct(
        "permit", N_("Record a permit"), permits.grant,
        (
            Field("kind", N_("Kind"), "choice", example="construction_permit"),
            Field("number", N_("Number"), optional=True),
            Field("granted_on", N_("Granted on"), "date", example="2026-09-28"),
            Field("valid_until", N_("Valid until"), "date", optional=True,
                  help=N_("Without a date: as long as its kind holds.")),
            Field("note", N_("Note"), "text", optional=True),
            Field("done", N_("Record its milestone as done, too"), "flag", example=True),
            Field("confirmed", N_("It is right although something before it is open"), "flag",
                  example=False),
        ),
    ),
    PlanAct("withdraw", N_("Withdraw the permit"), permits.withdraw, (REASON,), "permit",
            weighty=True),
    PlanAct(
        "report", N_("Report as an issue"), proposals.report,
        (
            Field("title", N_("Title"), example="施工图审查逾期"),
            Field("description", N_("Description"), "text", example="审查意见尚未回复"),
            Field("category", N_("Category"), "category", example="手续办理"),
        ),
        "proposal",
        help=N_("It goes through the closed loop: breakdown, assignment, closure."),
    ),
    PlanAct("dismiss", N_("Dismiss the proposal"), proposals.dismiss, (REASON,), "proposal",
            weighty=True),
    PlanAct(
        "land-list", N_("Record the land-service list"), land.hand_out,
        (
            Field("contract", N_("Land contract"), optional=True),
            Field("issued_on", N_("Handed out on"), "date", example="2026-09-28"),
            Field("items", N_("Items"), "text", example="区域环境影响评价 | sthj",
                  help=N_("One on each line; the unit after a bar: assessment | zgj")),
        ),
        then="land", help=N_("It is handed out once; nothing is added to it later."),
    ),
    PlanAct(
        "demand", N_("Record a demand"), land.demand,
        (
            Field("text", N_("What is asked for"), "text", example="另行编制交通影响评价"),
            Field("raised_on", N_("Asked for on"), "date", example="2026-09-28"),
            Field("unit", N_("Who asks"), "unit", optional=True),
            Field("item", N_("Item of the list"), "choice", optional=True,
                  help=N_("Without one it is beyond the list.")),
        ),
        then="land",
    ),
    PlanAct(
        "match", N_("Match with the list"), land.match,
        (Field("item", N_("Item of the list"), "choice", optional=True, example=1,
               help=N_("Without one it is beyond the list.")),),
        "demand", "land",
    ),
    PlanAct("land-report", N_("Report as an issue"), land.report, (), "demand", "land",
            help=N_("A demand beyond the list becomes an issue of its own category.")),
)  # fmt: skip
BY_NAME = {act.name: act for act in ACTS}
_TABLES = {
    "milestone": tables.milestone, "permit": tables.permit,
    "proposal": tables.milestone_proposal, "demand": tables.land_demand,
}  # fmt: skip


def act_named(name: str) -> PlanAct:
    """The act of an address. Raises `NotVisible`."""
    if name not in BY_NAME:
        raise not_visible(name)
    return BY_NAME[name]


def row_of(call: Call, act: PlanAct, project: Any, row_id: int | None) -> Any:
    """The row that an act is about; for a project's plan its schedule, or None."""
    if act.subject == "project":
        schedule = tables.schedule
        return call.s.execute(select(schedule).where(schedule.c.project_id == project.id)).first()
    table = _TABLES[act.subject]
    row = call.s.execute(
        select(table).where(table.c.id == (row_id or 0), table.c.project_id == project.id)
    ).first()
    if row is None:
        raise not_visible(str(row_id))
    return row


def defaults_of(call: Call, act: PlanAct, project: Any, row: Any) -> Data:
    """What the form begins with."""
    today = call.ctx.calendar().local_date(call.now).isoformat()
    if act.name == "lay-out":
        return {
            "start_on": project.plan_start_on, "finish_on": project.plan_finish_on,
            "from_stage": project.stage,
        }  # fmt: skip
    if act.name == "replan" and row is not None:
        return {"start_on": row.start_on, "finish_on": row.finish_on}
    if act.name == "date":
        return {"plan_on": row.plan_on}
    if act.name == "report":
        form = proposals.draft(call.s, row, project)
        return {"title": form.title, "description": form.description, "category": form.category}
    return {
        one.name: today for one in act.fields
        if one.name in ("actual_on", "granted_on", "issued_on", "raised_on")
    }  # fmt: skip


def about(act: PlanAct, row: Any) -> str:
    """The row in words, above its form."""
    if act.subject == "milestone":
        return milestone_name(row)
    if act.subject == "permit":
        return f"{permit_name(row.kind)} {row.number}"
    return str(row.text) if act.subject == "demand" else ""


def perform(
    call: Call, act: PlanAct, project: Any, row_id: int | None, version: int | None, values: Data
) -> Any:
    """Run the command with what was typed. Raises what the command raises."""
    given = {name: value for name, value in values.items() if value is not None}
    _refuse_missing(act, given)
    if act.name == "add":
        given |= {name: _listed(given[name]) for name in ("after", "before") if name in given}
    if act.name == "land-list":
        given["items"] = lines_of(given["items"])
    if "item" in values:
        given["item"] = int(values["item"]) if values["item"] else None
    if act.subject == "project":
        given["project_id"] = project.id
    else:
        given[f"{act.subject}_id"] = row_id
    if _versioned(act):
        given["expected_version"] = version
    return act.run(call.s, actor=call.person, now=call.now, **given)


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


UNVERSIONED = frozenset({"permit", "link", "land-list", "demand"})
"""They add a row and change none that was shown."""


def _versioned(act: PlanAct) -> bool:
    return act.name not in UNVERSIONED


def lines_of(text: str) -> list[tuple[str, str]]:
    """Items as typed: one on each line, a unit's code or name after a bar."""
    lines = [line for line in text.splitlines() if line.strip()]
    parted = [line.replace("\uff5c", "|").partition("|") for line in lines]
    return [(name.strip(), unit.strip()) for name, _bar, unit in parted]


def _refuse_missing(act: PlanAct, given: Data) -> None:
    missing = [
        one for one in act.fields
        if not one.optional and one.name not in given
    ]  # fmt: skip
    if missing:
        raise Malformed(*(
            Reason(
                f"{one.name}_missing", _("{field} is missing.").format(field=_(one.label)),
                one.name, _("Fill in this field."),
            )
            for one in missing
        ))  # fmt: skip
