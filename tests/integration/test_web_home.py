"""The workbench: every number leads to the list that has as many, for whoever looks, whenever."""

from __future__ import annotations

from datetime import timedelta

import pytest

from models import tables
from tests.integration.ledger_world import KINDS_OF_USERS, NOW, crowded, numbered_links, total
from tests.portal import Browser, Portal
from tests.statements import asked_of
from tests.world import World
from workflow.sweep import tick

SEES_ALL = ("chief", "triage", "director", "inspector", "principal")


def walk(browser: Browser, path: str) -> int:
    """Compare every number of a page with its list; returns how many were compared."""
    links = set(numbered_links(browser.page(path).text))
    wrong = [(n, where, found) for n, where in links if (found := total(browser, where)) != n]
    assert wrong == []
    return len(links)


def test_every_number_is_the_total_of_its_list_for_every_kind_of_user(
    portal: Portal, world: World
) -> None:
    crowded(world)
    states = {issue.state for issue in world.rows(tables.issue)}
    assert len(states) > 8
    portal.at(NOW)
    for username in KINDS_OF_USERS:
        compared = walk(portal.sign_in(username), "/")
        assert compared > (60 if username in SEES_ALL else 3), username


def test_the_numbers_hold_while_time_passes_and_sweeps_are_late(
    portal: Portal, world: World
) -> None:
    crowded(world)
    for later, swept in ((timedelta(days=9), False), (timedelta(days=9), True)):
        portal.at(NOW + later)
        if swept:
            tick(world.db, NOW + later)
        for username in ("chief", "lucheng_head"):
            browser = portal.sign_in(username)
            assert walk(browser, "/") > 10
            walk(browser, "/supervision")


def test_a_search_by_clock_moves_with_the_clock(portal: Portal, world: World) -> None:
    case = world.acknowledged("2026-03-02 10:00")
    chief = portal.at("2026-03-03 10:00").sign_in("chief")
    assert total(chief, "/issues?overdue=1") == 0
    due = world.task(case.task).due_at
    portal.at(due)
    assert total(chief, "/issues?overdue=1") == 0
    portal.at(due + timedelta(seconds=1))
    assert total(chief, "/issues?overdue=1") == 1
    assert "1" in [str(n) for n, path in numbered_links(chief.page("/").text) if "overdue" in path]


def test_administrators_begin_with_their_own_pages(portal: Portal) -> None:
    for username in ("sysadmin", "secadmin", "auditor"):
        assert portal.sign_in(username).page("/", 303).location == "/admin"


def test_what_is_to_do_is_shown_to_whoever_may_do_it(portal: Portal, world: World) -> None:
    world.reported("2026-03-02 10:00", title="等待梳理的问题")
    portal.at("2026-03-02 11:00")
    triage = portal.sign_in("triage").page("/")
    assert "/issues?waiting=triage" in triage.links
    assert "等待梳理的问题" in triage.words
    assert "waiting=triage" not in portal.sign_in("zjj_head").page("/").text


def test_what_people_typed_is_never_markup(portal: Portal, world: World) -> None:
    world.reported("2026-03-02 10:00", title="<script>alert(1)</script></script>")
    portal.at("2026-03-02 11:00")
    shown = portal.sign_in("triage").page("/")
    assert "<script>alert" not in shown.text
    assert "&lt;script&gt;alert(1)" in shown.text


BOOKKEEPING = 2
"""So many statements the memory of figures may cost or spare, whatever the ledger holds."""


def statements(world: World, browser: Browser, path: str) -> int:
    """How many statements a page costs, once whatever is remembered has been forgotten."""
    world.reported("2026-03-02 10:00")  # every remembered figure is void
    with asked_of(world.db) as sent:
        browser.page(path)
    return len(sent)


@pytest.mark.parametrize("path", ["/", "/issues", "/supervision", "/notices"])
def test_a_page_costs_the_same_number_of_statements_for_many_issues(
    portal: Portal, world: World, path: str
) -> None:
    def more(n: int) -> None:
        for _ in range(n):
            world.acknowledged("2026-03-02 10:00")

    more(5)
    tick(world.db, NOW)
    chief = portal.at(NOW).sign_in("chief")
    chief.page(path)
    few = statements(world, chief, path)
    more(45)
    tick(world.db, NOW)
    assert statements(world, chief, path) <= few + BOOKKEEPING
