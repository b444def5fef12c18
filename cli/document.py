"""Official documents: list, prepare, sign, issue, receive, void, and write them to files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cli.kit import Common, acting, group, option, reading
from config.i18n import N_
from config.i18n import gettext as _


@group(N_("Official documents: numbers, signatures, receipts, files."))
def document() -> None:
    """Documents."""


@document.command("kinds", help=N_("List the kinds and the fields that each wants."))
@reading
def kinds(common: Common) -> None:
    """With legal form and fields; nobody need be named."""
    from cli.output import print_json, print_table
    from config.i18n import current_language
    from notifications.documents.kinds import KINDS

    rows = [
        {
            "kind": kind.name,
            "name": kind.title(current_language()),
            "form": kind.form,
            "about": kind.about,
            "fields": [one.name + ("" if one.needed else "?") for one in kind.fields],
        }
        for kind in KINDS.values()
    ]
    if common.as_json:
        print_json(rows)
        return
    titles = (_("Kind"), _("Name"), _("Legal form"), _("About"), _("Fields"))
    print_table(titles, [tuple(row.values()) for row in rows])


@document.command("list", help=N_("List the documents in your scope, newest first."))
@option("--kind", default="", help=N_("Only this kind."))
@option("--state", default="", help=N_("Only those prepared, signed, issued or void."))
@reading
def list_(common: Common, kind: str, state: str) -> None:
    """At most 200."""
    from cli import session
    from cli.output import print_json, print_table
    from workflow.documents import store
    from workflow.documents.outcome import about, state_name

    with session.reading(common) as call:
        found = store.list_documents(call.s, call.actor, kind=kind, state=state, limit=200)
        subjects = store.subjects_of(call.s, [row.id for row in found])
        rows = [
            {
                "id": row.id,
                "number": row.number,
                "kind": row.kind,
                "title": row.title,
                "about": about(subjects[row.id].issues, subjects[row.id].tasks),
                "state": row.state,
                "prepared_at": row.prepared_at.astimezone(call.zone).isoformat(" ")[:16],
            }
            for row in found
        ]
    if common.as_json:
        print_json(rows)
        return
    titles = (
        _("No."),
        _("Number"),
        _("Kind"),
        _("Title of the document"),
        _("About"),
        _("State"),
        _("Prepared at"),
    )
    shown = [tuple((row | {"state": state_name(row["state"])}).values()) for row in rows]
    print_table(titles, shown, _("No documents."))


@document.command("prepare", help=N_("Prepare a document: freeze what it says."))
@click.argument("kind", metavar="KIND")
@option("--issue", "issues", multiple=True, help=N_("Number of an issue; may repeat."))
@option("--task", "tasks", multiple=True, help=N_("Number of a task; may repeat."))
@option(
    "--set", "given", multiple=True, metavar="FIELD=TEXT", help=N_("A field of the kind; repeats.")
)
@option("--to", multiple=True, help=N_("Code of a unit it goes to; may repeat."))
@option("--copy", "copies", multiple=True, help=N_("Code of a unit with a copy; may repeat."))
@option("--issuer", default="", help=N_("Code of the office that issues it, if not your own."))
@option("--step", "steps", multiple=True, type=int, help=N_("A prepared step that it carries out."))
@reading
def prepare(common: Common, kind: str, given: tuple[str, ...], **asked: Any) -> None:
    """Neither numbered nor dated before it is signed."""
    from cli.session import writing
    from workflow.documents import commands

    fields = dict(_pair(text) for text in given)
    draft = commands.Draft(kind, given=fields, **asked)
    with writing(common) as call:
        made = commands.prepare(call.s, actor=call.actor, draft=draft, now=call.now)
    _done(common, made)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(_("Write a field as FIELD=TEXT."))
    return name.strip(), value


@document.command("sign", help=N_("Sign it: it gets its number and date."))
@click.argument("number", metavar="NO", type=int)
@acting
def sign(common: Common, number: int) -> None:
    """By the person whom its kind asks for."""
    _step(common, "sign", number, expected_version=common.expected_version)


@document.command("issue", help=N_("Issue it to its addressees, who are told."))
@click.argument("number", metavar="NO", type=int)
@acting
def issue(common: Common, number: int) -> None:
    """Signed documents only."""
    _step(common, "issue", number, expected_version=common.expected_version)


@document.command("receive", help=N_("Confirm that it has arrived at your unit."))
@click.argument("number", metavar="NO", type=int)
@reading
def receive(common: Common, number: int) -> None:
    """签收."""
    _step(common, "receive", number)


@document.command("void", help=N_("Void it; its number is kept."))
@click.argument("number", metavar="NO", type=int)
@option("--reason", required=True, help=N_("Why."))
@acting
def void(common: Common, number: int, reason: str) -> None:
    """With a reason."""
    _step(common, "void", number, reason=reason, expected_version=common.expected_version)


@document.command("render", help=N_("Write documents as files into a folder."))
@click.argument("numbers", metavar="NO...", type=int, nargs=-1, required=True)
@option(
    "--format", "forms", type=click.Choice(("docx", "pdf")), multiple=True, default=("pdf",),
    help=N_("docx or pdf; may repeat."),
)  # fmt: skip
@option(
    "--output",
    default=".",
    type=click.Path(file_okay=False, path_type=Path),
    help=N_("The folder."),
)
@option("--zip", "as_pack", is_flag=True, help=N_("One ZIP with all of them."))
@option("--merged", is_flag=True, help=N_("One PDF with all of them."))
@reading
def render(
    common: Common, numbers: tuple[int, ...], forms: tuple[str, ...], output: Path, as_pack: bool,
    merged: bool,
) -> None:  # fmt: skip
    """The same document always gives the same bytes."""
    from cli import session
    from workflow.documents import files, packs

    with session.reading(common) as call:
        made = (
            [packs.merged(call.s, call.actor, numbers, now=call.now)]
            if merged
            else [packs.pack(call.s, call.actor, numbers, forms, now=call.now)]
            if as_pack
            else [files.render(call.s, call.actor, n, form) for n in numbers for form in forms]
        )
    output.mkdir(parents=True, exist_ok=True)
    for file in made:
        (output / file.name).write_bytes(file.content)
    _say(common, [str(output / file.name) for file in made], "\n".join(f.name for f in made))


def _step(common: Common, name: str, number: int, **given: Any) -> None:
    from cli.session import writing
    from workflow.documents import commands

    with writing(common) as call:
        act = getattr(commands, name)
        done = act(call.s, actor=call.actor, document=number, now=call.now, **given)
    _done(common, done)


def _done(common: Common, made: Any) -> None:
    """Say where the document stands, and what to mind."""
    from workflow.documents.outcome import state_name

    text = _("Document {id} {number} is now: {state}.").format(
        id=made.id, number=made.number or _("(no number)"), state=state_name(made.state)
    )
    _say(common, made, "\n".join([text, *map(str, made.warnings)]))


def _say(common: Common, data: Any, text: str) -> None:
    from cli.output import print_json

    if common.as_json:
        print_json(data)
    else:
        click.echo(text)
