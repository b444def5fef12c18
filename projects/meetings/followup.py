"""What became of decisions: the first item of every agenda.

A decision with a task is as far as its task is; one without is done when the office has marked
it. Dates are compared by day: what is due today is in time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from config.i18n import N_
from config.i18n import gettext as _
from models import tables
from models.db import Session
from models.directory import PersonInfo
from projects.meetings import store
from workflow.calendar import WorkCalendar
from workflow.context import context

WORDS: dict[str, str] = {
    "done": N_("done in time"),
    "done_late": N_("done late"),
    "running": N_("under way, in time"),
    "submitted": N_("handed in, to be verified"),
    "overdue": N_("overdue"),
    "unanswered": N_("answer outstanding"),
    "withdrawn": N_("task withdrawn"),
}
LIGHTS = {
    "done": "grey", "done_late": "grey", "running": "green", "submitted": "green",
    "overdue": "red", "unanswered": "yellow", "withdrawn": "grey",
}  # fmt: skip
SETTLED = frozenset({"done", "done_late", "withdrawn"})
MOST = 500
"""Older decisions than so many are not followed any further."""


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A decision with how far it is. `row` as `store.decisions_of` gives it."""

    row: Any
    status: str
    due: date | None

    @property
    def place(self) -> tuple[date, int]:
        """Where it stands in an order by date; those without one come last."""
        return self.due or date.max, int(self.row.id)

    @property
    def word(self) -> str:
        """The status in words."""
        return _(WORDS[self.status])

    @property
    def light(self) -> str:
        """Its colour: red late, yellow unanswered, green under way, grey settled."""
        return LIGHTS[self.status]


def status_of(row: Any, now: datetime, calendar: WorkCalendar) -> FollowUp:
    """How far a decision is."""
    today = calendar.local_date(now)
    if row.task_id is not None:
        due = calendar.local_date(row.task_due_at) if row.task_due_at else row.due_on
        return FollowUp(row, _of_task(row, due, today, calendar), due)
    due = row.due_on
    if row.state == "done":
        finished = calendar.local_date(row.done_at)
        return FollowUp(row, "done_late" if due and finished > due else "done", due)
    if row.state == "asked":
        late = due is not None and due < today
        return FollowUp(row, "overdue" if late else "unanswered", due)
    return FollowUp(row, "overdue" if due is not None and due < today else "running", due)


def _of_task(row: Any, due: date | None, today: date, calendar: WorkCalendar) -> str:
    if row.task_state == "withdrawn":
        return "withdrawn"
    if row.task_state == "verified":
        handed_in = row.task_submitted_at or row.task_verified_at
        finished = calendar.local_date(handed_in) if handed_in else today
        return "done_late" if due and finished > due else "done"
    if row.task_state == "submitted":
        return "submitted"
    return "overdue" if due is not None and due < today else "running"


def follow_up(s: Session, actor: PersonInfo, meeting: Any, now: datetime) -> list[FollowUp]:
    """Every decision of the meeting before this one, and older ones that are not settled yet."""
    if meeting.previous_id is None:
        return []
    earlier = select(store.M.id).where(
        store.M.starts_at < meeting.starts_at, store.M.id != meeting.id, store.M.state == "closed"
    )
    keys = [row.id for row in s.execute(earlier.order_by(store.M.starts_at.desc()).limit(MOST))]
    rows = statuses(s, store.decisions_of(s, actor, keys), now)
    return [
        one for one in rows
        if one.row.meeting_id == meeting.previous_id or one.status not in SETTLED
    ]  # fmt: skip


def open_decisions(
    s: Session, actor: PersonInfo, now: datetime, *, unit_id: int | None = None
) -> list[FollowUp]:
    """Every decision within the scope that is not settled yet, of one unit if it is given;
    nearest date first, those without a date last."""
    found = statuses(s, store.unsettled_decisions(s, actor, unit_id), now)
    wanted = [one for one in found if one.status not in SETTLED]
    return sorted(wanted, key=lambda one: one.place)


def statuses(s: Session, rows: Sequence[Any], now: datetime) -> list[FollowUp]:
    """Each decision with how far it is."""
    calendar = context(s).calendar()
    return [status_of(row, now, calendar) for row in rows]


def counted(found: Sequence[FollowUp]) -> dict[str, int]:
    """How many are done, under way and overdue."""
    n = Counter(one.status for one in found)
    return {
        "total": len(found),
        "done": n["done"] + n["done_late"],
        "running": n["running"] + n["submitted"] + n["unanswered"],
        "overdue": n["overdue"],
    }


def decisions_about(s: Session, actor: PersonInfo, issue_id: int) -> list[Any]:
    """Decisions on one issue, newest first, within the scope."""
    rows = s.execute(
        select(store.D.meeting_id)
        .join(tables.meeting_item, store.I.id == store.D.item_id)
        .where(store.I.issue_id == issue_id)
        .distinct()
    )
    found = store.decisions_of(s, actor, [row.meeting_id for row in rows])
    return [row for row in found if row.issue_id == issue_id][::-1]
