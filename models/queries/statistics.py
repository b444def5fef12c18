"""The three-colour picture: counts of what the actor may see, each with the list behind it.

Every figure counts issues (never tasks), from the conditions of `LedgerFilter`, and carries the
filter whose list has that total. Figures are kept as long as the ledger stands still.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, case, select

from models import tables
from models.aliases import shared_alias
from models.db import Session
from models.directory import PersonInfo
from models.queries.definitions import definitions
from models.queries.edition import kept
from models.queries.ledger import LedgerFilter
from models.queries.ledger_filter import conditions
from models.queries.members import Cell, Members, cells, members
from models.queries.running import ENDED, is_overdue, is_running
from models.queries.scope import visible_issues

__all__ = ["Figure", "Overdue", "Picture", "UnitLoad", "overdue_tasks", "picture"]
_I, _T = tables.issue.c, shared_alias(tables.task, "counted")
EVERYTHING = LedgerFilter()


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of issues and the filter whose list has as many."""

    count: int
    wanted: LedgerFilter


@dataclass(frozen=True, slots=True)
class UnitLoad:
    """Issues in which a unit leads a running task, and those where one of them is overdue."""

    running: Figure
    overdue: Figure


@dataclass(frozen=True, slots=True)
class Picture:
    """Counts by what the pages show. Boards are ids, 0 for issues without one; cells without
    issues are left out."""

    total: Figure
    open: Figure
    phases: dict[tuple[str, str], Figure]
    states: dict[str, Figure]
    boards: dict[tuple[int, str], Figure]
    categories: dict[tuple[str, str], Figure]
    units: dict[int, UnitLoad]
    levels: dict[int, Figure]
    overdue: Figure


@dataclass(frozen=True, slots=True)
class Overdue:
    """A task past its deadline. `days` are whole calendar days since then."""

    task: Row[Any]
    issue_number: str
    issue_title: str
    days: int


def picture(
    s: Session, actor: PersonInfo, now: datetime, wanted: LedgerFilter = EVERYTHING
) -> Picture:
    """Every count of the home page. `wanted` narrows all of them alike.

    `wanted` must not speak of tasks (units, levels, deadlines, overdue): a figure by unit or level
    asks for one task that meets all of it. Raises ValueError.
    """
    if wanted.of_tasks:
        raise ValueError("a picture is narrowed by what issues are, not by their tasks")
    found = _Cells(s, wanted, cells(s, actor, wanted, now))
    load, mine = _load(s, now), members(s, actor, wanted, now)
    levels = {level: len(mine.of(ids)) for level, ids in sorted(load.levels.items())}
    return Picture(
        total=Figure(found.total, wanted),
        open=Figure(found.open, replace(wanted, open_only=True)),
        phases=found.by(lambda c: (found.phases[c.state], c.light), "phases", "lights"),
        states={k[0]: f for k, f in found.by(lambda c: (c.state,), "states").items()},
        boards=found.by(lambda c: (c.board_id or 0, c.light), "boards", "lights"),
        categories=found.by(lambda c: (c.category, c.light), "categories", "lights"),
        units=_units(load, mine, wanted),
        levels={n: Figure(c, replace(wanted, levels=(n,))) for n, c in levels.items() if c},
        overdue=Figure(len(mine.of(load.late)), replace(wanted, overdue=True)),
    )


def _units(load: _Load, mine: Members, wanted: LedgerFilter) -> dict[int, UnitLoad]:
    found = {}
    for unit, ids in sorted(load.units.items()):
        running, late = len(mine.of(ids)), len(mine.of(load.late_units.get(unit, ())))
        if running:
            found[unit] = UnitLoad(
                Figure(running, replace(wanted, units=(unit,), running=True)),
                Figure(late, replace(wanted, units=(unit,), overdue=True)),
            )
    return found


class _Cells:
    """Counts by state, light, board and category, added up along any of them."""

    def __init__(self, s: Session, wanted: LedgerFilter, counted: list[Cell]) -> None:
        self._wanted, self._cells = wanted, counted
        self.phases = definitions(s).phases()
        self.total = sum(cell.n for cell in counted)
        self.open = sum(cell.n for cell in counted if cell.state not in ENDED)

    def by(self, key: Callable[[Any], tuple[Any, ...]], *names: str) -> dict[Any, Figure]:
        """Sums by a key; `names` are the filter's fields that its parts belong to."""
        sums: dict[tuple[Any, ...], int] = {}
        for cell in self._cells:
            sums[key(cell)] = sums.get(key(cell), 0) + cell.n
        return {k: Figure(n, self._narrowed(names, k)) for k, n in sums.items()}

    def _narrowed(self, names: tuple[str, ...], key: tuple[Any, ...]) -> LedgerFilter:
        chosen = {name: (part,) for name, part in zip(names, key, strict=True)}
        return replace(self._wanted, **chosen)  # type: ignore[arg-type]


@dataclass(slots=True)
class _Load:
    """Issues by what their running tasks are: whose, how far chased, how late."""

    units: dict[int, array[int]] = field(default_factory=dict)
    late_units: dict[int, array[int]] = field(default_factory=dict)
    levels: dict[int, array[int]] = field(default_factory=dict)
    late: array[int] = field(default_factory=lambda: array("q"))


def overdue_now(s: Session, actor: PersonInfo, now: datetime, wanted: LedgerFilter) -> int:
    """How many issues have a task past its deadline: `Picture.overdue` without the rest."""
    return len(members(s, actor, wanted, now).of(_load(s, now).late))


def _load(s: Session, now: datetime) -> _Load:
    """Every running task, whoever may see it: the same for all, so it is read once."""

    def make() -> _Load:
        found, task = _Load(), _T.c
        late = is_overdue(task, now).label("late")
        columns = (task.issue_id, task.lead_unit_id, task.level, case((late, 1), else_=0))
        rows: Any = s.execute(select(*columns).where(is_running(task)))
        for issue, unit, level, is_late in rows:
            found.units.setdefault(unit, array("q")).append(issue)
            found.levels.setdefault(level, array("q")).append(issue)
            if is_late:
                found.late_units.setdefault(unit, array("q")).append(issue)
                found.late.append(issue)
        return found

    return kept(s, "load", make, now=now)


def overdue_tasks(
    s: Session,
    actor: PersonInfo,
    now: datetime,
    wanted: LedgerFilter = EVERYTHING,
    limit: int = 10,
) -> list[Overdue]:
    """The tasks that are longest past their deadline. `Picture.overdue` counts their issues."""
    rows = s.execute(
        select(_T, _I.number.label("issue_number"), _I.title.label("issue_title"))
        .join(tables.issue, _I.id == _T.c.issue_id)
        .where(is_overdue(_T.c, now), visible_issues(actor), *conditions(s, actor, wanted, now))
        .order_by(_T.c.due_at, _T.c.id)
        .limit(limit)
    )
    return [Overdue(r, r.issue_number, r.issue_title, (now - r.due_at).days) for r in rows]
