"""`xiaohao task show` and `task mine`."""

from __future__ import annotations

import click

from cli.kit import Common, reading
from cli.task import task
from config.i18n import N_
from config.i18n import gettext as _


@task.command("show", help=N_("Show a task: deadline, requests, proof, what comes next."))
@click.argument("number", metavar="NUMBER")
@reading
def show(common: Common, number: str) -> None:
    """One task of an issue in the actor's scope."""
    from cli import session
    from cli.case_text import print_task, print_timeline
    from cli.output import print_json
    from workflow.case import not_visible
    from workflow.case_file import case_file

    with session.reading(common) as call:
        case = case_file(call.s, call.actor, number, call.now)
    found = next((t for t in case["tasks"] if t["number"] == number), None)
    if found is None:
        raise not_visible(number)
    events = [e for e in case["timeline"] if e["task"] == number]
    if common.as_json:
        print_json(found | {"timeline": events})
        return
    print_task(found)
    print_timeline(events)


@task.command("mine", help=N_("Tasks that wait for your unit, most urgent first."))
@reading
def mine(common: Common) -> None:
    """To lead, to support, to verify."""
    from cli import session
    from cli.output import light, print_json, print_table
    from models.queries.issues import my_tasks
    from workflow.context import context
    from workflow.wording import state_name

    with session.reading(common) as call:
        ctx, zone = context(call.s), call.zone
        rows = [
            {
                "number": t.number,
                "title": t.issue_title,
                "state": t.state,
                "state_name": state_name(ctx.workflow(t.workflow_version_id).task, t.state),
                "light": t.light,
                "light_reason": t.light_reason,
                "level": t.level,
                "due_at": f"{t.due_at.astimezone(zone):%Y-%m-%d %H:%M}" if t.due_at else None,
                "provisional": t.provisional,
                "lead_unit": ctx.directory.unit_name(t.lead_unit_id),
                "version": t.version,
            }
            for t in my_tasks(call.s, call.actor)
        ]
    if common.as_json:
        print_json(rows)
        return
    titles = (
        _("Task"),
        _("State"),
        _("Light"),
        _("Level"),
        _("Deadline"),
        _("Lead unit"),
        _("Title"),
    )
    print_table(
        titles,
        [
            (
                r["number"],
                r["state_name"],
                click.unstyle(light(r["light"], r["light_reason"])),
                r["level"] or "",
                (r["due_at"] or "") + (_(" (provisional)") if r["provisional"] else ""),
                r["lead_unit"],
                r["title"],
            )
            for r in rows
        ],
        _("Nothing waits for your unit."),
    )
