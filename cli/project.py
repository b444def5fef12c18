"""`xiaohao project`: the project library."""

from __future__ import annotations

from typing import Any

import click

from cli.chain import chain, chains
from cli.force import force
from cli.kit import Common, acting, group, option, reading
from cli.project_files import export, import_list, merge
from cli.project_kit import FIELD, LIST_CODES, STAGE_CODES, done, narrowed, pairs_of, wanted
from cli.project_parts import PARTS
from config.i18n import N_
from config.i18n import gettext as _


@group(N_("Keep the library of key projects."))
def project() -> None:
    """Key projects."""


@project.command("list", help=N_("List the projects that you may see."))
@narrowed
@reading
def list_projects(common: Common, **given: Any) -> None:
    """Worst light first."""
    from cli import session
    from cli.output import print_json, print_table
    from models.queries import library
    from projects.library import comparing
    from workflow.context import context
    from workflow.wording import unit_name, word

    with session.reading(common) as call:
        people = context(call.s).directory
        rows = library.everything(call.s, call.actor, people, wanted(call, given))
        lists = comparing.lists_of(call.s, [row.id for row in rows])
    if common.as_json:
        names = ("id", "name", "code", "stage", "light", "version")
        print_json([{n: getattr(row, n) for n in names} | {"lists": lists[row.id]} for row in rows])
        return
    print_table(
        (_("No."), _("Project"), _("Project code"), _("Stage"), _("Light"), _("Town or street"),
         _("Project lists")),
        [(row.id, row.name, row.code, word("stage", row.stage), word("light", row.light),
          unit_name(people, row.board_id), lists[row.id]) for row in rows],
    )  # fmt: skip


@project.command("show", help=N_("Show one project with its record."))
@click.argument("project_id", metavar="ID", type=int)
@reading
def show(common: Common, project_id: int) -> None:
    """Fields, stages, lists, chain of responsibility, tags."""
    from cli import session
    from cli.output import line, print_json
    from projects.access import find_project, may_report
    from projects.library import comparing, duties, listings, merging, stages, tags
    from workflow.context import context
    from workflow.wording import unit_name, word

    with session.reading(common) as call:
        people = context(call.s).directory
        row = find_project(call.s, call.actor, project_id)
        told = merging.facts(call.s, [row])[row.id]
        if not may_report(call.s, call.actor, row):
            told["contact_phone"] = ""
        steps = stages.timeline(call.s, [row.id])[row.id]
        entries = listings.of(call.s, [row.id])[row.id]
        chain = duties.chain(call.s, [row.id])[row.id]
        tagged = tags.of(call.s, [row.id])[row.id]
    if common.as_json:
        print_json({"id": row.id, "version": row.version, "light": row.light,
                    "merged_into": row.merged_into_id, "record": told, "stages": steps,
                    "listings": [dict(e._mapping) for e in entries],
                    "duties": [dict(d._mapping) for d in chain],
                    "tags": [{"kind": t.kind, "tag": t.tag} for t in tagged]})  # fmt: skip
        return
    for name, text in told.items():
        line(comparing.label(name), comparing.told(name, text, people))
    line(_("Light"), word("light", row.light))
    for step in steps:
        text = f"{word('stage', step.stage)} {step.since} {step.note}".strip()
        line(_("Stage"), text if step.standing else f"{text} ({_('corrected')})")
    for entry in entries:
        text = f"{comparing.list_name(entry.list_code, entry.year)} {entry.library}"
        line(_("Project list"), f"{text} {entry.source_id} {entry.removed_on or ''}".strip())
    for duty in chain:
        who = people.person_name(duty.person_id) or duty.name
        text = f"{unit_name(people, duty.unit_id)} {who} {duty.since} {duty.until or ''}"
        line(word("duty", duty.role), text.strip())
    for tag in tagged:
        line(word("tag_kind", tag.kind), tag.tag)


@project.command("add", help=N_("Add a project."))
@click.argument("name", metavar="NAME")
@FIELD
@option("--board", default="", metavar="UNIT", help=N_("Town or street where it lies."))
@reading
def add(common: Common, name: str, fields: tuple[str, ...], board: str) -> None:
    """A new record."""
    from cli.session import writing
    from projects.library import commands as library

    with writing(common) as call:
        made = library.add(call.s, actor=call.actor, values={"name": name} | pairs_of(fields),
                           board=board, now=call.now)  # fmt: skip
    done(common, made, _("Project {id} was added.").format(id=made.id))


@project.command("edit", help=N_("Correct fields of a record."))
@click.argument("project_id", metavar="ID", type=int)
@FIELD
@acting
def edit(common: Common, project_id: int, fields: tuple[str, ...]) -> None:
    """Fields that are not named stay as they are."""
    from cli.session import writing
    from projects.library import commands as library

    with writing(common) as call:
        made = library.edit(call.s, actor=call.actor, project_id=project_id,
                            values=pairs_of(fields), now=call.now,
                            expected_version=common.expected_version)  # fmt: skip
    done(common, made, _("Project {id} was saved.").format(id=made.id))


@project.command("stage", help=N_("Record that a project is in a stage."))
@click.argument("project_id", metavar="ID", type=int)
@click.argument("stage", metavar="STAGE", type=click.Choice(STAGE_CODES))
@option("--since", required=True, metavar="DATE", help=N_("Since when."))
@option("--note", default="", help=N_("A note, or the reason of a correction."))
@acting
def stage(common: Common, project_id: int, stage: str, since: str, note: str) -> None:
    """A step back is a correction with a reason."""
    from cli.session import writing
    from projects.library import stages
    from workflow.typed import parse_date

    with writing(common) as call:
        made = stages.reach(call.s, actor=call.actor, project_id=project_id, stage=stage,
                            since=parse_date(since, "since"), note=note, now=call.now,
                            expected_version=common.expected_version)  # fmt: skip
    done(common, made, _("Project {id} was saved.").format(id=made.id))


@project.command("list-on", help=N_("Put a project on a list of a year."))
@click.argument("project_id", metavar="ID", type=int)
@click.argument("list_code", metavar="LIST", type=click.Choice(LIST_CODES))
@click.argument("year", metavar="YEAR", type=int)
@option("--library", help=N_("Library that the list is from."))
@option("--source-id", help=N_("The project's id there."))
@option(
    "--carried-over/--not-carried-over",
    default=None,
    help=N_("It was carried over from an earlier year, or was not."),
)
@option("--on", "listed_on", metavar="DATE", help=N_("Since when it is on the list."))
@option("--note", help=N_("A note."))
@acting
def list_on(common: Common, listed_on: str | None, **given: Any) -> None:
    """An entry of the same list and year is corrected; what is not named stays, "" takes it
    back."""
    from cli.session import writing
    from projects.library import listings
    from workflow.typed import parse_date

    named = {name: value for name, value in given.items() if value is not None}
    if listed_on is not None:
        named["listed_on"] = parse_date(listed_on, "listed_on") if listed_on else None
    with writing(common) as call:
        made = listings.enlist(call.s, actor=call.actor, now=call.now,
                               expected_version=common.expected_version, **named)  # fmt: skip
    done(common, made, _("Project {id} was saved.").format(id=made.id))


for _one in (*PARTS, merge, import_list, export, chains, chain, force):
    project.add_command(_one)
