"""Snapshot section `lookbacks`: the look-backs (回头看) on the issues that the month concerns."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select

from models import tables
from models.db import Session
from projects.sections import past
from projects.sections.concerned import concerned
from projects.sections.period import span

PLANNED = ("issue.approve", "issue.record_lookback")


def gather(s: Session, month: str, now: datetime) -> list[dict[str, Any]]:
    """One row a look-back, by id; one that was done later is still planned. What was found is
    `ok` or `relapse`; who looked is no fact of a figure and is left out."""
    until = span(s, month, now).until
    told = concerned(s, month, now).told
    found = []
    for row in _rows(s, told):
        events = told[row.issue_id]
        done = row.done_at if row.done_at is not None and row.done_at <= until else None
        spot = row.day < 0
        if (spot and done is None) or not past.only(events, PLANNED):
            continue
        if not spot and row.cycle > _closures(events):
            continue
        found.append({
            "id": row.id, "issue_id": row.issue_id, "number": row.number, "title": row.title,
            "category": row.category, "units": past.lead_units(events),
            "board_id": row.board_id, "cycle": row.cycle, "day": row.day, "basis": row.basis,
            "due": past.text(row.due_at), "done": past.text(done),
            "finding": row.state if done is not None else None,
        })  # fmt: skip
    return found


def _closures(told: list[Any]) -> int:
    return sum(event.tag == "issue.approve" for event in told)


def _rows(s: Session, issues: Iterable[int]) -> list[Any]:
    lookback, issue = tables.lookback.c, tables.issue.c
    chosen = (
        select(
            lookback.id, lookback.issue_id, lookback.cycle, lookback.day, lookback.basis,
            lookback.due_at, lookback.done_at, lookback.state, issue.number, issue.title,
            issue.category, issue.board_id,
        )
        .join(tables.issue, issue.id == lookback.issue_id)
        .order_by(lookback.id)
    )  # fmt: skip
    found = [
        row
        for some in past.chunks(issues)
        for row in s.execute(chosen.where(lookback.issue_id.in_(some)))
    ]
    return sorted(found, key=lambda row: int(row.id))
