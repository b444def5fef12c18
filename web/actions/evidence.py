"""Attaching evidence: an action with files, at an address of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from config.i18n import N_
from config.i18n import gettext as _
from models.db import Session
from models.directory import PersonInfo
from web.actions.base import Action
from web.actions.closing import EVIDENCE
from workflow.commands.base import Outcome
from workflow.commands.proof import Proof, add_evidence
from workflow.errors import Malformed, Reason


def attach_all(
    s: Session,
    *,
    actor: PersonInfo,
    task: str,
    evidence: Sequence[Proof],
    now: datetime,
    expected_version: int | None = None,
) -> Outcome:
    """Attach several pieces in one transaction; raises `Malformed` when there is none."""
    outcome: Outcome | None = None
    for proof in evidence:
        outcome = add_evidence(
            s, actor=actor, task=task, proof=proof, now=now, expected_version=expected_version
        )
        expected_version = outcome.task_version
    if outcome is None:
        raise Malformed(
            Reason(
                "evidence_missing",
                _("No evidence is given."),
                "evidence",
                _("Choose a file, or name a document that is kept elsewhere."),
            )
        )
    return outcome


ATTACH = Action(
    "evidence",
    "task",
    "add_evidence",
    N_("Attach evidence"),
    attach_all,
    (replace(EVIDENCE, optional=False),),
)
