"""Snapshot section `earlier`: how many issues had been struck off before the month, by the units
that had led them. Of these the figures need no more (`projects.sections.concerned`)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from models.db import Session
from projects.sections.concerned import concerned


def gather(s: Session, month: str, now: datetime) -> list[dict[str, Any]]:
    """One row for each set of units, in order."""
    found = concerned(s, month, now).earlier
    return [
        {"id": n, "units": list(units), "n": found[units]}
        for n, units in enumerate(sorted(found), 1)
    ]
