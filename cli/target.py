"""`xiaohao target` and `xiaohao figures`: plans of targets, monthly figures, frozen months."""

from __future__ import annotations

from typing import Any

import click

from cli.kit import Common, group, option, reading
from config.i18n import N_
from config.i18n import gettext as _

_MONTH = option("--month", required=True, metavar="MONTH", help=N_("The month, e.g. 2026-09."))
_DRY = option("--dry-run", is_flag=True, help=N_("Say what it would do and write nothing."))


@group(N_("Plans of targets: list, check totals, import."))
def target() -> None:
    """Plans of targets."""


@target.command("list", help=N_("List the plans; with PLAN: its figures at the end of a month."))
@click.argument("plan", metavar="[PLAN]", required=False, type=click.IntRange(1))
@option("--year", type=click.IntRange(1900, 2200), help=N_("Plans of this year only."))
@option("--month", default="", metavar="MONTH", help=N_("The month, e.g. 2026-09."))
@reading
def list_(common: Common, plan: int | None, year: int | None, month: str) -> None:
    """Plans, or the cells of one."""
    from cli.output import print_json, print_table
    from cli.session import reading as opened
    from projects.figures.words import figure, points, state_word
    from projects.targets import commands as targets

    with opened(common) as call:
        _business(call)
        if plan is None:
            found = targets.plans(call.s, year)
            names = ("id", "name", "year", "whole", "rows")
            rows: list[dict[str, Any]] = [{n: getattr(row, n) for n in names} for row in found]
        else:
            rows = _cells(call, plan, month)
    if common.as_json:
        print_json(rows)
    elif plan is None:
        print_table(
            (_("No."), _("Target plan"), _("Year"), _("Region as a whole"), _("Rows")),
            [tuple(row.values()) for row in rows],
        )
    else:
        titles = (_("Level"), _("Metric"), _("Region"), _("Target"), _("Actual"),
                  _("Attainment (%)"), _("Points from schedule"), _("State"))  # fmt: skip
        print_table(titles, [
            (r["level"], r["metric"], r["region"], figure(r["target"]), figure(r["actual"]),
             figure(r["attainment"]), points(r["gap"]), state_word(r["state"]))
            for r in rows
        ])  # fmt: skip


def _cells(call: Any, plan_id: int, month: str) -> list[dict[str, Any]]:
    from projects import months, snapshots
    from projects.targets.attainment import board
    from projects.targets.commands import find_plan
    from workflow.case import not_visible

    row = find_plan(call.s, plan_id)
    every = months.of_year(row.year)
    usual = min(max(months.reported_now(call.s, call.now), every[0]), every[-1])
    content, _frozen = snapshots.of_month(
        call.s, month or usual, call.now, ("projects", "figures", "targets")
    )
    made = board(content, plan_id)
    if made is None:
        raise not_visible(str(plan_id))
    names = ("level", "metric", "region", "unit", "target", "actual", "attainment", "due", "gap",
             "state", "rank")  # fmt: skip
    return [
        {name: getattr(cell, name) for name in names}
        for column in made.columns if column.kind == "target"
        for cell in made.row(column, column.level)
    ]  # fmt: skip


@target.command("check", help=N_("Check every printed total against the sum of its rows."))
@option("--year", type=click.IntRange(1900, 2200), help=N_("Plans of this year only."))
@reading
def check(common: Common, year: int | None) -> None:
    """Fails when a total differs."""
    from cli.output import print_json, print_table
    from cli.session import reading as opened
    from projects import snapshots
    from projects.targets import commands as targets
    from projects.targets.attainment import board

    rows: list[dict[str, Any]] = []
    with opened(common) as call:
        _business(call)
        for plan in targets.plans(call.s, year):
            content = snapshots.gather(call.s, f"{plan.year:04d}-12", call.now, ("targets",))
            made = board(content, plan.id)
            rows += [
                {"plan": plan.name, "level": c.level, "metric": c.metric, "total": str(c.total),
                 "summed": str(c.summed), "rows": c.rows, "agrees": c.agrees}
                for c in (made.checks() if made else ())
            ]  # fmt: skip
    if common.as_json:
        print_json(rows)
    else:
        titles = (_("Target plan"), _("Level"), _("Metric"), _("Printed total"),
                  _("Sum of the rows"), _("Rows"), _("Agrees"))  # fmt: skip
        print_table(titles, [tuple(row.values()) for row in rows])
    if not all(row["agrees"] for row in rows):
        click.get_current_context().exit(1)


@target.command("import", help=N_("Import targets from a CSV or xlsx, whole or not at all."))
@click.argument("path", metavar="FILE", type=click.Path(exists=True, dir_okay=False))
@_DRY
@reading
def import_(common: Common, path: str, dry_run: bool) -> None:
    """As `data/seed_targets.csv`."""
    from cli.session import writing
    from projects.tables_in import read_table
    from projects.targets import imports as target_import

    table = read_table(_path(path), target_import.NAMES, target_import.NEEDED)
    with writing(common) as call:
        do = target_import.preview if dry_run else None
        found = (
            do(call.s, table, actor=call.actor) if do
            else target_import.apply(call.s, table, actor=call.actor, now=call.now)
        )  # fmt: skip
    counts = {name: found.count(name) for name in ("new", "changed", "unchanged")}
    text = _("{new} new, {changed} changed, {unchanged} unchanged.").format(**counts)
    _done(common, counts | {"dry_run": dry_run}, text)


@group(N_("Monthly figures of projects: report, import, freeze, show."))
def figures() -> None:
    """Monthly figures."""


@figures.command("report", help=N_("Report a project's figures of a month, in 100 million yuan."))
@click.argument("project", metavar="PROJECT")
@_MONTH
@option("--reported", default="", metavar="AMOUNT", help=N_("Reported investment of the month."))
@option("--statistical", default="", metavar="AMOUNT", help=N_("Statistical investment of it."))
@option("--progress", default="", help=N_("Physical progress at its end."))
@option("--note", default="", help=N_("A note."))
@option("--reason", default="", help=N_("Why a frozen month is corrected (the office chief)."))
@reading
def report(
    common: Common, project: str, month: str, reported: str, statistical: str, progress: str,
    note: str, reason: str,
) -> None:  # fmt: skip
    """PROJECT: its number, code or full name."""
    from cli.session import writing
    from projects.figures import freezing
    from projects.figures.amounts import wan
    from projects.figures.commands import Figure, report_figures

    with writing(common) as call:
        key = _project(call, project)
        figure = Figure(
            key, wan(reported, "reported"), wan(statistical, "statistical"), progress, note
        )
        if reason:
            freezing.correct(call.s, month=month, reason=reason, actor=call.actor, now=call.now,
                             corrected=[figure])  # fmt: skip
        else:
            report_figures(call.s, month=month, figures=[figure], actor=call.actor, now=call.now)
    _done(common, {"project": key, "month": month}, _("The figures were saved."))


@figures.command("import", help=N_("Import the figures of many projects, whole or not at all."))
@click.argument("path", metavar="FILE", type=click.Path(exists=True, dir_okay=False))
@_MONTH
@_DRY
@reading
def import_figures(common: Common, path: str, month: str, dry_run: bool) -> None:
    """A blank cell leaves what stands there."""
    from cli.session import writing
    from projects.figures import imports as figure_import
    from projects.tables_in import read_table

    table = read_table(_path(path), figure_import.NAMES, figure_import.NEEDED)
    with writing(common) as call:
        do = figure_import.preview if dry_run else figure_import.apply
        found = do(call.s, table, month=month, actor=call.actor, now=call.now)
    counts = {"rows": len(found.entries), "changed": len(found.changed)}
    text = _("{rows} rows, {changed} changed.").format(**counts)
    _done(common, counts | {"dry_run": dry_run}, text)


@figures.command("freeze", help=N_("Freeze a month that has ended."))
@_MONTH
@option("--reason", default="", help=N_("Why a month that is frozen already is frozen again."))
@reading
def freeze(common: Common, month: str, reason: str) -> None:
    """For the office chief."""
    from cli.session import writing
    from projects import snapshots

    with writing(common) as call:
        made = snapshots.freeze(call.s, month, call.actor, call.now, reason)
    data = {"month": month, "edition": made.edition, "digest": made.digest}
    text = _("{month} is frozen, edition {edition}, SHA-256 {digest}.").format(**data)
    _done(common, data, text)


@figures.command("show", help=N_("The figures of a month; without one: the frozen months."))
@option("--month", default="", metavar="MONTH", help=N_("The month, e.g. 2026-09."))
@reading
def show(common: Common, month: str) -> None:
    """Figures within the reader's view, or the editions of every frozen month."""
    from cli.output import print_json, print_table
    from cli.session import reading as opened

    with opened(common) as call:
        _business(call)
        rows = _figures(call, month) if month else _editions(call)
    if common.as_json:
        print_json(rows)
        return
    of_month = (_("Project"), _("Reported investment"), _("Statistical investment"),
                _("Physical progress"), _("Note"))  # fmt: skip
    frozen = (_("Month"), _("Edition"), _("Frozen at"), _("Reason"), "SHA-256")
    print_table(of_month if month else frozen, [tuple(row.values()) for row in rows])


def _figures(call: Any, month: str) -> list[dict[str, Any]]:
    from sqlalchemy import select

    from models import tables
    from models.queries.projects import visible_projects
    from projects import months
    from projects.sections.shared import yi_text
    from workflow.context import context

    m, p = tables.project_month, tables.project
    chosen = select(m, p.c.name).join(p, p.c.id == m.c.project_id).where(
        m.c.month == months.checked(month),
        visible_projects(call.actor, context(call.s).directory),
    )  # fmt: skip
    return [
        {"project": r.name, "reported": yi_text(r.reported_wan),
         "statistical": yi_text(r.statistical_wan), "progress": r.progress, "note": r.note}
        for r in call.s.execute(chosen.order_by(m.c.project_id))
    ]  # fmt: skip


def _editions(call: Any) -> list[dict[str, Any]]:
    from projects import snapshots

    return [
        {"month": e.month, "edition": e.edition,
         "at": e.at.astimezone(call.zone).strftime("%Y-%m-%d %H:%M"), "reason": e.reason,
         "digest": e.digest}
        for e in snapshots.editions(call.s)
    ]  # fmt: skip


def _business(call: Any) -> None:
    """Refuse whoever sees no business, as the portal does."""
    from projects.access import not_allowed, sees_business

    if not sees_business(call.actor):
        raise not_allowed()


def _project(call: Any, text: str) -> int:
    """A project's number by number, code or name; 0 for none, which nobody may know of."""
    from sqlalchemy import or_, select

    from models import tables

    p = tables.project.c
    if text.isascii() and text.isdigit() and len(text) < 10:
        return int(text)
    found = call.s.execute(select(p.id).where(or_(p.name == text, p.code == text))).first()
    return int(found.id) if found else 0


def _path(text: str) -> Any:
    from pathlib import Path

    return Path(text)


def _done(common: Common, data: dict[str, Any], text: str) -> None:
    from cli.output import print_json

    if common.as_json:
        print_json(data)
    else:
        click.echo(text)
