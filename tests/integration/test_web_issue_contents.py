"""What an issue's page tells: facts, lights, deadlines, history, notices, requests."""

from __future__ import annotations

import re

from sqlalchemy import insert, update

from models import tables
from tests.integration import test_commands_rights as rights
from tests.integration.test_web_issue import NOW
from tests.portal import Portal
from tests.world import at
from web.issue_view import PAGE
from workflow.commands import discovery, supervision
from workflow.commands.breakdown import Plan
from workflow.sweep import tick
from workflow.wording import derivation_lines, word


def test_each_deadline_opens_its_derivation(portal: Portal) -> None:
    world = portal.world
    case = world.acknowledged(NOW)
    shown = portal.at(NOW).sign_in("zjj_head").page(f"/issues/{case.issue}")
    version = world.rows(tables.deadline_version)[0]
    lines = derivation_lines(version.derivation)
    assert len(lines) > 3  # the National Day lies on the way
    for line in lines:
        assert line in shown.words


def test_a_light_is_told_in_words_and_phases_by_name(portal: Portal) -> None:
    case = portal.world.acknowledged(NOW)
    shown = portal.at(NOW).sign_in("zjj_head").page(f"/issues/{case.issue}")
    assert "绿灯" in shown.words
    for phase in ("问题发现", "梳理分解", "交办", "督办", "清零销号"):
        assert phase in shown.words
    assert len(re.findall('aria-current="step"', shown.text)) == 1


def test_what_happens_if_nobody_acts_stands_in_order_of_time(portal: Portal) -> None:
    world = portal.world
    case = world.acknowledged(NOW, plans=(Plan("迁移杆线"), Plan("恢复路面", days=5)))
    shown = portal.at(NOW).sign_in("chief").page(f"/issues/{case.issue}")
    part = shown.text.partition('id="ahead"')[2].partition("</section>")[0]
    moments = re.findall(r'class="when">([^<]+)<', part)
    assert len(moments) > 6 and moments == sorted(moments)
    assert {f"#task-{task}" for task in case.tasks} <= set(re.findall(r'href="([^"]+)"', part))


def test_the_clocks_entries_are_marked_apart_from_peoples(portal: Portal) -> None:
    world = portal.world
    case = world.acknowledged(NOW)
    tick(world.db, at("2026-11-02 10:00"))
    portal.at("2026-11-02 10:00")
    shown = portal.sign_in("chief").page(f"/issues/{case.issue}").text
    history = shown.partition('id="history"')[2]
    by_clock = [e for e in world.events(case.issue) if e.actor_id is None]
    assert len(world.events(case.issue)) <= PAGE  # nothing is left for a later page
    assert len(re.findall(r'<li class="clock"', history)) == len(by_clock) > 5
    assert "红灯" in shown


def test_notices_say_to_whom_and_whether_they_were_read(portal: Portal) -> None:
    world = portal.world
    case = world.dispatched(NOW)
    first = world.notices("zjj_liaison")[0]
    with world.db.write() as s:
        read_at = at("2026-09-28 15:07")
        s.execute(
            update(tables.notice).where(tables.notice.c.id == first.id).values(read_at=read_at)
        )
    words = portal.at(NOW).sign_in("chief").page(f"/issues/{case.issue}").words
    assert "孙敏" in words and "2026-09-28 15:07" in words


def test_requests_and_rulings_are_told(portal: Portal) -> None:
    case = rights.extension_asked(portal.world)
    portal.at("2026-03-03 11:00")
    before = portal.sign_in("zjj_head").page(f"/issues/{case.issue}").words
    assert word("ruling", "open") in before and "延期" in before
    portal.sign_in("chief").fill(
        f"/tasks/{case.task}/do/rule-extension", {"granted": "no", "opinion": "理由不充分"}
    )
    after = portal.sign_in("zjj_head").page(f"/issues/{case.issue}").words
    assert "理由不充分" in after and "钱永年" in after


def test_the_ruling_begins_with_the_date_that_was_asked_for(portal: Portal) -> None:
    case = rights.extension_asked(portal.world)
    portal.at("2026-03-03 11:00")
    form = portal.sign_in("chief").page(f"/tasks/{case.task}/do/rule-extension").form()
    asked = portal.world.rows(tables.request)[0].new_due_at.astimezone(rights.DUE.tzinfo)
    assert form.first("new_due") == f"{asked:%Y-%m-%d}"
    assert form.first("granted") == "yes"


def test_a_plan_begins_with_the_categorys_units_and_limit(portal: Portal) -> None:
    number = portal.world.triaged(NOW)
    form = portal.at(NOW).sign_in("triage").page(f"/issues/{number}/do/plan-task").form()
    assert [form.first(n) for n in ("lead", "verifier", "limit")] == ["zjj", "jfj", "complex"]
    assert form.first("problem") == "地块北侧10千伏杆线需迁移"
    assert "open_ended" not in form.options["limit"]


def test_a_board_leads_what_its_category_leaves_to_it(portal: Portal) -> None:
    number = portal.world.triaged(NOW, category="拆迁")
    form = portal.at(NOW).sign_in("triage").page(f"/issues/{number}/do/plan-task").form()
    assert form.first("lead") == "lucheng"


def test_a_receipt_begins_with_the_units_own_people(portal: Portal) -> None:
    case = portal.world.dispatched(NOW)
    form = portal.at(NOW).sign_in("zjj_liaison").page(f"/tasks/{case.task}/do/acknowledge").form()
    assert form.first("responsible_leader") in ("zjj_head", "zjj_deputy")
    assert form.first("responsible_person") == "zjj_liaison"
    assert {name.partition("_")[0] for name in form.options["responsible_person"]} == {"zjj"}


def test_a_date_alone_means_close_of_business(portal: Portal) -> None:
    world = portal.world
    case = rights.submitted(world)
    portal.at("2026-03-02 11:00").sign_in("jfj_verifier").fill(
        f"/tasks/{case.task}/do/reject-submission",
        {"opinion": "不符", "requirement": "请补齐全部验收材料并重新报送", "new_due": "2026-03-27"},
    )
    assert world.task(case.task).due_at == rights.DUE


def test_aside_states_and_marks_are_shown_in_words(portal: Portal) -> None:
    world = portal.world
    parked = rights.parked(world)
    portal.at("2026-03-02 11:00")
    assert "挂账" in portal.sign_in("zjj_head").page(f"/issues/{parked.issue}").words
    target, repeat = world.reported(NOW), world.reported(NOW, major=True, urgent=True)
    world.do(discovery.merge, "triage", NOW, issue=repeat, into=target, reason="重复")
    shown = portal.sign_in("triage").page(f"/issues/{repeat}")
    assert f"/issues/{target}" in shown.links
    assert "重大" in shown.words and "紧急" in shown.words
    world.do(supervision.set_listed, "director", NOW, issue=target, listed=True, reason="要事")
    world.do(supervision.coordinate, "triage", NOW, issue=target, level=3, reason="跨部门")
    words = portal.sign_in("triage").page(f"/issues/{target}").words
    assert ("L3" in words and "挂牌督办" in words) or "supervision list" in words


def test_where_an_issue_came_from_is_told(portal: Portal) -> None:
    world = portal.world
    number = world.reported(NOW)
    with world.db.write() as s:
        s.execute(insert(tables.source_system).values(
            code="hotline", name="12345热线", person_id=world.people["lucheng_reporter"],
            callback_url="", secret_name="", active=True,
        ))  # fmt: skip
        s.execute(update(tables.issue).values(source_system="hotline", source_id="GD-77"))
    assert "12345热线 GD-77" in portal.at(NOW).sign_in("triage").page(f"/issues/{number}").words
