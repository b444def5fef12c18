"""Saved views of the ledger: own ones only, and never an address of elsewhere."""

from __future__ import annotations

import pytest

from models import tables
from tests.integration.ledger_world import varied
from tests.integration.test_web_ledger import listed, numbers
from tests.portal import Browser, Page, Portal
from tests.world import World


@pytest.fixture
def cases(world: World) -> dict[str, str]:
    """Issues that differ in what filters ask for, by name."""
    return varied(world)


def save(browser: Browser, path: str, name: str) -> Page:
    """Send the form that saves the list shown at an address."""
    (form,) = (f for f in browser.page(path).forms if f.action == "/issues/views")
    return browser.post(form.action, {**form.values, "name": name})


def test_a_view_is_saved_replaced_and_forgotten(portal: Portal, cases: dict[str, str]) -> None:
    chief = portal.sign_in("chief")
    saved = save(chief, "/issues?urgent=1", "急件")
    assert numbers(chief.follow(saved)) == listed(chief, urgent="1")
    assert "/issues?urgent=1" in chief.page("/issues").links
    save(chief, "/issues?board=yaoguan", "急件")
    links = chief.page("/issues").links
    assert "/issues?board=yaoguan" in links and "/issues?urgent=1" not in links
    form = chief.page("/issues").form("/delete")
    chief.post(form.action, form.values)
    assert "/issues?board=yaoguan" not in chief.page("/issues").links


def test_views_are_their_owners_only(portal: Portal, world: World) -> None:
    chief, triage = portal.sign_in("chief"), portal.sign_in("triage")
    chief.send("/issues/views", {"name": "自用筛选", "query": "urgent=1"})
    (view,) = world.rows(tables.saved_view)
    assert "自用筛选" not in triage.page("/issues").words
    triage.send(f"/issues/views/{view.id}/delete")
    assert world.rows(tables.saved_view) == [view]
    assert chief.post(f"/issues/views/{view.id}/delete", {"csrf": "x"}).status == 403
    assert world.rows(tables.saved_view) == [view]


def test_a_view_leads_nowhere_but_to_the_ledger(portal: Portal, world: World) -> None:
    chief = portal.sign_in("chief")
    answer = chief.send(
        "/issues/views",
        {"name": "<b>x</b>", "query": "//evil.example/?urgent=1&next=//evil.example&cursor=x"
         "&q=%22%3E%3Cscript%3E\r\nSet-Cookie: a=b"},
    )  # fmt: skip
    assert answer.location.startswith("/issues?")
    (view,) = world.rows(tables.saved_view)
    assert "evil" not in view.query and "cursor" not in view.query
    assert "\n" not in view.query and "\r" not in view.query
    shown = chief.page("/issues")
    assert "<b>x</b>" not in shown.text and "<script>" not in shown.text.split("<main")[1]


def test_a_view_needs_a_name_and_there_are_at_most_thirty(portal: Portal, world: World) -> None:
    chief = portal.sign_in("chief")
    assert chief.send("/issues/views", {"name": " ", "query": "urgent=1"}).status == 422
    assert chief.send("/issues/views", {"name": "x" * 61, "query": ""}).status == 422
    for n in range(30):
        assert chief.send("/issues/views", {"name": f"v{n}", "query": "urgent=1"}).status == 303
    assert chief.send("/issues/views", {"name": "one more", "query": ""}).status == 409
    assert chief.send("/issues/views", {"name": "v7", "query": "listed=1"}).status == 303
    assert len(world.rows(tables.saved_view)) == 30


def test_administrators_keep_no_views(portal: Portal, world: World) -> None:
    assert portal.sign_in("sysadmin").send("/issues/views", {"name": "x"}).status == 403
    assert world.rows(tables.saved_view) == []
