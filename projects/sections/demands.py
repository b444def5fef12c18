"""Snapshot section `demands`: the demands of enterprises that the month concerns, as they stood at
its end: those received in it, those whose limit for being taken up ends in it, and those on which
the enterprise spoke in it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select

from models import tables
from models.db import Session
from projects.sections import past
from projects.sections.past import text
from projects.sections.period import Span, span
from workflow.chain import instant
from workflow.context import context

SPOKEN = {"demand.confirmed": True, "demand.rejected": False}
"""What the enterprise says, and whether the matter is resolved in its eyes."""
Row = dict[str, Any]


def gather(s: Session, month: str, now: datetime) -> list[Row]:
    """One row a demand, by id; nobody's name or number is among the facts.

    `take_up_due`: until when the office had to act on it, `contacted`: when it did, `answered`,
    `feedback`: when the enterprise judged last, `resolved` and `satisfied`: what it said.
    """
    when, units = span(s, month, now), context(s).directory.units
    rows = _demands(s, when)
    spoken = _spoken(s, (row.id for row in rows), when.until)
    return [
        _row(row, spoken.get(row.id), when.until, units)
        for row in rows
        if when.saw(row.received_at)
        or when.holds(row.take_up_due_at)
        or (row.id in spoken and when.saw(spoken[row.id].at))
    ]


def _demands(s: Session, when: Span) -> list[Any]:
    """Received by then, and with a moment since the month began: the last word may be a later
    one, and another one before it."""
    demand, issue = tables.demand.c, tables.issue.c
    moments = (demand.received_at, demand.take_up_due_at, demand.feedback_at)
    chosen = (
        select(tables.demand, issue.number.label("issue_number"))
        .outerjoin(tables.issue, issue.id == demand.issue_id)
        .where(demand.received_at <= when.until, or_(*(one >= when.begin for one in moments)))
        .order_by(demand.id)
    )
    return list(s.execute(chosen))


def _row(row: Any, said: Any | None, until: datetime, units: Any) -> Row:
    linked = _by(row.linked_at, until) is not None
    return {
        "id": row.id,
        "number": row.number,
        "enterprise": row.enterprise,
        "board_id": row.board_id,
        "board": units[row.board_id].code if row.board_id in units else "",
        "category": row.category if _by(row.contacted_at, until) else "",
        "received": instant(row.received_at),
        "take_up_due": instant(row.take_up_due_at),
        "contacted": text(_by(row.contacted_at, until)),
        "answered": text(_by(row.answered_at, until)),
        "issue_number": row.issue_number if linked else None,
        "repeat": bool(row.repeat and linked),
        "relapse_candidate": bool(row.relapse_candidate and linked),
        "feedback": instant(said.at) if said is not None else None,
        "resolved": SPOKEN[said.tag] if said is not None else None,
        "satisfied": bool(said.data.get("satisfied")) if said is not None else None,
    }


def _by(moment: datetime | None, until: datetime) -> datetime | None:
    return moment if moment is not None and moment <= until else None


def _spoken(s: Session, demands: Iterable[int], until: datetime) -> dict[int, Any]:
    """By demand: the newest word of the enterprise."""
    event = tables.event.c
    chosen = select(event.stream, event.tag, event.at, event.data).where(
        event.tag.in_(SPOKEN), event.at <= until
    )
    return {
        int(row.stream.removeprefix("demand:")): row
        for some in past.chunks(demands)
        for row in s.execute(
            chosen.where(event.stream.in_([f"demand:{key}" for key in some])).order_by(event.seq)
        )
    }
