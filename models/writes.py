"""What a transaction writes at its end, sent together.

PostgreSQL takes a few writes as one statement (`WITH w0 AS (UPDATE ...), w1 AS (INSERT ...)
SELECT ...`): one round trip and one plan instead of one for each. SQLite runs in this process and
would gain nothing; it takes them one after the other, as does everybody where there are many rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

from models.db import FEW, Session, of_several

Lost = Callable[[], Exception]


class _Write(NamedTuple):
    """A driver's statement for each of the rows. `lost`: what is raised if one was not found."""

    sql: str
    rows: list[Any]
    lost: Lost | None

    @property
    def statements(self) -> list[str]:
        """As PostgreSQL takes it with others: an INSERT takes its rows at once."""
        if len(self.rows) == 1:
            return [self.sql]
        if self.sql.startswith("INSERT"):
            return [of_several(self.sql, len(self.rows))]
        return [self.sql] * len(self.rows)


class Writes:
    """Writes of different rows in the order in which they are added. None may read another's."""

    __slots__ = ("_s", "_writes")

    def __init__(self, s: Session) -> None:
        self._s = s
        self._writes: list[_Write] = []

    def add(self, sql: str, rows: list[Any], lost: Lost | None = None) -> None:
        """One more statement, bound as the driver takes it, for each of the rows, if any."""
        if rows:
            self._writes.append(_Write(sql, rows, lost))

    def send(self) -> None:
        """Send them. Raises what `lost` gives for the first write that did not find its rows."""
        few = all(len(write.rows) <= FEW for write in self._writes)
        each = self._together if few and self._s.dialect == "postgresql" else self._one_by_one
        for write, number in zip(self._writes, each(), strict=True):
            if write.lost is not None and number != len(write.rows):
                raise write.lost()

    def _one_by_one(self) -> Iterator[int]:
        for write in self._writes:
            yield self._s.send(write.sql, write.rows)

    def _together(self) -> Iterable[int]:
        if len(self._writes) < 2:
            return self._one_by_one()
        parts = tuple((tuple(w.statements), w.lost is not None) for w in self._writes)
        values = chain.from_iterable(row for w in self._writes for row in w.rows)
        found: Iterable[int] = self._s.query(_joined(parts), list(values))[0]
        return found


@lru_cache(maxsize=1024)
def _joined(parts: tuple[tuple[tuple[str, ...], bool], ...]) -> str:
    """One statement of them all; it answers how many rows each has found, where that is asked."""
    named: list[str] = []
    counts: list[str] = []
    for statements, counted in parts:
        names = [f"w{len(named) + n}" for n in range(len(statements))]
        ending = " RETURNING 1" if counted else ""
        named += [f"{n} AS ({sql}{ending})" for n, sql in zip(names, statements, strict=True)]
        found = " + ".join(f"(SELECT count(*) FROM {name})" for name in names)
        counts.append(found if counted else "0")
    return f"WITH {', '.join(named)} SELECT {', '.join(counts)}"
