"""What a reader of the project side's pages must find: words for codes, lists to choose from,
numbers that lead on."""

from __future__ import annotations

import re
from datetime import date

import pytest

from models import tables
from projects.figures.commands import Figure, report_figures
from projects.kpi.declared import KPIS
from projects.library import listings
from tests.integration.ledger_world import total
from tests.integration.library_kit import CODE, added
from tests.integration.milestone_kit import NAME, laid_out, rows
from tests.integration.test_web_projects import upload
from tests.portal import Portal
from tests.world import World

pytestmark = pytest.mark.one_database
SPRING, NOW, MONTH = "2026-03-02 10:00", "2026-10-09 10:00", "2026-09"


def test_an_issue_is_linked_with_a_milestone_by_choosing_it(portal: Portal) -> None:
    world = portal.world
    project_id = laid_out(world)
    mine = world.reported(SPRING, title="管线未迁", board="yaoguan", project=NAME,
                          no_project_reason="", by="zjj_reporter")  # fmt: skip
    other = world.reported(SPRING, title="别处的事", board="yaoguan", by="zjj_reporter")
    m = rows(world, project_id)["start"]
    path = f"/projects/{project_id}/plan/link?of={m.id}"
    liaison = portal.at(SPRING).sign_in("yaoguan_liaison")
    form = liaison.page(path)
    assert f'<option value="{mine}">' in form.text and "管线未迁" in form.words
    assert other not in form.text
    for wrong in ("", other, "WT-2026-999999"):
        refused = liaison.fill(path, {"issue": wrong}, form="/plan/link")
        assert refused.status == 422, wrong
        assert 'id="f-issue-error"' in refused.text
    liaison.follow(liaison.fill(path, {"issue": mine}, form="/plan/link"))
    assert [row.milestone_id for row in world.rows(tables.milestone_issue)] == [m.id]


def figures_asked(world: World) -> list[int]:
    keys = [added(world, f"项目{n}") for n in range(3)]
    for key in keys:
        world.do(listings.enlist, "chief", SPRING, project_id=key, list_code="city", year=2026)
    words = [Figure(keys[0], reported_wan=5), Figure(keys[1], progress="打桩")]
    world.do(report_figures, "chief", NOW, month=MONTH, figures=words)
    return keys


def test_the_form_lists_those_that_have_not_reported_an_amount(portal: Portal) -> None:
    world = portal.world
    keys = figures_asked(world)
    browser = portal.at(NOW).sign_in("lucheng_liaison")
    every = browser.page(f"/figures?month={MONTH}")
    (link,) = [path for path in every.links if "missing=1" in path]
    assert "尚有 2 个项目未上报" in every.words
    assert total(browser, link) == 2 and total(browser, f"/figures?month={MONTH}") == 3
    shown = browser.page(link)
    assert f"reported_{keys[1]}" in shown.text and f"reported_{keys[0]}" not in shown.text
    back = browser.fill(link, {f"reported_{keys[1]}": "0.35"}, form="/figures")
    assert "missing=1" in back.location
    assert total(browser, back.location) == 1
    done = browser.fill(link, {f"reported_{keys[2]}": "0"}, form="/figures")
    assert "应报项目均已上报" in browser.follow(done).words, "zero is a figure"


def test_an_uploaded_list_is_told_in_words_and_its_numbers_lead_on(portal: Portal) -> None:
    added(portal.world, "甲项目", code=CODE, owner="甲公司")
    head = "项目名称,项目代码,建设单位,总投资(亿元),实际开工,其他列\n"
    lines = f"甲项目,{CODE},甲集团,12,,\n乙项目,,乙公司,3,,x\n丙项目,,丙公司,许多,,\n"
    page = upload(portal.sign_in("chief"), head + lines)
    shown = page.text[page.text.index("<main") :]
    for code in ("total_invest_yi", "actual_start_on"):
        assert f">{code}<" not in shown
    assert "实际开工日期" in page.words
    anchors = re.findall(r'<a href="#(\w+)" class="number[^"]*"><strong data-count="(\w+)">', shown)
    assert dict(anchors) == {"fresh": "new", "conflicts": "different", "refused": "refused"}
    assert all(f'id="{anchor}"' in shown for anchor, _name in anchors)
    assert shown.index('id="fresh"') < shown.index("确认导入"), "read before it is applied"


def test_rows_behind_an_amount_name_projects_and_no_denominator(portal: Portal) -> None:
    world = portal.world
    (one, *_rest) = figures_asked(world)
    chief = portal.at("2026-10-20 10:00").sign_in("chief")
    page = chief.page(f"/bulletins/figures/rows?month={MONTH}&kpi=invested_in_month&scope=zone")
    assert not KPIS["invested_in_month"].below
    assert f"{one}号" in page.words and "project:" not in page.words
    assert "分母" not in page.words and "计入分子" not in page.words
    rate = chief.page(f"/bulletins/figures/rows?month={MONTH}&kpi=on_time&scope=zone")
    assert "分母" in rate.words


def test_the_library_is_paged(portal: Portal) -> None:
    for n in range(53):
        added(portal.world, f"项目{n:02d}")
    chief = portal.sign_in("chief")
    first = chief.page("/projects?board=lucheng")
    (following,) = [path for path in first.links if "cursor=" in path]
    assert "board=lucheng" in following
    second = chief.page(following)
    told = [set(re.findall(r"项目\d\d", page.words)) for page in (first, second)]
    assert [len(found) for found in told] == [50, 3] and not told[0] & told[1]
    assert "/projects?board=lucheng" in second.links


def test_leaving_the_form_that_drops_a_milestone_is_not_called_dropping(portal: Portal) -> None:
    project_id = laid_out(portal.world, plan_finish_on=date(2027, 6, 30))
    browser = portal.sign_in("chief")
    shown = browser.page(f"/projects/{project_id}/plan/drop?of=1").text
    assert f'href="/projects/{project_id}/plan">取消</a>' not in shown
    assert "取消节点" in shown, "what is done is called so"
