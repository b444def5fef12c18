"""Snapshot section `issues`: the issues that the month concerns, as they stood at its end.

Which these are: `projects.sections.concerned`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, tzinfo
from typing import Any

from sqlalchemy import select

from models import tables
from models.db import Session
from projects.sections import past
from projects.sections.concerned import concerned
from workflow.chain import instant
from workflow.context import context

TAGS = (
    *(f"issue.{name}" for name in past.ISSUE_MOVES), "task.dispatched", "task.reject_submission",
    "task.reopen",
)  # fmt: skip
Row = dict[str, Any]


def gather(s: Session, month: str, now: datetime) -> list[Row]:
    """One row an issue, by id. `units` lead its tasks; `closures`: every time it was struck off,
    with the units whose part had been refused before."""
    told, zone = concerned(s, month, now).told, context(s).calendar().tz
    rows = (_row(issue, told[issue.id], zone) for issue in _issues(s, told))
    return [row for row in rows if row["state"] != "draft"]


def _issues(s: Session, keys: Iterable[int]) -> list[Any]:
    i = tables.issue.c
    chosen = select(
        i.id, i.number, i.title, i.category, i.board_id, i.project_id, i.urgent, i.major
    ).order_by(i.id)
    return [row for some in past.chunks(keys) for row in s.execute(chosen.where(i.id.in_(some)))]


def _row(issue: Any, everything: list[Any], zone: tzinfo) -> Row:
    told = past.only(everything, TAGS)
    dispatched = next((e.at for e in told if e.tag == "issue.dispatch"), None)
    state, closures = past.state(told), _closures(told)
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
        "reported": past.text(_reported(told, zone)),
        "dispatched": past.text(dispatched),
        "closed": closures[-1]["at"] if state == "closed" and closures else None,
        "units": past.lead_units(everything),
        "closures": closures,
        "relapses": [instant(e.at) for e in told if e.tag == "issue.relapse"],
        "pauses": past.plain_pauses(past.pauses(told)),
    }


def _reported(told: list[Any], zone: tzinfo) -> datetime | None:
    """When it was reported first. What was sent back in the same month counts for the month in
    which it comes again: at the end of this one it was no issue."""
    found: datetime | None = None
    for event in told:
        if event.tag == "issue.report":
            found = found or event.at
        elif event.tag == "issue.send_back" and found is not None:
            found = found if _month(found, zone) != _month(event.at, zone) else None
    return found


def _month(moment: datetime, zone: tzinfo) -> tuple[int, int]:
    local = moment.astimezone(zone)
    return local.year, local.month


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
