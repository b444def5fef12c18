"""The whole story in a browser: from the report to the look-back, by people of ten roles."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.office import Crew, visit

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]
NUMBER = re.compile(r"WT-\d{4}-\d{6}")


def done(crew: Crew, page: Page, act: str) -> None:
    """The act was done: the issue's page says so, and fits the screen."""
    page.wait_for_url(re.compile(rf"[?&]done={act}\b"))
    expect(page.locator(".done")).to_be_visible()
    crew.fits(page)


def act(crew: Crew, username: str, number: str, name: str, **values: str) -> Page:
    """Open the issue, press the button of an act, fill in its form and send it."""
    page = crew.page(username)
    page.goto(f"/issues/{number}")
    crew.fits(page)
    page.locator(f"a[href*='/do/{name}']").first.click()
    page.wait_for_url(re.compile(rf"/do/{name}\b"))
    crew.fits(page)
    for field, value in values.items():
        fill(page, field, value)
    page.locator("article form button.button").first.click()
    done(crew, page, name)
    return page


def fill(page: Page, field: str, value: str) -> None:
    """Type or choose, as the field wants it."""
    box = page.locator(f"article form [name='{field}']").first
    tag = box.evaluate("element => element.tagName")
    if tag == "SELECT":
        box.select_option(value)
    elif box.get_attribute("type") == "checkbox":
        box.check()
    else:
        box.fill(value)


def report(crew: Crew, title: str) -> str:
    """A town reports an obstacle; returns the issue's number."""
    page = crew.page("lucheng_reporter")
    page.goto("/report")
    crew.fits(page)
    number = send_report(page, title)
    crew.fits(page)
    return number


def send_report(page: Page, title: str) -> str:
    """Fill in the form of a report and send it; returns the issue's number."""
    fill(page, "title", title)
    fill(page, "description", "地块北侧10千伏杆线需迁移，影响基坑开挖")
    fill(page, "category", "杆线迁移")
    fill(page, "no_project_reason", "片区共性问题")
    page.locator("button[value=report]").click()
    page.wait_for_url(NUMBER)
    found = NUMBER.search(page.url)
    assert found is not None
    return found.group()


def proof(folder: Path) -> Path:
    """A small file that may be given as evidence."""
    path = folder / "验收单.txt"
    path.write_text("迁改验收合格", encoding="utf-8")
    return path


def test_an_issue_goes_from_report_to_closure_and_look_back(crew: Crew, tmp_path: Path) -> None:
    number = report(crew, f"10千伏杆线影响施工（{crew.width}）")
    act(crew, "triage", number, "triage")
    act(crew, "triage", number, "plan-task", measures="协调供电公司完成杆线迁改", lead="zjj")
    act(crew, "director", number, "list", reason="区级重点项目，挂牌督办")
    act(crew, "chief", number, "dispatch")
    act(crew, "zjj_liaison", number, "acknowledge")
    act(crew, "triage", number, "urge", text="请抓紧推进")
    act(crew, "zjj_liaison", number, "progress", text="已与供电公司完成现场踏勘")
    hand_in(crew, number, proof(tmp_path))
    act(
        crew, "jfj_verifier", number, "verify",
        opinion="情况属实，同意销号", site_check="现场已查看，杆线已迁出",
    )  # fmt: skip
    page = act(crew, "director", number, "approve", opinion="同意销号")
    expect(page.locator(".state-closed").first).to_be_visible()
    look_back(crew, number)
    everybody_finds_it(crew, number)


def hand_in(crew: Crew, number: str, file: Path) -> None:
    """The unit's leader submits with a file as evidence, which can be fetched again."""
    page = crew.page("zjj_head")
    page.goto(f"/issues/{number}")
    page.locator("a[href*='/do/submit']").first.click()
    page.locator("[name=result]").fill("杆线迁改完成并通过验收")
    page.locator("[name=evidence_kind_0]").select_option("acceptance")
    page.locator("[name=evidence_file_0]").set_input_files(str(file))
    page.locator("article form button.button").first.click()
    done(crew, page, "submit")
    with page.expect_download() as download:
        page.locator("a[href^='/evidence/']").first.click()
    assert Path(download.value.path()).read_text(encoding="utf-8") == "迁改验收合格"


def look_back(crew: Crew, number: str) -> None:
    """The inspector goes and looks; the issue stays closed."""
    page = act(crew, "inspector", number, "record-lookback", finding="现场未见反弹")
    expect(page.locator(".state-closed").first).to_be_visible()


def everybody_finds_it(crew: Crew, number: str) -> None:
    """Leaders and units find it in their ledgers; who has no part in it does not."""
    for username in ("principal", "zjj_handler", "lucheng_head", "henglin_head"):
        page = crew.page(username)
        page.goto(f"/issues?q={number}")
        crew.fits(page)
        expected = "0" if username == "henglin_head" else "1"
        assert page.locator("#total").get_attribute("data-total") == expected, username


PAGES = ("/", "/issues", "/supervision", "/notices", "/account")
ADMINISTRATORS = ("sysadmin", "secadmin", "auditor")


@pytest.mark.parametrize("username", ["chief", "zjj_head", "lucheng_reporter", "principal"])
def test_every_page_of_the_side_bar_opens_without_a_complaint(crew: Crew, username: str) -> None:
    page = crew.page(username)
    for path in PAGES:
        visit(page, path)
        crew.fits(page)
        expect(page.locator("h1")).to_have_count(1)


@pytest.mark.parametrize("username", ADMINISTRATORS)
def test_administrators_find_their_pages_and_no_business(crew: Crew, username: str) -> None:
    page = crew.page(username)
    page.goto("/admin")
    for path in dict.fromkeys(hrefs(page, "/admin/")):
        visit(page, path)
        crew.fits(page)
    assert not hrefs(page, "/issues")


def hrefs(page: Page, prefix: str) -> list[str]:
    """Addresses of the page's links that begin so."""
    found = page.locator(f"a[href^='{prefix}']").evaluate_all(
        "links => links.map(link => link.getAttribute('href'))"
    )
    return [str(path) for path in found]


def test_the_language_is_switched_on_every_page(crew: Crew) -> None:
    page = crew.page("zjj_head")
    page.goto("/issues")
    page.locator("button[name=lang]").click()
    expect(page.locator("h1")).to_have_text("Ledger of issues")
    page.locator("button[name=lang]").click()
    expect(page.locator("h1")).to_have_text("问题台账")


def test_a_charts_bar_has_a_list_behind_it_and_a_table_beside_it(crew: Crew) -> None:
    number = report(crew, f"图表所需的问题（{crew.width}）")
    page = crew.page("chief")
    visit(page, "/")
    expect(page.locator("[data-chart=phases] canvas")).to_have_count(1)
    link = page.locator("#phases a").filter(has_not_text="0").first
    shown = link.inner_text()
    link.click()
    assert page.locator("#total").get_attribute("data-total") == shown
    assert number
