"""Attainment, gates, totals: pure figures over a month's content."""

from __future__ import annotations

from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects.figures.amounts import number, wan
from projects.sections.shared import to_yi, yi_text
from projects.targets.attainment import Board, Cell, board, change, ranked, state_of
from projects.targets.formulas import FORMULAS, big, evaluate, total
from projects.targets.gates import gates
from projects.targets.library_view import LibraryView, Span
from projects.targets.totals import totals
from workflow.errors import Malformed

PLAN: dict[str, Any] = {"ahead_points": "0", "behind_points": "10", "far_points": "30"}
BOARDS = ("甲镇", "乙镇", "丙街道")


@pytest.mark.parametrize("gap, state", [
    ("0.01", "ahead"), ("0", "on_course"), ("-9.99", "on_course"), ("-10", "behind"),
    ("-30", "behind"), ("-30.01", "far"),
])  # fmt: skip
def test_behind_is_10_to_30_points_inclusive_and_far_is_more(gap: str, state: str) -> None:
    assert state_of(Decimal(gap), PLAN) == state


def test_thresholds_are_the_plans_own() -> None:
    strict = {"ahead_points": "5", "behind_points": "2", "far_points": "4"}
    found = [state_of(Decimal(gap), strict) for gap in (6, 5, -1, -2, -4, -5)]
    assert found == ["ahead", "on_course", "on_course", "behind", "behind", "far"]


def project(key: int, board_name: str, **facts: Any) -> dict[str, Any]:
    listing = {
        "list_code": "district", "year": 2026, "carried_over": facts.pop("carried", False),
        "listed_on": facts.pop("listed_on", None), "removed_on": facts.pop("removed_on", None),
    }  # fmt: skip
    usual = dict.fromkeys((
        "actual_start_on", "actual_finish_on", "in_production_on", "in_statistics_on", "nature",
        "total_invest_yi", "total_invest_usd_wan", "plan_year_invest_yi", "attributed_board_id",
    ))  # fmt: skip
    return {"id": key, "zone": "", "counted_board": board_name, "listings": [listing], **usual,
            **facts}  # fmt: skip


def content(projects: list[dict[str, Any]], rows: list[Any], **plan: Any) -> dict[str, Any]:
    return {
        "month": "2026-06",
        "units": [{"name": n, "is_board": True, "active": True} for n in BOARDS],
        "projects": projects,
        "figures": [],
        "targets": [{
            "id": 1, "year": 2026, "whole": "全区", "metrics": [], "shares": [], "gates": [],
            "baselines": [], "rows": rows, **PLAN, **plan,
        }],
    }  # fmt: skip


COUNTER = count(1)


def line(region: str, value: str | None, metric: str = "竣工项目数") -> dict[str, Any]:
    return {"id": next(COUNTER), "level": "区", "region": region, "metric": metric,
            "unit": "个", "value": value, "value_to": None, "op": "=", "kind": "target",
            "note": "", "actuals": {}}  # fmt: skip


METRIC = {"level": "区", "metric": "竣工项目数", "formula": "completed", "list_code": "district",
          "baseline": ""}  # fmt: skip


def made(projects: list[dict[str, Any]], rows: list[Any], **plan: Any) -> Board:
    found = board(content(projects, rows, metrics=[METRIC], **plan), 1)
    assert found is not None
    return found


def cells(found: Board) -> dict[str, Cell]:
    [column] = found.columns
    return {cell.region: cell for cell in found.row(column, "区")}


def test_ranks_share_places_and_leave_out_the_whole_and_whoever_has_no_target() -> None:
    done = [project(n, "甲镇" if n < 3 else "乙镇", actual_finish_on="2026-04-01")
            for n in range(1, 5)]  # fmt: skip
    found = cells(made(done, [line("全区", "8"), line("甲镇", "4"), line("乙镇", "4")]))
    assert {name: cell.rank for name, cell in found.items()} == {
        "全区": None, "甲镇": 1, "乙镇": 1, "丙街道": None,
    }  # fmt: skip
    assert found["丙街道"].state == "none" and found["丙街道"].actual is None


def test_a_target_row_that_is_blank_is_no_target_either() -> None:
    found = cells(made([], [line("全区", "8"), line("甲镇", None)]))
    assert (found["甲镇"].target, found["甲镇"].state) == (None, "none")


def test_a_target_of_zero_has_no_attainment_rather_than_a_division() -> None:
    found = cells(made([project(1, "甲镇", actual_finish_on="2026-02-01")], [line("甲镇", "0")]))
    assert (found["甲镇"].attainment, found["甲镇"].state) == (None, "met")


def test_a_target_of_zero_with_nothing_done_is_met_and_never_called_unreported() -> None:
    found = cells(made([project(1, "甲镇", actual_finish_on="2026-02-01")], [line("乙镇", "0")]))
    assert found["乙镇"].actual == 0 and found["乙镇"].state == "met"


@pytest.mark.parametrize("op, value, state", [
    (">", "1", "ahead"), (">", "0", "met"), (">=", "1", "met"), ("=", "1", "met"),
    ("~", "1", "met"),
])  # fmt: skip
def test_more_than_is_not_met_by_just_as_many(op: str, value: str, state: str) -> None:
    row = line("甲镇", value) | {"op": op}
    found = cells(made([project(1, "甲镇", actual_finish_on="2026-02-01")], [row]))
    assert found["甲镇"].state == state


def test_more_than_zero_with_nothing_done_stands_behind_the_year() -> None:
    done = [project(1, "乙镇", actual_finish_on="2026-02-01")]
    found = cells(made(done, [line("甲镇", "0") | {"op": ">"}, line("乙镇", "2")]))
    assert found["甲镇"].actual == 0 and found["甲镇"].state == "far"


def test_nothing_counts_before_it_happened_or_after_it_left_the_list() -> None:
    library = LibraryView(content([
        project(1, "甲镇", actual_finish_on="2026-07-01"),
        project(2, "甲镇", actual_finish_on="2025-12-31"),
        project(3, "甲镇", actual_finish_on="2026-06-30", removed_on="2026-06-30"),
        project(4, "甲镇", actual_finish_on="2026-06-30"),
        project(5, "甲镇", actual_finish_on="2026-01-01", listed_on="2026-07-01"),
    ], []))  # fmt: skip
    rows = evaluate(library, "completed", "district", Span(2026, "2026-06"))
    assert rows is not None and [row.project["id"] for row in rows] == [4]


def test_big_projects_are_counted_in_either_currency() -> None:
    stated = [("10", None), ("9.9999", None), (None, "10000"), (None, "9999"), (None, None)]
    found = [big(project(1, "", total_invest_yi=y, total_invest_usd_wan=u)) for y, u in stated]
    assert found == [True, False, True, False, False]


def test_a_sum_of_which_nobody_reported_is_unknown_and_of_no_project_is_zero() -> None:
    library = LibraryView(content([project(1, "甲镇")], []))
    rows = evaluate(library, "statistical", "district", Span(2026, "2026-06"))
    assert total("statistical", rows) is None
    assert total("statistical", []) == 0
    assert total("statistical", None) is None


GATE = {"id": 1, "level": "区", "name": "上半年开工率", "month": 6, "formula": "start_rate",
        "list_code": "district", "threshold": "80", "source": ""}  # fmt: skip


def started(n: int, of: int, on: str = "2026-05-01") -> list[dict[str, Any]]:
    return [project(k, "甲镇", actual_start_on=on if k <= n else None) for k in range(1, of + 1)]


@pytest.mark.parametrize("n, state", [(4, "passed"), (3, "failed")])
def test_a_gate_is_judged_at_the_end_of_its_month(n: int, state: str) -> None:
    whole, town = gates(made(started(n, 5), [line("全区", "1")], gates=[GATE]))
    assert (whole.state, whole.n, town.region, town.state) == (state, 5, "甲镇", state)


def test_before_its_month_a_gate_is_open_and_afterwards_what_came_late_does_not_count() -> None:
    early = content(started(3, 5), [line("全区", "1")], gates=[GATE]) | {"month": "2026-05"}
    late = content(started(5, 5, "2026-07-02"), [line("全区", "1")], gates=[GATE])
    late["month"] = "2026-09"
    found = [board(c, 1) for c in (early, late)]
    assert [gates(b)[0].state for b in found if b] == ["open", "failed"]


def test_a_gate_without_any_project_is_unknown() -> None:
    [only] = gates(made([], [line("全区", "1")], gates=[GATE]))
    assert (only.rate, only.n, only.state) == (None, 0, "unknown")


def test_last_years_figure_comes_from_the_sources_where_the_library_has_none() -> None:
    stated = [{"region": "全区", "metric": "竣工项目数", "unit": "个", "value": "4", "op": "=",
               "plan": "x"}]  # fmt: skip
    found = made([], [line("全区", "8")], baselines=stated)
    assert found.year_before(found.columns[0], "全区") == 4
    assert change(Decimal(5), Decimal(4)) == Decimal("25.0")
    assert change(None, Decimal(4)) is None and change(Decimal(5), Decimal(0)) is None


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(-99, 99)), max_size=30),
       st.integers(-99, 99))  # fmt: skip
def test_totals_agree_exactly_when_the_rows_sum_to_them(
    rows: list[tuple[str, int]], printed: int
) -> None:
    lines = [("l", "m", name, Decimal(n) / 10, "=") for name, n in rows]
    found = totals([*lines, ("l", "m", "whole", Decimal(printed) / 10, "=")], "whole")
    if not rows:
        assert found == []
    else:
        assert found[0].agrees == (sum(n for _name, n in rows) == printed)


@pytest.mark.parametrize(
    "op, part, printed, how, agrees",
    [
        ("=", "=", 5, "equal", True), ("=", "=", 4, "equal", False),
        (">=", "=", 4, "at_least", True), (">", ">=", 5, "at_least", True),
        (">=", "=", 6, "at_least", False), ("~", "=", 5, "unchecked", None),
        ("=", ">=", 5, "unchecked", None), (">=", "range", 4, "unchecked", None),
    ],
)  # fmt: skip
def test_a_total_with_an_operator_says_how_it_is_compared(
    op: str, part: str, printed: int, how: str, agrees: bool | None
) -> None:
    rows = [("l", "m", name, Decimal(n), part) for name, n in (("a", 2), ("b", 3))]
    [found] = totals([*rows, ("l", "m", "whole", Decimal(printed), op)], "whole")
    assert (found.op, found.how, found.agrees) == (op, how, agrees)


@pytest.mark.parametrize("text", ["1_0", "1e2", "1E-1", "½", "٣x", "--1", "1.2.3", "0x1", " . "])
def test_what_only_a_program_would_read_as_a_number_is_none(text: str) -> None:
    with pytest.raises(Malformed):
        number(text, "x")


@pytest.mark.parametrize("text, value", [
    ("１，２３４.５", "1234.5"), ("-0.3", "-0.3"), ("+2", "2"), (".5", "0.5"), ("3.", "3"),
])  # fmt: skip
def test_amounts_are_read_as_people_write_them(text: str, value: str) -> None:
    assert number(text, "x") == Decimal(value)


@given(st.integers(-(10**8), 10**8))
def test_amounts_keep_every_wan(amount: int) -> None:
    text = yi_text(amount)
    assert text is not None and wan(text, "x") == amount
    assert to_yi(amount) == Decimal(amount) / 10_000


@pytest.mark.parametrize("text", ["1.00001", "abc", "NaN", "1e99", "100001", "--1", "∞"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        wan(text, "x")


@pytest.mark.parametrize("text, amount", [("", None), ("０.３５", 3500), ("1,000", 10**7)])
def test_what_people_write_is_understood(text: str, amount: int | None) -> None:
    assert wan(text, "x") == amount


def test_two_cells_at_least_are_ranked() -> None:
    alone = list(cells(made([], [line("甲镇", "2")])).values())
    assert {cell.rank for cell in ranked(alone, "全区")} == {None}


def test_every_formula_answers_over_an_empty_library() -> None:
    library = LibraryView(content([project(1, "甲镇")], []))
    for name, formula in FORMULAS.items():
        rows = list(formula.rows(library, "district", Span(2026, "2026-06")))
        assert total(name, rows) in (None, 0, 1), name


@pytest.mark.parametrize("op, actual, state", [
    ("<=", "2.9", "within"), ("<=", "3", "within"), ("<=", "3.1", "over"), ("<", "2.9", "within"),
    ("<", "3", "over"), ("<=", None, "unknown"),
])  # fmt: skip
def test_a_limit_is_kept_or_exceeded_whatever_part_of_the_year_has_gone_by(
    op: str, actual: str | None, state: str
) -> None:
    row = line("甲镇", "3", "能耗") | {"op": op, "actuals": {"2026-06": actual} if actual else {}}
    found = made([], [row])
    (column,) = found.columns
    cell = found.cell(column, "甲镇")
    assert (cell.state, cell.attainment, cell.gap) == (state, None, None)
    ranks = [one.rank for one in found.row(column, "区")]
    assert set(ranks) == {None}, "less is not worse"


def test_a_total_that_is_a_limit_is_kept_by_rows_that_sum_to_less() -> None:
    def agrees(total: str, *rows: tuple[str, str]) -> bool | None:
        lines = [("区", "能耗", "全区", Decimal(total), "<=")]
        lines += [("区", "能耗", f"镇{n}", Decimal(v), op) for n, (v, op) in enumerate(rows)]
        (found,) = totals(lines, "全区")
        return found.agrees

    assert agrees("10", ("4", "<="), ("6", "=")) is True
    assert agrees("10", ("4", "<="), ("5", "<")) is True
    assert agrees("10", ("4", "<="), ("7", "<=")) is False
    assert agrees("10", ("4", ">="), ("5", "<=")) is None
