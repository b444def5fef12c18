"""What the sources say of a project's lists and stage, beside what the office has changed."""

from __future__ import annotations

from datetime import date

import pytest

from models import tables
from projects.library import commands as library
from projects.library import duties, listings, stages
from projects.seeds import Loaded, load_projects
from tests.integration.library_kit import NOW, row, rows
from tests.world import World, at

DRIVE, STORAGE = "中车大功率行星传动系统", "南瑞继保博瑞电力构网型储能系统项目"


@pytest.fixture
def loaded(world: World) -> World:
    """The zone with the projects of the sources."""
    with world.db.write() as s:
        load_projects(s, now=at(NOW))
    return world


def load(world: World) -> Loaded:
    with world.db.write() as s:
        return load_projects(s, now=at(NOW))


def key(world: World, name: str) -> int:
    [found] = rows(world, tables.project, name=name)
    return int(found.id)


def test_lists_and_stages_come_from_the_words_of_the_sources(loaded: World) -> None:
    [entry] = rows(loaded, tables.project_listing, project_id=key(loaded, STORAGE))
    assert (entry.list_code, entry.year, entry.carried_over) == ("province", 2024, True)
    assert entry.note == "省重大(2022年新列)"
    found = row(loaded, key(loaded, DRIVE))
    assert (found.stage, found.stage_since) == ("preparing", date(2024, 3, 9))
    assert found.actual_start_on is None  # an aim is no start
    [step] = rows(loaded, tables.project_stage, project_id=found.id)
    assert (step.note, step.recorded_by_id) == ("目标2024开工", None)
    [board] = rows(loaded, tables.project_duty, project_id=found.id)
    assert (board.role, board.unit_id) == ("board", loaded.units["yaoguan"])
    assert len(rows(loaded, tables.project_listing)) == 12
    [event] = rows(loaded, tables.event, stream=f"project:{found.id}")
    assert (event.tag, event.actor_id) == ("project.seeded", None)


def test_the_steel_park_counts_in_yaoguan_by_the_rule_of_the_annex(loaded: World) -> None:
    found = row(loaded, key(loaded, "中天钢铁北厂区园区项目"))
    assert found.attributed_board_id == loaded.units["yaoguan"]
    assert "附件4注1" in found.attribution_reason
    assert (found.stage, found.stage_since) == ("intention", None)  # the source states none


def test_a_second_load_changes_nothing(loaded: World) -> None:
    kept = (tables.project, tables.project_listing, tables.project_stage, tables.project_duty,
            tables.event)  # fmt: skip
    before = [rows(loaded, table) for table in kept]
    assert load(loaded) == Loaded(unchanged=47)
    assert [rows(loaded, table) for table in kept] == before


def test_what_the_office_has_changed_is_left_alone(loaded: World) -> None:
    drive = key(loaded, DRIVE)
    values = {"name": "中车大功率行星传动系统（二期）", "plan_year_invest_yi": "6"}
    loaded.do(library.edit, "chief", NOW, project_id=drive, values=values)
    loaded.do(stages.reach, "chief", NOW, project_id=drive, stage="started",
              since=date(2026, 3, 1))  # fmt: skip
    loaded.do(duties.assign, "chief", NOW, project_id=drive, role="board", unit="henglin",
              since=date(2026, 9, 1))  # fmt: skip
    [entry] = rows(loaded, tables.project_listing, project_id=drive)
    loaded.do(listings.delist, "chief", NOW, project_id=drive, listing_id=entry.id,
              removed_on=date(2026, 9, 1), reason="项目调整")  # fmt: skip
    before = row(loaded, drive)
    assert load(loaded) == Loaded(unchanged=47)
    assert row(loaded, drive) == before
    assert len(rows(loaded, tables.project)) == 47
    assert rows(loaded, tables.project_listing, project_id=drive)[0].removed_on is not None
