"""The sections of a month's snapshot: each gathers its rows as plain JSON, sorted by id."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from models.db import Session
from projects.sections import (
    demands,
    earlier,
    figures,
    issues,
    lookbacks,
    orders,
    period,
    projects,
    targets,
    tasks,
)

Rows = list[dict[str, Any]]
Gather = Callable[[Session, str, datetime], Rows]

SECTIONS: dict[str, Gather] = {
    "period": period.gather,
    "earlier": earlier.gather,
    "issues": issues.gather,
    "tasks": tasks.gather,
    "lookbacks": lookbacks.gather,
    "orders": orders.gather,
    "projects": projects.gather,
    "figures": figures.gather,
    "targets": targets.gather,
    "demands": demands.gather,
}
"""By the section's name: what it holds of a month ("2026-09") at a moment."""
