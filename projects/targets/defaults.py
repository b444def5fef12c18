"""What a plan starts with: formulas, lists and gates by the names of its metrics.

Read from `config/targets.toml`; copied when a plan is first seen and the office's own afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select

import config
from config.texts import read_toml
from models import tables
from models.db import Session
from workflow.context import context

FILE = Path(config.__file__).with_name("targets.toml")


@cache
def defaults() -> dict[str, dict[str, Any]]:
    """The shipped tables: `lists` by level, `formulas` and `gates` by metric."""
    return read_toml(FILE.read_text(encoding="utf-8"), FILE.name)


def formula_of(level: str, metric: str) -> tuple[str, str]:
    """The formula and the list of a metric; both empty where the office enters the figure."""
    known = defaults()
    list_code = known["lists"].get(level, "")
    formula = known["formulas"].get(metric, "") if list_code else ""
    return formula, list_code if formula else ""


def found_plans(s: Session) -> int:
    """Make a plan's row, formulas and gates for every plan that targets name; how many were new.

    The year is the latest that its rows name.
    """
    t, plan = tables.target, tables.plan
    known = set(s.execute(select(plan.c.name)).scalars())
    rows = list(s.execute(select(t).order_by(t.c.id)))
    names = [n for n in dict.fromkeys(row.plan for row in rows) if n not in known]
    for name in names:
        _found(s, name, [row for row in rows if row.plan == name])
    return len(names)


def _found(s: Session, name: str, rows: list[Any]) -> None:
    years = [int(row.year) for row in rows if row.year.isdigit()]
    key = s.execute(
        insert(tables.plan).values(
            name=name,
            year=max(years, default=0),
            source=rows[0].source,
            whole=whole_of(s, (row.region for row in rows)),
        )
    ).inserted_primary_key
    assert key is not None
    add_metrics(s, key[0], [(row.level, row.metric) for row in rows])
    add_gates(s, key[0], rows)


def whole_of(s: Session, regions: Iterable[str]) -> str:
    """The region whose rows are totals of the others: the first that is no town or street of ours,
    else the first."""
    boards = {u.name for u in context(s).directory.units.values() if u.is_board}
    named = list(dict.fromkeys(regions))
    return next((region for region in named if region not in boards), named[0])


def add_metrics(s: Session, plan_id: int, named: Iterable[tuple[str, str]]) -> None:
    """Give the metrics that the plan does not know yet their shipped formula."""
    m = tables.plan_metric
    chosen = select(m.c.level, m.c.metric).where(m.c.plan_id == plan_id)
    known = {tuple(row) for row in s.execute(chosen)}
    fresh = []
    for level, metric in dict.fromkeys(named):
        formula, list_code = formula_of(level, metric)
        if formula and (level, metric) not in known:
            fresh.append({"plan_id": plan_id, "level": level, "metric": metric,
                          "formula": formula, "list_code": list_code})  # fmt: skip
    if fresh:
        s.execute(insert(m), fresh)


def add_gates(s: Session, plan_id: int, rows: Iterable[Any]) -> None:
    """The gates that a plan's own targets state, e.g. 上半年开工率 80 %."""
    fresh = []
    for row in rows:
        month = defaults()["gates"].get(row.metric)
        formula, list_code = formula_of(row.level, row.metric)
        if month and formula and row.kind == "target" and row.value is not None:
            fresh.append({"plan_id": plan_id, "level": row.level, "name": row.metric,
                          "month": month, "formula": formula, "list_code": list_code,
                          "threshold": row.value, "source": row.source})  # fmt: skip
    if fresh:
        s.execute(insert(tables.plan_gate), fresh)
