"""Hostile texts in every free-text field: they are shown as they were typed, and do nothing."""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar
from openpyxl import load_workbook

from models import tables
from models.db import Database
from notifications.items import Item
from notifications.render import render_bundle, render_notice
from tests.acceptance.matrix_probe import LONG, MARK, NAME, SHORT, SQL, alive
from tests.api import program
from tests.databases import sqlite_url
from tests.integration.test_commands_rights import ACTS, NOW
from tests.integration.test_web_acts import FILE, TYPED, action_of, form_path, given
from tests.portal import Portal, opened
from tests.world import LINES, Moment, World, found_zone
from web.actions.evidence import ATTACH

READERS = ("chief", "zjj_head", "jfj_verifier", "lucheng_reporter", "inspector")


class HostileWorld(World):
    """The zone, in which every report is hostile."""

    def reported(self, now: Moment, *, by: str = "lucheng_reporter", **form: Any) -> str:
        """As everywhere, with hostile texts."""
        hostile = {"title": SHORT, "description": LONG, "no_project_reason": LONG}
        return super().reported(now, by=by, **(form | hostile))


@pytest.fixture(scope="module")
def portal(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A portal in which everything that people can write is hostile."""
    folder = tmp_path_factory.mktemp("inert")
    shutil.copyfile(sqlite_template, folder / "x.db")
    db = Database(sqlite_url(folder / "x.db"))
    with db.write() as s:
        world = found_zone(s)
    with opened(HostileWorld(db, world.units, world.people), folder / "var", NOW) as found:
        _administer(found)
        _work(found)
        yield found
    db.close()


def _administer(portal: Portal) -> None:
    """Names of units, people, platforms, tokens, views and days; an absence."""
    portal.at(NOW)
    sysadmin, secadmin = portal.sign_in("sysadmin"), portal.sign_in("secadmin")
    for path, values in (
        ("/admin/units/zjj", {"name": NAME + "局", "name_en": NAME, "kind": "department"}),
        ("/admin/people/zjj_head", {"name": NAME, "unit": "zjj", "post": "head", "phone": "1"}),
        ("/admin/sources", {"code": "12345", "name": SHORT[:60], "person": "jfj_reporter"}),
        ("/admin/calendar/apply", {
            "what": "day", "day": "2026-08-03", "kind": "holiday", "name": NAME, "unit": "",
        }),
    ):  # fmt: skip
        answer = sysadmin.send(path, values)
        assert answer.status == 303, (path, answer.words[:1500])
    head = portal.sign_in("zjj_head")
    assert (
        head.send("/account/tokens", {"name": SHORT[:60], "days": "5", "scopes": "read"}).status
        == 303
    )
    for username in ("chief", "zjj_head"):
        view = {"name": SHORT[:60], "query": f"q={SQL}&sort=newest"}
        assert portal.sign_in(username).send("/issues/views", view).status == 303
    assert secadmin.page("/admin/tokens").status == 200


def _work(portal: Portal) -> None:
    """One issue for every act, each text of its form hostile."""
    world = portal.world
    for act in ACTS:
        case = act.stage(world)
        action, path = action_of(act), form_path(world, act, case)
        values, uploads = given(world, act)
        browser = portal.at(act.now).sign_in(act.by)
        names = browser.page(path).form().names
        typed = {f.name for f in action.fields if f.kind in TYPED} & names & values.keys()
        values |= {name: SHORT if name == "title" else LONG for name in typed}
        if action is ATTACH or uploads:
            values |= {"evidence_name_0": SHORT, "evidence_note_0": SHORT}
            uploads = [(FILE[0], ('"><img src=x onerror=zq9(2)>; a=b.pdf', *FILE[1][1:]))]
        answer = browser.fill(path, values, uploads)
        assert answer.status == 303, (act.tag, answer.words[:1500])


def numbers(portal: Portal) -> list[str]:
    """Every issue."""
    return [row.number for row in portal.world.rows(tables.issue)]


def test_no_page_of_an_issue_comes_alive(portal: Portal) -> None:
    browser, shown = portal.sign_in("chief"), 0
    for number in numbers(portal):
        for path in (f"/issues/{number}", f"/issues/{number}/history"):
            page = browser.page(path)
            shown += MARK in page.text
            assert alive(page.text) == [], path
    assert shown > len(ACTS)


@pytest.mark.parametrize("username", READERS)
def test_no_list_or_board_comes_alive(portal: Portal, username: str) -> None:
    browser = portal.at("2026-03-26 11:00").sign_in(username)
    shown = 0
    for path in (
        "/", "/issues", "/supervision", "/notices", "/account", "/issues?sort=deadline",
        "/issues?q=" + MARK, "/account/password", "/?lang=en", "/issues?lang=en",
    ):  # fmt: skip
        page = browser.page(path)
        shown += MARK in page.text
        assert alive(page.text) == [], path
    assert shown >= 4


@pytest.mark.parametrize("username", ["sysadmin", "secadmin", "auditor", "chief"])
def test_no_page_of_the_administration_comes_alive(portal: Portal, username: str) -> None:
    browser, shown = portal.at("2026-03-26 11:00").sign_in(username), 0
    for path in (
        "/admin", "/admin/units", "/admin/units/zjj", "/admin/people", "/admin/people/zjj_head",
        "/admin/calendar?year=2026", "/admin/calendar?unit=zjj", "/admin/policy", "/admin/tokens",
        "/admin/sources", "/admin/sources/12345", "/admin/jobs", "/admin/audit", "/admin/workflow",
        "/admin/policy/simulate", "/admin/people?q=" + MARK,
    ):  # fmt: skip
        answer = browser.get(path)
        assert answer.status_code in (200, 403), path
        shown += MARK in answer.text
        assert alive(answer.text) == [], path
    assert shown or username == "chief"


def test_what_is_typed_into_a_search_or_an_address_does_not_come_alive(portal: Portal) -> None:
    for username, paths in {
        "chief": (
            "/issues", "/report", "/report/similar", "/notices", "/supervision", "/", "/account",
            "/admin/calendar", "/admin/policy/simulate", "/issues/x", "/none", "/tasks/x/do/urge",
        ),
        "auditor": ("/admin/audit",), "sysadmin": ("/admin/people", "/admin/units"),
    }.items():  # fmt: skip
        browser = portal.sign_in(username)
        for path in paths:
            for name in ("q", "done", "sort", "cursor", "unit", "state", "project", "category",
                         "lang", "who", "area", "since", "year", "day", "next", "kind", "board",
                         "due_from", "date", "dispatched", "limit", "page"):  # fmt: skip
                answer = browser.client.get(path, params={name: LONG})
                assert answer.status_code < 500, (path, name)
                assert alive(answer.text) == [], (path, name)
    stranger = portal.anonymous()
    for text in (LONG, SHORT):
        assert alive(stranger.client.get("/signin", params={"next": text}).text) == []
        form = {"username": text, "password": text, "next": text}
        assert alive(stranger.post("/signin", form).text) == []
        assert alive(stranger.client.get("/" + text).text) == []


def test_a_refused_form_gives_hostile_texts_back_inert(portal: Portal) -> None:
    portal.at(NOW)
    reporter = portal.sign_in("lucheng_reporter")
    names: tuple[str, ...] = (
        "title",
        "description",
        "category",
        "no_project_reason",
        "found_on",
        "board",
    )
    names += ("project", "urgent", "keep", "once")
    answer = reporter.send("/report", dict.fromkeys(names, LONG))
    assert answer.status in (409, 422) and MARK in answer.text
    assert alive(answer.text) == []
    for username, path, values in (
        ("sysadmin", "/admin/units", {"code": LONG, "name": LONG, "kind": LONG, "parent": LONG}),
        ("sysadmin", "/admin/people", {"username": LONG, "name": LONG, "unit": LONG, "post": LONG}),
        (
            "sysadmin",
            "/admin/sources",
            {"code": LONG, "name": LONG, "callback_url": "javascript:zq9()"},
        ),
        (
            "sysadmin",
            "/admin/calendar/preview",
            {"what": "day", "day": LONG, "kind": LONG, "name": LONG},
        ),
        ("sysadmin", "/admin/policy/activate", {"source": LONG, "filename": LONG}),
        ("zjj_head", "/account/away", {"since": LONG, "until": LONG, "deputy": LONG}),
        ("zjj_head", "/account/tokens", {"name": LONG, "days": LONG, "scopes": LONG}),
        (
            "zjj_head",
            "/account/password",
            {"old_password": LONG, "new_password": LONG, "repeated": "x"},
        ),
    ):
        answer = portal.sign_in(username).send(path, values)
        assert 400 <= answer.status < 500, (path, answer.status)
        assert alive(answer.text) == [], path


def test_exported_cells_are_texts(portal: Portal) -> None:
    browser = portal.sign_in("chief")
    told = browser.get("/issues/export.csv")
    rows = list(csv.reader(io.StringIO(told.content.decode("utf-8-sig"))))
    cells = [cell for row in rows for cell in row]
    assert any(MARK in cell for cell in cells)
    dangerous = re.compile(r"^\s*[=+\-@\t\r]\s*[^\d\s.]")
    assert [cell for cell in cells if dangerous.match(cell)] == []
    book = load_workbook(io.BytesIO(browser.get("/issues/export.xlsx").content))
    found = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert any(MARK in str(cell.value) for cell in found)
    assert [cell for cell in found if cell.data_type == "f"] == []
    assert [cell for cell in found if cell.hyperlink and MARK in str(cell.hyperlink.target)] == []
    for kind in ("csv", "xlsx"):
        disposition = browser.get(f"/issues/export.{kind}").headers["content-disposition"]
        assert re.fullmatch(
            r"attachment; filename=\"issues\.\w+\"; filename\*=UTF-8''[\w%.-]+", disposition
        )


def test_a_calendar_feed_keeps_its_lines(portal: Portal) -> None:
    portal.at(NOW)
    head = portal.sign_in("zjj_head")
    shown = head.follow(head.send("/account/feed", {})).text
    path = re.search(r"/feeds/[\w-]+\.ics", shown)
    assert path is not None
    answer = portal.anonymous().get(path[0])
    feed = Calendar.from_ical(answer.content)
    events = [part for part in feed.walk() if part.name == "VEVENT"]
    assert any(MARK in str(event["summary"]) for event in events)
    for line in answer.text.replace("\r\n ", "").split("\r\n"):
        assert not line or re.match(r"[A-Z-]+[;:]", line), line


def test_files_are_saved_under_harmless_names(portal: Portal) -> None:
    browser, found = portal.sign_in("chief"), 0
    for row in portal.world.rows(tables.evidence):
        if row.sha256 is None:
            continue
        found += 1
        answer = browser.get(f"/evidence/{row.id}")
        assert answer.status_code == 200
        disposition = answer.headers["content-disposition"]
        assert re.fullmatch(
            r"attachment; filename(=\"[\w.-]+\"|\*=utf-8''[\w%.~!()'-]+)", disposition, re.I
        ), disposition
        assert not set('<>"\\/\r\n') & set(row.name), row.name
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert found


OWN_STYLES = re.compile(r' style="[^"<>]*"')
"""What mail programs make us write; a text that came alive would still show by its tag."""


def test_notices_show_texts_as_they_were_typed(portal: Portal) -> None:
    rows = portal.world.rows(tables.notice)
    assert any(MARK in str(row.facts) for row in rows)
    for row in rows:
        for lang in ("zh_CN", "en"):
            told = render_notice(row.kind, lang, row.facts)
            assert "\n" not in told.subject and "\r" not in told.subject
            assert f"49{MARK}" not in told.subject + told.text
            mail = render_bundle([Item(row.kind, row.facts)], lang, MARK)
            assert alive(OWN_STYLES.sub("", mail.html())) == []


def test_the_api_answers_hostile_texts_as_data(portal: Portal) -> None:
    caller = program(portal, "chief")
    for path in ("/issues", "/tasks", "/notices", "/units", f"/issues/{numbers(portal)[0]}"):
        answer = caller.call("GET", path)
        assert answer.headers["content-type"] in ("application/json", "application/problem+json")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert f"49{MARK}" not in answer.text
    answer = caller.call("GET", "/issues/" + "<script>zq9(1)<script>")
    assert answer.headers["content-type"] == "application/problem+json"


UNSEEN = (
    "\u202e反转",
    "\u2066隔离",
    "a\x00b",
    "a\x1bb",
    "a\x08b",
    "a\u2028b",
    "a\ufeffb",
    "\x7f",
    "a\u0085b",
)


@pytest.mark.parametrize("text", UNSEEN, ids=ascii)
def test_characters_that_nobody_sees_change_no_line(portal: Portal, text: str) -> None:
    portal.at(NOW)
    browser = portal.sign_in("lucheng_reporter")
    form = {
        "title": text + "标题",
        "description": text + "说明",
        "category": LINES,
        "no_project_reason": "共性",
    }
    answer = browser.send("/report", form)
    assert answer.status in (303, 409, 422)
    if answer.status == 303:
        page = browser.follow(answer)
        for character in "\x00\x1b\x08\x7f\u202e\u2066\u0085":
            assert character not in page.text, ascii(character)


def test_the_database_is_still_whole(portal: Portal) -> None:
    assert len(portal.world.rows(tables.issue)) >= len(ACTS)
