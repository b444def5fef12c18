"""Opened, closed, relapsed and overdue issues by week or month, from facts that stay.

What is counted, exactly, of the issues in the actor's scope and filter:

- opened: reported within the period (`reported_at`; a report sent back counts when it comes again);
- closed: closed at least once within the period, by the history (`issue.approve`), whether or not
  the problem has come back since; relapsed: the same for `issue.relapse`;
- overdue: with a task past its deadline when the period ended, or now in the period that runs, as
  `models.queries.running.was_overdue` says.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, case, select, union_all

from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries.definitions import definitions
from models.queries.edition import kept
from models.queries.ledger import LedgerFilter, filter_key
from models.queries.members import members
from models.queries.running import COUNTED, issue_of_stream, may_have_been_overdue, tagged
from models.queries.statistics import EVERYTHING, Figure, overdue_now

_I, _T = tables.issue.c, tables.task.alias("past").c
Span = tuple[datetime, datetime]
Kind = tuple[ColumnElement[Any], ColumnElement[int], list[ColumnElement[bool]]]
"""A moment, the issue that it is one of, and conditions."""
LENGTHS = (12, 60, 120)
"""Trends are counted in one of these lengths, so that shorter ones share what is remembered."""


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
    """The last periods in order, the one that runs last. At most 120.

    `wanted` must not speak of tasks, nor of times of opening and closing. Raises ValueError.
    """
    dated = ("opened_from", "opened_until", "closed_from", "closed_until", "relapsed_from")
    if wanted.of_tasks or any(getattr(wanted, name) for name in (*dated, "relapsed_until")):
        raise ValueError("a trend is narrowed by what issues are, not by tasks or times")
    rules = definitions(s)
    zone = ZoneInfo(rules.policies[max(rules.policies)].policy.timezone)
    asked = max(1, min(periods, LENGTHS[-1]))
    spans = _spans(now.astimezone(zone), unit, next(n for n in LENGTHS if n >= asked))
    counts = _counts(s, actor, wanted, now, spans)
    running = overdue_now(s, actor, now, wanted)
    found = zip(spans[-asked:], counts[-asked:], strict=True)
    return [_period(wanted, span, numbers, running) for span, numbers in found]


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
    facts, mine = _facts(s, now, spans), members(s, actor, wanted, now)

    def make() -> list[list[int | None]]:
        return [[None if ids is None else len(mine.of(ids)) for ids in row] for row in facts]

    if wanted.text:
        return make()
    ended = sum(until <= now for _since, until in spans)
    key = ("trend", tuple(spans), ended, *filter_key(s, actor, wanted, now))
    return kept(s, key, make, now=now if wanted.follows_clock else None)


Ids = list["array[int]"]  # no subscript of array at run time before 3.12
Facts = list[list["array[int] | None"]]


def _facts(s: Session, now: datetime, spans: list[Span]) -> Facts:
    """The issues behind each number, whoever may see them: the same for all, so read once."""
    ended = [until for _since, until in spans if until <= now]

    def make() -> Facts:
        late: list[array[int] | None] = [*_overdue(s, ended), *([None] * (len(spans) - len(ended)))]
        closed, relapsed = (_happened(s, tag, spans) for tag in COUNTED)
        return [list(row) for row in zip(_opened(s, spans), closed, relapsed, late, strict=True)]

    return kept(s, ("trend facts", tuple(spans), len(ended)), make)


def _opened(s: Session, spans: list[Span]) -> Ids:
    return _in_order(s, [(_I.reported_at, _I.id, [])], spans)


def _happened(s: Session, tag: str, spans: list[Span]) -> Ids:
    events = (tables.event.c, tables.archived_event.c)
    kinds: list[Kind] = [(e.logical_at, issue_of_stream(e), [tagged(e, tag)]) for e in events]
    return _in_order(s, kinds, spans)


def _in_order(
    s: Session,
    kinds: Sequence[Kind],
    spans: list[Span],
) -> Ids:
    """Issues by the number of the span that the moment falls into, of each kind of row."""
    found: Ids = [array("q") for _span in spans]
    chosen = []
    for moment, issue, where in kinds:
        bucket = case(*((moment < until, n) for n, (_since, until) in enumerate(spans)))
        inside = (moment >= spans[0][0], moment < spans[-1][1])
        chosen.append(select(bucket, issue).where(*inside, *where))
    rows: Any = s.execute(union_all(*chosen) if len(chosen) > 1 else chosen[0])
    for n, number in rows:
        found[n].append(number)
    return found


def _overdue(s: Session, moments: list[datetime]) -> Ids:
    """Issues with an overdue task at each moment, from one look at the tasks in question.

    The database numbers the moments, which spares reading two times from each of many rows.
    """
    found: Ids = [array("q") for _at in moments]
    if not moments:
        return found
    still, late = may_have_been_overdue(_T, moments[0], moments[-1])
    for where, end in ((still, _T.paused_at), (late, _T.submitted_at)):
        first, beyond = (
            case(*((column < at, n) for n, at in enumerate(moments)), else_=len(moments))
            for column in (_T.due_at, end)
        )
        rows: Any = s.execute(select(_T.issue_id, first, beyond).where(where))
        for issue, begin, stop in rows:
            for n in range(begin, stop):
                found[n].append(issue)
    return found
