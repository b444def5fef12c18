"""`xiaohao target`: plans made and edited: head and rows."""

from __future__ import annotations

from typing import Any

import click

from cli.kit import Common, acting, joined, option, reading
from cli.target_kit import PLAN, business, command, done, named, office, run_on
from config.i18n import N_
from config.i18n import gettext as _

_HEAD = joined(
    option("--whole", metavar="REGION", help=N_("The region whose rows are totals.")),
    option("--ahead", "ahead_points", metavar="POINTS", help=N_("Ahead from so many points.")),
    option("--behind", "behind_points", metavar="POINTS", help=N_("Behind from so many points.")),
    option("--far", "far_points", metavar="POINTS", help=N_("Far behind from so many points.")),
    option("--source", metavar="TEXT", help=N_("Where it stands.")),
    option("--note", metavar="TEXT", help=N_("A note.")),
)
_YEAR = click.IntRange(1900, 2200)


@command("sheet", N_("Show a plan as it is edited: rows, formulas, monthly tasks, gates."))
@PLAN
@reading
def sheet(common: Common, plan: int) -> None:
    """With the ids that changing them takes."""
    from cli.output import line, print_json, print_table
    from cli.session import reading as opened
    from projects.figures.words import figure, meant
    from projects.targets import commands as targets
    from projects.targets import sheet as sheets

    with opened(common) as call:
        business(call)
        found = sheets.sheet_of(call.s, targets.find_plan(call.s, plan))
    if common.as_json:
        parts = {name: [dict(row._mapping) for row in getattr(found, name)]
                 for name in ("metrics", "shares", "gates")}  # fmt: skip
        rows = [{name: getattr(row, name) for name in ("id", *sheets.TEXTS, "op")}
                | {"value": sheets.value_text(row)} for row in found.lines]  # fmt: skip
        told = {"id": plan, "version": found.plan.version, "head": sheets.head_of(found.plan)}
        print_json(told | {"rows": rows} | parts)
        return
    line(_("Target plan"), f"{found.plan.name} ({found.plan.year})")
    print_table(
        (_("No."), _("Level"), _("Region"), _("Metric"), _("Target"), _("Note")),
        [(row.id, row.level, row.region, row.metric,
          meant(row.op, row.value, row.value_to), row.note)
         for row in found.lines],
    )  # fmt: skip
    for metric in found.metrics:
        line(_("Metric"), f"{metric.metric}: {metric.formula or '-'} {metric.list_code}".strip())
    for share in found.shares:
        line(_("Monthly task"), f"{share.metric} {share.month}: {figure(share.share)}".strip())
    for gate in found.gates:
        line(_("Gate"), f"{gate.id} {gate.name} {gate.month}: {figure(gate.threshold)}")


@command("add", N_("Make a plan of targets, empty or as a copy."))
@click.argument("name", metavar="NAME")
@option("--year", type=_YEAR, required=True, metavar="YEAR", help=N_("Its year."))
@option("--copy-of", type=click.IntRange(1), metavar="PLAN", help=N_("Begin with its rows."))
@_HEAD
@reading
def add(common: Common, copy_of: int | None, **given: Any) -> None:
    """Figures that were reported are not copied."""
    from cli.session import writing
    from projects.targets import commands as targets
    from projects.targets.sheet import EMPTY_HEAD, revised_head

    with writing(common) as call:
        office(call)
        head = revised_head(EMPTY_HEAD, named(given))
        made = targets.create_plan(
            call.s, head=head, actor=call.actor, now=call.now, copy_of=copy_of
        )
    done(common, {"id": made, "version": 1}, _("Plan {id} was made.").format(id=made))


@command("edit", N_("Correct a plan's head; what is not named stays."))
@PLAN
@option("--name", metavar="TEXT", help=N_("Its name."))
@option("--year", type=_YEAR, metavar="YEAR", help=N_("Its year."))
@_HEAD
@acting
def edit(common: Common, plan: int, **given: Any) -> None:
    """Its rows go along when it is renamed."""
    from projects.targets import commands as targets
    from projects.targets.sheet import head_of, revised_head

    def run(call: Any, shared: dict[str, Any]) -> None:
        head = head_of(targets.find_plan(call.s, plan, lock=True))
        targets.change_plan(call.s, head=revised_head(head, named(given)), **shared)

    run_on(common, plan, run)


@command("row", N_("Add a row to a plan, or correct one; what is not named stays."))
@PLAN
@option("--row", type=click.IntRange(1), metavar="ROW", help=N_("The row to correct."))
@option("--level", metavar="TEXT", help=N_("Its level, where the plan has any."))
@option("--region", metavar="TEXT", help=N_("Its region."))
@option("--metric", metavar="TEXT", help=N_("Its metric."))
@option("--unit", metavar="TEXT", help=N_("Unit of the figure."))
@option("--value", metavar="VALUE", help=N_("A figure, or a range such as 2-3; empty: none."))
@option("--op", type=click.Choice(["=", ">=", ">", "<=", "<", "~", "range"]),
        help=N_("How it is compared."))  # fmt: skip
@option("--kind", type=click.Choice(["target", "baseline", "actual"]), help=N_("What it states."))
@option("--source", metavar="TEXT", help=N_("Where it stands."))
@option("--note", metavar="TEXT", help=N_("A note."))
@acting
def row_(common: Common, plan: int, row: int | None, **given: Any) -> None:
    """An empty value is no target, which is not zero."""
    from projects.targets import commands as targets
    from projects.targets.sheet import EMPTY_LINE, find_line, line_of, revised

    def run(call: Any, shared: dict[str, Any]) -> int:
        base = EMPTY_LINE
        if row is not None:
            opened = targets.find_plan(call.s, plan, lock=True)
            base = line_of(find_line(call.s, opened, row))
        line = revised(base, named(given))
        return targets.put_line(call.s, line=line, target_id=row, **shared)

    run_on(common, plan, run)


@command("row-remove", N_("Take a row out of a plan."))
@PLAN
@click.argument("row", metavar="ROW", type=click.IntRange(1))
@acting
def row_remove(common: Common, plan: int, row: int) -> None:
    """Unless figures were entered for it."""
    from projects.targets.commands import remove_line

    run_on(common, plan, lambda call, shared: remove_line(call.s, target_id=row, **shared))


HEADS = (sheet, add, edit, row_, row_remove)
"""Commands of the group `target` for heads and rows."""
