"""Follow-up, agenda pack and minutes of dispatch meetings."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from typing import Any

import pytest

from models import tables
from notifications.documents.pdf import page_count
from projects.meetings import agenda, candidates, decisions, followup, papers, session, store
from tests import meetings
from tests.meetings import HELD, PLANNED
from tests.world import World, at
from workflow.audit import verify
from workflow.commands import requests
from workflow.commands.breakdown import Plan
from workflow.context import find_actor
from workflow.documents import commands as documents
from workflow.documents.files import sheet_of
from workflow.errors import GuardFailed, IllegalTransition, NotAllowed, NotVisible

SEPTEMBER, NEXT = "2026-09-01 10:00", "2026-09-29 14:30"
MINUTES = {"chair": "蒋明远", "present": "建设局、供电公司", "decisions": "月底前完成迁移。"}


def followed(world: World, meeting: int, now: str, who: str = "chief") -> dict[str, str]:
    """Status by the decision's words."""
    with world.db.read() as s:
        actor = find_actor(s, who)
        row = store.find_meeting(s, actor, meeting)
        return {f.row.text: f.status for f in followup.follow_up(s, actor, row, at(now))}


def held(world: World, issue: str, *words: str, due: date = meetings.DUE) -> int:
    """A meeting held on an issue with decisions of these words, closed."""
    key = meetings.in_session(world, [issue])
    item = meetings.item_of(world, key, issue)
    for text in words:
        meetings.decided(world, key, item=item, text=text, due=due, lead="gdgs")
    return key


def test_the_next_meeting_begins_with_what_became_of_the_decisions(world: World) -> None:
    case = world.acknowledged(SEPTEMBER)
    key = held(world, case.issue, "完成勘察", "完成迁移", "完成验收")
    meetings.decided(world, key, kind="follow", text="每周报送", due=date(2026, 9, 25))
    marked = meetings.decided(world, key, kind="follow", text="补签协议", due=date(2026, 9, 25))
    meetings.closed(world, key)
    keys = [row.task_id for row in world.rows(tables.meeting_decision) if row.task_id]
    numbers = [world.row(tables.task, id=one).number for one in keys]
    for number, day in ((numbers[0], "2026-09-21 10:00"), (numbers[1], "2026-09-30 10:00")):
        world.acknowledge(number, day)
        world.submit(number, day)
    world.verify(numbers[0], "2026-09-22 10:00")
    given = {"decision": marked, "note": "协议已签"}
    world.refused(NotVisible, decisions.done, "gdgs_head", "2026-09-24 10:00", **given)
    world.refused(NotAllowed, decisions.done, "zjj_head", "2026-09-24 10:00", **given)
    world.do(decisions.done, "triage", "2026-09-24 10:00", **given)
    later = meetings.planned(world, "2026-09-28 10:00", NEXT)
    assert followed(world, later, "2026-09-28 10:00") == {
        "完成勘察": "done", "完成迁移": "submitted", "完成验收": "running", "每周报送": "overdue",
        "补签协议": "done",
    }  # fmt: skip
    world.verify(numbers[1], "2026-09-30 11:00")
    assert followed(world, later, "2026-09-30 12:00") == {
        "完成勘察": "done", "完成迁移": "done_late", "完成验收": "overdue", "每周报送": "overdue",
        "补签协议": "done",
    }  # fmt: skip
    assert followed(world, later, "2026-09-30 12:00", who="zjj_head").keys() == {
        "完成勘察", "完成迁移", "完成验收", "每周报送", "补签协议",
    }  # fmt: skip
    attends_only = meetings.planned(
        world, "2026-09-28 10:00", "2026-09-30 14:30", units=("henglin",)
    )
    assert followed(world, attends_only, "2026-09-30 12:00", who="henglin_head") == {}


def test_what_is_older_is_followed_until_it_is_settled(world: World) -> None:
    case = world.acknowledged(SEPTEMBER)
    key = held(world, case.issue)
    for text in ("仍未完成", "已经完成"):
        meetings.decided(world, key, kind="follow", text=text, due=date(2026, 10, 30))
    meetings.closed(world, key)
    done = world.row(tables.meeting_decision, text="已经完成").id
    world.do(decisions.done, "chief", "2026-09-21 10:00", decision=done, note="已办")
    other = world.acknowledged(SEPTEMBER)
    second = meetings.in_session(world, [other.issue], "2026-09-28 10:00", NEXT)
    meetings.closed(world, second, "2026-09-29 17:00")
    third = meetings.planned(world, "2026-10-12 10:00", "2026-10-15 14:30")
    assert followed(world, third, "2026-10-12 10:00") == {"仍未完成": "running"}


def test_a_task_that_was_given_to_another_unit_is_followed_there(world: World) -> None:
    case = world.acknowledged(SEPTEMBER)
    key = held(world, case.issue, "完成迁移")
    meetings.closed(world, key)
    decision = world.row(tables.meeting_decision)
    number = world.row(tables.task, id=decision.task_id).number
    world.do(
        requests.request_return, "gdgs_liaison", "2026-09-15 17:00", task=number,
        reason="非产权单位", basis="电力法", suggested_unit="zjj",
    )  # fmt: skip
    world.do(
        requests.rule_return, "chief", "2026-09-15 17:10", task=number, reassign_to="zjj",
        opinion="由建设局办理",
    )  # fmt: skip
    with world.db.read() as s:
        (row,) = store.decisions_of(s, find_actor(s, "chief"), [key])
    assert row.task_number != number and row.task_state == "pending_ack"


def test_items_without_a_decision_are_left_over_and_come_back(world: World) -> None:
    cases = [world.acknowledged(SEPTEMBER) for _n in range(3)]
    key = meetings.in_session(world, [case.issue for case in cases])
    items = [meetings.item_of(world, key, case.issue) for case in cases]
    meetings.decided(world, key, kind="follow", item=items[0])
    given = {"item": items[1], "reason": "等待市级意见"}
    world.refused(NotAllowed, session.defer, "triage", HELD, **given)
    world.do(session.defer, "chief", HELD, **given)
    later = meetings.planned(world, PLANNED, NEXT)
    meetings.closed(world, key)
    outcomes = [world.row(tables.meeting_item, id=item).outcome for item in items]
    assert outcomes == ["decided", "deferred", "deferred"]
    assert world.row(tables.meeting, id=later).previous_id == key
    with world.db.read() as s:
        chief = find_actor(s, "chief")
        row = store.find_meeting(s, chief, later)
        found = {
            c.issue.number: [one["code"] for one in c.reasons]
            for c in candidates.candidates(s, chief, row, at("2026-09-28 10:00"))
        }
    assert found == {
        cases[1].issue: ["level", "deferred"], cases[2].issue: ["level", "left_over"],
    }  # fmt: skip


def test_the_pack_is_one_file_with_the_agenda_first(world: World) -> None:
    case = world.acknowledged(SEPTEMBER)
    draft = documents.Draft(
        "dispatch_order", tasks=[case.task], given={"basis": "机制", "feedback": "每周报送"}
    )
    world.do(documents.prepare, "triage", SEPTEMBER, draft=draft)
    key = meetings.planned(world)
    with world.db.read() as s, pytest.raises(GuardFailed):
        papers.pack(s, find_actor(s, "chief"), key, "zip", at(PLANNED))
    world.do(agenda.pick, "triage", PLANNED, meeting=key, issue=case.issue, proposal="限期迁移")
    world.do(agenda.fix, "triage", PLANNED, meeting=key)
    with world.db.read() as s:
        chief = find_actor(s, "chief")
        zipped = papers.pack(s, chief, key, "zip", at(PLANNED))
        merged = papers.pack(s, chief, key, "pdf", at(PLANNED))
        with pytest.raises(NotVisible):
            papers.pack(s, find_actor(s, "zjj_head"), key, "zip", at(PLANNED))
    names = zipfile.ZipFile(io.BytesIO(zipped.content)).namelist()
    assert len(names) == 4 and all("议题" in name for name in names[:2])
    assert {name.rsplit(".", 1)[1] for name in names} == {"docx", "pdf"}
    assert zipped.name.startswith("会议材料-HY-2026-01") and page_count(merged.content) >= 2


def test_the_agenda_tells_the_follow_up_before_its_items(world: World) -> None:
    case = world.acknowledged(SEPTEMBER)
    key = held(world, case.issue, "完成迁移")
    meetings.closed(world, key)
    second = meetings.fixed(world, [case.issue], "2026-09-28 10:00", NEXT)
    row = world.row(tables.meeting, id=second)
    sheet = sheet_of(world.row(tables.document, id=row.agenda_document_id))
    labels = [one.label for one in sheet.rows]
    assert labels.index("上次会议议定事项落实情况") < labels.index("问题简况")
    (told,) = [one.text for one in sheet.rows if one.label == "上次会议议定事项落实情况"]
    assert "完成迁移" in told and "HY-2026-01" in told and "供电公司" in told


def minutes(world: World, meeting: int, now: str = "2026-09-16 10:00", **changed: Any) -> Any:
    return world.do(papers.prepare_minutes, "triage", now, meeting=meeting, **(MINUTES | changed))


def test_minutes_come_from_the_decisions_and_freeze_them(world: World) -> None:
    case = world.acknowledged(SEPTEMBER)
    key = held(world, case.issue, "完成迁移")
    world.refused(IllegalTransition, papers.prepare_minutes, "triage", HELD, meeting=key, **MINUTES)
    meetings.closed(world, key)
    with world.db.read() as s:
        suggested = papers.suggest_minutes(s, find_actor(s, "triage"), key)
    assert "完成迁移" in suggested["decisions"] and "供电公司" in suggested["decisions"]
    assert "2026年9月28日前完成" in suggested["decisions"] and suggested["chair"] == "蒋明远"
    decision = world.row(tables.meeting_decision).id
    world.do(decisions.amend, "chief", "2026-09-16 09:00", decision=decision, text="完成迁移并送电")
    made = minutes(world, key, decisions=suggested["decisions"])
    given = {"decision": decision, "text": "改写"}
    codes = world.refused(GuardFailed, decisions.amend, "chief", "2026-09-16 11:00", **given)
    assert codes == ["decisions_frozen"]
    codes = world.refused(
        GuardFailed, papers.prepare_minutes, "triage", HELD, meeting=key, **MINUTES
    )
    assert codes == ["minutes_there"]
    world.refused(NotAllowed, documents.sign, "chief", "2026-09-16 11:00", document=made.id)
    signed = world.do(documents.sign, "director", "2026-09-16 11:00", document=made.id)
    assert signed.number == "常经开经纪〔2026〕1号"
    world.do(documents.issue, "triage", "2026-09-16 11:10", document=made.id)
    told = {n.recipient_id for n in world.notices(kind="document")}
    assert {world.people[f"{unit}_liaison"] for unit in meetings.UNITS} <= told
    with world.db.read() as s:
        assert verify(s).faults == []


def test_void_minutes_free_the_decisions_again(world: World) -> None:
    key = held(world, world.acknowledged(SEPTEMBER).issue, "完成迁移")
    meetings.closed(world, key)
    made = minutes(world, key)
    world.do(documents.void, "triage", "2026-09-16 11:00", document=made.id, reason="有误")
    decision = world.row(tables.meeting_decision).id
    world.do(decisions.amend, "chief", "2026-09-16 12:00", decision=decision, text="改写")
    again = minutes(world, key, "2026-09-16 13:00")
    assert world.row(tables.meeting, id=key).minutes_document_id == again.id


def test_what_the_principal_chairs_the_principal_signs(world: World) -> None:
    case = world.acknowledged(SEPTEMBER)
    key = meetings.in_session(world, [case.issue], chair="principal")
    meetings.decided(world, key, item=meetings.item_of(world, key, case.issue))
    meetings.closed(world, key)
    made = minutes(world, key)
    world.refused(NotAllowed, documents.sign, "director", "2026-09-16 11:00", document=made.id)
    signed = world.do(documents.sign, "principal", "2026-09-16 11:00", document=made.id)
    assert signed.number == "常经开办纪〔2026〕1号"


def test_minutes_wait_for_the_answers(world: World) -> None:
    case = world.acknowledged(SEPTEMBER, plans=[Plan("迁移")])
    key = meetings.in_session(world, [case.issue])
    item = meetings.item_of(world, key, case.issue)
    asked = meetings.decided(world, key, kind="ask", due=None, item=item)
    meetings.closed(world, key)
    given: dict[str, Any] = {"meeting": key, **MINUTES}
    codes = world.refused(GuardFailed, papers.prepare_minutes, "triage", HELD, **given)
    assert codes == ["unanswered"]
    answer = {"decision": asked, "text": "月底完成", "due": meetings.DUE}
    world.do(decisions.answer, "chief", "2026-09-15 17:00", **answer)
    assert minutes(world, key).state == "prepared"
