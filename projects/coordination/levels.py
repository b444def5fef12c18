"""Coordination levels L1 to L4: who can solve an issue. Apart from supervision, who chases it.

Domain rules §5: L1 board or department, L2 consultation by the bureau or a task force, L3 the
half-monthly dispatch meeting, L4 report to the city. The clock raises L1 to L2 by itself, once a
cycle and never again after a person has moved the level; what is parked, closed or not handed
over is left alone. L3 is proposed (`projects.meetings.candidates`), L4 a person decides.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from config.i18n import DEFAULT_LANGUAGE, language
from config.i18n import gettext as _
from config.roles import Role
from models import tables
from models.db import Database, Session
from models.directory import PersonInfo
from projects.chasing import each
from projects.coordination.facts import Standing, standings
from projects.telling import tell, voices
from workflow.case import load_case
from workflow.commands.base import end
from workflow.context import context
from workflow.escalation import catch_up
from workflow.transition import Work

CONSULTED = 2
"""The level of a consultation, the only one that the clock raises to."""
WITH_UNITS = ("dispatched", "in_progress")
"""States in which an issue is unsolved in the hands of its units."""
UNSOLVED = "unsolved"


def run(db: Database, now: datetime) -> int:
    """Raise what has been unsolved for too long, each in a transaction of its own; how many.

    An issue that fails does not stop the others; the job has failed then, and is tried again.
    """
    with db.read() as s:
        waiting = overdue_for_consultation(s, now)
    return each(db, waiting, lambda s, key: raise_by_clock(s, key, now))


def overdue_for_consultation(s: Session, now: datetime) -> list[int]:
    """Ids of issues at L1 that the clock is to raise now."""
    issue = tables.issue.c
    rules = context(s).policy().coordination
    early = now - timedelta(days=rules.consult_after_wd)  # a working day is a day at least
    chosen = select(issue.id).where(
        issue.coordination_level == 1, issue.state.in_(WITH_UNITS), issue.dispatched_at <= early
    )
    ids = [row.id for row in s.execute(chosen.order_by(issue.id))]
    found = standings(s, ids)
    return [key for key in ids if _due(s, found[key], now)]


def _due(s: Session, standing: Standing, now: datetime) -> bool:
    ctx = context(s)
    most = ctx.policy().coordination.consult_after_wd
    return not standing.raised and standing.unsolved_days(now, ctx.calendar()) > most


def raise_by_clock(s: Session, issue_id: int, now: datetime) -> bool:
    """Raise one issue to L2 if it is still due under its lock; whether it was."""
    issue, tasks = load_case(s, issue_id=issue_id)
    standing = standings(s, [issue_id])[issue_id]
    unsolved = issue.state in WITH_UNITS and issue.coordination_level == 1
    if not unsolved or not _due(s, standing, now):
        return False
    w = Work(s, context(s), now, None, issue, tasks)
    if any(r.next_rung_at is not None and r.next_rung_at <= now for r in (issue, *w.tasks)):
        catch_up(w)
    with language(DEFAULT_LANGUAGE):
        days = w.ctx.policy().coordination.consult_after_wd
        reason = _("Unsolved for more than {n} working days after the hand-over.").format(n=days)
    set_level(w, CONSULTED, UNSOLVED, reason, by=None)
    end(w)
    tell_raised(w, reason)
    return True


def set_level(w: Work, level: int, cause: str, reason: str, *, by: PersonInfo | None) -> None:
    """Write a level that no command of a person sets: by the clock, or on a unit's request."""
    old = w.issue.coordination_level
    w.touch(
        "issue.coordinate",
        by=by,
        coordination_level=level,
        data={"old": old, "level": level, "cause": cause, "reason": reason},
    )


def tell_raised(w: Work, reason: str) -> int:
    """Tell the office of the new level, with a copy to the units at work; how many were told."""
    issue = w.issue
    people = w.ctx.directory
    office = [*people.with_role(Role.OFFICE_CHIEF), *people.with_role(Role.TRIAGE_OFFICER)]
    return tell(
        w.s,
        "coordination_raised",
        office,
        copies=[p for unit in units_at_work(w) for p in voices(w.s, unit)],
        subject=f"coordination:{issue.id}",
        occasion=f"L{issue.coordination_level}:{issue.chain_seq}",
        title=issue.title,
        path=f"/issues/{issue.number}",
        now=w.now,
        issue_number=issue.number,
        detail=f"L{issue.coordination_level}",
        reason=reason,
    )


def units_at_work(w: Work) -> list[int]:
    """Units that lead or support a task that is handed over, in order."""
    live = [t for t in w.tasks if t.dispatched_at is not None and t.state != "withdrawn"]
    leads = [t.lead_unit_id for t in live]
    keys = {t.id for t in live}
    co = [c.unit_id for c in w.awaited_co_units() if c.task_id in keys]
    return list(dict.fromkeys(_plain([*leads, *co])))


def _plain(ids: Iterable[Any]) -> list[int]:
    return [int(i) for i in ids if i is not None]
