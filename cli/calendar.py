"""`xiaohao calendar`: checking vectors, importing, exceptions, re-dating."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cli.kit import Common, group, json_option, option, reading
from config.i18n import N_
from config.i18n import gettext as _


@group(N_("Check, import and edit the calendar."))
def calendar() -> None:
    """The working calendar."""


@calendar.command("check", help=N_("Run a file of deadline vectors against the calendar."))
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def check(file: Path, as_json: bool) -> None:
    """The last line is `N passed, M failed` in every language; exit code 1 when any failed."""
    from cli.files import needed
    from cli.output import print_json
    from workflow.vectors import load_vectors, run_vectors

    needed(file)
    results = run_vectors(load_vectors(file))
    failed = [result for result in results if not result.passed]
    if as_json:
        print_json(
            {"passed": len(results) - len(failed), "failed": len(failed), "failures": failed}
        )
    else:
        for result in failed:
            click.echo(
                _("{id}: {op}: expected {expected}, got {actual}. {reason}")
                .format(
                    id=result.id,
                    op=result.op,
                    expected=result.expected,
                    actual=result.actual,
                    reason=result.reason,
                )
                .rstrip()
            )
        click.echo(f"{len(results) - len(failed)} passed, {len(failed)} failed")
    if failed:
        raise click.exceptions.Exit(1)


@calendar.command("import", help=N_("Import the published schedule of a year."))
@click.argument("file", type=click.Path(path_type=Path))
@reading
def import_(common: Common, file: Path) -> None:
    """Days of the years the file names are replaced, all or nothing."""
    from cli.files import needed
    from cli.output import print_json
    from cli.session import writing
    from workflow.calendar_admin import import_days

    needed(file)
    with writing(common) as call:
        result = import_days(call.s, file, call.actor, call.now)
    if common.as_json:
        print_json(result)
        return
    years = ", ".join(f"{year} ({_status(status)})" for year, status in result.years.items())
    click.echo(
        _(
            "Years: {years}. Days added: {added}, removed: {removed}, kept: {kept}. "
            "Calendar edition {edition}."
        ).format(
            years=years,
            added=result.added,
            removed=result.removed,
            kept=result.kept,
            edition=result.edition,
        )
    )
    if result.changed:
        click.echo(_("See which deadlines move: xiaohao calendar recompute --dry-run"))


def _status(status: str) -> str:
    words = {"official": _("official"), "provisional": _("provisional")}
    return words.get(status, status)


@calendar.command("show", help=N_("Show a year."))
@click.argument("year", type=int)
@option("--unit", help=N_("With the exceptions of this unit."))
@reading
def show(common: Common, year: int, unit: str | None) -> None:
    """Month by month, days off marked."""
    from cli import session
    from cli.output import print_json
    from workflow.calendar_admin import show_year

    with session.reading(common) as call:
        view = show_year(call.s, year, unit)
    if common.as_json:
        print_json(
            {
                "year": view.year,
                "status": view.status,
                "unit": view.unit,
                "edition": view.edition,
                "working_days": view.working_days,
                "days": [d for month in view.months for d in month if d.kind != "workday"],
            }
        )
        return
    click.echo(
        _("{year} ({status}), edition {edition}: {n} working days").format(
            year=view.year, status=_status(view.status), edition=view.edition, n=view.working_days
        )
    )
    for month in view.months:
        _print_month(month)


def _print_month(month: Any) -> None:
    """A line of days: plain = worked, [n] = holiday, (n) = weekend, *n = worked by decision."""
    marks = {"workday": "{}", "holiday": "[{}]", "weekend": "({})", "makeup": "*{}"}
    days = " ".join(marks[d.kind].format(d.day.day) + ("!" if d.own else "") for d in month)
    named = dict.fromkeys(d.cause for d in month if d.cause)
    tail = f"   {'、'.join(named)}" if named else ""
    click.echo(f"{month[0].day:%Y-%m}  {days}{tail}")


@calendar.command("except", help=N_("Make a day a holiday or workday, for a unit or for all."))
@option("--unit", help=N_("The unit, by code or name; everybody by default."))
@option("--date", "day", required=True, metavar="DATE", help=N_("The day."))
@option("--kind", type=click.Choice(["holiday", "workday"]), help=N_("What it becomes."))
@option("--name", default="", help=N_("Why, e.g. the name of the holiday."))
@option("--remove", is_flag=True, help=N_("Take the exception back."))
@reading
def except_(
    common: Common, unit: str | None, day: str, kind: str | None, name: str, remove: bool
) -> None:
    """One day of one unit."""
    from cli.output import print_json
    from cli.session import writing
    from workflow.calendar_admin import remove_exception, set_exception
    from workflow.typed import parse_date

    if remove == bool(kind):
        raise click.UsageError(_("Give either --kind or --remove."))
    wanted = parse_date(day, "date")
    with writing(common) as call:
        change = (
            set_exception(call.s, unit, wanted, kind, name, call.actor, call.now)
            if kind
            else remove_exception(call.s, unit, wanted, call.actor, call.now)
        )
    if common.as_json:
        print_json(change)
    elif change.changed:
        click.echo(
            _(
                "{day} was changed. Calendar edition {edition}. See which deadlines move: "
                "xiaohao calendar recompute --dry-run"
            ).format(day=wanted, edition=change.edition)
        )
    else:
        click.echo(_("Nothing was changed."))


@calendar.command("recompute", help=N_("Re-date running tasks after the calendar has changed."))
@option("--dry-run/--apply", "dry_run", default=None, help=N_("Only show, or do it."))
@reading
def recompute(common: Common, dry_run: bool | None) -> None:
    """Each running task with old and new date, and the notices already sent."""
    from cli import session
    from workflow.calendar_admin import apply_recompute, plan_recompute

    if dry_run is None:
        raise click.UsageError(_("Give either --dry-run or --apply."))
    if dry_run:
        with session.reading(common) as call:
            found, batch, zone = plan_recompute(call.s, call.now), None, call.zone
    else:
        with session.writing(common) as call:
            done, zone = apply_recompute(call.s, call.actor, call.now), call.zone
            found, batch = done.redated + done.left_alone, done.id
    _print_redatings(common, found, batch, zone)


def _print_redatings(common: Common, found: list[Any], batch: str | None, zone: Any) -> None:
    from cli.output import print_json, print_table
    from workflow.wording import kind_name

    if common.as_json:
        print_json({"batch": batch, "applied": batch is not None, "tasks": found})
        return
    print_table(
        (
            _("Task"),
            _("Lead unit"),
            _("Old deadline"),
            _("New deadline"),
            _("Provisional"),
            _("Notices sent"),
            _("Rungs fired"),
            _("Remark"),
        ),
        [
            (
                r.task_number,
                r.unit,
                f"{r.old_due.astimezone(zone):%Y-%m-%d %H:%M}",
                f"{r.new_due.astimezone(zone):%Y-%m-%d %H:%M}",
                r.provisional_after,
                [kind_name(kind) for kind in r.notices_sent],
                r.rungs_fired,
                _("moved by parking; have a look") if r.left_alone else "",
            )
            for r in found
        ],
        _("No deadline moves."),
    )
    if batch is not None:
        click.echo(_("Applied as batch {batch}.").format(batch=batch))
