"""What was written for one row, as a pattern for every row of its kind."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from hashlib import sha256
from operator import itemgetter
from typing import Any

from sqlalchemy import JSON, Table
from sqlalchemy.dialects import sqlite

from models import tables
from models.aside import Found
from models.bulk import Insertion, writer
from notifications.outbox import NOTICES
from workflow.chain import GENESIS, canonical, instant
from workflow.ledgers.together.marks import (
    BEFORE,
    DAY,
    FIRST_FREE,
    FOUND_ON,
    HEAD,
    ISSUE,
    ISSUE_ID,
    PROJECT,
    TASK,
    TASK_ID,
    Fill,
    Unalike,
    Values,
    fill,
    lone,
    marked,
)

Raw = dict[str, Any]
Row = tuple[Any, ...]
Written = dict[str, list[Row]]
_CHAINED = ("prev_hash", "hash")


def _names(table: Table, *left_out: str) -> tuple[str, ...]:
    return tuple(c.name for c in table.columns if c.name not in left_out)


INSERTIONS = {
    "issue": Insertion(tables.issue, _names(tables.issue)),
    "task": Insertion(tables.task, _names(tables.task)),
    "co_unit": Insertion(tables.co_unit, _names(tables.co_unit, "id")),
    "deadline_version": Insertion(tables.deadline_version, _names(tables.deadline_version, "id")),
    "event": Insertion(tables.event, (*_names(tables.event, "id", *_CHAINED), *_CHAINED)),
    "notice": Insertion(tables.notice, NOTICES.names),
}
"""In the order of their foreign keys. What is told of a new issue has not been told before."""
_OWN: dict[tuple[str, str], int] = {
    ("issue", "project_id"): PROJECT,
    ("issue", "chain_hash"): HEAD,
    ("event", "prev_hash"): BEFORE,
    ("event", "hash"): HEAD,
}
_IDS = {ISSUE: ISSUE_ID, TASK: TASK_ID}
Pick = Callable[[Values], Row]
"""Takes the row of a table out of all the values of a row of the ledger."""


class Pattern:
    """Rows to be written for each row of a kind, with its own values put in.

    `units`: those that its task names.
    """

    __slots__ = ("_events", "_fills", "_known", "_rows", "_shared", "has_task", "units")

    def __init__(self, dialect: str, found: Found) -> None:
        """Raises `Unalike` where there is more than an issue with a task."""
        if len(found["issue"]) != 1 or len(found["task"]) > 1:
            raise Unalike("more than an issue with a task")
        self.has_task = bool(found["task"])
        self.units = {row["unit_id"] for row in found["co_unit"]}
        for task in found["task"]:
            self.units |= {task["lead_unit_id"], task["verifier_unit_id"]}
        self._known: dict[tuple[str, bool], int] = {}
        self._fills: list[Fill] = []
        shared: dict[Any, int] = {}
        self._rows = [
            (name, self._row(dialect, name, row, shared))
            for name in INSERTIONS
            if name != "event"
            for row in found[name]
        ]
        self._events = [self._event(dialect, row, shared) for row in found["event"]]
        self._shared = [value for _type, value in reversed(shared)]

    def write(self, values: Values, into: Written) -> None:
        """Add the rows of one row of the ledger. `values` by the places of `marks`."""
        for one in self._fills:
            values.append(one(values))
        values += self._shared
        head, events = GENESIS, into["event"]
        for pick, before, data in self._events:
            values[BEFORE] = head
            values[HEAD] = head = _hash(values[before], values[data], head)
            events.append(pick(values))
        for table, pick in self._rows:
            into[table].append(pick(values))

    def _event(self, dialect: str, raw: Raw, shared: dict[Any, int]) -> tuple[Pick, int, int]:
        """The row, and where the two parts of its hash stand."""
        facts = [raw[name] for name in ("stream", "seq", "tag", "task_id", "actor_id")]
        moments = [instant(_plain("event", name, raw[name])) for name in ("at", "logical_at")]
        before = canonical([*facts, *moments])[:-1]
        row = self._row(dialect, "event", raw, shared)
        return row, self._always(before), self._always(raw["data"])

    def _row(self, dialect: str, name: str, raw: Raw, shared: dict[Any, int]) -> Pick:
        """Takes the row out of all values. `shared`: where those stand that are always the same,
        counted from the end; new ones are added."""
        chosen = INSERTIONS[name].names
        if any(raw[column] is not None for column in _left_out(name, chosen)):
            raise Unalike(f"{name} has more columns")
        places = []
        for column in chosen:
            place = self._hole(name, column, raw[column])
            if place is None:
                value = _bound(dialect, name, column, raw[column])
                place = -1 - shared.setdefault((type(value), value), len(shared))
            places.append(place)
        return itemgetter(*places)

    def _hole(self, table: str, column: str, value: Any) -> int | None:
        """The place of a value that is the row's own; None where it is the same for all."""
        if (table, column) in _OWN:
            return _OWN[table, column]
        if isinstance(value, int):
            if value >= ISSUE and value not in _IDS:
                raise Unalike("an id that is not known")
            return _IDS.get(value)
        if not isinstance(value, str) or not marked(value):
            return None
        if (table, column, value) == ("issue", "found_on", FOUND_ON):
            return DAY
        structured = _structured(table, column)
        place = None if structured else lone(value)
        return self._filled(value, structured=structured) if place is None else place

    def _filled(self, text: str, *, structured: bool) -> int | None:
        """Where a text with marks is found once it is filled; None for one without."""
        key = (text, structured)
        if key not in self._known:
            made = fill(text, structured=structured)
            if made is None:
                return None
            self._known[key] = self._keep(made)
        return self._known[key]

    def _always(self, text: str) -> int:
        """Where a structured text is found, with marks or without."""
        place = self._filled(text, structured=True)
        return self._keep(lambda _values: text) if place is None else place

    def _keep(self, made: Fill) -> int:
        self._fills.append(made)
        return FIRST_FREE + len(self._fills) - 1


def _hash(before: str, data: str, head: str) -> str:
    """As `workflow.chain.event_hash` hashes it, put together from what is the same for many."""
    return sha256(f'{before},{data},"{head}"]'.encode()).hexdigest()


@cache
def _left_out(table: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Columns that nobody writes: ids are the database's, and events are chained later."""
    return _names(tables.metadata.tables[table], "id", *names, *_CHAINED)


@cache
def _structured(table: str, column: str) -> bool:
    return isinstance(tables.metadata.tables[table].columns[column].type, JSON)


@cache
def _reader(table: str, column: str) -> Callable[[Any], Any]:
    known = sqlite.dialect()
    type_ = tables.metadata.tables[table].columns[column].type.dialect_impl(known)
    return type_.result_processor(known, None) or (lambda value: value)


def _plain(table: str, column: str, raw: Any) -> Any:
    return _reader(table, column)(raw)


def _bound(dialect: str, table: str, column: str, raw: Any) -> Any:
    """A raw value as the driver of a database takes it."""
    if dialect == "sqlite" or raw is None or _structured(table, column):
        return raw
    bind = writer(dialect, tables.metadata.tables[table], column)
    return bind(_plain(table, column, raw))
