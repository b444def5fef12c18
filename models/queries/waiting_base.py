"""What every kind of to-do is told by: who asks, when, and under which definitions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select

from models import tables
from models.directory import PersonInfo
from models.queries.definitions import Definitions

_I, _T = tables.issue.c, tables.task.c


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, when, and under which definitions."""

    actor: PersonInfo
    rules: Definitions
    now: datetime


Kind = Callable[[Asking], ColumnElement[bool]]
"""A condition on `issue`."""


def of_tasks(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Issues with a task that meets the conditions."""
    return _I.id.in_(select(_T.issue_id).where(*conditions))


def today(rules: Definitions, now: datetime) -> date:
    """The day of `now` in the zone of the newest policy."""
    zone = rules.policies[max(rules.policies)].policy.timezone
    return now.astimezone(ZoneInfo(zone)).date()
