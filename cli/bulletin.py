"""`xiaohao bulletin`: the life of monthly bulletins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cli.kit import Common, acting, group, option, reading
from config.i18n import N_
from config.i18n import gettext as _


@group(N_("Monthly bulletins: draft, check, sign, issue, make again."))
def bulletin() -> None:
    """Bulletins."""


@bulletin.command("list", help=N_("List the bulletins in your scope, newest first."))
@reading
def list_(common: Common) -> None:
    """At most 50."""
    from cli import session
    from cli.output import print_json, print_table
    from projects.bulletins import commands
    from projects.bulletins import reading as bulletins

    with session.reading(common) as call:
        rows = [
            {
                "id": line.row.id, "month": line.row.month, "state": line.state,
                "number": line.document.number if line.document is not None else None,
            }
            for line in bulletins.listed(call.s, call.actor)
        ]  # fmt: skip
    if common.as_json:
        print_json(rows)
        return
    titles = (_("No."), _("Month"), _("State"), _("Number"))
    shown = [tuple((r | {"state": commands.state_word(str(r["state"]))}).values()) for r in rows]
    print_table(titles, shown, _("No bulletin yet."))


@bulletin.command("draft", help=N_("Draft the bulletin of a frozen month."))
@click.argument("month", metavar="MONTH")
@reading
def draft(common: Common, month: str) -> None:
    """Its words begin with those of the mechanism."""
    from cli.session import writing
    from projects.bulletins import commands

    with writing(common) as call:
        key = commands.draft(call.s, actor=call.actor, month=month, now=call.now)
    _say(common, key, "draft")


@bulletin.command("show", help=N_("Show a bulletin with its figures filled in."))
@click.argument("number", metavar="NO", type=int)
@reading
def show_bulletin(common: Common, number: int) -> None:
    """Sections and where the figures come from."""
    from cli import session
    from cli.output import print_json
    from projects.bulletins import reading as bulletins
    from projects.bulletins import words

    with session.reading(common) as call:
        line = bulletins.find(call.s, call.actor, number)
        source = bulletins.source(call.s, line)
        texts = {name: getattr(line.row, name) for name in words.HEADS}
        filled = {name: words.filled(text, source) for name, text in texts.items()}
    told = {
        "id": number, "month": line.row.month, "state": line.state, "version": line.row.version,
        "edition": source.frozen.edition, "digest": source.frozen.digest,
        "document": line.row.document_id, "words": texts, "filled": filled,
    }  # fmt: skip
    if common.as_json:
        print_json(told)
        return
    for name, text in filled.items():
        if text:
            click.echo(f"{words.HEADS[name]}\n{text}\n")


@bulletin.command("edit", help=N_("Change a section of a draft."))
@click.argument("number", metavar="NO", type=int)
@click.argument("section", metavar="SECTION", type=click.Choice(
    ("starts", "investment", "progress", "requirements")))  # fmt: skip
@click.argument("text", metavar="TEXT")
@acting
def edit(common: Common, number: int, section: str, text: str) -> None:
    """Figures stay placeholders."""
    _step(common, "edit", number, words={section: text})


@bulletin.command("check", help=N_("Check a draft and prepare its document."))
@click.argument("number", metavar="NO", type=int)
@option("--issuer", default="", help=N_("Code of the office that issues it, if not your own."))
@acting
def check_bulletin(common: Common, number: int, issuer: str) -> None:
    """Typed figures and long texts are refused."""
    _step(common, "check", number, issuer=issuer)


@bulletin.command("sign", help=N_("Sign it: it gets its number and date."))
@click.argument("number", metavar="NO", type=int)
@acting
def sign(common: Common, number: int) -> None:
    """The deputy director."""
    _step(common, "sign", number)


@bulletin.command("issue", help=N_("Issue it to every unit."))
@click.argument("number", metavar="NO", type=int)
@acting
def issue(common: Common, number: int) -> None:
    """Signed ones only."""
    _step(common, "issue", number)


@bulletin.command("correct", help=N_("Draft a bulletin that corrects an issued one."))
@click.argument("number", metavar="NO", type=int)
@option("--reason", required=True, help=N_("Why."))
@reading
def correct(common: Common, number: int, reason: str) -> None:
    """It says so."""
    from cli.session import writing
    from projects.bulletins import commands

    with writing(common) as call:
        key = commands.correct(
            call.s, actor=call.actor, bulletin=number, reason=reason, now=call.now
        )
    _say(common, key, "draft")


@bulletin.command("regenerate", help=N_("Make a bulletin again from its snapshot and compare."))
@click.argument("number", metavar="NO", type=int)
@option("--format", "form", type=click.Choice(("docx", "pdf")), default="pdf",
        help=N_("docx or pdf."))  # fmt: skip
@option("--output", type=click.Path(dir_okay=False, path_type=Path), help=N_("Write it here."))
@reading
def regenerate(common: Common, number: int, form: str, output: Path | None) -> None:
    """Exit code 1 where it is not byte for byte the same."""
    from cli import session
    from cli.output import print_json
    from projects.bulletins import reading as bulletins

    with session.reading(common) as call:
        made = bulletins.regenerate(call.s, call.actor, number, form)
    if output is not None:
        output.write_bytes(made.content)
    if common.as_json:
        print_json({"id": number, "same": made.same, "snapshot": made.digest})
    else:
        same, other = _("Byte for byte the same."), _("It differs from what was prepared.")
        click.echo(same if made.same else other)
    if not made.same:
        raise click.exceptions.Exit(1)


def _step(common: Common, name: str, number: int, **given: Any) -> None:
    from cli.session import writing
    from projects.bulletins import commands
    from projects.bulletins import reading as bulletins

    with writing(common) as call:
        getattr(commands, name)(
            call.s, actor=call.actor, bulletin=number, now=call.now,
            expected_version=common.expected_version, **given,
        )  # fmt: skip
        state = bulletins.find(call.s, call.actor, number).state
    _say(common, number, state)


def _say(common: Common, number: int, state: str) -> None:
    from cli.output import print_json
    from projects.bulletins.commands import state_word

    if common.as_json:
        print_json({"id": number, "state": state})
    else:
        click.echo(_("Bulletin {id} is now: {state}.").format(id=number, state=state_word(state)))
