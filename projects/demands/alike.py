"""What is like a demand, within the scope of whoever looks, and what that proposes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries.scope import visible_issues
from projects.demands.base import D, headline, scope
from projects.demands.settling import is_open
from projects.demands.suggesting import Past, Suggestion, suggest
from projects.search import index
from projects.search.finding import Hit, find
from workflow.context import context

SHOWN = 5
LOOKED_AT = 40
_I = tables.issue.c
UNKNOWN = ("rejected", "draft")
"""Issues that nobody works on and nobody has."""


@dataclass(frozen=True, slots=True)
class Like:
    """An issue or demand that is like the one looked at. `score` from 0 to 1; `issue` is the
    number of the issue that a demand became, or the issue's own."""

    kind: str
    number: str
    title: str
    state: str
    category: str
    issue: str
    open: bool
    closed_at: datetime | None
    score: float
    shared: tuple[str, ...]


def alike(s: Session, actor: PersonInfo, demand: Any) -> list[Like]:
    """Issues and demands like this one that the actor may see, best first.

    A demand that became an issue is told by the issue alone.
    """
    hits = find(s, demand.body, leave_out=(index.DEMAND, demand.id), limit=LOOKED_AT)
    issues = _issues(s, actor, [h.ref_id for h in hits if h.kind == index.ISSUE])
    demands = _demands(s, actor, [h.ref_id for h in hits if h.kind == index.DEMAND])
    found = []
    for hit in hits:
        if hit.kind == index.ISSUE and hit.ref_id in issues:
            found.append(_of_issue(hit, issues[hit.ref_id]))
        elif hit.kind == index.DEMAND and hit.ref_id in demands:
            found.append(_of_demand(hit, demands[hit.ref_id]))
    own = demand.issue_id and next((o.number for o in found if _is(o, issues, demand)), "")
    return [one for one in found if not own or one.number != own]


def _is(one: Like, issues: dict[int, Any], demand: Any) -> bool:
    row = issues.get(demand.issue_id)
    return row is not None and one.number == row.number


def propose(s: Session, demand: Any, like: list[Like]) -> list[Suggestion]:
    """The likeliest categories and their units, with what speaks for them."""
    ctx = context(s)
    board = ctx.directory.units.get(demand.board_id or 0)
    past = [Past(one.category, one.number, one.score) for one in like if one.category]
    return suggest(ctx.policy(), demand.body, past, board=board.code if board else "")


def _issues(s: Session, actor: PersonInfo, ids: list[int]) -> dict[int, Any]:
    if not ids:
        return {}
    chosen = select(_I.id, _I.number, _I.title, _I.state, _I.category, _I.closed_at).where(
        _I.id.in_(ids), _I.state.not_in(UNKNOWN), visible_issues(actor)
    )
    return {row.id: row for row in s.execute(chosen)}


def _demands(s: Session, actor: PersonInfo, ids: list[int]) -> dict[int, Any]:
    """Those without an issue: the others' issue is in the index itself."""
    if not ids:
        return {}
    chosen = select(tables.demand).where(D.id.in_(ids), D.issue_id.is_(None), scope(s, actor))
    return {row.id: row for row in s.execute(chosen)}


def _of_issue(hit: Hit, row: Any) -> Like:
    return Like(
        index.ISSUE, row.number, row.title, row.state, row.category, row.number,
        is_open(row.state), row.closed_at, hit.score, hit.shared,
    )  # fmt: skip


def _of_demand(hit: Hit, row: Any) -> Like:
    return Like(
        index.DEMAND, row.number, headline(row), row.state, row.category, "",
        row.state in ("received", "disputed"), None, hit.score, hit.shared,
    )  # fmt: skip
