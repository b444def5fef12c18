"""A deadline explains itself: its derivation, worked out again, gives the same moment."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from tests.model.clocks import counted, moved
from tests.model.days import count, local, skipped

LAST_PUBLISHED = 2026


def check_derivation(row: Any) -> None:
    """Raise unless the row's derivation leads to its `due_at`."""
    facts = row.derivation
    due, start = local(row.due_at), local(row.start_at).date()
    assert facts["start"] == facts["day_zero"] == start.isoformat()
    assert datetime.fromisoformat(facts["due"]) == due.replace(second=0, microsecond=0)
    assert facts["cause"] == row.cause
    assert facts["provisional"] == row.provisional
    years = {start.year, due.year}
    assert row.provisional == (max(years) > LAST_PUBLISHED)
    assert facts["working_days"] == max(0, count(start + timedelta(days=1), due.date()))
    if facts["unit"] == "fixed_date":
        assert facts["skipped"] == []
    else:
        assert [date.fromisoformat(s["day"]) for s in facts["skipped"]] == skipped(
            start, due.date()
        )
        assert all(s["cause"] for s in facts["skipped"])
    assert _again(row, facts) in (due, None)


def _again(row: Any, facts: dict[str, Any]) -> datetime | None:
    """The deadline from the derivation alone; None for a date that somebody set."""
    if "pause" in facts:
        pause = {k: datetime.fromisoformat(v) for k, v in facts["pause"].items()}
        return moved(pause["old_due"], facts["unit"], pause["from"], pause["to"])
    if facts["unit"] == "fixed_date":
        return None
    return counted(facts["unit"], facts["n"], row.start_at)
