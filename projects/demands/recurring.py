"""共性问题: which categories and boards demands come back to, month by month (S4 4.5).

Every figure is a number of demands by the day of receipt, and has the list behind it. A demand
without a category yet (nobody has taken it up) counts under the empty name.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from models.db import Session
from models.directory import PersonInfo
from projects.demands.base import D, scope
from projects.demands.listing import span
from workflow.context import context

MONTHS = 12
RISE_FROM, RISE_SHARE = 3, 1.5
"""(D) A category rises where its last three months have at least three demands and half as many
again as the three before."""


@dataclass(slots=True)
class Line:
    """A category's or board's demands: by month, in all, and how many were repeats."""

    key: str
    months: dict[str, int] = field(default_factory=dict)
    total: int = 0
    repeats: int = 0
    relapses: int = 0

    @property
    def share(self) -> float | None:
        """The share of repeats; None where there is nothing to share."""
        return self.repeats / self.total if self.total else None


@dataclass(frozen=True, slots=True)
class Recurring:
    """The months shown, oldest first, and the lines by category, by board, and by both."""

    months: list[str]
    categories: list[Line]
    boards: list[Line]
    pairs: dict[tuple[str, str], int]


def recurring(s: Session, actor: PersonInfo, now: datetime, *, months: int = MONTHS) -> Recurring:
    """Counts of the last months up to the present one, within the actor's scope.

    Boards are told by their code, empty where the enterprise named none.
    """
    ctx = context(s)
    shown = last_months(ctx.calendar().local_date(now).strftime("%Y-%m"), months)
    begin, _next = span(s, shown[0])
    chosen = select(D.received_at, D.category, D.board_id, D.repeat, D.relapse_candidate)
    zone, units = ctx.calendar().tz, ctx.directory.units
    categories: dict[str, Line] = {}
    boards: dict[str, Line] = {}
    pairs: Counter[tuple[str, str]] = Counter()
    for row in s.execute(chosen.where(D.received_at >= begin, scope(s, actor))):
        month = row.received_at.astimezone(zone).strftime("%Y-%m")
        board = units[row.board_id].code if row.board_id in units else ""
        for lines, key in ((categories, row.category), (boards, board)):
            _count(lines.setdefault(key, Line(key)), month, row.repeat, row.relapse_candidate)
        pairs[row.category, board] += 1
    return Recurring(shown, _sorted(categories), _sorted(boards), dict(pairs))


def last_months(month: str, n: int) -> list[str]:
    """The `n` months up to this one, oldest first. Pure."""
    year, number = map(int, month.split("-"))
    places = (year * 12 + number - 1 - k for k in range(n - 1, -1, -1))
    return [f"{place // 12}-{place % 12 + 1:02d}" for place in places]


def rises(line: Line, months: list[str]) -> bool:
    """Whether the demands of a line grow: its last three full or begun months against those
    before. Pure."""
    late = sum(line.months.get(month, 0) for month in months[-3:])
    early = sum(line.months.get(month, 0) for month in months[-6:-3])
    return late >= RISE_FROM and late >= RISE_SHARE * early


def _count(line: Line, month: str, repeat: bool, relapse: bool) -> None:
    line.months[month] = line.months.get(month, 0) + 1
    line.total += 1
    line.repeats += repeat
    line.relapses += relapse


def _sorted(lines: dict[str, Line]) -> list[Line]:
    return sorted(lines.values(), key=lambda line: (-line.total, line.key))
