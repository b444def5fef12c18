"""The loop with scripts switched off: pages are read, and every step is an ordinary form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.office import PASSWORD
from tests.browser.test_story import fill, proof, send_report

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]


@dataclass
class Plain:
    """Everybody's browser, none of which runs a script."""

    browser: Browser
    address: str
    contexts: dict[str, BrowserContext] = field(default_factory=dict)

    def page(self, username: str) -> Page:
        """A signed-in person's page."""
        if username in self.contexts:
            return self.contexts[username].pages[0]
        context = self.browser.new_context(
            java_script_enabled=False, base_url=self.address, locale="zh-CN"
        )
        self.contexts[username] = context
        page = context.new_page()
        page.goto("/signin")
        page.fill("[name=username]", username)
        page.fill("[name=password]", PASSWORD)
        page.locator("main button").first.click()
        expect(page.locator("nav.side")).to_be_visible()
        return page

    def act(self, username: str, number: str, name: str, **values: str | Path) -> Page:
        """Open the issue, follow the link of an act, fill in its form and send it."""
        page = self.page(username)
        page.goto(f"/issues/{number}")
        page.locator(f"a[href*='/do/{name}']").first.click()
        for name_of, value in values.items():
            if isinstance(value, Path):
                page.locator(f"article form [name='{name_of}']").set_input_files(str(value))
            else:
                fill(page, name_of, value)
        page.locator("article form button.primary, article form button.weighty").first.click()
        page.wait_for_url(re.compile(rf"[?&]done={name}\b"))
        expect(page.locator(".done")).to_be_visible()
        return page


@pytest.fixture
def plain(browser: Browser, office: str) -> Iterator[Plain]:
    """Browsers with scripts switched off."""
    made = Plain(browser, office)
    yield made
    for context in made.contexts.values():
        context.close()


def reported(plain: Plain, title: str) -> str:
    """A town's report; its number."""
    page = plain.page("lucheng_reporter")
    page.goto("/report")
    return send_report(page, title)


def test_an_issue_is_carried_to_its_verification_without_a_script(
    plain: Plain, tmp_path: Path
) -> None:
    number = reported(plain, "没有脚本也能办结")
    repeat = reported(plain, "没有脚本也能合并")
    finds_it_in_the_ledger(plain.page("triage"), number)
    merges_by_search(plain, repeat, number)
    plain.act("triage", number, "triage")
    plain.act("triage", number, "plan-task", measures="协调迁改", lead="zjj")
    plain.act("chief", number, "dispatch")
    plain.act("zjj_liaison", number, "acknowledge")
    plain.act("zjj_liaison", number, "progress", text="已完成现场踏勘")
    plain.act(
        "zjj_head", number, "submit", result="迁改完成并通过验收", evidence_kind_0="acceptance",
        evidence_file_0=proof(tmp_path),
    )  # fmt: skip
    page = plain.act("jfj_verifier", number, "verify", opinion="属实", site_check="现场已查看")
    expect(page.locator(".state-approving").first).to_be_visible()
    reads_the_home_page(plain.page("chief"), number)


def finds_it_in_the_ledger(page: Page, number: str) -> None:
    """The filter is a form with a button, and leads to the issue with its history."""
    page.goto("/issues")
    page.fill("[name=q]", "能办结")
    page.locator("[name=state]").select_option("reported")
    page.locator("form[role=search] button.primary").click()
    expect(page.locator("#total")).to_have_attribute("data-total", "1")
    page.locator("table.ledger tbody a").first.click()
    expect(page.locator("h1")).to_have_count(1)
    assert number in page.url
    expect(page.locator(".timeline").first).to_be_visible()


def merges_by_search(plain: Plain, repeat: str, number: str) -> None:
    """The other issue is searched for by a button of the form, which keeps what was typed."""
    page = plain.page("triage")
    page.goto(f"/issues/{repeat}/do/merge")
    fill(page, "reason", "同一杆线")
    page.fill("[name=into_find]", "能办结")
    page.locator("[name=into_search]").click()
    expect(page.locator("article form [name=reason]")).to_have_value("同一杆线")
    page.locator(f"[name=into][value='{number}']").check()
    page.locator("article form button.weighty").click()
    expect(page.locator(".done")).to_be_visible()
    expect(page.locator(".state-merged").first).to_be_visible()


def reads_the_home_page(page: Page, number: str) -> None:
    """Figures stand in tables, charts or not, and lead to their lists; to-dos lead to the issue."""
    page.goto("/")
    expect(page.locator("#phases")).to_be_visible()
    link = page.locator("#phases a").filter(has_not_text=re.compile(r"^0$")).first
    shown = link.inner_text()
    link.click()
    expect(page.locator("#total")).to_have_attribute("data-total", shown)
    page.goto("/")
    page.locator(f"main a[href*='{number}']").first.click()
    expect(page.locator(".state-approving").first).to_be_visible()
