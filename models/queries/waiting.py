"""What waits for a person, kind by kind: each a set of issues that the ledger lists by that name.

Roles, states and ranks come from the stored workflow definitions and policies; the relation of a
unit to a task (lead, verifier, supporting) is the one that `config/workflow.toml` names as scope.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, select

from models import tables
from models.directory import PersonInfo
from models.queries import waiting_decisions as decisions
from models.queries import waiting_desk as desk
from models.queries import waiting_units as units
from models.queries.definitions import Definitions
from models.queries.running import RUNNING, literally
from models.queries.waiting_base import Asking, Kind, today

__all__ = ["KINDS", "kinds_of", "open_requests", "today", "waiting"]
_T, _R = tables.task.c, tables.request.c

KINDS: dict[str, Kind] = {
    "overdue": units.overdue,
    "redo": units.redo,
    "acknowledge": units.acknowledge,
    "due_soon": units.due_soon,
    "co_input": units.co_input,
    "verify": units.verify,
    "rule": decisions.rule,
    "decide": decisions.decide,
    "approve": decisions.approve,
    "confirm_rejection": decisions.confirm_rejection,
    "confirm_relapse": decisions.confirm_relapse,
    "triage": desk.triage,
    "dispatch": desk.dispatch,
    "review_park": decisions.review_park,
    "lookback": desk.lookback,
    "in_hand": units.in_hand,
    "correct": desk.correct,
}
"""Every kind of to-do in order of urgency."""

_ACTS: dict[str, tuple[tuple[str, str], ...]] = {
    "overdue": (("task", "acknowledge"), ("task", "progress")),
    "redo": (("task", "progress"),),
    "acknowledge": (("task", "acknowledge"),),
    "due_soon": (("task", "acknowledge"), ("task", "progress")),
    "co_input": (("task", "co_input"),),
    "verify": (("task", "verify"),),
    "rule": tuple(("task", f"rule_{n}") for n in ("return", "extension", "park", "adjustment")),
    "decide": (("task", "decide_prepared"),),
    "approve": (("issue", "approve"),),
    "confirm_rejection": (("issue", "reject"),),
    "confirm_relapse": (("issue", "relapse"),),
    "triage": (("issue", "start_triage"),),
    "dispatch": (("issue", "dispatch"), ("issue", "dispatch_more")),
    "review_park": (("issue", "review_park"),),
    "lookback": (("issue", "record_lookback"),),
    "in_hand": (("task", "progress"),),
    "correct": (("issue", "report"),),
}


def kinds_of(actor: PersonInfo, rules: Definitions) -> list[str]:
    """Kinds of to-do that the actor's roles can have at all, in order of urgency."""
    return [k for k in KINDS if any(rules.anywhere(*act, actor) for act in _ACTS[k])]


def waiting(kind: str, actor: PersonInfo, rules: Definitions, now: datetime) -> ColumnElement[bool]:
    """A condition on `issue`: what waits for the actor under that name. Unknown kinds: KeyError."""
    return KINDS[kind](Asking(actor, rules, now))


def open_requests() -> Select[Any]:
    """Issues with a request that waits for its ruling, whoever rules."""
    return (
        select(_T.issue_id)
        .join(tables.request, _R.task_id == _T.id)
        .where(literally(_R.state, ("open",)), _T.state.in_(RUNNING))
    )
