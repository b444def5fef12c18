"""Figures of a running month are kept in memory, and never told when they are not so any more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from projects import snapshots
from projects.kpi import reading
from projects.kpi.compute import table
from projects.kpi.reading import View
from tests.kpi_stories import play
from tests.world import World, at
from workflow.context import find_actor
from workflow.organisation import add_unit

NOW = at("2026-07-20 10:00")
MONTH = "2026-07"


def told(world: World, now: Any = NOW, who: str = "chief") -> View:
    with world.db.read() as s:
        return reading.view(s, find_actor(s, who), now, MONTH)


def kept(world: World) -> View:
    """Once nothing older is under way, what PostgreSQL calls a state stays the same."""
    for _look in range(3):
        found = told(world)
    return found


def anew(world: World, now: Any) -> Any:
    with world.db.read() as s:
        return table(snapshots.gather(s, MONTH, now))


def test_a_second_look_gives_the_very_same_facts(world: World) -> None:
    play(world, 3, 4, days=15)
    first = kept(world)
    second = told(world, NOW + timedelta(seconds=1))
    assert second.content is first.content


def test_any_act_makes_them_anew(world: World) -> None:
    play(world, 3, 4, days=15)
    first = told(world)
    play(world, 9, 1, days=3, first="2026-07-17")
    later = told(world)
    assert later.content is not first.content
    assert later.figures == anew(world, NOW) != first.figures


def test_time_alone_makes_them_anew_as_soon_as_a_deadline_passes(world: World) -> None:
    play(world, 3, 6, days=15)
    for hours in range(0, 24 * 11, 5):
        now = NOW + timedelta(hours=hours)
        assert told(world, now).figures == anew(world, now), now


def test_what_is_kept_for_one_is_not_shown_to_another(world: World) -> None:
    play(world, 3, 4, days=15)
    wide, own = kept(world), told(world, who="zgj_head")
    assert own.content is wide.content
    assert own.seen == (f"unit:{world.units['zgj']}",)


def test_a_unit_that_is_added_is_there_at_once(world: World) -> None:
    told(world)
    with world.db.write() as s:
        add_unit(
            s,
            code="kjj",
            name="科技局",
            kind="department",
            actor=find_actor(s, "sysadmin"),
            now=NOW,
        )
    assert "科技局" in {unit["name"] for unit in told(world).content["units"]}
