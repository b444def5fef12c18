"""Many rows of one table in one go, given as the driver wants them, by position.

SQLite takes them one after the other from a list, inside C. PostgreSQL takes an array a column,
texts joined and anything else as JSON, and once what is the same in every row, so that a whole set
is one statement and one round trip. (The driver's own arrays cost ten times as much to make.)
Structured values of which rows share a few, as notices do their facts, go once each as well, and
the rows name their places: reading such a value is a good part of what a row costs the server.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from itertools import count
from typing import Any

from pydantic_core import to_json
from sqlalchemy import JSON, Table
from sqlalchemy.engine import Dialect, make_url

from models.converting import binder, dumps
from models.db import FEW, Session

_SAME, _SHARED, _JOINED, _LISTED = "same", "shared", "joined", "listed"
_BETWEEN = "\x1e"
"""Between texts that are sent joined, which the server takes apart in no time. Where it stands in
one of them, or one is NULL, a JSON array is sent."""
_APART = f"unnest(string_to_array(%s::text, chr({ord(_BETWEEN)})))"
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
        return s.send(*self.bound(s, rows)) if rows else 0

    def bound(self, s: Session, rows: list[Row]) -> tuple[str, list[Any]]:
        """The driver's text with the rows as it takes them; many rows are one for PostgreSQL."""
        if s.dialect == "postgresql" and len(rows) > FEW:
            given = _Columns(self._table, self._names, rows)
            return self._text(given.kinds, given), [given.values]
        return self._text("%s" if s.dialect == "postgresql" else "?"), rows

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

    __slots__ = ("_expected", "_names", "_table", "_texts", "_writers")

    def __init__(self, table: Table, names: Sequence[str], expected: str = "") -> None:
        self._table, self._names, self._expected = table, tuple(names), expected
        self._texts: dict[Any, str] = {}
        self._writers: dict[str, list[tuple[str, Writer | None]]] = {}

    def run(self, s: Session, rows: list[Row]) -> int:
        """Write the changes; returns how many rows were found."""
        if not rows:
            return 0
        if s.dialect != "postgresql":
            return s.send(self.plain(s), rows)
        extra = [self._expected] if self._expected else []
        given = _Columns(self._table, [*self._names, "id", *extra], rows)
        if given.kinds not in self._texts:
            self._texts[given.kinds] = self._set(given)
        return s.send(self._texts[given.kinds], [given.values])

    def bind(self, s: Session, values: dict[str, Any], *key: Any) -> list[Any]:
        """A row of `plain` from values by column; `key`: the id and what is expected, if asked."""
        if s.dialect not in self._writers:
            self._writers[s.dialect] = [
                (n, None if (w := writer(s.dialect, self._table, n)) is _as_it_is else w)
                for n in self._names
            ]
        row = [
            value if (value := values[name]) is None or write is None else write(value)
            for name, write in self._writers[s.dialect]
        ]
        row += key
        return row

    def plain(self, s: Session) -> str:
        """The driver's statement for one row."""
        mark = "%s" if s.dialect == "postgresql" else "?"
        if mark not in self._texts:
            values = ", ".join(f"{name} = {mark}" for name in self._names)
            guard = f" AND {self._expected} = {mark}" if self._expected else ""
            self._texts[mark] = f"UPDATE {self._table.name} SET {values} WHERE id = {mark}{guard}"
        return self._texts[mark]

    def _set(self, given: _Columns) -> str:
        here = range(len(self._names))
        values = ", ".join(f"{self._names[n]} = g.v{n}" for n in here)
        guard = f" AND t.{self._expected} = g.v{len(here) + 1}" if self._expected else ""
        return (
            f"UPDATE {self._table.name} AS t SET {values} FROM ({given.select()}) AS g"
            f" WHERE t.id = g.v{len(here)}{guard}"
        )


@cache
def change_of(table: Table, names: tuple[str, ...], expected: str = "") -> Change:
    """The `Change` of these columns, made once."""
    return Change(table, names, expected)


class _Columns:
    """Rows turned into a value a column: an array, or the one value that all rows have.

    `kinds` says how each column is sent: `_SAME`, `_SHARED`, `_JOINED` or `_LISTED`.
    """

    __slots__ = ("_names", "_table", "kinds", "values")

    def __init__(self, table: Table, names: Sequence[str], rows: list[Row]) -> None:
        self._table, self._names = table, names
        once, arrays, kinds = list[Any](), list[str](), list[str]()
        for n, column in enumerate(zip(*rows, strict=True)):
            # the first column stays an array, so that there are as many rows
            if n and column.count(column[0]) == len(rows):
                kind = _SAME
                once.append(column[0])
            elif self._structured(names[n]) and (shared := _shared(column)):
                kind = _SHARED
                once.append(shared[0])
                arrays.append(shared[1])
            else:
                kind, array = self._array(names[n], column)
                arrays.append(array)
            kinds.append(kind)
        self.kinds, self.values = tuple(kinds), (*once, *arrays)

    def _array(self, name: str, column: Sequence[Any]) -> tuple[str, str]:
        if _type(self._table, name) in ("text", "jsonb") and (text := _joined(column)):
            return _JOINED, text
        if self._structured(name):  # texts of JSON already
            return _LISTED, f"[{','.join('null' if text is None else text for text in column)}]"
        return _LISTED, to_json(column).decode()

    def _structured(self, name: str) -> bool:
        return isinstance(self._table.columns[name].type, JSON)

    def select(self) -> str:
        """A SELECT of the rows: v0, v1, ... in the order of the columns; takes `values`."""
        chosen = ", ".join(f"{self._value(n)} AS v{n}" for n in range(len(self.kinds)))
        arrays = [n for n, kind in enumerate(self.kinds) if kind != _SAME]
        made = ", ".join(self._elements(n) for n in arrays)
        named = ", ".join(f"c{n}" for n in arrays)
        return f"SELECT {chosen} FROM ROWS FROM ({made}) AS a({named})"

    def _value(self, n: int) -> str:
        type_ = _type(self._table, self._names[n])
        if self.kinds[n] == _SHARED:
            each = f"{_APART} WITH ORDINALITY AS e(value, place)"
            return f"(SELECT array_agg(value::{type_} ORDER BY place) FROM {each})[a.c{n}]"
        return f"{'%s' if self.kinds[n] == _SAME else f'a.c{n}'}::{type_}"

    def _elements(self, n: int) -> str:
        if self.kinds[n] == _SHARED:
            return "unnest(%s::int[])"
        if self.kinds[n] == _JOINED:
            return _APART
        kind = "" if self._structured(self._names[n]) else "_text"
        return f"json_array_elements{kind}(%s::json)"


def _shared(texts: Sequence[Any]) -> tuple[str, str] | None:
    """Each of the texts once, and where each row's stands among them, counted from one; None where
    that would hardly be shorter."""
    places = dict(zip(dict.fromkeys(texts), count(1)))
    each = _joined(list(places)) if 2 * len(places) <= len(texts) else ""
    return (each, f"{{{','.join([str(places[text]) for text in texts])}}}") if each else None


def _joined(texts: Sequence[Any]) -> str:
    """The texts in one, or nothing where they could not be told apart again."""
    if None in texts:
        return ""
    found = _BETWEEN.join(texts)
    return found if found.count(_BETWEEN) == len(texts) - 1 else ""


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
