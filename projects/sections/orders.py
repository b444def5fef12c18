"""Snapshot section `orders`: what supervision asked of units in writing, and when they answered.

An order is a step of the ladder that was issued (督办, 列入月度通报), or a document of supervision
that carries out no step. The answer is the first that its unit did about the task afterwards:
progress, a submission, a request. Where no document names a day, it is due after the working days
of the documents' rules (`feedback_days`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import exists, or_, select

from config.documents import document_rules
from models import tables
from models.db import Session
from projects.sections import past
from projects.sections.period import span
from workflow import deadlines
from workflow.chain import instant
from workflow.context import context

ANSWERS = ("task.progress", "task.submit", "task.request_extension", "task.request_park")
PARKS = ("issue.park", "issue.resume")
KINDS = ("supervision_order", "supervision_letter", "supervision_notice")
STEPS = ("supervise", "bulletin")
Row = dict[str, Any]
_P, _D, _T = tables.prepared_action.c, tables.document.c, tables.task.c


def gather(s: Session, month: str, now: datetime) -> list[Row]:
    """One row an order, steps before documents, each by its key."""
    until = span(s, month, now).until
    told = past.events(s, (*ANSWERS, *PARKS), until)
    asked = [*_steps(s, until), *_documents(s, until)]
    tasks = _tasks(s, {task for one in asked for task in one["tasks"]})
    return [_row(s, one, [tasks[key] for key in one["tasks"]], told) for one in asked]


def _steps(s: Session, until: datetime) -> list[Row]:
    chosen = (
        select(_P.id, _P.task_id, _P.kind, _P.decided_at, _D.facts)
        .outerjoin(
            tables.document,
            (_D.id == _P.document_id) & (_D.prepared_at <= until) & (_D.state != "void"),
        )
        .where(_P.state == "issued", _P.kind.in_(STEPS), _P.decided_at <= until)
        .order_by(_P.id)
    )
    return [
        {"id": f"step:{row.id}", "step": row.id, "kind": row.kind, "at": row.decided_at,
         "tasks": [row.task_id], "by": _answer_by(row.facts)}
        for row in s.execute(chosen)
    ]  # fmt: skip


def _documents(s: Session, until: datetime) -> list[Row]:
    subject = tables.document_subject.c
    carries = exists().where(_P.document_id == _D.id)
    standing = or_(_D.voided_at.is_(None), _D.voided_at > until)
    chosen = (
        select(_D.id, _D.issued_at, _D.facts, subject.task_id)
        .join(tables.document_subject, subject.document_id == _D.id)
        .where(_D.kind.in_(KINDS), _D.issued_at <= until, standing, ~carries)
        .where(subject.task_id.is_not(None))
        .order_by(_D.id, subject.task_id)
    )
    found: dict[int, Row] = {}
    for row in s.execute(chosen):
        one = found.setdefault(row.id, {
            "id": f"document:{row.id}", "step": None, "kind": "supervise", "at": row.issued_at,
            "tasks": [], "by": _answer_by(row.facts),
        })  # fmt: skip
        one["tasks"].append(row.task_id)
    return list(found.values())


def _answer_by(facts: Any) -> date | None:
    text = ((facts or {}).get("facts", {}).get("given", {})).get("feedback_by", "")
    return date.fromisoformat(text) if text else None


def _tasks(s: Session, keys: set[int]) -> dict[int, Any]:
    issue = tables.issue.c
    chosen = (
        select(
            _T.id, _T.number, _T.issue_id, _T.lead_unit_id, _T.policy_version_id, _T.measures,
            issue.number.label("issue_number"), issue.title, issue.category, issue.board_id,
        )
        .join(tables.issue, issue.id == _T.issue_id)
        .where(_T.id.in_(keys))
    )  # fmt: skip
    return {row.id: row for row in s.execute(chosen)}


def _row(s: Session, one: Row, tasks: Sequence[Any], told: dict[int, list[Any]]) -> Row:
    first = tasks[0]
    calendar, policy = past.calendar_of(s, first), context(s).policy(first.policy_version_id)
    if one["by"] is not None:
        limit = deadlines.day_end(one["by"], policy, calendar)
    else:
        limit = deadlines.side_limit(one["at"], document_rules().feedback_days, calendar, policy)
    answers = [_answer(told.get(task.issue_id, []), task.id, one["at"]) for task in tasks]
    given = None if None in answers else max(a for a in answers if a is not None)
    stood: dict[int, past.Pauses] = defaultdict(list)
    stood[first.issue_id] = past.pauses(told.get(first.issue_id, []))
    return {
        "id": one["id"], "step": one["step"], "kind": one["kind"], "unit_id": first.lead_unit_id,
        "issue_id": first.issue_id, "issue_number": first.issue_number, "title": first.title,
        "category": first.category, "board_id": first.board_id, "number": first.number,
        "tasks": [task.id for task in tasks], "measures": first.measures,
        "at": instant(one["at"]), "limit": instant(limit), "answered": past.text(given),
        "pauses": past.plain_pauses(stood[first.issue_id]),
    }  # fmt: skip


def _answer(told: list[Any], task: int, after: datetime) -> datetime | None:
    mine = (e.at for e in told if e.task_id == task and e.tag in ANSWERS and e.at > after)
    return next(mine, None)
