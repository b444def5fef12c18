"""Snapshot section `targets`: the plans of the year with all that their figures need."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, select

from models import tables
from models.db import Session
from projects import months
from projects.sections.shared import columns

PLAN = (
    "id", "name", "year", "whole", "ahead_points", "behind_points", "far_points", "source", "note",
)  # fmt: skip
TARGET = ("id", "level", "region", "metric", "unit", "value", "value_to", "op", "kind", "note")
METRIC = ("level", "metric", "formula", "list_code", "baseline")
MONTH = ("level", "metric", "month", "share")
GATE = ("id", "level", "name", "month", "formula", "list_code", "threshold", "source")
BASELINE = ("region", "metric", "unit", "value", "op", "plan")


def gather(s: Session, month: str, now: datetime) -> list[dict[str, Any]]:
    """The plans of the month's year, by id, each with rows, metrics, monthly tasks, gates, the
    figures that the office entered up to the month, and what last year's figures were."""
    plan = tables.plan
    year = months.year_of(month)
    heads = list(s.execute(select(plan).where(plan.c.year == year).order_by(plan.c.id)))
    if not heads:
        return []
    mine = plan.c.year == year
    parts = {
        "metrics": _of_plans(s, tables.plan_metric, METRIC, mine),
        "shares": _of_plans(s, tables.plan_month, MONTH, mine),
        "gates": _of_plans(s, tables.plan_gate, GATE, mine),
    }
    rows, baselines = _targets(s, mine), _baselines(s, year)
    actuals = _actuals(s, mine, month)
    return [
        columns(head, PLAN)
        | {name: part.get(head.id, []) for name, part in parts.items()}
        | {"rows": [row | {"actuals": actuals.get(row["id"], {})} for row in rows[head.name]]}
        | {"baselines": baselines}
        for head in heads
    ]


def _of_plans(
    s: Session, table: Table, names: tuple[str, ...], mine: ColumnElement[bool]
) -> dict[int, list[Any]]:
    chosen = _joined(select(table), table).where(mine).order_by(table.c.id)
    return _grouped(s.execute(chosen), names)


def _joined(statement: Select[Any], table: Table) -> Select[Any]:
    return statement.join(tables.plan, tables.plan.c.id == table.c.plan_id)


def _grouped(rows: Iterable[Any], names: tuple[str, ...]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.plan_id].append(columns(row, names))
    return found


def _targets(s: Session, mine: ColumnElement[bool]) -> dict[str, list[Any]]:
    t, plan = tables.target, tables.plan
    chosen = select(t).join(plan, plan.c.name == t.c.plan).where(mine).order_by(t.c.id)
    found: dict[str, list[Any]] = defaultdict(list)
    for row in s.execute(chosen):
        found[row.plan].append(columns(row, TARGET))
    return found


def _actuals(s: Session, mine: ColumnElement[bool], month: str) -> dict[int, dict[str, Any]]:
    a, t, plan = tables.plan_actual, tables.target, tables.plan
    chosen = (
        select(a.c.target_id, a.c.month, a.c.value)
        .join(t, t.c.id == a.c.target_id)
        .join(plan, plan.c.name == t.c.plan)
        .where(mine, a.c.month <= month)
        .order_by(a.c.month)
    )
    found: dict[int, dict[str, Any]] = defaultdict(dict)
    for row in s.execute(chosen):
        found[row.target_id][row.month] = columns(row, ("value",))["value"]
    return found


def _baselines(s: Session, year: int) -> list[Any]:
    """The actual figures that the sources state for the year before."""
    t = tables.target
    chosen = select(t).where(t.c.kind == "actual", t.c.year == str(year - 1)).order_by(t.c.id)
    return [columns(row, BASELINE) for row in s.execute(chosen)]
