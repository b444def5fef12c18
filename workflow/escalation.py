"""Rungs and side limits: what fires for one issue when its moment has come.

The same code serves the sweep (`workflow.sweep`), a command that finds something overdue, and a
replay. It works on rows that are locked; whoever calls `finish` and commits makes it durable, so
that firing, event, notices and the next moment stand together (invariant 4).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from config.policy import Rung
from workflow import ladder
from workflow.case import Record
from workflow.ladder import Moment
from workflow.limits import fire_limit
from workflow.telling import addressees, frozen_facts, tell
from workflow.transition import Work


def catch_up(w: Work) -> None:
    """Fire everything due by `w.now` for this issue and its tasks; `Work.finish` writes it."""
    for task in w.tasks:
        if task.next_rung_at is not None and task.next_rung_at <= w.now:
            fire_task(w, task)
    if w.issue.next_rung_at is not None and w.issue.next_rung_at <= w.now:
        fire_issue(w)


def fire_task(w: Work, task: Record) -> None:
    """Fire a task's due moments: the highest rung, the passed ones as superseded, each limit."""
    counted = ladder.reached(task, w.policy(task))
    agenda = ladder.task_agenda(
        task, [r for r in w.open_requests() if r.task_id == task.id],
        [c for c in w.awaited_co_units() if c.task_id == task.id],
        w.policy(task), w.calendar(task),
    )
    due = ladder.due(agenda, _since(task), w.now)
    rungs = [m for m in due if m.rung is not None]
    highest = max(rungs, key=lambda m: (m.level or 0, m.at), default=None)
    for moment in due:
        if moment.rung is not None:
            w.firings.append(_rung(w, task, moment, moment is highest))
        elif moment.sort == "limit" and not _told_before(task, moment):
            w.firings.append(_limit(w, task, moment))
            fire_limit(w, moment, task)
    w.revisit.add(task.id)
    if counted == ladder.reached(task, w.policy(task)):
        w.scheduled[task.id] = ladder.next_moment(agenda, w.now)


def _since(task: Record) -> datetime:
    """From where to look: the stored pointer, or further back when a new deadline is overdue."""
    if task.deadline_since is not None and task.next_rung_at == task.deadline_since:
        return task.due_at or task.next_rung_at
    return task.next_rung_at  # type: ignore[no-any-return]


def _told_before(task: Record, moment: Moment) -> bool:
    """Looking back for a new deadline's missed rungs must not tell passed limits once more.

    The command that set the deadline had first let happen whatever was due by then.
    """
    since = task.deadline_since
    return since is not None and task.next_rung_at == since and moment.at <= since


def fire_issue(w: Work) -> None:
    """Fire an issue's own due limits: triage, approval, parking review, look-back."""
    agenda = ladder.issue_agenda(w.issue, w.lookbacks(), w.policy(), w.calendar())
    for moment in ladder.due(agenda, w.issue.next_rung_at, w.now):
        w.firings.append(_limit(w, None, moment))
        fire_limit(w, moment, None)
    w.issue.set(next_rung_at=ladder.next_moment(agenda, w.now))


def _limit(w: Work, task: Record | None, moment: Moment) -> dict[str, Any]:
    return _firing(w, task, moment, "fired")


def _firing(w: Work, task: Record | None, moment: Moment, outcome: str) -> dict[str, Any]:
    return {
        "subject": f"task:{task.id}" if task is not None else f"issue:{w.issue.id}",
        "deadline_version": task.deadline_version if task is not None else w.issue.cycle,
        "rung": moment.key, "level": moment.level, "outcome": outcome,
        "logical_at": moment.at, "at": w.now,
    }


def _rung(w: Work, task: Record, moment: Moment, highest: bool) -> dict[str, Any]:
    rung = moment.rung
    assert rung is not None
    outcome = _outcome(rung) if highest else "superseded"
    _count(w, task, rung)
    w.event(
        "ladder.rung", task, logical_at=moment.at,
        data={"rung": rung.key, "level": rung.level, "outcome": outcome, "kind": rung.kind,
              "deadline_version": task.deadline_version},
    )
    task.set(level=max(task.level, rung.level))
    if highest:
        _act(w, task, rung)
    return _firing(w, task, moment, outcome)


def _outcome(rung: Rung) -> str:
    return {"automatic": "fired", "one_click": "prepared", "person": "proposed"}[rung.mode]


def _count(w: Work, task: Record, rung: Rung) -> None:
    """Count how often the task turned yellow and red, once per deadline version."""
    if rung.offset > 0 and task.level < rung.level:
        if not any(r.offset > 0 and r.level <= task.level for r in w.policy(task).ladder):
            task.set(red_count=task.red_count + 1)
    elif rung.offset <= 0 and task.level == 0:
        task.set(yellow_count=task.yellow_count + 1)


def _act(w: Work, task: Record, rung: Rung) -> None:
    occasion = f"rung:{rung.key}"
    if rung.mode == "automatic":
        tell(
            w, rung.kind, addressees(w, rung.to, task), task=task, occasion=occasion,
            copies=addressees(w, rung.copied, task), level=rung.level,
        )
        return
    facts = frozen_facts(w, task, {"level": rung.level})
    w.prepared.append({
        "task_id": task.id, "deadline_version": task.deadline_version, "rung": rung.key,
        "level": rung.level, "kind": rung.kind, "mode": rung.mode, "state": "prepared",
        "facts": facts, "prepared_at": w.now, "reason": "",
    })
    rules = w.policy(task).escalation
    person = rung.mode == "person"
    tell(
        w, "todo", w.ctx.directory.with_role(rules.decider if person else rules.preparer),
        task=task, occasion=occasion, level=rung.level, detail=rung.kind,
        todo="decide_prepared" if person else "issue_prepared",
    )
