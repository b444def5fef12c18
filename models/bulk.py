"""Many rows of one table in one go, given as the driver wants them, by position.

SQLite takes them one after the other from a list, inside C. PostgreSQL takes a JSON array a
column, and once what is the same in every row, so that a whole set is one statement and one round
trip. (The driver's own arrays cost ten times as much to make.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import Any

from pydantic_core import to_json
from sqlalchemy import JSON, Table
from sqlalchemy.engine import Dialect, make_url

from models.converting import binder, dumps
from models.db import FEW, Session

Row = tuple[Any, ...]
Writer = Callable[[Any], Any]


@lru_cache(maxsize=512)
def writer(dialect: str, table: Table, column: str) -> Writer:
    """How a column's value is given to the driver; a structured value becomes its text."""
    if isinstance(table.columns[column].type, JSON):
        return dumps
    return binder(table.columns[column].type, _driver(dialect)) or _as_it_is


class Insertion:
    """INSERT of many rows by position; `ignore`: those that exist under a unique key stay."""

    __slots__ = ("_ignore", "_names", "_table", "_texts")

    def __init__(self, table: Table, names: Sequence[str], *, ignore: bool = False) -> None:
        self._table, self._names, self._ignore = table, tuple(names), ignore
        self._texts: dict[Any, str] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The columns, in the order in which a row gives them."""
        return self._names

    def run(self, s: Session, rows: list[Row]) -> int:
        """Write the rows; returns how many were new."""
        if not rows:
            return 0
        if s.dialect == "postgresql" and len(rows) > FEW:
            given = _Columns(self._table, self._names, rows)
            return s.send(self._text(given.same, given), [given.values])
        return s.send(self._text("%s" if s.dialect == "postgresql" else "?"), rows)

    def _text(self, key: Any, given: _Columns | None = None) -> str:
        if key not in self._texts:
            into = f"INSERT INTO {self._table.name} ({', '.join(self._names)}) "
            marks = ", ".join([str(key)] * len(self._names))
            rows = f"VALUES ({marks})" if given is None else given.select()
            after = " ON CONFLICT DO NOTHING" if self._ignore else ""
            self._texts[key] = into + rows + after
        return self._texts[key]


def next_ids(s: Session, table: Table, count: int) -> list[int]:
    """Ids for as many new rows, as the database would give them one by one. On SQLite they are
    ours as long as the transaction writes."""
    if s.dialect == "postgresql":
        drawn = f"SELECT nextval(pg_get_serial_sequence('{table.name}', 'id'))"
        return [row[0] for row in s.query(f"{drawn} FROM generate_series(1, %s)", (count,))]
    last: int = s.query(f"SELECT coalesce(max(id), 0) FROM {table.name}", ())[0][0]
    return list(range(last + 1, last + 1 + count))


class Change:
    """UPDATE of many rows by their `id`, with one value a column and row.

    A row gives the new values in the order of `names`, then the id and, with `expected`, the value
    that this column must still have: compare-and-swap.
    """

    __slots__ = ("_expected", "_names", "_table", "_texts")

    def __init__(self, table: Table, names: Sequence[str], expected: str = "") -> None:
        self._table, self._names, self._expected = table, tuple(names), expected
        self._texts: dict[Any, str] = {}

    def run(self, s: Session, rows: list[Row]) -> int:
        """Write the changes; returns how many rows were found."""
        if not rows:
            return 0
        if s.dialect != "postgresql":
            return s.send(self._plain(), rows)
        extra = [self._expected] if self._expected else []
        given = _Columns(self._table, [*self._names, "id", *extra], rows)
        if given.same not in self._texts:
            self._texts[given.same] = self._set(given)
        return s.send(self._texts[given.same], [given.values])

    def _plain(self) -> str:
        if "?" not in self._texts:
            values = ", ".join(f"{name} = ?" for name in self._names)
            guard = f" AND {self._expected} = ?" if self._expected else ""
            self._texts["?"] = f"UPDATE {self._table.name} SET {values} WHERE id = ?{guard}"
        return self._texts["?"]

    def _set(self, given: _Columns) -> str:
        here = range(len(self._names))
        values = ", ".join(f"{self._names[n]} = g.v{n}" for n in here)
        guard = f" AND t.{self._expected} = g.v{len(here) + 1}" if self._expected else ""
        return (
            f"UPDATE {self._table.name} AS t SET {values} FROM ({given.select()}) AS g"
            f" WHERE t.id = g.v{len(here)}{guard}"
        )


class _Columns:
    """Rows turned into a value a column: an array, or the one value that all rows have."""

    __slots__ = ("_names", "_table", "same", "values")

    def __init__(self, table: Table, names: Sequence[str], rows: list[Row]) -> None:
        self._table, self._names = table, names
        columns = list(zip(*rows, strict=True))
        # the first column stays an array, so that there are as many rows
        self.same = tuple(
            n > 0 and column.count(column[0]) == len(rows) for n, column in enumerate(columns)
        )
        arrays = [n for n, same in enumerate(self.same) if not same]
        self.values = (
            *(column[0] for column, same in zip(columns, self.same, strict=True) if same),
            *(self._array(names[n], columns[n]) for n in arrays),
        )

    def _array(self, name: str, column: Sequence[Any]) -> str:
        if self._structured(name):  # texts of JSON already
            return f"[{','.join('null' if text is None else text for text in column)}]"
        return to_json(column).decode()

    def _structured(self, name: str) -> bool:
        return isinstance(self._table.columns[name].type, JSON)

    def select(self) -> str:
        """A SELECT of the rows: v0, v1, ... in the order of the columns; takes `values`."""
        types = [_type(self._table, name) for name in self._names]
        chosen = ", ".join(
            f"{'%s' if same else f'a.c{n}'}::{types[n]} AS v{n}" for n, same in enumerate(self.same)
        )
        arrays = [n for n, same in enumerate(self.same) if not same]
        made = ", ".join(f"{self._elements(self._names[n])}(%s::json)" for n in arrays)
        named = ", ".join(f"c{n}" for n in arrays)
        return f"SELECT {chosen} FROM ROWS FROM ({made}) AS a({named})"

    def _elements(self, name: str) -> str:
        return "json_array_elements" + ("" if self._structured(name) else "_text")


@cache
def _type(table: Table, name: str) -> str:
    """What a value is cast to. A cast to a bounded text would cut it: the column shall refuse."""
    type_ = table.columns[name].type
    if isinstance(type_, JSON):
        return "jsonb"
    found = str(type_.compile(_driver("postgresql")))
    return "text" if found.startswith("VARCHAR") else found


@lru_cache
def _driver(dialect: str) -> Dialect:
    name = "postgresql+psycopg" if dialect == "postgresql" else dialect
    made: Dialect = make_url(f"{name}://").get_dialect()()
    return made


def _as_it_is(value: Any) -> Any:
    return value
