"""Snapshot section `figures`: the year's investment by month of every project that has any."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select

from models import tables
from models.db import Session
from projects import months
from projects.sections.shared import yi_text

Figures = dict[str, Any]


def gather(s: Session, month: str, now: datetime) -> list[Figures]:
    """One row for each project, by id; amounts in 亿元 as texts.

    `months`: {"2026-03": {"reported": "0.35", "statistical": null, "progress": "…"}} of the year
    up to the month; `last_year`: the sums of the year before up to the same month, and
    `last_year_whole` of all of it.
    """
    current, earlier = _of_the_year(s, month), _earlier(s, month)
    return [
        {"id": key, "months": current.get(key, {}), **earlier.get(key, _NOTHING)}
        for key in sorted(current.keys() | earlier.keys())
    ]


def _of_the_year(s: Session, month: str) -> dict[int, Figures]:
    m = tables.project_month.c
    chosen = select(
        m.project_id, m.month, m.reported_wan, m.statistical_wan, m.progress
    ).where(m.month >= months.of_year(months.year_of(month))[0], m.month <= month)  # fmt: skip
    found: dict[int, Figures] = defaultdict(dict)
    rows: list[Any] = list(s.execute(chosen).all())
    for key, name, reported, statistical, progress in rows:
        found[key][name] = {
            "reported": yi_text(reported),
            "statistical": yi_text(statistical),
            "progress": progress,
        }
    return found


_NAMES = ("last_year", "last_year_whole")
_NOTHING: Figures = {name: {"reported": None, "statistical": None} for name in _NAMES}


def _earlier(s: Session, month: str) -> dict[int, Figures]:
    """Sums in whole 万元 are exact; a sum of nothing stays "not reported"."""
    m = tables.project_month.c
    begin = months.of_year(months.year_of(month))[0]
    until = m.month <= months.moved(month, -12)
    amounts = (m.reported_wan, m.statistical_wan)
    sums = [func.sum(case((until, amount))) for amount in amounts]
    sums += [func.sum(amount) for amount in amounts]
    chosen = (
        select(m.project_id, *sums)
        .where(m.month >= months.moved(begin, -12), m.month < begin)
        .group_by(m.project_id)
    )
    return {row[0]: _named(row[1:]) for row in s.execute(chosen).all()}


def _named(values: Sequence[Any]) -> Figures:
    pairs = zip(values[::2], values[1::2], strict=True)
    return {
        name: {"reported": yi_text(reported), "statistical": yi_text(statistical)}
        for name, (reported, statistical) in zip(_NAMES, pairs, strict=True)
    }
