"""Reporting through the portal: filing, drafts, refusals, repeats, and hints at what is known."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import insert

from models import tables
from models.db import Database
from tests.portal import Portal
from tests.world import LINES
from workflow.commands import discovery

pytestmark = pytest.mark.one_database

ENTRY = {
    "title": "10千伏杆线影响施工",
    "description": "地块北侧10千伏杆线需迁移",
    "category": LINES,
    "no_project_reason": "片区共性问题",
}


@pytest.fixture
def project(portal: Portal) -> str:
    """A project of Lucheng."""
    with portal.world.db.write() as s:
        s.execute(
            insert(tables.project).values(name="东方新城", board_id=portal.world.units["lucheng"])
        )
    return "东方新城"


def count(portal: Portal) -> int:
    return len(portal.world.rows(tables.issue))


def test_a_report_is_filed_with_the_reporters_own_board(portal: Portal) -> None:
    reporter = portal.sign_in("lucheng_reporter")
    assert reporter.page("/report").form().first("board") == "lucheng"
    answer = reporter.fill("/report", ENTRY, button=("keep", "report"))
    shown = reporter.follow(answer)
    row = portal.world.rows(tables.issue)[0]
    assert (row.state, row.title) == ("reported", ENTRY["title"])
    assert row.board_id == portal.world.units["lucheng"]
    assert row.number in shown.words and 'class="done"' in shown.text


def test_a_department_chooses_no_board_and_a_project_brings_its_own(
    portal: Portal, project: str
) -> None:
    reporter = portal.sign_in("zjj_reporter")
    assert reporter.page("/report").form().first("board") == ""
    assert project in reporter.page("/report").text
    reporter.fill("/report", {**ENTRY, "project": project, "no_project_reason": ""})
    assert portal.world.rows(tables.issue)[0].board_id == portal.world.units["lucheng"]


def test_a_draft_may_be_incomplete_and_is_filed_later(portal: Portal) -> None:
    reporter = portal.sign_in("lucheng_reporter")
    answer = reporter.fill("/report", {"title": "杆线"}, button=("keep", "draft"))
    assert answer.status == 303, answer.words
    row = portal.world.rows(tables.issue)[0]
    assert row.state == "draft"
    path = f"/issues/{row.number}/do"
    refused = reporter.fill(f"{path}/submit-draft")
    assert refused.status == 409 and "类别" in refused.words
    assert portal.world.issue(row.number).state == "draft"
    corrected = {k: v for k, v in ENTRY.items() if k != "title"}
    assert reporter.fill(f"{path}/edit", corrected).status == 303
    assert reporter.fill(f"{path}/submit-draft").status == 303
    assert portal.world.issue(row.number).state == "reported"


def test_what_is_missing_is_said_beside_its_field_and_the_entry_is_kept(portal: Portal) -> None:
    reporter = portal.sign_in("lucheng_reporter")
    entry = {"title": "杆线", "description": "", "category": "", "urgent": "yes"}
    answer = reporter.fill("/report", entry, button=("keep", "report"))
    assert answer.status == 409
    for name in ("description", "category", "project"):
        assert f'id="f-{name}-error"' in answer.text, name
    assert {name: answer.form().first(name) for name in entry} == entry
    assert count(portal) == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("title", ""),
        ("title", "x" * 201),
        ("project", "没有的项目"),
        ("board", "zjj"),
        ("found_on", "gestern"),
        ("urgent", "perhaps"),
        ("no_project_reason", "x" * 301),
    ],
)
def test_a_wrong_value_is_refused_beside_its_field(portal: Portal, name: str, value: str) -> None:
    reporter = portal.sign_in("lucheng_reporter")
    answer = reporter.fill("/report", {**ENTRY, name: value}, button=("keep", "report"))
    assert answer.status == 422
    assert f'id="f-{name}-error"' in answer.text
    assert count(portal) == 0


def test_the_same_form_sent_twice_leads_to_the_same_issue(portal: Portal) -> None:
    reporter = portal.sign_in("lucheng_reporter")
    form = reporter.page("/report").form()
    sent = {**form.values, **ENTRY, "keep": "report"}
    first, second = reporter.post("/report", sent), reporter.post("/report", sent)
    assert (first.status, second.status) == (303, 303)
    assert first.location == second.location
    assert count(portal) == 1
    other = {**ENTRY, "title": "另一处杆线"}
    assert reporter.fill("/report", other).location != first.location  # a new form, a new issue


@pytest.mark.parametrize("keep", ["report", "draft"])
def test_the_same_content_in_a_new_form_is_reported_only_on_purpose(
    portal: Portal, keep: str
) -> None:
    reporter = portal.sign_in("lucheng_reporter")
    first = reporter.fill("/report", ENTRY, button=("keep", keep)).location
    again = reporter.fill("/report", ENTRY, button=("keep", keep))
    assert again.status == 409 and count(portal) == 1
    assert first.partition("?")[0] in again.links
    assert {name: again.form().first(name) for name in ENTRY} == ENTRY
    assert portal.sign_in("henglin_reporter").fill("/report", ENTRY).status == 303
    on_purpose = {**again.form().values, "anyway": "yes", "keep": keep}
    assert reporter.post("/report", on_purpose).status == 303
    assert count(portal) == 3


def test_a_days_later_or_closed_issue_may_be_reported_again(portal: Portal) -> None:
    reporter = portal.sign_in("lucheng_reporter")
    first = reporter.fill("/report", ENTRY).location.split("/")[2].partition("?")[0]
    world, now = portal.world, portal.now
    world.do(discovery.start_triage, "triage", now, issue=first)
    world.do(discovery.propose_rejection, "triage", now, issue=first, reason="不属受理范围")
    assert reporter.fill("/report", ENTRY).status == 409
    world.do(discovery.reject, "chief", now, issue=first, reason="不属受理范围")
    assert reporter.fill("/report", ENTRY).status == 303
    assert reporter.fill("/report", ENTRY).status == 409
    portal.at(now + timedelta(hours=24, minutes=1))
    assert reporter.fill("/report", ENTRY).status == 303


def test_two_clicks_at_the_same_moment_file_one_issue(portal: Portal) -> None:
    reporter = portal.sign_in("lucheng_reporter")
    sent = {**reporter.page("/report").form().values, **ENTRY, "keep": "report"}
    cookies = dict(reporter.client.cookies)

    def click(_n: int) -> str:
        other = portal.anonymous()
        other.client.cookies.update(cookies)
        return other.post("/report", sent).location

    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(click, range(4)))
    assert len(found) == 1 and count(portal) == 1


def test_one_persons_token_says_nothing_about_anothers_issue(portal: Portal) -> None:
    first, second = portal.sign_in("lucheng_reporter"), portal.sign_in("zjj_reporter")
    form = first.page("/report").form()
    once = {"once": form.first("once")}
    here = first.post("/report", {**form.values, **ENTRY, "keep": "report"}).location
    there = second.send("/report", {**ENTRY, **once, "board": "lucheng", "keep": "report"}).location
    assert here != there and count(portal) == 2


def test_a_refused_form_can_be_mended_and_sent_with_its_token(portal: Portal) -> None:
    reporter = portal.sign_in("lucheng_reporter")
    answer = reporter.fill("/report", {**ENTRY, "title": ""}, button=("keep", "report"))
    mended = reporter.post("/report", {**answer.form().values, "title": "杆线", "keep": "report"})
    assert mended.status == 303 and count(portal) == 1


@pytest.mark.parametrize("username", ["chief", "principal", "auditor", "sysadmin", "secadmin"])
def test_who_files_nothing_gets_no_form(portal: Portal, username: str) -> None:
    browser = portal.sign_in(username)
    browser.page("/report", 403)
    browser.page(f"/report/similar?project=x&category={LINES}", 403)
    assert browser.send("/report", {**ENTRY, "once": "0123456789"}).status == 403
    assert count(portal) == 0


def test_a_report_without_the_sessions_token_is_refused(portal: Portal) -> None:
    reporter = portal.sign_in("lucheng_reporter")
    assert reporter.post("/report", {**ENTRY, "once": "0123456789"}).status == 403
    assert portal.anonymous().post("/report", ENTRY).location.startswith("/signin")
    assert count(portal) == 0


def test_open_issues_of_the_same_project_and_category_are_shown_within_scope(
    portal: Portal, project: str
) -> None:
    world = portal.world
    numbers = [
        world.reported("2026-09-28 08:00", title=f"杆线{n}", project=project) for n in range(6)
    ]
    world.reported("2026-09-28 08:00", title="别类", project=project, category="资金")
    path = f"/report/similar?project={project}&category={LINES}"
    found = portal.sign_in("lucheng_reporter").page(path).links
    assert found == [f"/issues/{n}" for n in reversed(numbers[1:])]
    assert portal.sign_in("henglin_reporter").page(path).links == []
    assert portal.sign_in("lucheng_reporter").page("/report/similar").links == []
    entry = {**ENTRY, "title": "", "project": project}
    answer = portal.sign_in("lucheng_reporter").fill("/report", entry)
    assert f"/issues/{numbers[-1]}" in answer.links  # the hint also works without script


def test_hostile_text_in_a_report_is_inert(portal: Portal, database: Database) -> None:
    reporter = portal.sign_in("lucheng_reporter")
    hostile = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'
    entry = {**ENTRY, "title": hostile, "description": hostile, "no_project_reason": hostile}
    pages = [
        reporter.fill("/report", {**entry, "project": hostile}),
        reporter.follow(reporter.fill("/report", entry)),
    ]
    for page in pages:
        assert "<script>alert" not in page.text and "<img src=x" not in page.text
        assert "&lt;script&gt;alert(1)" in page.text
