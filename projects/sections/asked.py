"""What supervision asked of units in writing, as far as a month's figures can need it.

An order is a step of the ladder that was issued (督办, 列入月度通报), or a document of supervision
that carries out no step. Where no document names a day for the answer, it is due after the working
days of the documents' rules (`feedback_days`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select

from config.documents import document_rules
from models import tables
from models.db import Session
from projects.sections import past
from projects.sections.period import Span
from workflow import deadlines
from workflow.context import context

KINDS = ("supervision_order", "supervision_letter", "supervision_notice")
STEPS = ("supervise", "bulletin")
Row = dict[str, Any]
_P, _D, _T = tables.prepared_action.c, tables.document.c, tables.task.c


def asked(s: Session, when: Span) -> list[Row]:
    """The orders that were given or whose answer is due in the month, steps before documents, each
    by its key; `rows` are their tasks, `limit` is when the answer is due."""
    found = [*_steps(s, when), *_documents(s, when)]
    tasks = _tasks(s, {task for one in found for task in one["tasks"]})
    for one in found:
        one["rows"] = [tasks[key] for key in one["tasks"]]
        one["limit"] = _limit(s, one)
    return [one for one in found if when.saw(one["at"]) or when.holds(one["limit"])]


def _may_matter(at: Any, when: Span) -> ColumnElement[bool]:
    """Not given so long ago that its answer was due before, unless it names a day."""
    since = when.begin - timedelta(days=past.longest(document_rules().feedback_days))
    named = _D.facts[("facts", "given", "feedback_by")].as_string()
    return or_(at >= since, named >= when.begin.date().isoformat())


def _standing(until: datetime) -> ColumnElement[bool]:
    return or_(_D.voided_at.is_(None), _D.voided_at > until)


def _steps(s: Session, when: Span) -> list[Row]:
    chosen = (
        select(_P.id, _P.task_id, _P.kind, _P.decided_at, _D.facts)
        .outerjoin(
            tables.document,
            and_(_D.id == _P.document_id, _D.prepared_at <= when.until, _standing(when.until)),
        )
        .where(_P.state == "issued", _P.kind.in_(STEPS), _P.decided_at <= when.until)
        .where(_may_matter(_P.decided_at, when))
        .order_by(_P.id)
    )
    return [
        {"id": f"step:{row.id}", "step": row.id, "kind": row.kind, "at": row.decided_at,
         "tasks": [row.task_id], "by": _answer_by(row.facts)}
        for row in s.execute(chosen)
    ]  # fmt: skip


def _documents(s: Session, when: Span) -> list[Row]:
    subject = tables.document_subject.c
    carries = exists().where(_P.document_id == _D.id)
    chosen = (
        select(_D.id, _D.issued_at, _D.facts, subject.task_id)
        .join(tables.document_subject, subject.document_id == _D.id)
        .where(_D.kind.in_(KINDS), _D.issued_at <= when.until, _standing(when.until), ~carries)
        .where(subject.task_id.is_not(None), _may_matter(_D.issued_at, when))
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


def _tasks(s: Session, keys: Iterable[int]) -> dict[int, Any]:
    issue = tables.issue.c
    chosen = select(
        _T.id, _T.number, _T.issue_id, _T.lead_unit_id, _T.policy_version_id, _T.measures,
        issue.number.label("issue_number"), issue.title, issue.category, issue.board_id,
    ).join(tables.issue, issue.id == _T.issue_id)  # fmt: skip
    return {
        row.id: row
        for some in past.chunks(keys)
        for row in s.execute(chosen.where(_T.id.in_(some)))
    }


def _limit(s: Session, one: Row) -> datetime:
    first = one["rows"][0]
    calendar, policy = past.calendar_of(s, first), context(s).policy(first.policy_version_id)
    if one["by"] is not None:
        return deadlines.day_end(one["by"], policy, calendar)
    return deadlines.side_limit(one["at"], document_rules().feedback_days, calendar, policy)
