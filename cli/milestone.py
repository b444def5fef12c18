"""Plans of projects: milestones, permits, proposals, land-service lists, lights."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import click

from cli.kit import Common, acting, group, option, reading
from config.i18n import N_
from config.i18n import gettext as _

PROJECT = click.argument("project", metavar="PROJECT")
ID = click.argument("row_id", metavar="ID", type=int)
REASON = option("--reason", required=True, help=N_("Why."))
START = option("--start", metavar="DATE", help=N_("Planned start."))
FINISH = option("--finish", metavar="DATE", help=N_("Planned completion."))
CONFIRM = option("--confirm", is_flag=True, help=N_("Although something before it is open."))


@group(N_("Plans of projects: milestones, permits, lights."))
def milestone() -> None:
    """Plans."""


# ------------------------------------------------------------ reading


@milestone.command("show", help=N_("A project's plan: dates, slack, lights, critical path."))
@PROJECT
@reading
def show(common: Common, project: str) -> None:
    """By id or exact name."""
    from cli import session
    from cli.output import print_json, print_table
    from projects.lights.words import reason_word
    from projects.milestones.plans import load_plan, milestone_name
    from workflow.wording import word

    with session.reading(common) as call:
        plan = load_plan(call.s, _project(call, project).id)
        rows = [
            {
                "id": m.id, "key": m.key, "name": milestone_name(m), "plan_on": m.plan_on,
                "baseline_on": m.baseline_on, "forecast_on": m.forecast_on,
                "actual_on": m.actual_on, "slack_wd": m.slack_wd, "critical": m.critical,
                "light": m.light, "reason": m.light_reason, "version": m.version,
            }
            for m in plan.live
        ]  # fmt: skip
    if common.as_json:
        print_json(rows)
        return
    titles = (
        _("ID"), _("Milestone"), _("Plan"), _("Baseline"), _("Forecast"), _("Done"), _("Slack"),
        _("critical"), _("Light"),
    )  # fmt: skip
    print_table(titles, [
        (r["id"], r["name"], r["plan_on"], r["baseline_on"], r["forecast_on"], r["actual_on"],
         r["slack_wd"], r["critical"], f"{word('light', r['light'])} {reason_word(r['reason'])}")
        for r in rows
    ])  # fmt: skip


@milestone.command("lights", help=N_("Lights of projects with their reasons, worst first."))
@option("--light", type=click.Choice(["red", "yellow", "green", "grey"]), help=N_("Only these."))
@reading
def lights(common: Common, light: str | None) -> None:
    """Within your scope."""
    from sqlalchemy import select

    from cli import session
    from cli.output import print_json, print_table
    from models import tables
    from models.queries.projects import visible_projects
    from projects.lights.words import reason_word
    from workflow.context import context
    from workflow.lights import ORDER
    from workflow.wording import word

    p = tables.project.c
    with session.reading(common) as call:
        chosen = select(p.id, p.name, p.light, p.light_reason, p.light_facts, p.light_on).where(
            visible_projects(call.actor, context(call.s).directory)
        )
        chosen = chosen if light is None else chosen.where(p.light == light)
        rows = sorted(call.s.execute(chosen), key=lambda r: (-ORDER[r.light], r.id))
    if common.as_json:
        print_json([dict(row._mapping) for row in rows])
        return
    print_table(
        (_("ID"), _("Project"), _("Light"), _("Reason")),
        [(r.id, r.name, word("light", r.light), reason_word(r.light_reason)) for r in rows],
    )


@milestone.command("proposals", help=N_("Issues that slipping milestones propose."))
@option(
    "--state", default="open", help=N_("State."),
    type=click.Choice(["open", "reported", "dismissed", "settled"]),
)  # fmt: skip
@reading
def proposed(common: Common, state: str) -> None:
    """Newest first."""
    from cli import session
    from cli.output import print_json, print_table
    from projects.milestones import proposals
    from projects.milestones.plans import milestone_name

    with session.reading(common) as call:
        found = proposals.proposals(call.s, call.actor, states=(state,))
        rows = [
            {"id": r.id, "project": r.project, "milestone": milestone_name(r), "cause": r.cause,
             "state": r.state, "issue": r.issue, "reason": r.reason}
            for r in found
        ]  # fmt: skip
    if common.as_json:
        print_json(rows)
        return
    titles = (_("ID"), _("Project"), _("Milestone"), _("Cause"), _("State"), _("Issue"))
    print_table(titles, [tuple(r.values())[:6] for r in rows])


@milestone.command("network", help=N_("The default network, checked."))
@reading
def network(common: Common) -> None:
    """Every fault of the file is named."""
    from cli.output import print_json, print_table
    from config.milestones import default_network

    rows = [m.model_dump(mode="json") for m in default_network().milestone]
    if common.as_json:
        print_json(rows)
        return
    titles = (_("Key"), _("Name"), _("Stage"), _("Working days"), _("Comes after"), _("Unit"))
    print_table(titles, [
        (r["key"], r["name"], r["stage"], r["days"], ", ".join(r["after"]), r["unit"])
        for r in rows
    ])  # fmt: skip


# ------------------------------------------------------------ plans


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

    _of_project(
        common, command, project, start_on=_day(start, "start"), finish_on=_day(finish, "finish"),
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

    _of_project(
        common, command, project, reason=reason, start_on=_day(start, "start"),
        finish_on=_day(finish, "finish"),
    )  # fmt: skip


@milestone.command("excuse", help=N_("Excuse a late start until a day; for the office."))
@PROJECT
@REASON
@option("--until", required=True, metavar="DATE", help=N_("Until that day."))
@acting
def excuse(common: Common, project: str, reason: str, until: str) -> None:
    """It is no warning until then."""
    from projects.milestones.planning import excuse_start

    _of_project(common, excuse_start, project, reason=reason, until=_day(until, "until"))


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
    from projects.milestones.commands import add as command

    _of_project(
        common, command, project, name=name, days=days, after=after, before=before,
        plan_on=_day(on, "on"), unit=unit, category=category,
    )  # fmt: skip


@milestone.command("date", help=N_("Change one planned date."))
@ID
@click.argument("on", metavar="DATE")
@REASON
@acting
def change_date(common: Common, row_id: int, on: str, reason: str) -> None:
    """The baseline stays."""
    from projects.milestones.commands import change_date as command

    _run(common, command, milestone_id=row_id, plan_on=_day(on, "on"), reason=reason)


@milestone.command("done", help=N_("Record the day on which a milestone was done."))
@ID
@click.argument("on", metavar="DATE")
@option("--note", default="", help=N_("A note."))
@CONFIRM
@acting
def done(common: Common, row_id: int, on: str, note: str, confirm: bool) -> None:
    """Never in the future."""
    from projects.milestones.commands import record

    _run(
        common, record, milestone_id=row_id, actual_on=_day(on, "on"), note=note, confirmed=confirm
    )


@milestone.command("undo", help=N_("Take a completion back."))
@ID
@REASON
@acting
def undo(common: Common, row_id: int, reason: str) -> None:
    """With a reason."""
    from projects.milestones.commands import undo as command

    _run(common, command, milestone_id=row_id, reason=reason)


@milestone.command("drop", help=N_("Take a milestone out of the plan."))
@ID
@REASON
@acting
def drop(common: Common, row_id: int, reason: str) -> None:
    """It stays on record."""
    from projects.milestones.commands import drop as command

    _run(common, command, milestone_id=row_id, reason=reason)


@milestone.command("link", help=N_("Link an issue that stands in a milestone's way."))
@ID
@click.argument("issue", metavar="ISSUE")
@reading
def link(common: Common, row_id: int, issue: str) -> None:
    """An issue of the same project."""
    from projects.milestones.commands import link_issue

    _run(common, link_issue, milestone_id=row_id, issue=issue)


@milestone.command("permit", help=N_("Record a permit."))
@PROJECT
@click.argument("kind", metavar="KIND")
@click.argument("on", metavar="DATE")
@option("--number", default="", help=N_("Its number."))
@option("--until", metavar="DATE", help=N_("Valid until; as its kind holds by default."))
@option("--done", "proves", is_flag=True, help=N_("Record its milestone as done, too."))
@CONFIRM
@reading
def permit(
    common: Common, project: str, kind: str, on: str, number: str, until: str | None,
    proves: bool, confirm: bool,
) -> None:  # fmt: skip
    """KIND is a key of the default network's permits."""
    from projects.milestones.permits import grant

    _of_project(
        common, grant, project, kind=kind, granted_on=_day(on, "on"), number=number,
        valid_until=_day(until, "until"), done=proves, confirmed=confirm,
    )  # fmt: skip


@milestone.command("withdraw", help=N_("Withdraw a permit."))
@ID
@REASON
@acting
def withdraw(common: Common, row_id: int, reason: str) -> None:
    """It stays on record."""
    from projects.milestones.permits import withdraw as command

    _run(common, command, permit_id=row_id, reason=reason)


# ------------------------------------------------------------ into the loop


@milestone.command("report", help=N_("Report what a slipping milestone proposes as an issue."))
@ID
@option("--title", default="", help=N_("Another title."))
@acting
def report(common: Common, row_id: int, title: str) -> None:
    """ID is the proposal's."""
    from projects.milestones.proposals import report as command

    _run(common, command, proposal_id=row_id, title=title)


@milestone.command("dismiss", help=N_("Dismiss a proposal."))
@ID
@REASON
@acting
def dismiss(common: Common, row_id: int, reason: str) -> None:
    """ID is the proposal's."""
    from projects.milestones.proposals import dismiss as command

    _run(common, command, proposal_id=row_id, reason=reason)


@milestone.command("land-list", help=N_("Record the land-service list of a project."))
@PROJECT
@click.argument("on", metavar="DATE")
@option("--item", "items", multiple=True, required=True, metavar="NAME[|UNIT]",
        help=N_("An item with its unit; repeated for each."))  # fmt: skip
@option("--contract", default="", help=N_("Number of the land contract."))
@reading
def land_list(common: Common, project: str, on: str, items: tuple[str, ...], contract: str) -> None:
    """Once; nothing is added to it later."""
    from projects.milestones.land import hand_out

    parted = [item.partition("|") for item in items]
    _of_project(
        common, hand_out, project, issued_on=_day(on, "on"), contract=contract,
        items=[(name.strip(), unit.strip()) for name, _bar, unit in parted],
    )  # fmt: skip


@milestone.command("demand", help=N_("Record what was asked for after the list."))
@PROJECT
@click.argument("text", metavar="TEXT")
@click.argument("on", metavar="DATE")
@option("--unit", default="", help=N_("Who asks."))
@option("--item", type=int, help=N_("Item of the list; without one it is beyond the list."))
@reading
def demand(common: Common, project: str, text: str, on: str, unit: str, item: int | None) -> None:
    """What is beyond the list may become an issue."""
    from projects.milestones.land import demand as command

    _of_project(common, command, project, text=text, raised_on=_day(on, "on"), unit=unit, item=item)


@milestone.command("land-report", help=N_("Report a demand beyond the list as an issue."))
@ID
@acting
def land_report(common: Common, row_id: int) -> None:
    """ID is the demand's."""
    from projects.milestones.land import report as command

    _run(common, command, demand_id=row_id)


# ------------------------------------------------------------ shared


def _project(call: Any, text: str) -> Any:
    """A project by id or exact name, within the scope of whoever asks."""
    from sqlalchemy import select

    from models import tables
    from projects.access import find_project
    from workflow.case import not_visible

    if text.isascii() and text.isdigit() and len(text) < 10:
        return find_project(call.s, call.actor, int(text))
    p = tables.project.c
    row = call.s.execute(select(p.id).where(p.name == text)).first()
    if row is None:
        raise not_visible(text)
    return find_project(call.s, call.actor, row.id)


def _day(text: str | None, field: str) -> date | None:
    from workflow.typed import parse_date

    return parse_date(text, field) if text else None


def _of_project(common: Common, command: Callable[..., Any], project: str, **given: Any) -> None:
    from cli import session

    with session.writing(common) as call:
        project_id = int(_project(call, project).id)
        made = _call(call, common, command, given | {"project_id": project_id})
    _told(common, made)


def _run(common: Common, command: Callable[..., Any], **given: Any) -> None:
    from cli import session

    with session.writing(common) as call:
        made = _call(call, common, command, given)
    _told(common, made)


def _call(call: Any, common: Common, command: Callable[..., Any], given: dict[str, Any]) -> Any:
    if common.expected_version is not None:
        given = given | {"expected_version": common.expected_version}
    return command(call.s, actor=call.actor, now=call.now, **given)


def _told(common: Common, made: Any) -> None:
    from cli.output import print_json

    changed, issue = made if isinstance(made, tuple) else (made, None)
    data = {
        "id": getattr(changed, "id", changed.project_id), "project": changed.project_id,
        "version": changed.version, "issue": issue, "warnings": list(map(str, changed.warnings)),
    }  # fmt: skip
    if common.as_json:
        print_json(data)
        return
    click.echo(_("Saved."))
    if issue:
        click.echo(_("Issue {number}").format(number=issue))
    for warning in changed.warnings:
        click.echo(str(warning))
