"""Pure rules of evaluations, commitments, lots and chasing."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.inspections import read, rules
from projects.chasing import step
from projects.evaluations.judging import (
    MET,
    NOT_MET,
    UNKNOWN,
    Figure,
    Promise,
    due_on,
    holds,
    judge,
    suggested,
)
from projects.evaluations.numbers import number, plain
from projects.inspections.lots import draw
from projects.inspections.quarterly import last_day, quarter_of, suggested_days
from tests.calendars import china
from workflow.errors import Malformed

TODAY = date(2026, 6, 30)
SHIPPED = china()


@pytest.mark.parametrize(
    "began, months, due",
    [
        (date(2025, 5, 6), 12, date(2026, 5, 6)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2025, 12, 31), 2, date(2026, 2, 28)),
        (date(2025, 1, 31), 1, date(2025, 2, 28)),
        (date(2025, 6, 1), 7, date(2026, 1, 1)),
    ],
)
def test_an_evaluation_is_due_on_the_same_day_a_year_later_or_the_last_of_that_month(
    began: date, months: int, due: date
) -> None:
    assert due_on(began, months) == due


@pytest.mark.parametrize(
    "op, figure, result",
    [
        (">=", "300", MET), (">=", "299.9999", NOT_MET), ("<=", "300", MET),
        ("<=", "300.0001", NOT_MET), (">", "300", NOT_MET), (">", "300.0001", MET),
        ("<", "300", NOT_MET), ("<", "299.9", MET), ("=", "300.0000", MET), ("=", "301", NOT_MET),
    ],
)  # fmt: skip
def test_a_promise_is_held_against_its_figure_to_the_last_digit(
    op: str, figure: str, result: str
) -> None:
    promise = Promise(op, Decimal("300"), "万元/亩")
    assert judge(promise, Figure(Decimal(figure), "万元/亩"), TODAY).result == result


def test_what_cannot_be_told_is_neither_met_nor_unmet_and_says_why() -> None:
    promise = Promise(">=", Decimal(300), "万元/亩", by_on=date(2026, 12, 31))
    told = {
        judge(promise, None, TODAY),
        judge(promise, Figure(None, "万元/亩"), TODAY),
        judge(promise, Figure(Decimal(500), "亿元"), TODAY),
        judge(promise, Figure(Decimal(100), "万元/亩"), TODAY),
    }
    assert {one.result for one in told} == {UNKNOWN}
    assert {one.reason for one in told} == {"no_figure", "unit_differs", "not_due"}
    # kept before its day it is kept; on the day it is missed
    assert judge(promise, Figure(Decimal(300), "万元/亩"), TODAY).result == MET
    late = judge(promise, Figure(Decimal(100), "万元/亩"), date(2026, 12, 31))
    assert (late.result, late.reason) == (NOT_MET, "missed")


@given(
    st.sampled_from([">=", "<=", ">", "<", "="]),
    st.decimals(-(10**6), 10**6, places=4),
    st.decimals(-(10**6), 10**6, places=4),
)
def test_comparisons_agree_with_whole_ten_thousandths(
    op: str, figure: Decimal, promised: Decimal
) -> None:
    a, b = int(figure * 10_000), int(promised * 10_000)
    slow = {">=": a >= b, "<=": a <= b, ">": a > b, "<": a < b, "=": a == b}
    assert holds(op, figure, promised) is slow[op]


@pytest.mark.parametrize(
    "results, grade",
    [
        ([MET], "A"), ([MET] * 4 + [NOT_MET], "B"), ([MET, MET, NOT_MET, UNKNOWN], "C"),
        ([NOT_MET], "D"), ([MET, NOT_MET], "D"), ([UNKNOWN, UNKNOWN], None), ([], None),
    ],
)  # fmt: skip
def test_the_suggested_grade_counts_only_what_can_be_told(
    results: list[str], grade: str | None
) -> None:
    found = suggested(results, rules().evaluation)
    assert (found.code if found else None) == grade


def test_rules_whose_grades_do_not_fall_are_refused() -> None:
    text = files("config").joinpath("inspections.toml").read_text(encoding="utf-8")
    assert read(text) == rules()
    with pytest.raises(ValueError, match="min_share"):
        read(text.replace('min_share = "0.8"', 'min_share = "0.1"'))


@pytest.mark.parametrize("text", ["x", "1.23456", "NaN", "1e20", "1,000", "inf"])
def test_a_figure_that_cannot_be_kept_exactly_is_refused(text: str) -> None:
    with pytest.raises(Malformed) as refusal:
        number("tax", text)
    assert refusal.value.reasons[0].field == "tax"


def test_a_blank_figure_is_not_stated_and_never_zero() -> None:
    assert number("tax", "  ") is None
    assert number("tax", "0") == 0
    assert [plain(number("tax", t)) for t in ("0012.3400", "-1.5", "100", "")] == [
        "12.34", "-1.5", "100", "",
    ]  # fmt: skip


@given(st.text(max_size=20), st.sets(st.integers(1, 10_000), max_size=40), st.integers(1, 50))
def test_a_lot_can_be_drawn_again_by_anybody_in_any_order(
    seed: str, population: set[int], size: int
) -> None:
    first = draw(seed, population, size)
    again = draw(seed, sorted(population, reverse=True), size)
    assert first == again
    chosen = {one.id for one in first if one.chosen}
    assert len(chosen) == min(size, len(population))
    left = [one.number for one in first if not one.chosen]
    assert all(one.number <= min(left) for one in first if one.chosen and left)


def test_a_larger_lot_keeps_those_of_the_smaller_one() -> None:
    small = {one.id for one in draw("seed", range(1, 200), 5) if one.chosen}
    large = {one.id for one in draw("seed", range(1, 200), 20) if one.chosen}
    assert small < large
    assert small != {one.id for one in draw("other", range(1, 200), 5) if one.chosen}


def test_late_is_chased_on_the_first_working_day_after_and_then_in_its_rhythm() -> None:
    limit = datetime(2026, 3, 6, 17, 30, tzinfo=SHIPPED.tz)  # a Friday
    steps = [step(limit, limit + timedelta(days=n), 5, SHIPPED) for n in range(18)]
    assert steps == [0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 3]


def test_quarters_and_their_last_working_days() -> None:
    assert [quarter_of(date(2026, m, 1))[1] for m in range(1, 13)] == [
        1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4,
    ]  # fmt: skip
    assert [last_day(2026, q) for q in (1, 2, 3, 4)] == [
        date(2026, 3, 31), date(2026, 6, 30), date(2026, 9, 30), date(2026, 12, 31),
    ]  # fmt: skip
    begin, end = suggested_days(2026, 3, SHIPPED)
    assert end == date(2026, 9, 30) and begin < end
    assert SHIPPED.working_days_between(begin, end, inclusive=True) == 21
