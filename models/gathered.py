"""Rows of another table as one value of a statement: PostgreSQL hands them over as JSON.

What lies in many tables is then read in one round trip. SQLite works inside the process and gains
nothing by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    ColumnElement,
    Date,
    Integer,
    Label,
    Select,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlmodel import AutoString, UTCDateTime

from models.converting import Convert


class Gathered:
    """Rows of one kind. Each is an array, in the order of `columns`, which name the values."""

    __slots__ = ("_columns", "_name", "_names", "_readers")

    def __init__(self, name: str, columns: Sequence[ColumnElement[Any]]) -> None:
        self._name, self._columns = name, tuple(columns)
        self._names = tuple(str(column.key) for column in columns)
        read = ((place, _reader(column.type)) for place, column in enumerate(columns))
        self._readers = tuple((place, convert) for place, convert in read if convert is not None)

    def value(self, chosen: Select[Any], *order: ColumnElement[Any]) -> Label[Any]:
        """The value to be selected: all rows of `chosen`, which says only from where and which."""
        row = func.json_build_array(*self._columns)
        found = func.json_agg(aggregate_order_by(row, *order), type_=JSON)
        return chosen.with_only_columns(found).scalar_subquery().label(self._name)

    def newest(self, chosen: Select[Any], by: ColumnElement[Any], most: int) -> Label[Any]:
        """The same for those with the greatest `by`, at most so many, the greatest first.

        The offset, which skips nothing, keeps PostgreSQL from walking along the whole table in
        that order in search of rows that may be few.
        """
        every = chosen.with_only_columns(*self._columns).offset(literal_column("0")).subquery()
        few = select(every).order_by(every.c[str(by.key)].desc()).limit(most).subquery()
        row = func.json_build_array(*(few.c[name] for name in self._names))
        found = func.json_agg(aggregate_order_by(row, few.c[str(by.key)].desc()), type_=JSON)
        return select(found).scalar_subquery().label(self._name)

    def taken(self, found: dict[str, Any]) -> list[SimpleNamespace]:
        """The rows, taken out of a row of the statement; each with its columns as attributes."""
        return [self._row(values) for values in found.pop(self._name) or ()]

    def _row(self, values: list[Any]) -> SimpleNamespace:
        for place, convert in self._readers:
            if values[place] is not None:
                values[place] = convert(values[place])
        return SimpleNamespace(**dict(zip(self._names, values, strict=True)))


def _reader(type_: Any) -> Convert | None:
    """How a value that went through JSON is turned back; None: it came as it was.

    Raises TypeError for a kind that JSON does not keep.
    """
    if isinstance(type_, UTCDateTime):
        return _moment
    if isinstance(type_, Date):
        return date.fromisoformat
    if isinstance(type_, (AutoString, Boolean, Integer, JSON)):
        return None
    raise TypeError(f"{type_!r} is not gathered")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
