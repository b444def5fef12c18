"""How the look-back sample came about (docs/decisions/0006), shown so that anybody can check it.

The population are the closures of a span of days. For each the seed is the hash of its closing
event; drawn again here, every number must come out as it did when the engine drew it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import Integer, Subquery, cast, func, select, union_all

from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries.scope import visible_issues
from workflow.commands.lookbacks import drawn
from workflow.context import context

MOST = 300
"""More closures than these are not shown at once; a shorter span shows them all."""
CLOSED = "issue.approve"


@dataclass(frozen=True, slots=True)
class Drawn:
    """One closure. `basis`: why a look-back was planned ("" for none); `agrees`: drawn again, the
    same comes out."""

    issue: str
    title: str
    closed_on: date
    seed: str
    number: float
    share: float
    basis: str
    agrees: bool


@dataclass(frozen=True, slots=True)
class Sample:
    """A span's closures: how many there were, and those shown, newest first."""

    first: date
    last: date
    rows: tuple[Drawn, ...]
    more: bool

    @property
    def by_lot(self) -> tuple[Drawn, ...]:
        """Closures that the lot decided on."""
        return tuple(row for row in self.rows if row.basis in ("", "sample"))

    @property
    def chosen(self) -> tuple[Drawn, ...]:
        """Those with a look-back."""
        return tuple(row for row in self.rows if row.basis)


def sample(s: Session, actor: PersonInfo, first: date, last: date) -> Sample:
    """The closures of these days within the actor's scope, drawn again."""
    ctx = context(s)
    zone = ctx.calendar().tz
    issue = tables.issue
    begin = datetime.combine(first, time.min, zone)
    end = datetime.combine(last, time.max, zone)
    event = _closures(begin, end).c
    chosen = (
        select(
            event.hash, event.at, issue.c.id, issue.c.number, issue.c.title,
            issue.c.policy_version_id,
        )
        .join(issue, issue.c.id == _issue_id(event.stream))
        .where(visible_issues(actor))
        .order_by(event.logical_at.desc(), event.id.desc())
        .limit(MOST + 1)
    )  # fmt: skip
    rows = list(s.execute(chosen))
    planned = _planned(s, [row.hash for row in rows])
    found = tuple(_drawn(s, row, planned) for row in rows[:MOST])
    return Sample(first, last, found, len(rows) > MOST)


def _closures(begin: datetime, end: datetime) -> Subquery:
    """The events that struck issues off, those of archived issues among them."""
    return union_all(
        *(
            select(key.label("id"), e.stream, e.hash, e.at, e.logical_at).where(
                e.tag == CLOSED, e.logical_at >= begin, e.logical_at <= end
            )
            for e, key in (
                (tables.event.c, tables.event.c.id),
                (tables.archived_event.c, tables.archived_event.c.event_id),
            )
        )
    ).subquery()


def _issue_id(stream: Any) -> Any:
    return cast(func.substr(stream, len("issue:") + 1), Integer)


def _planned(s: Session, seeds: list[str]) -> dict[str, str]:
    """By seed: on what basis a look-back was planned."""
    lookback = tables.lookback.c
    if not seeds:
        return {}
    rows = s.execute(select(lookback.seed, lookback.basis).where(lookback.seed.in_(seeds)))
    return {row.seed: row.basis for row in rows}


def _drawn(s: Session, row: Any, planned: dict[str, str]) -> Drawn:
    share = context(s).policy(row.policy_version_id).lookback.share
    number, basis = drawn(row.hash), planned.get(row.hash, "")
    agrees = basis not in ("", "sample") or (number < share) == (basis == "sample")
    day = context(s).calendar().local_date(row.at)
    return Drawn(row.number, row.title, day, row.hash, number, share, basis, agrees)
