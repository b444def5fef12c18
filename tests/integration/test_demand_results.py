"""What an enterprise is told of its closed issue, and who is told whom to call."""

from __future__ import annotations

from threading import Thread

import pytest

from models import tables
from projects.demands import deciding, feedback, filing, settling, telling_result
from projects.demands.base import find_demand
from projects.demands.case import demand_case
from projects.demands.contact import told_contact
from tests.demands import filed, finish, form, hand_over, row, taken_up
from tests.world import World, at
from workflow.accounts.secret import new_secret
from workflow.audit import verify
from workflow.context import find_actor
from workflow.errors import (
    GuardFailed,
    IllegalTransition,
    Malformed,
    NotAllowed,
    NotVisible,
    StaleVersion,
)

MORNING, NOON, LATER = "2026-09-28 10:00", "2026-09-28 12:00", "2026-10-12 10:00"
PHONE = "0519-88880000"


def test_the_desk_tells_the_result_in_its_own_words(world: World) -> None:
    filed, issue = taken_up(world, MORNING)
    given = {"demand": filed.number, "text": "杆线已迁移，塔吊可以起臂。"}
    world.refused(IllegalTransition, telling_result.tell_result, "triage", NOON, **given)
    finish(world, issue, NOON)
    for who in ("director", "lucheng_head"):
        world.refused(NotAllowed, telling_result.tell_result, who, LATER, **given)
    world.refused(NotVisible, telling_result.tell_result, "henglin_head", LATER, **given)
    blank = given | {"text": " "}
    world.refused(Malformed, telling_result.tell_result, "triage", LATER, **blank)
    with world.db.read() as s:
        assert feedback.by_link(s, filed.secret).result == "", "nothing is shown unconfirmed"
        assert telling_result.proposed(s, row(world, filed.number)) != ""
    done = world.do(telling_result.tell_result, "triage", LATER, **given)
    assert (done.state, row(world, filed.number).result) == ("answered", given["text"])
    stale = given | {"expected_version": done.version - 1}
    world.refused(StaleVersion, telling_result.tell_result, "chief", LATER, **stale)
    with world.db.write() as s:
        feedback.confirm(s, secret=filed.secret, satisfied=True, remark="", now=at(LATER))
    world.refused(IllegalTransition, telling_result.tell_result, "triage", LATER, **given)
    with world.db.read() as s:
        assert verify(s).faults == []


def test_repeats_that_the_same_closure_answers_are_told_the_same(world: World) -> None:
    first, issue = taken_up(world, MORNING)
    again, own, late = (filed(world, MORNING) for _n in range(3))
    for one in (again, own):
        world.do(deciding.link, "triage", MORNING, demand=one.number, issue=issue)
    finish(world, issue, NOON)
    world.do(deciding.link, "triage", LATER, demand=late.number, issue=issue)
    world.do(telling_result.tell_result, "triage", LATER, demand=first.number, text="已迁移。")
    assert [row(world, d.number).result for d in (first, again, own)] == ["已迁移。"] * 3
    assert row(world, late.number).result == "", "the closure came before it"
    with world.db.read() as s:
        assert telling_result.others_told(s, row(world, first.number)) == [
            again.number, own.number
        ]  # fmt: skip
    with world.db.write() as s:
        s.execute(tables.demand.update().where(tables.demand.c.number == own.number)
                  .values(result="另行告知"))  # fmt: skip
        feedback.confirm(s, secret=again.secret, satisfied=True, remark="", now=at(LATER))
    world.do(telling_result.tell_result, "chief", LATER, demand=first.number, text="已全部迁移。")
    told = [row(world, d.number).result for d in (first, again, own)]
    assert told == ["已全部迁移。", "已迁移。", "另行告知"]
    with world.db.read() as s:
        assert verify(s).faults == []


def test_what_was_told_does_not_outlive_the_closure(world: World) -> None:
    filed, issue = taken_up(world, MORNING)
    finish(world, issue, NOON)
    told = {"demand": filed.number, "text": "杆线已迁移。"}
    world.do(telling_result.tell_result, "triage", LATER, **told)
    with world.db.write() as s:
        s.execute(tables.issue.update().values(state="in_progress", closed_at=None))
        settling.settle(s, at(LATER))
    assert (row(world, filed.number).state, row(world, filed.number).result) == ("taken_up", "")


def test_a_direct_answer_is_not_followed_by_a_second_one(world: World) -> None:
    with world.db.write() as s:
        filed = filing.file(s, form(), at(MORNING), secret=new_secret())
    answered = {"demand": filed.number, "text": "请向供电公司申请。", "category": ""}
    world.do(deciding.answer, "triage", NOON, **answered)
    given = {"demand": filed.number, "text": "另一答复"}
    world.refused(IllegalTransition, telling_result.tell_result, "triage", NOON, **given)


def test_a_disputed_demand_whose_issue_runs_again_is_not_answered_directly(world: World) -> None:
    filed, issue = taken_up(world, MORNING)
    finish(world, issue, NOON)
    with world.db.write() as s:
        feedback.reject(s, secret=filed.secret, reason="又被占用", now=at(LATER))
        s.execute(tables.issue.update().values(state="in_progress", closed_at=None))
    given = {"demand": filed.number, "text": "已办结", "category": ""}
    codes = world.refused(GuardFailed, deciding.answer, "triage", LATER, **given)
    assert codes == ["issue_under_way"]


def test_nobody_is_told_whom_to_call_by_the_issue_itself(world: World) -> None:
    filed, issue = taken_up(world, MORNING)
    found = world.issue(issue)
    assert PHONE not in found.description and "张工" not in found.description
    assert filed.number in found.description, "it leads to where the contact stands"
    assert all(PHONE not in str(event.data) for event in world.events(issue))


def test_who_leads_a_task_is_told_whom_to_call_and_who_only_sees_the_issue_is_not(
    world: World,
) -> None:
    filed, issue = taken_up(world, MORNING, board="")
    told = {}
    hand_over(world, issue, NOON)
    with world.db.read() as s:
        for who in ("triage", "director", "zjj_head", "zjj_handler", "triage"):
            actor = find_actor(s, who)
            demand = find_demand(s, actor, filed.number)
            told[who] = told_contact(s, actor, demand)
            assert demand_case(s, actor, filed.number)["phone"] == (PHONE if told[who] else "")
        with pytest.raises(NotVisible):
            find_demand(s, find_actor(s, "henglin_head"), filed.number)
    assert told == dict.fromkeys(("triage", "director", "zjj_head", "zjj_handler"), True)


def test_a_unit_that_supports_a_task_sees_the_demand_without_its_telephone(world: World) -> None:
    from workflow.commands import assignment, breakdown, discovery
    from workflow.commands.breakdown import Plan

    filed, issue = taken_up(world, MORNING, board="")
    world.do(discovery.start_triage, "triage", NOON, issue=issue)
    plan = Plan("协调产权单位迁移杆线", co_units=("gdgs",))
    world.do(breakdown.plan_task, "triage", NOON, issue=issue, form=plan)
    world.do(assignment.dispatch, "chief", NOON, issue=issue)
    with world.db.read() as s:
        found = demand_case(s, find_actor(s, "gdgs_head"), filed.number)
    assert (found["contact"], found["phone"]) == ("", "")
    assert found["enterprise"] == "常州某精密机械有限公司"


def test_two_forms_with_one_key_at_the_same_moment_are_one_demand(world: World) -> None:
    secret, numbers = new_secret(), []

    def send() -> None:
        with world.db.write() as s:
            numbers.append(filing.file(s, form(), at(MORNING), secret=secret).number)

    threads = [Thread(target=send) for _n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(numbers) == 4 and len(set(numbers)) == 1
    assert len(world.rows(tables.demand)) == 1
