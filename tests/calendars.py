"""Calendars for tests: the official Chinese one and a plain one; dates and moments in short."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from workflow.calendar import WorkCalendar

MON_TO_FRI = range(5)
LUNCH = [("09:00", "12:00"), ("14:00", "18:00")]
NINE_TO_FIVE = [("09:00", "17:00")]
OFFICE = dict.fromkeys(["mon", "tue", "wed", "thu", "fri"], LUNCH)


def days(*spans: str) -> list[date]:
    """Dates from texts such as "2026-10-01~7"."""
    found = []
    for span in spans:
        first, _, last = span.partition("~")
        start = date.fromisoformat(first)
        count = int(last) - start.day + 1 if last else 1
        found += [start + timedelta(days=offset) for offset in range(count)]
    return found


SPRING_2025 = days("2025-01-28~31", "2025-02-01~4")
OFFICIAL: dict[str, Any] = {
    "tz": "Asia/Shanghai",
    "weekdays": MON_TO_FRI,
    "holidays": [
        *days("2024-01-01", "2024-02-10~17", "2024-04-04~6", "2024-05-01~5", "2024-06-08~10"),
        *days("2024-09-15~17", "2024-10-01~7"),
        *days("2025-01-01", "2025-04-04~6", "2025-05-01~5", "2025-05-31", "2025-06-01~2"),
        *SPRING_2025,
        *days("2025-10-01~8"),
        *days("2026-01-01~3", "2026-02-15~23", "2026-04-04~6", "2026-05-01~5"),
        *days("2026-06-19~21", "2026-09-25~27", "2026-10-01~7"),
    ],
    "extra_workdays": days(
        *("2024-02-04", "2024-02-18", "2024-04-07", "2024-04-28", "2024-05-11", "2024-09-14"),
        *("2024-09-29", "2024-10-12", "2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28"),
        *("2025-10-11", "2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20"),
        "2026-10-10",
    ),
    "provisional_years": {2027},
}


def china(**changes: Any) -> WorkCalendar:
    """Official days of 2024 to 2026, 09-12 and 14-18; 2027 is not published."""
    return WorkCalendar(**({"hours": OFFICE} | OFFICIAL | changes))


def plain(**changes: Any) -> WorkCalendar:
    """Monday to Friday, all day, UTC, no holidays."""
    given_: dict[str, Any] = {"tz": "UTC", "weekdays": MON_TO_FRI, "hours": None}
    return WorkCalendar(**(given_ | {"holidays": [], "extra_workdays": []} | changes))


def at(text: str, tz: str = "Asia/Shanghai") -> datetime:
    """Wall time in a zone."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(tz))


def day(text: str) -> date:
    """A date from its ISO text."""
    return date.fromisoformat(text)
