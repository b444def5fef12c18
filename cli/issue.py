"""`xiaohao issue`: reporting, breakdown, dispatch, closure, and reading."""

from __future__ import annotations

from typing import Any

import click

from cli.build import NEW_DUE, OPINION, REASON, REVIEW_ON, Field, loop_command
from cli.kit import Common, acting, group, option
from config.i18n import N_


@group(N_("Report, plan, dispatch, approve and see issues."))
def issue() -> None:
    """The issue's own steps."""


@issue.command("report", help=N_("Report an issue."))
@option("--title", default="", help=N_("Title of the issue."))
@option("--description", default="", help=N_("What stands in the way."))
@option("--category", default="", help=N_("Category, e.g. 杆线迁移."))
@option("--project", help=N_("The project's name as it stands in the library."))
@option("--no-project-reason", default="", help=N_("Why there is no project."))
@option("--board", help=N_("Town or street, by code or name."))
@option("--urgent/--ordinary", default=None, help=N_("Urgent or not; as the category by default."))
@option("--major", is_flag=True, help=N_("A major issue, approved by the deputy director."))
@option("--found-on", metavar="DATE", help=N_("Day on which it was found; today by default."))
@option("--draft", is_flag=True, help=N_("Only begin it; `issue submit` files it."))
@acting
def report(common: Common, found_on: str | None, draft: bool, **fields: Any) -> None:
    """File an issue or begin a draft."""
    from cli.perform import perform
    from workflow.commands import discovery
    from workflow.typed import parse_date

    day = parse_date(found_on, "found_on") if found_on else None
    form = discovery.Report(found_on=day, **fields)
    perform(
        common,
        lambda call: discovery.report(
            call.s, actor=call.actor, form=form, now=call.now, draft=draft
        ),
    )


@issue.command("edit", help=N_("Correct an issue before its dispatch."))
@click.argument("number", metavar="NUMBER")
@option("--title", help=N_("Title of the issue."))
@option("--description", help=N_("What stands in the way."))
@option("--category", help=N_("Category, e.g. 杆线迁移."))
@option("--no-project-reason", help=N_("Why there is no project."))
@acting
def edit(common: Common, number: str, **changes: str | None) -> None:
    """Change what was given."""
    from cli.perform import perform
    from cli.session import given
    from workflow.commands import discovery
    from workflow.errors import Malformed, Reason

    wanted = given(**changes)
    if not wanted:
        raise Malformed(Reason("nothing_changed", *_nothing()))
    perform(
        common,
        lambda call: discovery.edit(
            call.s,
            actor=call.actor,
            issue=number,
            now=call.now,
            expected_version=common.expected_version,
            **wanted,
        ),
    )


def _nothing() -> tuple[str, str, str]:
    from config.i18n import gettext as _

    return _("Nothing is to be changed."), "title", _("Name at least one new value.")


@issue.command("plan", help=N_("Plan a task of an issue; nothing is handed over yet."))
@click.argument("number", metavar="NUMBER")
@option("--measures", default="", help=N_("What is to be done."))
@option("--problem", default="", help=N_("The problem; the issue's description by default."))
@option("--standard", default="", help=N_("When it counts as done."))
@option("--lead", help=N_("Lead unit, by code or name; the category's by default."))
@option("--verifier", help=N_("Verifying unit; the category's by default."))
@option("--co-unit", "co_units", multiple=True, help=N_("Supporting unit; may be repeated."))
@option("--limit", help=N_("Class of time limit; the category's by default."))
@option("--days", type=int, help=N_("Another number of days or hours for that class."))
@option("--due", help=N_("A fixed deadline instead."))
@option("--urgent/--ordinary", default=None, help=N_("Urgent or not; as the issue by default."))
@acting
def plan(common: Common, number: str, due: str | None, **fields: Any) -> None:
    """Add a planned task."""
    from cli.perform import perform
    from workflow.commands import breakdown

    perform(
        common,
        lambda call: breakdown.plan_task(
            call.s,
            actor=call.actor,
            issue=number,
            now=call.now,
            expected_version=common.expected_version,
            form=breakdown.Plan(due=call.moment(due, "deadline") if due else None, **fields),
        ),
    )


_INTO = Field("into", N_("Number of the issue that goes on."))
_TASKS = Field("tasks", N_("Only this task; may be repeated."), "many", ("--task",))
_REQUIREMENT = Field("requirement", N_("What must still be done."))
_OVERRIDE = Field("override", N_("Reason for waiving what may be waived."))
_FINDING = Field("finding", N_("What was found."))
_BACK = Field("relapse", N_("The problem is back."), "flag")
_LEVEL = Field("level", N_("Coordination level, 1 to 4."), "number")

for _name, _help, _target, _fields, _fixed in (
    ("submit", N_("File a draft."), "discovery:submit_draft", (), {}),
    ("send-back", N_("Return a report for correction."), "discovery:send_back", (REASON,), {}),
    ("triage", N_("Take a report up for breakdown."), "discovery:start_triage", (), {}),
    (
        "dispatch",
        N_("Hand the planned tasks over; the clock starts."),
        "assignment:dispatch",
        (),
        {},
    ),
    (
        "propose-rejection",
        N_("Propose not to accept a report."),
        "discovery:propose_rejection",
        (REASON,),
        {},
    ),
    ("reject", N_("Confirm that a report is not accepted."), "discovery:reject", (REASON,), {}),
    ("merge", N_("Join a repeat report to another issue."), "discovery:merge", (_INTO, REASON), {}),
    (
        "list-supervision",
        N_("Put an issue on the list of the leaders."),
        "supervision:set_listed",
        (REASON,),
        {"listed": True},
    ),
    (
        "unlist",
        N_("Take an issue off that list."),
        "supervision:set_listed",
        (REASON,),
        {"listed": False},
    ),
    (
        "coordinate",
        N_("Set the coordination level."),
        "supervision:coordinate",
        (_LEVEL, REASON),
        {},
    ),
    ("park", N_("Park an issue; its clocks stop."), "parking:park", (REASON, REVIEW_ON), {}),
    ("resume", N_("Restart a parked issue's clocks."), "parking:resume", (REASON,), {}),
    (
        "review-park",
        N_("Keep an issue parked until the next review."),
        "parking:review_park",
        (REASON, REVIEW_ON),
        {},
    ),
    ("approve", N_("Approve the closure."), "closure:approve", (OPINION, _OVERRIDE), {}),
    (
        "reject-closure",
        N_("Refuse the closure; tasks go back."),
        "closure:reject_closure",
        (_REQUIREMENT, NEW_DUE, _TASKS),
        {},
    ),
    ("lookback", N_("Record a look-back."), "closure:record_lookback", (_FINDING, _BACK), {}),
    (
        "relapse",
        N_("Confirm a relapse; tasks run again."),
        "closure:relapse",
        (NEW_DUE, REASON, _TASKS),
        {},
    ),
):
    _further: dict[str, Any] = _fixed
    loop_command(issue, _name, _help, _target, "issue", *_fields, **_further)

import cli.issue_reading  # noqa: E402, F401  (adds `show` and `list`)
