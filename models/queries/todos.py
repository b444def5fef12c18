"""What a person has to do, in order of urgency; each kind is a list of the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from models.db import Session
from models.directory import PersonInfo
from models.queries.definitions import definitions
from models.queries.ledger import LedgerFilter, nearest
from models.queries.ledger_rows import LedgerRow, rows_of
from models.queries.waiting import kinds_of


@dataclass(frozen=True, slots=True)
class Todo:
    """One kind of work: how many issues wait for the person, the most pressing of them, and the
    filter that lists them all. Kinds are those of `models.queries.waiting.KINDS`."""

    kind: str
    count: int
    rows: list[LedgerRow]
    wanted: LedgerFilter


def todos(s: Session, actor: PersonInfo, now: datetime, *, limit: int = 5) -> list[Todo]:
    """Every kind that the actor's roles can have, in order of urgency, those with nothing too."""
    chosen = [(kind, LedgerFilter(waiting=kind)) for kind in kinds_of(actor, definitions(s))]
    found = [
        (kind, wanted, *nearest(s, actor, wanted, now, limit, _sort(kind)))
        for kind, wanted in chosen
    ]
    everything = sorted({n for _kind, _wanted, _count, numbers in found for n in numbers})
    rows = {row.issue.id: row for row in rows_of(s, everything)}
    return [
        Todo(kind, total, [rows[n] for n in numbers], wanted)
        for kind, wanted, total, numbers in found
    ]


_BY_DEADLINE = (
    "overdue", "redo", "acknowledge", "due_soon", "co_input", "rule", "decide", "in_hand",
)  # fmt: skip


def _sort(kind: str) -> str:
    """By deadline where one runs; else what has been there longest comes first."""
    return "deadline" if kind in _BY_DEADLINE else "oldest"
