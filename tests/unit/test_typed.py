"""Dates and times as people type them: nearness is a matter of what every zone can tell."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from workflow.errors import Malformed
from workflow.typed import parse_date, parse_moment

ZONE = ZoneInfo("Asia/Shanghai")


def moment(text: str) -> datetime:
    return parse_moment(text, ZONE, "due", "17:30")


def test_a_date_ends_with_the_day_and_a_time_is_taken_exactly() -> None:
    assert moment("2026-09-28") == datetime(2026, 9, 28, 9, 30, tzinfo=UTC)
    assert moment(" 2026-09-28T10:00 ") == datetime(2026, 9, 28, 2, tzinfo=UTC)
    assert moment("2026-09-28T10:00:00+02:00") == datetime(2026, 9, 28, 8, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2026-09-28", "20260928", "2026-W40-1", " 2026W401 "])
def test_a_date_without_a_time_ends_with_the_day_in_every_spelling(text: str) -> None:
    assert moment(text) == datetime(2026, 9, 28, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["0001-01-01", "1899-12-31", "2201-01-01", "9999-12-31", "9999-12-31T23:59:59-23:59"],
)
def test_years_beyond_every_calendar_are_refused_by_field(text: str) -> None:
    for refused in (moment, lambda given: parse_date(given[:10], "due")):
        with pytest.raises(Malformed) as refusal:
            refused(text)
        (reason,) = refusal.value.reasons
        assert (reason.code, reason.field) == ("date_far", "due") and reason.remedy


@pytest.mark.parametrize("text", ["1900-01-01", "2200-12-31", "2200-12-31T23:59:59-23:59"])
def test_what_is_taken_can_be_told_in_every_zone(text: str) -> None:
    for zone in ("UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"):
        assert moment(text).astimezone(ZoneInfo(zone)) == moment(text)
    assert parse_date(text[:10], "due") == date.fromisoformat(text[:10])


@pytest.mark.parametrize("text", ["soon", "", "2026-02-30", "2026-09-28T25:00", "x" * 5000])
def test_what_is_no_date_is_refused_in_few_words(text: str) -> None:
    with pytest.raises(Malformed) as refusal:
        moment(text)
    (reason,) = refusal.value.reasons
    assert reason.code == "due_malformed" and len(reason.message) < 200
