"""Snapshot section `tasks`: what was handed over of the issues that the month concerns, as it stood
at its end."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from models.db import Session
from projects.sections import past
from projects.sections.concerned import concerned, receipt_due
from projects.sections.period import span
from workflow import deadlines
from workflow.chain import instant

TAGS = (
    "task.dispatched", "task.acknowledge", "task.submit", "task.reject_submission",
    "task.verify", "task.reopen", "task.withdraw", "task.request_return", "task.rule_return",
    "task.rule_extension", "issue.park", "issue.resume", "issue.relapse",
)  # fmt: skip
RUNNING = ("pending_ack", "in_progress")
Row = dict[str, Any]


def gather(s: Session, month: str, now: datetime) -> list[Row]:
    """One row a task, by id.

    `submissions`: every time it was handed in, with the verifier's word (`ended`, `how`) and when
    the closure was refused afterwards (`undone`); `round`: how often it came back after a closure
    (反弹); `over_wd` and `took_wd`: working days past the deadline, and from hand-over to
    verification without those of a pause.
    """
    until, found = span(s, month, now).until, concerned(s, month, now)
    rows = []
    for task in found.tasks:
        told = past.only(found.told[task.issue_id], TAGS)
        own = [e for e in told if e.task_id in (None, task.id)]
        rows.append(_row(s, task, own, found.dues.get(task.id), until))
    return rows


def _row(s: Session, task: Any, own: list[Any], due: datetime | None, until: datetime) -> Row:
    life, calendar = _life(task, own), past.calendar_of(s, task)
    stood = past.pauses(own)
    late = life["state"] in RUNNING and due is not None and due < until
    took = None
    if life["verified"] is not None:
        took = past.days_without(calendar, life["started"], life["verified"], stood)
    return {
        "id": task.id,
        "number": task.number,
        "issue_id": task.issue_id,
        "issue_number": task.issue_number,
        "title": task.title,
        "category": task.category,
        "unit_id": task.lead_unit_id,
        "board_id": task.board_id,
        "project_id": task.project_id,
        "urgent": task.urgent,
        "dispatched": instant(task.dispatched_at),
        "ack_due": instant(receipt_due(s, task)),
        "due": past.text(due),
        "original_due": past.text(task.original_due_at),
        "pauses": past.plain_pauses(stood),
        "over_wd": deadlines.working_days_over(due, until, calendar) if late and due else 0,
        "took_wd": took,
        **{name: _plain(value) for name, value in life.items()},
    }


def _life(task: Any, own: list[Any]) -> Row:
    """What happened to a task, in order."""
    life: Row = {
        "state": "pending_ack", "acknowledged": None, "started": task.dispatched_at, "round": 0,
        "submissions": [], "verified": None, "withdrawn": None, "returns": [], "extensions": [],
    }  # fmt: skip
    relapsed = [e.at for e in own if e.tag == "issue.relapse"]
    for event in own:
        if event.task_id is not None:
            _step(life, event, relapsed)
    return life


def _step(life: Row, event: Any, relapsed: list[datetime]) -> None:
    name, at = event.tag.removeprefix("task."), event.at
    if name == "acknowledge":
        life.update(state="in_progress", acknowledged=at)
    elif name == "submit":
        life["state"] = "submitted"
        handed_in = {"at": at, "ended": None, "how": "waits", "undone": None}
        life["submissions"].append(handed_in | {"round": life["round"]})
    elif name == "verify":
        life.update(state="verified", verified=at)
        life["submissions"][-1].update(ended=at, how="verified")
    elif name == "reject_submission":
        life.update(state="in_progress", verified=None)
        life["submissions"][-1].update(ended=at, how="rejected")
    elif name == "reopen" and at not in relapsed:
        life.update(state="in_progress", verified=None)
        life["submissions"][-1].update(undone=at)
    elif name == "reopen":
        life.update(state="in_progress", verified=None, started=at, round=life["round"] + 1)
    elif name == "withdraw":
        life.update(state="withdrawn", withdrawn=at)
    elif name == "request_return":
        life["returns"].append({"at": at, "ruled": None, "granted": None})
    elif name == "rule_return" and life["returns"]:
        life["returns"][-1].update(ruled=at, granted=bool(event.granted))
    elif name == "rule_extension" and event.granted:
        life["extensions"].append({"at": at, "round": life["round"]})


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, list):
        return [{name: _plain(part) for name, part in one.items()} for one in value]
    return value
