"""Rows as plain JSON and back, table by table, the same for every database."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    Table,
    TypeDecorator,
    func,
    select,
)

from models import tables
from models.db import Session

PAGE = 2_000
Row = list[Any]
"""A row's values in the order of the table's columns, each as JSON has it."""


DERIVED = frozenset({"search_doc", "search_term", "search_mark", "commit_mark"})
"""Left out: the index for search, which fills itself again from what it indexes, and the marks of
transactions, which mean something only where these were committed (`models.marks`)."""


def all_tables() -> list[Table]:
    """Every table that is kept, what is referred to before what refers to it."""
    return [table for table in tables.metadata.sorted_tables if table.name not in DERIVED]


def numbered(table: Table) -> bool:
    """Whether its rows have one whole number as their key, and can be walked in its order."""
    keys = list(table.primary_key)
    return len(keys) == 1 and isinstance(keys[0].type, Integer | BigInteger)


def count(s: Session, table: Table) -> int:
    """How many rows there are."""
    return int(s.execute(select(func.count()).select_from(table)).scalar_one())


def highest(s: Session, table: Table) -> int:
    """The highest key of a numbered table, 0 without rows."""
    [key] = table.primary_key
    return int(s.execute(select(func.max(key))).scalar() or 0)


def walk(s: Session, table: Table, after: int = 0) -> Iterator[list[Row]]:
    """Pages of rows in the order of their keys; `after` skips what a numbered table had before."""
    if not numbered(table):
        rows = [encoded(row) for row in s.execute(select(table))]
        yield from _pages(sorted(rows, key=line))
        return
    [key] = table.primary_key
    while True:
        chosen = select(table).where(key > after).order_by(key).limit(PAGE)
        found = list(s.execute(chosen))
        if not found:
            return
        yield [encoded(row) for row in found]
        after = found[-1]._mapping[key]


def encoded(row: Iterable[Any]) -> Row:
    """A row as it came from the database, each value as JSON has it."""
    return list(map(_encode, row))


def values(
    table: Table, rows: Iterable[Row], names: Iterable[str] | None = None
) -> list[dict[str, Any]]:
    """Rows as an INSERT takes them; `names`: their columns, all of the table's by default."""
    columns = table.columns if names is None else [table.c[name] for name in names]
    decoders = [(column.name, _decoder(column)) for column in columns]
    return [
        {
            name: None if value is None else decode(value)
            for (name, decode), value in zip(decoders, row, strict=True)
        }
        for row in rows
    ]


def line(row: Row) -> bytes:
    """A row as one line of JSON, always spelled the same."""
    return (json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":"))).encode()


def digest(s: Session, table: Table) -> str:
    """SHA-256 over every row of a table, in the order of keys."""
    found = hashlib.sha256()
    for page in walk(s, table):
        for row in page:
            found.update(line(row) + b"\n")
    return found.hexdigest()


def _pages(rows: list[Row]) -> Iterator[list[Row]]:
    yield from (rows[start : start + PAGE] for start in range(0, len(rows), PAGE))


def _encode(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value


def _decoder(column: Column[Any]) -> Callable[[Any], Any]:
    kind: Any = column.type
    if isinstance(kind, TypeDecorator):
        kind = kind.impl_instance
    try:
        return _READERS.get(kind.python_type, _as_it_is)
    except NotImplementedError:
        return _as_it_is


def _as_it_is(value: Any) -> Any:
    return value


_READERS: dict[type, Callable[[Any], Any]] = {
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    Decimal: Decimal,
    bytes: base64.b64decode,
}
