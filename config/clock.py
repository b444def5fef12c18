"""The only place that reads the machine's clock. Everything below the edges takes `now`."""

from __future__ import annotations

from datetime import UTC, datetime

YEARS = range(1900, 2201)
"""Years that are taken from outside: nearer the ends of the calendar other zones overflow."""


def now() -> datetime:
    """The present moment in UTC, whole microseconds."""
    return datetime.now(UTC)
