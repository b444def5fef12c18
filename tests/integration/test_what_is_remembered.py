"""What processes keep in memory: it is right until something moves, and it does not grow."""

from __future__ import annotations

from array import array
from collections.abc import Hashable
from datetime import timedelta
from typing import Any, Literal

import pytest

from benchmarks.bureau import NOW, found_bureau
from benchmarks.pages_data import fill
from models import tables
from models.db import Database
from models.queries import edition
from models.queries.edition import Figures, ledger_token
from models.queries.ledger import LedgerFilter, count, page
from models.queries.people import bump_organisation
from models.queries.trend import LENGTHS, trend
from models.queries.weight import weigh
from tests.world import World, at
from workflow import context as contexts
from workflow import organisation, system_events
from workflow.commands import closure
from workflow.context import context, find_actor
from workflow.editions import MOST, NEWEST, Editions
from workflow.sweep import tick

UNITS: tuple[Literal["week"], Literal["month"]] = ("week", "month")


def token(db: Database) -> Hashable | None:
    with db.read() as s:
        return ledger_token(s)


def settled(db: Database) -> Hashable | None:
    """The token, once PostgreSQL counts: until older transactions have ended it names snapshots."""
    for _n in range(10_000):
        found = token(db)
        if isinstance(found, tuple) and len(found) > 1:
            return found
    raise AssertionError("an older transaction never ends")


def kept_keys(db: Database) -> list[Any]:
    return list(edition._FIGURES[db.engine]._kept)


# ------------------------------------------------------------ the token


def test_a_sign_in_leaves_the_figures_standing_and_a_change_of_rights_does_not(
    world: World,
) -> None:
    world.reported("2026-09-28 10:00")
    first = settled(world.db)
    for _n in range(3):
        with world.db.write() as s:
            system_events.append(s, "account.signed_in", {}, find_actor(s, "chief"), NOW)
    assert token(world.db) == first
    with world.db.write() as s:
        actor = find_actor(s, "sysadmin")
        organisation.add_unit(s, code="kjj", name="科技局", kind="department", actor=actor, now=NOW)
    second = token(world.db)
    assert second != first
    world.reported("2026-09-28 10:05")
    assert token(world.db) not in (first, second)


def test_as_many_reports_as_sign_ins_still_move_the_token(world: World) -> None:
    seen = [settled(world.db)]
    for minute in range(3):
        with world.db.write() as s:
            system_events.append(s, "account.signed_in", {}, find_actor(s, "chief"), NOW)
        world.reported(f"2026-09-28 10:{minute:02d}")
        seen.append(token(world.db))
    assert len(set(seen)) == 4


def test_a_light_whose_reason_turned_is_told_to_what_is_remembered(world: World) -> None:
    """Yellow before and after: only the reason turns, at midnight, and the sweep comes later."""
    case = world.acknowledged("2026-09-21 10:00")
    world.submit(case.task, "2026-09-22 10:00")
    world.do(
        closure.reject_submission, "jfj_verifier", "2026-09-22 11:00", task=case.task,
        opinion="不完整", requirement="补充竣工图纸和现场照片各一份",
        new_due=at("2026-10-20 17:30"),
    )  # fmt: skip
    task = world.task(case.task)
    assert (task.light, task.light_reason) == ("yellow", "returned_once")
    day = at("2026-09-23 00:30")
    while True:  # every night, somebody looks between midnight and the sweep
        before = soon(world, day)
        tick(world.db, day + timedelta(minutes=1))
        task = world.task(case.task)
        assert soon(world, day + timedelta(minutes=2)) == int(task.light_reason == "due_soon")
        if task.light_reason == "due_soon":
            break
        day += timedelta(days=1)
    assert (task.light, before) == ("yellow", 0)
    last = world.events(case.issue, "task.light")[-1]
    assert (last.data["from"], last.data["to_light"]) == ("yellow", "yellow")
    assert last.data["reason"] == "due_soon"


def soon(world: World, now: Any) -> int:
    with world.db.read() as s:
        actor = find_actor(s, "zjj_liaison")
        return count(s, actor, LedgerFilter(waiting="due_soon"), now)


# ------------------------------------------------------------ figures


def test_trends_of_every_length_share_what_is_remembered(sqlite_db_url: str) -> None:
    db = Database(sqlite_db_url)
    found_bureau(db)
    fill(db, 60)
    longest: dict[str, Any] = {}
    with db.read() as s:
        chief = find_actor(s, "chief")
        for unit in UNITS:
            longest[unit] = trend(s, chief, NOW, unit=unit, periods=60)
            for periods in range(1, 61):
                found = trend(s, chief, NOW, unit=unit, periods=periods)
                assert found == longest[unit][-periods:]
    facts = [key for key in kept_keys(db) if key[0] == "trend facts"]
    assert len(facts) == 2 * len([n for n in LENGTHS if n <= 60])
    db.close()


def test_a_walk_along_times_that_nobody_asks_for_again_is_not_kept(sqlite_db_url: str) -> None:
    db = Database(sqlite_db_url)
    found_bureau(db)
    fill(db, 60)
    with db.read() as s:
        chief = find_actor(s, "chief")
        day = NOW.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=400)
        page(s, chief, LedgerFilter(opened_from=day), now=NOW)
        walks = len([key for key in kept_keys(db) if key[0] == "newest"])
        for n in range(1, 5):
            wanted = LedgerFilter(opened_from=day + timedelta(microseconds=n))
            assert page(s, chief, wanted, now=NOW).rows
    assert len([key for key in kept_keys(db) if key[0] == "newest"]) == walks == 1
    db.close()


def test_the_store_is_bounded_by_weight() -> None:
    figures = Figures(most_bytes=100_000)
    for n in range(50):
        figures.put(n, 1, array("q", range(1000)))
    assert 5 < len(figures) < 13
    assert figures.weight <= 100_000
    assert figures.get(49, 1)[0] and not figures.get(0, 1)[0]
    figures.put(49, 2, array("q", range(10_000)))  # too heavy, and the old one is out of date
    assert figures.get(49, 1) == figures.get(49, 2) == (False, None)
    for n in range(50):
        figures.put(n, 2, 7)
    assert 0 < figures.weight < 50 * 1000


def test_a_figure_weighs_what_it_refers_to() -> None:
    ids = array("q", range(10_000))
    assert weigh(ids) >= 80_000
    assert weigh({"a": [ids, ids]}, (ids,)) < 2 * weigh(ids)
    assert weigh(LedgerFilter(text="x" * 50_000)) > 50_000
    assert weigh([[1000 + n] for n in range(1000)]) > 50_000


# ------------------------------------------------------------ editions


def test_editions_of_the_organisation_do_not_pile_up(world: World) -> None:
    for _n in range(6):
        with world.db.write() as s:
            bump_organisation(s)
        with world.db.read() as s:
            assert context(s).directory.by_username["chief"].active
            assert context(s).calendar().edition
    editions = [key[1] for key in contexts._CACHES[world.db.engine]._kept if key[0] == "people"]
    newest = world.row(tables.engine_head).organisation_edition
    assert sorted(editions) == [newest - 1, newest]


def test_an_older_transaction_keeps_its_own_edition(world: World) -> None:
    with world.db.read() as s:
        context(s)
        for _n in range(3):
            _moved_on(world)
        assert context(s).directory is context(s).directory


def _moved_on(world: World) -> None:
    with world.db.write() as s:
        bump_organisation(s)
    with world.db.read() as s:
        assert context(s).directory.people


@pytest.mark.parametrize("kind", ["people", "policy"])
def test_what_is_held_of_a_kind_is_bounded(kind: str) -> None:
    held = Editions()
    for n in range(MOST + 50):
        assert held.get((kind, n), lambda n=n: n) == n  # type: ignore[misc]
    assert len(held) == (NEWEST if kind == "people" else MOST)
    assert held.get((kind, MOST + 49), lambda: -1) == MOST + 49
    assert held.get((kind, 0), lambda: -1) == -1
