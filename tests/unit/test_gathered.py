"""Rows that go through JSON, and questions whose next answer is foreseen."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Column, LargeBinary, Numeric, Table

from models import tables
from models.gathered import Gathered
from models.queries.foresight import LONGEST, MOST_LINES, MOST_QUESTIONS, Remembered
from models.queries.ledger import LedgerFilter
from models.queries.paging import Place


def taken(table: Table, **values: Any) -> Any:
    """A row of the table as it comes back out of JSON."""
    row = [values.get(column.name) for column in table.c]
    found = {"rows": [row]}
    (one,) = Gathered("rows", tuple(table.c)).taken(found)
    assert found == {}  # whoever takes them leaves nothing behind
    return one


def test_moments_and_dates_are_moments_and_dates_again() -> None:
    moment = datetime(2026, 9, 28, 2, 0, 0, 123456, UTC)
    one = taken(tables.request, asked_at="2026-09-28T10:00:00.123456+08:00", review_on="2026-10-20")
    assert (one.asked_at, one.asked_at.tzinfo, one.review_on) == (moment, UTC, date(2026, 10, 20))
    assert (one.ruled_at, one.timely) == (None, None)


def test_no_row_is_none() -> None:
    assert Gathered("rows", tuple(tables.co_unit.c)).taken({"rows": None}) == []


@pytest.mark.parametrize("kind", [Numeric(), LargeBinary()])
def test_what_json_does_not_keep_is_not_gathered(kind: Any) -> None:
    with pytest.raises(TypeError, match="not gathered"):
        Gathered("rows", [Column("amount", kind)])


def test_questions_are_remembered_within_bounds() -> None:
    known = Remembered()
    for n in range(MOST_QUESTIONS + 50):
        known.put(n, [n, n + 1])
    assert len(known) == MOST_QUESTIONS
    assert (known.of(0), known.of(MOST_QUESTIONS)) == ((), (MOST_QUESTIONS, MOST_QUESTIONS + 1))
    known.put("many", range(MOST_LINES + 1))
    known.put("x" * LONGEST, [1])
    known.put(MOST_QUESTIONS, [])
    assert [known.of(q) for q in ("many", "x" * LONGEST, MOST_QUESTIONS)] == [(), (), ()]
    plain = (1, LedgerFilter(), "newest", Place(0, ()), 20)
    known.put(plain, [3, 2, 1])
    assert known.of(plain) == (3, 2, 1)
