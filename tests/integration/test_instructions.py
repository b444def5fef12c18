"""Leaders' instructions: given, answered, accepted or returned, chased, turned into issues."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import insert

from models import tables
from models.db import Database
from projects.instructions import chasing, commands
from projects.instructions.commands import Order
from projects.instructions.found import listed
from tests.integration.inspection_world import NOW, history, planned, with_sites
from tests.world import World, at
from workflow.context import find_actor
from workflow.errors import (
    GuardFailed,
    IllegalTransition,
    Malformed,
    NotAllowed,
    NotVisible,
    StaleVersion,
)

TEXT = "一周内协调解决杆线迁移"


@pytest.fixture
def zone(world: World) -> tuple[World, dict[str, int]]:
    return world, with_sites(world)


def given(world: World, ids: dict[str, int], *, by: str = "principal", **form: Any) -> int:
    usual: dict[str, Any] = {"text": TEXT, "unit": "zjj", "project": ids["潞城储能"]}
    return int(world.do(commands.give, by, NOW, form=Order(**(usual | form))).id)


def row(world: World, key: int) -> Any:
    return world.row(tables.instruction, id=key)


def test_a_leaders_instruction_reaches_its_unit_with_a_limit(zone: Any) -> None:
    world, ids = zone
    key = given(world, ids)
    found = row(world, key)
    assert (found.number, found.state, found.round) == ("PS-2026-001", "open", 1)
    assert found.leader_id == world.people["principal"]
    assert found.limit_at == at("2026-10-10 17:30")  # five working days over the holidays
    (notice,) = world.notices("zjj_liaison")
    assert (notice.kind, notice.issue_id) == ("project_news", None)
    assert history(world, f"instruction:{key}") == ["instruction.given"]


def test_an_inspector_records_it_for_a_leader_who_must_be_named(zone: Any) -> None:
    world, ids = zone
    form = Order(TEXT, "zjj", project=ids["潞城储能"])
    assert world.refused(Malformed, commands.give, "inspector", NOW, form=form) == [
        "leader_missing"
    ]
    key = given(world, ids, by="inspector", leader_name="管委会主任")
    assert row(world, key).leader == "管委会主任"


@pytest.mark.parametrize(
    "form, code",
    [
        ({"project": None}, "about_missing"), ({"text": ""}, "text_malformed"),
        ({"unit": "moon"}, "unit_unknown"), ({"limit_at": at("2026-09-28 08:00")}, "limit_past"),
    ],
)  # fmt: skip
def test_an_instruction_that_cannot_be_followed_is_refused(zone: Any, form: Any, code: str) -> None:
    world, ids = zone
    usual = {"text": TEXT, "unit": "zjj", "project": ids["潞城储能"]}
    order = Order(**(usual | form))
    assert world.refused(Malformed, commands.give, "principal", NOW, form=order) == [code]


@pytest.mark.parametrize("who", ["zjj_head", "lucheng_head", "commissioner"])
def test_who_is_no_leader_inspector_or_office_gives_none(zone: Any, who: str) -> None:
    world, ids = zone
    form = Order(TEXT, "zjj", project=ids["潞城储能"])
    world.refused(NotAllowed, commands.give, who, NOW, form=form)
    world.refused(NotVisible, commands.give, "secadmin", NOW, form=form)


def test_the_addressed_unit_answers_and_the_inspector_accepts(zone: Any) -> None:
    world, ids = zone
    key = given(world, ids)
    reply = {"instruction": key, "text": "已约请供电公司，10月9日迁移"}
    for who in ("sthj_head", "henglin_head", "zgj_liaison"):
        world.refused(NotVisible, commands.answer, who, NOW, **reply)
    for who in ("lucheng_head", "inspector", "zjj_handler"):
        world.refused(NotAllowed, commands.answer, who, NOW, **reply)
    world.refused(Malformed, commands.answer, "zjj_head", NOW, instruction=key, text=" ")
    done = world.do(commands.answer, "zjj_liaison", NOW, **reply)
    assert done.state == "answered"
    world.refused(IllegalTransition, commands.answer, "zjj_liaison", NOW, **reply)
    world.refused(NotAllowed, commands.accept, "zjj_head", NOW, instruction=key)
    world.refused(StaleVersion, commands.accept, "inspector", NOW, instruction=key,
                  expected_version=1)  # fmt: skip
    world.do(commands.accept, "inspector", NOW, instruction=key, opinion="同意")
    assert row(world, key).state == "accepted"
    assert history(world, f"instruction:{key}") == [
        "instruction.given", "instruction.answered", "instruction.accepted",
    ]  # fmt: skip


def test_an_answer_that_will_not_do_goes_back_with_a_new_limit(zone: Any) -> None:
    world, ids = zone
    key = given(world, ids)
    world.do(commands.answer, "zjj_liaison", NOW, instruction=key, text="在办")
    world.refused(Malformed, commands.return_, "inspector", NOW, instruction=key, reason="")
    world.do(commands.return_, "inspector", NOW, instruction=key, reason="请明确完成日期")
    found = row(world, key)
    assert (found.state, found.round, found.ruling) == ("open", 2, "请明确完成日期")
    assert len(world.notices("zjj_liaison")) == 2
    world.do(commands.answer, "zjj_head", NOW, instruction=key, text="10月9日完成")
    world.do(commands.accept, "chief", NOW, instruction=key)


def test_a_late_answer_is_chased_once_in_each_step_of_the_rhythm(
    database: Database, zone: Any
) -> None:
    world, ids = zone
    key = given(world, ids)  # limit 2026-10-10 17:30
    days = ("10-10", "10-12", "10-12", "10-13", "10-16", "10-19", "10-19")
    ran = [chasing.run(database, at(f"2026-{day} 18:00")) for day in days]
    assert ran == [0, 1, 0, 0, 0, 1, 0]
    assert len(world.notices("zjj_liaison")) == 3  # the instruction itself, then two chases
    assert len(world.notices("director")) == 2  # a copy to the leader in charge each time
    assert history(world, f"instruction:{key}").count("instruction.chased") == 2
    world.do(commands.answer, "zjj_liaison", "2026-10-19 19:00", instruction=key, text="已办")
    assert chasing.run(database, at("2026-11-20 09:00")) == 0


def test_the_copy_goes_to_the_leader_whom_the_project_names(database: Database, zone: Any) -> None:
    world, ids = zone
    given(world, ids)
    with world.db.write() as s:
        s.execute(
            insert(tables.project_duty).values(
                project_id=ids["潞城储能"], role="in_charge", since=at(NOW).date(),
                person_id=world.people["principal"],
            )
        )  # fmt: skip
    chasing.run(database, at("2026-10-13 09:00"))
    assert len(world.notices("principal")) == 1 and world.notices("director") == []


def test_one_that_fails_does_not_stop_the_others_and_is_not_kept_quiet(
    database: Database, zone: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, ids = zone
    broken, sound = given(world, ids), given(world, ids, text="请一并排查周边地块。")
    real = commands.notify

    def notify(s: Any, about: str, found: Any, *rest: Any, **more: Any) -> int:
        if found.id == broken:
            raise OSError("no road")
        return real(s, about, found, *rest, **more)

    monkeypatch.setattr(chasing, "notify", notify)
    with pytest.raises(OSError, match="no road"):
        chasing.run(database, at("2026-10-13 09:00"))
    assert (row(world, broken).chased, row(world, sound).chased) == (0, 1)


def test_an_instruction_becomes_an_issue_once(zone: Any) -> None:
    world, ids = zone
    key = given(world, ids)
    form = {"instruction": key, "title": "杆线迁移滞后", "category": "杆线迁移"}
    world.refused(NotAllowed, commands.raise_issue, "zjj_head", NOW, **form)
    done = world.do(commands.raise_issue, "inspector", NOW, **form)
    issue = world.issue(done.issue)
    assert (issue.project_id, issue.description) == (ids["潞城储能"], TEXT)
    assert row(world, key).raised_issue_id == issue.id
    assert world.refused(Malformed, commands.raise_issue, "inspector", NOW, **form) == [
        "raised_before"
    ]


def test_an_instruction_about_an_inspection_becomes_an_issue_without_a_project(zone: Any) -> None:
    world, ids = zone
    key = planned(world, ids["潞城储能"])
    order = given(world, ids, project=None, inspection=key, unit="yaoguan")
    form = {"instruction": order, "title": "面上整改", "category": "其他"}
    issue = world.issue(world.do(commands.raise_issue, "triage", NOW, **form).issue)
    assert issue.project_id is None and issue.board_id == world.units["yaoguan"]


def test_an_instruction_is_withdrawn_with_a_reason(zone: Any) -> None:
    world, ids = zone
    key = given(world, ids)
    world.refused(Malformed, commands.withdraw, "chief", NOW, instruction=key, reason="")
    world.do(commands.withdraw, "chief", NOW, instruction=key, reason="重复登记")
    world.refused(IllegalTransition, commands.answer, "zjj_head", NOW, instruction=key, text="办")


def test_who_sees_which_instructions(zone: Any) -> None:
    world, ids = zone
    given(world, ids)
    given(world, ids, project=ids["横林新城"], unit="henglin")

    def seen(name: str) -> int:
        with world.db.read() as s:
            return len(listed(s, find_actor(s, name)))

    names = ("principal", "inspector", "zjj_head", "lucheng_head", "henglin_head", "yaoguan_head",
             "auditor", "sysadmin")  # fmt: skip
    assert [seen(name) for name in names] == [2, 2, 1, 1, 1, 0, 0, 0]


def test_a_form_that_is_sent_twice_gives_one_instruction(zone: Any) -> None:
    world, ids = zone
    key = given(world, ids)
    form = Order(text=TEXT, unit="zjj", project=ids["潞城储能"])
    codes = world.refused(GuardFailed, commands.give, "principal", NOW, form=form)
    assert codes == ["given_already"]
    assert [one.id for one in world.rows(tables.instruction)] == [key]
