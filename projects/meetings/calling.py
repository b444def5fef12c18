"""Telling those who attend: called when the agenda stands, again when it is moved, and let go."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from models.db import Session
from models.directory import PersonInfo
from projects.meetings import store
from projects.telling import tell, voices
from workflow.context import context


def call(s: Session, row: Any, now: datetime) -> None:
    """Tell every unit when and where, and the chair; one that was moved or fixed anew is told
    anew."""
    _tell(s, "meeting_called", row, attending(s, row.id), _chair(s, row), now, "called")


def let_go(s: Session, row: Any, units: Iterable[int], now: datetime) -> None:
    """Tell units that had been called and are no longer on the list."""
    _tell(s, "meeting_left", row, units, (), now, "left")


def call_off(s: Session, row: Any, reason: str, now: datetime) -> None:
    """Tell every unit and the chair that there is no meeting, and why: without delay."""
    _tell(
        s, "meeting_called_off", row, attending(s, row.id), _chair(s, row), now, "off",
        reason=reason, urgent=True,
    )  # fmt: skip


def attending(s: Session, meeting: int) -> list[int]:
    """Ids of the units of the list, in its order."""
    return [unit.unit_id for unit in store.units_of(s, [meeting]).get(meeting, [])]


def _chair(s: Session, row: Any) -> tuple[PersonInfo, ...]:
    return (context(s).directory.people[row.chair_id],)


def _tell(
    s: Session, about: str, row: Any, units: Iterable[int], chair: Iterable[PersonInfo],
    now: datetime, occasion: str, **more: Any,
) -> None:  # fmt: skip
    people = [p for unit in units for p in voices(s, unit)]
    if not people:
        return
    zone = context(s).calendar().tz
    when = f"{row.starts_at.astimezone(zone):%Y-%m-%d %H:%M}"
    tell(
        s, about, people, copies=chair, subject=f"meeting:{row.id}",
        occasion=f"{occasion}:{when}:{row.version}", title=f"{row.name} {row.number}",
        path=f"/meetings/{row.id}", now=now, detail=f"{when} {row.place}", **more,
    )  # fmt: skip
