"""Prepared steps of the ladder and the documents that carry them out on paper, linked both ways."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import or_, select, update

from config.i18n import gettext as _
from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries.scope import visible_issues
from notifications.documents.kinds import Kind
from workflow.documents.gather import Chosen
from workflow.errors import GuardFailed, Malformed, Reason

KINDS_OF_STEP = {
    "supervise": ("supervision_order", "supervision_letter", "supervision_notice"),
    "bulletin": ("bulletin",),
    "interview": ("interview_notice", "interview_letter"),
}
"""Which documents carry out a step of that kind, the usual one first."""
MOST_STEPS = 200

_P, _D = tables.prepared_action.c, tables.document.c


def find_steps(s: Session, actor: PersonInfo, ids: Sequence[int]) -> list[Any]:
    """Steps by id, each with its task's number and the state of the document that it has, if any.

    Raises `Malformed` for too many of them, and for one that does not exist or is not theirs to
    see.
    """
    wanted = list(dict.fromkeys(ids))[: MOST_STEPS + 1]
    chosen = (
        select(
            tables.prepared_action,
            tables.task.c.number.label("task_number"),
            _D.state.label("document_state"),
        )
        .join(tables.task, tables.task.c.id == _P.task_id)
        .join(tables.issue, tables.issue.c.id == tables.task.c.issue_id)
        .outerjoin(tables.document, _D.id == _P.document_id)
        .where(_P.id.in_(wanted), visible_issues(actor))
        .order_by(_P.id)
    )
    found = list(s.execute(chosen))
    if len(found) < len(wanted) or len(wanted) > MOST_STEPS:
        message = _("There is no such step of the ladder.")
        raise Malformed(Reason("step_unknown", message, "steps", _("Look at the board again.")))
    return found


def refuse_steps(kind: Kind, steps: Sequence[Any], chosen: Chosen) -> None:
    """Raise `GuardFailed` for steps that such a document cannot carry out."""
    tasks = {task.id for _w, task in chosen}
    faults = {code: text for step in steps for code, text in _faults(kind, step, tasks)}
    if faults:
        raise GuardFailed(*(Reason(code, text, "steps") for code, text in faults.items()))


def _faults(kind: Kind, step: Any, tasks: set[int]) -> list[tuple[str, str]]:
    found = []
    if kind.name not in KINDS_OF_STEP.get(step.kind, ()):
        found.append(("step_kind", _("This kind of document does not carry out that step.")))
    if step.task_id not in tasks:
        found.append(("step_task", _("The document is not about that step's task.")))
    if step.state not in ("prepared", "issued"):
        found.append(("step_settled", _("That step no longer holds.")))
    if step.document_state not in (None, "void"):
        found.append(_documented())
    return found


def _documented() -> tuple[str, str]:
    return "step_documented", _("That step has its document already.")


def link(s: Session, steps: Sequence[Any], document: int) -> None:
    """Name the document with its steps; the history of the document names the steps.

    Raises `GuardFailed` where somebody else's document came first.
    """
    keys = [step.id for step in steps]
    void = select(_D.id).where(_D.state == "void")
    free = or_(_P.document_id.is_(None), _P.document_id.in_(void))
    change = update(tables.prepared_action).where(_P.id.in_(keys), free)
    if s.execute(change.values(document_id=document)).rowcount < len(keys):
        raise GuardFailed(Reason(*_documented(), "steps"))


def steps_of(s: Session, document: int) -> list[Any]:
    """The steps that a document carries out, with their task's numbers."""
    chosen = (
        select(tables.prepared_action, tables.task.c.number.label("task_number"))
        .join(tables.task, tables.task.c.id == _P.task_id)
        .where(_P.document_id == document)
        .order_by(_P.id)
    )
    return list(s.execute(chosen))
