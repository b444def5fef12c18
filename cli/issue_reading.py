"""`xiaohao issue show` and `issue list`."""

from __future__ import annotations

from typing import Any

import click

from cli.issue import issue
from cli.kit import Common, option, reading
from config.i18n import N_
from config.i18n import gettext as _


@issue.command("show", help=N_("Show an issue: tasks, deadlines, requests, proof, timeline."))
@click.argument("number", metavar="NUMBER")
@reading
def show(common: Common, number: str) -> None:
    """Everything about an issue in the actor's scope."""
    from cli import session
    from cli.case_text import print_case
    from cli.output import print_json
    from workflow.case_file import case_file

    with session.reading(common) as call:
        case = case_file(call.s, call.actor, number, call.now)
    if common.as_json:
        print_json(case)
    else:
        print_case(case)


@issue.command("list", help=N_("List issues, newest first."))
@option("--state", "states", multiple=True, help=N_("Only in this state; may be repeated."))
@option(
    "--light",
    type=click.Choice(["green", "yellow", "red", "grey"]),
    help=N_("Only with this light."),
)
@option("--category", default="", help=N_("Only of this category."))
@option("--unit", help=N_("Only led by this unit, by code or name."))
@option("--board", help=N_("Only in this town or street."))
@option("--text", default="", help=N_("Only with this text in title or description."))
@option("--open", "open_only", is_flag=True, help=N_("Only those not closed."))
@option("--listed", is_flag=True, help=N_("Only those on the list of the leaders."))
@option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=50,
    show_default=True,
    help=N_("At most so many."),
)
@option("--offset", type=click.IntRange(0), default=0, help=N_("Skip so many."))
@reading
def list_(
    common: Common,
    unit: str | None,
    board: str | None,
    limit: int,
    offset: int,
    light: str | None,
    **wanted: Any,
) -> None:
    """Issues in the actor's scope."""
    from cli import session
    from cli.output import print_json
    from models.queries.issues import Filter, list_issues, tasks_of
    from workflow.organisation import find_unit

    with session.reading(common) as call:
        rows, total = list_issues(
            call.s,
            call.actor,
            Filter(
                light=light or "",
                unit_id=find_unit(call.s, unit).id if unit else None,
                board_id=find_unit(call.s, board).id if board else None,
                **wanted,
            ),
            limit=limit,
            offset=offset,
        )
        tasks = tasks_of(call.s, [row.id for row in rows])
        items = [_item(call, row, tasks.get(row.id, [])) for row in rows]
    if common.as_json:
        print_json({"total": total, "issues": items})
        return
    _print(items, total)


def _item(call: Any, row: Any, tasks: list[Any]) -> dict[str, Any]:
    from workflow.context import context
    from workflow.wording import category_name, state_name

    ctx = context(call.s)
    live = [t for t in tasks if t.state != "withdrawn"]
    first = min(
        (t for t in live if t.due_at and t.state != "verified"),
        key=lambda t: t.due_at,
        default=None,
    )
    due = first.due_at if first is not None else None
    return {
        "number": row.number,
        "title": row.title,
        "category": row.category,
        "category_name": category_name(ctx.policy(row.policy_version_id), row.category),
        "state": row.state,
        "state_name": state_name(ctx.workflow(row.workflow_version_id).issue, row.state),
        "light": row.light,
        "light_reason": row.light_reason,
        "version": row.version,
        "urgent": row.urgent,
        "listed": row.listed,
        "tasks": len(live),
        "level": max((t.level for t in live), default=0),
        "lead_units": list(dict.fromkeys(ctx.directory.unit_name(t.lead_unit_id) for t in live)),
        "due_at": f"{due.astimezone(call.zone):%Y-%m-%dT%H:%M%z}" if due else None,
        "provisional": first is not None and first.provisional,
    }


def _print(items: list[dict[str, Any]], total: int) -> None:
    from cli.output import light, moment, print_table

    titles = (
        _("Number"),
        _("State"),
        _("Light"),
        _("Level"),
        _("Deadline"),
        _("Lead unit"),
        _("Category"),
        _("Title"),
    )
    print_table(
        titles,
        [
            (
                i["number"],
                i["state_name"],
                click.unstyle(light(i["light"], i["light_reason"])),
                i["level"] or "",
                moment(i["due_at"]) + (_(" (provisional)") if i["provisional"] else ""),
                i["lead_units"],
                i["category_name"],
                i["title"],
            )
            for i in items
        ],
        _("No issues."),
    )
    if items:
        click.echo(_("{shown} of {total} issues").format(shown=len(items), total=total))
