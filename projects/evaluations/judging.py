"""Pure rules: when an evaluation is due, whether a commitment is met, which grade it suggests."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from config.inspections import EvaluationRules, Grade

MET, NOT_MET, UNKNOWN = "met", "not_met", "unknown"


@dataclass(frozen=True, slots=True)
class Promise:
    """What was promised: `op` and `value` in `unit`, by a day or at once."""

    op: str
    value: Decimal
    unit: str
    by_on: date | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """What was reached; `value` None is "not stated"."""

    value: Decimal | None
    unit: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """`result` is met, not_met or unknown; `reason` a code that says why."""

    result: str
    reason: str


def due_on(production_on: date, months: int) -> date:
    """The same day so many months later; the last of the month where there is none."""
    whole = production_on.year * 12 + production_on.month - 1 + months
    year, month = whole // 12, whole % 12 + 1
    last = calendar.monthrange(year, month)[1]
    return date(year, month, min(production_on.day, last))


def judge(promise: Promise, figure: Figure | None, today: date) -> Verdict:
    """Whether a promise is met. Without a figure, with one in another unit, or before its day it
    cannot be told: unknown is neither good nor bad, and is never counted as either."""
    if figure is None or figure.value is None:
        return Verdict(UNKNOWN, "no_figure")
    if figure.unit != promise.unit:
        return Verdict(UNKNOWN, "unit_differs")
    if holds(promise.op, figure.value, promise.value):
        return Verdict(MET, "reached")
    if promise.by_on is not None and today < promise.by_on:
        return Verdict(UNKNOWN, "not_due")
    return Verdict(NOT_MET, "missed")


def holds(op: str, figure: Decimal, promised: Decimal) -> bool:
    """Whether `figure op promised`."""
    known: Mapping[str, bool] = {
        ">=": figure >= promised, "<=": figure <= promised, ">": figure > promised,
        "<": figure < promised, "=": figure == promised,
    }  # fmt: skip
    return known[op]


def suggested(results: Iterable[str], rules: EvaluationRules) -> Grade | None:
    """The best grade that the share of kept promises reaches; None where nothing can be told."""
    told = [one for one in results if one in (MET, NOT_MET)]
    if not told:
        return None
    share = Decimal(told.count(MET)) / Decimal(len(told))
    return next(grade for grade in rules.grades if share >= grade.min_share)
