"""The dispatch meeting: numbers, candidates, agenda, session, decisions that become tasks."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import insert, update

from models import tables
from models.db import Session
from projects.coordination import levels as coordination
from projects.coordination.requests import ask
from projects.meetings import (
    agenda,
    candidates,
    decisions,
    moving,
    planning,
    session,
    store,
    tasks,
)
from projects.meetings.decisions import Decided
from tests import meetings
from tests.meetings import DUE, HELD, PLANNED
from tests.world import World, at
from workflow.audit import verify
from workflow.commands.breakdown import Plan
from workflow.commands.discovery import Report
from workflow.context import find_actor
from workflow.errors import (
    GuardFailed,
    IllegalTransition,
    Malformed,
    NotAllowed,
    NotVisible,
    StaleVersion,
    WorkflowError,
)

SEPTEMBER = "2026-09-01 10:00"


def reasons(world: World, meeting: int, now: str = PLANNED) -> dict[str, list[str]]:
    """Codes by number, as the office sees the candidates."""
    with world.db.read() as s:
        chief = find_actor(s, "chief")
        row = store.find_meeting(s, chief, meeting)
        found = candidates.candidates(s, chief, row, at(now))
        return {c.issue.number: [one["code"] for one in c.reasons] for c in found}


def news(world: World, username: str, about: str) -> list[Any]:
    return [n for n in world.notices(username, kind="project_news") if n.facts["about"] == about]


def test_numbers_run_through_the_year_without_a_gap_and_only_the_office_takes_them(
    world: World,
) -> None:
    for who in ("director", "principal", "inspector", "zjj_head"):
        world.refused(NotAllowed, planning.plan, who, PLANNED, form=meetings.invitation())
    for who in ("auditor", "sysadmin"):
        world.refused(NotVisible, planning.plan, who, PLANNED, form=meetings.invitation())
    wrong = meetings.invitation(PLANNED, place=" ", chair="chief", units=("moon",))
    codes = world.refused(Malformed, planning.plan, "triage", PLANNED, form=wrong)
    assert codes == ["starts_at_wrong", "chair_wrong", "place_missing", "unit_unknown"]
    starts = (HELD, "2026-09-29 14:30", "2027-01-15 14:30")
    keys = [meetings.planned(world, starts=when) for when in starts]
    numbers = [world.row(tables.meeting, id=key).number for key in keys]
    assert numbers == ["HY-2026-01", "HY-2026-02", "HY-2027-01"]


def test_a_meeting_is_moved_and_a_stale_page_is_refused(world: World) -> None:
    key = meetings.planned(world)
    later = meetings.invitation("2026-09-16 09:00", chair="principal")
    row = world.do(moving.change, "chief", PLANNED, meeting=key, form=later, expected_version=1)
    assert (row.number, row.version) == ("HY-2026-01", 2)
    world.refused(
        StaleVersion, moving.change, "triage", PLANNED, meeting=key, form=later,
        expected_version=1,
    )  # fmt: skip


def test_each_rule_selects_its_issues_and_says_why(world: World) -> None:
    unsolved = world.acknowledged("2026-08-03 10:00")
    coordination.run(world.db, at("2026-08-11 09:00"))
    co = Plan("迁移", co_units=("gdgs", "spj"))
    several = world.dispatched(SEPTEMBER, plans=[co])
    element = world.dispatched(SEPTEMBER, category="能耗")
    asked = {"issue": element.issue, "cause": "element", "reason": "缺口1.2万吨"}
    world.do(ask, "lucheng_head", SEPTEMBER, **asked)
    city = world.dispatched(SEPTEMBER)
    world.do(ask, "zjj_head", SEPTEMBER, issue=city.issue, cause="city", reason="市供电")
    red = world.with_projects("红灯项目").dispatched(SEPTEMBER, project="红灯项目")
    with world.db.write() as s:
        s.execute(update(tables.project).values(light="red"))
    world.dispatched(SEPTEMBER)
    key = meetings.planned(world)
    expected = {
        unsolved.issue: ["unsolved"], several.issue: ["units"], element.issue: ["element"],
        city.issue: ["city"],
    }  # fmt: skip
    assert reasons(world, key) == expected, "a project that stands on no list is none of these"
    listing = {
        "project_id": world.issue(red.issue).project_id, "list_code": "district", "year": 2026,
        "library": "", "source_id": "", "carried_over": False, "note": "",
    }  # fmt: skip
    with world.db.write() as s:
        s.execute(insert(tables.project_listing), listing)
    assert reasons(world, key) == expected | {red.issue: ["red_project"]}


def test_ten_working_days_at_l2_are_not_enough_eleven_are(world: World) -> None:
    case = world.acknowledged(SEPTEMBER)
    coordination.run(world.db, at("2026-09-09 09:00"))
    key = meetings.planned(world, starts="2026-09-29 14:30")
    assert reasons(world, key, "2026-09-22 10:00") == {}  # 20 September is a make-up day
    assert reasons(world, key, "2026-09-23 10:00") == {case.issue: ["unsolved"]}


def test_a_decision_of_an_older_meeting_that_is_overdue_by_now_brings_its_issue_back(
    world: World,
) -> None:
    """It was not due yet when the meeting after it was prepared."""
    case = world.acknowledged(SEPTEMBER)
    first = meetings.in_session(world, [case.issue])
    item = meetings.item_of(world, first, case.issue)
    meetings.decided(world, first, due=date(2026, 10, 12), item=item)
    meetings.closed(world, first)
    other = world.acknowledged("2026-09-16 10:00")
    second = meetings.in_session(world, [other.issue], "2026-09-22 10:00", "2026-09-29 14:30")
    assert case.issue not in reasons(world, second, "2026-09-29 15:00")
    meetings.closed(world, second, "2026-09-29 16:30")
    third = meetings.planned(world, "2026-10-13 10:00", "2026-10-15 14:30")
    assert "overdue" in reasons(world, third, "2026-10-14 10:00")[case.issue]


def test_two_who_plan_at_once_plan_one_meeting(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look for a meeting at the same time comes after the wait for the number."""
    took, looked = planning._take, planning.refuse_repeat
    order: list[str] = []

    def take(s: Session, year: int) -> int:
        order.append("number")
        return took(s, year)

    def look(s: Session, moment: datetime) -> None:
        order.append("look")
        looked(s, moment)

    monkeypatch.setattr(planning, "_take", take)
    monkeypatch.setattr(planning, "refuse_repeat", look)
    refusals: list[str] = []

    def click() -> None:
        try:
            meetings.planned(world)
        except WorkflowError as error:
            refusals.extend(reason.code for reason in error.reasons)

    threads = [Thread(target=click) for _n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refusals == ["planned_already"] * 3
    assert sorted(order) == ["look"] * 4 + ["number"] * 4 and order[0] == "number"
    [row] = world.rows(tables.meeting)
    assert row.number == "HY-2026-01", "the numbers of those refused are given back"


def test_a_meeting_is_not_moved_onto_another_one(world: World) -> None:
    meetings.planned(world)
    later = meetings.planned(world, starts="2026-09-29 14:30")
    refused = world.refused(
        GuardFailed, moving.change, "triage", PLANNED, meeting=later, form=meetings.invitation()
    )
    assert refused == ["planned_already"]
    same = meetings.invitation("2026-09-29 14:30", place="二楼会议室")
    world.do(moving.change, "triage", PLANNED, meeting=later, form=same)


def test_candidates_are_for_those_who_see_everything(world: World) -> None:
    key = meetings.planned(world)
    for who in ("zjj_head", "auditor"):
        with world.db.read() as s, pytest.raises(NotVisible):
            person = find_actor(s, who)
            row = store.find_meeting(s, find_actor(s, "chief"), key)
            candidates.candidates(s, person, row, at(PLANNED))


def test_what_is_left_out_keeps_its_reason_and_may_be_picked_after_all(world: World) -> None:
    case = world.dispatched(SEPTEMBER, plans=[Plan("迁移", co_units=("gdgs", "spj"))])
    key = meetings.planned(world)
    given = {"meeting": key, "issue": case.issue}
    world.refused(Malformed, agenda.drop, "triage", PLANNED, **given, reason=" ")
    world.do(agenda.drop, "triage", PLANNED, **given, reason="供电方案已批")
    row = world.row(tables.meeting_item)
    assert (row.state, row.note) == ("dropped", "供电方案已批")
    assert [one["code"] for one in row.reasons] == ["units"]
    assert world.refused(GuardFailed, agenda.fix, "triage", PLANNED, meeting=key) == ["no_items"]
    world.do(agenda.pick, "triage", PLANNED, **given)
    assert world.row(tables.meeting_item).state == "picked"


def test_fixing_raises_to_l3_prepares_the_agenda_and_calls_every_unit(world: World) -> None:
    case = world.acknowledged(SEPTEMBER)
    key = meetings.fixed(world, [case.issue])
    row = world.row(tables.meeting, id=key)
    assert world.issue(case.issue).coordination_level == 3
    paper = world.row(tables.document, id=row.agenda_document_id)
    assert (paper.kind, paper.state) == ("meeting_agenda", "prepared")
    for unit in meetings.UNITS:
        assert len(news(world, f"{unit}_liaison", "meeting_called")) == 1
    assert news(world, "henglin_liaison", "meeting_called") == []
    picked = {"meeting": key, "issue": case.issue}
    world.refused(IllegalTransition, agenda.pick, "triage", PLANNED, **picked)
    world.do(agenda.reopen, "chief", PLANNED, meeting=key, reason="补充议题")
    assert world.row(tables.document, id=paper.id).state == "void"
    world.do(agenda.fix, "chief", PLANNED, meeting=key)
    assert len(news(world, "zjj_liaison", "meeting_called")) == 2


def test_only_the_chief_opens_records_and_closes(world: World) -> None:
    case = world.acknowledged(SEPTEMBER)
    key = meetings.fixed(world, [case.issue])
    world.refused(NotAllowed, session.open_session, "triage", HELD, meeting=key)
    world.do(session.open_session, "chief", HELD, meeting=key)
    item = meetings.item_of(world, key, case.issue)
    form = Decided("task", "限期迁移", "zjj", DUE, item)
    for who in ("triage", "director", "zjj_head"):
        world.refused(NotAllowed, tasks.decide, who, HELD, meeting=key, form=form)
    world.refused(NotVisible, tasks.decide, "henglin_head", HELD, meeting=key, form=form)
    world.refused(NotAllowed, session.close, "director", HELD, meeting=key)
    meetings.closed(world, key)
    world.refused(IllegalTransition, tasks.decide, "chief", HELD, meeting=key, form=form)


def test_a_decision_becomes_a_task_with_its_date_at_once(world: World) -> None:
    case = world.acknowledged(SEPTEMBER)
    key = meetings.in_session(world, [case.issue])
    made = meetings.decided(world, key, lead="gdgs", item=meetings.item_of(world, key, case.issue))
    task = world.row(tables.task, id=world.row(tables.meeting_decision, id=made).task_id)
    assert (world.code(task.lead_unit_id), task.state) == ("gdgs", "pending_ack")
    assert task.due_at == task.fixed_due_at == at("2026-09-28 17:30")
    assert task.measures == "九月底前完成停电迁移"
    assert len(world.notices("gdgs_liaison", kind="dispatch")) == 1
    assert len(news(world, "gdgs_liaison", "decision_made")) == 1
    codes = world.refused(GuardFailed, tasks.make_task, "chief", HELD, decision=made)
    assert codes == ["task_made"]
    with world.db.read() as s:
        assert verify(s).faults == []


def test_a_board_raises_a_department_answers_with_a_date_and_a_task_exists(world: World) -> None:
    case = world.acknowledged(SEPTEMBER)
    key = meetings.in_session(world, [case.issue])
    form = Report("地块围挡占道", "施工便道被围挡占用", "其他", no_project_reason="现场提出")
    for outsider in ("henglin_head", "auditor"):
        world.refused(NotVisible, session.raise_issue, outsider, HELD, meeting=key, form=form)
    world.refused(NotAllowed, session.raise_issue, "lucheng_handler", HELD, meeting=key, form=form)
    raised = world.do(session.raise_issue, "lucheng_head", HELD, meeting=key, form=form)
    issue = world.issue(raised.issue_number)
    assert (issue.state, issue.source_system) == ("reported", "meeting")
    assert issue.source_id == "HY-2026-01/1"
    item = meetings.item_of(world, key, raised.issue_number)
    asked = meetings.decided(
        world, key, kind="ask", lead="zjj", text="围挡何时拆除？", due=None, item=item
    )
    assert len(news(world, "zjj_liaison", "commitment_asked")) == 1
    given = {"decision": asked, "text": "九月二十八日前拆除", "due": DUE}
    world.refused(NotVisible, decisions.answer, "henglin_head", HELD, **given)
    world.refused(NotAllowed, decisions.answer, "lucheng_head", HELD, **given)
    world.refused(NotAllowed, decisions.answer, "zjj_handler", HELD, **given)
    late = given | {"due": date(2026, 9, 15)}
    assert world.refused(Malformed, decisions.answer, "zjj_head", HELD, **late) == ["due_past"]
    codes = world.refused(IllegalTransition, tasks.make_task, "chief", HELD, decision=asked)
    assert codes == ["no_task_yet"]
    world.do(decisions.answer, "zjj_head", HELD, **given)
    codes = world.refused(IllegalTransition, tasks.make_task, "chief", HELD, decision=asked)
    assert codes == ["not_taken_up"]
    world.do(session.take_up, "triage", HELD, item=item)
    world.do(tasks.make_task, "chief", HELD, decision=asked)
    task = world.row(tables.task, issue_id=issue.id)
    assert task.due_at == at("2026-09-28 17:30") and task.measures == "九月二十八日前拆除"
    assert world.issue(raised.issue_number).state == "dispatched"
    assert world.issue(raised.issue_number).coordination_level == 3


def test_the_triage_officer_takes_down_for_a_board_and_takes_up_at_once(world: World) -> None:
    key = meetings.in_session(world, [world.acknowledged(SEPTEMBER).issue])
    form = Report("便道占用", "便道占用", "其他", no_project_reason="现场提出", board="lucheng")
    first = world.do(session.raise_issue, "triage", HELD, meeting=key, form=form)
    again = {"meeting": key, "form": form}
    assert world.refused(GuardFailed, session.raise_issue, "triage", HELD, **again) == [
        "raised_already"
    ], "a form that is sent twice raises one issue"
    other = replace(form, title="便道又被占用")
    second = world.do(session.raise_issue, "triage", HELD, meeting=key, form=other)
    assert world.issue(first.issue_number).state == "triaging"
    assert world.issue(second.issue_number).source_id == "HY-2026-01/2"
    item = meetings.item_of(world, key, first.issue_number)
    meetings.decided(world, key, item=item)
    assert world.issue(first.issue_number).state == "dispatched"


def test_two_who_click_at_once_make_one_task(world: World) -> None:
    case = world.acknowledged(SEPTEMBER)
    key = meetings.in_session(world, [case.issue])
    item = meetings.item_of(world, key, case.issue)
    asked = meetings.decided(world, key, kind="ask", due=None, item=item)
    world.do(decisions.answer, "zjj_head", HELD, decision=asked, text="月底完成", due=DUE)
    refusals: list[str] = []

    def click() -> None:
        try:
            world.do(tasks.make_task, "chief", HELD, decision=asked)
        except WorkflowError as error:
            refusals.extend(reason.code for reason in error.reasons)

    threads = [Thread(target=click) for _n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refusals == ["task_made"] * 3
    assert len(world.rows(tables.task, issue_id=world.issue(case.issue).id)) == 2


def test_what_fails_on_the_way_leaves_neither_decision_nor_task(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = world.acknowledged(SEPTEMBER)
    key = meetings.in_session(world, [case.issue])
    item = meetings.item_of(world, key, case.issue)
    before = world.dump()

    def crash(*_args: Any, **_more: Any) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr(tasks, "_link", crash)
    with pytest.raises(RuntimeError):
        meetings.decided(world, key, item=item)
    assert world.dump() == before


def test_the_city_is_asked_by_decision_of_the_meeting(world: World) -> None:
    case = world.acknowledged(SEPTEMBER)
    key = meetings.in_session(world, [case.issue])
    item = meetings.item_of(world, key, case.issue)
    meetings.decided(world, key, kind="city", lead="jfj", item=item, text="报请市供电公司")
    assert world.issue(case.issue).coordination_level == 4
    (event,) = world.events(case.issue, "issue.coordinate")[-1:]
    assert event.actor_id == world.people["chief"] and "HY-2026-01" in event.data["reason"]


def test_an_issue_that_was_closed_gets_no_task_and_says_so(world: World) -> None:
    case = world.acknowledged(SEPTEMBER)
    key = meetings.in_session(world, [case.issue])
    item = meetings.item_of(world, key, case.issue)
    world.submit(case.task, HELD)
    world.verify(case.task, HELD)
    world.approve(case.issue, HELD, by="director")
    form = Decided("task", "限期迁移", "zjj", DUE, item)
    world.refused(IllegalTransition, tasks.decide, "chief", HELD, meeting=key, form=form)


def test_units_speak_for_themselves_and_the_office_takes_down_for_them(world: World) -> None:
    case = world.acknowledged(SEPTEMBER)
    key = meetings.fixed(world, [case.issue])
    item = meetings.item_of(world, key, case.issue)
    world.do(session.speak, "zjj_liaison", PLANNED, item=item, text="停电计划已报")
    world.do(session.speak, "zjj_head", HELD, item=item, text="停电计划已批", unit="lucheng")
    world.do(session.speak, "triage", HELD, item=item, text="配合清场", unit="lucheng")
    said = {world.code(row.unit_id): row.text for row in world.rows(tables.meeting_position)}
    assert said == {"zjj": "停电计划已批", "lucheng": "配合清场"}
    world.refused(NotVisible, session.speak, "henglin_head", HELD, item=item, text="无关")
    world.refused(NotAllowed, session.speak, "zjj_handler", HELD, item=item, text="我说")


def test_a_unit_sees_only_its_own_items_and_meetings(world: World) -> None:
    own = world.acknowledged(SEPTEMBER)
    foreign = world.dispatched(
        SEPTEMBER, by="henglin_reporter", board="henglin", plans=[Plan("整改", lead="sthj")]
    )
    key = meetings.fixed(world, [own.issue, foreign.issue], units=("zjj",))
    with world.db.read() as s:
        seen = {
            who: [i.issue_number for i in store.items_of(s, find_actor(s, who), key)]
            for who in ("chief", "zjj_head", "sthj_head", "lucheng_head", "inspector")
        }
        for who in ("dingyan_head", "auditor", "sysadmin"):
            with pytest.raises(NotVisible):
                store.find_meeting(s, find_actor(s, who), key)
            assert store.list_meetings(s, find_actor(s, who)) == []
    assert seen == {
        "chief": [own.issue, foreign.issue], "inspector": [own.issue, foreign.issue],
        "zjj_head": [own.issue], "lucheng_head": [own.issue], "sthj_head": [foreign.issue],
    }  # fmt: skip


def test_a_planned_agenda_is_the_offices_own(world: World) -> None:
    case = world.acknowledged(SEPTEMBER)
    key = meetings.planned(world, units=("gdgs",))
    world.do(agenda.pick, "triage", PLANNED, meeting=key, issue=case.issue)
    with world.db.read() as s:
        assert store.items_of(s, find_actor(s, "gdgs_head"), key) == []
        with pytest.raises(NotVisible):
            store.find_meeting(s, find_actor(s, "zjj_head"), key)
