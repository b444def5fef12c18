"""Working days, holidays, make-up days (domain.md section 9), and calendars to be refused."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.calendars import LUNCH, OFFICE, at, china, day, days, plain
from workflow.calendar import CalendarError, SkippedDay


@pytest.mark.parametrize(
    ("start", "n", "expected"),
    [
        ("2026-02-11", 5, "2026-02-25"),
        ("2026-09-18", 3, "2026-09-22"),
        ("2026-09-30", 3, "2026-10-10"),
        ("2025-09-30", 3, "2025-10-11"),
        ("2024-02-08", 3, "2024-02-19"),
    ],
)
def test_the_official_calendar_gives_the_deadlines_counted_by_hand(
    start: str, n: int, expected: str
) -> None:
    assert china().add_working_days(day(start), n) == day(expected)


def test_a_deadline_that_reaches_an_unpublished_year_is_provisional() -> None:
    calendar = china()
    start = day("2026-12-28")
    due = calendar.add_working_days(start, 5)
    assert calendar.is_provisional(due)
    assert calendar.touches_provisional(start, due)
    assert not calendar.touches_provisional(start, day("2026-12-31"))


@pytest.mark.parametrize(("year", "count"), [(2024, 251), (2025, 248), (2026, 248)])
def test_an_official_year_has_the_published_number_of_working_days(year: int, count: int) -> None:
    assert china().working_days_between(date(year, 1, 1), date(year + 1, 1, 1)) == count


def test_a_make_up_saturday_counts_as_a_working_day() -> None:
    assert china().is_working_day(day("2026-05-09"))
    assert china().add_working_days(day("2026-05-08"), 1) == day("2026-05-09")


def test_a_holiday_on_a_weekday_does_not_count() -> None:
    assert not china().is_working_day(day("2026-10-01"))


def test_zero_working_days_later_is_the_same_day_even_on_a_sunday() -> None:
    assert plain().add_working_days(day("2026-11-22"), 0) == day("2026-11-22")


def test_a_start_on_a_saturday_is_day_zero_and_monday_is_day_one() -> None:
    assert plain().add_working_days(day("2026-11-21"), 1) == day("2026-11-23")


def test_a_calendar_day_limit_rolls_off_a_rest_day_but_not_off_a_make_up_day() -> None:
    assert china().add_calendar_days(day("2026-09-16"), 15) == day("2026-10-08")
    assert china().add_calendar_days(day("2026-09-25"), 15) == day("2026-10-10")


def test_rolling_backward_finds_the_last_working_day() -> None:
    assert china().roll_backward(day("2026-10-05")) == day("2026-09-30")
    assert china().roll_backward(day("2026-10-08")) == day("2026-10-08")


def test_days_between_leave_out_the_end_unless_told_otherwise() -> None:
    monday, friday = day("2026-11-23"), day("2026-11-27")
    assert plain().working_days_between(monday, friday) == 4
    assert plain().working_days_between(monday, friday, inclusive=True) == 5
    assert plain().working_days_between(friday, monday, inclusive=True) == 0


def test_skipped_days_name_the_cause_and_the_holiday() -> None:
    calendar = china(names={day("2026-10-01"): "国庆节"})
    skipped = calendar.skipped_days(day("2026-09-30"), day("2026-10-11"))
    assert skipped[0] == SkippedDay(day("2026-10-01"), "holiday", "国庆节")
    assert skipped[2] == SkippedDay(day("2026-10-03"), "holiday", "")
    assert skipped[-1] == SkippedDay(day("2026-10-11"), "weekend", "")
    assert len(skipped) == 8
    assert calendar.skipped_days(day("2026-10-02"), day("2026-10-01")) == []


def test_names_may_come_with_the_holidays() -> None:
    calendar = plain(holidays={day("2026-11-23"): "local feast"})
    assert calendar.skipped_days(day("2026-11-23"), day("2026-11-23"))[0].name == "local feast"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"weekdays": []}, "never opens"),
        (
            {"weekdays": [], "hours": {}, "extra_workdays": days("2026-05-09")},
            "hours: the calendar never opens",
        ),
        ({"hours": {}}, "mon is a working weekday without opening hours"),
        ({"hours": dict.fromkeys(range(4), LUNCH)}, "fri is a working weekday"),
        (
            {"holidays": days("2018-01-06"), "extra_workdays": days("2018-01-06")},
            "both contain 2018-01-06",
        ),
        ({"hours": OFFICE | {"mon": [("09:00", "12:00"), ("11:00", "18:00")]}}, "overlap"),
        ({"hours": OFFICE | {"mon": [("22:00", "06:00")]}}, "ends before it begins"),
        ({"hours": OFFICE | {"mon": [("09:00", "09:00")]}}, "ends before it begins"),
        ({"hours": OFFICE | {"mon": [("9am", "17:00")]}}, "no clock time"),
        ({"hours": OFFICE | {"mon": [("09:00", "24:01")]}}, "no clock time"),
        ({"hours": OFFICE | {"mon": ["09:00-17:00"]}}, "no pair"),
        ({"hours": OFFICE | {"mon": "09:00-17:00"}}, "no list"),
        ({"extra_hours": []}, "extra_hours: empty"),
        ({"hours": OFFICE | {0: LUNCH}}, "given twice"),
        ({"hours": OFFICE | {"holiday": LUNCH}}, "no weekday"),
        ({"weekdays": ["mon", "funday"]}, "'funday' is no weekday"),
        ({"weekdays": [7]}, "7 is no weekday"),
        ({"tz": "Asia/Peking"}, "no time zone"),
        ({"tz": "../etc/passwd"}, "no time zone"),
        ({"holidays": [datetime(2026, 1, 1, tzinfo=UTC)]}, "not a plain date"),
        ({"extra_workdays": ["2026-05-09"]}, "not a plain date"),
    ],
)
def test_a_calendar_that_cannot_work_is_refused_with_a_remedy(
    changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(CalendarError, match=message):
        plain(**changes)


def test_a_calendar_whose_working_days_run_out_says_so_instead_of_searching_for_ever() -> None:
    mondays = [day("2026-01-05") + timedelta(weeks=week) for week in range(53 * 15)]
    calendar = plain(weekdays=["mon"], holidays=mondays)
    with pytest.raises(CalendarError, match="no working day within 10 years"):
        calendar.add_working_days(day("2026-06-01"), 1)
    with pytest.raises(CalendarError, match="no working day within 10 years"):
        calendar.next_opening(at("2026-06-01T08:00", "UTC"))
    once = plain(weekdays=[], extra_workdays=days("2026-05-09"))
    assert once.add_working_days(day("2026-01-01"), 1) == day("2026-05-09")
    with pytest.raises(CalendarError, match="no working day"):
        once.add_working_days(day("2026-05-09"), -1)


def test_absurd_spans_end_in_an_error() -> None:
    with pytest.raises(CalendarError, match="shorten the span"):
        plain().add_working_time(at("2026-06-01T08:00", "UTC"), timedelta(days=300 * 365))
    with pytest.raises(CalendarError, match="years 1 to 9999"):
        plain().add_working_days(day("2026-06-01"), 10**7)
    with pytest.raises(CalendarError, match="use fewer"):
        plain().add_calendar_days(day("2026-06-01"), 10**9)


def test_a_moment_without_zone_is_refused() -> None:
    naive = at("2026-06-01T08:00").replace(tzinfo=None)
    with pytest.raises(CalendarError, match="has no zone"):
        china().next_opening(naive)
    with pytest.raises(CalendarError, match="has no zone"):
        china().working_time_between(
            at("2026-06-01T08:00"), at("2026-06-02T08:00"), [(naive, None)]
        )


def test_a_moment_is_not_taken_for_a_date() -> None:
    with pytest.raises(CalendarError, match="not a plain date"):
        china().add_working_days(at("2026-06-01T23:00"), 3)


def test_a_rest_day_has_no_closing_time() -> None:
    with pytest.raises(CalendarError, match="no opening hours"):
        china().closing(day("2026-10-01"))


def test_a_calendar_cannot_be_changed() -> None:
    calendar = china(edition=3)
    with pytest.raises(AttributeError, match="immutable"):
        calendar.edition = 4
    with pytest.raises(AttributeError, match="immutable"):
        del calendar.tz
    assert calendar.edition == 3


def test_threads_share_one_calendar() -> None:
    calendar, alone = china(), china()
    starts = [day("2024-01-01") + timedelta(days=offset) for offset in range(0, 900, 7)]
    answers: list[list[date]] = []

    def count() -> None:
        answers.append([calendar.add_working_days(start, 30) for start in starts])

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [[alone.add_working_days(start, 30) for start in starts]] * 8
