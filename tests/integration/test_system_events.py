"""The system's own history: one chain, however many write to it at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from models import tables
from models.db import Database
from tests.world import World
from workflow import system_events
from workflow.audit import verify

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def test_the_first_events_begin_a_chain(world: World) -> None:
    with world.db.write() as s:
        assert system_events.append(s, "unit.added", {"code": "x"}, None, NOW) == 1
        assert system_events.append(s, "unit.added", {"code": "y"}, None, NOW) == 2
    first, second = world.rows(tables.event, stream="system")
    assert second.prev_hash == first.hash
    with world.db.read() as s:
        assert verify(s).ok


def test_what_is_rolled_back_leaves_no_gap(world: World) -> None:
    class Regret(Exception):
        pass

    try:
        with world.db.write() as s:
            system_events.append(s, "unit.added", {"code": "x"}, None, NOW)
            raise Regret
    except Regret:
        pass
    with world.db.write() as s:
        assert system_events.append(s, "unit.added", {"code": "y"}, None, NOW) == 1


def test_writers_at_the_same_time_come_one_after_the_other(world: World) -> None:
    def write(n: int) -> None:
        db = Database(world.db.engine.url.render_as_string(hide_password=False))
        with db.write() as s:
            system_events.append(s, "unit.added", {"n": n}, None, NOW)
        db.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(24)))
    events = world.rows(tables.event, stream="system")
    assert sorted(e.seq for e in events) == list(range(1, 25))
    with world.db.read() as s:
        assert verify(s).ok
