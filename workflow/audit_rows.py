"""Rows held against their history: what stands in a table must be what its events say.

The chain proves that events are as they were written; this finds rows that were changed behind
the engine's back, and triggers that were taken away.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select, text

from models import tables
from models.db import Session
from workflow.audit_documents import GUARDED
from workflow.audit_report import AuditFault

Key = tuple[str, int | None]
_HERE = tables.task.c.issue_id.not_in(
    select(tables.archived_issue.c.issue_id).where(tables.archived_issue.c.restored_at.is_(None))
)
"""Tasks whose history is not in an archive: of those, `workflow.archived` judges."""
PROTECTED = ("event", "deadline_version", "policy_version", "workflow_version")
ARCHIVED = ("event", "deadline_version")
"""Those whose rows may go into an archive, and in no other way."""
LISTS = ("archive", "archived_issue", "archived_event")
"""What stays of archived issues, guarded by triggers of its own."""


@dataclass(slots=True)
class History:
    """What the events of all issues add up to."""

    state_tags: set[str]
    states: dict[Key, str] = field(default_factory=dict)
    actors: dict[tuple[str, int | None, str], int | None] = field(default_factory=dict)
    rungs: set[tuple[int, int, str]] = field(default_factory=set)
    evidence: Counter[tuple[int, str, str]] = field(default_factory=Counter)
    overrides: Counter[str] = field(default_factory=Counter)

    def take(self, stream: str, event: Any) -> None:
        """Add one event, in the order of its chain."""
        data = event.data
        if event.tag in self.state_tags and "to" in data:
            self.states[(stream, event.task_id)] = data["to"]
            self.actors[(stream, event.task_id, event.tag)] = event.actor_id
        if event.tag == "ladder.rung":
            self.rungs.add((event.task_id, data.get("deadline_version", 0), data.get("rung", "")))
        self.overrides[stream] += len(data.get("waived", ())) + (event.tag == "task.waive_evidence")
        given = data.get("evidence", ()) if event.tag == "task.submit" else ()
        if event.tag == "task.add_evidence":
            given = (data,)
        for proof in given:
            key = (event.task_id, proof.get("kind", ""), proof.get("sha256") or "")
            self.evidence[key] += 1


def rows_against_history(s: Session, history: History) -> list[AuditFault]:
    """Issues, tasks, deadlines, rungs and evidence that their events do not explain."""
    return [
        *_issues(s, history),
        *_tasks(s, history),
        *_deadlines(s),
        *_rungs(s, history),
        *_evidence(s, history),
    ]


def _fault(stream: str, number: str, kind: str, detail: str) -> AuditFault:
    return AuditFault(stream, number, 0, None, kind, detail)


def _issues(s: Session, history: History) -> list[AuditFault]:
    found, issue = [], tables.issue.c
    columns = (issue.id, issue.number, issue.state, issue.approver_id, issue.override_count)
    for row in s.execute(select(*columns).where(issue.archived_at.is_(None))):
        stream = f"issue:{row.id}"
        known = history.states.get((stream, None), "draft")
        if known != row.state:
            found.append(_state(stream, row, known))
        approver = history.actors.get((stream, None, "issue.approve"))
        if row.state == "closed" and row.approver_id != approver:
            found.append(_fault(stream, row.number, "person", "another person approved it"))
        if row.override_count != history.overrides[stream]:
            found.append(_fault(stream, row.number, "overrides", "its history counts others"))
    return found


def _tasks(s: Session, history: History) -> list[AuditFault]:
    found, task = [], tables.task.c
    chosen = select(
        task.id, task.issue_id, task.number, task.state, task.verified_by_id, task.submitted_by_id
    ).where(task.dispatched_at.is_not(None), _HERE)
    for row in s.execute(chosen):
        stream = f"issue:{row.issue_id}"
        known = history.states.get((stream, row.id), "pending_ack")
        if known != row.state:
            found.append(_state(stream, row, known))
        for tag, person in (
            ("task.verify", row.verified_by_id),
            ("task.submit", row.submitted_by_id),
        ):
            if row.state == "verified" and person != history.actors.get((stream, row.id, tag)):
                found.append(_fault(stream, row.number, "person", f"{tag}: another person did it"))
    return found


def _state(stream: str, row: Any, known: str) -> AuditFault:
    return _fault(
        stream, row.number, "state", f"stands at {row.state}, its history ends at {known}"
    )


def _deadlines(s: Session) -> list[AuditFault]:
    """A task's deadline is that of its newest version, and no version is missing."""
    task, version = tables.task.c, tables.deadline_version.c
    counted = (
        select(version.task_id, func.count().label("n"), func.max(version.n).label("last"))
        .group_by(version.task_id)
        .subquery()
    )
    chosen = (
        select(
            task.issue_id,
            task.number,
            task.due_at,
            task.deadline_version,
            counted.c.n,
            version.due_at.label("known"),
        )
        .outerjoin(counted, counted.c.task_id == task.id)
        .outerjoin(
            tables.deadline_version,
            (version.task_id == task.id) & (version.n == task.deadline_version),
        )
        .where(task.dispatched_at.is_not(None), _HERE)
    )
    found = []
    for row in s.execute(chosen):
        stream = f"issue:{row.issue_id}"
        if row.due_at != row.known:
            found.append(_fault(stream, row.number, "deadline", "is not its newest version's"))
        if (row.n or 0) != row.deadline_version:
            found.append(_fault(stream, row.number, "deadline", "a version of it is missing"))
    return found


def _rungs(s: Session, history: History) -> list[AuditFault]:
    """Every rung on record has its event, and every event its record."""
    firing = tables.rung_firing.c
    chosen = select(firing.subject, firing.deadline_version, firing.rung).where(
        firing.level.is_not(None)
    )
    stored = {
        (int(row.subject.split(":")[1]), row.deadline_version, row.rung)
        for row in s.execute(chosen)
    }
    differing = sorted(stored ^ history.rungs)
    numbers = _numbers(s, [task_id for task_id, _version, _rung in differing])
    return [
        _fault(
            numbers.get(task_id, ("", ""))[0],
            numbers.get(task_id, ("", ""))[1],
            "rung",
            f"{rung} of deadline {version}: event and record do not agree",
        )
        for task_id, version, rung in differing
    ]


def _evidence(s: Session, history: History) -> list[AuditFault]:
    """Every piece of proof has its event, with the same content, and the other way round."""
    evidence = tables.evidence.c
    stored: Counter[tuple[int, str, str]] = Counter()
    chosen = select(evidence.task_id, evidence.kind, evidence.sha256).where(
        evidence.kind != "waiver", evidence.task_id.in_(select(tables.task.c.id).where(_HERE))
    )
    for row in s.execute(chosen):
        stored[(row.task_id, row.kind, row.sha256 or "")] += 1
    differing = sorted({*(stored - history.evidence), *(history.evidence - stored)})
    numbers = _numbers(s, [task_id for task_id, _kind, _hash in differing])
    return [
        _fault(
            numbers.get(task_id, ("", ""))[0],
            numbers.get(task_id, ("", ""))[1],
            "evidence",
            f"{kind}: what is kept is not what was given",
        )
        for task_id, kind, _hash in differing
    ]


def _numbers(s: Session, task_ids: list[int]) -> dict[int, tuple[str, str]]:
    task = tables.task.c
    chosen = select(task.id, task.issue_id, task.number).where(task.id.in_(task_ids[:500]))
    return {row.id: (f"issue:{row.issue_id}", row.number) for row in s.execute(chosen)}


def missing_triggers(s: Session) -> list[AuditFault]:
    """Tables whose rows the database no longer protects."""
    if s.dialect == "sqlite":
        rows = s.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
        names = {row.name for row in rows}
        gone = [
            table
            for table in PROTECTED
            if not {f"{table}_no_update", f"{table}_no_delete", f"{table}_no_replace"} <= names
        ]
        gone += [
            table
            for table in (*GUARDED, *LISTS)
            if not {f"{table}_guard", f"{table}_no_delete", f"{table}_no_replace"} <= names
        ]
    else:
        rows = s.execute(text("SELECT tgname AS name FROM pg_trigger WHERE tgenabled <> 'D'"))
        names = {row.name for row in rows}
        gone = [table for table in PROTECTED if f"{table}_append_only" not in names]
        gone += [table for table in ARCHIVED if f"{table}_archived" not in names]
        gone += [
            table
            for table in (*GUARDED, *LISTS)
            if not {f"{table}_guard", f"{table}_no_truncate"} <= names
        ]
    return [_fault("system", table, "unprotected", "its trigger is gone") for table in gone]
