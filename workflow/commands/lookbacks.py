"""回头看 and 反弹: re-checks after closure, drawn by lot, and what they find."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, update

from config.roles import Role
from models import tables
from models.db import Session
from models.directory import PersonInfo
from workflow import deadlines
from workflow.commands.base import (
    Outcome,
    begin,
    clean,
    clean_moment,
    end,
    facts_of,
    permit,
    tell,
    to_role,
)
from workflow.commands.reopening import back_to_unit, chosen
from workflow.notice_facts import local
from workflow.telling import addressees
from workflow.transition import Work


def plan_lookbacks(w: Work) -> None:
    """回头看: always for weighty issues, by lot for the rest; the lot's seed is recorded.

    The seed is the closing event's hash, which nobody can choose and everybody can check.
    """
    rules, issue = w.policy().lookback, w.issue
    flags = {"major": issue.major, "listed": issue.listed, "relapsed": issue.relapse_count > 0}
    basis = next((name for name in rules.always if flags[name]), "")
    seed = issue.chain_hash
    if not basis and drawn(seed) >= rules.share:
        return
    w.looked_back = None
    w.s.execute(
        insert(tables.lookback),
        [
            {
                "issue_id": issue.id,
                "cycle": issue.cycle,
                "day": day,
                "state": "planned",
                "due_at": _lookback_day(w, day),
                "basis": basis or "sample",
                "seed": seed,
                "finding": "",
            }
            for day in rules.days
        ],
    )


def drawn(seed: str) -> float:
    """A number from 0 to 1 that a seed fixes; a closure is sampled when it is under the share."""
    return int(hashlib.sha256(seed.encode()).hexdigest()[:8], 16) / 2**32


def _lookback_day(w: Work, days: int) -> datetime:
    calendar, policy = w.calendar(), w.policy()
    day = calendar.add_calendar_days(calendar.local_date(w.now), days)
    return datetime.combine(day, deadlines.clock_time(policy.hours.fire_at), calendar.tz)


def record_lookback(
    s: Session,
    *,
    actor: PersonInfo,
    issue: str,
    finding: str,
    relapse: bool,
    now: datetime,
    expected_version: int | None = None,
) -> Outcome:
    """An inspector's re-check: holds, or the problem is back (then the chief confirms)."""
    w, record = begin(s, actor=actor, now=now, issue=issue, expected_version=expected_version)
    finding = clean("finding", finding)
    noted = permit(w, "record_lookback", facts_of(w, args={"finding": finding}))
    _write_lookback(w, actor, finding, "relapse" if relapse else "ok")
    w.touch(
        "issue.record_lookback",
        by=actor,
        data=noted
        | {
            "finding": finding,
            "relapse": relapse,
        },
    )
    if relapse:
        tell(
            w,
            "todo",
            to_role(w, Role.OFFICE_CHIEF),
            todo="relapse",
            reason=finding,
            occasion=f"event:{record.chain_seq}",
        )
    return end(w)


def _write_lookback(w: Work, actor: PersonInfo, finding: str, state: str) -> None:
    table, planned = (
        tables.lookback,
        [x for x in w.lookbacks() if x.state == "planned" and x.due_at <= w.now],
    )
    values = {"state": state, "finding": finding, "inspector_id": actor.id, "done_at": w.now}
    taken = {x.day for x in w.lookbacks()}
    w.looked_back = None  # read again by whoever asks after this
    if planned:
        w.s.execute(update(table).where(table.c.id == planned[0].id).values(values))
        return
    day = next(-n for n in range(1, len(taken) + 2) if -n not in taken)
    w.s.execute(
        insert(table).values(
            issue_id=w.issue.id,
            cycle=w.issue.cycle,
            day=day,
            due_at=w.now,
            basis="spot",
            seed="",
            **values,
        )
    )


def relapse(
    s: Session,
    *,
    actor: PersonInfo,
    issue: str,
    new_due: datetime,
    reason: str,
    now: datetime,
    tasks: Sequence[str] = (),
    expected_version: int | None = None,
) -> Outcome:
    """反弹: the chief confirms an inspector's finding; tasks run again under a new deadline."""
    w, record = begin(s, actor=actor, now=now, issue=issue, expected_version=expected_version)
    reason, new_due = clean("reason", reason), clean_moment("new_deadline", new_due) or new_due
    noted = permit(
        w,
        "relapse",
        facts_of(w, args={"reason": reason, "new_due_at": new_due}, lookbacks=w.lookbacks()),
    )
    w.fire(
        "relapse",
        by=actor,
        data=noted | {"reason": reason, "new_due": new_due.isoformat()},
        relapse_count=record.relapse_count + 1,
        cycle=record.cycle + 1,
        closed_at=None,
        approver_id=None,
    )
    for task in chosen(w, tasks):
        back_to_unit(w, task, "reopen", actor, {}, {"new_due_at": new_due}, cause="relapse")
        tell(
            w,
            "relapse",
            addressees(w, ("responsible_person", "liaison", "unit_head"), task),
            task=task,
            reason=reason,
            new_deadline=local(task.due_at, w.calendar(task)),
            occasion=f"event:{w.issue.chain_seq}",
        )
    return end(w)
