"""`xiaohao archive`: closed issues into files that are verified, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cli.kit import Common, group, option, reading
from config.i18n import N_
from config.i18n import gettext as _

_passphrase = option(
    "--passphrase-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help=N_("Encrypt with, or open by, the passphrase in the first line of this file."),
)
_folder = option(
    "--dir",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help=N_("Where the files are; archives below XIAOHAO_VAR_DIR by default."),
)


@group(N_("Move closed issues into files that can be verified and read back."))
def archive() -> None:
    """Planned by the system administrator, approved by the chief, carried out by the former."""


@archive.command("plan", help=N_("Say what could be archived; with --propose, ask the chief."))
@option("--months", type=int, help=N_("How long issues rest; XIAOHAO_ARCHIVE_MONTHS by default."))
@option("--propose", is_flag=True, help=N_("Put an archive for each month before the chief."))
@reading
def plan(common: Common, months: int | None, propose: bool) -> None:
    """By month how many may go, and by reason how many stay."""
    from cli import session
    from cli.output import print_json
    from config.settings import settings
    from storage.archive import acts

    n = settings().archive_months if months is None else months
    if propose:
        with session.writing(common) as call:
            found = acts.plan(call.s, call.actor, call.now, n)
    else:
        with session.writing(common) as call:
            found = acts.preview(call.s, call.actor, call.now, n)
    if common.as_json:
        print_json(found)
        return
    click.echo(_("Issues at rest since before {day}:").format(day=f"{found.before:%Y-%m-%d}"))
    for month, issues in found.months.items():
        click.echo(f"  {month}: {issues}")
    for why, issues in found.held.items():
        click.echo(_("  stay: {n} ({why})").format(n=issues, why=_(_HELD[why])))
    for name in found.archives:
        click.echo(_("Proposed: {name}").format(name=name))


_HELD = {
    "lookback": N_("a look-back is planned"),
    "request": N_("a request is open"),
    "prepared": N_("a step of the ladder waits for a person"),
    "clock": N_("the clock has something to do"),
    "document": N_("a document is not issued yet"),
    "notice": N_("a notice has not gone out"),
    "callback": N_("news for a platform has not gone out"),
    "coordination": N_("coordination is asked for"),
    "demand": N_("a demand of an enterprise waits for it"),
    "merged_into": N_("the issue it was merged into is open"),
    "newest": N_("it owns the newest row of a table"),
    "recent": N_("one of its dates is too recent"),
    "month_open": N_("a month of its life is not frozen"),
}


@archive.command("list", help=N_("List archives with their steps."))
@reading
def list_(common: Common) -> None:
    """Every archive, whatever its step."""
    from cli import session
    from cli.output import print_json, print_table
    from storage.archive import acts

    with session.reading(common) as call:
        rows = list(acts.every(call.s))
    if common.as_json:
        print_json([dict(row._mapping) for row in rows])
        return
    titles = (_("Name"), _("Month"), _("Step"), _("Issues"), _("Bytes"), _("Digest"))
    print_table(
        titles,
        [(r.name, r.month, r.state, r.issues or r.planned, r.size, r.digest[:16]) for r in rows],
    )


@archive.command("approve", help=N_("Agree, as the chief, that an archive's issues are moved."))
@click.argument("name", metavar="NAME")
@option("--reason", default="", help=N_("On what it rests."))
@reading
def approve(common: Common, name: str, reason: str) -> None:
    """For the office chief."""
    from cli import session
    from storage.archive import acts

    with session.writing(common) as call:
        acts.approve(call.s, call.actor, call.now, name, reason)
    _said(common, {"name": name, "state": "approved"}, _("{name}: approved.").format(name=name))


@archive.command("run", help=N_("Write an approved archive, verify it, and move its issues."))
@click.argument("name", metavar="NAME")
@_folder
@_passphrase
@reading
def run(common: Common, name: str, folder: Path | None, passphrase_file: Path | None) -> None:
    """Goes on where it was interrupted."""
    from cli.progress import bar
    from cli.session import actor_in, moment_of, opened
    from storage.archive.moving import run as carry_out

    with opened(common.db_url) as db, bar(_("Archive"), None) as told:
        actor, now = actor_in(db, common), moment_of(db, common)
        found = carry_out(
            db, _place(folder), name, actor, now, lambda _what, n, _all: told(n),
            _secret(passphrase_file),
        )  # fmt: skip
    text = _("{path}: {issues} issues, {rows} rows moved, {left} left. Digest: {digest}")
    _said(common, found, text.format(path=found.path, issues=found.issues, rows=found.rows,
                                     left=found.left, digest=found.digest))  # fmt: skip


@archive.command("verify", help=N_("Read an archive and hold it against what stayed here."))
@click.argument("name", metavar="NAME")
@_folder
@_passphrase
@reading
def verify(common: Common, name: str, folder: Path | None, passphrase_file: Path | None) -> None:
    """Exit code 1 when anything is wrong."""
    from cli import session
    from storage.archive import returning

    with session.reading(common) as call:
        found = returning.verify(
            call.s, _place(folder), name, _secret(passphrase_file), lambda *_told: None
        )
    for fault in found.faults if not common.as_json else ():
        click.echo(fault, err=True)
    text = _("{name}: {issues} issues, {rows} rows, {faults} faults").format(
        name=found.name, issues=found.issues, rows=found.rows, faults=len(found.faults)
    )
    _said(common, found, text)
    if found.faults:
        raise click.exceptions.Exit(1)


@archive.command("show", help=N_("Show an archived issue, every row of it, as JSON."))
@click.argument("number", metavar="NUMBER")
@_folder
@_passphrase
@reading
def show(common: Common, number: str, folder: Path | None, passphrase_file: Path | None) -> None:
    """For whoever may see the issue."""
    from cli import session
    from cli.output import print_json
    from storage.archive import returning

    with session.reading(common) as call:
        print_json(
            returning.show(call.s, _place(folder), number, call.actor, _secret(passphrase_file))
        )


@archive.command("restore", help=N_("Put an archive's issues back into the database."))
@click.argument("name", metavar="NAME")
@option("--issue", "numbers", multiple=True, help=N_("Only this issue; may be repeated."))
@option("--reason", default="", help=N_("What it is needed for."))
@_folder
@_passphrase
@reading
def restore(
    common: Common,
    name: str,
    numbers: tuple[str, ...],
    reason: str,
    folder: Path | None,
    passphrase_file: Path | None,
) -> None:
    """The rows as they were; what is back already stays."""
    from cli.progress import bar
    from cli.session import actor_in, moment_of, opened
    from storage.archive.returning import restore as put_back

    with opened(common.db_url) as db, bar(_("Restore"), None) as told:
        actor, now = actor_in(db, common), moment_of(db, common)
        found = put_back(
            db, _place(folder), name, actor, now, lambda _what, n, _all: told(n), reason=reason,
            passphrase=_secret(passphrase_file), numbers=numbers,
        )  # fmt: skip
    text = _("{name}: {issues} issues, {rows} rows are back.")
    _said(common, found, text.format(name=found.name, issues=found.issues, rows=found.rows))


def _said(common: Common, data: Any, text: str) -> None:
    from cli.output import print_json

    if common.as_json:
        print_json(data)
    else:
        click.echo(text)


def _place(folder: Path | None) -> Path:
    from config.settings import settings

    return folder or settings().var_dir / "archives"


def _secret(path: Path | None) -> str:
    from cli.keeping import passphrase_of

    return passphrase_of(path)
