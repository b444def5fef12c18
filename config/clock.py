"""The only place that reads the machine's clock. Everything below the edges takes `now`."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """The present moment in UTC, whole microseconds."""
    return datetime.now(UTC)
