"""Dates and times as an office writes them. Input: "2026-10-23 17:30" or "2026-10-23"."""

from __future__ import annotations

from datetime import datetime

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def zh(text: str) -> str:
    """`2026年10月23日17:30` or `2026年10月23日`; what is neither stays as it is."""
    parsed = _parse(text)
    if parsed is None:
        return text
    day = f"{parsed.year}年{parsed.month}月{parsed.day}日"
    return f"{day}{parsed:%H:%M}" if ":" in text else day


def en(text: str) -> str:
    """`17:30 on 23 October 2026` or `23 October 2026`; what is neither stays as it is."""
    parsed = _parse(text)
    if parsed is None:
        return text
    day = f"{parsed.day} {_MONTHS[parsed.month - 1]} {parsed.year}"
    return f"{parsed:%H:%M} on {day}" if ":" in text else day


def _parse(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)  # local time already, so it carries no zone
    except ValueError:
        return None
