"""Open time: boundaries, lunch, pauses and clock changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.calendars import MON_TO_FRI, NINE_TO_FIVE, OFFICE, at, china, day, plain
from workflow.calendar import CalendarError


def test_a_make_up_saturday_is_open_for_the_hours_of_a_weekday() -> None:
    calendar = china()
    due = calendar.add_working_time(at("2026-05-08T16:00"), timedelta(hours=9))
    assert due == at("2026-05-09T18:00")
    assert calendar.opening(day("2026-05-09")) == at("2026-05-09T09:00")


def test_make_up_days_may_have_hours_of_their_own() -> None:
    calendar = china(extra_hours=[("08:30", "11:30")])
    assert calendar.closing(day("2026-05-09")) == at("2026-05-09T11:30")
    assert calendar.closing(day("2026-05-08")) == at("2026-05-08T18:00")


def test_hours_of_an_unlisted_weekday_serve_its_make_up_days_only() -> None:
    calendar = china(hours=OFFICE | {"sat": [("10:00", "13:00")]})
    assert calendar.closing(day("2026-05-09")) == at("2026-05-09T13:00")
    assert not calendar.is_working_day(day("2026-05-16"))


def test_a_span_ending_at_closing_time_stays_there_or_moves_on_as_asked() -> None:
    start, span = at("2026-11-20T16:00"), timedelta(hours=2)
    assert china().add_working_time(start, span) == at("2026-11-20T18:00")
    moved = china().add_working_time(start, span, boundary="next_opening")
    assert moved == at("2026-11-23T09:00")


def test_a_zero_span_opens_the_door_but_does_not_reopen_a_closing() -> None:
    assert china().add_working_time(at("2026-11-21T12:00"), timedelta()) == at("2026-11-23T09:00")
    assert china().add_working_time(at("2026-11-20T18:00"), timedelta()) == at("2026-11-20T18:00")


def test_the_next_opening_after_closing_time_is_the_next_working_day() -> None:
    assert china().next_opening(at("2026-11-20T18:00")) == at("2026-11-23T09:00")
    assert china().next_opening(at("2026-11-20T12:30")) == at("2026-11-20T14:00")
    assert china().next_opening(at("2026-11-20T09:00")) == at("2026-11-20T09:00")


def test_the_previous_closing_before_monday_morning_is_on_friday() -> None:
    assert china().previous_closing(at("2026-11-23T09:00")) == at("2026-11-20T18:00")
    assert china().previous_closing(at("2026-11-23T10:00")) == at("2026-11-23T10:00")


def test_a_warning_before_the_deadline_goes_back_over_lunch_and_weekend() -> None:
    assert china().add_working_time(at("2026-11-23T14:30"), timedelta(hours=-4)) == at(
        "2026-11-20T17:30"
    )


def test_a_span_ending_at_midnight_stays_at_midnight() -> None:
    due = plain().add_working_time(at("2026-11-20T20:00", "UTC"), timedelta(hours=4))
    assert due == at("2026-11-21T00:00", "UTC")
    assert plain().closing(day("2026-11-20")) == due
    assert plain().add_working_time(due, timedelta()) == due


def test_answers_bear_the_zone_of_the_calendar() -> None:
    due = china().add_working_time(datetime(2026, 11, 20, 2, tzinfo=UTC), timedelta(hours=1))
    assert due == at("2026-11-20T11:00")
    assert due.tzinfo is china().tz


def test_time_between_swapped_moments_is_zero() -> None:
    early, late = at("2026-11-20T10:00"), at("2026-11-20T11:00")
    assert china().working_time_between(early, late) == timedelta(hours=1)
    assert china().working_time_between(late, early) == timedelta()


def test_keeping_the_clock_moves_a_closed_hour_to_an_open_one() -> None:
    calendar = china()
    keep = calendar.add_working_days_keep_clock
    assert keep(at("2026-11-20T10:00"), 1) == at("2026-11-23T10:00")
    assert keep(at("2026-11-20T07:00"), 1) == at("2026-11-23T09:00")
    assert keep(at("2026-11-20T12:30"), 1) == at("2026-11-23T14:00")
    assert keep(at("2026-11-19T20:00"), 1) == at("2026-11-23T09:00")
    assert keep(at("2026-11-24T20:00"), -1) == at("2026-11-23T18:00")
    assert keep(at("2026-11-20T10:00"), 1, end_of_working_day=True) == at("2026-11-23T18:00")


def test_keeping_the_clock_at_closing_time_obeys_the_boundary() -> None:
    keep = china().add_working_days_keep_clock
    assert keep(at("2026-11-23T18:00"), 1) == at("2026-11-24T18:00")
    assert keep(at("2026-11-23T18:00"), 1, boundary="next_opening") == at("2026-11-25T09:00")


def test_midnight_belongs_to_the_day_it_begins_even_if_the_day_before_ends_there() -> None:
    hours = {"sun": [("00:00", "24:00")], "mon": [("08:00", "18:00")]}
    calendar = plain(weekdays=["sun", "mon"], hours=hours)
    due = calendar.add_working_days_keep_clock(at("2026-11-22T00:00", "UTC"), 1)
    assert due == at("2026-11-23T08:00", "UTC")


def test_rolling_first_makes_saturday_plus_one_a_tuesday() -> None:
    roll = china().add_working_days_roll_first
    assert roll(at("2026-11-21T12:00"), 1) == at("2026-11-24T09:00")
    assert roll(at("2026-11-21T12:00"), 0) == at("2026-11-23T09:00")
    assert roll(at("2026-11-20T18:00"), 1) == at("2026-11-23T18:00")


def test_a_pause_counts_only_for_the_open_time_it_covers() -> None:
    pause = (at("2026-11-20T17:00"), at("2026-11-23T10:00"))  # one open hour on each side
    due = china().add_working_time(at("2026-11-20T16:00"), timedelta(hours=2), [pause])
    assert due == at("2026-11-23T11:00")


def test_a_pause_outside_the_hours_changes_nothing() -> None:
    pause = (at("2026-11-20T18:00"), at("2026-11-23T09:00"))
    due = china().add_working_time(at("2026-11-20T16:00"), timedelta(hours=3), [pause])
    assert due == at("2026-11-23T10:00")


def test_overlapping_pauses_count_once() -> None:
    start = at("2026-11-20T09:00")
    pauses = [
        (start, start + timedelta(hours=2)),
        (start + timedelta(hours=1), start + timedelta(hours=2)),
    ]
    end = at("2026-11-20T12:00")
    assert china().working_time_between(start, end, pauses) == timedelta(hours=1)


def test_a_clock_that_still_stands_gives_elapsed_time_but_no_end() -> None:
    start, stopped = at("2026-11-20T09:00"), at("2026-11-20T10:00")
    calendar = china()
    year_later = start + timedelta(days=365)
    assert calendar.working_time_between(start, year_later, [(stopped, None)]) == timedelta(hours=1)
    assert calendar.add_working_time(start, timedelta(hours=1), [(stopped, None)]) == stopped
    with pytest.raises(CalendarError, match="stood still"):
        calendar.add_working_time(start, timedelta(hours=2), [(stopped, None)])


def test_pauses_lengthen_a_limit_in_working_days_by_their_open_time() -> None:
    pause = (at("2026-11-20T15:00"), at("2026-11-20T16:00"))
    keep = china().add_working_days_keep_clock
    due = keep(at("2026-11-20T10:00"), 1, end_of_working_day=True, pauses=[pause])
    assert due == at("2026-11-24T10:00")
    later = (at("2026-12-01T15:00"), at("2026-12-01T16:00"))
    assert keep(at("2026-11-20T10:00"), 1, pauses=[later]) == at("2026-11-23T10:00")


def test_a_pause_that_ends_before_it_begins_is_refused() -> None:
    start = at("2026-11-20T10:00")
    with pytest.raises(CalendarError, match="before it begins"):
        china().working_time_between(start, start, [(start, start - timedelta(hours=1))])


def test_a_night_in_spring_is_an_hour_short() -> None:
    calendar = plain(tz="Europe/Berlin", weekdays=range(7))
    start = at("2026-03-28T12:00", "Europe/Berlin")
    due = calendar.add_working_time(start, timedelta(hours=24))
    assert due == at("2026-03-29T13:00", "Europe/Berlin")
    assert calendar.working_time_between(start, due) == timedelta(hours=24)


def test_a_night_in_autumn_is_an_hour_long() -> None:
    calendar = plain(tz="America/New_York", weekdays=range(7))
    start = at("2026-10-31T12:00", "America/New_York")
    due = calendar.add_working_time(start, timedelta(hours=24))
    assert due == at("2026-11-01T11:00", "America/New_York")


def test_opening_hours_follow_the_wall_clock_across_a_change() -> None:
    calendar = plain(tz="Europe/Berlin", hours=dict.fromkeys(MON_TO_FRI, NINE_TO_FIVE))
    due = calendar.add_working_time(at("2026-03-27T16:00", "Europe/Berlin"), timedelta(hours=2))
    assert due.astimezone(UTC) == datetime(2026, 3, 30, 8, tzinfo=UTC)


def test_a_skipped_opening_is_the_moment_of_the_clock_change() -> None:
    hours = {"sun": [("02:30", "02:45"), ("02:50", "06:00")]}
    calendar = plain(tz="Europe/Berlin", weekdays=["sun"], hours=hours)
    assert calendar.opening(day("2026-03-29")).astimezone(UTC) == datetime(
        2026, 3, 29, 1, tzinfo=UTC
    )
    start, end = at("2026-03-29T00:00", "Europe/Berlin"), at("2026-03-29T08:00", "Europe/Berlin")
    assert calendar.working_time_between(start, end) == timedelta(hours=3)


def test_a_repeated_hour_is_open_twice() -> None:
    hours = {"sun": [("02:00", "02:30"), ("02:30", "03:00")]}
    calendar = plain(tz="Europe/Berlin", weekdays=["sun"], hours=hours)
    start, end = at("2026-10-25T00:00", "Europe/Berlin"), at("2026-10-25T08:00", "Europe/Berlin")
    assert calendar.working_time_between(start, end) == timedelta(hours=2)


def test_a_closing_in_the_repeated_hour_is_its_second_pass() -> None:
    hours = {"sun": [("01:30", "02:30")]}
    calendar = plain(tz="Europe/Berlin", weekdays=["sun"], hours=hours)
    assert calendar.closing(day("2026-10-25")).astimezone(UTC) == datetime(
        2026, 10, 25, 1, 30, tzinfo=UTC
    )


def test_no_days_later_is_the_same_pass_of_the_repeated_hour() -> None:
    calendar = plain(tz="Europe/Berlin", weekdays=range(7))
    second = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert calendar.add_working_days_keep_clock(second, 0).astimezone(UTC) == second


def test_a_midnight_that_comes_twice_closes_at_its_first() -> None:
    calendar = plain(tz="America/Havana", weekdays=range(7))
    saturday = calendar.closing(day("2026-10-31"))
    assert saturday == calendar.opening(day("2026-11-01"))
    sunday = calendar.closing(day("2026-11-01")).astimezone(UTC) - saturday.astimezone(UTC)
    assert sunday == timedelta(hours=25)
