"""New rows of a ledger by the broad road: a kind is worked out once, a batch written together.

The ordinary road (`workflow.ledgers.taking`) stays the one that knows the rules: a pattern is made
by it. Whatever it refuses, and whatever else is not sure to be alike, goes along it row by row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Self

from models import tables
from models.behind import Behind, Statements
from models.bulk import next_ids, writer
from notifications.callbacks.queue import listener
from notifications.outbox import Skips, skipped
from workflow.commands.base import MAX_TEXT, clean
from workflow.context import Context
from workflow.errors import WorkflowError
from workflow.filing import find_board, find_project, find_projects, issue_number
from workflow.ledgers.checks import Checks
from workflow.ledgers.decode import Entry
from workflow.ledgers.mapping import Mapping
from workflow.ledgers.taking import People, title_of
from workflow.ledgers.together.marks import TEXTS, Values, inside
from workflow.ledgers.together.pattern import INSERTIONS, Pattern, Written
from workflow.ledgers.together.stage import Stage
from workflow.naming import kept_active
from workflow.typed import refuse_coming

WORTH = 20
"""So many rows of a batch make the stage worth its while."""
PIECE = 125
"""So many rows are put together before they are handed over, to be sent while others follow."""
MOST = 4000
"""Patterns that are kept, some ten kilobytes each."""
_OF_TASK = ("lead", "verifier", "co_units", "limit", "days", "deadline")
_LONGEST = {"title": 200, "no_project_reason": 300, "source_id": 120}
_PROJECTS = "import.projects"
"""In a transaction's memo: what names of projects mean, looked up once."""

Kind = tuple[Any, ...]
Known = tuple[Pattern, Skips] | None


@dataclass(slots=True)
class _Taken:
    """A row of the ledger that waits to be written: its texts, day and project; the ids of its
    issue and task as soon as there are any."""

    entry: Entry
    pattern: Pattern
    skips: Skips
    texts: list[str]
    found_on: Any
    project: int | None
    issue: int = 0
    task: int | None = None


class Road:
    """The patterns of one import, which happens at one moment."""

    __slots__ = ("_edition", "_patterns", "_stage", "mapping", "now")

    def __init__(self, mapping: Mapping, now: datetime) -> None:
        self.mapping, self.now = mapping, now
        self._stage: Stage | None = None
        self._edition: Any = None
        self._patterns: dict[Kind, Known] = {}

    def batch(self, s: Behind, checks: Checks, people: People, rows: int) -> Batch | None:
        """A batch in this transaction; None where each row has to be taken by itself."""
        if rows < WORTH or self.mapping.exported_in:
            return None
        ctx = checks.ctx
        edition = (
            ctx.calendar_edition, ctx.organisation_edition, ctx.policy_version_id,
            ctx.workflow_version_id, ctx.channels, people,
        )  # fmt: skip
        if edition != self._edition:
            self._patterns.clear()
        self._edition = edition
        return Batch(self, s, checks, people)

    def pattern(self, batch: Batch, entry: Entry, board: int | None) -> Known:
        """The pattern of a row's kind."""
        kind = _kind(entry, board, plans=self.mapping.plans)
        if kind in self._patterns:
            known = self._patterns.pop(kind)  # what was needed last is kept longest
        else:
            known = self._make(batch, entry, board)
        self._patterns[kind] = known
        if len(self._patterns) > MOST:
            del self._patterns[next(iter(self._patterns))]
        return known

    def _make(self, batch: Batch, entry: Entry, board: int | None) -> Known:
        if self._stage is None:
            self._stage = Stage(self.mapping, self.now)
        unit = batch.ctx.directory.units[board] if board is not None else None
        return self._stage.pattern(batch.s, entry, unit, batch.checks, batch.people)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        if self._stage is not None:
            self._stage.close()


def _kind(entry: Entry, board: int | None, *, plans: bool) -> Kind:
    """All that decides what becomes of a row, and nothing else."""
    planned = plans and bool(entry.text("measures"))
    return (
        entry.text("category"), entry.flag("urgent"), entry.flag("major"), board,
        bool(entry.text("found_on")), planned,
        *(entry.text(name) for name in _OF_TASK if planned),
    )  # fmt: skip


class Batch:
    """Rows of the ledger that are written together, in their order."""

    __slots__ = ("_road", "_sure", "_today", "_waiting", "checks", "ctx", "people", "s")

    def __init__(self, road: Road, s: Behind, checks: Checks, people: People) -> None:
        self.s, self.checks, self.people = s, checks, people
        self.ctx: Context = checks.ctx
        self._road = road
        self._waiting: list[_Taken] = []
        self._sure: bool | None = None
        self._today = self.ctx.calendar().local_date(road.now)

    def look_up(self, entries: list[Entry]) -> None:
        """Find the projects of these rows in one statement."""
        known = self.s.memo.setdefault(_PROJECTS, {})
        names = {entry.text("project") for entry in entries} - {"", *known}
        if names:
            known |= find_projects(self.s, self.ctx, names, self.people.report)

    def add(self, entry: Entry) -> bool:
        """Let a row wait to be written; False where it has to be taken by itself."""
        if not self._alike():
            return False
        try:
            project, board = self._place(entry)
            texts, day = _texts(entry), self._day(entry)
        except WorkflowError:
            return False
        if board is not None and not self.ctx.directory.units[board].is_board:
            return False
        known = self._road.pattern(self, entry, board)
        if known is None:
            return False
        self._waiting.append(_Taken(entry, *known, texts, day, project))
        return True

    def _alike(self) -> bool:
        """Whether it is the same for every issue who may go on with it, and no platform hears."""
        if self._sure is None:
            mapping, people = self._road.mapping, self.people
            seeing = not mapping.plans or (people.triage.sees_all and people.dispatch.sees_all)
            self._sure = seeing and listener(self.s, mapping.source_system) is None
        return self._sure

    def _place(self, entry: Entry) -> tuple[int | None, int | None]:
        """Ids of the project and of the town or street."""
        name, who = entry.text("project"), self.people.report
        known = self.s.memo.setdefault(_PROJECTS, {})
        if name not in known:
            known[name] = find_project(self.s, self.ctx, name, who)
        project, its_board = known[name]
        return project, find_board(self.ctx, entry.text("board") or None, its_board, who)

    def _day(self, entry: Entry) -> Any:
        found = entry.text("found_on")
        if not found:
            return None
        day = date.fromisoformat(found)
        refuse_coming(day, self._today, "found_on")
        bind: Callable[[Any], Any] = writer(self.s.dialect, tables.issue, "found_on")
        return bind(day)

    def __bool__(self) -> bool:
        """Whether any row waits."""
        return bool(self._waiting)

    def taken(self) -> list[Entry]:
        """The rows that waited; none of them does any longer."""
        taken, self._waiting = self._waiting, []
        return [one.entry for one in taken]

    def written(self) -> list[tuple[Entry, int]]:
        """The rows that are written now, each with its issue; none of them waits any longer."""
        for one in self._waiting:
            if one.skips:
                skipped(self.s).update(one.skips)
        issues = self.issues()
        self._waiting = []
        return issues

    def issues(self) -> list[tuple[Entry, int]]:
        """The rows that wait, each with its issue."""
        return [(one.entry, one.issue) for one in self._waiting]

    def number(self) -> bool:
        """Give ids to what waits; False where a unit is no longer active."""
        units = {unit for one in self._waiting for unit in one.pattern.units}
        if not kept_active(self.s, units):
            return False
        planned = [one for one in self._waiting if one.pattern.has_task]
        for one, key in zip(planned, next_ids(self.s, tables.task, len(planned)), strict=True):
            one.task = key
        issues = next_ids(self.s, tables.issue, len(self._waiting))
        for one, key in zip(self._waiting, issues, strict=True):
            one.issue = key
        return True

    def pieces(self) -> Iterator[Statements]:
        """What writes the rows, a piece after the other: each is put together when asked for."""
        year = self._today.year
        for start in range(0, len(self._waiting), PIECE):
            rows: Written = {name: [] for name in INSERTIONS}
            for one in self._waiting[start : start + PIECE]:
                one.pattern.write(_values(one, issue_number(year, one.issue)), rows)
            yield [
                insertion.bound(self.s, rows[name])
                for name, insertion in INSERTIONS.items()
                if rows[name]
            ]


def _texts(entry: Entry) -> list[str]:
    """The texts of `marks.TEXTS` as the commands store them. Raises `Malformed`."""
    own = {name: entry.text(name) for name in TEXTS}
    own |= {"title": title_of(entry), "source_id": entry.source_id}
    return [clean(name, own[name], most=_LONGEST.get(name, MAX_TEXT)) for name in TEXTS]


def _values(one: _Taken, number: str) -> Values:
    """By the places of `marks`."""
    own = (number, one.issue, one.task, one.found_on, one.project, "", "")
    return [*one.texts, *map(inside, one.texts), *own]
