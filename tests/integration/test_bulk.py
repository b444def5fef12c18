"""Many rows at once: the same rows as one by one, on either database."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from models import tables
from models.bulk import Change, Insertion, writer
from models.db import FEW, Database, Session
from models.statements import insertion
from tests.world import at

NOW = at("2026-03-02 10:00")
NAMES = (
    "stream",
    "seq",
    "tag",
    "task_id",
    "actor_id",
    "at",
    "logical_at",
    "data",
    "prev_hash",
    "hash",
)
EVENTS = Insertion(tables.event, NAMES)
SIZES = (1, FEW, FEW + 1, 60)
TEXTS = ('"JSON" \\ und 100%s', "行\n行", "🚧", "")


def event(s: Session, n: int, **changes: Any) -> tuple[Any, ...]:
    """An event's values as the driver takes them."""
    values: dict[str, Any] = {
        "stream": "system:bulk", "seq": n, "tag": TEXTS[n % 4] or "t",
        "task_id": n if n % 3 else None, "actor_id": None, "at": NOW,
        "logical_at": NOW + timedelta(microseconds=n),
        "data": {"text": TEXTS[n % 4], "n": n}, "prev_hash": "0" * 64, "hash": f"{n:064d}",
    }  # fmt: skip
    return tuple(
        None if value is None else writer(s.dialect, tables.event, name)(value)
        for name, value in (values | changes).items()
    )


def stored(s: Session) -> list[Any]:
    """What is there of them."""
    t = tables.event
    return list(s.execute(select(t).where(t.c.stream == "system:bulk").order_by(t.c.seq)))


@pytest.mark.parametrize("size", SIZES)
def test_rows_come_back_as_they_were_given(database: Database, size: int) -> None:
    with database.write() as s:
        assert EVENTS.run(s, [event(s, n) for n in range(size)]) == size
        assert EVENTS.run(s, []) == 0
    with database.read() as s:
        rows = stored(s)
    assert [row.seq for row in rows] == list(range(size))
    for n, row in enumerate(rows):
        assert row.data == {"text": TEXTS[n % 4], "n": n}
        assert (row.task_id, row.actor_id) == (n if n % 3 else None, None)
        assert row.logical_at == NOW + timedelta(microseconds=n)


@pytest.mark.parametrize("kinds", [1, 2, 3, 29, 31, 60])
def test_values_that_rows_share_come_back_in_each_of_them(database: Database, kinds: int) -> None:
    data = [{"text": f"{TEXTS[n % 4]}\x1e", "list": [n % kinds, None]} for n in range(60)]
    with database.write() as s:
        EVENTS.run(s, [event(s, n, data=told) for n, told in enumerate(data)])
    with database.read() as s:
        assert [row.data for row in stored(s)] == data


@pytest.mark.parametrize("size", SIZES)
def test_rows_that_exist_are_left_as_they_are(database: Database, size: int) -> None:
    names = ("subject", "deadline_version", "rung", "level", "outcome", "logical_at", "at")
    kept = Insertion(tables.rung_firing, names, ignore=True)
    plain = Insertion(tables.rung_firing, names)

    def rows(s: Session, outcome: str) -> list[tuple[Any, ...]]:
        moment = writer(s.dialect, tables.rung_firing, "at")(NOW)
        return [(f"task:{n}", 1, "urge", None, outcome, moment, moment) for n in range(size)]

    with database.write() as s:
        plain.run(s, rows(s, "first")[:1])
    with database.write() as s:
        kept.run(s, rows(s, "second"))
        outcome = tables.rung_firing.c.outcome
        found = s.execute(select(outcome).order_by(tables.rung_firing.c.id)).scalars()
        assert sorted(found) == ["first"] + ["second"] * (size - 1)
    with pytest.raises(IntegrityError), database.write() as s:
        plain.run(s, rows(s, "third"))


@pytest.mark.parametrize("odd", ["\x1e", "a\x1eb", ",", "\\", '"'])
def test_texts_are_kept_apart_whatever_stands_in_them(database: Database, odd: str) -> None:
    texts = [odd, "", f"{odd}{odd}", *(f"{n}{odd}" for n in range(FEW))]
    with database.write() as s:
        EVENTS.run(s, [event(s, n, tag=text) for n, text in enumerate(texts)])
        assert [row.tag for row in stored(s)] == texts
    with database.write() as s:
        hold = tables.storm_hold
        given = [{"at": NOW, "most": n, "state": "held", "reason": ""} for n, _ in enumerate(texts)]
        s.execute(insert(hold), given)
        ids = s.execute(select(hold.c.id).order_by(hold.c.most)).scalars()
        change = Change(hold, ("reason",))
        assert change.run(s, list(zip(texts, ids, strict=True))) == len(texts)
        reasons = s.execute(select(hold.c.reason).order_by(hold.c.most)).scalars()
        assert list(reasons) == texts


def test_a_text_that_is_too_long_is_refused_and_not_cut(postgresql_db_url: str) -> None:
    database = Database(postgresql_db_url)
    with pytest.raises(DBAPIError), database.write() as s:
        EVENTS.run(s, [event(s, n, tag="x" * 61) for n in range(FEW + 1)])
    database.close()


@pytest.mark.parametrize("size", [2, 12])
def test_changes_reach_only_what_is_as_it_was_expected(database: Database, size: int) -> None:
    change = Change(tables.storm_hold, ("reason", "decided_at"), "most")
    with database.write() as s:
        rows = [{"at": NOW, "most": n, "state": "held", "reason": ""} for n in range(size)]
        s.execute(insert(tables.storm_hold), rows)
        hold = tables.storm_hold
        ids = list(s.execute(select(hold.c.id).order_by(hold.c.most)).scalars())
        moment = writer(s.dialect, hold, "decided_at")
        given = [(f"{n}", moment(NOW) if n else None, key, n) for n, key in enumerate(ids)]
        given[-1] = (*given[-1][:3], 99)  # somebody else was faster
        assert change.run(s, given) == size - 1
        found = list(s.execute(select(hold).order_by(hold.c.most)))
    assert [row.reason for row in found] == [*(str(n) for n in range(size - 1)), ""]
    assert [row.decided_at for row in found] == [None, *[NOW] * (size - 2), None]


@pytest.mark.parametrize("size", SIZES)
def test_rows_given_by_name_come_back_as_they_were_given(database: Database, size: int) -> None:
    rows = [
        {
            "stream": "system:bulk", "seq": n, "tag": f"t{n}", "task_id": n if n % 3 else None,
            "actor_id": None, "at": NOW, "logical_at": NOW + timedelta(microseconds=n),
            "data": {"text": TEXTS[n % 4], "n": n}, "prev_hash": "0" * 64, "hash": f"{n:064d}",
        }
        for n in range(size)
    ]  # fmt: skip
    with database.write() as s:
        assert insertion(tables.event).run(s, rows) == size
    with database.read() as s:
        found = [row._mapping for row in stored(s)]
    assert [{name: row[name] for name in rows[0]} for row in found] == rows
