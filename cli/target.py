"""`xiaohao target`: plans of targets. What edits them is in
`cli.target_plan` and `cli.target_rules`."""

from __future__ import annotations

from typing import Any

import click

from cli.kit import Common, group, option, reading
from cli.target_kit import DRY, business, done, path_of
from cli.target_plan import HEADS
from cli.target_rules import RULES
from config.i18n import N_
from config.i18n import gettext as _


@group(N_("Plans of targets: list, edit, check totals, import."))
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
    from projects.figures.words import figure, meant, points, state_word
    from projects.targets import commands as targets

    with opened(common) as call:
        business(call)
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
            (r["level"], r["metric"], r["region"],
             meant(r["op"], r["target"], r["target_to"]), figure(r["actual"]),
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
    names = ("level", "metric", "region", "unit", "op", "target", "target_to", "actual",
             "attainment", "due", "gap", "state", "rank")  # fmt: skip
    return [
        {name: getattr(cell, name) for name in names}
        for column in made.columns if column.kind == "target"
        for cell in made.row(column, column.level)
    ]  # fmt: skip


@target.command("check", help=N_("Check every printed total against the sum of its rows."))
@option("--year", type=click.IntRange(1900, 2200), help=N_("Plans of this year only."))
@reading
def check(common: Common, year: int | None) -> None:
    """Fails when a total differs. With ≥ or > the rows may sum to more; about and ranges are not
    checked."""
    from cli.output import print_json, print_table
    from cli.session import reading as opened
    from projects import snapshots
    from projects.figures.words import how_word
    from projects.targets import commands as targets
    from projects.targets.attainment import board

    rows: list[dict[str, Any]] = []
    with opened(common) as call:
        business(call)
        for plan in targets.plans(call.s, year):
            content = snapshots.gather(call.s, f"{plan.year:04d}-12", call.now, ("targets",))
            made = board(content, plan.id)
            rows += [
                {"plan": plan.name, "level": c.level, "metric": c.metric, "total": str(c.total),
                 "summed": str(c.summed), "rows": c.rows, "op": c.op, "how": c.how,
                 "agrees": c.agrees}
                for c in (made.checks() if made else ())
            ]  # fmt: skip
    if common.as_json:
        print_json(rows)
    else:
        titles = (_("Target plan"), _("Level"), _("Metric"), _("Printed total"),
                  _("Sum of the rows"), _("Rows"), _("Operator"), _("Compared as"),
                  _("Agrees"))  # fmt: skip
        told = [row | {"how": how_word(row["how"])} for row in rows]
        print_table(titles, [tuple(row.values()) for row in told])
    if any(row["agrees"] is False for row in rows):
        click.get_current_context().exit(1)


@target.command("import", help=N_("Import targets from a CSV or xlsx, whole or not at all."))
@click.argument("path", metavar="FILE", type=click.Path(exists=True, dir_okay=False))
@DRY
@reading
def import_(common: Common, path: str, dry_run: bool) -> None:
    """As `data/seed_targets.csv`."""
    from cli.session import writing
    from projects.tables_in import read_table
    from projects.targets import imports as target_import

    table = read_table(path_of(path), target_import.NAMES, target_import.NEEDED)
    with writing(common) as call:
        do = target_import.preview if dry_run else None
        found = (
            do(call.s, table, actor=call.actor) if do
            else target_import.apply(call.s, table, actor=call.actor, now=call.now)
        )  # fmt: skip
    counts = {name: found.count(name) for name in ("new", "changed", "unchanged")}
    text = _("{new} new, {changed} changed, {unchanged} unchanged.").format(**counts)
    done(common, counts | {"dry_run": dry_run}, text)


for _one in (*HEADS, *RULES):
    target.add_command(_one)
