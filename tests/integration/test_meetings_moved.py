"""Meetings that are moved or called off: who is told, what stays, what goes to the next one."""

from __future__ import annotations

from datetime import date

from models import tables
from projects.meetings import agenda, candidates, moving, planning, session, store, tasks
from projects.meetings.decisions import Decided
from tests import meetings
from tests.meetings import HELD, PLANNED
from tests.world import World, at
from workflow.context import find_actor
from workflow.errors import GuardFailed, IllegalTransition, Malformed, NotAllowed, NotVisible

SEPTEMBER = "2026-09-01 10:00"
LATER = "2026-09-16 09:00"
NEXT = "2026-09-30 14:30"


def news(world: World, username: str, about: str) -> list[str]:
    """Particulars of the notices that somebody has of one kind of news."""
    found = world.notices(username, kind="project_news")
    return [one.facts["detail"] for one in found if one.facts["about"] == about]


def reasons(world: World, meeting: int) -> dict[str, list[str]]:
    with world.db.read() as s:
        chief = find_actor(s, "chief")
        row = store.find_meeting(s, chief, meeting)
        found = candidates.candidates(s, chief, row, at("2026-09-16 10:00"))
        return {c.issue.number: [one["code"] for one in c.reasons] for c in found}


def test_a_moved_meeting_whose_agenda_stands_calls_its_units_again(world: World) -> None:
    key = meetings.fixed(world, [world.acknowledged(SEPTEMBER).issue])
    first = world.row(tables.meeting, id=key)
    form = meetings.invitation(LATER)
    world.do(moving.change, "chief", PLANNED, meeting=key, form=form)
    told = news(world, "zjj_liaison", "meeting_called")
    assert told == ["2026-09-15 14:30 管委会三楼会议室", "2026-09-16 09:00 管委会三楼会议室"]
    assert len(news(world, "director", "meeting_called")) == 2, "the chair is told, too"
    row = world.row(tables.meeting, id=key)
    assert (row.number, row.state) == (first.number, "fixed")
    papers = [world.row(tables.document, id=one.agenda_document_id) for one in (first, row)]
    assert [paper.state for paper in papers] == ["void", "prepared"]
    world.do(moving.change, "chief", PLANNED, meeting=key, form=form)
    assert len(news(world, "zjj_liaison", "meeting_called")) == 2, "nothing has changed"


def test_who_is_added_is_called_and_who_is_left_out_is_told_so(world: World) -> None:
    key = meetings.fixed(world, [world.acknowledged(SEPTEMBER).issue])
    form = meetings.invitation(units=("lucheng", "zjj", "henglin"))
    world.do(moving.change, "triage", PLANNED, meeting=key, form=form)
    assert len(news(world, "henglin_liaison", "meeting_called")) == 1
    assert len(news(world, "gdgs_liaison", "meeting_left")) == 1
    assert news(world, "zjj_liaison", "meeting_left") == []


def test_a_planned_meeting_is_moved_without_a_word(world: World) -> None:
    key = meetings.planned(world)
    world.do(moving.change, "chief", PLANNED, meeting=key, form=meetings.invitation(LATER))
    assert news(world, "zjj_liaison", "meeting_called") == []


def test_a_meeting_is_called_off_with_a_reason_by_the_office_alone(world: World) -> None:
    case = world.acknowledged(SEPTEMBER)
    key = meetings.fixed(world, [case.issue])
    given = {"meeting": key, "reason": "与市级会议冲突"}
    for who in ("director", "zjj_head"):
        world.refused(NotAllowed, moving.call_off, who, PLANNED, **given)
    for who in ("henglin_head", "auditor"):
        world.refused(NotVisible, moving.call_off, who, PLANNED, **given)
    world.refused(Malformed, moving.call_off, "triage", PLANNED, meeting=key, reason=" ")
    world.do(moving.call_off, "triage", PLANNED, **given)
    row = world.row(tables.meeting, id=key)
    assert (row.number, row.state) == ("HY-2026-01", "called_off")
    assert row.called_off_reason == "与市级会议冲突"
    assert world.row(tables.document, id=row.agenda_document_id).state == "void"
    for unit in meetings.UNITS:
        assert len(news(world, f"{unit}_liaison", "meeting_called_off")) == 1
    assert len(news(world, "director", "meeting_called_off")) == 1
    world.refused(IllegalTransition, moving.call_off, "triage", PLANNED, **given)
    form = meetings.invitation(LATER)
    world.refused(IllegalTransition, moving.change, "chief", PLANNED, meeting=key, form=form)
    world.refused(IllegalTransition, session.open_session, "chief", HELD, meeting=key)
    world.refused(IllegalTransition, agenda.pick, "triage", PLANNED, meeting=key, issue=case.issue)
    with world.db.read() as s:
        seen = store.items_of(s, find_actor(s, "zjj_head"), key)
        assert [one.issue_number for one in seen] == [case.issue], "units may still look at it"


def test_the_number_is_kept_and_the_next_one_follows_it(world: World) -> None:
    key = meetings.planned(world)
    world.do(moving.call_off, "chief", PLANNED, meeting=key, reason="合并召开")
    after = meetings.planned(world, starts=NEXT)
    assert world.row(tables.meeting, id=after).number == "HY-2026-02"
    assert world.row(tables.meeting, id=after).previous_id is None, "nothing was held before it"
    with world.db.read() as s:
        assert planning.suggested(s, at(PLANNED)).date() == date(2026, 10, 15)


def test_a_meeting_in_session_is_closed_and_not_called_off(world: World) -> None:
    key = meetings.in_session(world, [world.acknowledged(SEPTEMBER).issue])
    world.refused(IllegalTransition, moving.call_off, "chief", HELD, meeting=key, reason="中止")


def test_items_of_a_meeting_that_was_called_off_are_candidates_of_the_next(world: World) -> None:
    by_hand = world.dispatched(SEPTEMBER)
    left = world.dispatched(SEPTEMBER)
    key = meetings.planned(world)
    world.do(agenda.pick, "triage", PLANNED, meeting=key, issue=by_hand.issue)
    world.do(agenda.drop, "triage", PLANNED, meeting=key, issue=left.issue, reason="已解决")
    after = meetings.planned(world, starts=NEXT)
    assert reasons(world, after) == {}
    world.do(moving.call_off, "chief", PLANNED, meeting=key, reason="合并召开")
    assert reasons(world, after) == {by_hand.issue: ["called_off"]}
    last = meetings.planned(world, starts="2026-10-15 14:30")
    now = "2026-09-16 11:00"
    world.do(agenda.pick, "triage", now, meeting=after, issue=by_hand.issue)
    assert reasons(world, last) == {}, "the meeting between the two has it"


def test_a_decision_that_is_sent_twice_is_recorded_once(world: World) -> None:
    case = world.acknowledged(SEPTEMBER)
    key = meetings.in_session(world, [case.issue])
    item = meetings.item_of(world, key, case.issue)
    meetings.decided(world, key, item=item)
    form = Decided("task", "九月底前完成停电迁移", "zjj", meetings.DUE, item)
    codes = world.refused(GuardFailed, tasks.decide, "chief", HELD, meeting=key, form=form)
    assert codes == ["recorded_already"]
    meetings.decided(world, key, kind="follow", text="跟踪停电计划")
    whole = Decided("follow", "跟踪停电计划", "zjj", meetings.DUE, None)
    world.refused(GuardFailed, tasks.decide, "chief", HELD, meeting=key, form=whole)
    assert len(world.rows(tables.meeting_decision)) == 2


def test_two_meetings_do_not_begin_at_the_same_time(world: World) -> None:
    key = meetings.planned(world)
    form = meetings.invitation()
    assert world.refused(GuardFailed, planning.plan, "chief", PLANNED, form=form) == [
        "planned_already"
    ]
    world.do(moving.call_off, "chief", PLANNED, meeting=key, reason="重新安排")
    meetings.planned(world)
