"""`xiaohao kpi`: figures of units by month."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cli.kit import Common, group, option, reading
from config.i18n import N_
from config.i18n import gettext as _

_MONTH = option(
    "--month", default="", metavar="MONTH",
    help=N_("The month, e.g. 2026-09; the newest frozen month by default."),
)  # fmt: skip


@group(N_("Figures of units by month: show, check, export."))
def kpi() -> None:
    """Figures."""


@kpi.command("show", help=N_("Show the figures of a month, with numerator, denominator and n."))
@_MONTH
@option("--unit", default="", metavar="CODE", help=N_("Of this unit only."))
@reading
def show(common: Common, month: str, unit: str) -> None:
    """Those in sight."""
    from cli import session
    from cli.output import print_json, print_table
    from projects.kpi import reading as figures
    from projects.kpi.exporting import lines
    from projects.kpi.scopes import units_of

    with session.reading(common) as call:
        seen = figures.view(call.s, call.actor, call.now, month)
        names = {u.name for u in units_of(seen.content) if u.code == unit}
        head, *rows = list(lines(seen))
    shown = [row for row in rows if not unit or row[3] in names]
    if common.as_json:
        keys = (
            "month", "state", "class", "unit", "figure", "value", "numerator", "denominator", "n",
            "rank",
        )  # fmt: skip
        print_json([{k: _plain(v) for k, v in zip(keys, row, strict=True)} for row in shown])
        return
    titles = tuple(str(title) for title in head[2:])
    print_table(titles, [tuple(_text(v) for v in row[2:]) for row in shown], _("No figures."))


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, (int, str)) else str(value)


def _text(value: Any) -> str:
    return "—" if value is None else str(value)


@kpi.command("check", help=N_("Work out a frozen month again and compare with what was stored."))
@_MONTH
@reading
def check(common: Common, month: str) -> None:
    """Exit code 1 where a figure differs."""
    from cli import session
    from cli.output import print_json
    from projects import snapshots
    from projects.access import LEADERS, OFFICE, require
    from projects.bulletins.source import snapshot_id
    from projects.kpi import kept
    from projects.kpi.reading import default_month

    with session.reading(common) as call:
        require(call.actor, OFFICE | LEADERS, _("Only the office checks figures."))
        month = month or default_month(call.s, call.now)
        frozen = snapshots.load(call.s, month)
        key = snapshot_id(call.s, month, frozen.edition)
        assert key is not None  # it was just loaded
        found = kept.differences(call.s, key, frozen.content, frozen.digest)
    if common.as_json:
        print_json({"month": month, "edition": frozen.edition, "differences": found})
    elif not found:
        click.echo(
            _("{month}: every stored figure is what the snapshot gives.").format(month=month)
        )
    else:
        click.echo("\n".join(found))
    if found:
        raise click.exceptions.Exit(1)


@kpi.command("export", help=N_("Write the figures of a month to a file."))
@click.argument("path", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
@_MONTH
@reading
def export(common: Common, path: Path, month: str) -> None:
    """CSV or XLSX by the name's ending."""
    from cli import session
    from projects.kpi import reading as figures
    from projects.kpi.exporting import exported

    form = path.suffix.lower().lstrip(".")
    if form not in ("csv", "xlsx"):
        raise click.UsageError(_("Name the file with .csv or .xlsx."))
    with session.reading(common) as call:
        content = exported(figures.view(call.s, call.actor, call.now, month), form, call.now)
    path.write_bytes(content)
    click.echo(path.name)


@kpi.command("report", help=N_("Write a unit's one-page report to a file (docx or pdf)."))
@click.argument("unit", metavar="UNIT")
@click.argument("path", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
@_MONTH
@reading
def report(common: Common, unit: str, path: Path, month: str) -> None:
    """By the name's ending."""
    from cli import session
    from projects.kpi import reading as figures
    from projects.kpi.report import rendered
    from projects.kpi.scopes import units_of
    from workflow.case import not_visible

    form = path.suffix.lower().lstrip(".")
    if form not in ("docx", "pdf"):
        raise click.UsageError(_("Name the file with .docx or .pdf."))
    with session.reading(common) as call:
        seen = figures.view(call.s, call.actor, call.now, month)
        found = [u for u in units_of(seen.content) if u.code == unit and u.scope in seen.seen]
        if not found:
            raise not_visible(unit)
        content = rendered(call.s, seen, found[0], form)
    path.write_bytes(content)
    click.echo(path.name)
