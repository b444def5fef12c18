"""Rungs and side limits: what fires for one issue when its moment has come.

The same code serves the sweep (`workflow.sweep`), a command that finds something overdue, and a
replay. It works on rows that are locked; whoever calls `finish` and commits makes it durable, so
that firing, event, notices and the next moment stand together (invariant 4).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select

from config.policy import Rung
from models import tables
from models.db import Session
from models.statements import PerDialect, among
from workflow import ladder
from workflow.case import Record
from workflow.ladder import Moment
from workflow.limits import fire_limit
from workflow.telling import addressees, frozen_facts, tell
from workflow.transition import Fired, Work


def catch_up(w: Work) -> None:
    """Fire everything due by `w.now` for this issue and its tasks; `Work.finish` writes it."""
    if w.fired is None:
        w.fired = already_fired(w.s, due_subjects(w.issue, w.tasks, w.now))
    for task in w.tasks:
        if _is_due(task, w.now):
            fire_task(w, task)
    if _is_due(w.issue, w.now):
        fire_issue(w)


def _is_due(record: Record, now: datetime) -> bool:
    return record.next_rung_at is not None and record.next_rung_at <= now


def due_subjects(issue: Record, tasks: Iterable[Record], now: datetime) -> list[str]:
    """An issue and its tasks, as far as something is due for them, as `rung_firing` names them."""
    found = [f"task:{task.id}" for task in tasks if _is_due(task, now)]
    return [*found, f"issue:{issue.id}"] if _is_due(issue, now) else found


def already_fired(s: Session, subjects: list[str]) -> Fired:
    """What is on record for these subjects. The stored pointer only says when to look.

    Neither a clock that is behind another machine's, nor looking back over the time that a
    pending extension had frozen, can fire anything twice.
    """
    if not subjects:
        return frozenset()
    rows = _FIRED.all(s, {"keys": json.dumps(subjects)})
    return frozenset((row["subject"], row["deadline_version"], row["rung"]) for row in rows)


_FIRED = PerDialect(
    lambda dialect: select(
        tables.rung_firing.c.subject,
        tables.rung_firing.c.deadline_version,
        tables.rung_firing.c.rung,
    ).where(among(tables.rung_firing.c.subject, dialect))
)


def fire_task(w: Work, task: Record) -> None:
    """Fire a task's due moments: the highest rung, the passed ones as superseded, each limit."""
    policy = w.policy(task)
    agenda, counted = _agenda(w, task), ladder.reached(task, policy)
    _count(w, task, _due(w, task, agenda))
    if counted != ladder.reached(task, policy):  # this red brings a counted rung forward
        agenda = _agenda(w, task)
    due = _due(w, task, agenda)
    for moment in due:
        if moment.rung is not None:
            w.firings.append(_rung(w, task, moment, not _passed(moment, due)))
        else:
            w.firings.append(_limit(w, task, moment))
            fire_limit(w, moment, task)
    w.revisit.add(task.id)
    w.scheduled[task.id] = ladder.next_moment(agenda, w.now)


def _agenda(w: Work, task: Record) -> list[Moment]:
    return ladder.task_agenda(
        task,
        [r for r in w.open_requests() if r.task_id == task.id],
        [c for c in w.awaited_co_units() if c.task_id == task.id],
        w.policy(task),
        w.calendar(task),
    )


def _due(w: Work, task: Record, agenda: list[Moment]) -> list[Moment]:
    """Every rung up to now that is not on record, and the limits since the last look."""
    subject, version, fired = f"task:{task.id}", task.deadline_version, w.fired or ()
    return [
        m
        for m in ladder.due(agenda, w.now)
        if (m.rung is not None or _limit_due(task, m)) and (subject, version, m.key) not in fired
    ]


def _passed(moment: Moment, due: list[Moment]) -> bool:
    """Whether a later rung, no lower, is due too: after an outage only the highest is sent.

    A rung that a count has brought forward supersedes nothing that comes at the same moment.
    """
    level = moment.level or 0
    return any(m.level is not None and m.level >= level and m.at > moment.at for m in due)


def _limit_due(task: Record, moment: Moment) -> bool:
    """Looking back for a new deadline's missed rungs must not tell passed limits once more.

    The command that set the deadline had first let happen whatever was due by then.
    """
    if moment.sort != "limit" or moment.at < task.next_rung_at:
        return False
    since = task.deadline_since
    return not (since is not None and task.next_rung_at == since and moment.at <= since)


def fire_issue(w: Work) -> None:
    """Fire an issue's own due limits: triage, approval, parking review, look-back."""
    agenda = ladder.issue_agenda(w.issue, w.lookbacks(), w.policy(), w.calendar())
    for moment in ladder.due(agenda, w.now):
        known = (f"issue:{w.issue.id}", w.issue.cycle, moment.key) in (w.fired or ())
        if moment.at >= w.issue.next_rung_at and not known:
            w.firings.append(_limit(w, None, moment))
            fire_limit(w, moment, None)
    w.issue.set(next_rung_at=ladder.next_moment(agenda, w.now))


def _limit(w: Work, task: Record | None, moment: Moment) -> dict[str, Any]:
    return _firing(w, task, moment, "fired")


def _firing(w: Work, task: Record | None, moment: Moment, outcome: str) -> dict[str, Any]:
    return {
        "subject": f"task:{task.id}" if task is not None else f"issue:{w.issue.id}",
        "deadline_version": task.deadline_version if task is not None else w.issue.cycle,
        "rung": moment.key,
        "level": moment.level,
        "outcome": outcome,
        "logical_at": moment.at,
        "at": w.now,
    }


def _rung(w: Work, task: Record, moment: Moment, sent: bool) -> dict[str, Any]:
    rung = moment.rung
    assert rung is not None
    outcome = _outcome(rung) if sent else "superseded"
    w.event(
        "ladder.rung",
        task,
        logical_at=moment.at,
        data={
            "rung": rung.key,
            "level": rung.level,
            "outcome": outcome,
            "kind": rung.kind,
            "deadline_version": task.deadline_version,
        },
    )
    task.set(level=max(task.level, rung.level))
    if sent:
        _act(w, task, rung)
    return _firing(w, task, moment, outcome)


def _outcome(rung: Rung) -> str:
    return {"automatic": "fired", "one_click": "prepared", "person": "proposed"}[rung.mode]


def _count(w: Work, task: Record, due: list[Moment]) -> None:
    """Count how often the task turned yellow and red, once per deadline version."""
    rungs = [m.rung for m in due if m.rung is not None]
    overdue = [r.level for r in w.policy(task).ladder if r.offset > 0]
    if task.level == 0 and any(r.offset <= 0 for r in rungs):
        task.set(yellow_count=task.yellow_count + 1)
    if any(r.offset > 0 for r in rungs) and task.level < min(overdue):
        task.set(red_count=task.red_count + 1)


def _act(w: Work, task: Record, rung: Rung) -> None:
    occasion = f"rung:{rung.key}"
    if rung.mode == "automatic":
        tell(
            w,
            rung.kind,
            addressees(w, rung.to, task),
            task=task,
            occasion=occasion,
            copies=addressees(w, rung.copied, task),
            level=rung.level,
        )
        return
    facts = frozen_facts(w, task, {"level": rung.level})
    w.prepared.append(
        {
            "task_id": task.id,
            "deadline_version": task.deadline_version,
            "rung": rung.key,
            "level": rung.level,
            "kind": rung.kind,
            "mode": rung.mode,
            "state": "prepared",
            "facts": facts,
            "prepared_at": w.now,
            "reason": "",
        }
    )
    rules = w.policy(task).escalation
    person = rung.mode == "person"
    tell(
        w,
        "todo",
        w.ctx.directory.with_role(rules.decider if person else rules.preparer),
        task=task,
        occasion=occasion,
        level=rung.level,
        detail=rung.kind,
        todo="decide_prepared" if person else "issue_prepared",
    )
