"""What a ledger is narrowed to, and the conditions that say so. Counts and lists share them.

Fields that speak of a task (`units`, `running`, `due_from`, `due_until`, `levels`, `level_from`,
`overdue`, `overdue_at`) speak of one and the same task. It runs (is handed over and not handed
in) with any of them but `units` and `overdue_at`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, union, union_all

from models import tables
from models.aliases import shared_alias
from models.db import Session
from models.directory import PersonInfo
from models.queries.definitions import definitions
from models.queries.running import (
    is_open,
    is_overdue,
    is_running,
    issue_of_stream,
    tagged,
    was_overdue,
)
from models.queries.waiting import KINDS, waiting

_I, _T = tables.issue.c, shared_alias(tables.task)
MOST_WORDS, MOST_TEXT = 5, 100
_NUMBER = re.compile(r"[A-Za-z]{2}-[0-9]{4}-[0-9]{6,10}(-[0-9]{2,3})?")


@dataclass(frozen=True, slots=True)
class LedgerFilter:
    """Empty fields narrow nothing; several values of one field are alternatives.

    Times are aware; `..._from` is included, `..._until` is not. 0 in `boards` or `projects` means
    none. `units` lead a task that is not withdrawn, `co_units` support one. `closed_...` and
    `relapsed_...` ask the history: what was closed then and has relapsed since is still found.
    `text` holds up to five words, all of which must occur in number, title, description or the
    project's name. `waiting` is a kind of `models.queries.waiting.KINDS`: what the actor has to do.
    """

    phases: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    lights: tuple[str, ...] = ()
    boards: tuple[int, ...] = ()
    units: tuple[int, ...] = ()
    co_units: tuple[int, ...] = ()
    reporter_units: tuple[int, ...] = ()
    categories: tuple[str, ...] = ()
    projects: tuple[int, ...] = ()
    due_from: datetime | None = None
    due_until: datetime | None = None
    levels: tuple[int, ...] = ()
    level_from: int | None = None
    coordination_levels: tuple[int, ...] = ()
    listed: bool = False
    relapsed: bool = False
    urgent: bool = False
    major: bool = False
    running: bool = False
    overdue: bool = False
    overdue_at: datetime | None = None
    open_only: bool = False
    opened_from: datetime | None = None
    opened_until: datetime | None = None
    closed_from: datetime | None = None
    closed_until: datetime | None = None
    relapsed_from: datetime | None = None
    relapsed_until: datetime | None = None
    sources: tuple[str, ...] = ()
    text: str = ""
    waiting: str = ""

    def __post_init__(self) -> None:
        """Unknown kinds of to-do and naive times are programming errors: ValueError."""
        if self.waiting and self.waiting not in KINDS:
            raise ValueError(f"unknown kind of to-do: {self.waiting}")
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, datetime) and value.utcoffset() is None:
                raise ValueError(f"{field.name} has no time zone")

    @property
    def follows_clock(self) -> bool:
        """Whether time alone changes what it finds."""
        return self.overdue or bool(self.waiting)

    @property
    def free_moments(self) -> bool:
        """Whether it names a time that is no whole hour, as days and weeks are."""
        named = (getattr(self, field.name) for field in fields(self))
        times = [value for value in named if isinstance(value, datetime)]
        return any(t.minute or t.second or t.microsecond for t in times)

    @property
    def of_tasks(self) -> bool:
        """Whether it speaks of a task, supporting units apart."""
        asked = (self.units, self.running, self.due_from, self.due_until, self.levels)
        return any((*asked, self.level_from is not None, self.overdue, self.overdue_at))

    @property
    def words(self) -> tuple[str, ...]:
        """The words that are searched for."""
        return tuple(self.text[:MOST_TEXT].split()[:MOST_WORDS])


def conditions(
    s: Session, actor: PersonInfo, wanted: LedgerFilter, now: datetime
) -> list[ColumnElement[bool]]:
    """Conditions on `issue`; the actor's scope is not among them."""
    return [
        *_plain(s, wanted),
        *_flags(wanted),
        *_moments(wanted),
        *_tasks(wanted, now),
        *_history(wanted),
        *_text(s, wanted),
        *([waiting(wanted.waiting, actor, definitions(s), now)] if wanted.waiting else []),
    ]


def _plain(s: Session, wanted: LedgerFilter) -> list[ColumnElement[bool]]:
    states = wanted.states
    if wanted.phases:
        of_phases = definitions(s).states_of(wanted.phases)
        states = tuple(set(of_phases) & set(states)) if states else of_phases
    named: tuple[tuple[ColumnElement[Any], tuple[Any, ...]], ...] = (
        (_I.light, wanted.lights),
        (_I.category, wanted.categories),
        (_I.reporter_unit_id, wanted.reporter_units),
        (_I.coordination_level, wanted.coordination_levels),
        (_I.source_system, wanted.sources),
    )
    found: list[ColumnElement[bool]] = [c.in_(values) for c, values in named if values]
    if wanted.states or wanted.phases:
        found.append(_I.state.in_(states))
    for column, ids in ((_I.board_id, wanted.boards), (_I.project_id, wanted.projects)):
        if ids:
            among = column.in_([key for key in ids if key])
            found.append(or_(among, column.is_(None)) if 0 in ids else among)
    return found


def _flags(wanted: LedgerFilter) -> list[ColumnElement[bool]]:
    asked = (
        (wanted.listed, _I.listed.is_(True)),
        (wanted.relapsed, _I.relapse_count > 0),
        (wanted.urgent, _I.urgent.is_(True)),
        (wanted.major, _I.major.is_(True)),
        (wanted.open_only, is_open(_I)),
    )
    return [condition for flag, condition in asked if flag]


def _moments(wanted: LedgerFilter) -> list[ColumnElement[bool]]:
    return _between(_I.reported_at, wanted.opened_from, wanted.opened_until)


def _between(
    column: ColumnElement[Any], since: datetime | None, until: datetime | None
) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [column >= since] if since is not None else []
    return [*found, column < until] if until is not None else found


def _tasks(wanted: LedgerFilter, now: datetime) -> list[ColumnElement[bool]]:
    task = _T.c
    asked = _of_running(wanted, now)
    alike = [is_running(task), *asked] if asked or wanted.running else []
    if wanted.units:
        alike += [task.lead_unit_id.in_(wanted.units), task.state != "withdrawn"]
    if wanted.overdue_at is not None:
        parts = was_overdue(task, wanted.overdue_at)
        one: Any = union(*(select(task.issue_id).where(part, *alike) for part in parts))
    else:
        one = select(task.issue_id).where(*alike) if alike else None
    return [*([_I.id.in_(one)] if one is not None else []), *_supporting(wanted)]


def _of_running(wanted: LedgerFilter, now: datetime) -> list[ColumnElement[bool]]:
    task = _T.c
    found: list[ColumnElement[bool]] = _between(task.due_at, wanted.due_from, wanted.due_until)
    if wanted.levels:
        found.append(task.level.in_(wanted.levels))
    if wanted.level_from is not None:
        found.append(task.level >= wanted.level_from)
    if wanted.overdue:
        found.append(is_overdue(task, now))
    return found


def _supporting(wanted: LedgerFilter) -> list[ColumnElement[bool]]:
    if not wanted.co_units:
        return []
    task, co = _T.c, tables.co_unit.c
    supported = select(co.task_id).where(co.unit_id.in_(wanted.co_units))
    live = select(task.issue_id).where(task.state != "withdrawn", task.id.in_(supported))
    return [_I.id.in_(live)]


def _history(wanted: LedgerFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    for tag, since, until in (
        ("issue.approve", wanted.closed_from, wanted.closed_until),
        ("issue.relapse", wanted.relapsed_from, wanted.relapsed_until),
    ):
        if since is not None or until is not None:
            ids = [
                select(issue_of_stream(event)).where(
                    tagged(event, tag), *_between(event.logical_at, since, until)
                )
                for event in (tables.event.c, tables.archived_event.c)
            ]
            found.append(_I.id.in_(union_all(*ids)))
    return found


def _text(s: Session, wanted: LedgerFilter) -> list[ColumnElement[bool]]:
    if not wanted.words:
        return []
    if _NUMBER.fullmatch(wanted.text.strip()):
        return [_I.id.in_(_by_number(s, wanted.text.strip().upper()))]
    return [_word(s, word) for word in wanted.words]


def _by_number(s: Session, number: str) -> list[int]:
    """The issue that bears exactly this number, or one of whose tasks does."""
    task = tables.task.c
    own = select(_I.id).where(_I.number == number)
    found = own.union(select(task.issue_id).where(task.number == number))
    return [row[0] for row in s.execute(found)]


def _word(s: Session, word: str) -> ColumnElement[bool]:
    """Titles before descriptions: what is found in the shorter text spares the longer one."""
    project = tables.project.c
    named = select(project.id).where(_contains(s, project.name, word))
    texts = (_I.number, _I.title, _I.description)
    return or_(*(_contains(s, column, word) for column in texts), _I.project_id.in_(named))


def _contains(s: Session, column: ColumnElement[Any], word: str) -> ColumnElement[bool]:
    """A search for plain text costs a third of LIKE; case is folded only where there is any."""
    find = func.instr if s.dialect == "sqlite" else func.strpos
    if word.isascii() and word.lower() != word.upper():
        return and_(find(func.lower(column), word.lower()) > 0)
    return and_(find(column, word) > 0)
