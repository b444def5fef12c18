"""Plans of targets as other programs and the command line edit them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from models import tables
from tests.api import program
from tests.integration.library_kit import rows
from tests.portal import Portal
from tests.world import World

pytestmark = pytest.mark.one_database
NOW = "2026-10-09 10:00"
HEAD = {"name": "2026年目标", "year": 2026, "whole": "全区", "behind_points": "15"}


@pytest.fixture
def plan(portal: Portal) -> str:
    """The address of a plan with two rows of one metric."""
    chief = program(portal.at(NOW), "chief")
    made = chief.post("/plans", HEAD, 201)
    path = f"/plans/{made['id']}"
    for region, value in (("全区", "5"), ("潞城街道", "2-3")):
        line = {"region": region, "metric": "开工数", "unit": "个", "value": value}
        chief.post(f"{path}/lines", line)
    return path


def lines(world: World) -> list[tuple[Any, ...]]:
    return [(r.region, r.metric, r.op, r.value, r.value_to) for r in rows(world, tables.target)]


def test_a_plan_is_made_once_and_its_head_corrected_in_part(portal: Portal) -> None:
    chief, once = program(portal.at(NOW), "chief"), {"idempotency-key": "p-1"}
    made = chief.post("/plans", HEAD, 201, headers=once)
    assert chief.post("/plans", HEAD, 201, headers=once) == made
    path = f"/plans/{made['id']}"
    seen = chief.call("GET", f"{path}/sheet")
    assert (seen.headers["etag"], seen.json()["behind_points"]) == ('"1"', "15")
    chief.post(f"{path}/head", {"note": "调整后"}, headers={"if-match": '"1"'})
    found = chief.get(f"{path}/sheet")
    assert (found["name"], found["note"], found["behind_points"], found["version"]) == (
        HEAD["name"], "调整后", "15", 2)  # fmt: skip
    late = chief.call("POST", f"{path}/head", json={"note": "x"}, headers={"if-match": '"1"'})
    assert late.status_code == 412
    assert chief.codes("POST", "/plans", 409, json=HEAD) == ["plan_exists"]
    assert chief.codes("POST", f"{path}/head", 422, json={"far_points": "x"}) == ["number"]
    assert chief.codes("POST", f"{path}/head", 422, json={"name": " "}) == ["required"]


def test_rows_are_added_corrected_in_part_and_removed(portal: Portal, plan: str) -> None:
    chief, world = program(portal, "chief"), portal.world
    assert lines(world) == [
        ("全区", "开工数", "=", Decimal(5), None),
        ("潞城街道", "开工数", "range", Decimal(2), Decimal(3)),
    ]
    found = chief.get(f"{plan}/sheet")
    second = found["lines"][1]
    assert second["value"] == "2-3"
    row = f"{plan}/lines/{second['id']}"
    chief.post(row, {"note": "含续建"}, headers={"if-match": f'"{found["version"]}"'})
    assert lines(world)[1][2:] == ("range", Decimal(2), Decimal(3))
    chief.post(row, {"value": "4"})
    assert lines(world)[1][2:] == ("=", Decimal(4), None)
    chief.post(row, {"value": ""})
    assert lines(world)[1][2:] == ("=", None, None)
    assert rows(world, tables.target)[1].note == "含续建"
    assert chief.codes("POST", row, 409, json={"region": "全区", "note": ""}) == ["line_exists"]
    assert chief.codes("POST", row, 422, json={"op": "?", "value": "x"}) == ["number"]
    assert chief.codes("POST", f"{plan}/lines/999", 404, json={"value": "1"}) == ["not_visible"]
    chief.post(f"{row}/remove")
    assert len(lines(world)) == 1
    assert chief.codes("POST", f"{row}/remove", 404) == ["not_visible"]


def test_a_row_belongs_to_its_plan(portal: Portal, plan: str) -> None:
    chief = program(portal, "chief")
    other = chief.post("/plans", HEAD | {"name": "另一个"}, 201)["id"]
    key = chief.get(f"{plan}/sheet")["lines"][0]["id"]
    chief.codes("POST", f"/plans/{other}/lines/{key}", 404, json={"value": "1"})
    chief.codes("POST", f"/plans/{other}/lines/{key}/remove", 404)
    figures = {"month": "2026-09", "figures": [{"line": key, "value": "1"}]}
    chief.codes("POST", f"/plans/{other}/actuals", 404, json=figures)


def test_formulas_monthly_tasks_and_gates_are_set(portal: Portal, plan: str) -> None:
    chief = program(portal, "chief")
    chief.post(f"{plan}/metrics", {"metric": "开工数", "formula": "started", "list": "city"})
    shares = {"shares": [{"month": 6, "share": "45"}, {"month": 12, "share": "100"}]}
    chief.post(f"{plan}/shares", shares)
    gate = {"name": "上半年开工率", "month": 6, "formula": "start_rate", "list": "city",
            "threshold": "80"}  # fmt: skip
    chief.post(f"{plan}/gates", gate)
    chief.post(f"{plan}/gates", gate | {"threshold": "85"})
    found = chief.get(f"{plan}/sheet")
    assert [(m["metric"], m["formula"], m["list"]) for m in found["metrics"]] == [
        ("开工数", "started", "city")]  # fmt: skip
    assert [(s["month"], s["share"]) for s in found["shares"]] == [(6, "45"), (12, "100")]
    [kept] = found["gates"]
    assert kept["threshold"] == "85"
    falling = {"shares": [{"month": 6, "share": "45"}, {"month": 12, "share": "40"}]}
    assert chief.codes("POST", f"{plan}/shares", 422, json=falling) == ["shares"]
    twice = {"shares": [{"month": 6, "share": "45"}, {"month": 6, "share": "50"}]}
    assert chief.codes("POST", f"{plan}/shares", 422, json=twice) == ["month"]
    assert chief.codes("POST", f"{plan}/gates", 422, json=gate | {"formula": "started"}) == [
        "unknown"]  # fmt: skip
    chief.codes("POST", f"{plan}/metrics", 404, json={"metric": "没有的"})
    chief.post(f"{plan}/gates/{kept['id']}/remove")
    assert chief.get(f"{plan}/sheet")["gates"] == []


def test_a_copy_begins_with_the_rows_of_the_other(portal: Portal, plan: str) -> None:
    chief, source = program(portal, "chief"), int(plan.rpartition("/")[2])
    head = {"name": "2027年目标", "year": 2027, "whole": "全区", "copy_of": source}
    made = chief.post("/plans", head, 201)
    found = chief.get(f"/plans/{made['id']}/sheet")
    assert [row["value"] for row in found["lines"]] == ["5", "2-3"]


def test_figures_that_no_formula_knows_are_entered(portal: Portal, plan: str) -> None:
    chief = program(portal, "chief")
    [first, _second] = chief.get(f"{plan}/actuals?month=2026-09")["items"]
    assert (first["value"], first["version"]) == (None, 0)
    body = {"month": "2026-09", "figures": [{"line": first["line"], "value": "3", "version": 0}]}
    assert chief.post(f"{plan}/actuals", body)["changed"] == 1
    assert chief.codes("POST", f"{plan}/actuals", 409, json=body) == ["stale"]
    [first, _second] = chief.get(f"{plan}/actuals?month=2026-10")["items"]
    assert (first["before"], first["value"]) == ("3", None)
    wrong = {"month": "2026-09", "figures": [{"line": first["line"], "value": "x"}]}
    assert chief.codes("POST", f"{plan}/actuals", 422, json=wrong) == ["number"]
    chief.get(f"{plan}/actuals?month=2025-09", 404)


def test_what_an_entered_figure_does_not_name_stays(portal: Portal, plan: str) -> None:
    chief = program(portal, "chief")
    [first, _second] = chief.get(f"{plan}/actuals?month=2026-09")["items"]

    def sent(**named: object) -> tuple[object, ...]:
        body = {"month": "2026-09", "figures": [{"line": first["line"], **named}]}
        chief.post(f"{plan}/actuals", body)
        [line, _other] = chief.get(f"{plan}/actuals?month=2026-09")["items"]
        return line["value"], line["note"], line["version"]

    assert sent(value="3", note="按月报") == ("3", "按月报", 1)
    assert sent(value="4", version=1) == ("4", "按月报", 2)
    assert sent(note="已核") == ("4", "已核", 3)
    assert sent(value=None) == (None, "已核", 4)


@pytest.mark.parametrize("path, body", [
    ("", HEAD | {"name": "乙"}), ("/1/head", {"note": "x", "far_points": "x"}),
    ("/1/lines", {"region": "全区", "metric": "竣工数"}), ("/1/lines/1", {"value": "9"}),
    ("/1/lines/1/remove", None), ("/1/metrics", {"metric": "开工数"}),
    ("/1/shares", {"shares": []}),
    ("/1/gates", {"name": "x", "month": 6, "formula": "x", "list": "x", "threshold": "x"}),
    ("/1/gates/1/remove", None),
    ("/1/actuals", {"month": "2026-09", "figures": [{"line": 1, "value": "1"}]}),
])  # fmt: skip
def test_only_the_office_edits_plans(portal: Portal, plan: str, path: str, body: Any) -> None:
    assert plan == "/plans/1"
    before = portal.world.dump()
    for who in ("director", "lucheng_head", "zjj_liaison", "auditor", "sysadmin"):
        program(portal, who).codes("POST", f"/plans{path}", 403, json=body)
    assert program(portal).call("POST", f"/plans{path}", json=body).status_code == 401
    after = portal.world.dump()
    kept = ("plan", "target", "plan_metric", "plan_month", "plan_gate", "plan_actual")
    assert all(before[name] == after[name] for name in kept)
    assert program(portal, "auditor").call("GET", "/plans/1/sheet").status_code == 403
    program(portal, "lucheng_head").get("/plans/1/sheet")
