"""`xiaohao instruction`: leaders' instructions and the answers to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from cli.kit import Common, acting, group, option, reading
from config.i18n import N_
from config.i18n import gettext as _

_ID = click.argument("number", metavar="ID", type=int)
_REASON = option("--reason", required=True, help=N_("Why."))


@group(N_("Leaders' instructions and the answers to them."))
def instruction() -> None:
    """Instructions."""


@instruction.command("list", help=N_("List instructions."))
@option("--state", default="", help=N_("Only of this state."))
@option("--late", is_flag=True, help=N_("Only what waits beyond its limit."))
@reading
def list_(common: Common, state: str, late: bool) -> None:
    """Those that the actor may know of, newest first."""
    from cli import session
    from cli.output import print_json, print_table
    from projects.instructions.found import listed
    from workflow.context import context
    from workflow.wording import word

    with session.reading(common) as call:
        before = call.now if late else None
        found = listed(call.s, call.actor, state=state, late_before=before, limit=500)
        people, zone = context(call.s).directory, call.zone
    names = ("id", "number", "text", "state", "limit_at", "answer")
    rows: list[dict[str, Any]] = [
        {name: getattr(row, name) for name in names} | {"unit": people.unit_name(row.unit_id)}
        for row in found
    ]
    if common.as_json:
        print_json(rows)
        return
    print_table(
        (_("Id"), _("Number"), _("Addressed to"), _("State"), _("Answer by"), _("Instruction")),
        [
            (r["id"], r["number"], r["unit"], word("instruction_state", r["state"]),
             f"{r['limit_at'].astimezone(zone):%Y-%m-%d %H:%M}", r["text"])
            for r in rows
        ],
        _("No instructions."),
    )  # fmt: skip


@instruction.command("give", help=N_("Record an instruction."))
@click.argument("text", metavar="TEXT")
@option("--unit", required=True, help=N_("The unit it is addressed to, by code or name."))
@option("--leader", default="", help=N_("Username of the leader."))
@option("--leader-name", default="", help=N_("A leader who has no account."))
@option("--inspection", type=int, help=N_("Id of the inspection it is about."))
@option("--project", type=int, help=N_("Id of the project it is about."))
@option("--issue", default="", help=N_("Number of the issue it is about."))
@option("--limit", "limit", metavar="TIME", help=N_("By when it is answered."))
@reading
def give(common: Common, limit: str | None, **fields: Any) -> None:
    """A new instruction."""
    from cli.session import writing
    from projects.instructions import commands

    with writing(common) as call:
        limit_at = call.moment(limit, "limit_at") if limit else None
        form = commands.Order(limit_at=limit_at, **fields)
        made = commands.give(call.s, actor=call.actor, form=form, now=call.now)
    _done(
        common, made, _("{number} was recorded (id {id}).").format(number=made.number, id=made.id)
    )


@instruction.command("answer", help=N_("Answer an instruction."))
@_ID
@option("--text", required=True, help=N_("What was done."))
@acting
def answer(common: Common, number: int, text: str) -> None:
    """For the addressed unit."""
    from projects.instructions import commands

    _act(common, commands.answer, number, text=text)


@instruction.command("accept", help=N_("Accept the answer."))
@_ID
@option("--opinion", default="", help=N_("Opinion."))
@acting
def accept(common: Common, number: int, opinion: str) -> None:
    """For inspectors and the office."""
    from projects.instructions import commands

    _act(common, commands.accept, number, opinion=opinion)


@instruction.command("return", help=N_("Return the answer."))
@_ID
@_REASON
@acting
def return_(common: Common, number: int, reason: str) -> None:
    """With a new limit."""
    from projects.instructions import commands

    _act(common, commands.return_, number, reason=reason)


@instruction.command("withdraw", help=N_("Withdraw an instruction."))
@_ID
@_REASON
@acting
def withdraw(common: Common, number: int, reason: str) -> None:
    """With a reason."""
    from projects.instructions import commands

    _act(common, commands.withdraw, number, reason=reason)


@instruction.command("raise", help=N_("Make an issue of an instruction."))
@_ID
@option("--title", required=True, help=N_("Title of the issue."))
@option("--category", required=True, help=N_("Category of the issue."))
@acting
def raise_(common: Common, number: int, title: str, category: str) -> None:
    """Once."""
    from projects.instructions import commands

    _act(common, commands.raise_issue, number, title=title, category=category)


def _act(common: Common, command: Callable[..., Any], number: int, **given: Any) -> None:
    from cli.session import writing
    from workflow.wording import word

    with writing(common) as call:
        made = command(
            call.s, actor=call.actor, instruction=number, now=call.now,
            expected_version=common.expected_version, **given,
        )  # fmt: skip
    state = made.issue or word("instruction_state", made.state)
    _done(common, made, f"{made.number}: {state}")


def _done(common: Common, data: Any, text: str) -> None:
    from cli.output import print_json

    if common.as_json:
        print_json(data)
    else:
        click.echo(text)
