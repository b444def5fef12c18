"""What the commands of targets and monthly figures share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from cli.kit import Command, Common, option
from config.i18n import N_
from config.i18n import gettext as _
from config.projects import LISTS

MONTH = option("--month", required=True, metavar="MONTH", help=N_("The month, e.g. 2026-09."))
DRY = option("--dry-run", is_flag=True, help=N_("Say what it would do and write nothing."))
PLAN = click.argument("plan", metavar="PLAN", type=click.IntRange(1))
LEVEL = option("--level", default="", metavar="TEXT", help=N_("Its level, where the plan has any."))
LIST = option("--list", "list_code", default="", type=click.Choice(["", *map(str, LISTS)]),
               help=N_("The list that is counted."))  # fmt: skip


def command(name: str, help_: str) -> Callable[[Any], Any]:
    """A command that is added to its group later."""
    return click.command(name, cls=Command, help=help_)


def named(options: dict[str, Any]) -> dict[str, Any]:
    """Options that were named; an empty text is named, too."""
    return {name: value for name, value in options.items() if value is not None}


def business(call: Any) -> None:
    """Refuse whoever sees no business, as the portal does."""
    from projects.access import not_allowed, sees_business

    if not sees_business(call.actor):
        raise not_allowed()


def path_of(text: str) -> Any:
    """A path as typed."""
    from pathlib import Path

    return Path(text)


def done(common: Common, data: dict[str, Any], text: str) -> None:
    """Say what was done, in words or as JSON."""
    from cli.output import print_json

    if common.as_json:
        print_json(data)
    else:
        click.echo(text)


def office(call: Any) -> None:
    """Refuse whoever is not of the office, before anything that was typed is read."""
    from projects.access import OFFICE, require

    require(call.actor, OFFICE, _("Only the office keeps plans."))


def run_on(common: Common, plan: int, act: Callable[[Any, dict[str, Any]], Any]) -> None:
    """Run an act on a plan; it gets the call and what every command takes."""
    from cli.session import writing
    from projects.targets.commands import find_plan

    with writing(common) as call:
        office(call)
        shared = {"plan_id": plan, "actor": call.actor, "now": call.now,
                  "expected_version": common.expected_version}  # fmt: skip
        of = act(call, shared)
        version = find_plan(call.s, plan).version
    text = _("Plan {id} was saved.").format(id=plan)
    done(common, {"id": plan, "version": version, "of": of}, text)
