"""The collected deadline vectors, and how a damaged vector file is answered."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from config.i18n import language
from workflow.vectors import OPERATIONS, VectorFileError, VectorResult, load_vectors, run_vectors


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    """These tests read messages; the program speaks Chinese unless told otherwise."""
    with language("en"):
        yield


FILE = Path(__file__).parents[2] / "examples" / "deadline_vectors.json"
DOCUMENT = load_vectors(FILE)
RESULTS = {result.id: result for result in run_vectors(DOCUMENT)}

WEEK = ["mon", "tue", "wed", "thu", "fri"]
HOURS: dict[str, Any] = {name: [["09:00", "17:00"]] for name in WEEK}
OFFICE = {
    "tz": "Europe/Berlin",
    "working_weekdays": WEEK,
    "hours": HOURS,
    "holidays": [],
    "extra_working_days": [],
}


def vector(op: str = "dt_add_business_time", **fields: Any) -> dict[str, Any]:
    """A vector from Friday 20 November 2026, 16:00 in Berlin."""
    base = {"id": "T", "op": op, "calendar": OFFICE, "start": "2026-11-20T16:00:00"}
    return base | fields


def run(raw: object) -> VectorResult:
    return run_vectors({"vectors": [raw]})[0]


def passes(raw: object) -> bool:
    return run(raw).passed


@pytest.mark.parametrize("name", [raw["id"] for raw in DOCUMENT["vectors"]])
def test_the_engine_agrees_with_the_collected_vector(name: str) -> None:
    result = RESULTS[name]
    assert result.passed, result


def test_the_file_holds_all_its_vectors_and_each_gets_a_result() -> None:
    assert len(DOCUMENT["vectors"]) == len(RESULTS) == 121


def test_every_operation_named_in_the_file_is_known() -> None:
    used = {raw["op"] for raw in DOCUMENT["vectors"]}
    assert used | set(DOCUMENT["ops"]) <= set(OPERATIONS)


def test_a_wrong_expectation_fails_and_shows_both_values() -> None:
    wrong = copy.deepcopy(DOCUMENT["vectors"][0]) | {"expected": "2008-10-30"}
    result = run(wrong)
    assert not result.passed
    assert (result.expected, result.actual) == ("2008-10-30", "2008-10-29")


def test_no_vector_passes_by_accident_when_its_answer_is_changed() -> None:
    changed = copy.deepcopy(DOCUMENT["vectors"])
    for raw in changed:
        raw["expected"] = "1999-01-01T00:00:00" if isinstance(raw["expected"], str) else 987_654
    assert not [result.id for result in run_vectors({"vectors": changed}) if result.passed]


def test_moments_are_compared_as_instants_whatever_their_offset() -> None:
    expected = ["2026-11-20T17:00:00", "2026-11-20T16:00:00Z", "2026-11-21T00:00:00+08:00"]
    for text in expected:
        assert passes(vector(duration=60, unit="minute", expected=text))
    start = "2026-11-20T23:00:00+08:00"
    assert passes(vector(start=start, duration=1, unit="hours", expected=expected[0]))


@pytest.mark.parametrize(
    ("duration", "unit"), [(3600, "second"), (60, "minute"), (1, "hour"), (1.0, "h")]
)
def test_durations_come_in_several_units(duration: float, unit: str) -> None:
    assert passes(vector(duration=duration, unit=unit, expected="2026-11-20T17:00:00"))


def test_a_negative_duration_goes_back() -> None:
    raw = vector(start="2026-11-23T09:30:00", duration=-1, unit="hour")
    assert passes(raw | {"expected": "2026-11-20T16:30:00"})
    days = vector("date_add_working_days", start="2026-11-23", duration=-2)
    assert passes(days | {"expected": "2026-11-19"})


def test_an_iso_duration_stands_in_for_a_missing_number() -> None:
    assert passes(vector(iso_duration="PT1H30M", expected="2026-11-23T09:30:00"))
    assert not passes(vector(iso_duration="P1Y", expected="2027-11-20T16:00:00"))


def test_closing_is_the_boundary_unless_the_vector_says_otherwise() -> None:
    assert passes(vector(duration=1, unit="hour", expected="2026-11-20T17:00:00"))
    moved = vector(duration=1, unit="hour", boundary="next_opening")
    assert passes(moved | {"expected": "2026-11-23T09:00:00"})


def test_pauses_may_overlap_lie_outside_the_hours_or_stay_open() -> None:
    pauses = [
        ["2026-11-20T16:30:00", "2026-11-23T09:30:00"],
        ["2026-11-22T08:00:00", "2026-11-23T10:00:00"],
    ]
    raw = vector(duration=1, unit="hour", pauses=pauses)
    assert passes(raw | {"expected": "2026-11-23T10:30:00"})
    standing = vector(duration=1, unit="hour", pauses=[["2026-11-20T16:30:00", None]])
    assert passes(standing | {"expected": "ERROR"})
    between = vector("business_time_between", duration="2026-11-24T12:00:00", unit="minute")
    assert passes(between | {"pauses": [["2026-11-20T16:30:00"]], "expected": 30})


def test_a_hold_on_the_wall_clock_moves_the_due_moment_by_all_of_it() -> None:
    pauses = [
        ["2026-11-20T17:30:00", "2026-11-20T18:15:00"],
        ["2026-11-20T17:45:00", "2026-11-20T18:00:00"],
    ]
    raw = vector(duration=1, unit="hour", pauses=pauses, pause_mode="wall clock")
    assert passes(raw | {"expected": "2026-11-20T17:45:00"})


def test_a_start_that_rolls_first_is_told_from_one_that_is_day_zero() -> None:
    raw = vector("date_add_working_days", start="2026-11-21", duration=1)
    assert passes(raw | {"expected": "2026-11-23"})
    assert passes(raw | {"expected": "2026-11-24", "day_zero": "rolled forward first"})
    assert passes(raw | {"expected": "2026-11-23", "day_zero": "rolled backward first"})


def test_an_escalation_is_checked_besides_the_due_moment() -> None:
    raw = vector(duration=1, unit="hour", expected="2026-11-20T17:00:00")
    hours = {"offset": 2, "unit": "hour", "expected": "2026-11-23T11:00:00"}
    assert passes(raw | {"escalation": hours})
    days = {"offset": -2, "unit": "working_day", "expected": "2026-11-18T17:00:00"}
    assert passes(raw | {"escalation": days})
    wrong = run(raw | {"escalation": hours | {"expected": "2026-11-23T12:00:00"}})
    assert not wrong.passed
    assert "escalation 2026-11-23T11:00:00+01:00 instead of 2026-11-23T12:00:00" in wrong.actual


def test_truncation_cuts_the_answer() -> None:
    raw = vector(start="2026-11-20T15:00:42", duration=1, unit="hour")
    assert passes(raw | {"expected": "2026-11-20T16:00:42"})
    assert passes(raw | {"expected": "2026-11-20T16:00:00", "truncate": "minute"})
    assert not passes(raw | {"expected": "2026-11-20T16:00:00"})


def test_spans_cross_a_clock_change_in_real_time() -> None:
    always = {"tz": "Europe/Berlin", "working_weekdays": list(range(7))}
    raw = vector(calendar=always, duration=24, unit="hour")
    assert passes(raw | {"start": "2026-03-28T12:00:00", "expected": "2026-03-29T13:00:00"})
    assert passes(raw | {"start": "2026-10-24T12:00:00", "expected": "2026-10-25T11:00:00"})


def test_a_day_may_be_expected_to_end_at_24_00() -> None:
    calendar = {"tz": "UTC", "hours": {"fri": [["10:00", "24:00"]]}}
    raw = vector(calendar=calendar, duration=8, unit="hour")
    assert passes(raw | {"expected": "2026-11-20T24:00:00"})
    assert passes(raw | {"expected": "2026-11-21T00:00:00"})


def test_missing_calendar_keys_mean_monday_to_friday_all_day_in_utc() -> None:
    raw = vector(calendar={}, duration=8, unit="hour", expected="2026-11-21T00:00:00Z")
    assert passes(raw)


def test_a_calendar_may_be_shared_by_the_document() -> None:
    raw = vector(duration=1, unit="hour", expected="2026-11-20T17:00:00", calendar_id="C1")
    del raw["calendar"]
    assert run_vectors({"calendars": {"C1": OFFICE}, "vectors": [raw]})[0].passed
    assert not passes(raw)


@pytest.mark.parametrize(
    "calendar",
    [
        OFFICE | {"holidays": ["2026-02-30"]},
        OFFICE | {"hours": {}},
        OFFICE | {"hours": "09:00-17:00"},
        OFFICE | {"tz": "Mars/Olympus"},
        OFFICE | {"working_weekdays": ["noday"]},
        OFFICE | {"working_weekdays": []},
        OFFICE | {"hours": HOURS | {"mon": [["17:00", "09:00"]]}},
        OFFICE | {"hours": HOURS | {"mon": 9}},
        OFFICE | {"working_weekdays": 5},
    ],
)
def test_a_refused_calendar_is_what_error_expects_for_any_operation(
    calendar: dict[str, Any],
) -> None:
    for op in OPERATIONS:
        result = run(vector(op, calendar=calendar, duration=1, unit="minute", expected="ERROR"))
        assert result.passed and result.reason, result
    accepted = run(vector(calendar=calendar, duration=1, expected="2026-11-20T16:01:00"))
    assert not accepted.passed and accepted.actual == "ERROR"


def test_a_sound_calendar_is_not_refused() -> None:
    assert not passes(vector("calendar_validation", duration=0, expected="ERROR"))
    assert passes(vector("calendar_validation", duration=0, expected=True))


def test_an_unpublished_year_must_be_warned_of() -> None:
    calendar = OFFICE | {"tz": "Asia/Shanghai", "hours": None, "holidays": ["2026-10-01"]}
    raw = vector("date_add_working_days", calendar=calendar, expected="WARN_CALENDAR_YEAR_UNKNOWN")
    assert passes(raw | {"start": "2026-12-28", "duration": 5})
    assert not passes(raw | {"start": "2026-12-21", "duration": 5})


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("no object", "must be an object"),
        ({}, "'expected' is missing"),
        (vector("add_fortnights", duration=1, expected="2026-11-20"), "op: 'add_fortnights'"),
        (vector(duration=1), "'expected' is missing"),
        (vector(expected="2026-11-20"), "'iso_duration' is missing"),
        (vector(start=None, duration=1, expected="2026-11-20"), "'start' is missing"),
        (vector(start="yesterday", duration=1, expected="2026-11-20"), "start: 'yesterday'"),
        (vector(start=20261120, duration=1, expected="2026-11-20"), "start: 20261120"),
        (vector(duration=[1], expected="2026-11-20"), "duration: [1]"),
        (vector(duration=float("nan"), expected="2026-11-20"), "ValueError"),
        (vector(duration=1, unit="fortnight", expected="2026-11-20"), "unit: 'fortnight'"),
        (vector(duration=1, unit="hour", expected="soon"), "expected: 'soon'"),
        (vector(duration=1, unit="hour", expected=5), "expected: 5"),
        (vector(duration=1, boundary="opening", expected="2026-11-20"), "boundary: 'opening'"),
        (vector(duration=1, truncate="week", expected="2026-11-20"), "truncate: 'week'"),
        (vector(duration=1, pauses="lunch", expected="2026-11-20"), "pauses: 'lunch'"),
        (vector(duration=1, pauses=[7], expected="2026-11-20"), "pauses: 7"),
        (vector(calendar=None, duration=1, expected="2026-11-20"), "calendar: None"),
        (vector("date_add_working_days", duration=1.5, expected="2026-11-20"), "1.5 is no whole"),
        (vector("is_working_day", expected="2026-11-20", escalation=3), "escalation: needs"),
    ],
)
def test_a_malformed_vector_fails_with_its_reason_and_stops_nothing(
    raw: object, reason: str
) -> None:
    sound = vector(duration=1, unit="hour", expected="2026-11-20T17:00:00")
    damaged, following = run_vectors({"vectors": [raw, sound]})
    assert not damaged.passed and damaged.actual == "MALFORMED"
    assert reason in damaged.reason
    assert following.passed


def test_a_malformed_vector_is_never_the_error_that_was_expected() -> None:
    assert not passes(vector(start="yesterday", duration=1, expected="ERROR"))


def test_a_document_without_vectors_is_one_failed_result() -> None:
    (result,) = run_vectors({"vectors": "none"})
    assert not result.passed and "list named" in result.reason


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"{", "is no JSON"),
        (b"\xff\xfe\x00", "is no JSON in UTF-8"),
        (b"[]", "holds no vectors"),
        (b'{"vectors": {}}', "holds no vectors"),
    ],
)
def test_a_damaged_file_is_named_with_its_fault(tmp_path: Path, content: bytes, fault: str) -> None:
    path = tmp_path / "vectors.json"
    path.write_bytes(content)
    with pytest.raises(VectorFileError, match=fault) as caught:
        load_vectors(path)
    assert "vectors.json" in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(VectorFileError, match=r"nowhere\.json: cannot be read"):
        load_vectors(tmp_path / "nowhere.json")
