"""Targets, monthly figures and frozen months through the API and on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import insert

from models import tables
from projects.seeds import load_targets
from tests.api import program
from tests.portal import Portal
from tests.terminal import Terminal
from tests.world import World

pytestmark = pytest.mark.one_database
NOW = "2026-10-09 10:00"
BODY = {"month": "2026-09", "figures": [{"project": 1, "reported": "0.35", "version": 0}]}


@pytest.fixture
def zone(world: World) -> World:
    """The plans of the sources, a project of Lucheng and one of Henglin."""
    with world.db.write() as s:
        load_targets(s)
        for name, code in (("潞城甲", "lucheng"), ("横林乙", "henglin")):
            s.execute(insert(tables.project).values(
                name=name, board_id=world.units[code], stage="started"
            ))  # fmt: skip
    return world


def test_a_unit_reports_once_for_a_key_and_sees_its_own(zone: World, portal: Portal) -> None:
    unit = program(portal.at(NOW), "lucheng_liaison")
    key = {"idempotency-key": "sept"}
    first = unit.post("/figures", BODY, headers=key)
    assert first == {"month": "2026-09", "changed": 1, "edition": None}
    assert unit.post("/figures", BODY, headers=key) == first
    [item] = unit.get("/figures?month=2026-09")["items"]
    assert (item["project"], item["reported"], item["statistical"]) == (1, "0.35", None)
    assert program(portal, "henglin_head").get("/figures?month=2026-09")["items"] == []


@pytest.mark.parametrize("who, status", [
    ("henglin_liaison", 404), ("lucheng_handler", 403), ("sysadmin", 404), ("director", 403),
])  # fmt: skip
def test_nobody_else_reports(zone: World, portal: Portal, who: str, status: int) -> None:
    program(portal.at(NOW), who).codes("POST", "/figures", status, json=BODY)
    assert zone.rows(tables.project_month) == []


def test_every_faulty_amount_is_named_by_its_field(zone: World, portal: Portal) -> None:
    figures = [{"project": 1, "reported": "x"}, {"project": 2, "statistical": "1.00001"}]
    answer = program(portal.at(NOW), "chief").call(
        "POST", "/figures", json={"month": "2026-09", "figures": figures}
    )
    assert answer.status_code == 422
    fields = [reason["field"] for reason in answer.json()["reasons"]]
    assert fields == ["figures.0.reported", "figures.1.statistical"]


def test_a_month_is_frozen_corrected_and_read(zone: World, portal: Portal) -> None:
    chief = program(portal.at(NOW), "chief")
    chief.post("/figures", BODY)
    made = chief.post("/months/2026-09/freeze", {"reason": ""}, 201)
    assert chief.codes("POST", "/months/2026-09/freeze", 409, json={"reason": ""}) == [
        "month_frozen"
    ]
    assert chief.codes("POST", "/figures", 409, json=BODY) == ["month_frozen"]
    corrected = {"month": "2026-09", "figures": [{"project": 1, "reported": "0.4"}]}
    done = chief.post("/figures", corrected | {"reason": "核减"})
    assert done["edition"] == 2
    items = program(portal, "lucheng_head").get("/months")["items"]
    assert [(i["month"], i["edition"]) for i in items] == [("2026-09", 2), ("2026-09", 1)]
    assert items[1]["digest"] == made["digest"]
    program(portal, "triage").codes("POST", "/months/2026-08/freeze", 403, json={})


def test_what_a_figure_does_not_name_stays_and_null_takes_it_back(
    zone: World, portal: Portal
) -> None:
    chief = program(portal.at(NOW), "chief")

    def sent(reason: str = "", **named: object) -> tuple[object, ...]:
        body = {"month": "2026-09", "figures": [{"project": 1, **named}], "reason": reason}
        chief.post("/figures", body)
        [item] = chief.get("/figures?month=2026-09")["items"]
        return tuple(item[n] for n in ("reported", "statistical", "progress", "note", "version"))

    assert sent(reported="0.35", progress="主体", note="甲") == ("0.35", None, "主体", "甲", 1)
    assert sent(statistical="0.3", version=1) == ("0.35", "0.3", "主体", "甲", 2)
    assert sent(progress="封顶") == ("0.35", "0.3", "封顶", "甲", 3)
    stale = {"month": "2026-09", "figures": [{"project": 1, "note": "x", "version": 2}]}
    assert chief.codes("POST", "/figures", 409, json=stale) == ["stale"]
    chief.post("/months/2026-09/freeze", {"reason": ""}, 201)
    assert sent("核减", statistical="0.2") == ("0.35", "0.2", "封顶", "甲", 4)
    assert sent("核减", statistical=None, note="") == ("0.35", None, "封顶", "", 5)


def test_plans_answer_with_cells_totals_and_gates(zone: World, portal: Portal) -> None:
    reader = program(portal.at(NOW), "lucheng_head")
    [plan] = [p for p in reader.get("/plans?year=2024")["items"] if p["rows"] == 114]
    found = reader.get(f"/plans/{plan['id']}?month=2024-12")
    assert len(found["totals"]) == 20 and all(t["agrees"] for t in found["totals"])
    blank = [c for c in found["cells"] if c["region"] == "戚墅堰街道"]
    assert blank and {c["target"] for c in blank} == {None} == {c["rank"] for c in blank}
    reader.get("/plans/99", 404)
    program(portal, "auditor").get("/plans", 403)


def test_the_command_line_lists_checks_imports_and_reports(
    zone: World, terminal: Terminal, tmp_path: Path
) -> None:
    at = {"at": NOW}
    assert "常州经开区2024年重点产业项目推进攻坚实施意见" in terminal.ok(
        "target list", by="chief", **at
    )
    checks = terminal.data("target check --year 2024", by="triage", **at)
    assert len(checks) == 20 and all(c["agrees"] for c in checks)
    table = tmp_path / "t.csv"
    table.write_text(
        "plan,region,metric,value,year\n新方案,全区,开工数,5,2026\n新方案,甲镇,开工数,4,2026\n"
    )
    counted = terminal.data(f"target import {table} --dry-run", by="triage", **at)
    assert counted["new"] == 2 and zone.rows(tables.plan, name="新方案") == []
    terminal.ok(f"target import {table}", by="triage", **at)
    assert terminal("target check --year 2026", by="triage", **at).exit_code == 1
    assert terminal.refused(3, f"target import {table}", by="lucheng_head", **at)
    terminal.ok("figures report 潞城甲 --month 2026-09 --reported 0.5", by="lucheng_liaison", **at)
    assert terminal.refused(
        4, "figures report 横林乙 --month 2026-09 --reported 1", by="lucheng_liaison", **at
    )
    rows = tmp_path / "f.csv"
    rows.write_text("项目,列统投资\n潞城甲,0.4\n")
    terminal.ok(f"figures import {rows} --month 2026-09", by="triage", **at)
    [shown] = terminal.data("figures show --month 2026-09", by="triage", **at)
    assert (shown["reported"], shown["statistical"]) == ("0.5", "0.4")
    terminal.ok("figures freeze --month 2026-09", by="chief", **at)
    assert terminal.refused(1, "figures freeze --month 2026-09", by="chief", **at)
    [frozen] = terminal.data("figures show", by="chief", **at)
    assert (frozen["month"], frozen["edition"]) == ("2026-09", 1)
