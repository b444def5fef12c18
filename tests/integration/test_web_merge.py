"""合并: the issue that goes on is found by a search, on the server, before it is chosen."""

from __future__ import annotations

import re

import pytest

from tests.portal import Page, Portal
from tests.world import World

pytestmark = pytest.mark.one_database

NOW = "2026-09-28 09:00"
WHY = {"reason": "同一问题重复上报"}


def offered(page: Page) -> list[str]:
    """The numbers of the radio buttons, in order."""
    return re.findall(r'<input type="radio" name="into" value="([^"]+)"', page.text)


def chosen(page: Page) -> list[str]:
    return re.findall(r'name="into" value="([^"]+)" checked', page.text)


@pytest.fixture
def numbers(world: World) -> dict[str, str]:
    return {
        "other": world.reported(NOW, category="用地", board="yaoguan", title="围墙占道"),
        "closed": world.closed(NOW, title="围墙旧案").issue,
        "alike": world.reported(NOW, title="杆线挡路"),
        "repeat": world.reported(NOW, title="杆线又挡路"),
    }


def path(numbers: dict[str, str]) -> str:
    return f"/issues/{numbers['repeat']}/do/merge"


def test_the_form_begins_with_issues_alike_and_never_with_itself(
    portal: Portal, numbers: dict[str, str]
) -> None:
    shown = portal.at(NOW).sign_in("triage").page(path(numbers))
    assert offered(shown) == [numbers["alike"]]
    assert chosen(shown) == []


@pytest.mark.parametrize("words", ["围墙", "WT-2026-000001", "占道 围墙", "占道\u3000围墙"])
def test_a_search_without_script_keeps_what_was_typed_and_lists_open_issues(
    portal: Portal, world: World, numbers: dict[str, str], words: str
) -> None:
    triage = portal.at(NOW).sign_in("triage")
    before = world.dump()
    shown = triage.fill(
        path(numbers), WHY | {"into_find": words}, button=("into_search", "1"), form="merge"
    )
    assert shown.status == 200 and offered(shown) == [numbers["other"]]
    assert shown.form("merge").values["reason"] == [WHY["reason"]]
    assert shown.form("merge").values["into_find"] == [words]
    assert world.dump() == before
    sent = shown.form("merge").values | {"into": numbers["other"]}
    assert triage.post(path(numbers), sent).status == 303
    assert world.issue(numbers["repeat"]).state == "merged"


def test_scripts_fetch_the_same_list(portal: Portal, numbers: dict[str, str]) -> None:
    triage = portal.at(NOW).sign_in("triage")
    shown = triage.page(f"{path(numbers)}?into_find=围墙")
    assert offered(shown) == [numbers["other"]]
    assert f'hx-get="{path(numbers)}"' in shown.text
    nothing = triage.page(f"{path(numbers)}?into_find=不存在的词")
    assert offered(nothing) == [] and 'class="empty"' in nothing.text


def test_what_was_chosen_stays_chosen_after_a_refusal(
    portal: Portal, numbers: dict[str, str]
) -> None:
    triage = portal.at(NOW).sign_in("triage")
    sent = {**triage.page(path(numbers)).form("merge").values, "into": numbers["other"]}
    refused = triage.post(path(numbers), sent | {"reason": ""})
    assert refused.status == 409 and chosen(refused) == [numbers["other"]]
    nobody = triage.post(path(numbers), {**sent, **WHY, "into": ""})
    assert nobody.status == 422 and 'id="f-into-error"' in nobody.text


def test_a_search_needs_the_rights_of_the_act_and_the_sessions_token(
    portal: Portal, world: World, numbers: dict[str, str]
) -> None:
    portal.at(NOW)
    sent = {"into_find": "围墙", "into_search": "1", "version": "1"}
    assert portal.sign_in("henglin_head").send(path(numbers), sent).status == 404
    assert portal.sign_in("lucheng_head").send(path(numbers), sent).status == 403
    assert portal.sign_in("triage").post(path(numbers), sent).status == 403
    odd = {"into_find": "\x01\x7f杆", "into_search": "1", "into": "\x02", "version": "1"}
    assert portal.sign_in("triage").send(path(numbers), odd).status == 200
