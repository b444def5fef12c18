"""`xiaohao template`: the texts of notices, their versions, check and publishing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cli.kit import Common, group, joined, option, reading
from config.i18n import LANGUAGES, N_
from config.i18n import gettext as _

which = joined(
    click.argument("kind"),
    click.argument("part", type=click.Choice(["subject", "body"])),
    click.argument("language", type=click.Choice(LANGUAGES)),
)
"""Whose text: a kind of notice, its subject or body, a language."""


@group(N_("Write, check and publish the texts of notices."))
def template() -> None:
    """The templates of notices."""


@template.command("list", help=N_("List the texts and which version of each is in force."))
@reading
def list_command(common: Common) -> None:
    """In the order of the kinds; version 0 is the shipped text."""
    from cli import session
    from cli.output import print_json, print_table
    from workflow import template_versions

    with session.reading(common) as call:
        found, zone = template_versions.overview(call.s), call.zone
    if common.as_json:
        print_json([_entry(e) for e in found])
        return
    print_table(
        (_("Kind"), _("Part"), _("Language"), _("Version"), _("Published"), _("Drafts")),
        [(*e.key, e.version or _("shipped"), _when(e.published_at, zone), e.drafts) for e in found],
    )


def _entry(entry: Any) -> dict[str, Any]:
    kind, part, language = entry.key
    return {
        "kind": kind,
        "part": part,
        "language": language,
        "version": entry.version,
        "drafts": entry.drafts,
        "published_at": entry.published_at,
        "failed": entry.failed,
    }


def _when(at: Any, zone: Any) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else ""


@template.command("show", help=N_("Print the text in force, or another version (0: shipped)."))
@which
@option("--version", "version", type=int, metavar="N", help=N_("Number of the version."))
@reading
def show(common: Common, kind: str, part: str, language: str, version: int | None) -> None:
    """The text as it was stored."""
    from cli import session
    from cli.output import print_json
    from workflow import template_versions

    with session.reading(common) as call:
        source = template_versions.source_of(call.s, (kind, part, language), version)
    if common.as_json:
        print_json({"version": version, "source": source})
    else:
        click.echo(source, nl=False)


@template.command("versions", help=N_("List the versions of a text, newest first."))
@which
@reading
def versions(common: Common, kind: str, part: str, language: str) -> None:
    """Who wrote, published and retired each."""
    from cli import session
    from cli.output import print_json, print_table
    from workflow import template_versions
    from workflow.context import context

    with session.reading(common) as call:
        found = template_versions.history(call.s, (kind, part, language))
        people, zone = context(call.s).directory, call.zone
    if common.as_json:
        print_json(found)
        return
    words = {"draft": _("draft"), "in_force": _("in force"), "retired": _("retired")}
    print_table(
        (_("Version"), _("State"), _("Written by"), _("Written"), _("Published"), _("Failure")),
        [
            (
                v.version,
                words[v.state],
                people.person_name(v.author_id),
                _when(v.created_at, zone),
                _when(v.published_at, zone),
                v.failure,
            )
            for v in found
        ],
    )


@template.command("check", help=N_("Try a text on every example and on notices that were sent."))
@which
@click.argument("file", type=click.Path(path_type=Path))
@reading
def check(common: Common, kind: str, part: str, language: str, file: Path) -> None:
    """Exit code 1 when there is any fault."""
    from cli import session
    from cli.faults import REFUSED
    from cli.files import read_text
    from cli.output import print_json
    from workflow import templates

    source = read_text(file)
    with session.reading(common) as call:
        faults = [str(f) for f in templates.check(call.s, (kind, part, language), source)]
    if common.as_json:
        print_json({"ok": not faults, "faults": faults})
    else:
        for fault in faults:
            click.echo(fault)
        click.echo(
            _("{n} faults found.").format(n=len(faults))
            if faults
            else _("No faults: {files}").format(files=file)
        )
    if faults:
        raise click.exceptions.Exit(REFUSED)


@template.command("publish", help=N_("Put a text in force for every notice from now on."))
@which
@click.argument("file", type=click.Path(path_type=Path))
@reading
def publish(common: Common, kind: str, part: str, language: str, file: Path) -> None:
    """Refused with every fault of the text."""
    from cli import session
    from cli.files import read_text
    from workflow import templates

    source, key = read_text(file), (kind, part, language)
    with session.reading(common) as call:
        vetted = templates.vet(call.s, key, source)  # takes seconds: before anything is locked
    with session.writing(common) as call:
        version = templates.publish(
            call.s, key, source, actor=call.person, now=call.now, vetted=vetted
        )
    _told(common, version)


@template.command("revert", help=N_("Go back to an older version, or to the shipped text (0)."))
@which
@option("--to", "to", type=int, required=True, metavar="N", help=N_("Number of the version."))
@reading
def revert(common: Common, kind: str, part: str, language: str, to: int) -> None:
    """An older text comes back as a new version."""
    from cli import session
    from workflow import template_versions, templates

    key = (kind, part, language)
    with session.reading(common) as call:
        vetted = templates.vet(call.s, key, template_versions.source_of(call.s, key, to))
    with session.writing(common) as call:
        version = templates.revert(call.s, key, to, actor=call.person, now=call.now, vetted=vetted)
    _told(common, version)


def _told(common: Common, version: int) -> None:
    from cli.output import print_json

    if common.as_json:
        print_json({"version": version})
    elif version:
        click.echo(_("Version {n} is in force for every notice from now on.").format(n=version))
    else:
        click.echo(_("The shipped text is in force for every notice from now on."))
