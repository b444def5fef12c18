"""A command of the loop from options to confirmation: one transaction, then a short answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

from cli.kit import Common
from cli.output import light, moment, print_json
from cli.session import Call, writing
from config.i18n import gettext as _
from workflow.case_file import case_file
from workflow.commands.base import Outcome
from workflow.errors import NotVisible
from workflow.waiting_words import told_when

Data = dict[str, Any]


def perform(common: Common, act: Callable[[Call], Outcome], tells: str = "") -> None:
    """Act in a transaction of its own; after the commit say what came out and what comes next.

    `tells` is the kind of a notice that the act sent: when it leaves is said, too.
    """
    with writing(common) as call:
        outcome = act(call)
        answer = confirmation(call, outcome)
        if tells:
            number = outcome.issue_number
            answer["told"] = told_when(call.s, call.actor, number, tells, call.now, call.zone)
    if common.as_json:
        print_json(answer)
    else:
        show(answer)


def confirmation(call: Call, outcome: Outcome) -> Data:
    """Number, state, deadline and what the clock does next, as plain data."""
    answer: Data = {
        "number": outcome.issue_number,
        "state": outcome.issue_state,
        "version": outcome.issue_version,
        "request": outcome.request_id,
    }
    try:
        case = case_file(call.s, call.actor, outcome.issue_number, call.now)
    except NotVisible:  # what was done may end one's own part in it
        return answer
    answer |= {k: case[k] for k in ("title", "state_name", "light", "light_reason")}
    tasks = [t for t in case["tasks"] if t["state"] != "withdrawn"]
    if outcome.task_number is not None:
        tasks = [t for t in case["tasks"] if t["number"] == outcome.task_number]
    answer["tasks"] = [
        {
            k: t[k]
            for k in (
                "number",
                "version",
                "state",
                "state_name",
                "lead_unit",
                "responsible_person",
                "due_at",
                "provisional",
                "light",
                "light_reason",
            )
        }
        for t in tasks
    ]
    ahead = [a | {"task": t["number"]} for t in tasks for a in t["ahead"]] + case["ahead"]
    answer["next"] = min(ahead, key=lambda a: str(a["at"]), default=None)
    return answer


def show(answer: Mapping[str, Any]) -> None:
    """The confirmation as text."""
    name = answer.get("state_name", answer["state"])
    click.echo(
        _("{number} is now: {state} (version {version}). {title}")
        .format(
            number=answer["number"],
            state=name,
            version=answer["version"],
            title=answer.get("title", ""),
        )
        .rstrip()
    )
    if answer.get("request"):
        click.echo(_("  Request {number} waits for a ruling.").format(number=answer["request"]))
    for task in answer.get("tasks", ()):
        _show_task(task)
    if answer.get("told"):
        click.echo(f"  {answer['told']}")
    upcoming = answer.get("next")
    if upcoming:
        click.echo(
            _("  Next, if nobody acts: {when} {what}").format(
                when=moment(upcoming["at"]), what=upcoming["name"]
            )
        )


def _show_task(task: Mapping[str, Any]) -> None:
    due = moment(task["due_at"]) if task["due_at"] else _("none")
    if task["provisional"]:
        due += _(" (provisional)")
    click.echo(
        _(
            "  Task {number}: {state} (version {version}), lead: {unit}, deadline: {due}, "
            "light: {light}"
        ).format(
            number=task["number"],
            state=task["state_name"],
            version=task["version"],
            unit=task["lead_unit"],
            due=due,
            light=light(task["light"], task["light_reason"]),
        )
    )
