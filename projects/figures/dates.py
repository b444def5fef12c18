"""By when monthly figures are asked for: the policy's days, on the working-day calendar."""

from __future__ import annotations

from datetime import date, timedelta

from models.db import Session
from projects import months
from workflow.context import context


def due_on(s: Session, month: str) -> date:
    """By when the figures of a month are due: the policy's day of the next, or the working day
    after it."""
    return _on_working_day(s, month, context(s).policy().figures.due_day)


def freeze_on(s: Session, month: str) -> date | None:
    """When the clock freezes a month; None where the chief does it by hand."""
    number = context(s).policy().figures.freeze_day
    return _on_working_day(s, month, number) if number else None


def last_due(s: Session, today: date) -> str:
    """The newest month whose figures should be in by now; on the day itself they may still come."""
    month = months.moved(months.month_of(today), -1)
    return month if today > due_on(s, month) else months.moved(month, -1)


def _on_working_day(s: Session, month: str, number: int) -> date:
    day = months.first_day(months.moved(month, 1)) + timedelta(days=number - 1)
    calendar = context(s).calendar()
    return calendar.roll_forward(day)
