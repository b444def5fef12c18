"""Evidence, within the scope of whoever asks (invariant 10)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, select

from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries.scope import visible_issues


def find_evidence(s: Session, actor: PersonInfo, evidence_id: int) -> Row[Any] | None:
    """A piece of evidence of an issue that the actor may see; None for any other."""
    evidence = tables.evidence
    chosen = (
        select(evidence)
        .join(tables.task, tables.task.c.id == evidence.c.task_id)
        .join(tables.issue, tables.issue.c.id == tables.task.c.issue_id)
        .where(evidence.c.id == evidence_id, visible_issues(actor))
    )
    return s.execute(chosen).one_or_none()
