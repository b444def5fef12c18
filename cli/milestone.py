"""Plans of projects: laid out, dated, recorded. Other commands of the group are in
`cli.milestone_reading` and `cli.milestone_papers`."""

from __future__ import annotations

import click

from cli.kit import Common, acting, group, option, reading
from cli.milestone_kit import CONFIRM, ID, PROJECT, REASON, day, of_project, run
from cli.milestone_papers import PAPERS
from cli.milestone_reading import READING
from config.i18n import N_

START = option("--start", metavar="DATE", help=N_("Planned start."))
FINISH = option("--finish", metavar="DATE", help=N_("Planned completion."))


@group(N_("Plans of projects: milestones, permits, lights."))
def milestone() -> None:
    """Plans."""


for _one in READING:
    milestone.add_command(_one)


@milestone.command("lay-out", help=N_("Lay out the plan, counted back from its targets."))
@PROJECT
@START
@FINISH
@option("--stage", default="", help=N_("Begin at this stage; the project's own by default."))
@acting
def lay_out(
    common: Common, project: str, start: str | None, finish: str | None, stage: str
) -> None:
    """The first plan is the baseline."""
    from projects.milestones.planning import lay_out as command

    of_project(
        common, command, project, start_on=day(start, "start"), finish_on=day(finish, "finish"),
        from_stage=stage,
    )  # fmt: skip


@milestone.command("replan", help=N_("Make a new plan; the baseline stays."))
@PROJECT
@REASON
@START
@FINISH
@acting
def replan(
    common: Common, project: str, reason: str, start: str | None, finish: str | None
) -> None:
    """With a reason."""
    from projects.milestones.planning import replan as command

    of_project(
        common, command, project, reason=reason, start_on=day(start, "start"),
        finish_on=day(finish, "finish"),
    )  # fmt: skip


@milestone.command("excuse", help=N_("Excuse a late start until a day; for the office."))
@PROJECT
@REASON
@option("--until", required=True, metavar="DATE", help=N_("Until that day."))
@acting
def excuse(common: Common, project: str, reason: str, until: str) -> None:
    """It is no warning until then."""
    from projects.milestones.planning import excuse_start

    of_project(common, excuse_start, project, reason=reason, until=day(until, "until"))


@milestone.command("add", help=N_("Add a milestone of the project's own."))
@PROJECT
@click.argument("name", metavar="NAME")
@click.argument("days", metavar="DAYS", type=int)
@option("--after", multiple=True, metavar="KEY", help=N_("What comes before; may be repeated."))
@option("--before", multiple=True, metavar="KEY", help=N_("What comes after; may be repeated."))
@option("--on", "on", metavar="DATE", help=N_("Its planned date."))
@option("--unit", default="", help=N_("Responsible unit."))
@option("--category", default="", help=N_("Category of its issues."))
@acting
def add(
    common: Common, project: str, name: str, days: int, after: tuple[str, ...],
    before: tuple[str, ...], on: str | None, unit: str, category: str,
) -> None:  # fmt: skip
    """DAYS are working days."""
    from projects.milestones.own import add as command

    of_project(
        common, command, project, name=name, days=days, after=after, before=before,
        plan_on=day(on, "on"), unit=unit, category=category,
    )  # fmt: skip


@milestone.command("date", help=N_("Change one planned date."))
@ID
@click.argument("on", metavar="DATE")
@REASON
@acting
def change_date(common: Common, row_id: int, on: str, reason: str) -> None:
    """The baseline stays."""
    from projects.milestones.commands import change_date as command

    run(common, command, milestone_id=row_id, plan_on=day(on, "on"), reason=reason)


@milestone.command("done", help=N_("Record the day on which a milestone was done."))
@ID
@click.argument("on", metavar="DATE")
@option("--note", default="", help=N_("A note."))
@CONFIRM
@acting
def done(common: Common, row_id: int, on: str, note: str, confirm: bool) -> None:
    """Never in the future."""
    from projects.milestones.commands import record

    run(common, record, milestone_id=row_id, actual_on=day(on, "on"), note=note, confirmed=confirm)


@milestone.command("undo", help=N_("Take a completion back."))
@ID
@REASON
@acting
def undo(common: Common, row_id: int, reason: str) -> None:
    """With a reason."""
    from projects.milestones.commands import undo as command

    run(common, command, milestone_id=row_id, reason=reason)


@milestone.command("drop", help=N_("Take a milestone out of the plan."))
@ID
@REASON
@acting
def drop(common: Common, row_id: int, reason: str) -> None:
    """It stays on record."""
    from projects.milestones.own import drop as command

    run(common, command, milestone_id=row_id, reason=reason)


@milestone.command("link", help=N_("Link an issue that stands in a milestone's way."))
@ID
@click.argument("issue", metavar="ISSUE")
@reading
def link(common: Common, row_id: int, issue: str) -> None:
    """An issue of the same project."""
    from projects.milestones.linking import link_issue

    run(common, link_issue, milestone_id=row_id, issue=issue)


@milestone.command("report", help=N_("Report what a slipping milestone proposes as an issue."))
@ID
@option("--title", default="", help=N_("Another title."))
@acting
def report(common: Common, row_id: int, title: str) -> None:
    """ID is the proposal's."""
    from projects.milestones.proposals import report as command

    run(common, command, proposal_id=row_id, title=title)


@milestone.command("dismiss", help=N_("Dismiss a proposal."))
@ID
@REASON
@acting
def dismiss(common: Common, row_id: int, reason: str) -> None:
    """ID is the proposal's."""
    from projects.milestones.proposals import dismiss as command

    run(common, command, proposal_id=row_id, reason=reason)


for _one in PAPERS:
    milestone.add_command(_one)
