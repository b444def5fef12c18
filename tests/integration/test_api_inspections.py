"""Inspections, instructions, evaluations and commitments through the API."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from models import tables
from projects.evaluations import making
from tests.api import program
from tests.integration.inspection_world import DAY, NOW, change_project, with_sites
from tests.portal import Portal
from tests.world import at

pytestmark = pytest.mark.one_database


@pytest.fixture
def zone(portal: Portal) -> tuple[Portal, dict[str, int]]:
    return portal.at(NOW), with_sites(portal.world)


def test_an_inspection_goes_its_way_and_a_repeat_changes_nothing(zone: Any) -> None:
    portal, ids = zone
    inspector = program(portal, "inspector")
    body = {"kind": "site", "title": "现场督查", "starts_on": DAY, "projects": [ids["潞城储能"]]}
    key = {"idempotency-key": "plan-1"}
    made = inspector.post("/inspections", body, 201, headers=key)
    assert inspector.post("/inspections", body, 201, headers=key) == made
    path = f"/inspections/{made['id']}"
    entry = {"project": ids["潞城储能"], "title": "围挡", "category": "其他", "token": "phone-0001"}
    assert inspector.post(f"{path}/findings", entry, 201)["new"] is True
    assert inspector.post(f"{path}/findings", entry, 200)["new"] is False
    (raised,) = inspector.post(f"{path}/issues")["items"]
    assert raised["issue"] == portal.world.row(tables.issue).number
    assert inspector.post(f"{path}/issues")["items"] == []
    told = inspector.get(path)
    assert (told["state"], told["findings"][0]["issue"]) == ("sent", raised["issue"])
    close = {"conclusion": "已转办"}
    stale = inspector.codes("POST", f"{path}/close", 412, json=close, headers={"if-match": '"1"'})
    assert stale == ["stale"]
    assert inspector.post(f"{path}/close", close)["state"] == "closed"
    assert [one["number"] for one in inspector.get("/inspections?state=closed")["items"]] == [
        told["number"]
    ]


def test_outsiders_are_refused_by_the_same_rules(zone: Any) -> None:
    portal, ids = zone
    inspector, town = program(portal, "inspector"), program(portal, "henglin_head")
    body = {"kind": "site", "title": "现场督查", "starts_on": DAY, "projects": [ids["潞城储能"]]}
    made = inspector.post("/inspections", body, 201)
    path = f"/inspections/{made['id']}"
    assert town.codes("POST", "/inspections", 403, json=body) == ["role_missing"]
    assert town.codes("GET", path, 404) == ["not_visible"]
    assert town.get("/inspections")["items"] == []
    program(portal, "auditor").get("/inspections", 403)
    town.codes("POST", f"{path}/issues", 403)
    town.get("/samples/lookbacks?month=2026-09", 403)
    assert inspector.get("/samples/lookbacks?month=2026-09")["items"] == []
    own = program(portal, "lucheng_head").get(path)
    assert own["draw"] == {} and [one["project"] for one in own["sites"]] == ["潞城储能"]


def test_an_instruction_is_answered_and_accepted(zone: Any) -> None:
    portal, ids = zone
    leader, unit = program(portal, "principal"), program(portal, "zjj_liaison")
    order = {
        "text": "一周内解决",
        "unit": "zjj",
        "project": ids["潞城储能"],
        "limit_at": "2026-10-09",
    }
    made = leader.post("/instructions", order, 201)
    path = f"/instructions/{made['id']}"
    assert unit.get(path)["limit_at"].startswith("2026-10-09T17:30")
    assert unit.post(f"{path}/answer", {"text": "已落实"})["state"] == "answered"
    inspector = program(portal, "inspector")
    inspector.post(f"{path}/return", {"reason": "请明确日期"})
    unit.post(f"{path}/answer", {"text": "10月9日"})
    inspector.post(f"{path}/accept", {"opinion": "同意"})
    raised = inspector.post(f"{path}/raise", {"title": "滞后", "category": "杆线迁移"})
    assert raised["issue"] == portal.world.row(tables.issue).number
    program(portal, "yaoguan_head").get(path, 404)
    assert unit.get("/instructions?state=accepted")["items"][0]["raised_issue"] == raised["issue"]
    assert unit.get("/instructions?late=true")["items"] == []


def test_an_evaluation_is_answered_and_graded(zone: Any) -> None:
    portal, ids = zone
    change_project(portal.world, "潞城储能", in_production_on=date(2025, 9, 28))
    triage, unit = program(portal, "triage"), program(portal, "lucheng_head")
    where = f"/projects/{ids['潞城储能']}/commitments"
    pledge = {"indicator": "tax_per_mu", "op": ">=", "value": "40"}
    own = triage.post(where, pledge, 201)["id"]
    unit.codes("POST", where, 403, json=pledge)
    triage.post(f"/commitments/{own}/change", pledge | {"value": "38", "reason": "补充协议"})
    making.run(portal.world.db, at(NOW))
    path = f"/evaluations/{portal.world.row(tables.evaluation).id}"
    codes = ("invest_per_mu", "output_per_mu", "tax_per_mu", "energy", "emission")
    wrong = {"values": dict.fromkeys(codes[:-1], "12.5")}
    assert unit.codes("POST", f"{path}/figures", 422, json=wrong) == ["figure_missing"]
    unit.post(f"{path}/figures", wrong | {"notes": {"emission": "未联网"}})
    told = program(portal, "chief").get(path)
    assert told["suggested"] == "D" and told["commitments"][0]["result"] == "not_met"
    assert {one["indicator"]: one["value"] for one in told["figures"]}["emission"] is None
    program(portal, "chief").post(f"{path}/grade", {"grade": "D"})
    issue = triage.post(f"/commitments/{own}/raise", {"category": "其他"})["issue"]
    assert triage.get(where)["items"][0]["issue"] == issue
    program(portal, "henglin_head").get(path, 404)
    program(portal, "henglin_head").get(where, 404)
