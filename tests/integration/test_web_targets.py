"""The pages of targets and monthly figures, as their readers and writers use them."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import insert, update

from models import tables
from projects.figures.commands import Figure, report_figures
from projects.seeds import load_targets
from projects.snapshots import freeze
from projects.targets import commands as targets
from projects.targets.checks import Head
from tests.portal import Portal
from tests.world import World, at

pytestmark = pytest.mark.one_database
NOW = "2026-10-09 10:00"
MONTH = "2026-09"
GOVERNING = "常州经开区2024年重点产业项目推进攻坚实施意见"
PEOPLE = "常州经开区2024年十大民生实事项目"
LEVEL = quote("区重点产业项目")


@pytest.fixture
def zone(world: World) -> World:
    """The plans, one of them copied for 2026, and two projects on the district's list."""
    with world.db.write() as s:
        load_targets(s)
        for name, code, big in (("潞城甲", "lucheng", 12), ("横林乙", "henglin", 3)):
            made: Any = s.execute(insert(tables.project).values(
                name=name, board_id=world.units[code], stage="started", zone="常州经开区",
                actual_start_on=at("2026-03-02 09:00").date(), total_invest_yi=Decimal(big),
                plan_year_invest_yi=Decimal(6),
            )).inserted_primary_key  # fmt: skip
            s.execute(insert(tables.project_listing).values(
                project_id=made[0], list_code="district", year=2026
            ))  # fmt: skip
    source = world.row(tables.plan, name=GOVERNING).id
    head = Head("2026年计划", 2026, "常州经开区")
    world.do(targets.create_plan, "triage", NOW, head=head, copy_of=source)
    return world


def plan(world: World, name: str = "2026年计划") -> int:
    return int(world.row(tables.plan, name=name).id)


def figures(world: World, project: int = 1, statistical: int = 9_000) -> None:
    given = [Figure(project, 10_000, statistical, "主体封顶")]
    world.do(report_figures, "chief", NOW, month=MONTH, figures=given)


def test_the_list_names_every_plan_and_the_years(zone: World, portal: Portal) -> None:
    shown = portal.at(NOW).sign_in("principal").page("/targets")
    assert GOVERNING in shown.text and "2026年计划" in shown.text
    only = portal.sign_in("principal").page("/targets?year=2018")
    assert GOVERNING not in only.text


def test_the_matrix_shows_targets_actuals_and_checked_totals(zone: World, portal: Portal) -> None:
    figures(zone)
    shown = portal.at(NOW).sign_in("lucheng_head").page(f"/targets/{plan(zone)}?level=*")
    assert "160" in shown.text and "0.9" in shown.text
    assert shown.text.count('class="agrees"') == 20 and 'class="differs"' not in shown.text
    assert "戚墅堰街道" in shown.words


def test_a_total_that_is_not_the_sum_of_its_rows_is_marked(zone: World, portal: Portal) -> None:
    with zone.db.write() as s:
        t = tables.target
        s.execute(update(t).where(
            t.c.plan == "2026年计划", t.c.region == "横林镇", t.c.metric == "竣工项目数",
            t.c.level == "市重大项目",
        ).values(value=2))  # fmt: skip
    shown = portal.at(NOW).sign_in("chief").page(f"/targets/{plan(zone)}?level=*")
    assert shown.text.count('class="differs"') == 1


def test_qishuyan_stands_in_the_table_with_blank_cells(zone: World, portal: Portal) -> None:
    path = f"/targets/{plan(zone)}/figure?level={LEVEL}&metric={quote('年度列统投资')}"
    figures(zone)
    shown = portal.at(NOW).sign_in("chief").page(path).text
    row = shown[shown.index("戚墅堰街道</a>") :].split("</tr>")[0]
    assert 'class="n"></td>' in row and ">0<" not in row and "0.00" not in row


def test_every_figure_leads_to_its_projects_within_the_readers_view(
    zone: World, portal: Portal
) -> None:
    figures(zone)
    figures(zone, 2, 4_000)
    path = f"/targets/{plan(zone)}/figure?level={LEVEL}&metric={quote('年度列统投资')}"
    every = portal.at(NOW).sign_in("chief").page(path)
    assert "潞城甲" in every.text and "横林乙" in every.text and "1.3" in every.text
    own = portal.sign_in("lucheng_head").page(path)
    assert "潞城甲" in own.text and "横林乙" not in own.text


def test_a_frozen_month_shows_its_edition_and_stays_as_it_was(zone: World, portal: Portal) -> None:
    figures(zone)
    frozen = zone.do(freeze, "chief", NOW, month=MONTH)
    with zone.db.write() as s:
        s.execute(update(tables.project_month).values(statistical_wan=99_000))
    path = f"/targets/{plan(zone)}?month={MONTH}&level=*"
    shown = portal.at(NOW).sign_in("chief").page(path)
    assert frozen.digest[:16] in shown.text and "9.9" not in shown.text
    assert "9.9" in portal.sign_in("chief").page(f"{path}&edition=live").text
    portal.sign_in("chief").page(f"{path}&edition=7", 404)
    portal.sign_in("chief").page(f"/targets/{plan(zone)}?month=2025-09", 404)
    portal.sign_in("chief").page(f"/targets/{plan(zone)}?month=x", 422)


def test_administrators_see_none_of_it(zone: World, portal: Portal) -> None:
    key = plan(zone)
    for who in ("sysadmin", "auditor"):
        browser = portal.at(NOW).sign_in(who)
        for path in ("/targets", f"/targets/{key}", "/figures", "/figures/months"):
            browser.page(path, 403)


def test_units_do_not_edit_plans(zone: World, portal: Portal) -> None:
    browser = portal.at(NOW).sign_in("lucheng_head")
    key = plan(zone)
    for path in (
        f"/targets/{key}/edit",
        "/targets/new",
        "/targets/import",
        f"/targets/{key}/actuals",
    ):
        browser.page(path, 403)
    for path in (f"/targets/{key}/edit/head", "/targets/new", "/targets/import/apply"):
        assert browser.send(path, {"name": "x", "year": "2026"}).status in (403, 422)
    assert zone.row(tables.plan, id=key).version == 1


def test_the_office_edits_every_part_of_a_plan(zone: World, portal: Portal) -> None:
    browser, key = portal.at(NOW).sign_in("triage"), plan(zone)
    path = f"/targets/{key}/edit"
    line = {"region": "横林镇", "metric": "新指标", "unit": "个", "value": "2-3"}
    assert browser.fill(path, line, form="/edit/line").status == 303
    row = zone.row(tables.target, metric="新指标")
    assert (row.value, row.value_to, row.op) == (2, 3, "range")
    changed = browser.fill(f"{path}?line={row.id}", {"value": "4", "op": ">="}, form="/edit/line")
    assert changed.status == 422 or zone.row(tables.target, metric="新指标").value == 4
    shares = {"share_3": "10", "share_6": "45"}
    assert browser.fill(path, shares, form="/edit/shares").status == 303
    gate = {
        "name": "上半年开工率", "level": "区重点产业项目", "threshold": "80",
        "list_code": "district",
    }  # fmt: skip
    assert browser.fill(path, gate, form="/edit/gate").status == 303
    assert browser.fill(path, {"behind_points": "5"}, form="/edit/head").status == 303
    metric = {"pair": "\t新指标", "formula": "completed", "list_code": "district"}
    assert browser.fill(path, metric, form="/edit/metric").status == 303
    assert browser.fill(f"{path}?line={row.id}", form="/remove-line").status == 303
    assert zone.rows(tables.target, metric="新指标") == []
    shown = browser.page(f"/targets/{key}")
    assert "上半年开工率" in shown.text
    link = next(found for found in shown.links if "/gate?" in found)
    behind = browser.page(link)
    assert "潞城甲" in behind.text and "已达标" in behind.words
    others = [found for found in behind.links if "/gate?" in found and found != link]
    assert len(others) == 2, "each board that has projects can be looked at from there"
    texts = [browser.page(one).text for one in others]
    assert all(("潞城甲" in text) != ("横林乙" in text) for text in texts)


def test_a_form_from_an_older_version_is_refused_and_kept(zone: World, portal: Portal) -> None:
    browser, key = portal.at(NOW).sign_in("triage"), plan(zone)
    sent = {"version": "9", "name": "改名", "year": "2026", "whole": "常州经开区"}
    answer = browser.send(f"/targets/{key}/edit/head", sent)
    assert answer.status == 409 and "改名" in answer.text
    assert zone.row(tables.plan, id=key).name == "2026年计划"


def test_a_plan_is_made_as_a_copy(zone: World, portal: Portal) -> None:
    browser = portal.at(NOW).sign_in("chief")
    values = {"name": "民生2027", "year": "2027", "whole": "常州经开区",
              "copy_of": str(plan(zone, PEOPLE))}  # fmt: skip
    browser.follow(browser.fill("/targets/new", values, form="/targets/new"))
    assert len(zone.rows(tables.target, plan="民生2027")) == 49
    again = browser.fill("/targets/new", values, form="/targets/new")
    assert again.status == 409


def test_the_office_enters_actual_figures_and_corrects_frozen_ones(
    zone: World, portal: Portal
) -> None:
    key = plan(zone, PEOPLE)
    target = zone.row(tables.target, metric="新增托位", plan=PEOPLE).id
    path = f"/targets/{key}/actuals?month=2024-11"
    browser = portal.at(NOW).sign_in("chief")
    assert browser.fill(path, {f"value_{target}": "180"}, form="/actuals").status == 303
    assert "90" in browser.page(f"/targets/{key}?month=2024-11").words
    wrong = browser.fill(path, {f"value_{target}": "abc"}, form="/actuals")
    assert wrong.status == 422 and "abc" in wrong.text
    zone.do(freeze, "chief", NOW, month="2024-11")
    values = {f"value_{target}": "190"}
    assert browser.fill(path, values, form="/actuals").status == 422  # no reason
    assert browser.fill(path, {**values, "reason": "补报"}, form="/actuals").status == 303
    assert zone.row(tables.snapshot, period="2024-11", edition=2).reason == "补报"


def test_targets_are_imported_after_a_preview(zone: World, portal: Portal) -> None:
    rows = ("方案,区域,指标,目标值,年份", "新方案,常州经开区,开工数,12,2026")
    text = "\n".join((*rows, "新方案,横林镇,开工数,12,2026", ""))
    browser = portal.at(NOW).sign_in("triage")
    upload = [("file", ("t.csv", text.encode(), "text/csv"))]
    shown = browser.fill("/targets/import", files=upload, form="/targets/import")
    assert shown.status == 200 and 'class="agrees"' in shown.text
    assert zone.rows(tables.plan, name="新方案") == []
    taken = shown.form("/targets/import/apply")
    assert browser.post(taken.action, taken.values).status == 303
    assert len(zone.rows(tables.target, plan="新方案")) == 2
    bad = [("file", ("t.csv", text.replace("12", "x").encode(), "text/csv"))]
    assert browser.fill("/targets/import", files=bad, form="/targets/import").status == 422


# ---------------------------------------------------------------- monthly figures


def test_a_unit_reports_all_its_projects_in_one_form(zone: World, portal: Portal) -> None:
    browser = portal.at(NOW).sign_in("lucheng_liaison")
    path = f"/figures?month={MONTH}"
    shown = browser.page(path)
    assert "潞城甲" in shown.text and "横林乙" not in shown.text
    values = {"reported_1": "1.05", "statistical_1": "０.8", "progress_1": "桩基完成"}
    browser.follow(browser.fill(path, values, form="/figures"))
    row = zone.row(tables.project_month)
    assert (row.reported_wan, row.statistical_wan, row.progress) == (10_500, 8_000, "桩基完成")
    cleared = browser.fill(path, {"statistical_1": ""}, form="/figures")
    assert cleared.status == 303 and zone.row(tables.project_month).statistical_wan is None


def test_what_was_typed_stays_when_the_form_is_refused(zone: World, portal: Portal) -> None:
    browser = portal.at(NOW).sign_in("lucheng_liaison")
    values = {"reported_1": "1.00005", "progress_1": "桩基"}
    answer = browser.fill(f"/figures?month={MONTH}", values, form="/figures")
    assert answer.status == 422 and "1.00005" in answer.text and "桩基" in answer.text
    assert zone.rows(tables.project_month) == []
    stale = browser.page(f"/figures?month={MONTH}").form("/figures").values
    figures(zone)
    assert browser.post("/figures", stale).status == 409


def test_a_frozen_month_is_shown_but_only_the_chief_may_correct_it(
    zone: World, portal: Portal
) -> None:
    figures(zone)
    zone.do(freeze, "chief", NOW, month=MONTH)
    path = f"/figures?month={MONTH}"
    unit = portal.at(NOW).sign_in("lucheng_liaison")
    sent: dict[str, Any] = unit.page(path).form("/figures").values
    assert unit.post("/figures", {**sent, "reported_1": "3", "reason": "x"}).status == 403
    chief = portal.sign_in("chief")
    assert chief.fill(path, {"reported_1": "3"}, form="/figures").status == 422
    assert chief.fill(path, {"reported_1": "3", "reason": "核减"}, form="/figures").status == 303
    assert zone.row(tables.snapshot, edition=2).reason == "核减"


def test_the_chief_freezes_a_month_on_its_page(zone: World, portal: Portal) -> None:
    chief = portal.at(NOW).sign_in("chief")
    answer = chief.fill("/figures/months", {"month": MONTH}, form="/freeze")
    shown = chief.follow(answer)
    digest = zone.row(tables.snapshot).digest
    assert digest[:16] in shown.text
    assert chief.fill("/figures/months", {"month": MONTH}, form="/freeze").status == 409
    assert portal.sign_in("triage").send("/figures/months/freeze", {"month": MONTH}).status == 403


def test_the_table_goes_out_and_comes_back(zone: World, portal: Portal) -> None:
    browser = portal.at(NOW).sign_in("chief")
    table = browser.get(f"/figures/table.csv?month={MONTH}").content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(table)))
    assert [row[0] for row in rows[1:]] == ["潞城甲", "横林乙"]
    rows[1][3], rows[2][4] = "1.5", "0.25"
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    upload = [("file", ("t.csv", out.getvalue().encode("gb18030"), "text/csv"))]
    shown = browser.fill(f"/figures/import?month={MONTH}", files=upload, form="/figures/import")
    assert shown.status == 200, shown.words
    assert zone.rows(tables.project_month) == []
    form = shown.form("/figures/import/apply")
    assert browser.post(form.action, form.values).status == 303
    stored = {r.project_id: (r.reported_wan, r.statistical_wan)
              for r in zone.rows(tables.project_month)}  # fmt: skip
    assert stored == {1: (15_000, None), 2: (None, 2_500)}


def test_every_fault_of_a_table_is_named_and_nothing_is_taken(zone: World, portal: Portal) -> None:
    text = "项目,上报投资\n潞城甲,x\n没有的项目,1\n横林乙,2\n"
    upload = [("file", ("t.csv", text.encode(), "text/csv"))]
    page = (
        portal.at(NOW)
        .sign_in("chief")
        .fill(f"/figures/import?month={MONTH}", files=upload, form="/figures/import")
    )
    assert page.status == 422 and "没有的项目" in page.text and "x" in page.text
    others = [("file", ("t.csv", "项目,上报投资\n横林乙,2\n".encode(), "text/csv"))]
    own = portal.sign_in("lucheng_liaison").fill(
        f"/figures/import?month={MONTH}", files=others, form="/figures/import"
    )
    assert own.status == 422 and zone.rows(tables.project_month) == []


def test_the_projects_page_shows_its_months(zone: World, portal: Portal) -> None:
    figures(zone)
    shown = portal.at(NOW).sign_in("lucheng_liaison").page("/projects/1")
    assert "主体封顶" in shown.text and "0.9" in shown.text
    assert f"/figures?month={MONTH}&amp;project=1" in shown.text


def test_every_figure_of_every_plan_of_the_sources_opens(portal: Portal) -> None:
    with portal.world.db.write() as s:
        load_targets(s)
    browser = portal.sign_in("chief")
    shown = 0
    for plan in portal.world.rows(tables.plan):
        page = browser.page(f"/targets/{plan.id}?level=*")
        wanted = [p for p in page.links if p.startswith(f"/targets/{plan.id}/figure")]
        whole = {p for p in wanted if "region=" not in p}
        for path in sorted(whole):
            browser.page(path)
        shown += len(whole)
    assert shown > 150
