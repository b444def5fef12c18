"""The supervision board: levels 3-4 are one click of the preparer, 5-6 a decision with a form."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from models import tables
from tests.integration.test_web_home import walk
from tests.portal import Browser, Page, Portal
from tests.world import World, at
from workflow.sweep import tick

DAY = at("2026-03-02 10:00")


def climbed(world: World, level: int) -> Any:
    """A task is forgotten until a step of that level has been prepared."""
    case = world.acknowledged(DAY)
    due = world.task(case.task).due_at
    for day in range(60):
        tick(world.db, due + timedelta(days=day))
        rows = world.rows(tables.prepared_action, level=level, state="prepared")
        if rows:
            return rows[0]
    raise AssertionError(level)


def now_of(portal: Portal, step: Any) -> Portal:
    """The portal an hour after the step was prepared."""
    return portal.at(step.prepared_at + timedelta(hours=1))


def click(browser: Browser, step: Any) -> Page:
    """Issue a step with one click."""
    return browser.send(f"/supervision/{step.id}/issue")


def state(world: World, step: Any) -> str:
    """What has become of a step."""
    return str(world.row(tables.prepared_action, id=step.id).state)


@pytest.mark.parametrize("level", [3, 4])
def test_levels_three_and_four_go_out_with_one_click(
    portal: Portal, world: World, level: int
) -> None:
    step = climbed(world, level)
    chief = now_of(portal, step).sign_in("chief")
    shown = chief.page("/supervision")
    form = shown.form(f"/supervision/{step.id}/issue")
    done = chief.post(form.action, form.values)
    assert done.location == f"/supervision?done={step.id}"
    assert 'role="status"' in chief.follow(done).text
    assert state(world, step) == "issued"
    assert world.row(tables.prepared_action, id=step.id).decided_by_id == world.people["chief"]


def test_a_second_click_is_harmless_and_explained(portal: Portal, world: World) -> None:
    step = climbed(world, 3)
    chief = now_of(portal, step).sign_in("chief")
    click(chief, step)
    before = {name: rows for name, rows in world.dump().items() if name != "login_session"}
    again = click(chief, step)
    assert again.status == 303
    assert 'role="status"' in chief.follow(again).text
    after = {name: rows for name, rows in world.dump().items() if name != "login_session"}
    assert after == before


@pytest.mark.parametrize("level, kind", [(5, "interview"), (6, "accountability")])
def test_a_decision_is_never_a_click(portal: Portal, world: World, level: int, kind: str) -> None:
    step = climbed(world, level)
    assert step.kind == kind
    director = now_of(portal, step).sign_in("director")
    task = world.row(tables.task, id=step.task_id).number
    form = f"/tasks/{task}/do/decide?prepared={step.id}"
    assert form in director.page("/supervision").links
    assert click(director, step).location == form
    assert state(world, step) == "prepared"
    director.page(form)


@pytest.mark.parametrize("who, status", [
    ("triage", 403), ("inspector", 403), ("zjj_head", 403), ("henglin_head", 404),
])  # fmt: skip
def test_whoever_may_not_is_refused_and_is_offered_nothing(
    portal: Portal, world: World, who: str, status: int
) -> None:
    step = climbed(world, 3)
    browser = now_of(portal, step).sign_in(who)
    assert f"/supervision/{step.id}/issue" not in browser.page("/supervision").text
    assert click(browser, step).status == status
    assert state(world, step) == "prepared"


def test_a_form_of_another_site_issues_nothing(portal: Portal, world: World) -> None:
    step = climbed(world, 3)
    chief = now_of(portal, step).sign_in("chief")
    assert chief.post(f"/supervision/{step.id}/issue", {"csrf": "x"}).status == 403
    assert state(world, step) == "prepared"


def test_the_boards_numbers_are_the_totals_of_their_lists(portal: Portal, world: World) -> None:
    step = climbed(world, 4)
    now_of(portal, step)
    assert walk(portal.sign_in("chief"), "/supervision") > 0
    walk(portal.sign_in("zjj_head"), "/supervision")
    portal.at(step.prepared_at + timedelta(days=20))
    walk(portal.sign_in("chief"), "/supervision")


def test_administrators_see_no_board(portal: Portal) -> None:
    portal.sign_in("secadmin").page("/supervision", 403)
