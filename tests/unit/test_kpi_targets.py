"""目标完成率 among the figures: actual ÷ target of units and the whole, blank without one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from projects.kpi import compute, targets
from projects.kpi.base import SHARE
from projects.kpi.rows import ABOVE, BELOW, rows
from projects.kpi.scopes import ZONE
from tests.unit.test_kpi_works import content as facts

WHOLE = "常州经开区"
TOWN, QISHUYAN = "unit:1", "unit:2"
METRIC = {"level": "区", "metric": "竣工项目数", "formula": "completed", "list_code": "district",
          "baseline": ""}  # fmt: skip


def line(key: int, region: str, value: str | None, **given: Any) -> dict[str, Any]:
    return {"id": key, "level": "区", "region": region, "metric": "竣工项目数", "unit": "个",
            "value": value, "value_to": None, "op": "=", "kind": "target", "note": "",
            "actuals": {}, **given}  # fmt: skip


def project(board: str, finished: str | None) -> dict[str, Any]:
    listing = {"list_code": "district", "year": 2026, "carried_over": True, "listed_on": None,
               "removed_on": None}  # fmt: skip
    return {"counted_board": board, "listings": [listing], "actual_finish_on": finished,
            "lead_unit_ids": []}  # fmt: skip


def month(projects: list[dict[str, Any]], lines: list[dict[str, Any]]) -> dict[str, Any]:
    plan = {"id": 1, "name": "年度目标", "year": 2026, "whole": WHOLE, "metrics": [METRIC],
            "shares": [], "gates": [], "baselines": [], "rows": lines, "ahead_points": "0",
            "behind_points": "10", "far_points": "30"}  # fmt: skip
    return facts(projects) | {"targets": [plan]}


LINES = [line(11, WHOLE, "4"), line(12, "横林镇", "4")]
DONE = [project("横林镇", "2026-03-01"), project("横林镇", "2026-07-01")]


def test_a_target_is_a_share_of_what_was_reached_by_the_end_of_the_month() -> None:
    table = compute.table(month(DONE, LINES))
    town = table["target:12", TOWN]
    assert (town.sort, int(town.numerator), int(town.denominator), town.n) == (SHARE, 1, 4, 1)
    assert town.value == Decimal("25.0")
    assert table["target:11", ZONE].value == Decimal("25.0")


def test_a_target_leads_to_its_projects_and_to_its_own_row() -> None:
    content = month(DONE, LINES)
    town = compute.table(content)["target:12", TOWN]
    assert [row.ref for row in rows(content, town, ABOVE)] == ["project:1"]
    (row,) = rows(content, town, BELOW)
    assert (row.ref, row.title) == ("target:12", "区 · 竣工项目数 · 横林镇")
    assert targets.names(content)["target:12"].plan == "年度目标"


def test_who_has_no_target_has_no_figure_however_much_was_reached() -> None:
    content = month([*DONE, project("戚墅堰街道", "2026-02-01")], LINES)
    table = compute.table(content)
    assert [key for key, scope in table if key.startswith("target:") and scope == QISHUYAN] == []
    assert table["target:11", ZONE].numerator == 2  # what it finished counts for the whole


def test_a_blank_target_a_zero_and_a_baseline_are_no_figures() -> None:
    lines = [line(12, "横林镇", None), line(13, "戚墅堰街道", "0"),
             line(14, "横林镇", "3", kind="baseline", metric="去年竣工数")]  # fmt: skip
    assert targets.figures(month(DONE, lines)) == []


def test_what_the_office_enters_is_a_figure_from_the_month_that_it_is_of() -> None:
    entered = line(15, "横林镇", "200", metric="工业投资", actuals={"2026-05": "50"})
    (found,) = targets.figures(month([], [entered]))
    assert (int(found.numerator), found.value) == (50, Decimal("25.0"))
    assert not found.above
    later = line(15, "横林镇", "200", metric="工业投资", actuals={"2026-07": "50"})
    assert targets.figures(month([], [later])) == []


def test_a_limit_has_no_rate_of_attainment() -> None:
    """More of what must not be exceeded is not better."""
    limit = line(13, "横林镇", "4", metric="能耗", op="<=", actuals={"2026-06": "3"})
    assert "target:13" not in {key for key, _scope in compute.table(month([], [limit]))}


def test_figures_of_several_levels_and_plans_are_told_apart() -> None:
    content = month([], [line(11, WHOLE, "4"), line(12, WHOLE, "5", level="市")])
    titles = [name.title for name in targets.names(content).values()]
    assert titles == ["区 · 竣工项目数", "市 · 竣工项目数"]
    (plan,) = content["targets"]
    other = plan | {"id": 2, "name": "另一方案", "rows": [line(13, WHOLE, "4")]}
    both = targets.names(content | {"targets": [plan, other]})
    assert both["target:13"].title == "另一方案 · 区 · 竣工项目数"
    assert both["target:12"].title == "市 · 竣工项目数"
