"""Everybody can use the pages: with weak eyes, by keyboard alone, read aloud."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from pprint import pformat
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import insert

from models import tables
from models.db import Database
from tests.browser.office import Crew, populate, served, visit
from tests.databases import sqlite_url
from tests.world import World
from workflow.commands import parking, requests, supervision
from workflow.sweep import tick

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]
HERE = Path(__file__).parent
PAGE_CHECKS = (HERE / "accessible.js").read_text("utf-8")
FOCUS_CHECKS = (HERE / "focused.js").read_text("utf-8")
PAPER = 680
"""What is left of an A4 page between its margins, in pixels."""
PAPER_CHECKS = """() => [...document.querySelectorAll("main *")].filter(e => {
  const box = e.getBoundingClientRect(), kept = getComputedStyle(e).overflowX !== "visible";
  const hidden = kept && e.clientWidth > 1 && e.scrollWidth > e.clientWidth + 2;
  return box.width > 0 && (box.right > innerWidth + 2 || hidden);
}).map(e => e.outerHTML.slice(0, 120)).slice(0, 5)"""
STOPS = 30
"""How many times Tab is pressed on a page."""
COMMON = (
    "/", "/issues", "/issues?light=red&light=yellow&overdue=1&sort=deadline&project=0",
    "/issues?q=%E6%97%A0", "/issues/{late}", "/issues/{running}",
    "/issues/{asked}", "/issues/{late}/history", "/supervision", "/notices",
    "/documents", "/account", "/account/password",
)  # fmt: skip
PAGES = {
    "chief": (
        *COMMON, "/documents/new", "/notices/delivery", "/admin", "/admin/calendar",
        "/admin/policy", "/admin/policy/simulate", "/admin/workflow", "/admin/jobs",
        "/tasks/{late_task}/do/urge", "/issues/{new}/do/reject",
    ),
    "zjj_head": (
        *COMMON, "/report", "/tasks/{running_task}/do/submit",
        "/tasks/{running_task}/do/progress",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the office keeps its files."""
    return tmp_path_factory.mktemp("accessible")


@pytest.fixture(scope="module")
def numbers(folder: Path) -> dict[str, str]:
    """Numbers of issues that stand in every kind of state, with lights of every colour."""
    url = sqlite_url(folder / "xiaohao.db")
    populate(url)
    return furnished(url)


@pytest.fixture(scope="module")
def office(folder: Path, numbers: dict[str, str]) -> Iterator[str]:
    """The address of the office with these issues."""
    assert numbers
    with served(folder, sqlite_url(folder / "xiaohao.db")) as address:
        yield address


def furnished(url: str) -> dict[str, str]:
    """The numbers by what the issues are for."""
    db = Database(url)
    with db.read() as s:
        world = World(
            db,
            {row.code: row.id for row in s.execute(tables.unit.select())},
            {row.username: row.id for row in s.execute(tables.person.select())},
        )
    try:
        return furnish(world, datetime.now(UTC).replace(microsecond=0))
    finally:
        db.close()


def furnish(world: World, now: datetime) -> dict[str, str]:
    """Late, running, closed, new, parked, and waiting for a ruling."""
    with world.db.write() as s:
        s.execute(insert(tables.project).values(name="东方新城", board_id=world.units["lucheng"]))
    past, today = now - timedelta(days=60), now - timedelta(minutes=5)
    late = world.acknowledged(past, title="久拖未决的杆线", urgent=True, major=True)
    world.do(supervision.set_listed, "director", past, issue=late.issue, listed=True, reason="久拖")
    running = world.acknowledged(
        today, title="正在办理的杆线", project="东方新城", no_project_reason=""
    )
    world.closed(past, title="已经销号的杆线")
    new = world.reported(today, title="刚刚上报的杆线")
    asked = world.acknowledged(today, title="申请延期的杆线")
    parked = world.acknowledged(today, title="挂起的杆线")
    world.do(
        requests.request_extension, "zjj_head", today, task=asked.task,
        reason="供电方案需要重新审查", progress="正在设计", new_due=now + timedelta(days=40),
    )  # fmt: skip
    world.do(
        parking.park, "chief", today, issue=parked.issue, reason="等待规划调整",
        review_on=(now + timedelta(days=30)).date(),
    )  # fmt: skip
    tick(world.db, now)
    return {
        "late": late.issue, "late_task": late.task, "running": running.issue,
        "running_task": running.task, "asked": asked.issue, "new": new,
    }  # fmt: skip


def addresses(username: str, numbers: dict[str, str]) -> list[str]:
    return [path.format(**numbers) for path in PAGES[username]]


def opened(page: Page, path: str) -> Page:
    visit(page, path)
    page.locator("details").evaluate_all("all => all.forEach(e => { e.open = true })")
    return page


# ---------------------------------------------------------------- what is seen and read aloud


@pytest.mark.parametrize("username", PAGES)
def test_every_page_keeps_the_rules_for_weak_eyes_and_for_reading_aloud(
    crew: Crew, numbers: dict[str, str], username: str
) -> None:
    wrong: dict[str, Any] = {}
    lights: set[str] = set()
    for path in addresses(username, numbers):
        page = opened(crew.page(username), path)
        found: dict[str, list[str]] = page.evaluate(PAGE_CHECKS)
        lights |= set(page.locator(".light").evaluate_all("all => all.map(e => e.className)"))
        wrong |= {f"{path} {name}": faults[:5] for name, faults in found.items() if faults}
        crew.fits(page)
    assert not wrong, pformat(wrong)
    assert len(lights) >= 3, f"the lights were not tried: {lights}"


@pytest.mark.parametrize("username", PAGES)
def test_nothing_is_cut_on_paper(
    browser: Browser, office: str, numbers: dict[str, str], username: str
) -> None:
    crew = Crew(browser, office, PAPER)
    page = crew.page(username)
    page.emulate_media(media="print")
    cut: dict[str, list[str]] = {}
    for path in addresses(username, numbers):
        visit(page, path)
        if found := page.evaluate(PAPER_CHECKS):
            cut[path] = found
    crew.close()
    assert not cut, pformat(cut)


def test_a_refused_form_and_the_way_in_keep_them_too(crew: Crew) -> None:
    page = crew.page("zjj_reporter")
    wrong = []
    page.goto("/report")
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.locator("button[value=report]").click()
    expect(page.locator(".error, .reasons").first).to_be_visible()
    wrong.append(page.evaluate(PAGE_CHECKS))
    assert page.locator("[aria-invalid=true]").count() > 0
    crew.complaints[:] = [line for line in crew.complaints if "422" not in line]
    context = crew.browser.new_context(
        viewport={"width": crew.width, "height": 900}, base_url=crew.address
    )
    stranger = context.new_page()
    stranger.goto("/signin")
    wrong.append(stranger.evaluate(PAGE_CHECKS))
    context.close()
    assert [{k: v for k, v in found.items() if v} for found in wrong] == [{}, {}]


def test_the_checks_find_what_they_are_for(crew: Crew) -> None:
    page = opened(crew.page("chief"), "/issues")
    page.locator("main").evaluate(
        """main => {
          const div = document.createElement("div");
          div.innerHTML = '<p id="main">x</p><h5>y</h5><input name="bare"><img src="data:,">'
            + '<span class="light light-red">!</span><label for="nowhere">z</label>';
          main.append(div);
          div.querySelector("p").style.color = "#999";
          div.querySelector("h5").style.opacity = "0.4";
        }"""
    )
    found: dict[str, list[str]] = page.evaluate(PAGE_CHECKS)
    counts = {name: len(faults) for name, faults in found.items()}
    assert counts == {
        "contrast": 2, "names": 1, "pictures": 1, "headings": 1, "ids": 2, "language": 0,
        "lights": 2,
    }, found  # fmt: skip
    crew.complaints[:] = [line for line in crew.complaints if "data:," not in line]


def test_each_light_has_a_shape_of_its_own(crew: Crew) -> None:
    page = opened(crew.page("chief"), "/issues")
    sprite = page.locator(".light use").first.get_attribute("href")
    assert sprite is not None
    shapes: list[str] = page.evaluate(
        """async (address) => {
          const text = await (await fetch(address)).text();
          const sprite = new DOMParser().parseFromString(text, "image/svg+xml");
          return ["red", "yellow", "green", "grey"].map(
            (light) => sprite.getElementById(`light-${light}`).innerHTML);
        }""",
        sprite.partition("#")[0],
    )
    assert len(set(shapes)) == 4 and all(shapes)


# ---------------------------------------------------------------- by keyboard


@pytest.mark.parametrize("username", PAGES)
def test_tab_follows_the_page_and_the_focus_is_seen(
    crew: Crew, numbers: dict[str, str], username: str
) -> None:
    wrong: dict[str, list[str]] = {}
    beside: list[float] = []
    for path in addresses(username, numbers):
        page = crew.page(username)
        visit(page, path)
        page.evaluate(
            "() => { document.activeElement?.blur();"
            " window.lastFocused = window.firstFocused = null }"
        )
        stops = list(tabbed(page))
        assert len(stops) > 5, path
        assert stops[0]["name"].startswith("a.skip"), path
        beside += [light for stop in stops for light in stop["beside"]]
        faults = [f"{stop['name']} {fault}" for stop in stops for fault in stop["faults"]]
        if faults:
            wrong[path] = faults[:5]
    assert not wrong, pformat(wrong)
    assert min(beside) < 0.1 and max(beside) > 0.9, "dark and light grounds were tried"


RINGS = {
    "shows no focus": {"boxShadow": "none", "outlineColor": "rgb(255, 255, 255)"},
    "has two rings alike": {"outlineColor": "rgb(240, 165, 0)"},
}


@pytest.mark.parametrize("fault", RINGS)
def test_a_faint_ring_is_found(crew: Crew, fault: str) -> None:
    page = crew.page("chief")
    page.goto("/issues")
    field = page.locator("[name=q]")
    field.focus()
    page.evaluate("() => { window.lastFocused = window.firstFocused = null }")
    sound = page.evaluate(FOCUS_CHECKS)
    assert sound["faults"] == []
    field.evaluate("(e, rings) => Object.assign(e.style, rings)", RINGS[fault])
    page.evaluate("() => { window.lastFocused = window.firstFocused = null }")
    found = page.evaluate(FOCUS_CHECKS)["faults"]
    assert any(told.startswith(fault) for told in found), found


def tabbed(page: Page) -> Iterator[dict[str, Any]]:
    """What has the focus, press by press, until the page ends."""
    for _ in range(STOPS):
        page.keyboard.press("Tab")
        found = page.evaluate(FOCUS_CHECKS)
        if found is None:
            return
        yield found


def test_the_first_stop_leads_past_the_frame(crew: Crew) -> None:
    page = crew.page("chief")
    page.goto("/issues")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.querySelector('main').contains(document.activeElement)")
