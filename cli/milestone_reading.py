"""Plans, lights and proposals of projects as lists."""

from __future__ import annotations

from typing import Any

import click

from cli.kit import Command, Common, option, reading
from cli.milestone_kit import PROJECT, project_of
from config.i18n import N_
from config.i18n import gettext as _


@click.command(
    "show", cls=Command, help=N_("A project's plan: dates, slack, lights, critical path.")
)
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
        plan = load_plan(call.s, project_of(call, project).id)
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


@click.command(
    "lights", cls=Command, help=N_("Lights of projects with their reasons, worst first.")
)
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
            visible_projects(call.actor, context(call.s).directory), p.merged_into_id.is_(None)
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


@click.command("list", cls=Command, help=N_("Milestones of every project not done yet, by date."))
@option("--due", type=click.Choice(["late", "soon", "later"]), help=N_("Only these."))
@option("--board", metavar="CODE", help=N_("Projects of this town or street."))
@option("--unit", metavar="CODE", help=N_("Of this responsible unit."))
@option("--mine", is_flag=True, help=N_("Your unit does it, or you answer for the project."))
@reading
def list_(common: Common, due: str | None, board: str | None, unit: str | None, mine: bool) -> None:
    """Within your scope, what is overdue first, each with its light of today."""
    from cli import session
    from cli.output import print_json, print_table
    from cli.target_kit import business
    from projects.lights.words import reason_word
    from workflow.wording import word

    with session.reading(common) as call:
        business(call)
        rows = _listed(call, due or "", board, unit, mine)
    if common.as_json:
        print_json(rows)
        return
    titles = (
        _("ID"), _("Milestone"), _("Project"), _("Planned date"), _("Light"), _("Reason"),
        _("Responsible unit"),
    )  # fmt: skip
    print_table(titles, [
        (r["id"], r["name"], r["project_name"], r["plan_on"], word("light", r["light"]),
         reason_word(r["reason"]), r["unit"])
        for r in rows
    ])  # fmt: skip


def _listed(
    call: Any, due: str, board: str | None, unit: str | None, mine: bool
) -> list[dict[str, Any]]:
    from models.queries.milestones import MilestoneFilter, due_of, following
    from models.queries.projects import visible_projects
    from projects.lights.setting import ground
    from projects.lights.today import lamp_today
    from projects.milestones.horizon import horizon
    from projects.milestones.plans import milestone_name
    from workflow.calendar_years import find_unit_id
    from workflow.context import context

    boards, units = (find_unit_id(call.s, text, name) for text, name in
                     ((board, "board"), (unit, "unit")))  # fmt: skip
    directory, when = context(call.s).directory, horizon(call.s, call.now)
    seen, here = visible_projects(call.actor, directory), ground(call.s, call.now)
    wanted = MilestoneFilter(due, mine, boards, units)
    rows = following(call.s, call.actor, seen, wanted, when)
    return [
        {"id": r.id, "key": r.key, "name": milestone_name(r), "project": r.project_id,
         "project_name": r.project, "plan_on": r.plan_on, "due": due_of(r.plan_on, when),
         "critical": r.critical, "unit": directory.unit_name(r.unit_id),
         "board": directory.unit_name(r.board_id), "light": lamp.light, "reason": lamp.reason}
        for r in rows for lamp in (lamp_today(r, here),)
    ]  # fmt: skip


@click.command("proposals", cls=Command, help=N_("Issues that slipping milestones propose."))
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
    from workflow.wording import word

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
    print_table(titles, [
        (r["id"], r["project"], r["milestone"], word("proposal_cause", r["cause"]),
         word("proposal_state", r["state"]), r["issue"])
        for r in rows
    ])  # fmt: skip


@click.command("network", cls=Command, help=N_("The default network, checked."))
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


READING = (show, list_, lights, proposed, network)
"""Commands of the group `milestone` that read."""
