"""The page of an issue: what it tells, to whom, what it offers, and the way of one issue."""

from __future__ import annotations

import re
from typing import Any

import pytest

from models import tables
from models.db import Database
from tests.integration import test_commands_rights as rights
from tests.integration.test_web_acts import FILE, PDF
from tests.portal import Portal
from tests.statements import asked_of
from tests.world import LINES
from workflow.commands import breakdown, closure, supervision
from workflow.commands.breakdown import Plan

pytestmark = pytest.mark.one_database

NOW = "2026-09-28 10:00"
EVERY_ROLE = (
    "triage", "chief", "director", "inspector", "principal", "zjj_head", "zjj_liaison",
    "zjj_handler", "jfj_verifier", "lucheng_head", "lucheng_reporter",
)  # fmt: skip


# ------------------------------------------------------------------ one issue, eight roles


def test_an_issue_goes_from_report_to_closure_through_the_portal_alone(portal: Portal) -> None:
    world = portal.at(NOW).world

    def do(username: str, path: str, values: dict[str, Any], files: Any = None) -> None:
        browser = portal.sign_in(username)
        shown = browser.page(f"/issues/{number}")
        assert path in shown.links, (username, path, shown.links)
        answer = browser.fill(path, values, files)
        assert answer.status == 303, (username, path, answer.words)
        assert 'class="done"' in browser.follow(answer).text

    reporter = portal.sign_in("lucheng_reporter")
    entry = {"title": "杆线影响施工", "description": "需迁移", "category": LINES,
             "no_project_reason": "片区共性问题"}  # fmt: skip
    number = reporter.fill("/report", entry).location.split("/")[2].partition("?")[0]
    do("triage", f"/issues/{number}/do/triage", {})
    do("triage", f"/issues/{number}/do/plan-task", {"measures": "迁移杆线", "co_units": "gdgs"})
    do("chief", f"/issues/{number}/do/dispatch", {})
    task = f"{number}-01"
    named = {"responsible_leader": "zjj_deputy", "responsible_person": "zjj_handler"}
    do("zjj_liaison", f"/tasks/{task}/do/acknowledge", named)
    do("gdgs_liaison", f"/tasks/{task}/do/co-input", {"text": "已停电配合"})
    portal.at("2026-09-29 10:00")
    do("zjj_liaison", f"/tasks/{task}/do/progress", {"text": "已进场施工"})
    do("zjj_liaison", f"/tasks/{task}/evidence", {"evidence_kind_0": "document"}, [FILE])
    do("zjj_head", f"/tasks/{task}/do/submit", {"result": "杆线已迁移"})
    do("jfj_verifier", f"/tasks/{task}/do/verify", {"opinion": "属实", "site_check": "已到现场"})
    do("chief", f"/issues/{number}/do/approve", {"opinion": "同意销号"})
    assert world.issue(number).state == "closed"
    portal.at("2026-10-30 10:00")
    do("inspector", f"/issues/{number}/do/record-lookback", {"finding": "又出现", "relapse": "yes"})
    do("chief", f"/issues/{number}/do/relapse", {"reason": "反弹", "new_due": "2026-11-20"})
    page = portal.sign_in("zjj_head").page(f"/issues/{number}")
    assert world.issue(number).state == "in_progress"
    for told in (
        "杆线影响施工",
        "已停电配合",
        "已进场施工",
        "杆线已迁移",
        "孙志强",
        "供电公司",
        "2026-11-20 17:30",
    ):
        assert told in page.words, told


# ------------------------------------------------------------------ who sees it


@pytest.mark.parametrize(
    "username", ["sthj_head", "henglin_head", "auditor", "sysadmin", "secadmin"]
)
def test_an_outsider_does_not_learn_that_an_issue_exists(portal: Portal, username: str) -> None:
    case = portal.world.acknowledged(NOW)
    browser = portal.at(NOW).sign_in(username)
    unknown = browser.page("/issues/WT-2026-999999", 404)
    for path in (f"/issues/{case.issue}", f"/issues/{case.task}", f"/issues/{case.issue}/history"):
        found = browser.page(path, 404)
        assert found.words.replace(path.split("/")[2], "") == unknown.words.replace(
            "WT-2026-999999", ""
        )


def test_nobody_sees_a_page_without_signing_in(portal: Portal) -> None:
    case = portal.world.acknowledged(NOW)
    stranger = portal.anonymous()
    issue, task = f"/issues/{case.issue}", f"/tasks/{case.task}"
    paths = (issue, f"{issue}/history", f"{task}/do/urge", f"{task}/evidence", "/evidence/1")
    for path in (*paths, "/report"):
        assert stranger.get(path).status_code == 303
        assert stranger.get(path).headers["location"].startswith("/signin?next=%2F")


def test_a_tasks_number_leads_to_its_place_on_the_page(portal: Portal) -> None:
    case = portal.world.acknowledged(NOW)
    answer = portal.at(NOW).sign_in("chief").get(f"/issues/{case.task}")
    assert answer.headers["location"] == f"/issues/{case.issue}#task-{case.task}"
    assert f'id="task-{case.task}"' in portal.sign_in("chief").page(f"/issues/{case.issue}").text


# ------------------------------------------------------------------ what is offered


STAGES = (
    rights.draft, rights.reported, rights.planned, rights.running, rights.submitted,
    rights.verified, rights.closed, rights.parked, rights.extension_asked,
)  # fmt: skip


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.__name__)
def test_every_button_opens_its_form_and_nothing_else_is_offered(
    portal: Portal, stage: rights.Stage
) -> None:
    case = stage(portal.world)
    portal.at("2026-03-02 11:00")
    for username in EVERY_ROLE:
        browser = portal.sign_in(username)
        answer = browser.get(f"/issues/{case.issue}")
        if answer.status_code == 404:
            continue
        shown = browser.page(f"/issues/{case.issue}")
        offered = [link for link in shown.links if "/do/" in link or link.endswith("/evidence")]
        assert len(set(offered)) == len(offered)
        for link in offered:
            assert browser.page(link).form().buttons, (username, link)


def test_what_cannot_be_done_is_said_with_its_reason(portal: Portal) -> None:
    case = rights.shared(portal.world)
    shown = portal.at("2026-03-02 11:00").sign_in("zjj_head").page(f"/issues/{case.issue}")
    assert f"/tasks/{case.task}/do/submit" not in shown.links
    hindered = shown.text.partition('class="hindered"')[2].partition("</ul>")[0]
    assert "提交" in hindered and "供电公司" in hindered
    assert "(submit)" not in shown.text  # codes are for commands


def test_a_handler_without_rights_is_offered_nothing(portal: Portal) -> None:
    case = portal.world.acknowledged(NOW)
    shown = portal.at(NOW).sign_in("zjj_handler").page(f"/issues/{case.issue}")
    assert not [link for link in shown.links if "/do/" in link or link.endswith("/evidence")]


def test_a_prepared_step_is_offered_to_its_decider_with_its_name(portal: Portal) -> None:
    case = rights.step_prepared(portal.world)
    step = portal.world.rows(tables.prepared_action)[0]
    shown = portal.at("2026-03-26 10:00").sign_in("chief").page(f"/issues/{case.issue}")
    assert f"/tasks/{case.task}/do/decide?prepared={step.id}" in shown.links
    other = portal.sign_in("triage").page(f"/issues/{case.issue}")
    assert not [link for link in other.links if "do/decide" in link]


def test_what_was_done_is_told_only_for_known_acts(portal: Portal) -> None:
    case = portal.world.acknowledged(NOW)
    chief = portal.at(NOW).sign_in("chief")
    assert 'class="done"' in chief.page(f"/issues/{case.issue}?done=urge").text
    for name in ("nothing", "<b>x</b>", ""):
        shown = chief.page(f"/issues/{case.issue}?done={name}").text
        assert 'class="done"' not in shown and "<b>x" not in shown


# ------------------------------------------------------------------ a long history


def long_history(portal: Portal) -> str:
    case = portal.world.acknowledged(NOW)
    for n in range(70):
        portal.world.do(
            supervision.progress, "zjj_liaison", NOW, task=case.task, text=f"进展第{n:02d}次"
        )
    return case.issue


def test_a_long_history_is_shown_in_parts_that_leave_nothing_out(portal: Portal) -> None:
    number = long_history(portal)
    head = portal.at(NOW).sign_in("zjj_head")
    page, seen = head.page(f"/issues/{number}"), []
    while True:
        seen += [int(n) for n in re.findall(r'id="event-(\d+)"', page.text)]
        older = [link for link in page.links if "history?before=" in link]
        if not older:
            break
        page = head.page(older[0])
    assert seen == [e.seq for e in reversed(portal.world.events(number))]


def test_htmx_gets_the_part_alone(portal: Portal) -> None:
    number = long_history(portal)
    head = portal.at(NOW).sign_in("zjj_head")
    part = head.get(f"/issues/{number}/history?before=40", hx_request="true").text
    assert "<html" not in part and 'id="event-39"' in part and 'id="event-40"' not in part
    assert "<html" in head.page(f"/issues/{number}/history?before=40").text
    for wrong in ("0", "-1", "x", "99999999999"):
        head.page(f"/issues/{number}/history?before={wrong}", 422)
    assert 'id="event-1"' in head.page(f"/issues/{number}/history?before=2").text


# ------------------------------------------------------------------ evidence


def test_evidence_is_downloaded_as_an_attachment_by_those_in_scope(portal: Portal) -> None:
    case = portal.world.acknowledged(NOW)
    liaison = portal.at(NOW).sign_in("zjj_liaison")
    liaison.fill(f"/tasks/{case.task}/evidence", {"evidence_kind_0": "document"}, [FILE])
    key = portal.world.rows(tables.evidence)[0].id
    assert f"/evidence/{key}" in liaison.page(f"/issues/{case.issue}").links
    for username in ("zjj_head", "jfj_verifier", "lucheng_reporter", "chief"):
        answer = portal.sign_in(username).get(f"/evidence/{key}")
        assert (answer.status_code, answer.content) == (200, PDF)
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        disposition = answer.headers["content-disposition"]
        assert disposition.startswith("attachment;")
        assert "filename*=UTF-8''%E9%AA%8C%E6%94%B6%E5%8D%95.pdf" in disposition
    for username in ("sthj_head", "henglin_head", "auditor", "sysadmin"):
        portal.sign_in(username).page(f"/evidence/{key}", 404)


def test_what_is_kept_elsewhere_or_unknown_cannot_be_downloaded(portal: Portal) -> None:
    world = portal.world
    case = world.acknowledged(NOW)
    proof = closure.Proof("document", "存档号12")
    world.do(closure.add_evidence, "zjj_liaison", NOW, task=case.task, proof=proof)
    head = portal.at(NOW).sign_in("zjj_head")
    key = world.rows(tables.evidence)[0].id
    assert f"/evidence/{key}" not in head.page(f"/issues/{case.issue}").links
    head.page(f"/evidence/{key}", 404)
    head.page("/evidence/999", 404)
    for wrong in ("0", "x", "../1", "99999999999"):
        assert head.get(f"/evidence/{wrong}").status_code in (404, 422)


# ------------------------------------------------------------------ cost


def test_the_statements_of_a_page_do_not_grow_with_what_it_shows(
    portal: Portal, database: Database
) -> None:
    small = portal.world.acknowledged(NOW, plans=[Plan("措施", co_units=("gdgs",))])
    plans = [Plan(f"措施{n}", co_units=("gdgs", "czj")) for n in range(6)]
    large = portal.world.acknowledged(NOW, plans=plans)
    for n in range(10):
        portal.world.do(
            supervision.progress, "zjj_liaison", NOW, task=large.tasks[n % 6], text=f"第{n}次"
        )
    chief = portal.at(NOW).sign_in("chief")
    chief.page(f"/issues/{small.issue}")  # fills the caches
    counts = [_statements(database, chief, case.issue) for case in (small, large)]
    assert counts[0] == counts[1] and counts[0] < 40


def _statements(database: Database, browser: Any, number: str) -> int:
    with asked_of(database) as sent:
        browser.page(f"/issues/{number}")
    return len(sent)


def test_withdrawn_tasks_stay_on_the_page_as_such(portal: Portal) -> None:
    world = portal.world
    case = rights.two_tasks(world)
    world.do(breakdown.drop_task, "chief", rights.NOW, task=case.tasks[1], reason="并入首项")
    shown = portal.at("2026-03-02 11:00").sign_in("chief").page(f"/issues/{case.issue}")
    assert "撤回" in shown.words and "并入首项" in shown.words
