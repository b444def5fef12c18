"""Figures and intake as programs read them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from models import tables
from tests.api import program
from tests.integration.test_api_reading import MORNING
from tests.platforms import ACCOUNT, CODE, registered
from tests.portal import Portal, opened
from tests.world import World
from workflow.sweep import tick


@pytest.fixture
def portal(world: World, tmp_path: Path) -> Iterator[Portal]:
    with opened(world, tmp_path, MORNING) as found:
        yield found


# ------------------------------------------------------------------ figures


def test_every_figure_is_the_total_of_the_list_behind_it(portal: Portal) -> None:
    world = portal.world
    world.reported(MORNING)
    world.acknowledged(MORNING)
    world.closed(MORNING)
    portal.at("2026-11-20 09:00")
    tick(world.db, now=portal.now)
    for username in ("chief", "zjj_head", "henglin_head"):
        caller = program(portal, username)
        found = caller.get("/statistics?periods=4&period=month")
        assert len(found["trend"]) == 4
        tables_ = [found[k] for k in ("phases", "states", "boards", "categories", "levels")]
        figures = [found["total"], found["open"], found["overdue"]]
        figures += [cell for table in tables_ for cell in table]
        figures += [unit[k] for unit in found["units"] for k in ("running", "overdue")]
        figures += [p[k] for p in found["trend"] for k in ("opened", "closed", "overdue")]
        for figure in figures:
            listed = caller.get(figure["list"].removeprefix("/api/v1"))
            assert listed["total"] == figure["count"], figure
    assert program(portal, "chief").get("/statistics")["overdue"]["count"] == 1


def test_the_ledger_is_reconciled_for_those_who_see_all_of_it(portal: Portal) -> None:
    portal.world.closed(MORNING)
    portal.world.reported(MORNING)
    found = program(portal, "chief").get("/reconciliation")
    assert found["balanced"] and found["rows"][0]["opened"] == 2 == 1 + found["rows"][0]["closed"]
    for username in ("zjj_head", "auditor", "sysadmin"):
        assert program(portal, username).codes("GET", "/reconciliation", 403)


# ------------------------------------------------------------------ intake


HANDED_IN = {
    "source": CODE,
    "source_id": "20260928-1",
    "title": "企业反映杆线影响施工",
    "description": "北侧杆线",
    "category": "杆线迁移",
    "board": "lucheng",
    "no_project_reason": "企业诉求",
    "found_on": "2026-09-27",
    "contact": {"enterprise": "某公司", "phone": "0519-1"},
}


def test_a_platform_hands_in_once_and_the_origin_is_shown(portal: Portal) -> None:
    registered(portal.world)
    platform = program(portal, ACCOUNT)
    first = platform.call("POST", "/intake", json=HANDED_IN)
    assert first.status_code == 201 and first.json()["created"]
    number = first.json()["number"]
    assert first.headers["location"] == f"/api/v1/issues/{number}"
    again = platform.post("/intake", HANDED_IN | {"title": "改了标题"}, 200)
    assert (again["number"], again["created"], again["differing"]) == (number, False, ["title"])
    issue = program(portal, "triage").get(f"/issues/{number}")
    assert issue["origin"] == {"source": CODE, "source_id": "20260928-1"}
    assert (issue["state"], issue["found_on"]) == ("reported", "2026-09-27")
    listed = program(portal, "triage").get(f"/issues?source={CODE}")
    assert [i["origin"]["source_id"] for i in listed["items"]] == ["20260928-1"]


def test_a_platform_may_leave_out_what_has_a_default(portal: Portal) -> None:
    registered(portal.world)
    short = {k: HANDED_IN[k] for k in ("source", "source_id", "title", "category")}
    answer = program(portal, ACCOUNT).call("POST", "/intake", json=short)
    assert answer.status_code in (409, 422) and answer.json()["reasons"]


def test_nobody_else_hands_in_for_a_platform(portal: Portal) -> None:
    registered(portal.world)
    for username in ("chief", "sysadmin", "zjj_head"):
        assert program(portal, username).codes("POST", "/intake", 404, json=HANDED_IN)
    assert portal.world.rows(tables.issue) == []


def test_what_a_platform_gets_wrong_is_told_by_field(portal: Portal) -> None:
    registered(portal.world)
    platform = program(portal, ACCOUNT)
    for field, value, code in (
        ("category", "无此类别", "category_unknown"),
        ("found_on", "gestern", "found_on_malformed"),
        ("title", "", "title_malformed"),
        ("project", "a\0b", "project_malformed"),
    ):
        codes = platform.codes("POST", "/intake", 422, json=HANDED_IN | {field: value})
        assert codes == [code]
