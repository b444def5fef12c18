"""Editing plans of targets: heads, rows, monthly tasks, gates, formulas. For the office.

A plan is changed as one thing: every change raises the plan's version, and a form sent from an
older one is refused. Frozen months keep the plan as it was when they were frozen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Table, delete, func, insert, select, update

from config.i18n import gettext as _
from models import tables
from models.db import Session
from models.directory import PersonInfo
from projects.access import OFFICE, refuse_stale, require
from projects.history import changes, note
from projects.lights.setting import refresh
from projects.targets.checks import (
    Gate,
    Head,
    Line,
    check_formula,
    check_gate,
    check_head,
    check_line,
    check_shares,
)
from projects.targets.defaults import add_metrics
from projects.targets.sheet import find_line
from workflow.case import not_visible
from workflow.errors import GuardFailed, Reason

# ---------------------------------------------------------------- plans


def create_plan(
    s: Session, *, head: Head, actor: PersonInfo, now: datetime, copy_of: int | None = None
) -> int:
    """A new plan; with `copy_of` it starts with another's rows, formulas, monthly tasks and gates
    (figures that were reported are not copied). Returns its id."""
    _office(actor)
    check_head(head)
    plan = tables.plan
    _refuse_name(s, head.name)
    made = s.execute(insert(plan).values(**asdict(head))).inserted_primary_key
    assert made is not None
    key = int(made[0])
    if copy_of is not None:
        _copy(s, find_plan(s, copy_of), key, head)
    note(s, f"plan:{key}", "plan.created", asdict(head) | {"copy_of": copy_of}, actor, now)
    return key


def change_plan(
    s: Session, *, plan_id: int, head: Head, expected_version: int | None, actor: PersonInfo,
    now: datetime,
) -> None:  # fmt: skip
    """Change a plan's head; its rows go along when it is renamed."""
    row = _opened(s, actor, plan_id, expected_version)
    check_head(head)
    if head.name != row.name:
        _refuse_name(s, head.name)
    told = changes(row, asdict(head))
    if not told:
        return
    _bump(s, row, **asdict(head))
    t = tables.target
    s.execute(update(t).where(t.c.plan == row.name).values(plan=head.name, version=t.c.version + 1))
    note(s, f"plan:{plan_id}", "plan.changed", told, actor, now)


def find_plan(s: Session, plan_id: int, *, lock: bool = False) -> Any:
    """A plan's row. Raises `NotVisible`."""
    statement = select(tables.plan).where(tables.plan.c.id == plan_id)
    row = s.execute(statement.with_for_update() if lock else statement).first()
    if row is None:
        raise not_visible(str(plan_id))
    return row


def plans(s: Session, year: int | None = None) -> list[Any]:
    """Plans with the number of their rows, newest year first."""
    plan, t = tables.plan, tables.target
    counts = select(t.c.plan, func.count().label("n")).group_by(t.c.plan).subquery()
    chosen = select(plan, func.coalesce(counts.c.n, 0).label("rows")).outerjoin(
        counts, counts.c.plan == plan.c.name
    )
    if year is not None:
        chosen = chosen.where(plan.c.year == year)
    return list(s.execute(chosen.order_by(plan.c.year.desc(), plan.c.id)))


# ---------------------------------------------------------------- rows


def put_line(
    s: Session, *, plan_id: int, line: Line, expected_version: int | None, actor: PersonInfo,
    now: datetime, target_id: int | None = None,
) -> int:  # fmt: skip
    """Add a row, or change the one of `target_id`; returns its id."""
    plan = _opened(s, actor, plan_id, expected_version)
    check_line(line)
    t = tables.target
    values = asdict(line) | {"plan": plan.name, "year": str(plan.year)}
    _refuse_twin(s, values, target_id)
    if target_id is None:
        made = s.execute(insert(t).values(**values)).inserted_primary_key
        assert made is not None
        target_id = int(made[0])
        told: dict[str, Any] = {"line": values}
    else:
        before = find_line(s, plan, target_id)
        told = changes(before, values)
        s.execute(update(t).where(t.c.id == target_id).values(**values, version=before.version + 1))
    add_metrics(s, plan_id, [(line.level, line.metric)])
    _bump(s, plan)
    note(s, f"plan:{plan_id}", "plan.line", told | {"target": target_id}, actor, now)
    return target_id


def remove_line(
    s: Session, *, plan_id: int, target_id: int, expected_version: int | None, actor: PersonInfo,
    now: datetime,
) -> None:  # fmt: skip
    """Take a row out of a plan, unless figures were entered for it."""
    plan = _opened(s, actor, plan_id, expected_version)
    before = find_line(s, plan, target_id)
    a = tables.plan_actual.c
    if s.execute(select(a.id).where(a.target_id == target_id).limit(1)).first():
        message = _("Figures were entered for this row.")
        raise GuardFailed(Reason("line_used", message, remedy=_("Clear its value instead.")))
    s.execute(delete(tables.target).where(tables.target.c.id == target_id))
    _bump(s, plan)
    facts = {name: getattr(before, name) for name in Line.__slots__} | {"target": target_id}
    note(s, f"plan:{plan_id}", "plan.line_removed", facts, actor, now)


# ---------------------------------------------------------------- formulas, tasks, gates


def set_metric(
    s: Session, *, plan_id: int, level: str, metric: str, formula: str, list_code: str,
    expected_version: int | None, actor: PersonInfo, now: datetime, baseline: str = "",
) -> None:  # fmt: skip
    """Say how a metric's actual figure is found: a formula over a list, or none (entered)."""
    plan = _opened(s, actor, plan_id, expected_version)
    check_formula(formula, list_code)
    t = tables.target.c
    known = select(t.id).where(t.plan == plan.name, t.level == level, t.metric == metric)
    if s.execute(known.limit(1)).first() is None:
        raise not_visible(metric)
    values = {"formula": formula, "list_code": list_code if formula else "", "baseline": baseline}
    _replace(s, tables.plan_metric, plan_id, {"level": level, "metric": metric}, [values])
    _bump(s, plan)
    facts = values | {"level": level, "metric": metric}
    note(s, f"plan:{plan_id}", "plan.metric", facts, actor, now)


def set_shares(
    s: Session, *, plan_id: int, shares: Mapping[int, Decimal], expected_version: int | None,
    actor: PersonInfo, now: datetime, level: str = "", metric: str = "",
) -> None:  # fmt: skip
    """The monthly task: by month the share of the year's target due by its end, in percent.

    Shares never fall; none at all: month ÷ 12 again.
    """
    plan = _opened(s, actor, plan_id, expected_version)
    check_shares(shares)
    rows = [{"month": month, "share": shares[month]} for month in sorted(shares)]
    key = {"level": level, "metric": metric}
    _replace(s, tables.plan_month, plan_id, key, rows)
    _bump(s, plan)
    facts = key | {"shares": {str(month): shares[month] for month in sorted(shares)}}
    note(s, f"plan:{plan_id}", "plan.shares", facts, actor, now)
    if not level and not metric:  # the tasks of the year, by which investment is judged
        refresh(s, now)


def put_gate(
    s: Session, *, plan_id: int, gate: Gate, expected_version: int | None, actor: PersonInfo,
    now: datetime,
) -> None:  # fmt: skip
    """Add a gate, or change the one of that level and name."""
    plan = _opened(s, actor, plan_id, expected_version)
    check_gate(gate)
    values = asdict(gate)
    key = {"level": values.pop("level"), "name": values.pop("name")}
    _replace(s, tables.plan_gate, plan_id, key, [values])
    _bump(s, plan)
    note(s, f"plan:{plan_id}", "plan.gate", asdict(gate), actor, now)


def remove_gate(
    s: Session, *, plan_id: int, gate_id: int, expected_version: int | None, actor: PersonInfo,
    now: datetime,
) -> None:  # fmt: skip
    """Take a gate out of a plan."""
    plan = _opened(s, actor, plan_id, expected_version)
    g = tables.plan_gate
    row = s.execute(select(g).where(g.c.id == gate_id, g.c.plan_id == plan_id)).first()
    if row is None:
        raise not_visible(str(gate_id))
    s.execute(delete(g).where(g.c.id == gate_id))
    _bump(s, plan)
    facts = {"level": row.level, "name": row.name, "threshold": row.threshold}
    note(s, f"plan:{plan_id}", "plan.gate_removed", facts, actor, now)


# ---------------------------------------------------------------- inside


def _office(actor: PersonInfo) -> None:
    require(actor, OFFICE, _("Only the office keeps plans."))


def _opened(s: Session, actor: PersonInfo, plan_id: int, expected_version: int | None) -> Any:
    _office(actor)
    row = find_plan(s, plan_id, lock=True)
    refuse_stale(row, expected_version)
    return row


def _bump(s: Session, row: Any, **values: Any) -> None:
    plan = tables.plan
    s.execute(update(plan).where(plan.c.id == row.id).values(version=row.version + 1, **values))


def _replace(
    s: Session, table: Table, plan_id: int, key: dict[str, Any], rows: list[dict[str, Any]]
) -> None:
    mine = [table.c.plan_id == plan_id, *(table.c[name] == value for name, value in key.items())]
    s.execute(delete(table).where(*mine))
    if rows:
        s.execute(insert(table), [{"plan_id": plan_id, **key, **row} for row in rows])


def _copy(s: Session, source: Any, plan_id: int, head: Head) -> None:
    t = tables.target
    for row in s.execute(select(t).where(t.c.plan == source.name).order_by(t.c.id)).all():
        values = {name: getattr(row, name) for name in Line.__slots__}
        if row.kind == "actual":
            continue
        region = head.whole if row.region == source.whole else row.region
        s.execute(insert(t).values(
            **values | {"region": region, "plan": head.name, "year": str(head.year)}
        ))  # fmt: skip
    for table in (tables.plan_metric, tables.plan_month, tables.plan_gate):
        names = [c.name for c in table.columns if c.name not in ("id", "plan_id")]
        rows = s.execute(select(table).where(table.c.plan_id == source.id).order_by(table.c.id))
        found = [{"plan_id": plan_id} | {n: getattr(r, n) for n in names} for r in rows]
        if found:
            s.execute(insert(table), found)


def _refuse_name(s: Session, name: str) -> None:
    plan = tables.plan.c
    if s.execute(select(plan.id).where(plan.name == name)).first():
        message = _("There is a plan of this name already.")
        raise GuardFailed(Reason("plan_exists", message, "name", _("Choose another name.")))


def _refuse_twin(s: Session, values: dict[str, Any], target_id: int | None) -> None:
    t = tables.target.c
    names = ("plan", "level", "region", "metric", "kind", "year", "note")
    found = s.execute(select(t.id).where(*(t[name] == values[name] for name in names))).first()
    if found is not None and found.id != target_id:
        message = _("The plan has this row already.")
        raise GuardFailed(Reason("line_exists", message, "metric", _("Change that row.")))
