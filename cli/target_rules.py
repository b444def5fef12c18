"""`xiaohao target`: formulas, monthly tasks and gates of a plan, and figures entered by hand."""

from __future__ import annotations

from typing import Any

import click

from cli.kit import Common, acting, option, reading
from cli.project_kit import pairs_of
from cli.target_kit import LEVEL, LIST, MONTH, PLAN, command, done, office, run_on
from config.i18n import N_
from config.i18n import gettext as _


@command("formula", N_("Say how a metric's actual figure is found."))
@PLAN
@click.argument("metric", metavar="METRIC")
@LEVEL
@option("--formula", default="", metavar="FORMULA", help=N_("Empty: entered by the office."))
@LIST
@option("--baseline", default="", metavar="TEXT", help=N_("Of which it is the growth."))
@acting
def formula_(common: Common, plan: int, **given: Any) -> None:
    """A formula over a list."""
    from projects.targets.commands import set_metric

    run_on(common, plan, lambda call, shared: set_metric(call.s, **given, **shared))


@command("shares", N_("Set a plan's monthly task; without any share: month by month alike."))
@PLAN
@LEVEL
@option("--metric", default="", metavar="TEXT", help=N_("Of this metric; empty: of every one."))
@option("--share", "pairs", multiple=True, metavar="MONTH=PERCENT",
        help=N_("Due by the end of the month, cumulative; may be repeated."))  # fmt: skip
@acting
def shares(common: Common, plan: int, pairs: tuple[str, ...], **given: Any) -> None:
    """It never falls from month to month."""
    from projects.targets.commands import set_shares

    def run(call: Any, shared: dict[str, Any]) -> None:
        set_shares(call.s, shares=_shares(pairs), **given, **shared)

    run_on(common, plan, run)


def _shares(pairs: tuple[str, ...]) -> dict[int, Any]:
    from projects.figures.amounts import number
    from workflow.errors import Malformed, Reason

    message, remedy = _("Each month is named once, with its share."), _("Write e.g. 6=45.")
    found = {}
    for month, text in pairs_of(pairs).items():
        value = number(text, "share")
        if value is None or not (month.isascii() and month.isdigit() and len(month) < 3):
            raise Malformed(Reason("month", message, "share", remedy))
        found[int(month)] = value
    if len(found) < len(pairs):
        raise Malformed(Reason("month", message, "share", remedy))
    return found


@command("gate", N_("Add a gate, or change the one of that name."))
@PLAN
@click.argument("name", metavar="NAME")
@LEVEL
@option("--by", "month", type=click.IntRange(1, 12), required=True, metavar="MONTH",
        help=N_("By the end of this month."))  # fmt: skip
@option("--formula", required=True, metavar="FORMULA", help=N_("The rate that is judged."))
@LIST
@option("--threshold", required=True, metavar="PERCENT", help=N_("What it must reach."))
@option("--source", default="", metavar="TEXT", help=N_("Where it stands."))
@acting
def gate_(common: Common, plan: int, threshold: str, **given: Any) -> None:
    """In percent."""
    from decimal import Decimal

    from projects.figures.amounts import number
    from projects.targets.checks import Gate
    from projects.targets.commands import put_gate

    def run(call: Any, shared: dict[str, Any]) -> None:
        wanted = number(threshold, "threshold") or Decimal()
        put_gate(call.s, gate=Gate(threshold=wanted, **given), **shared)

    run_on(common, plan, run)


@command("gate-remove", N_("Take a gate out of a plan."))
@PLAN
@click.argument("gate", metavar="GATE", type=click.IntRange(1))
@acting
def gate_remove(common: Common, plan: int, gate: int) -> None:
    """GATE is its id, as `sheet` has it."""
    from projects.targets.commands import remove_gate

    run_on(common, plan, lambda call, shared: remove_gate(call.s, gate_id=gate, **shared))


@command("enter", N_("Enter a figure that no formula knows, cumulative by the month."))
@click.argument("row", metavar="ROW", type=click.IntRange(1))
@click.argument("value", metavar="VALUE")
@MONTH
@option("--note", help=N_("A note."))
@option("--reason", default="", help=N_("Why a frozen month is corrected (the office chief)."))
@reading
def enter(
    common: Common, row: int, value: str, month: str, note: str | None, reason: str
) -> None:  # fmt: skip
    """ROW is its id, as `sheet` has it; an empty value is not known. A note that is not named
    stays."""
    from cli.session import writing
    from projects.figures import freezing
    from projects.figures.amounts import number
    from projects.months import checked
    from projects.targets.actuals import completed, enter_actuals

    with writing(common) as call:
        office(call)
        named: dict[str, Any] = {"value": number(value, "value")}
        named |= {} if note is None else {"note": note.strip()}
        given = completed(call.s, checked(month), [(row, named)])
        shared: dict[str, Any] = {"month": month, "actor": call.actor, "now": call.now}
        if reason:
            freezing.correct(call.s, reason=reason, actuals=given, **shared)
        else:
            enter_actuals(call.s, actuals=given, **shared)
    done(common, {"row": row, "month": month}, _("The figures were saved."))


RULES = (formula_, shares, gate_, gate_remove, enter)
"""Commands of the group `target` for what plans are judged by."""
