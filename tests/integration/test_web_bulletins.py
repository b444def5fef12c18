"""The pages of bulletins and figures: every number leads to its rows; a unit sees its own."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from openpyxl import load_workbook

from projects.bulletins import commands
from tests.integration.test_bulletins import DAY, freeze, frozen, issued
from tests.kpi_stories import play
from tests.portal import Portal
from tests.world import World

pytestmark = pytest.mark.one_database
FIGURES = "/bulletins/figures"


def links(html: str, start: str) -> list[str]:
    return [found.replace("&amp;", "&") for found in re.findall(rf'href="({start}[^"]*)"', html)]


def test_every_figure_of_the_table_leads_to_as_many_rows(portal: Portal) -> None:
    frozen(portal.world)
    portal.at("2026-08-05 10:00")
    browser = portal.sign_in("chief")
    page = browser.page(f"{FIGURES}?month=2026-07")
    found = links(page.text, "/bulletins/figures/rows")
    assert len(found) > 20 and "n=" in page.text
    for path in found[::7]:
        rows = browser.page(path).text
        below = int(re.search(r"n=(\d+)", rows)[1])  # type: ignore[index]
        assert f"({below})" in rows
    assert "2026-07" in page.text


def test_a_running_month_is_marked_as_not_frozen(portal: Portal) -> None:
    play(portal.world, 3, 2, days=5)
    portal.at("2026-07-20 10:00")
    page = portal.sign_in("chief").page(f"{FIGURES}?month=2026-07")
    assert 'class="conflict"' in page.text and "2026-07-20 10:00" in page.text


def test_the_month_that_has_just_ended_can_be_chosen_before_it_is_frozen(portal: Portal) -> None:
    play(portal.world, 3, 2, days=5)
    portal.at("2026-08-05 10:00")
    page = portal.sign_in("chief").page(FIGURES)
    assert re.findall(r"<option[^>]*>(2026-\d\d)</option>", page.text)[:2] == ["2026-08", "2026-07"]


def test_a_unit_sees_its_own_figures_and_of_the_others_none(portal: Portal) -> None:
    world = frozen(portal.world)
    portal.at("2026-08-05 10:00")
    browser = portal.sign_in("zgj_head")
    page = browser.page(f"{FIGURES}?month=2026-07").text
    told = set(re.findall(r"scope=([a-z%0-9A-Z:]+)", page))
    assert told == {f"unit%3A{world.units['zgj']}"}
    assert "生态环境分局" not in page.split('id="unit"')[0].split("<h1>")[1]
    for scope in ("zone", "class:department", f"unit:{world.units['sthj']}"):
        path = f"{FIGURES}/rows?month=2026-07&kpi=closed&scope={scope}"
        assert browser.get(path).status_code == 404, scope
        assert browser.get(f"{FIGURES}/trend?kpi=closed&scope={scope}").status_code == 404, scope
    assert browser.get(f"{FIGURES}/report.pdf?unit=sthj").status_code == 404
    csv = browser.get(f"{FIGURES}/export.csv?month=2026-07").text
    assert "资规分局" in csv and "生态环境分局" not in csv and "全区" not in csv


def test_who_administers_sees_no_figures(portal: Portal) -> None:
    portal.at("2026-08-05 10:00")
    for person in ("sysadmin", "secadmin", "auditor"):
        browser = portal.sign_in(person)
        for path in ("/bulletins", "/bulletins/1", "/bulletins/1/again.pdf", FIGURES,
                     f"{FIGURES}/rows", f"{FIGURES}/trend", f"{FIGURES}/export.csv",
                     f"{FIGURES}/report.pdf"):  # fmt: skip
            assert browser.get(path).status_code == 403, (person, path)
        for path in ("/bulletins", "/bulletins/1/check", "/bulletins/1/sign"):
            assert browser.send(path, {"month": "2026-07"}).status == 403, (person, path)
        for path in ("/kpis", "/kpis/rows?kpi=closed", "/bulletins", "/bulletins/1"):
            assert browser.get(f"/api/v1{path}").status_code == 403, (person, path)


def test_the_office_drafts_checks_and_the_director_signs_on_the_pages(portal: Portal) -> None:
    frozen(portal.world)
    portal.at("2026-08-05 10:00")
    office = portal.sign_in("triage")
    made = office.fill("/bulletins", {"month": "2026-07"}, form="/bulletins")
    path = made.location
    page = office.page(path).text
    assert "三、" not in page and "问题进展情况" in page and "{销号率}" in page
    plain = {"starts": "{开工率}", "investment": "平稳。", "requirements": ""}
    typed = office.send(f"{path}/check", {**plain, "progress": "销号率98%。"})
    assert typed.status == 409 and typed.text.count("98%") == 2  # the reason, and what was typed
    checked = office.send(f"{path}/check", {**plain, "progress": "销号率{销号率}。"})
    assert checked.status == 303, checked.words
    director = portal.sign_in("director")
    assert director.fill(path, form="/sign").status == 303
    assert director.fill(path, form="/issue").status == 303
    unit = portal.sign_in("lucheng_head")
    seen = unit.page(path).text
    assert "销号率" in seen and 'name="progress"' not in seen
    assert not [path for path in links(seen, "/bulletins/figures/rows") if "scope=zone" in path]


def test_figures_of_an_issued_bulletin_lead_to_rows_of_its_own_edition(portal: Portal) -> None:
    world = frozen(portal.world)
    key = issued(world)
    world.do(freeze, "chief", "2026-08-20 10:00", month="2026-07", reason="补录")
    portal.at("2026-08-21 10:00")
    browser = portal.sign_in("chief")
    found = links(browser.page(f"/bulletins/{key}").text, "/bulletins/figures/rows")
    assert found and all("edition=1" in path for path in found)
    assert browser.get(found[0]).status_code == 200
    made = browser.get(f"/bulletins/{key}/again.pdf")
    assert made.headers["x-same-as-issued"] == "yes"


def test_files_of_figures_hold_units_and_no_person(portal: Portal) -> None:
    world = frozen(portal.world)
    portal.at("2026-08-05 10:00")
    browser = portal.sign_in("chief")
    people = [row.name for row in world.rows(_person())]
    text = browser.get(f"{FIGURES}/export.csv?month=2026-07").content.decode("utf-8-sig")
    book = load_workbook(io.BytesIO(browser.get(f"{FIGURES}/export.xlsx?month=2026-07").content))
    cells = [str(c) for row in book.active.iter_rows(values_only=True) for c in row]
    assert len(text.splitlines()) == book.active.max_row > 20
    for told in (text, "\n".join(cells)):
        assert not [name for name in people if name in told]
        assert "按时办结率" in told


def _person() -> Any:
    from models import tables

    return tables.person


@pytest.mark.parametrize("form", ["docx", "pdf"])
def test_the_report_of_a_unit_is_one_page_and_always_the_same(portal: Portal, form: str) -> None:
    from notifications.documents.pdf import page_count

    frozen(portal.world)
    portal.at("2026-08-05 10:00")
    path = f"{FIGURES}/report.{form}?month=2026-07&unit=zjj"
    first = portal.sign_in("chief").get(path)
    portal.at("2026-08-25 10:00")
    again = portal.sign_in("chief").get(path)
    assert first.status_code == 200 and first.content == again.content
    if form == "pdf":
        assert page_count(first.content) == 1


def test_the_number_of_statements_does_not_grow_with_the_month(portal: Portal) -> None:
    from tests.statements import asked_of

    world: World = frozen(portal.world)
    portal.at("2026-08-05 10:00")
    browser = portal.sign_in("chief")
    key = world.do(commands.draft, "triage", DAY, month="2026-07")
    for path, most in ((FIGURES, 25), (f"/bulletins/{key}", 25), ("/bulletins", 20),
                       (f"{FIGURES}/rows?kpi=closed", 20), (f"{FIGURES}/trend", 20)):  # fmt: skip
        browser.page(path)
        with asked_of(world.db) as sent:
            browser.page(path)
        assert len(sent) <= most, (path, len(sent))


def test_who_prepares_a_document_by_hand_is_led_to_the_bulletins(portal: Portal) -> None:
    browser = portal.sign_in("triage")
    assert links(browser.page("/documents").text, "/bulletins")
    page = browser.page("/documents/new?kind=bulletin")
    assert (
        page.text.split('<form class="card"')[0].count('href="/bulletins"') >= 2
    )  # side bar, hint
