"""A demand with everything on it as plain data, as the API and the terminal tell it."""

from __future__ import annotations

from typing import Any

from models.db import Session
from models.directory import PersonInfo
from projects import history
from projects.access import OFFICE
from projects.demands.alike import SHOWN, alike, propose
from projects.demands.base import find_demand, stream
from projects.demands.contact import told_contact
from projects.demands.files import files_of
from projects.demands.settling import issue_of, outcome
from workflow.context import context

Data = dict[str, Any]


def demand_case(s: Session, actor: PersonInfo, number: str) -> Data:
    """Facts and history, moments in the zone's time, whom to call only for who has to; for the
    office also what is like it and what that proposes. Raises `NotVisible`."""
    row = find_demand(s, actor, number)
    issue = issue_of(s, row)
    people = context(s).directory
    zone = context(s).calendar().tz
    board = people.units.get(row.board_id or 0)

    def when(moment: Any) -> str | None:
        return moment.astimezone(zone).isoformat(timespec="minutes") if moment else None

    plain = (
        "number", "version", "enterprise", "credit_code", "category",
        "repeat", "relapse_candidate", "answer", "result", "resolved", "satisfied", "feedback",
    )  # fmt: skip
    moments = ("received_at", "take_up_due_at", "contacted_at", "answered_at", "feedback_at")
    facts = {name: getattr(row, name) for name in plain}
    told = told_contact(s, actor, row)
    facts |= {name: getattr(row, name) if told else "" for name in ("contact", "phone")}
    return facts | {name: when(getattr(row, name)) for name in moments} | {
        "state": outcome(row, issue),
        "text": row.body,
        "board": board.code if board is not None else "",
        "project": row.project_text,
        "issue": issue.number if issue is not None else None,
        "files": [{"id": f.id, "name": f.name, "size": f.size} for f in files_of(s, row.id)],
        "history": [
            {"at": when(e.at), "tag": e.tag, "actor": people.person_name(e.actor_id)}
            for e in history.read(s, stream(row.id))
        ],
        **_proposals(s, actor, row),
    }  # fmt: skip


def _proposals(s: Session, actor: PersonInfo, row: Any) -> Data:
    if not actor.roles & OFFICE:
        return {"suggestions": [], "like": []}
    like = alike(s, actor, row)
    return {
        "suggestions": [
            {
                "category": one.category, "unit": one.unit, "share": round(one.share, 3),
                "words": list(one.words), "past": list(one.past),
            }
            for one in propose(s, row, like)
        ],
        "like": [
            {
                "kind": one.kind, "number": one.number, "title": one.title, "state": one.state,
                "issue": one.issue or None, "score": round(one.score, 3),
            }
            for one in like[:SHOWN]
        ],
    }  # fmt: skip
