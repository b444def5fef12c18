"""`xiaohao ledger`, `import` and `export`: the ledger, and files in and out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cli.kit import (
    Command,
    Common,
    group,
    option,
    reading,
    using_database,
)
from config.i18n import N_
from config.i18n import gettext as _

_FILE = click.Path(path_type=Path)


@group(N_("Reconcile the ledger."))
def ledger() -> None:
    """The ledger."""


@ledger.command(
    "balance", help=N_("Check that opened = open + closed + rejected + merged + archived.")
)
@using_database
def balance(common: Common) -> None:
    """Per unit, project and month; exit code 1 when it does not balance."""
    from cli import session
    from cli.output import print_json, print_table
    from workflow.balance import reconcile

    with session.reading(common) as call:
        found = reconcile(call.s)
    if common.as_json:
        print_json({"balanced": found.balanced, "rows": [r.to_json() for r in found.rows]})
    else:
        names = {
            "all": _("whole ledger"),
            "unit": _("unit"),
            "project": _("project"),
            "month": _("month"),
        }
        titles = (
            _("By"),
            _("Name"),
            _("Opened"),
            _("Open"),
            _("Closed"),
            _("Not accepted"),
            _("Merged"),
            _("Archived"),
            _("Closures"),
            _("Relapses"),
            _("Balances"),
        )
        print_table(
            titles,
            [
                (
                    names[r.dimension],
                    r.key,
                    r.opened,
                    r.open,
                    r.closed,
                    r.rejected,
                    r.merged,
                    r.archived,
                    r.closures,
                    r.relapses,
                    r.balanced,
                )
                for r in found.rows
            ],
        )
        click.echo(
            _("The ledger balances.") if found.balanced else _("The ledger does not balance.")
        )
    if not found.balanced:
        raise click.exceptions.Exit(1)


@click.command("import", cls=Command, help=N_("Take issues from a ledger file."))
@click.argument("file", metavar="LEDGER", type=_FILE)
@option("--mapping", type=_FILE, required=True, help=N_("TOML that maps the file's headers."))
@option("--dry-run", is_flag=True, help=N_("Only say what would be done."))
@option("--partial", is_flag=True, help=N_("Take good rows although others are refused."))
@option("--update", is_flag=True, help=N_("Apply rows that have changed since the last import."))
@option("--expect", metavar="DIGEST", help=N_("Only if the differences are those of a dry run."))
@option("--triage-as", help=N_("Who breaks down; the actor by default."))
@option("--dispatch-as", help=N_("Who hands over; the actor by default."))
@reading
def import_command(
    common: Common,
    file: Path,
    mapping: Path,
    dry_run: bool,
    partial: bool,
    update: bool,
    expect: str | None,
    triage_as: str | None,
    dispatch_as: str | None,
) -> None:
    """Every bad row is reported; good rows are taken only with --partial if any is bad."""
    from cli.files import needed
    from cli.output import print_json
    from cli.progress import bar
    from cli.session import given, moment_of, opened
    from workflow.ledgers.importer import import_ledger
    from workflow.ledgers.mapping import load_mapping

    actors = given(report=_named(common), triage=triage_as, dispatch=dispatch_as)
    needed(file, mapping)
    known = load_mapping(mapping)
    with opened(common.db_url) as db, bar(_("Import"), _rows(file, known)) as progress:
        report = import_ledger(
            db,
            file,
            known,
            actors=actors,
            now=moment_of(db, common),
            dry_run=dry_run,
            partial=partial,
            update=update,
            expect=expect,
            progress=progress,
        )
    if common.as_json:
        print_json(report)
    else:
        _print_import(report, dry_run)
    if report.refused:
        raise click.exceptions.Exit(1)


def _named(common: Common) -> str:
    from workflow.errors import Malformed, Reason

    if common.acting_as:
        return common.acting_as
    raise Malformed(
        Reason(
            "actor_missing",
            _("Nobody is named to act."),
            "actor",
            _("Add --as USERNAME, or set XIAOHAO_ACTOR."),
        )
    )


def _rows(file: Path, known: Any) -> int | None:
    """Number of rows, for the bar alone: a fault is reported by the import itself."""
    from workflow.ledgers.reader import count_rows

    try:
        return count_rows(
            file,
            encoding=known.encoding,
            delimiter=known.delimiter,
            sheet=known.sheet,
            header_row=known.header_row,
        )
    except Exception:
        return None


def _print_import(report: Any, dry_run: bool) -> None:
    from cli.output import print_row_faults

    print_row_faults(report.refused)
    for d in report.differences:
        click.echo(
            _("Row {row} ({number}): {field}: {old} → {new}").format(
                row=d.row, number=d.issue_number, field=d.field, old=repr(d.old), new=repr(d.new)
            )
        )
    click.echo(
        _(
            "Taken: {taken}, unchanged: {unchanged}, changed: {changed}, updated: {updated}, "
            "held back: {held_back}, refused: {refused}."
        ).format(
            taken=report.taken,
            unchanged=report.unchanged,
            changed=report.changed,
            updated=report.updated,
            held_back=report.held_back,
            refused=report.refused_rows,
        )
    )
    if report.undated:
        click.echo(
            _("The export has no check codes: check by hand what others have changed since.")
        )
    if dry_run and report.differences:
        click.echo(
            _("Apply these differences only: --expect {digest}").format(digest=report.digest)
        )
    if not report.written:
        click.echo(_("Nothing was written (dry run).") if dry_run else _("Nothing was written."))
    elif report.changed:
        click.echo(_("Changed rows were left alone; --update applies them."))


@group(N_("Write the ledger to a file."))
def export() -> None:
    """Files for people."""


@export.command("ledger", help=N_("Write what you may see of the ledger."))
@option(
    "--format",
    "fmt",
    type=click.Choice(["xlsx", "csv"]),
    default="xlsx",
    show_default=True,
    help=N_("Format of the file."),
)
@option("--out", type=_FILE, required=True, metavar="FILE", help=N_("Where to."))
@option("--open", "open_only", is_flag=True, help=N_("Only those not closed."))
@option("--listed", "listed_only", is_flag=True, help=N_("Only those on the list of the leaders."))
@option("--category", "categories", multiple=True, help=N_("Only of this category."))
@option("--unit", "units", multiple=True, help=N_("Only led by this unit, by code or name."))
@option("--board", "boards", multiple=True, help=N_("Only in this town or street."))
@reading
def export_ledger(common: Common, fmt: str, out: Path, **filters: Any) -> None:
    """The bureau's columns, lights as fills."""
    from cli.output import print_json
    from cli.progress import bar
    from cli.session import moment_of, opened
    from workflow.ledgers.exporter import export_ledger as write

    with opened(common.db_url) as db, bar(_("Export"), None) as progress:
        count = write(
            db, _named(common), out, fmt, now=moment_of(db, common), progress=progress, **filters
        )
    if common.as_json:
        print_json({"lines": count, "file": out, "format": fmt})
    else:
        click.echo(_("{n} lines written to {path}.").format(n=count, path=out))
