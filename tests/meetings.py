"""Meetings as the tests hold them: planned by the office, fixed, opened, decided, closed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from models import tables
from projects.meetings import agenda, planning, session, tasks
from projects.meetings.decisions import Decided
from projects.meetings.planning import Invitation
from tests.world import Moment, World, at

UNITS = ("lucheng", "zjj", "gdgs")
PLANNED, HELD = "2026-09-14 10:00", "2026-09-15 14:30"
DUE = date(2026, 9, 28)


def invitation(starts: Moment = HELD, **changed: Any) -> Invitation:
    """The usual meeting of the mid-month."""
    usual: dict[str, Any] = {
        "starts_at": at(starts) if isinstance(starts, str) else starts, "place": "管委会三楼会议室",
        "chair": "director", "units": UNITS,
    }  # fmt: skip
    return Invitation(**usual | changed)


def planned(world: World, now: Moment = PLANNED, starts: Moment = HELD, **changed: Any) -> int:
    """A meeting that is planned; its id."""
    return int(world.do(planning.plan, "triage", now, form=invitation(starts, **changed)).id)


def fixed(
    world: World, issues: Sequence[str], now: Moment = PLANNED, starts: Moment = HELD,
    **changed: Any,
) -> int:  # fmt: skip
    """A meeting whose agenda stands with these issues; its id."""
    key = planned(world, now, starts, **changed)
    for issue in issues:
        world.do(agenda.pick, "triage", now, meeting=key, issue=issue)
    world.do(agenda.fix, "triage", now, meeting=key)
    return key


def in_session(
    world: World, issues: Sequence[str], now: Moment = PLANNED, starts: Moment = HELD,
    **changed: Any,
) -> int:  # fmt: skip
    """A meeting in session; its id."""
    key = fixed(world, issues, now, starts, **changed)
    world.do(session.open_session, "chief", starts, meeting=key)
    return key


def item_of(world: World, meeting: int, issue: str) -> int:
    """The id of an issue's item."""
    row = world.row(tables.meeting_item, meeting_id=meeting, issue_id=world.issue(issue).id)
    return int(row.id)


def decided(
    world: World, meeting: int, now: Moment = HELD, *, kind: str = "task", lead: str = "zjj",
    text: str = "九月底前完成停电迁移", due: date | None = DUE, item: int | None = None,
) -> int:  # fmt: skip
    """A decision that the chief has recorded; its id."""
    form = Decided(kind, text, lead, due, item)
    return int(world.do(tasks.decide, "chief", now, meeting=meeting, form=form))


def closed(world: World, meeting: int, now: Moment = "2026-09-15 16:30") -> None:
    """The chief closes it."""
    world.do(session.close, "chief", now, meeting=meeting)
