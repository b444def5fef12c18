"""Figures are stored at the freeze, given again by the snapshot, and never about persons."""

from __future__ import annotations

import json
import zlib
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DatabaseError

from models import tables
from projects import snapshots
from projects.bulletins.source import snapshot_id
from projects.kpi import compute, kept
from projects.kpi.declared import KPIS
from projects.kpi.scopes import ZONE
from tests.kpi_stories import play
from tests.world import World, at
from workflow.chain import canonical

FREEZE = at("2026-08-03 09:30")


def freeze(s: Any, *, actor: Any, now: datetime, month: str, reason: str = "") -> Any:
    return snapshots.freeze(s, month, actor, now, reason)


def frozen(world: World) -> int:
    play(world, 4, 8, days=31)
    world.do(freeze, "chief", FREEZE, month="2026-07")
    with world.db.read() as s:
        found = snapshot_id(s, "2026-07")
    assert found is not None
    return found


def test_what_was_stored_at_the_freeze_is_what_the_snapshot_gives_later(world: World) -> None:
    key = frozen(world)
    play(world, 5, 3, days=8, first="2026-08-04")
    with world.db.read() as s:
        month = snapshots.load(s, "2026-07")
        stored = kept.stored(s, key)
        assert kept.differences(s, key, month.content, month.digest) == []
        made = compute.table(month.content)
    assert len(stored) > 60
    for place, one in stored.items():
        assert (one.value, one.n) == (made[place].value, made[place].n), place
    assert {place for place, one in made.items() if one.n} == set(stored)


def test_the_database_refuses_to_change_a_stored_figure(world: World) -> None:
    frozen(world)
    for statement in ("UPDATE kpi_value SET numerator = 1", "DELETE FROM kpi_value"):
        with pytest.raises(DatabaseError, match="never changed"), world.db.write() as s:
            s.execute(text(statement))


def test_a_tampered_snapshot_is_noticed(world: World) -> None:
    """Whoever goes round the database's guard meets the digest, and the stored figures."""
    key = frozen(world)
    with world.db.write() as s:
        month = snapshots.load(s, "2026-07")
        content = json.loads(canonical(month.content))
        row = next(r for r in content["issues"] if r["state"] != "closed")
        row["state"] = "closed"
        values = s.execute(select(tables.snapshot)).mappings().one()
        false = dict(values) | {"id": None, "edition": 2, "reason": "x"}
        false.pop("id")
        false["content"] = zlib.compress(canonical(content).encode())
        s.execute(insert(tables.snapshot), false)
    with world.db.read() as s:
        assert kept.differences(s, key, content, "another digest")
        snapshots._CACHE.kept.clear()
        with pytest.raises(RuntimeError, match="does not match its digest"):
            snapshots.load(s, "2026-07", 2)


@pytest.mark.one_database
def test_every_number_leads_to_rows_that_the_snapshot_holds(world: World) -> None:
    frozen(world)
    with world.db.read() as s:
        content = snapshots.load(s, "2026-07").content
    known = {f"{name[:-1]}:{row['id']}" for name in content if isinstance(content[name], list)
             for row in content[name] if name not in ("orders", "period")}  # fmt: skip
    known |= {row["id"] for row in content["orders"]}
    for figure in compute.table(content).values():
        assert set(figure.above) | set(figure.below) <= known
        if figure.sort == "rate":
            assert [int(figure.numerator), int(figure.denominator)] == [len(figure.above), figure.n]
        assert len(figure.below) == figure.n


@pytest.mark.one_database
def test_a_trend_goes_over_frozen_months_by_their_newest_editions(world: World) -> None:
    frozen(world)
    world.do(freeze, "chief", "2026-08-10 10:00", month="2026-07", reason="补录")
    play(world, 6, 4, days=30, first="2026-08-11")
    world.do(freeze, "chief", "2026-09-12 10:00", month="2026-08")
    with world.db.read() as s:
        found = kept.trend(s, "closed", ZONE)
    assert [one.period for one in found] == ["2026-07", "2026-08"]


@pytest.mark.one_database
def test_no_figure_is_about_a_person_or_counts_activity(world: World) -> None:
    """The rules on burdens of the grassroots: no ranking of persons, no points for activity."""
    frozen(world)
    with world.db.read() as s:
        content = snapshots.load(s, "2026-07").content
        scopes = {row.scope.split(":")[0] for row in s.execute(select(tables.kpi_value))}
        names = [row.name for row in world.rows(tables.person)]
    assert scopes == {"zone", "class", "unit"}
    told = json.dumps(
        {name: content[name] for name in ("period", "issues", "tasks", "lookbacks", "orders")},
        ensure_ascii=False,
    )
    assert not [name for name in names if name in told]
    banned = ("积分", "活跃", "打卡", "在线时长", "登录", "score", "activity", "login", "person")
    words = " ".join(f"{k.key} {k.name} {k.english} {k.above} {k.below}" for k in KPIS.values())
    assert not [word for word in banned if word in words.lower()]


@pytest.mark.one_database
def test_ranks_are_within_classes_and_not_below_five_cases(world: World) -> None:
    play(world, 31, 16, days=31)
    with world.db.read() as s:
        content = snapshots.gather(s, "2026-07", FREEZE)
    table = compute.table(content)
    seen = 0
    for key, kpi in KPIS.items():
        for unit_id, place in compute.ranks(content, table, key).items():
            figure = table[key, f"unit:{unit_id}"]
            if place.rank is None:
                continue
            seen += 1
            assert kpi.better and figure.n >= 5 and 1 <= place.rank <= place.of
    assert seen


@pytest.mark.one_database
def test_parked_work_is_in_no_denominator(world: World) -> None:
    from workflow.commands.parking import park

    case = world.acknowledged("2026-07-01 10:00", category="环评")
    due = world.task(case.task).due_at
    world.do(
        park, "chief", "2026-07-02 10:00", issue=case.issue, reason="等待上级批复",
        review_on=at("2026-09-01 10:00").date(),
    )  # fmt: skip
    with world.db.read() as s:
        table = compute.table(snapshots.gather(s, f"{due:%Y-%m}", at("2026-09-02 10:00")))
    for key in ("on_time", "overdue", "closed", "tasks_overdue"):
        assert table[key, ZONE].n == 0, key
    assert table["issues_parked", ZONE].numerator == Decimal(1)
