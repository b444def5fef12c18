"""Tables of targets and monthly figures handed in by programs: shown, then taken whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update

from models import tables
from tests.api import Program, program
from tests.portal import Portal
from tests.world import World

pytestmark = pytest.mark.one_database
NOW = "2026-10-09 10:00"
SEED = Path(__file__).parents[2] / "data" / "seed_targets.csv"
PLAN = (
    "方案,层级,区域,指标,单位,关系,目标值,年份\n"
    "年度目标,,经开区,投资,亿元,≥,10,2026\n年度目标,,潞城街道,投资,亿元,,6,2026\n"
    "年度目标,,横林镇,投资,亿元,,4,2026\n年度目标,,戚墅堰街道,投资,亿元,,,2026\n"
)
SEPTEMBER: dict[str, Any] = {"month": "2026-09"}
FIGURES = "项目名称,上报投资,列统投资\n潞城甲,0.35,\n横林乙,,0.2\n"


@pytest.fixture
def zone(world: World, portal: Portal) -> World:
    with world.db.write() as s:
        for name, code in (("潞城甲", "lucheng"), ("横林乙", "henglin")):
            s.execute(insert(tables.project).values(
                name=name, board_id=world.units[code], stage="started"
            ))  # fmt: skip
    portal.at(NOW)
    return world


def send(client: Program, path: str, text: str, status: int = 200, **data: Any) -> Any:
    """Post a table; the JSON of the answer."""
    key = {"idempotency-key": data.pop("key")} if "key" in data else {}
    files = {"file": ("table.csv", text.encode(), "text/csv")}
    answer = client.call("POST", path, files=files, data=data, headers=key)
    assert answer.status_code == status, answer.text
    return answer.json()


def codes(found: Any) -> list[tuple[str, str]]:
    return [(reason["code"], reason["field"]) for reason in found["reasons"]]


def test_a_table_of_targets_is_shown_and_taken_as_it_was_shown(zone: World, portal: Portal) -> None:
    office = program(portal, "triage")
    shown = send(office, "/target-tables/preview", PLAN)
    assert (shown["new"], shown["changed"], shown["unchanged"]) == (4, 0, 0)
    assert [(row["row"], row["op"], row["value"]) for row in shown["changes"]] == [
        (2, ">=", "10"), (3, "=", "6"), (4, "=", "4"), (5, "=", None)]  # fmt: skip
    (total,) = shown["totals"]
    assert (total["total"], total["summed"], total["how"]) == ("10", "10", "at_least")
    assert zone.rows(tables.target) == [], "a preview writes nothing"
    other = PLAN.replace(",6,", ",7,")
    stale = send(office, "/target-tables/take", other, 409, expect=shown["digest"])
    assert codes(stale)[0][0] == "stale", "another table than the one that was shown"
    taken = {"expect": shown["digest"], "key": "one"}
    done = send(office, "/target-tables/take", PLAN, **taken)
    assert done == {"new": 4, "changed": 0, "unchanged": 0}
    assert send(office, "/target-tables/take", PLAN, **taken) == done
    assert len(zone.rows(tables.target)) == 4
    again = send(office, "/target-tables/preview", other)
    (row,) = again["changes"]
    assert (row["change"], row["value"], row["before"]["value"]) == ("changed", "7", "6")


def test_the_sources_table_passes_through_the_api_whole(zone: World, portal: Portal) -> None:
    office, text = program(portal, "triage"), SEED.read_text(encoding="utf-8")
    shown = send(office, "/target-tables/preview", text)
    assert shown["new"] == len(text.splitlines()) - 1 == len(shown["changes"])
    assert {total["agrees"] for total in shown["totals"]} <= {True, None}
    send(office, "/target-tables/take", text, expect=shown["digest"])
    assert send(office, "/target-tables/preview", text)["changes"] == []


def test_faults_of_a_table_are_named_and_nothing_is_taken(zone: World, portal: Portal) -> None:
    office = program(portal, "triage")
    wrong = PLAN.replace(",4,2026", ",四,2026")
    assert codes(send(office, "/target-tables/take", wrong, 422)) == [("number", "value")]
    assert send(office, "/target-tables/preview", "甲,乙\n1,2\n", 422)["reasons"]
    assert zone.rows(tables.target) == []
    for who, status in (("lucheng_head", 403), ("sysadmin", 403)):
        send(program(portal, who), "/target-tables/preview", PLAN, status)
        send(program(portal, who), "/target-tables/take", PLAN, status)


def test_a_table_of_figures_is_shown_and_taken_by_the_office(zone: World, portal: Portal) -> None:
    chief, month = program(portal, "chief"), SEPTEMBER
    shown = send(chief, "/figure-tables/preview", FIGURES, **month)
    after = {row["name"]: row["after"] for row in shown["changes"]}
    assert (after["潞城甲"]["reported"], after["潞城甲"]["statistical"]) == ("0.35", None)
    assert (after["横林乙"]["reported"], after["横林乙"]["statistical"]) == (None, "0.2")
    assert shown["rows"] == 2 and zone.rows(tables.project_month) == []
    chief.post("/figures", month | {"figures": [{"project": 1, "progress": "主体"}]})
    late = month | {"expect": shown["digest"]}
    assert codes(send(chief, "/figure-tables/take", FIGURES, 409, **late))[0][0] == "stale"
    done = send(chief, "/figure-tables/take", FIGURES, key="a", **month)
    assert done == {"month": "2026-09", "rows": 2, "changed": 2}
    assert send(chief, "/figure-tables/take", FIGURES, key="a", **month) == done
    rows = {row.project_id: row for row in zone.rows(tables.project_month)}
    assert (rows[1].reported_wan, rows[1].progress, rows[2].statistical_wan) == (3500, "主体", 2000)
    chief.post("/months/2026-09/freeze", {}, 201)
    frozen = send(chief, "/figure-tables/take", FIGURES, 409, **month)
    assert codes(frozen)[0][0] == "month_frozen"


def test_a_unit_takes_a_table_of_its_own_projects_alone(zone: World, portal: Portal) -> None:
    unit, month = program(portal, "lucheng_liaison"), SEPTEMBER
    own = "项目名称,上报投资\n潞城甲,0.35\n"
    assert send(unit, "/figure-tables/take", own, **month)["changed"] == 1
    assert send(unit, "/figure-tables/take", FIGURES, 422, **month)["reasons"]
    send(program(portal, "lucheng_handler"), "/figure-tables/preview", own, 403, **month)
    send(program(portal, "sysadmin"), "/figure-tables/preview", own, 403, **month)
    assert len(zone.rows(tables.project_month)) == 1


def test_a_row_whose_code_and_name_are_of_two_projects_is_refused(
    zone: World, portal: Portal
) -> None:
    """A column that has slipped by a row would book every amount on the project beside."""
    code = "2401-320412-89-01-123456"
    with zone.db.write() as s:
        s.execute(update(tables.project).where(tables.project.c.id == 1).values(code=code))
    chief, month = program(portal, "chief"), SEPTEMBER
    rows = f"项目名称,项目代码,上报投资\n横林乙,{code},1\n"
    assert codes(send(chief, "/figure-tables/take", rows, 422, **month)) == [
        ("two_projects", "code")
    ]
    known_by_code = f"项目名称,项目代码,上报投资\n旧名称,{code},1\n"
    assert send(chief, "/figure-tables/take", known_by_code, **month)["changed"] == 1
