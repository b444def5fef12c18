"""Figures of projects over made-up facts of a month: starts, investment, blanks, wording."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from config.i18n import language
from projects.kpi import compute
from projects.kpi.base import COUNT, GAP, MEAN, RATE, SHARE, SUM, Figure, Month
from projects.kpi.rows import rows
from projects.kpi.scopes import ZONE
from projects.kpi.shown import bare, changed, worded
from projects.kpi.works import started

BLANK: dict[str, Any] = {
    "carried_over": False, "zone": "", "listings": [], "plan_start_on": None,
    "actual_start_on": None, "plan_finish_on": None, "actual_finish_on": None,
    "plan_year_invest_yi": None, "counted_board_id": 1, "code": None, "name": "甲",
}  # fmt: skip


def content(projects: list[dict[str, Any]], months: dict[int, Any] | None = None) -> dict[str, Any]:
    """June 2026 with these projects; board 1 is a town, 2 a street."""
    unit = {"name_en": "", "is_board": True, "active": True}
    return {
        "month": "2026-06",
        "period": [{"id": 1, "begin": "2026-05-31T16:00:00.000000+00:00",
                    "end": "2026-06-30T16:00:00.000000+00:00",
                    "until": "2026-06-30T15:59:59.999999+00:00", "rank_from": 5}],
        "units": [
            {"id": 1, "code": "henglin", "name": "横林镇", "kind": "town", **unit},
            {"id": 2, "code": "qishuyan", "name": "戚墅堰街道", "kind": "street", **unit},
        ],
        "projects": [BLANK | {"id": n, **p} for n, p in enumerate(projects, 1)],
        "figures": [{"id": n, "months": m} for n, m in (months or {}).items()],
    }  # fmt: skip


def told_of(figure: Figure) -> str:
    return f"{figure.numerator}/{figure.denominator}"


def test_a_start_counts_by_its_date_and_not_by_when_it_was_entered() -> None:
    table = compute.table(content([
        {"plan_start_on": "2026-03-01", "actual_start_on": "2026-06-30"},
        {"plan_start_on": "2026-03-01", "actual_start_on": "2026-07-01"},
        {"plan_start_on": "2026-09-01"},
        {"plan_start_on": "2025-09-01", "carried_over": True},
    ]))  # fmt: skip
    started = table["started", ZONE]
    assert told_of(started) == "1/3"
    assert table["starts", ZONE].above == ("project:1",)


def test_a_project_of_a_zone_that_only_a_plan_names_is_not_ours() -> None:
    """The sources' plan of the city speaks of other districts, too."""
    planned = {"plan_start_on": "2026-03-01"}
    facts = content([
        planned | {"zone": "常州经开区"},
        planned | {"zone": "常州经开区", "counted_board_id": None},
        planned | {"zone": "武进区", "counted_board_id": None},
    ]) | {"targets": [{"whole": "武进区"}, {"whole": "常州经开区"}]}  # fmt: skip
    assert len(started(Month(facts))) == 2
    assert len(started(Month(facts | {"rules": 1}))) == 3, "what was frozen before stays"


def test_what_the_next_year_brings_before_the_freeze_changes_nothing_of_this_one() -> None:
    """December is frozen in January, when lists and plans of the new year may be there already."""
    place = {"list_code": "district", "listed_on": None, "removed_on": None}
    lists = [place | {"year": 2026, "carried_over": False}]
    lists += [place | {"year": 2027, "carried_over": True}]
    later = {"listings": lists, "carried_over": True, "year": 2027, "plan_year_invest_yi": "9"}
    june = {"2026-06": {"reported": "2", "statistical": None, "progress": ""}}
    facts = content([later, {"year": 2026, "plan_year_invest_yi": "4"}], {1: june, 2: june})
    table = compute.table(facts)
    assert told_of(table["started", ZONE]) == "0/1", "it is new on the list of 2026"
    assert table["finished", ZONE].n == 0
    assert told_of(table["invested", ZONE]) == "2/4", "its plan is of another year"
    first = compute.table(facts | {"rules": 1})
    assert told_of(first["invested", ZONE]) == "4/13", "what was frozen before stays as it was"
    assert first["started", ZONE].n == 0


def test_lists_of_the_year_say_what_is_new_and_what_was_carried_over() -> None:
    place = {"list_code": "district", "year": 2026, "listed_on": None, "removed_on": None}
    new, old = place | {"carried_over": False}, place | {"carried_over": True}
    table = compute.table(content([
        {"listings": [new], "actual_start_on": "2026-02-01"},
        {"listings": [old], "actual_finish_on": "2026-05-01"},
        {"listings": [old]},
        {"listings": [new | {"removed_on": "2026-04-01"}]},
    ]))  # fmt: skip
    assert told_of(table["started", ZONE]) == "1/1"
    assert told_of(table["finished", ZONE]) == "1/2"


def told(**months: str | None) -> dict[str, Any]:
    return {
        name.replace("m", "2026-0"): {"reported": amount, "statistical": None, "progress": ""}
        for name, amount in months.items()
    }


def test_investment_is_exact_and_stands_against_the_elapsed_year() -> None:
    projects = [{"plan_year_invest_yi": "3"}, {"plan_year_invest_yi": "1"}]
    table = compute.table(content(projects, {1: told(m1="0.1", m2="0.2"), 2: told(m6="1.7")}))
    invested, gap = table["invested", ZONE], table["gap", ZONE]
    assert (invested.numerator, invested.denominator) == (Decimal("2.0"), Decimal(4))
    assert (invested.value, gap.value) == (Decimal("50.0"), Decimal("0.0"))
    assert table["invested_in_month", ZONE].value == Decimal("1.7")


def test_where_nobody_reported_there_is_no_figure_rather_than_zero() -> None:
    table = compute.table(content([{"plan_year_invest_yi": "3"}]))
    for key in ("invested", "gap", "counted_investment"):
        assert (table[key, ZONE].value, table[key, ZONE].n) == (None, 0)


def test_a_unit_without_projects_is_blank_and_not_ranked() -> None:
    projects = [{"plan_start_on": "2026-03-01"} for _ in range(6)]
    made = content(projects)
    table = compute.table(made)
    assert table["started", "unit:2"].value is None
    places = compute.ranks(made, table, "started")
    assert (places[1].rank, places[2].rank) == (1, None)


@pytest.mark.parametrize("n", [4, 5])
def test_below_the_number_of_cases_there_is_no_rank(n: int) -> None:
    made = content([{"plan_start_on": "2026-03-01"} for _ in range(n)])
    place = compute.ranks(made, compute.table(made), "started")[1]
    assert (place.rank is None) == (n < 5)


def test_words_of_figures_hold_their_n() -> None:
    assert worded(RATE, Decimal("85.7"), 14) == "85.7%（n=14）"
    assert worded(RATE, None, 0) == "无数据（n=0）"
    assert worded(GAP, Decimal("3.0"), 2) == "+3.0个百分点（n=2）"
    assert worded(MEAN, Decimal("4.2"), 5) == "4.2个工作日（n=5）"
    assert worded(SUM, Decimal("1.70"), 3) == "1.7亿元（n=3）"
    assert (worded(COUNT, Decimal(0), 0), bare(RATE, None)) == ("0", "—")
    assert changed(RATE, Decimal("85.7"), Decimal("80.0")) == "较上年同月上升5.7个百分点"
    assert changed(RATE, Decimal("85.7"), None) == "上年同月无可比数据"


def test_the_rows_behind_investment_tell_the_very_amounts_that_it_sums() -> None:
    def told(kpi: str, which: str = "below") -> list[str]:
        with language("en"):
            return [row.amounts for row in rows(facts, table[kpi, ZONE], which)]

    plan = {"year": 2026, "plan_year_invest_yi": "4"}
    may = {"reported": "0.5", "statistical": "0.3", "progress": ""}
    june = {"reported": "0.25", "statistical": None, "progress": ""}
    facts = content([plan, plan | {"actual_start_on": "2026-06-02"}, {"name": "无计划"}],
                    {1: {"2026-05": may, "2026-06": june}, 3: {"2026-06": june}})  # fmt: skip
    table = compute.table(facts)
    assert told_of(table["invested", ZONE]) == "0.75/8"
    assert told("invested") == [
        "planned 4, reported 0.75 (100 million yuan)", "planned 4, reported — (100 million yuan)",
    ]  # fmt: skip
    assert told("counted_investment")[0] == "planned 4, in the statistics 0.3 (100 million yuan)"
    assert told("invested_in_month", "above") == ["reported in the month: 0.25"] * 2
    assert told("starts", "above") == [""], "a figure that counts projects tells no money"


def test_the_row_behind_a_target_tells_its_operator_as_the_plan_does() -> None:
    row = {"id": 1, "level": "区级", "metric": "投资", "region": "横林镇", "unit": "亿元",
           "op": ">=", "value": "10", "value_to": None, "unit_id": 1}  # fmt: skip
    facts = content([]) | {"targets": [{"rows": [row, row | {"id": 2, "value": None, "op": "="}]}]}
    figure = Figure("target:1", SHARE, ZONE, Decimal(1), Decimal(10), 1, (),
                    ("target:1", "target:2"))  # fmt: skip
    with language("en"):
        assert [one.amounts for one in rows(facts, figure, "below")] == ["≥10 亿元", "no target"]
