"""上年数据: the months of the year before that this year's bulletins are compared with.

An office that takes the system into use enters last year's figures for what was carried over and
freezes the months. Nobody kept the loop's records then, so that its rates have nothing to compare.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import select

from demo.clockwork import Clockwork
from demo.script import TITLE_MARK, YEAR, Perform, Script
from demo.story.targets import PROJECTS, freeze
from models import tables
from models.db import Session
from models.directory import PersonInfo
from projects.figures.commands import Figure, report_figures
from projects.library import commands, listings

LAST = YEAR - 1
MONTHS = ("01", "02", "03", "04", "05")
COMPARED = ("04", "05")
"""The months of which this year has a bulletin."""
SHARE = 4, 5
"""Last year's amounts are so much of this year's: the demonstration's own."""
MONTHS_OF_PLAN = 12
"""A year's plan is so many times the amount of its first month."""
WAN_A_YI = 10_000


def write(script: Script) -> None:
    """Book this part: before anything else of the year."""
    script.book(script.at("01-06", "08:30"), _listed)
    for n, month in enumerate(MONTHS):
        script.book(script.at("01-06", "08:40"), _reporting(f"{LAST}-{month}", n))
    for month in COMPARED:
        script.book(script.at("01-06", "08:50"), _freezing(f"{LAST}-{month}"))


def _carried() -> list[tuple[str, tuple[str, ...], tuple[int, ...]]]:
    return [(name, lists, amounts) for name, _who, lists, _start, old, amounts in PROJECTS if old]


def _listed(clock: Clockwork, now: datetime) -> None:
    for name, codes, amounts in _carried():
        clock.do(_plan, "triage", now, name=name, amount=amounts[0])
        for code in codes:
            clock.do(_enlist, "triage", now, name=name, code=code)


def _enlist(s: Session, *, actor: PersonInfo, now: datetime, name: str, code: str) -> None:
    listings.enlist(
        s, actor=actor, project_id=_ids(s)[name], list_code=code, year=LAST, now=now,
        note="演示数据",
    )  # fmt: skip


def _plan(s: Session, *, actor: PersonInfo, now: datetime, name: str, amount: int) -> None:
    """What is planned for the year: made up, since the sources do not state it."""
    planned = {"plan_year_invest_yi": f"{Decimal(amount * MONTHS_OF_PLAN) / WAN_A_YI:f}"}
    commands.edit(s, actor=actor, project_id=_ids(s)[name], values=planned, now=now)


def _reporting(month: str, n: int) -> Perform:
    def act(clock: Clockwork, now: datetime) -> None:
        with clock.db.read() as s:
            ids = _ids(s)
        many, of = SHARE
        figures = [
            Figure(ids[name], amounts[n] * many // of, amounts[n] * many // of * 9 // 10,
                   f"{TITLE_MARK}主体施工", "演示数据")
            for name, _lists, amounts in _carried()
        ]  # fmt: skip
        clock.do(report_figures, "triage", now, month=month, figures=figures)

    return act


def _freezing(month: str) -> Perform:
    return lambda clock, now: clock.do(freeze, "chief", now, month=month)


def _ids(s: Session) -> dict[str, int]:
    p = tables.project.c
    return {row.name: row.id for row in s.execute(select(p.name, p.id))}
