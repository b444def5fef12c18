"""Snapshot section `issues`: every issue that was reported, as it stood at the month's end."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from models import tables
from models.db import Session
from projects.sections import past
from projects.sections.period import span
from workflow.chain import instant

TAGS = (
    *(f"issue.{name}" for name in past.ISSUE_MOVES), "task.dispatched", "task.reject_submission",
    "task.reopen",
)  # fmt: skip
Row = dict[str, Any]


def gather(s: Session, month: str, now: datetime) -> list[Row]:
    """One row an issue, by id. `units` lead its tasks; `closures`: every time it was struck off,
    with the units whose part had been refused before."""
    until = span(s, month, now).until
    told, units = past.events(s, TAGS, until), past.lead_units(s, until)
    rows = (_row(issue, told[issue.id], units.get(issue.id, [])) for issue in _issues(s, until))
    return [row for row in rows if row["state"] != "draft"]


def _issues(s: Session, until: datetime) -> list[Any]:
    i = tables.issue.c
    chosen = select(
        i.id, i.number, i.title, i.category, i.board_id, i.project_id, i.urgent, i.major
    ).where(i.reported_at <= until)
    return list(s.execute(chosen.order_by(i.id)))


def _row(issue: Any, told: list[Any], units: list[int]) -> Row:
    moments = {
        name: next((e.at for e in told if e.tag == f"issue.{name}"), None)
        for name in ("report", "dispatch")
    }
    state = _state(told)
    closures = _closures(told)
    return {
        "id": issue.id,
        "number": issue.number,
        "title": issue.title,
        "category": issue.category,
        "board_id": issue.board_id,
        "project_id": issue.project_id,
        "urgent": issue.urgent,
        "major": issue.major,
        "state": state,
        "reported": past.text(moments["report"]),
        "dispatched": past.text(moments["dispatch"]),
        "closed": closures[-1]["at"] if state == "closed" and closures else None,
        "units": units,
        "closures": closures,
        "relapses": [instant(e.at) for e in told if e.tag == "issue.relapse"],
        "pauses": past.plain_pauses(past.pauses(told)),
    }


def _state(told: list[Any]) -> str:
    """The state into which the newest move brought it."""
    moves = [e.to for e in told if e.to is not None and e.tag.startswith("issue.")]
    return str(moves[-1]) if moves else "draft"


def _closures(told: list[Any]) -> list[Row]:
    """A task that came back because the issue relapsed was not refused."""
    lead = {e.task_id: e.lead_unit_id for e in told if e.tag == "task.dispatched"}
    relapsed = {e.at for e in told if e.tag == "issue.relapse"}
    found: list[Row] = []
    refused: set[int] = set()
    for event in told:
        if event.tag == "issue.approve":
            found.append({"at": instant(event.at), "refused": sorted(refused)})
            refused = set()
        elif event.tag in ("task.reject_submission", "task.reopen") and event.at not in relapsed:
            refused.add(lead[event.task_id])
    return found
