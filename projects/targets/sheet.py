"""A plan as it is edited: head, rows, formulas, monthly tasks, gates; and parts of it revised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from models import tables
from models.db import Session
from projects.figures.amounts import number
from projects.figures.words import figure
from projects.targets.checks import Head, Line
from workflow.case import not_visible

EMPTY_HEAD, EMPTY_LINE = Head("", 0, ""), Line("", "", "")
POINTS = ("ahead_points", "behind_points", "far_points")
TEXTS = ("level", "region", "metric", "unit", "kind", "source", "note")


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything of a plan that the office may change, as rows of the database."""

    plan: Any
    lines: list[Any]
    metrics: list[Any]
    shares: list[Any]
    gates: list[Any]


def sheet_of(s: Session, plan: Any) -> Sheet:
    """The parts of a plan, in the order in which they were entered."""
    t = tables.target
    lines = list(s.execute(select(t).where(t.c.plan == plan.name).order_by(t.c.id)))
    return Sheet(plan, lines, *(
        list(s.execute(select(one).where(one.c.plan_id == plan.id).order_by(one.c.id)))
        for one in (tables.plan_metric, tables.plan_month, tables.plan_gate)
    ))  # fmt: skip


def find_line(s: Session, plan: Any, target_id: int) -> Any:
    """A row of a plan. Raises `NotVisible`."""
    t = tables.target
    row = s.execute(select(t).where(t.c.id == target_id, t.c.plan == plan.name)).first()
    if row is None:
        raise not_visible(str(target_id))
    return row


def head_of(plan: Any) -> Head:
    """A plan's head as it stands."""
    return Head(**{name: getattr(plan, name) for name in Head.__slots__})


def line_of(row: Any) -> Line:
    """A row as it stands."""
    return Line(**{name: getattr(row, name) for name in Line.__slots__})


def revised_head(head: Head, given: Mapping[str, Any]) -> Head:
    """A head with what was given; points are texts, and an empty one changes nothing. Raises
    `Malformed`."""
    texts = ("name", "whole", "source", "note")
    told: dict[str, Any] = {name: given[name].strip() for name in texts if name in given}
    points = {name: number(given[name], name) for name in POINTS if name in given}
    told |= {name: value for name, value in points.items() if value is not None}
    return replace(head, **told, year=given.get("year", head.year))


def revised(line: Line, given: Mapping[str, str]) -> Line:
    """A row with what was given, all as texts; a value such as "2-3" is a range, an empty one is
    no target. Raises `Malformed`."""
    told = {name: given[name].strip() for name in TEXTS if name in given}
    low, high = bounds(given["value"]) if "value" in given else (line.value, line.value_to)
    op = given.get("op", line.op)
    if high is not None:
        op = "range"
    elif op == "range" and "op" not in given:
        op = "="
    return replace(line, **told, value=low, value_to=high, op=op)


def bounds(text: str) -> tuple[Decimal | None, Decimal | None]:
    """A value's lower and, where it is a range, upper end. Raises `Malformed`."""
    low, dash, high = text.partition("-")
    if low.strip() and dash:
        return number(low, "value"), number(high, "value")
    return number(text, "value"), None


def value_text(row: Any) -> str:
    """A row's value as `revised` reads it."""
    if row.value is None:
        return ""
    return figure(row.value) + (f"-{figure(row.value_to)}" if row.value_to is not None else "")
