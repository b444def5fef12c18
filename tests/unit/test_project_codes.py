"""National project codes, size bands and fields: what is taken, and why something is not."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.i18n import language
from config.project_rules import project_rules
from config.projects import STAGES
from projects.library import codes, fields
from projects.library.seed_records import place_of, stage_of
from workflow.errors import Malformed

GOOD = "2401-320412-89-01-123456"


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        "1912-110000-04-05-000000",  # another region, another department
        "2015-320412-89-01-123456",  # a year in place of year and month, before the standard
        "2020-320412-89-01-123456",
    ],
)
def test_a_code_of_the_standard_is_taken_as_it_is(text: str) -> None:
    assert codes.check(text) == text


@pytest.mark.parametrize(
    "text",
    ["２４０１－320412－89－01－123456", " 2401 -320412-89-01-123456 ", "24013204128901123456",
     "2401—320412–89—01—123456"],
)  # fmt: skip
def test_wide_digits_dashes_and_blanks_are_tidied(text: str) -> None:
    assert codes.check(text) == GOOD


@pytest.mark.parametrize("text", ["", "   "])
def test_a_missing_code_is_allowed_before_filing(text: str) -> None:
    assert codes.check(text) is None


@pytest.mark.parametrize(
    ("text", "code", "told"),
    [
        ("2413-320412-89-01-123456", "code_time", "2413"),
        ("2400-320412-89-01-123456", "code_time", "2400"),
        ("2014-320412-89-01-123456", "code_time", "2014"),
        ("2021-320412-89-01-123456", "code_time", "2021"),
        ("2401-32041-89-01-123456", "code_shape", "4, 5, 2, 2, 6"),
        ("2401-320412-89-01", "code_shape", "4 groups"),
        ("2401-32O412-89-01-123456", "code_shape", "digits"),
        ("常州2024", "code_shape", "digits"),
    ],
)
def test_a_wrong_code_is_refused_saying_what_is_wrong(text: str, code: str, told: str) -> None:
    with language("en"), pytest.raises(Malformed) as refusal:
        codes.check(text)
    [reason] = refusal.value.reasons
    assert (reason.code, reason.field) == (code, "code")
    assert told in reason.message
    assert codes.EXAMPLE in reason.remedy


@given(st.integers(0, 9999), st.integers(0, 999999), st.integers(0, 99), st.integers(0, 999999))
def test_a_code_is_right_exactly_when_its_time_is(t: int, region: int, n: int, end: int) -> None:
    text = f"{t:04}-{region:06}-{n:02}-{n:02}-{end:06}"
    right = 1 <= t % 100 <= 12 or 2015 <= t <= 2020
    assert (codes.faults(text) == []) is right


@given(st.text(max_size=40))
def test_no_text_breaks_the_check(text: str) -> None:
    tidy = codes.tidy(text)
    assert codes.tidy(tidy) == tidy
    assert all(reason.code in ("code_shape", "code_time") for reason in codes.faults(tidy))


@pytest.mark.parametrize(
    ("yuan", "dollars", "band"),
    [
        ("100", None, "band_100"), ("99.9999", None, "band_50"), ("30", None, "band_30"),
        ("10", None, "band_10"), ("9.9999", None, None), (None, None, None),
        (None, "100000", "band_100"), (None, "50000", "band_50"), (None, "30000", "band_30"),
        (None, "10000", "band_10"), (None, "9999.9999", None),
        ("12", "50000", "band_50"),  # either currency reaches a band
        ("0", None, None),
    ],
)  # fmt: skip
def test_a_band_is_reached_in_either_currency(
    yuan: str | None, dollars: str | None, band: str | None
) -> None:
    amounts = [Decimal(text) if text else None for text in (yuan, dollars)]
    found = project_rules().band_of(*amounts)
    assert (found.code if found else None) == band


def test_every_stage_has_its_checklist_and_its_usual_categories() -> None:
    for stage in STAGES:
        phase = project_rules().phase_of(stage)
        assert phase is not None
        assert phase.checks
        assert phase.categories


def test_fields_are_read_as_they_are_shown() -> None:
    texts = {
        "name": "甲项目", "code": GOOD, "total_invest_yi": "12.5", "plan_start_on": "2026-03-01",
        "foreign_funded": "yes", "nature": "new", "year": "2026", "owner": "某公司",
    }  # fmt: skip
    values = fields.parse(texts)
    assert {n: fields.shown(fields.BY_NAME[n], v) for n, v in values.items()} == texts
    assert values["total_invest_yi"] == Decimal("12.5")


def test_a_blank_amount_is_not_stated_and_zero_is_zero() -> None:
    assert fields.parse({"land_mu": " "}) == {"land_mu": None}
    assert fields.parse({"land_mu": "0"}) == {"land_mu": Decimal(0)}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("name", " "), ("total_invest_yi", "about 3"), ("total_invest_yi", "-1"),
        ("total_invest_yi", "1.00001"), ("total_invest_yi", "1e12"), ("total_invest_yi", "NaN"),
        ("total_invest_yi", "１２"), ("year", "26"), ("plan_start_on", "2026-02-30"),
        ("foreign_funded", "maybe"), ("nature", "rebuilt"), ("industry", "3670"),
        ("owner_credit_code", "12345"), ("owner", "长" * 201), ("note", "a\x07b"),
        ("no_such_field", "x"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_refused_beside_its_name(name: str, text: str) -> None:
    with pytest.raises(Malformed) as refusal:
        fields.parse({name: text})
    assert [reason.field for reason in refusal.value.reasons] == [name]


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(Malformed) as refusal:
        fields.parse({"name": "", "year": "x", "land_mu": "y"})
    assert [reason.field for reason in refusal.value.reasons] == ["name", "year", "land_mu"]


@pytest.mark.parametrize(
    ("text", "stage"),
    [
        ("目标2024开工", "preparing"), ("目标2024投产投用", "preparing"), ("加快建设", "started"),
        ("2024民生实事:完成", "preparing"), ("已投运", "completed"), ("深入推进", "preparing"),
        ("主体建设完成70%;预计2025年三季度投产", "started"), ("", None), ("谈判", None),
    ],
)  # fmt: skip
def test_an_aim_of_the_sources_is_not_taken_for_a_fact(text: str, stage: str | None) -> None:
    assert stage_of(text) == stage


def test_a_project_listed_newly_in_an_earlier_year_is_carried_over() -> None:
    old = place_of("省重大(2022年新列)", "000_a502fd6c91fffced.txt")
    new = place_of("省重大(2024年新列)", "000_a502fd6c91fffced.txt")
    assert old is not None
    assert new is not None
    assert (old.list_code, old.year, old.carried_over) == ("province", 2024, True)
    assert (new.list_code, new.year, new.carried_over) == ("province", 2024, False)
    assert place_of("", "000_a502fd6c91fffced.txt") is None
