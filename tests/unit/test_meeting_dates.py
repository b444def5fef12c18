"""Half-monthly: the 15th, or the next working day, and the last working day of a month."""

from __future__ import annotations

from datetime import date

import pytest

from config.policy import parse_policy, shipped_policy
from projects.meetings.dates import meeting_days, next_date, suggestion
from tests.world import at
from workflow.calendar import WorkCalendar
from workflow.context import build_calendar

POLICY = parse_policy(shipped_policy())
DAYS = ("15", "last")


@pytest.fixture
def calendar() -> WorkCalendar:
    return build_calendar(POLICY, holidays={date(2026, 10, 1): "国庆节", date(2026, 9, 30): "测试"})


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("2026-09-01", "2026-09-15"),
        ("2026-09-14", "2026-09-15"),
        ("2026-09-15", "2026-09-29"),
        ("2026-09-29", "2026-10-15"),
        ("2026-08-10", "2026-08-17"),
        ("2026-08-17", "2026-08-31"),
        ("2026-12-31", "2027-01-15"),
    ],
)
def test_the_next_day_is_a_working_day_after_the_one_given(
    calendar: WorkCalendar, after: str, expected: str
) -> None:
    assert next_date(date.fromisoformat(after), DAYS, calendar) == date.fromisoformat(expected)


def test_a_month_has_two_meeting_days_in_order(calendar: WorkCalendar) -> None:
    for month in range(1, 13):
        first, second = meeting_days(date(2026, month, 1), DAYS, calendar)
        assert first < second
        assert calendar.is_working_day(first) and calendar.is_working_day(second)


def test_the_suggestion_lies_behind_the_last_meeting_and_behind_today(
    calendar: WorkCalendar,
) -> None:
    now = at("2026-09-01 10:00")
    assert suggestion(None, now, POLICY, calendar) == at("2026-09-15 14:30")
    assert suggestion(at("2026-09-15 14:30"), now, POLICY, calendar) == at("2026-09-29 14:30")
    old = at("2026-03-15 14:30")
    assert suggestion(old, now, POLICY, calendar) == at("2026-09-15 14:30")
