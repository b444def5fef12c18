"""The ledger's page: filters, orders, pages and saved views, and files of exactly what is shown."""

from __future__ import annotations

import csv
import io
import re
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlencode

import pytest
from openpyxl import load_workbook

from models import tables
from tests.integration.ledger_world import NOW, crowded, total, varied
from tests.integration.test_web_home import BOOKKEEPING, statements
from tests.portal import Browser, Page, Portal
from tests.world import World, at
from workflow.ledgers.columns import COLUMNS

MARCH = at("2026-03-02 10:00")


def numbers(page: Page) -> list[str]:
    """The issues of a page of the list, in order."""
    return re.findall(r'<a class="strong" href="/issues/([^"]+)"', page.text)


def listed(browser: Browser, **query: str) -> list[str]:
    """The issues of the first page of a list."""
    return numbers(browser.page(f"/issues?{urlencode(query)}"))


@pytest.fixture
def cases(world: World) -> dict[str, str]:
    """Issues that differ in what filters ask for, by name."""
    return varied(world)


FILTERS: tuple[tuple[dict[str, str], set[str]], ...] = (
    ({"phase": "closure"}, {"closed"}),
    ({"state": "triaging"}, {"triaged"}),
    ({"board": "yaoguan"}, {"town"}),
    ({"board": "-"}, {"nowhere"}),
    ({"unit": "zjj"}, {"handed", "supported", "late", "closed"}),
    ({"co_unit": "gdgs"}, {"supported"}),
    ({"category": "用地"}, {"land"}),
    ({"project": "万洋众创城"}, {"project"}),
    ({"coordination": "2"}, {"handed"}),
    ({"listed": "1"}, {"handed"}),
    ({"urgent": "1"}, {"urgent", "late"}),
    ({"overdue": "1"}, {"handed", "supported", "late"}),
    ({"q": "围墙"}, {"town"}),
    ({"q": "众创城"}, {"project"}),
    ({"opened_from": "2026-03-10"}, {"later"}),
    ({"closed_from": "2026-03-04", "closed_until": "2026-03-04"}, {"closed"}),
    ({"closed_until": "2026-03-03"}, set()),
    ({"due_until": "2026-03-01"}, set()),
    ({"due_from": "2026-03-01", "due_until": "2026-04-01"}, {"handed", "supported", "late"}),
    ({"waiting": "dispatch"}, set()),
    ({"overdue": "1", "listed": "1"}, {"handed"}),
)


@pytest.mark.parametrize("query, expected", FILTERS)
def test_each_filter_finds_exactly_what_it_names(
    portal: Portal, world: World, cases: dict[str, str], query: dict[str, str], expected: set[str]
) -> None:
    chief = portal.at("2026-04-20 10:00").sign_in("chief")
    shown = chief.page(f"/issues?{urlencode(query)}")
    assert set(numbers(shown)) == {cases[name] for name in expected}
    assert f'data-total="{len(expected)}"' in shown.text
    form = next(f for f in shown.forms if f.method == "get")
    again = {k: v for k, v in form.values.items() if any(v)}
    assert set(numbers(chief.page(f"/issues?{urlencode(again, doseq=True)}"))) == {
        cases[name] for name in expected
    }, "the form, sent as it stands, keeps what is narrowed"


def test_lights_levels_open_and_relapsed_follow_the_stored_rows(
    portal: Portal, world: World, cases: dict[str, str]
) -> None:
    chief = portal.at("2026-04-20 10:00").sign_in("chief")
    rows = world.rows(tables.issue)
    for light in {row.light for row in rows}:
        expected = {row.number for row in rows if row.light == light}
        assert set(listed(chief, light=light)) == expected
    assert set(listed(chief, open="1")) == {r.number for r in rows if r.state != "closed"}
    assert listed(chief, relapsed="1") == []
    tasks = [t for t in world.rows(tables.task) if t.state in ("pending_ack", "in_progress")]
    by_id = {row.id: row.number for row in rows}
    assert {t.level for t in tasks} != {0}
    for level in {t.level for t in tasks}:
        expected = {by_id[t.issue_id] for t in tasks if t.level == level}
        assert set(listed(chief, level=str(level))) == expected


def test_several_values_of_a_name_are_alternatives_and_stay_when_the_form_is_sent(
    portal: Portal, cases: dict[str, str]
) -> None:
    chief = portal.at("2026-04-20 10:00").sign_in("chief")
    query = [("state", "triaging"), ("state", "closed"), ("level", "0"), ("project", "0")]
    shown = chief.page(f"/issues?{urlencode(query[:2])}")
    assert set(numbers(shown)) == {cases["triaged"], cases["closed"]}
    assert set(re.findall(r'<option value="([^"]*)" selected', shown.text)) >= {
        "triaging",
        "closed",
    }
    assert "multiple" in shown.text
    form = next(f for f in chief.page(f"/issues?{urlencode(query)}").forms if f.method == "get")
    assert (form.values["level"], form.values["project"]) == (["0"], ["0"])


@pytest.mark.parametrize(
    "name, value",
    [
        ("unit", "nobody"), ("board", "nowhere"), ("level", "high"), ("project", "无此项目"),
        ("due_from", "tomorrow"), ("waiting", "nothing"), ("coordination", "-1"),
        ("closed_until", "2026-13-01"), ("cursor", "e30"), ("cursor", "!!"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_told_and_the_page_stays_usable(
    portal: Portal, cases: dict[str, str], name: str, value: str
) -> None:
    chief = portal.at("2026-04-20 10:00").sign_in("chief")
    shown = chief.page(f"/issues?{urlencode({name: value})}", 422)
    assert 'role="alert"' in shown.text
    assert len(numbers(shown)) == len(cases)
    assert any(f.method == "get" for f in shown.forms)


@pytest.mark.parametrize("sort", ["newest", "oldest", "deadline", "level", "light", "updated"])
def test_a_walk_through_the_pages_meets_every_issue_once(
    portal: Portal, world: World, sort: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.pages.ledger.PAGE", 7)
    crowded(world)
    chief = portal.at(NOW).sign_in("chief")
    path, seen = f"/issues?sort={sort}", []
    while path:
        shown = chief.page(path)
        seen += numbers(shown)
        following = re.findall(r'href="([^"]+)" rel="next"', shown.text)
        path = following[0].replace("&amp;", "&") if following else ""
    everything = {row.number for row in world.rows(tables.issue)}
    assert len(everything) > 40
    assert len(seen) == len(everything) and set(seen) == everything
    assert 'rel="prev"' in shown.text
    exported = issues_of(rows_of_csv(chief, f"/issues/export.csv?sort={sort}"))
    assert list(dict.fromkeys(exported)) == seen


def test_the_present_order_is_told_in_the_headings(portal: Portal, cases: dict[str, str]) -> None:
    chief = portal.sign_in("chief")
    assert chief.page("/issues").text.count("aria-sort=") == 1
    for sort, direction in (("deadline", "ascending"), ("level", "descending"),
                            ("oldest", "ascending")):  # fmt: skip
        shown = chief.page(f"/issues?sort={sort}&urgent=1")
        assert f'aria-sort="{direction}"' in shown.text
        assert all("urgent=1" in p for p in shown.links if p.startswith("/issues?sort="))


@pytest.mark.parametrize("who", ["sysadmin", "secadmin", "auditor"])
@pytest.mark.parametrize("path", ["/issues", "/issues/export.csv", "/issues/export.xlsx"])
def test_administrators_see_no_ledger(portal: Portal, who: str, path: str) -> None:
    portal.sign_in(who).page(path, 403)


def test_outsiders_find_nothing_of_others(portal: Portal, cases: dict[str, str]) -> None:
    head = portal.at("2026-04-20 10:00").sign_in("henglin_head")
    assert listed(head) == []
    assert listed(head, q=cases["plain"]) == []
    assert rows_of_csv(head, "/issues/export.csv") == []


def test_titles_are_never_markup(portal: Portal, world: World) -> None:
    world.reported(MARCH, title='"><script>alert(1)</script>')
    shown = portal.sign_in("chief").page("/issues?q=%22%3E%3Cscript%3Ealert(1)")
    assert "<script>alert" not in shown.text
    assert len(numbers(shown)) == 1


# ---------------------------------------------------------------- files


def rows_of_csv(browser: Browser, path: str) -> list[dict[str, str]]:
    """The lines of an exported CSV by heading."""
    answer = browser.get(path)
    assert answer.status_code == 200, answer.text[:500]
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def issues_of(lines: list[dict[str, str]]) -> list[str]:
    """The number of each line's issue."""
    column = list(lines[0])[[c.key for c in COLUMNS].index("number")] if lines else ""
    return ["-".join(line[column].split("-")[:3]) for line in lines]


@pytest.mark.parametrize("query, _expected", FILTERS)
def test_a_file_holds_exactly_what_the_list_shows(
    portal: Portal, cases: dict[str, str], query: dict[str, str], _expected: set[str]
) -> None:
    chief = portal.at("2026-04-20 10:00").sign_in("chief")
    shown = listed(chief, **query)
    lines = rows_of_csv(chief, f"/issues/export.csv?{urlencode(query)}")
    assert list(dict.fromkeys(issues_of(lines))) == shown


def test_both_files_tell_the_same_and_nothing_stays_behind(
    portal: Portal, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowded(world)
    (own := tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(own))
    head = portal.at(NOW).sign_in("lucheng_head")
    text = rows_of_csv(head, "/issues/export.csv")
    answer = head.get("/issues/export.xlsx")
    sheet = load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    lines: list[tuple[Any, ...]] = list(sheet.iter_rows(min_row=2, values_only=True))
    place = [c.key for c in COLUMNS].index("number")
    assert [line[place] for line in lines] == [list(row.values())[place] for row in text]
    assert len(lines) >= total(head, "/issues") > 5
    assert list(own.iterdir()) == []


def test_a_file_says_what_it_is_and_when(portal: Portal) -> None:
    answer = portal.at("2026-04-20 10:05").sign_in("chief").get("/issues/export.xlsx")
    disposition = unquote(answer.headers["content-disposition"])
    assert disposition.startswith("attachment;")
    assert "问题清单-20260420-1005.xlsx" in disposition
    assert answer.headers["cache-control"] == "no-store"
    assert int(answer.headers["content-length"]) == len(answer.content)


@pytest.mark.parametrize("first", list("=+-@\t＝＋－＠"))
def test_what_looks_like_a_formula_is_none(portal: Portal, world: World, first: str) -> None:
    number = world.reported(MARCH, title=f"题{first}", description=f"{first}cmd|' /C calc'!A0")
    chief = portal.sign_in("chief")
    stored = world.issue(number).description
    (line,) = rows_of_csv(chief, "/issues/export.csv")
    problem = list(line.values())[[c.key for c in COLUMNS].index("problem")]
    assert problem == (f"'{stored}" if stored.startswith(first) else stored)
    assert not problem.startswith(first)
    sheet = load_workbook(io.BytesIO(chief.get("/issues/export.xlsx").content)).active
    assert sheet is not None
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "d"}


def test_a_wrong_filter_gives_no_file(portal: Portal) -> None:
    chief = portal.sign_in("chief")
    assert chief.get("/issues/export.csv?unit=nobody").status_code == 422
    assert chief.get("/issues/export.pdf").status_code in (404, 422)


def test_the_number_of_statements_grows_by_batches_only(portal: Portal, world: World) -> None:
    chief = portal.at(MARCH + timedelta(hours=1)).sign_in("chief")
    world.reported(MARCH)
    chief.page("/issues")
    few = statements(world, chief, "/issues/export.csv")
    for _ in range(40):
        world.acknowledged(MARCH)
    assert statements(world, chief, "/issues/export.csv") <= few + BOOKKEEPING
