"""Opened, closed, relapsed and overdue issues by week or month, from facts that stay.

What is counted, exactly, of the issues in the actor's scope and filter:

- opened: reported within the period (`reported_at`; a report sent back counts when it comes again);
- closed: closed at least once within the period, by the history (`issue.approve`), whether or not
  the problem has come back since; relapsed: the same for `issue.relapse`;
- overdue: with a task past its deadline when the period ended, or now in the period that runs, as
  `models.queries.running.was_overdue` says.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, case, distinct, func, select, union

from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries.definitions import definitions
from models.queries.edition import kept
from models.queries.ledger import LedgerFilter, count, filter_key, whole
from models.queries.running import issue_of_stream, tagged, was_overdue
from models.queries.statistics import EVERYTHING, Figure

_I, _T, _E = tables.issue.c, tables.task.alias("past").c, tables.event.c
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Period:
    """A week (from Monday) or a month in the policy's zone; `until` is not part of it."""

    since: datetime
    until: datetime
    opened: Figure
    closed: Figure
    relapsed: Figure
    overdue: Figure


def trend(
    s: Session,
    actor: PersonInfo,
    now: datetime,
    *,
    unit: Literal["week", "month"] = "week",
    periods: int = 12,
    wanted: LedgerFilter = EVERYTHING,
) -> list[Period]:
    """The last periods in order, the one that runs last. At most 120."""
    rules = definitions(s)
    zone = ZoneInfo(rules.policies[max(rules.policies)].policy.timezone)
    spans = _spans(now.astimezone(zone), unit, max(1, min(periods, 120)))
    counts = _counts(s, actor, wanted, now, spans)
    running = count(s, actor, replace(wanted, overdue=True), now)
    return [_period(wanted, span, counts[n], running) for n, span in enumerate(spans)]


def _period(wanted: LedgerFilter, span: Span, counts: list[int | None], running: int) -> Period:
    since, until = span
    opened, closed, relapsed, overdue = counts
    late = (
        replace(wanted, overdue_at=until) if overdue is not None else replace(wanted, overdue=True)
    )
    return Period(
        since,
        until,
        Figure(opened or 0, replace(wanted, opened_from=since, opened_until=until)),
        Figure(closed or 0, replace(wanted, closed_from=since, closed_until=until)),
        Figure(relapsed or 0, replace(wanted, relapsed_from=since, relapsed_until=until)),
        Figure(running if overdue is None else overdue, late),
    )


def _spans(now: datetime, unit: str, periods: int) -> list[Span]:
    """Begin and end of each period, the oldest first."""
    first = (
        now.date() - timedelta(days=now.weekday()) if unit == "week" else now.date().replace(day=1)
    )
    starts = [first]
    while len(starts) < periods:
        before = starts[0] - timedelta(days=1)
        starts.insert(0, before - timedelta(days=6) if unit == "week" else before.replace(day=1))
    after = first + timedelta(days=7 if unit == "week" else 32)
    ends = [*starts[1:], after if unit == "week" else after.replace(day=1)]
    return [(_begin(a, now), _begin(b, now)) for a, b in zip(starts, ends, strict=True)]


def _begin(day: date, like: datetime) -> datetime:
    return datetime.combine(day, time(), like.tzinfo)


def _counts(
    s: Session, actor: PersonInfo, wanted: LedgerFilter, now: datetime, spans: list[Span]
) -> list[list[int | None]]:
    """Opened, closed, relapsed and overdue of each span; overdue is None in one that runs."""

    def make() -> list[list[int | None]]:
        where = whole(s, actor, wanted, now)
        within = select(_I.id).where(*where) if where else None
        closed, relapsed = (_happened(s, tag, within, spans) for tag in _TAGS)
        overdue = _overdue(s, within, [until for _since, until in spans if until <= now])
        past: list[int | None] = [*overdue, *([None] * (len(spans) - len(overdue)))]
        return [
            list(row) for row in zip(_opened(s, where, spans), closed, relapsed, past, strict=True)
        ]

    if wanted.text:
        return make()
    ended = sum(until <= now for _since, until in spans)
    key = ("trend", tuple(spans), ended, *filter_key(s, actor, wanted, now))
    return kept(s, key, make, now=now if wanted.follows_clock else None)


_TAGS = ("issue.approve", "issue.relapse")


def _bucket(column: ColumnElement[Any], spans: list[Span]) -> ColumnElement[int]:
    """The number of the span that a moment falls into, for moments from the first one on."""
    return case(*((column < until, n) for n, (_since, until) in enumerate(spans)))


def _opened(s: Session, where: list[ColumnElement[bool]], spans: list[Span]) -> list[int]:
    bucket = _bucket(_I.reported_at, spans).label("bucket")
    span = (_I.reported_at >= spans[0][0], _I.reported_at < spans[-1][1])
    rows = s.execute(select(bucket, func.count()).where(*span, *where).group_by("bucket"))
    return _in_order(rows, len(spans))


def _happened(s: Session, tag: str, within: Any, spans: list[Span]) -> list[int]:
    bucket = _bucket(_E.logical_at, spans).label("bucket")
    span = (_E.logical_at >= spans[0][0], _E.logical_at < spans[-1][1])
    chosen = select(bucket, func.count(distinct(_E.stream))).where(tagged(_E, tag), *span)
    if within is not None:
        chosen = chosen.where(issue_of_stream(_E).in_(within))
    return _in_order(s.execute(chosen.group_by("bucket")), len(spans))


def _in_order(rows: Any, length: int) -> list[int]:
    counts = {row[0]: row[1] for row in rows}
    return [counts.get(n, 0) for n in range(length)]


def _overdue(s: Session, within: Any, moments: list[datetime]) -> list[int]:
    """Issues with an overdue task at each moment, in one statement."""
    if not moments:
        return []
    parts = []
    for at in moments:
        late = union(
            *(
                select(_T.issue_id).where(
                    part, *([_T.issue_id.in_(within)] if within is not None else [])
                )
                for part in was_overdue(_T, at)
            )
        ).subquery()
        parts.append(select(func.count()).select_from(late).scalar_subquery())
    return list(s.execute(select(*parts)).one())
