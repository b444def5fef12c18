"""Two records of one project become one; nothing is lost, and nothing is decided by itself."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from models import tables
from models.queries import library as queries
from models.queries.library import ProjectFilter
from projects.library import commands as library
from projects.library import duties, forces, listings, merging, stages, tags
from tests.integration.library_kit import CODE, NOW, added, row, rows, said
from tests.world import World
from workflow.audit import verify
from workflow.context import context, find_actor
from workflow.errors import GuardFailed, Malformed, NotAllowed, NotVisible, StaleVersion

TODAY = date(2026, 9, 28)


def compared(world: World, keep: int, other: int) -> merging.Comparison:
    with world.db.read() as s:
        return merging.compare(s, actor=find_actor(s, "chief"), keep=keep, other=other)


def merged(world: World, keep: int, other: int, **choices: str) -> Any:
    digest = compared(world, keep, other).digest
    return world.do(merging.merge, "chief", NOW, keep=keep, other=other, choices=choices,
                    expect=digest)  # fmt: skip


def test_both_sides_are_shown_with_their_lists(world: World) -> None:
    one, two = added(world, "甲项目", owner="甲公司"), added(world, "甲项目一期", address="东方路")
    world.do(listings.enlist, "chief", NOW, project_id=one, list_code="province", year=2026)
    world.do(listings.enlist, "chief", NOW, project_id=two, list_code="city", year=2025)
    found = compared(world, one, two)
    assert [(d.field, d.ours, d.theirs, d.conflict) for d in found.differences] == [
        ("name", "甲项目", "甲项目一期", True), ("address", "", "东方路", False)]  # fmt: skip
    assert "2026" in found.lists[one]
    assert "2025" in found.lists[two]


def test_the_kept_record_says_what_was_chosen_and_what_it_lacked(world: World) -> None:
    one = added(world, "甲", owner="甲公司", total_invest_yi="10")
    two = added(world, "乙", code=CODE, owner="乙公司", total_invest_yi="12", board="henglin")
    assert world.refused(Malformed, merging.merge, "chief", NOW, keep=one, other=two,
                         choices={"name": "take"}, expect=compared(world, one, two).digest) == [
        "choice_missing", "choice_missing", "choice_missing"]  # fmt: skip
    merged(world, one, two, name="take", owner="keep", total_invest_yi="take", board="keep")
    kept, gone = row(world, one), row(world, two)
    assert (kept.name, kept.code, kept.owner, kept.total_invest_yi) == ("乙", CODE, "甲公司", 12)
    assert kept.board_id == world.units["lucheng"]
    assert (gone.merged_into_id, gone.code) == (one, None)
    assert gone.name.startswith("乙")
    assert said(world, one)[-1] == "project.merged"
    assert said(world, two)[-1] == "project.merged_away"
    event = rows(world, tables.event, stream=f"project:{one}")[-1]
    assert event.data["left"] == {"owner": "乙公司", "board": "henglin"}


def test_lists_tags_and_task_forces_are_joined_each_once(world: World) -> None:
    one, two = added(world, "甲"), added(world, "乙")
    force = world.do(forces.found, "chief", NOW, name="专班", since=TODAY).id
    for key in (one, two):
        world.do(listings.enlist, "chief", NOW, project_id=key, list_code="city", year=2026)
        world.do(tags.put, "chief", NOW, project_id=key, kind="other", tag="绿岛")
        world.do(forces.join, "chief", NOW, force_id=force, project_id=key)
    world.do(listings.enlist, "chief", NOW, project_id=two, list_code="district", year=2026)
    world.do(tags.put, "chief", NOW, project_id=two, kind="other", tag="结转")
    merged(world, one, two, name="keep")
    with world.db.read() as s:
        assert [e.list_code for e in listings.of(s, [one])[one]] == ["city", "district"]
        assert [t.tag for t in tags.of(s, [one])[one]] == ["结转", "绿岛"]
    assert [r.project_id for r in rows(world, tables.task_force_project)] == [one]


def test_the_chain_and_the_stage_come_along_where_the_kept_record_has_none(world: World) -> None:
    one, two = added(world, "甲"), added(world, "乙")
    world.do(duties.assign, "chief", NOW, project_id=two, role="commissioner",
             person="commissioner", since=TODAY)  # fmt: skip
    world.do(stages.reach, "chief", NOW, project_id=two, stage="started", since=date(2026, 3, 1))
    merged(world, one, two, name="keep")
    kept = row(world, one)
    assert kept.commissioner_id == world.people["commissioner"]
    assert (kept.stage, kept.actual_start_on) == ("started", date(2026, 3, 1))


def test_issues_stay_where_they_were_reported_and_their_rights_follow(world: World) -> None:
    one, two = added(world, "甲"), added(world, "乙", board="henglin")
    number = world.reported(NOW, by="henglin_reporter", project="乙", no_project_reason="",
                            board="henglin")  # fmt: skip
    merged(world, one, two, name="keep", board="keep")
    assert row(world, two).board_id == world.units["lucheng"]
    with world.db.read() as s:
        assert queries.merged(s, [one]) == {one: [one, two]}
        counted = queries.open_issues(s, find_actor(s, "chief"), [one])
        assert sum(counted[one].values()) == 1
        assert verify(s).ok
    assert number
    world.do(duties.assign, "chief", NOW, project_id=one, role="commissioner",
             person="commissioner", since=TODAY)  # fmt: skip
    assert row(world, two).commissioner_id == world.people["commissioner"]


def test_a_merged_record_leaves_the_lists_and_is_changed_no_more(world: World) -> None:
    one, two = added(world, "甲"), added(world, "乙")
    merged(world, one, two, name="keep")
    with world.db.read() as s:
        actor = find_actor(s, "chief")
        found = queries.page(s, actor, context(s).directory, ProjectFilter())
    assert [r.id for r in found.rows] == [one]
    world.refused(GuardFailed, library.edit, "chief", NOW, project_id=two, values={"owner": "x"})
    again = {"keep": one, "other": two, "choices": {}, "expect": ""}
    world.refused(GuardFailed, merging.merge, "chief", NOW, **again)


def test_two_different_codes_are_two_filed_projects(world: World) -> None:
    one = added(world, "甲", code=CODE)
    two = added(world, "乙", code="2403-320412-89-01-654321")
    with pytest.raises(GuardFailed) as refusal:
        compared(world, one, two)
    assert [reason.code for reason in refusal.value.reasons] == ["codes_differ"]


def test_the_plan_year_follows_the_newest_list_of_both(world: World) -> None:
    one, two = added(world, "甲"), added(world, "乙")
    world.do(listings.enlist, "chief", NOW, project_id=one, list_code="city", year=2025)
    world.do(listings.enlist, "chief", NOW, project_id=two, list_code="district", year=2026,
             carried_over=True)  # fmt: skip
    merged(world, one, two, name="keep")
    assert (row(world, one).year, row(world, one).carried_over) == (2026, True)


def test_a_record_that_changed_since_it_was_shown_stops_the_merge(world: World) -> None:
    one, two = added(world, "甲"), added(world, "乙")
    digest = compared(world, one, two).digest
    world.do(tags.put, "chief", NOW, project_id=two, kind="other", tag="绿岛")
    world.refused(StaleVersion, merging.merge, "chief", NOW, keep=one, other=two,
                  choices={"name": "keep"}, expect=digest)  # fmt: skip


def test_a_part_is_not_merged_into_its_whole_nor_a_record_into_itself(world: World) -> None:
    whole, part = added(world, "园区"), added(world, "厂房", parent="园区")
    digest = compared(world, whole, part).digest
    codes = world.refused(GuardFailed, merging.merge, "chief", NOW, keep=whole, other=part,
                          choices={"name": "keep"}, expect=digest)  # fmt: skip
    assert codes == ["merge_parent"]
    world.refused(Malformed, merging.merge, "chief", NOW, keep=part, other=part, choices={},
                  expect="")  # fmt: skip
    below = added(world, "厂房一层", parent="厂房")
    for keep, other in ((below, whole), (whole, below)):
        codes = world.refused(GuardFailed, merging.merge, "chief", NOW, keep=keep, other=other,
                              choices={"name": "keep"},
                              expect=compared(world, keep, other).digest)  # fmt: skip
        assert codes == ["merge_parent"]


@pytest.mark.parametrize(
    ("username", "error"), [("lucheng_head", NotAllowed), ("principal", NotAllowed),
                            ("secadmin", NotVisible)],
)  # fmt: skip
def test_only_the_office_merges(world: World, username: str, error: type) -> None:
    one, two = added(world, "甲"), added(world, "乙")
    world.refused(error, merging.merge, username, NOW, keep=one, other=two, choices={}, expect="")
