"""佐证: pieces of proof on a task, and the recorded decision to do without."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select

from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.statements import Statement, insertion
from workflow.case import Record
from workflow.commands.base import (
    Outcome,
    begin,
    clean,
    end,
    facts_of,
    permit,
)
from workflow.guards_closure import WAIVER
from workflow.transition import Work


@dataclass(frozen=True, slots=True)
class Proof:
    """A piece of evidence. `sha256` and `size` name content that the edge has stored before."""

    kind: str
    name: str
    note: str = ""
    sha256: str | None = None
    size: int | None = None


_INSERT_EVIDENCE = insertion(tables.evidence)


_EVIDENCE = Statement(
    select(tables.evidence)
    .join(tables.task, tables.task.c.id == tables.evidence.c.task_id)
    .where(tables.task.c.issue_id == bindparam("key"))
    .order_by(tables.evidence.c.id)
)


def add_evidence(
    s: Session,
    *,
    actor: PersonInfo,
    task: str,
    proof: Proof,
    now: datetime,
    expected_version: int | None = None,
) -> Outcome:
    """Attach one piece of proof to a task."""
    w, record = begin(s, actor=actor, now=now, task=task, expected_version=expected_version)
    noted = permit(w, "add_evidence", facts_of(w, record, args={"kind": proof.kind}))
    attach(w, record, [proof], actor)
    w.touch("task.add_evidence", record, by=actor, data=noted | proof_facts(proof))
    return end(w, record)


def attach(w: Work, task: Record, proofs: Sequence[Proof], actor: PersonInfo) -> None:
    if proofs:
        _INSERT_EVIDENCE.run(
            w.s,
            [
                {
                    "task_id": task.id,
                    "cycle": w.issue.cycle,
                    "kind": p.kind,
                    "name": clean("name", p.name, most=200, needed=True),
                    "note": clean("note", p.note, most=500),
                    "sha256": p.sha256,
                    "size": p.size,
                    "added_by_id": actor.id,
                    "added_at": w.now,
                }
                for p in proofs
            ],
        )


def proof_facts(proof: Proof) -> dict[str, Any]:
    return {"kind": proof.kind, "name": proof.name, "sha256": proof.sha256}


def evidence_of(s: Session, issue_id: int) -> list[Any]:
    """Evidence of an issue's tasks, oldest first."""
    return _EVIDENCE.rows(s, {"key": issue_id})


def waive_evidence(
    s: Session,
    *,
    actor: PersonInfo,
    task: str,
    reason: str,
    now: datetime,
    expected_version: int | None = None,
) -> Outcome:
    """The override of invariant 8: do without the category's evidence, shown on the ledger."""
    w, record = begin(s, actor=actor, now=now, task=task, expected_version=expected_version)
    reason = clean("reason", reason)
    noted = permit(w, "waive_evidence", facts_of(w, record, args={"reason": reason}))
    attach(w, record, [Proof(WAIVER, reason[:200], reason[:500])], actor)
    w.issue.set(override_count=w.issue.override_count + 1)
    w.touch("task.waive_evidence", record, by=actor, data=noted | {"reason": reason})
    return end(w, record)
