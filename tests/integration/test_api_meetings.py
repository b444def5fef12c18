"""Dispatch meetings and coordination by API: the same commands, scope, versions and refusals."""

from __future__ import annotations

from typing import Any

import pytest

from models import tables
from tests import meetings
from tests.api import program
from tests.meetings import HELD
from tests.portal import Portal

SEPTEMBER = "2026-09-01 10:00"
PLAN: dict[str, Any] = {
    "starts_at": "2026-09-15T14:30", "place": "三楼会议室", "chair": "director",
    "units": ["lucheng", "zjj", "gdgs"],
}  # fmt: skip
pytestmark = pytest.mark.one_database


@pytest.fixture
def portal(edge: Portal) -> Portal:
    return edge.at("2026-09-14 10:00")


def tag(version: int) -> dict[str, Any]:
    return {"headers": {"if-match": f'"{version}"'}}


def test_a_meeting_from_its_plan_to_its_minutes(portal: Portal) -> None:
    case = portal.world.acknowledged(SEPTEMBER)
    triage, chief, head = (program(portal, name) for name in ("triage", "chief", "zjj_head"))
    assert chief.codes("POST", "/meetings", 422, json={"place": "x"})[0] == "starts_at_wrong"
    assert head.codes("POST", "/meetings", 403, json=PLAN) == ["role_missing"]
    made = triage.call("POST", "/meetings", json=PLAN, headers={"idempotency-key": "a"})
    again = triage.call("POST", "/meetings", json=PLAN, headers={"idempotency-key": "a"})
    assert (made.status_code, made.json()) == (201, again.json())
    assert made.json()["number"] == "HY-2026-01" and len(portal.world.rows(tables.meeting)) == 1
    path = f"/meetings/{made.json()['id']}"
    assert triage.get(f"{path}/candidates")["items"] == []
    picked = triage.post(f"{path}/items", {"issue": case.issue, "proposal": "限期迁移"}, **tag(1))
    assert triage.codes("POST", f"{path}/agenda", 412, **tag(1)) == ["stale"]
    fixed = triage.post(f"{path}/agenda", **tag(picked["version"]))
    assert fixed["state"] == "fixed" and fixed["document"]
    assert triage.call("GET", f"{path}/pack/zip").headers["content-type"] == "application/zip"
    assert head.codes("GET", f"{path}/pack/zip", 404) == ["not_visible"]
    portal.at(HELD)
    assert triage.codes("POST", f"{path}/open", 403) == ["role_missing"]
    chief.post(f"{path}/open")
    asked = {"kind": "ask", "text": "何时迁移？", "lead": "zjj", "item": picked["item"]}
    decision = chief.post(f"{path}/decisions", asked)["decision"]
    answer = {"text": "月底前迁移", "due": "2026-09-28"}
    told = head.post(f"/decisions/{decision}/answer", answer, **tag(1))
    assert (told["state"], told["task"]) == ("answered", None)
    task = chief.post(f"/decisions/{decision}/task")["task"]
    assert task.startswith(case.issue)
    assert chief.codes("POST", f"/decisions/{decision}/task", 409) == ["task_made"]
    head.post(f"/meeting-items/{picked['item']}/positions", {"text": "已报批"})
    raised = {"title": "围挡", "description": "占道", "category": "其他", "board": "lucheng"}
    assert triage.post(f"{path}/issues", raised)["issue"]
    follow = {"kind": "follow", "text": "每周报送", "lead": "zjj", "due": "2026-09-30"}
    second = chief.post(f"{path}/decisions", follow)["decision"]
    chief.post(f"{path}/close")
    minutes = triage.post(f"{path}/minutes", {"present": "建设局"})
    assert minutes["document"] and minutes["state"] == "closed"
    assert triage.post(f"/decisions/{second}/done", {"note": "已报送"})["state"] == "done"
    full = head.get(path)
    assert [(d["status"], d["task"]) for d in full["decisions"]] == [
        ("running", task), ("done", None),
    ]  # fmt: skip
    assert [item["outcome"] for item in chief.get(path)["agenda"]] == ["decided", "deferred"]
    (line,) = head.get("/meetings")["items"]
    assert (line["items"], line["decisions"], line["done"]) == (1, 2, 1)


def test_outsiders_get_404_from_every_address(portal: Portal) -> None:
    world = portal.world
    case = world.acknowledged(SEPTEMBER)
    key = meetings.in_session(world, [case.issue])
    item = meetings.item_of(world, key, case.issue)
    made = meetings.decided(world, key, kind="ask", due=None, item=item)
    portal.at(HELD)
    for who in ("dingyan_head", "auditor"):
        outsider = program(portal, who)
        for path in ("", "/candidates", "/pack/pdf"):
            assert outsider.codes("GET", f"/meetings/{key}{path}", 404) == ["not_visible"]
        assert outsider.get("/meetings")["items"] == []
        sent = {"text": "x", "due": "2026-09-28"}
        assert outsider.codes("POST", f"/decisions/{made}/answer", 404, json=sent)
        assert outsider.codes("POST", f"/meeting-items/{item}/positions", 404, json={"text": "x"})
        assert outsider.codes("GET", f"/issues/{case.issue}/coordination", 404)
        ask = {"cause": "city", "reason": "x"}
        assert outsider.codes("POST", f"/issues/{case.issue}/coordination", 404, json=ask)


def test_coordination_is_asked_for_and_told(portal: Portal) -> None:
    case = portal.world.acknowledged(SEPTEMBER)
    head, chief = program(portal, "zjj_head"), program(portal, "chief")
    path = f"/issues/{case.issue}/coordination"
    told = head.get(path)
    assert (told["level"], told["since"], told["requests"]) == (1, None, [])
    done = head.post(path, {"cause": "city", "reason": "需市供电"})
    assert done["issue"] == case.issue
    told = head.get(path)
    assert (told["level"], told["cause"], told["by"]) == (2, "city", "zjj_head")
    (request,) = told["requests"]
    decline = f"/coordination-requests/{request['id']}/decline"
    assert head.codes("POST", decline, 403, json={"opinion": "x"}) == ["role_missing"]
    assert chief.codes("POST", decline, 412, json={"opinion": "x"}, **tag(7)) == ["stale"]
    chief.post(decline, {"opinion": "由局会商"}, **tag(1))
    assert head.get(path)["requests"][0]["state"] == "declined"
