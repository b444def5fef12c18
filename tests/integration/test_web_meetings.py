"""The pages of dispatch meetings and of coordination, as people use them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from models import tables
from tests import meetings
from tests.acceptance.test_page_statements import asked
from tests.meetings import HELD, PLANNED
from tests.portal import Portal
from tests.world import World

SEPTEMBER = "2026-09-01 10:00"
pytestmark = pytest.mark.one_database


@pytest.fixture
def portal(edge: Portal) -> Portal:
    return edge.at("2026-09-14 10:00")


def case_of(world: World, **form: Any) -> str:
    return world.acknowledged(SEPTEMBER, **form).issue


def test_the_office_plans_picks_and_fixes(portal: Portal) -> None:
    world, triage = portal.world, portal.sign_in("triage")
    number = case_of(world)
    refused = triage.fill("/meetings/new", {"place": ""}, form="/meetings/new")
    assert refused.status == 422 and 'id="plan-place-error"' in refused.text
    made = triage.fill("/meetings/new", {"starts_at": "2026-09-15T14:30"}, form="/meetings/new")
    shown = triage.follow(made)
    assert "HY-2026-01" in shown.words
    candidates = triage.page("/meetings/1/candidates")
    assert number not in candidates.words
    assert triage.send("/meetings/1/pick", {"issue": "WT-2026-999999"}).status == 404
    triage.follow(triage.send("/meetings/1/pick", {"issue": number}))
    assert number in triage.page("/meetings/1/candidates").words
    triage.follow(triage.send("/meetings/1/drop", {"issue": number, "reason": "已有方案"}))
    assert "已有方案" in triage.page("/meetings/1").words
    triage.follow(triage.send("/meetings/1/pick", {"issue": number}))
    item = meetings.item_of(world, 1, number)
    path = f"/meetings/1/items/{item}/propose"
    triage.follow(triage.send(path, {"proposal": "限期迁移", "place": "3"}))
    assert "限期迁移" in triage.page("/meetings/1").words
    assert triage.send("/meetings/1/fix", {"version": "1"}).status == 409
    done = triage.fill("/meetings/1", form="/fix")
    assert "HY-2026-01" in triage.follow(done).words
    moved = triage.fill("/meetings/1/change", {"place": "二楼会议室"}, form="/change")
    assert "二楼会议室" in triage.follow(moved).words
    triage.follow(triage.fill("/meetings/1", {"reason": "补充议题"}, form="/reopen"))
    assert world.row(tables.meeting).state == "planned"


def test_a_meeting_is_held_on_its_session_page(portal: Portal) -> None:
    world = portal.world
    number = case_of(world)
    key = meetings.fixed(world, [number])
    portal.at(HELD)
    chief, board = portal.sign_in("chief"), portal.sign_in("lucheng_head")
    department, triage = portal.sign_in("zjj_liaison"), portal.sign_in("triage")
    session = chief.follow(chief.fill(f"/meetings/{key}", form="/open"))
    assert number in session.text
    here = f"/meetings/{key}/session"
    department.follow(department.fill(here, {"text": "停电计划已报"}, form="/speak"))
    assert "停电计划已报" in chief.page(here).words
    raised = {"title": "围挡占道", "description": "便道被占", "category": "其他"}
    board.follow(board.fill(here, raised, form="/raise"))
    fresh = world.row(tables.issue, title="围挡占道").number
    item = meetings.item_of(world, key, fresh)
    there = f"{here}?item={item}"
    triage.follow(triage.fill(there, form="/take-up"))
    asked = {"kind": "ask", "text": "何时拆除？", "lead": "zjj"}
    chief.follow(chief.fill(there, asked, form="/decide"))
    assert "何时拆除" in department.page(here).words, "the question waits wherever the unit looks"
    past = department.fill(here, {"text": "月底", "due": "2026-09-01"}, form="/answer")
    assert past.status == 422 and "月底" in past.text, "what was typed stays"
    department.follow(
        department.fill(here, {"text": "月底前拆除", "due": "2026-09-28"}, form="/answer")
    )
    chief.follow(chief.fill(there, form="/task"))
    (task,) = world.rows(tables.task, issue_id=world.issue(fresh).id)
    assert task.number in department.page(f"/meetings/{key}").words
    again = chief.send(f"/meetings/{key}/decisions/1/task", {"item": str(item)})
    assert again.status == 409 and task.number in again.words
    first = meetings.item_of(world, key, number)
    chief.follow(chief.fill(f"{here}?item={first}", {"reason": "待市级意见"}, form="/defer"))
    chief.follow(chief.fill(f"/meetings/{key}", form="/close"))
    minutes = triage.fill(f"/meetings/{key}/minutes", form="/minutes")
    told = triage.follow(minutes)
    paper = world.row(tables.meeting).minutes_document_id
    assert f"/documents/{paper}" in told.links
    assert "月底前拆除" in triage.page(f"/documents/{paper}").words
    triage.page(f"/meetings/{key}/minutes", status=409)
    assert triage.send(f"/meetings/{key}/minutes", {"decisions": "另一稿"}).status == 409


def test_the_pack_is_one_click(portal: Portal) -> None:
    key = meetings.fixed(portal.world, [case_of(portal.world)])
    chief = portal.sign_in("chief")
    for form, kind in (("zip", "application/zip"), ("pdf", "application/pdf")):
        answer = chief.get(f"/meetings/{key}/pack.{form}")
        assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
    assert portal.sign_in("zjj_head").get(f"/meetings/{key}/pack.zip").status_code == 404


def test_units_see_their_own_items_and_nobody_else_the_meeting(portal: Portal) -> None:
    world = portal.world
    own, foreign = (
        case_of(world, title="自己的议题"),
        case_of(world, title="别家的议题", by="henglin_reporter", board="henglin"),
    )
    key = meetings.fixed(world, [own, foreign], units=("lucheng",))
    board = portal.sign_in("lucheng_head")
    for path in (f"/meetings/{key}", f"/meetings/{key}/session", "/meetings"):
        shown = board.page(path)
        assert "别家的议题" not in shown.words and foreign not in shown.text
    assert "自己的议题" in board.page(f"/meetings/{key}").words
    assert re.search(r'#items">1<', board.page("/meetings").text)
    item = meetings.item_of(world, key, foreign)
    assert board.send(f"/meetings/{key}/items/{item}/speak", {"text": "无关"}).status == 404
    stranger, auditor = portal.sign_in("dingyan_head"), portal.sign_in("auditor")
    parts = ("", "/candidates", "/session", "/change", "/minutes", "/pack.zip")
    for part in parts:
        assert stranger.get(f"/meetings/{key}{part}").status_code == 404
        assert auditor.get(f"/meetings/{key}{part}").status_code == 404
    acts = ("pick", "drop", "fix", "reopen", "open", "close", "decide", "raise", "change")
    forms = {"issue": own, "reason": "x", "kind": "follow", "text": "x", "lead": "zjj",
             "due": "2026-09-28", "title": "x", "description": "x", "category": "其他"}  # fmt: skip
    before = world.rows(tables.meeting_item), world.rows(tables.meeting_decision)
    for act in acts:
        assert stranger.send(f"/meetings/{key}/{act}", forms).status in (404, 409), act
        assert board.send(f"/meetings/{key}/{act}", forms).status in (403, 409), act
    assert (world.rows(tables.meeting_item), world.rows(tables.meeting_decision)) == before
    assert world.row(tables.meeting).state == "fixed"


def test_decisions_are_marked_and_put_right_on_the_page(portal: Portal) -> None:
    world = portal.world
    key = meetings.in_session(world, [case_of(world)])
    made = meetings.decided(world, key, kind="follow", text="每周报送")
    meetings.closed(world, key)
    portal.at("2026-09-16 09:00")
    chief = portal.sign_in("chief")
    chief.follow(chief.fill(f"/meetings/{key}", {"text": "每周五报送"}, form="/amend"))
    chief.follow(chief.fill(f"/meetings/{key}", {"note": "已报送"}, form="/done"))
    row = world.row(tables.meeting_decision, id=made)
    assert (row.text, row.state, row.done_note) == ("每周五报送", "done", "已报送")
    assert (
        portal.sign_in("director")
        .send(f"/meetings/{key}/decisions/{made}/done", {"note": "x"})
        .status
        == 403
    )


def test_a_unit_asks_on_the_issues_page_and_the_office_answers(portal: Portal) -> None:
    world = portal.world
    number = case_of(world)
    head = portal.sign_in("zjj_head")
    path = f"/issues/{number}"
    refused = head.fill(path, {"cause": "city", "reason": " "}, form="/coordination")
    assert refused.status == 422 and 'id="coordination-reason"' in refused.text
    head.follow(head.fill(path, {"cause": "city", "reason": "需市供电"}, form="/coordination"))
    assert "L2" in head.page(path).words and "需市供电" in head.page(path).words
    chief = portal.sign_in("chief")
    key = world.row(tables.coordination_request).id
    assert head.send(f"{path}/coordination/{key}/decline", {"opinion": "x"}).status == 403
    chief.follow(chief.fill(path, {"opinion": "由局牵头会商"}, form="/decline"))
    assert "由局牵头会商" in head.page(path).words
    stranger = portal.sign_in("dingyan_head")
    given = {"cause": "city", "reason": "x"}
    assert stranger.send(f"{path}/coordination", given).status == 404
    assert stranger.send(f"{path}/coordination/{key}/decline", {"opinion": "x"}).status == 404
    handler = portal.sign_in("zjj_handler")
    assert 'action="' + path + '/coordination"' not in handler.page(path).text
    assert handler.send(f"{path}/coordination", given).status == 403


def test_the_issue_and_its_project_tell_of_the_meetings(portal: Portal) -> None:
    world = portal.world.with_projects("东部基地")
    number = case_of(world, project="东部基地")
    key = meetings.in_session(world, [number])
    item = meetings.item_of(world, key, number)
    meetings.decided(world, key, item=item, text="月底前迁移")
    chief = portal.at(HELD).sign_in("chief")
    issue = chief.page(f"/issues/{number}")
    assert f"/meetings/{key}#item-{item}" in issue.links and "月底前迁移" in issue.words
    project = world.row(tables.project, name="东部基地").id
    shown = chief.page(f"/projects/{project}")
    assert f"/meetings/{key}#item-{item}" in shown.links and "月底前迁移" in shown.words


def test_its_pages_ask_as_often_for_six_items_as_for_one(portal: Portal) -> None:
    world = portal.world
    cases = [world.acknowledged("2026-08-03 10:00").issue for _n in range(7)]
    first = meetings.in_session(world, cases[:1])
    meetings.decided(world, first, item=meetings.item_of(world, first, cases[0]))
    second = meetings.in_session(world, cases[1:], starts="2026-09-15 16:00")
    for case in cases[1:]:
        meetings.decided(world, second, item=meetings.item_of(world, second, case))
    later = meetings.planned(world, starts="2026-09-29 14:30")
    portal.at("2026-09-15 17:00")
    for who in ("chief", "zjj_head"):
        browser = portal.sign_in(who)
        for part in ("", "/session"):
            one, six = (asked(portal, browser, f"/meetings/{key}{part}") for key in (first, second))
            assert six <= one <= 40, (who, part, one, six)
    chief = portal.sign_in("chief")
    assert asked(portal, chief, "/meetings") <= 25
    assert asked(portal, chief, f"/meetings/{later}/candidates") <= 35


def test_a_meeting_is_called_off_on_its_page(portal: Portal) -> None:
    world = portal.world
    key = meetings.fixed(world, [case_of(world)])
    chief, unit = portal.at(PLANNED).sign_in("chief"), portal.sign_in("zjj_liaison")
    assert "/call-off" not in unit.page(f"/meetings/{key}").text
    assert unit.send(f"/meetings/{key}/call-off", {"reason": "不去"}).status == 403
    assert portal.sign_in("henglin_head").send(f"/meetings/{key}/call-off", {}).status == 404
    empty = chief.fill(f"/meetings/{key}", {"reason": " "}, form="/call-off")
    assert empty.status == 422
    given = {"reason": "与市会议冲突"}
    told = chief.follow(chief.fill(f"/meetings/{key}", given, form="/call-off"))
    assert "与市会议冲突" in told.words and "/open" not in told.text
    assert "与市会议冲突" in unit.page(f"/meetings/{key}").words
    assert "HY-2026-01" in chief.page("/meetings").words
