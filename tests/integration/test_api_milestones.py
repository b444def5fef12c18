"""Plans of projects as programs read and change them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from models import tables
from projects.lights import news as light_news
from tests.api import program
from tests.integration.milestone_kit import laid_out, project, rows
from tests.portal import Portal, opened
from tests.world import World, at

pytestmark = pytest.mark.one_database
NOW = "2026-03-02 10:00"
LATE = "2026-10-08 10:00"


@pytest.fixture
def portal(world: World, tmp_path: Path) -> Iterator[Portal]:
    with opened(world, tmp_path, NOW) as found:
        yield found


def test_a_plan_is_laid_out_read_and_changed_by_its_version(portal: Portal) -> None:
    world = portal.world
    project_id = project(world)
    caller = program(portal, "commissioner")
    path = f"/projects/{project_id}/plan"
    assert caller.get(path)["edition"] == 0
    key = {"Idempotency-Key": "one"}
    made = caller.post(f"{path}/lay-out", {}, headers=key)
    assert caller.post(f"{path}/lay-out", {}, headers=key) == made
    found = caller.get(path)
    assert (found["edition"], found["start_on"]) == (1, "2026-09-30")
    by_key = {m["key"]: m for m in found["milestones"]}
    assert by_key["start"]["after"] == ["construction_permit"]
    assert found["critical_path"][-1] == "acceptance"
    assert set(found["blockers"]) <= set(by_key)
    start = by_key["start"]
    change = {"plan_on": "2026-10-20", "reason": "顺延"}
    seen = {"If-Match": f'"{start["version"]}"'}
    address = f"/milestones/{start['id']}/date"
    assert caller.post(address, change, headers=seen)["version"] == start["version"] + 1
    stale = caller.codes("POST", address, 412, json=change, headers=seen)
    assert stale == ["stale"]


def test_refusals_are_those_of_the_portal(portal: Portal) -> None:
    world = portal.world
    project_id = laid_out(world)
    m = rows(world, project_id)["land_transfer"]
    act = f"/milestones/{m.id}/done"
    body = {"actual_on": "2026-03-02"}
    caller = program(portal, "yaoguan_liaison")
    assert caller.codes("POST", act, 409, json=body) == ["predecessors_open"]
    assert caller.codes("POST", act, 422, json={}) == ["actual_on_missing"]
    assert caller.codes("POST", act, 422, json={"actual_on": "2026-13-01"})
    outsider = program(portal, "lucheng_liaison")
    assert outsider.codes("POST", act, 404, json=body)
    assert outsider.codes("GET", f"/projects/{project_id}/plan", 404)
    assert program(portal, "sthj_liaison").codes("POST", act, 403, json=body)
    assert program(portal, "sysadmin").codes("GET", "/project-lights", 403)
    assert caller.post(act, body | {"confirmed": True})["project"] == project_id


def test_lights_are_listed_page_by_page_within_the_callers_scope(portal: Portal) -> None:
    world = portal.world
    laid_out(world)
    world.with_projects("甲", "乙")
    light_news.run(world.db, at(LATE))
    caller = program(portal.at(LATE), "chief")
    first = caller.get("/project-lights?limit=2")
    assert len(first["items"]) == 2
    rest = caller.get(f"/project-lights?limit=2&cursor={first['next_cursor']}")
    assert (len(rest["items"]), rest["next"]) == (1, None)
    (red,) = caller.get("/project-lights?light=red")["items"]
    assert red["light"]["reason"] == "milestone_overdue"
    assert [t["test"] for t in red["light"]["facts"]["tests"]] == ["start", "milestone"]
    assert caller.codes("GET", "/project-lights?cursor=x", 422) == ["cursor_malformed"]
    assert program(portal, "lucheng_liaison").get("/project-lights?light=red")["items"] == []
    assert caller.get("/board-lights")["items"]


def test_a_proposal_is_reported_and_a_demand_beyond_the_list_too(portal: Portal) -> None:
    world = portal.world
    project_id = laid_out(world)
    light_news.run(world.db, at(LATE))
    caller = program(portal.at(LATE), "yaoguan_liaison")
    proposal = caller.get("/milestone-proposals")["items"][0]
    body = {"title": "节点逾期", "description": "需要协调", "category": "手续办理"}
    done = caller.post(f"/milestone-proposals/{proposal['id']}/report", body)
    assert world.issue(done["issue"]).title == "节点逾期"
    assert caller.get("/milestone-proposals?state=reported")["items"][0]["issue"] == done["issue"]
    base = f"/projects/{project_id}/plan"
    caller.post(f"{base}/land-list", {"issued_on": "2026-03-01", "items": "压覆矿产 | zgj"})
    caller.post(f"{base}/demand", {"text": "清单内", "raised_on": "2026-03-02", "item": 1})
    beyond = caller.post(f"{base}/demand", {"text": "另做交评", "raised_on": "2026-03-02"})
    number = caller.post(f"/land-demands/{beyond['id']}/land-report")["issue"]
    found = caller.get(f"/projects/{project_id}/land")
    assert [d["issue"] for d in found["demands"]] == [number, None]
    assert [d["item"] for d in found["demands"]] == [None, 1]


def test_an_own_milestone_and_a_permit_come_by_the_api_too(portal: Portal) -> None:
    world = portal.world
    project_id = laid_out(world)
    caller = program(portal, "chief")
    base = f"/projects/{project_id}/plan"
    made = caller.post(
        f"{base}/add",
        {"name": "专线接入", "days": 5, "after": ["start"], "before": ["production"]},
    )
    assert world.row(tables.milestone, id=made["id"]).key == "own_1"
    permit = caller.post(
        f"{base}/permit", {"kind": "construction_permit", "granted_on": "2026-03-02"}
    )
    (told,) = caller.get(base)["permits"]
    assert (told["valid_until"], told["state"]) == ("2026-06-01", "valid")
    caller.post(f"/permits/{permit['id']}/withdraw", {"reason": "误报"})
    assert caller.get(base)["permits"][0]["state"] == "withdrawn"
