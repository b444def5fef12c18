"""The facts of a document, as they are now: plain texts, frozen with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from config.documents import document_rules
from config.i18n import language
from models import tables
from models.db import Session
from models.directory import PersonInfo, UnitInfo
from workflow.case import Record
from workflow.context import Context, context
from workflow.deadlines import working_days_over
from workflow.documents.standings import standings
from workflow.notice_facts import local
from workflow.timeline_words import value_word
from workflow.transition import Work
from workflow.wording import word

Data = dict[str, Any]
Chosen = Sequence[tuple[Work, Record]]


def gather(
    s: Session,
    *,
    actor: PersonInfo,
    now: datetime,
    issuer: UnitInfo,
    to: Sequence[UnitInfo],
    copies: Sequence[UnitInfo],
    works: Sequence[Work],
    chosen: Chosen,
    given: Mapping[str, str],
    request: Any = None,
    ranked: bool = False,
) -> Data:
    """Everything that a document may say; documents are Chinese whatever language the actor has."""
    ctx = context(s)
    named = document_rules().issuer(issuer.code, issuer.name)
    with language("zh_CN"):
        return {
            "issuer": {"code": issuer.code, "kind": issuer.kind, **named.model_dump()},
            "addressees": [_unit(u) for u in to],
            "copies": [_unit(u) for u in copies],
            "issues": [_issue(w) for w in works],
            "tasks": [_task(w, task) for w, task in chosen],
            "request": _request(ctx, chosen[0], request) if request is not None else None,
            "given": dict(given),
            "contact": {"name": actor.name, "phone": actor.phone or ""},
            "prepared_on": local(now, ctx.calendar())[:10],
            "standings": standings(s, ctx, now) if ranked else [],
        }


def _unit(unit: UnitInfo) -> Data:
    return {"code": unit.code, "name": unit.name, "kind": unit.kind}


def _issue(w: Work) -> Data:
    issue, people = w.issue, w.ctx.directory
    live = [t for t in w.tasks if t.state != "withdrawn"]
    return {
        "number": issue.number,
        "title": issue.title,
        "description": issue.description,
        "category": issue.category,
        "board": people.unit_name(issue.board_id),
        "units": list(dict.fromkeys(people.unit_name(t.lead_unit_id) for t in live)),
        "light": word("light", issue.light),
        "closed_on": _day(w, issue.closed_at),
        "approver": people.person_name(issue.approver_id),
        "opinion": _said(w, "issue.approve", None),
    }


def _task(w: Work, task: Record) -> Data:
    people, calendar = w.ctx.directory, w.calendar(task)
    late = working_days_over(task.due_at, w.now, calendar) if task.due_at else 0
    return {
        "number": task.number,
        "issue_number": w.issue.number,
        "issue_title": w.issue.title,
        "problem": task.problem or w.issue.description,
        "measures": task.measures,
        "standard": task.standard,
        "lead_unit": people.unit_name(task.lead_unit_id),
        "co_units": [
            people.unit_name(c.unit_id) for c in w.awaited_co_units() if c.task_id == task.id
        ],
        "leader": people.person_name(task.responsible_leader_id),
        "person": people.person_name(task.responsible_person_id),
        "deadline": local(task.due_at, calendar),
        "original_deadline": local(task.original_due_at, calendar),
        "days_over": max(0, late) if task.state in ("pending_ack", "in_progress") else 0,
        "urges": _urges(w, task),
        "light": word("light", task.light),
        "submitted_on": _day(w, task.submitted_at),
        "verified_on": _day(w, task.verified_at),
        "result": task.result,
        "verifier": people.person_name(task.verified_by_id),
        "verify_opinion": _said(w, "task.verify", task.id),
        "evidence": _evidence(w, task),
    }


def _day(w: Work, moment: datetime | None) -> str:
    return local(moment, w.calendar())[:10]


def _urges(w: Work, task: Record) -> int:
    """How often the lead unit was urged: by hand, and by the rungs that send an urging notice."""
    event, firing = tables.event, tables.rung_firing
    by_hand = select(event.c.id).where(event.c.task_id == task.id, event.c.tag == "task.urge")
    rungs = {rung.key for rung in w.policy(task).ladder if rung.kind == "urge"}
    fired = select(firing.c.id).where(
        firing.c.subject == f"task:{task.id}",
        firing.c.rung.in_(rungs),
        firing.c.outcome == "fired",
    )
    return len(list(w.s.execute(by_hand))) + len(list(w.s.execute(fired)))


def _said(w: Work, tag: str, task_id: int | None) -> str:
    """The opinion that the newest such event holds."""
    event = tables.event.c
    chosen = select(event.data).where(event.stream == f"issue:{w.issue.id}", event.tag == tag)
    if task_id is not None:
        chosen = chosen.where(event.task_id == task_id)
    data = w.s.execute(chosen.order_by(event.seq.desc()).limit(1)).scalar_one_or_none()
    return str((data or {}).get("opinion", ""))


def _evidence(w: Work, task: Record) -> list[str]:
    proof = tables.evidence.c
    rows = w.s.execute(
        select(proof.kind, proof.name).where(proof.task_id == task.id).order_by(proof.id)
    )
    return [f"{value_word('evidence', row.kind)}：{row.name}" for row in rows]


def _request(ctx: Context, chosen: tuple[Work, Record], row: Any) -> Data:
    (w, task), people = chosen, ctx.directory
    calendar = w.calendar(task)
    return {
        "state": row.state,
        "asked_by": people.person_name(row.asked_by_id),
        "asked_at": local(row.asked_at, calendar)[:10],
        "reason": row.reason,
        "basis": row.basis,
        "progress": row.progress,
        "new_due": local(row.new_due_at, calendar),
        "old_due": _due_before(w, task, row),
        "due_now": local(task.due_at, calendar),
        "suggested_unit": people.unit_name(row.suggested_unit_id),
        "ruled_by": people.person_name(row.ruled_by_id),
        "ruled_at": local(row.ruled_at, calendar)[:10],
        "opinion": row.opinion,
    }


def _due_before(w: Work, task: Record, row: Any) -> str:
    """The deadline that counted until the ruling."""
    version = tables.deadline_version.c
    due = w.s.execute(
        select(version.due_at)
        .where(version.task_id == task.id, version.created_at < row.ruled_at)
        .order_by(version.n.desc())
        .limit(1)
    ).scalar_one_or_none()
    return local(due, w.calendar(task))
