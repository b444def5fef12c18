"""Pages of plans: the plan with its pictures, the wall of lights, the land list, every form."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from models import tables
from projects.lights import news as light_news
from projects.milestones import commands as milestones
from projects.milestones import land, permits, planning
from tests.acceptance.test_page_statements import asked
from tests.integration.milestone_kit import laid_out, listed, project, rows
from tests.portal import Portal, opened
from tests.world import World, at
from web.pages.projects.plan_acts import ACTS, lines_of

pytestmark = pytest.mark.one_database
NOW = "2026-03-02 10:00"
LATE = "2026-10-08 10:00"


@pytest.fixture
def portal(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Portal]:
    monkeypatch.setenv("XIAOHAO_LANG", "en")
    with opened(world, tmp_path, NOW) as found:
        yield found


def pictures(text: str) -> list[ElementTree.Element]:
    """The SVGs of a page, which must be well-formed and bear no style of their own."""
    found = []
    for part in text.split("<svg ")[1:]:
        svg = "<svg " + part.split("</svg>")[0] + "</svg>"
        assert "style=" not in svg
        found.append(ElementTree.fromstring(svg))
    return found


def test_a_plan_is_laid_out_on_its_page_and_drawn(portal: Portal) -> None:
    project_id = project(portal.world)
    browser = portal.sign_in("commissioner")
    path = f"/projects/{project_id}/plan"
    assert [link for link in browser.page(path).links if link.endswith("/lay-out")]
    shown = browser.follow(browser.fill(f"{path}/lay-out", form="/plan/lay-out"))
    drawn = pictures(shown.text)
    assert any(svg.get("class") == "gantt-chart" for svg in drawn)
    network = next(svg for svg in drawn if svg.get("class") == "network")
    boxes = [r for r in network.iter("rect") if "box" in str(r.get("class"))]
    assert len(boxes) == len(rows(portal.world, project_id))
    assert any("critical" in str(r.get("class")) for r in boxes)


def test_each_form_opens_and_a_refusal_stands_beside_its_field(portal: Portal) -> None:
    world = portal.world
    project_id = laid_out(world)
    listed(world, project_id)
    world.do(land.demand, "chief", NOW, project_id=project_id, text="另做交评",
             raised_on=date(2026, 3, 1))  # fmt: skip
    light_news.run(world.db, at(LATE))
    start = rows(world, project_id)["start"]
    held = world.do(permits.grant, "chief", NOW, project_id=project_id, kind="title",
                  granted_on=date(2026, 3, 1))  # fmt: skip
    ids = {
        "project": None, "milestone": start.id, "permit": held.id,
        "proposal": world.rows(tables.milestone_proposal)[0].id,
        "demand": world.rows(tables.land_demand)[0].id,
    }  # fmt: skip
    browser = portal.at(LATE).sign_in("chief")
    for act in ACTS:
        of = f"?of={ids[act.subject]}" if ids[act.subject] else ""
        shown = browser.page(f"/projects/{project_id}/plan/{act.name}{of}")
        assert shown.form("/plan/").action.endswith(act.name)
    refused = browser.fill(
        f"/projects/{project_id}/plan/date?of={start.id}", {"plan_on": "", "reason": ""},
        form="/plan/date",
    )  # fmt: skip
    assert refused.status == 422
    assert "Planned for is missing." in refused.words
    browser.page(f"/projects/{project_id}/plan/dance", 404)
    browser.page(f"/projects/{project_id}/plan/date?of=99999", 404)


def test_a_completion_is_confirmed_when_something_before_it_is_open(portal: Portal) -> None:
    world = portal.world
    project_id = laid_out(world)
    m = rows(world, project_id)["land_transfer"]
    browser = portal.sign_in("yaoguan_liaison")
    path = f"/projects/{project_id}/plan/done?of={m.id}"
    asked = browser.fill(path, {"actual_on": "2026-03-02"}, form="/plan/done")
    assert asked.status == 409
    assert "Not done yet, though it comes before" in asked.words
    sent = browser.fill(path, {"actual_on": "2026-03-02", "confirmed": "yes"}, form="/plan/done")
    assert sent.status == 303
    assert rows(world, project_id)["land_transfer"].actual_on == date(2026, 3, 2)


def test_who_was_slower_is_told_and_keeps_what_was_typed(portal: Portal) -> None:
    world = portal.world
    project_id = laid_out(world)
    m = rows(world, project_id)["start"]
    browser = portal.sign_in("chief")
    path = f"/projects/{project_id}/plan/date?of={m.id}"
    form = browser.page(path).form("/plan/date")
    world.do(milestones.change_date, "commissioner", NOW, milestone_id=m.id,
             plan_on=date(2026, 10, 20), reason="顺延")  # fmt: skip
    late = browser.post(form.action, {**form.values, "plan_on": "2026-11-02", "reason": "我的理由"})
    assert late.status == 409
    assert "我的理由" in late.text
    assert rows(world, project_id)["start"].plan_on == date(2026, 10, 20)


def test_outsiders_are_told_nothing_and_onlookers_are_offered_nothing(portal: Portal) -> None:
    world = portal.world
    project_id = laid_out(world)
    m = rows(world, project_id)["start"]
    plan, form = f"/projects/{project_id}/plan", f"/projects/{project_id}/plan/drop?of={m.id}"
    outsider = portal.sign_in("lucheng_liaison")
    for path in (plan, form, f"/projects/{project_id}/land"):
        outsider.page(path, 404)
    assert outsider.send(f"/projects/{project_id}/plan/undo", {"of": str(m.id)}).status == 404
    onlooker = portal.sign_in("sthj_liaison")  # a department: it sees, and reports nothing
    assert not [link for link in onlooker.page(plan).links if "/plan/" in link]
    onlooker.page(form, 403)
    assert onlooker.send(f"/projects/{project_id}/plan/undo", {"of": str(m.id)}).status == 403
    for name in ("sysadmin", "auditor"):
        portal.sign_in(name).page(plan, 403)
        portal.sign_in(name).page("/projects/wall", 403)


def test_a_proposal_leads_from_the_plan_into_the_loop(portal: Portal) -> None:
    world = portal.world
    project_id = laid_out(world)
    light_news.run(world.db, at(LATE))
    browser = portal.at(LATE).sign_in("yaoguan_liaison")
    shown = browser.page(f"/projects/{project_id}/plan")
    link = next(link for link in shown.links if "/plan/report" in link)
    sent = browser.fill(link, {"title": "开工节点逾期，需协调"}, form="/plan/report")
    after = browser.follow(sent)
    (issue,) = world.rows(tables.issue)
    assert issue.title == "开工节点逾期，需协调"
    assert f"/issues/{issue.number}" in after.links


def test_the_land_list_takes_lines_and_flags_what_is_beyond(portal: Portal) -> None:
    world = portal.world
    project_id = laid_out(world)
    keeper = portal.sign_in("zgj_liaison")
    sent = keeper.fill(
        f"/projects/{project_id}/plan/land-list",
        {"issued_on": "2026-03-01", "items": "压覆矿产评估 | zgj\n\n管线接入｜建设局"},
        form="/plan/land-list",
    )
    shown = keeper.follow(sent)
    assert "压覆矿产评估" in shown.words
    keeper.fill(
        f"/projects/{project_id}/plan/demand",
        {"text": "另做交通影响评价", "raised_on": "2026-03-02"}, form="/plan/demand",
    )  # fmt: skip
    assert "beyond the list" in keeper.page(f"/projects/{project_id}/land").words
    items = world.rows(tables.land_item)
    assert [world.code(item.unit_id) for item in items] == ["zgj", "zjj"]


def test_items_are_read_with_either_bar() -> None:
    assert lines_of("甲 | zgj\n 乙｜\n\n丙") == [("甲", "zgj"), ("乙", ""), ("丙", "")]


def test_the_wall_shows_each_light_with_its_reason_and_leads_to_the_list(portal: Portal) -> None:
    world = portal.world
    laid_out(world)
    world.with_projects("无板块项目")
    light_news.run(world.db, at(LATE))
    browser = portal.at(LATE).sign_in("chief")
    shown = browser.page("/projects/wall")
    assert "a milestone is overdue" in shown.words
    assert "working days over" in shown.words
    assert "/projects?light=red" in shown.links
    only = browser.page("/projects/wall?light=green")
    assert "新誉高性能永磁材料" not in only.words
    assert "无板块项目" in only.words
    board = browser.page("/projects/wall?board=yaoguan&stage=preparing&light=nonsense")
    assert "无板块项目" not in board.words
    other = portal.sign_in("lucheng_liaison").page("/projects/wall")
    assert "新誉高性能永磁材料" not in other.words


def test_a_projects_page_tells_its_next_milestone(portal: Portal) -> None:
    project_id = laid_out(portal.world)
    shown = portal.sign_in("chief").page(f"/projects/{project_id}")
    assert f"/projects/{project_id}/plan" in shown.links
    assert "milestones done" in shown.words


def test_a_plan_costs_the_same_statements_however_long_it_is(portal: Portal) -> None:
    world = portal.world
    short = laid_out(world, name="短", stage="completed", plan_start_on=None, plan_finish_on=None)
    long = laid_out(world, name="长", stage="intention")
    browser = portal.sign_in("chief")
    counts = [asked(portal, browser, f"/projects/{i}/plan") for i in (short, long)]
    assert counts[0] == counts[1] <= 45
    walls = []
    for n in (0, 30):
        with world.db.write() as s:
            for k in range(n):
                s.execute(tables.project.insert().values(name=f"项目{k}", board_id=3))
        walls.append(asked(portal, browser, "/projects/wall"))
    assert walls[0] == walls[1] <= 45


def test_the_plan_of_a_project_without_dates_says_that_there_is_none(portal: Portal) -> None:
    project_id = project(portal.world)
    shown = portal.sign_in("chief").page(f"/projects/{project_id}/plan")
    assert "No plan has been laid out yet." in shown.words
    portal.world.do(planning.lay_out, "chief", NOW, project_id=project_id)
    assert "Critical path" in portal.sign_in("chief").page(f"/projects/{project_id}/plan").words
