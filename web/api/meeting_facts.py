"""Meetings and coordination as the API tells them."""

from __future__ import annotations

from typing import Any

from projects.coordination.facts import Standing, standings
from projects.coordination.requests import requests_of
from projects.meetings import candidates, followup, store
from projects.meetings.followup import FollowUp
from web.api.issues import unit_code
from web.api.moments import local, stamp
from web.call import Call

Data = dict[str, Any]


def line(call: Call, row: Any, counts: dict[str, int]) -> Data:
    """A meeting in a list."""
    return head(call, row) | counts


def head(call: Call, row: Any) -> Data:
    """What every answer about a meeting says."""
    return {
        "id": row.id,
        "version": row.version,
        "number": row.number,
        "name": row.name,
        "state": row.state,
        "starts_at": stamp(call, row.starts_at),
        "place": row.place,
        "chair": _username(call, row.chair_id),
        "called_off_reason": row.called_off_reason,
    }


def _username(call: Call, person_id: int | None) -> str:
    person = call.directory.people.get(person_id or 0)
    return person.username if person is not None else ""


def full(call: Call, row: Any) -> Data:
    """One meeting, within the caller's scope."""
    s, person = call.s, call.person
    items = store.items_of(s, person, row.id, state=None)
    said = store.positions_of(s, [item.id for item in items])
    own = followup.statuses(s, store.decisions_of(s, person, [row.id]), call.now)
    units = store.units_of(s, [row.id]).get(row.id, [])
    return head(call, row) | {
        "units": [unit_code(call, unit.unit_id) for unit in units],
        "agenda_document": row.agenda_document_id if person.sees_all else None,
        "minutes_document": row.minutes_document_id,
        "follow_up": [decision(call, one) for one in followup.follow_up(s, person, row, call.now)],
        "agenda": [_item(call, item, said.get(item.id, [])) for item in items],
        "decisions": [decision(call, one) for one in own],
    }


def _item(call: Call, row: Any, positions: list[Any]) -> Data:
    return {
        "id": row.id,
        "version": row.version,
        "place": row.place,
        "issue": row.issue_number,
        "title": row.issue_title,
        "state": row.state,
        "source": row.source,
        "reasons": reasons(row.reasons),
        "proposal": row.proposal,
        "outcome": row.outcome,
        "note": row.note,
        "positions": [
            {"unit": unit_code(call, p.unit_id), "text": p.text, "at": stamp(call, p.at)}
            for p in positions
        ],
    }


def reasons(stored: list[Any]) -> list[Data]:
    """Codes with their words."""
    return [{"code": one["code"], "text": candidates.reason_text(one)} for one in stored]


def decision(call: Call, found: FollowUp) -> Data:
    """A decision and how far it is."""
    row = found.row
    return {
        "id": row.id,
        "version": row.version,
        "n": row.n,
        "meeting": row.meeting_number,
        "item": row.item_id,
        "issue": row.issue_number,
        "kind": row.kind,
        "state": row.state,
        "text": row.text,
        "answer": row.answer,
        "unit": unit_code(call, row.lead_unit_id),
        "due": found.due.isoformat() if found.due else None,
        "task": row.task_number,
        "status": found.status,
    }


def coordination(call: Call, issue: Any) -> Data:
    """Who can solve an issue, since when and why; its requests."""
    found = standings(call.s, [issue.id]).get(issue.id, Standing())
    high = issue.coordination_level > 1
    return {
        "issue": issue.number,
        "level": issue.coordination_level,
        "since": local(call, found.since) if high else None,
        "days": found.days_at_level(call.now, call.ctx.calendar()) if high else 0,
        "cause": found.cause if high else "",
        "reason": found.reason if high else "",
        "by": _username(call, found.actor_id) if high else "",
        "requests": [
            {
                "id": row.id, "version": row.version, "unit": unit_code(call, row.unit_id),
                "cause": row.cause, "reason": row.reason, "state": row.state,
                "opinion": row.opinion, "asked_at": stamp(call, row.asked_at),
            }
            for row in requests_of(call.s, issue.id)
        ],
    }  # fmt: skip
