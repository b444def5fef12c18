"""Rungs and side limits: what fires for one issue when its moment has come.

The same code serves the sweep (`workflow.sweep`), a command that finds something overdue, and a
replay. It works on rows that are locked; whoever calls `finish` and commits makes it durable, so
that firing, event, notices and the next moment stand together (invariant 4).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from config.policy_parts import Rung
from workflow import ladder
from workflow.case import Record
from workflow.ladder import Moment
from workflow.limits import fire_limit
from workflow.notice_facts import frozen_facts
from workflow.telling import addressees, tell
from workflow.transition import WHOLE_ISSUE, Work


def catch_up(w: Work) -> None:
    """Fire everything due by `w.now` for this issue and its tasks; `Work.finish` writes it."""
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


def fire_task(w: Work, task: Record) -> None:
    """Fire a task's due moments: the highest rung, the passed ones as superseded, each limit."""
    policy = w.policy(task)
    agenda, counted = w.agenda(task), ladder.reached(task, policy)
    due = w.outstanding(task, agenda)
    _count(w, task, due)
    if counted != ladder.reached(task, policy):  # this red brings a counted rung forward
        agenda = w.agenda(task)
        due = w.outstanding(task, agenda)
    latest = _latest(due)
    for moment in due:
        if moment.rung is not None:
            w.firings.append(_rung(w, task, moment, not _passed(moment, due)))
        else:
            _fire_limit(w, task, moment, sent=moment.key in latest)
    w.revisit.add(task.id)
    w.scheduled[task.id] = ladder.next_moment(agenda, w.now)


def _latest(due: list[Moment]) -> set[str]:
    """Of the reminders of one limit only the newest is sent after an outage."""
    return set({m.key.split("#")[0]: m.key for m in due if m.rung is None}.values())


def _fire_limit(w: Work, task: Record | None, moment: Moment, *, sent: bool) -> None:
    w.firings.append(_firing(w, task, moment, "fired" if sent else "superseded"))
    if sent:
        fire_limit(w, moment, task)


def _passed(moment: Moment, due: list[Moment]) -> bool:
    """Whether a later rung, no lower, is due too: after an outage only the highest is sent.

    A rung that a count has brought forward supersedes nothing that comes at the same moment.
    """
    level = moment.level or 0
    return any(m.level is not None and m.level >= level and m.at > moment.at for m in due)


def fire_issue(w: Work) -> None:
    """Fire an issue's own due limits: triage, approval, parking review, look-back."""
    agenda = w.own_agenda()
    due = w.outstanding(None, agenda)
    latest = _latest(due)
    for moment in due:
        _fire_limit(w, None, moment, sent=moment.key in latest)
    w.scheduled[WHOLE_ISSUE] = ladder.next_moment(agenda, w.now)
    w.issue.set(next_rung_at=w.scheduled[WHOLE_ISSUE])


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
