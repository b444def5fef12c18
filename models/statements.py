"""Prepared statements for the hot writes: Core writes the SQL once, the driver runs it.

Executing a Core statement costs 60 to 90 microseconds of Python each time; sending its compiled
text to the driver costs under 10. The few statements that every command runs go this way; column
types keep converting values, so that both roads store and return the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import copy
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Dialect,
    Table,
    bindparam,
    cast,
    func,
    insert,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.selectable import Select

from models.converting import Convert, binder, reader
from models.db import Session


@dataclass(frozen=True, slots=True)
class _Plan:
    """A statement as one dialect's driver takes it."""

    sql: str
    names: tuple[str, ...]
    fixed: dict[str, Any]
    binders: tuple[tuple[int, Convert], ...]
    columns: tuple[str, ...]
    readers: tuple[tuple[int, Convert], ...]

    def bind(self, values: dict[str, Any]) -> list[Any]:
        """A row of values converted for the driver."""
        row = self.fixed | values if self.fixed else values
        given = [row[n] for n in self.names]
        for place, convert in self.binders:
            given[place] = convert(given[place])
        return given

    def read(self, row: Any) -> dict[str, Any]:
        """A row of the driver's values by column name, converted back."""
        values = list(row)
        for index, convert in self.readers:
            if values[index] is not None:
                values[index] = convert(values[index])
        return dict(zip(self.columns, values, strict=True))


def upsert(s: Session, table: Table, key: dict[str, Any], **values: Any) -> None:
    """Insert a row or overwrite it, by its primary key, whoever else does the same at once."""
    make = sqlite.insert if s.dialect == "sqlite" else postgresql.insert
    plain = {name: v for name, v in values.items() if not isinstance(v, ColumnElement)}
    statement: Any = make(table).values(**key, **plain)  # the rest takes its default
    s.execute(statement.on_conflict_do_update(index_elements=list(key), set_=values))


def insertion(table: Table, *left_out: str) -> Statement:
    """An INSERT of a table's columns without its `id` and those left out."""
    keys = [c.name for c in table.columns if c.name not in ("id", *left_out)]
    return Statement(insert(table).inline(), keys)


def among(column: ColumnElement[Any], dialect: str) -> ColumnElement[bool]:
    """`column IN (...)` over the JSON array bound as `keys`: one text whatever the number."""
    if dialect == "sqlite":
        values = select(func.json_each(bindparam("keys")).table_valued("value").c.value)
    else:
        listed = func.json_array_elements_text(cast(bindparam("keys"), JSON))
        values = select(cast(listed.table_valued("value").c.value, column.type))
    return column.in_(values)


class PerDialect:
    """A statement that is said differently to each database."""

    def __init__(self, make: Callable[[str], ClauseElement]) -> None:
        self._made = {name: Statement(make(name)) for name in ("sqlite", "postgresql")}

    def all(self, s: Session, values: dict[str, Any]) -> list[dict[str, Any]]:
        """Every row of a query, each a dict by column name."""
        return self._made[s.dialect].all(s, values)

    def of(self, s: Session) -> Statement:
        """The statement as that database is asked."""
        return self._made[s.dialect]


class Statement:
    """A Core statement to be run often. Parameters are named as its bind parameters are."""

    __slots__ = ("_core", "_keys", "_plans")

    def __init__(self, core: ClauseElement, keys: Iterable[str] | None = None) -> None:
        self._core, self._keys = core, list(keys) if keys is not None else None
        self._plans: dict[str, _Plan] = {}

    def all(self, s: Session, values: dict[str, Any]) -> list[dict[str, Any]]:
        """Every row of a query, each a dict by column name."""
        plan = self._plan(s)
        return [plan.read(row) for row in s.query(plan.sql, plan.bind(values))]

    def raw(self, s: Session, values: dict[str, Any]) -> list[Any]:
        """Every row of a query as the driver gives it; `read` makes a dict of one."""
        plan = self._plan(s)
        return s.query(plan.sql, plan.bind(values))

    def read(self, s: Session, row: Any) -> dict[str, Any]:
        """A raw row by column name, its values converted."""
        return self._plan(s).read(row)

    def reader(self, s: Session, name: str) -> Convert:
        """How a column's raw value is converted."""
        plan = self._plan(s)
        return dict(plan.readers).get(plan.columns.index(name), lambda value: value)

    def rows(self, s: Session, values: dict[str, Any]) -> list[SimpleNamespace]:
        """Every row of a query, each with its columns as attributes."""
        return [SimpleNamespace(**row) for row in self.all(s, values)]

    def first(self, s: Session, values: dict[str, Any]) -> dict[str, Any] | None:
        """The first row of a query, or None."""
        rows = self.all(s, values)
        return rows[0] if rows else None

    def run(self, s: Session, rows: list[dict[str, Any]]) -> int:
        """Write one or many rows; returns how many rows were touched."""
        return s.send(*self.bound(s, rows))

    def bound(self, s: Session, rows: list[dict[str, Any]]) -> tuple[str, list[list[Any]]]:
        """The driver's text with the rows as it takes them (see `models.writes`)."""
        plan = self._plan(s)
        return plan.sql, [plan.bind(row) for row in rows]

    def _plan(self, s: Session) -> _Plan:
        plan = self._plans.get(s.dialect)
        if plan is None:
            plan = self._plans[s.dialect] = _plan(self._core, s.conn.dialect, self._keys)
        return plan


def _plan(core: ClauseElement, dialect: Dialect, keys: list[str] | None) -> _Plan:
    compiled: Any = core.compile(dialect=_by_place(dialect), column_keys=keys)
    names = tuple(compiled.positiontup)
    binders = tuple(
        (place, convert)
        for place, name in enumerate(names)
        if (convert := binder(compiled.binds[name].type, dialect)) is not None
    )
    fixed = {k: v for k, v in compiled.params.items() if v is not None}
    columns = _columns(core)
    readers = tuple(
        (index, convert)
        for index, column in enumerate(columns)
        if (convert := reader(column.type, dialect)) is not None
    )
    return _Plan(
        str(compiled),
        names,
        fixed,
        binders,
        tuple(column.key for column in columns),
        readers,
    )


def _by_place(dialect: Dialect) -> Dialect:
    """The same dialect with values given by position, which costs the driver less than by name."""
    if dialect.positional:
        return dialect
    found = copy(dialect)
    found.paramstyle, found.positional = "format", True
    return found


def _columns(core: Any) -> list[Any]:
    if isinstance(core, Select):
        return list(core.selected_columns)
    return list(getattr(core, "_returning", ()) or ())
