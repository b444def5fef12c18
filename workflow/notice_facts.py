"""The facts frozen for a notice: everything that it may say, as it is now."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from config.settings import settings
from notifications.kinds import OF_THE_LOOP
from workflow import ladder
from workflow.calendar import WorkCalendar
from workflow.case import Record
from workflow.deadlines import working_days_over
from workflow.transition import Work


def frozen_facts(w: Work, task: Record | None, extra: dict[str, Any]) -> dict[str, Any]:
    """Everything a notice may say, as it is now; plain texts in local time."""
    issue, people = w.issue, w.ctx.directory
    category = w.policy(task).categories.get(issue.category)
    facts: dict[str, Any] = {
        **OF_THE_LOOP,
        "issue_number": issue.number,
        "issue_title": issue.title,
        "category": issue.category,
        "category_en": category.en if category else issue.category,
        "link": f"{settings().base_url}/issues/{issue.number}",
        "actor": w.actor.name if w.actor else "",
        "actor_unit": people.unit_name(w.actor.unit_id) if w.actor else "",
        "problem": issue.description,
    }
    if task is not None:
        facts |= _task_facts(w, task)
    return facts | extra


def _task_facts(w: Work, task: Record) -> dict[str, Any]:
    people, calendar = w.ctx.directory, w.calendar(task)
    return {
        "task_number": task.number,
        "problem": task.problem,
        "measures": task.measures,
        "standard": task.standard,
        "lead_unit": people.unit_name(task.lead_unit_id),
        "co_units": [
            people.unit_name(c.unit_id) for c in w.awaited_co_units() if c.task_id == task.id
        ],
        "responsible_leader": people.person_name(task.responsible_leader_id),
        "responsible_person": people.person_name(task.responsible_person_id),
        "deadline": local(task.due_at, calendar),
        "derivation": _derivation(w, task),
        "days_over": working_days_over(task.due_at, w.now, calendar) if task.due_at else 0,
        "next_step": _next_step(w, task, calendar),
    }


def local(moment: datetime | None, calendar: WorkCalendar) -> str:
    """A moment as people of the zone read it, empty for none."""
    return moment.astimezone(calendar.tz).isoformat(" ")[:16] if moment else ""


def _derivation(w: Work, task: Record) -> dict[str, Any] | None:
    if task.dispatched_at is None:
        return None
    for row in reversed(w.deadlines):
        if row["task_id"] == task.id:
            return _short(row["derivation"])
    limit = w.policy(task).limits.get(task.limit_class)
    start = w.calendar(task).local_date(task.dispatched_at).isoformat()
    fresh = task.deadline_version == 1 and limit is not None
    return {
        "unit": limit.unit if fresh and limit else "fixed_date",
        "n": (task.limit_n or (limit.n if limit else None)) if fresh else None,
        "start": start,
        "cause": "dispatch" if fresh else "adjust",
        "provisional": task.provisional,
    }


def _short(derivation: dict[str, Any]) -> dict[str, Any]:
    return {
        "unit": derivation["unit"],
        "n": derivation.get("n"),
        "start": derivation.get("start", ""),
        "cause": derivation["cause"],
        "provisional": derivation.get("provisional", False),
    }


def _next_step(w: Work, task: Record, calendar: WorkCalendar) -> dict[str, Any] | None:
    if task.dispatched_at is None or task.state not in ("pending_ack", "in_progress"):
        return None
    for moment in ladder.ladder(task, w.policy(task), calendar):
        if moment.at > w.now and moment.rung is not None:
            return {
                "level": moment.rung.level,
                "kind": moment.rung.kind,
                "at": local(moment.at, calendar),
            }
    return None
