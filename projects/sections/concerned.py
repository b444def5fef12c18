"""Which issues a month's figures can need: a snapshot is as large as its month, not as history.

An issue is kept, with its tasks, if in the month

* it was open at the first moment, or anything was told of it since;
* a limit of one of its tasks ends (receipt, deadline in force, first deadline), which counts even
  where the issue had been struck off long before;
* a look-back on it was made, or an order about it was given or is due.

What else had been struck off before is counted, by the units that had led it (`earlier`): of all
that was ever handed over, 销号率 needs no more. Everything is as it stood at the month's end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, between, cast, func, or_, select

from models import tables
from models.db import Session
from projects.sections import past
from projects.sections.asked import asked
from projects.sections.past import Told
from projects.sections.period import Span, span
from workflow import deadlines
from workflow.context import context

ENDED = ("closed", "rejected", "merged")
Units = tuple[int, ...]
_I, _T, _L = tables.issue.c, tables.task.c, tables.lookback.c
_MEMO = "sections_concerned"


@dataclass(frozen=True, slots=True)
class Concerned:
    """The issues of a month with their history and tasks; `dues`: by task the deadline in force;
    `orders`: what was asked in writing; `earlier`: struck off before, by the units that led."""

    told: Told
    tasks: list[Any]
    dues: dict[int, datetime | None]
    orders: list[dict[str, Any]]
    earlier: dict[Units, int]


@contextmanager
def reading_once(s: Session) -> Iterator[None]:
    """Sections that are gathered within read the loop once, together. What is written within is
    not seen by those that follow."""
    before = s.memo.get(_MEMO)
    s.memo[_MEMO] = {}
    try:
        yield
    finally:
        if before is None:
            del s.memo[_MEMO]
        else:
            s.memo[_MEMO] = before


def concerned(s: Session, month: str, now: datetime) -> Concerned:
    """What a month's figures of the loop can need."""
    shared = s.memo.get(_MEMO)
    if shared is None:
        return _read(s, span(s, month, now))
    if (month, now) not in shared:
        shared[month, now] = _read(s, span(s, month, now))
    found: Concerned = shared[month, now]
    return found


def _read(s: Session, when: Span) -> Concerned:
    orders = asked(s, when)
    sure = {row.issue_id for one in orders for row in one["rows"]} | _looked_back(s, when)
    live = set(s.execute(select(_I.id).where(~_at_rest(when))).scalars())
    resting = (sure | _limited(s, when)) - live
    told = past.told(s, live | resting, when.until)
    tasks = _tasks(s, live | resting, when.until)
    dues = past.deadlines(s, (task.id for task in tasks), when.until)
    limited = {t.issue_id for t in tasks if any(map(when.holds, _limits(s, t, dues.get(t.id))))}
    kept = {key for key in told if key in sure or key in limited or _moved(told[key], when)}
    earlier = _struck_off(s, when, resting)
    earlier.update(_left_out(events) for key, events in told.items() if _counts(key, events, kept))
    return Concerned(
        {key: told[key] for key in sorted(kept)},
        [task for task in tasks if task.issue_id in kept],
        dues,
        orders,
        dict(+earlier),
    )


def _moved(events: list[Any], when: Span) -> bool:
    """Told of in the month, or open when it began."""
    return events[-1].at >= when.begin or past.state(events) not in ENDED


def _counts(key: int, events: list[Any], kept: set[int]) -> bool:
    handed_over = any(event.tag == "issue.dispatch" for event in events)
    return key not in kept and handed_over and past.state(events) == "closed"


def _left_out(events: list[Any]) -> Units:
    return tuple(past.lead_units(events))


# ---------------------------------------------------------------- what the columns tell


def _at_rest(when: Span) -> ColumnElement[bool]:
    """Ended before the month, and not moved since: its history is what its columns say."""
    return and_(_I.state.in_(ENDED), _I.state_since < when.begin)


def _looked_back(s: Session, when: Span) -> set[int]:
    chosen = select(_L.issue_id).where(between(_L.done_at, when.begin, when.until))
    return set(s.execute(chosen).scalars())


def _limited(s: Session, when: Span) -> set[int]:
    """Issues at rest with a task of which a limit may end in the month."""
    begun = when.begin - timedelta(days=past.longest(_longest_receipt(s)))
    ends = [and_(at >= when.begin, at < when.end) for at in (_T.due_at, _T.original_due_at)]
    chosen = (
        select(_T.issue_id)
        .join(tables.issue, _I.id == _T.issue_id)
        .where(_at_rest(when), _T.dispatched_at <= when.until)
        .where(or_(*ends, _T.dispatched_at >= begun))
    )
    return set(s.execute(chosen).scalars())


def _longest_receipt(s: Session) -> int:
    """Working days, over every policy that there has been."""
    keys = s.execute(select(tables.policy_version.c.id)).scalars()
    return max(context(s).policy(key).ack.limit_wd for key in list(keys))


def _limits(s: Session, task: Any, due: datetime | None) -> Iterable[datetime | None]:
    return receipt_due(s, task), due, task.original_due_at


def receipt_due(s: Session, task: Any) -> datetime:
    """Until when a task's receipt had to be confirmed."""
    calendar, policy = past.calendar_of(s, task), context(s).policy(task.policy_version_id)
    return deadlines.side_limit(task.dispatched_at, policy.ack.limit_wd, calendar, policy)


def _tasks(s: Session, issues: Iterable[int], until: datetime) -> list[Any]:
    """Tasks that had been handed over, by id."""
    chosen = (
        select(
            _T.id, _T.number, _T.issue_id, _T.category, _T.lead_unit_id, _T.urgent,
            _T.policy_version_id, _T.dispatched_at, _T.original_due_at,
            _I.number.label("issue_number"), _I.title, _I.board_id, _I.project_id,
        )
        .join(tables.issue, _I.id == _T.issue_id)
        .where(_T.dispatched_at <= until)
    )  # fmt: skip
    found = [
        row for some in past.chunks(issues) for row in s.execute(chosen.where(_I.id.in_(some)))
    ]
    return sorted(found, key=lambda task: int(task.id))


# ---------------------------------------------------------------- what was struck off before


def _struck_off(s: Session, when: Span, without: Iterable[int]) -> Counter[Units]:
    """Issues at rest that were struck off, by the units that had led them, but for some."""
    found = _by_units(s, _closed(when))
    for some in past.chunks(without):
        found.subtract(_by_units(s, _closed(when).where(_I.id.in_(some))))
    return found


def _closed(when: Span) -> Select[Any]:
    """Each issue with each of its units, once; with NULL where every task was withdrawn."""
    led = and_(_T.issue_id == _I.id, _T.dispatched_at.is_not(None), _T.state != "withdrawn")
    return (
        select(_I.id.label("issue_id"), _T.lead_unit_id.label("unit_id"))
        .outerjoin(tables.task, led)
        .where(_at_rest(when), _I.state == "closed", _I.dispatched_at.is_not(None))
        .distinct()
    )


def _by_units(s: Session, issues: Select[Any]) -> Counter[Units]:
    """How many there are of each set of units: the database counts, however many issues it are."""
    one = issues.subquery()
    joined = func.aggregate_strings(cast(one.c.unit_id, String), ",").label("units")
    each = select(joined).group_by(one.c.issue_id).subquery()
    found: Counter[Units] = Counter()
    for row in s.execute(select(each.c.units, func.count().label("n")).group_by(each.c.units)):
        found[tuple(sorted(map(int, row.units.split(",")))) if row.units else ()] += row.n
    return found
