"""`xiaohao project force`: task forces with their units and projects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from cli.kit import Common, acting, group, option, reading
from cli.project_kit import done
from config.i18n import N_
from config.i18n import gettext as _

FORCE = click.argument("force_id", metavar="FORCE", type=click.IntRange(1))
_UNIT = option("--unit", default="", metavar="UNIT", help=N_("A member unit."))
_PROJECT = option("--project", "project_id", type=click.IntRange(1), metavar="ID",
                  help=N_("A project that it looks after."))  # fmt: skip


def _head(function: Any) -> Any:
    for one in reversed((
        option("--purpose", metavar="TEXT", help=N_("The task of the force.")),
        option("--leader", metavar="USERNAME", help=N_("Who leads it.")),
        option("--leader-name", metavar="TEXT", help=N_("A leader outside, by name.")),
        option("--lead-unit", metavar="UNIT", help=N_("The unit that leads it.")),
    )):  # fmt: skip
        function = one(function)
    return function


@group(N_("Task forces: units and projects in and out."))
def force() -> None:
    """Membership gives no rights."""


@force.command("list", help=N_("List the task forces."))
@reading
def list_forces(common: Common) -> None:
    """Those at work first."""
    from cli import session
    from cli.output import print_json, print_table
    from models.queries import forces as queries
    from projects.access import not_allowed, sees_business
    from workflow.context import context
    from workflow.wording import unit_name

    with session.reading(common) as call:
        if not sees_business(call.actor):
            raise not_allowed()
        people = context(call.s).directory
        found = queries.forces(call.s)
        units, projects = queries.sizes(call.s, call.actor, people)
    if common.as_json:
        names = ("id", "version", "name", "leader", "since", "ended_on")
        print_json([{n: getattr(row, n) for n in names}
                    | {"units": units[row.id], "projects": projects[row.id]}
                    for row in found])  # fmt: skip
        return
    print_table(
        (_("No."), _("Task force"), _("Leader"), _("Lead unit"), _("Member units"), _("Projects"),
         _("Since"), _("Dissolved")),
        [(row.id, row.name, row.leader, unit_name(people, row.lead_unit_id), units[row.id],
          projects[row.id], row.since, row.ended_on) for row in found],
    )  # fmt: skip


@force.command("show", help=N_("Show one task force with its units and projects."))
@FORCE
@reading
def show(common: Common, force_id: int) -> None:
    """Of its projects those that you may see."""
    from cli import session
    from cli.output import line, print_json
    from workflow.wording import word

    with session.reading(common) as call:
        told = _told(call, force_id)
    if common.as_json:
        print_json(told)
        return
    line(_("Name"), told["name"])
    line(_("Task of the force"), told["purpose"])
    line(_("Leader"), told["leader"])
    line(_("Lead unit"), told["lead_unit"])
    line(_("Since"), told["since"])
    line(_("Dissolved"), told["ended_on"])
    for unit in told["units"]:
        line(_("Member unit"), unit["name"])
    for one in told["projects"]:
        line(_("Project"), f"{one['id']} {one['name']} ({word('light', one['light'])})")


def _told(call: Any, force_id: int) -> dict[str, Any]:
    from models.queries import forces as queries
    from models.queries import library
    from projects.library import forces
    from workflow.context import context
    from workflow.wording import unit_name

    people = context(call.s).directory
    row = forces.find(call.s, call.actor, force_id)
    wanted = library.ProjectFilter(ids=queries.project_ids(call.s, row.id))
    members = [people.units[m.unit_id] for m in queries.members(call.s, row.id)]
    names = ("id", "version", "name", "purpose", "leader", "since", "ended_on")
    return {name: getattr(row, name) for name in names} | {
        "lead_unit": unit_name(people, row.lead_unit_id),
        "units": [{"code": unit.code, "name": unit.name} for unit in members],
        "projects": [{"id": p.id, "name": p.name, "stage": p.stage, "light": p.light}
                     for p in library.everything(call.s, call.actor, people, wanted)],
    }  # fmt: skip


@force.command("add", help=N_("Set up a task force."))
@click.argument("name", metavar="NAME")
@option("--since", required=True, metavar="DATE", help=N_("Since when."))
@option("--unit", "units", multiple=True, metavar="UNIT",
        help=N_("A member unit; may be repeated."))  # fmt: skip
@_head
@reading
def add(common: Common, name: str, since: str, units: tuple[str, ...], **given: str | None) -> None:
    """For the office."""
    from cli.session import writing
    from projects.library import forces
    from workflow.typed import parse_date

    told = {key: text for key, text in given.items() if text is not None}
    with writing(common) as call:
        made = forces.found(call.s, actor=call.actor, name=name, units=units, now=call.now,
                            since=parse_date(since, "since"), **told)  # fmt: skip
    done(common, made, _("Task force {id} was set up.").format(id=made.id))


@force.command("edit", help=N_("Correct a task force; what is not named stays."))
@FORCE
@option("--name", metavar="TEXT", help=N_("Its name."))
@_head
@acting
def edit(common: Common, force_id: int, **given: str | None) -> None:
    """An empty text takes it away."""
    from projects.library.forces import amend

    told = {key: text for key, text in given.items() if text is not None}
    _run(common, amend, force_id=force_id, changes=told)


@force.command("join", help=N_("Add a member unit, or a project to look after."))
@FORCE
@_UNIT
@_PROJECT
@acting
def join(common: Common, force_id: int, unit: str, project_id: int | None) -> None:
    """One of the two."""
    from projects.library.forces import join as command

    _one_of(unit, project_id)
    _run(common, command, force_id=force_id, unit=unit, project_id=project_id)


@force.command("leave", help=N_("Take a unit or a project out of a task force."))
@FORCE
@_UNIT
@_PROJECT
@acting
def leave(common: Common, force_id: int, unit: str, project_id: int | None) -> None:
    """It stays in the history."""
    from projects.library.forces import leave as command

    _one_of(unit, project_id)
    _run(common, command, force_id=force_id, unit=unit, project_id=project_id)


@force.command("end", help=N_("Dissolve a task force; its record stays."))
@FORCE
@option("--on", "on", required=True, metavar="DATE", help=N_("Since that day."))
@acting
def end(common: Common, force_id: int, on: str) -> None:
    """A new one may be set up."""
    from projects.library.forces import dissolve
    from workflow.typed import parse_date

    _run(common, dissolve, force_id=force_id, ended_on=parse_date(on, "on"))


def _one_of(unit: str, project_id: int | None) -> None:
    from workflow.errors import Malformed, Reason

    if bool(unit.strip()) == (project_id is not None):
        message = _("Name a unit or a project.")
        raise Malformed(Reason("member_unclear", message, "unit", _("Use --unit or --project.")))


def _run(common: Common, command: Callable[..., Any], **given: Any) -> None:
    from cli.session import writing

    with writing(common) as call:
        made = command(call.s, actor=call.actor, now=call.now,
                       expected_version=common.expected_version, **given)  # fmt: skip
    done(common, made, _("Task force {id} was saved.").format(id=made.id))
