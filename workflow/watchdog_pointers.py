"""Pointers that skip something: the next moment is worked out again and held against the row's.

Of overdue tasks every pointer is checked, and whether the rungs behind it were climbed. Of side
limits (receipt, ruling, verification, breakdown, look-back ...) only pointers that lie farther
ahead than any two of their close moments lie apart, so that rows in good order cost nothing but
those whose step is so late that its reminders have slowed down.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, func, null, or_, select

from config.policy import Policy
from models import tables
from models.db import Session
from models.queries.running import is_overdue
from workflow import ladder
from workflow.calendar import WorkCalendar
from workflow.context import Context, context
from workflow.ladder import Moment
from workflow.side_limits import Handed

MOST = 5_000
"""Rows of each kind that one examination looks at, the farthest pointers first."""
_T, _I, _L = tables.task.c, tables.issue.c, tables.lookback.c
_WAITING = ("reported", "triaging", "approving", "parked")
_RULINGS = ("extension", "return_", "park", "adjust")


@dataclass(frozen=True, slots=True)
class Skip:
    """A pointer past the moment `expected` (None: nowhere), or a rung passed without a trace."""

    number: str
    expected: datetime
    stored: datetime | None

    @property
    def missed(self) -> bool:
        """Whether the moment itself has gone by."""
        return self.stored is not None and self.stored == self.expected


def skips(s: Session, now: datetime, grace: timedelta) -> Iterator[Skip]:
    """Every skip that is found. A rung counts as passed after `grace`."""
    ctx = context(s)
    yield from _overdue(s, ctx, now, grace)
    yield from _tasks(s, ctx, now)
    yield from _planned(s, ctx, now)
    yield from _issues(s, ctx, now)


# ---------------------------------------------------------------- overdue tasks


_ALIKE = (
    _T.policy_version_id,
    _T.lead_unit_id,
    _T.due_at,
    _T.climbed,
    _T.urgent,
    _T.red_count,
    _T.yellow_count,
    _T.level,
)
"""What the rungs after a deadline depend on: tasks alike in it share their next moment."""


def _overdue(s: Session, ctx: Context, now: datetime, grace: timedelta) -> Iterator[Skip]:
    """Overdue tasks whose pointer lies ahead; one that lies behind is found without arithmetic."""
    late = and_(is_overdue(_T, now), _T.frozen_at.is_(None), _T.next_rung_at > now)
    farthest = func.max(_T.next_rung_at)
    groups = (
        select(*_ALIKE, farthest.label("next_rung_at"), null().label("deadline_since"))
        .where(late)
        .group_by(*_ALIKE)
        .order_by(farthest.desc())
        .limit(MOST)
    )
    for group in s.execute(groups).all():
        missed, expected = _moments(ctx, group, now, grace)
        if missed is None and (expected is None or group.next_rung_at <= expected):
            continue
        alike = and_(late, *(column == getattr(group, column.name) for column in _ALIKE))
        for task in s.execute(select(_T.number, _T.next_rung_at).where(alike).limit(MOST)):
            if missed is not None:
                yield Skip(task.number, missed, missed)
            yield from _compared(task, expected)


def _moments(
    ctx: Context, task: Any, now: datetime, grace: timedelta
) -> tuple[datetime | None, datetime | None]:
    """The first rung that went by without being climbed, and the next one to come."""
    policy = ctx.policy(task.policy_version_id)
    calendar = ctx.calendar(task.lead_unit_id, task.policy_version_id)
    rungs = [m for m in ladder.ladder(task, policy, calendar) if m.rung.offset > 0]
    passed = [m.at for m in rungs if m.at <= now - grace and m.rung.level > task.level]
    missed = passed[0] if passed and not task.climbed else None
    return missed, ladder.next_moment(list(rungs), now)


def _compared(row: Any, expected: datetime | None) -> Iterator[Skip]:
    if expected is not None and (row.next_rung_at is None or row.next_rung_at > expected):
        yield Skip(row.number, expected, row.next_rung_at)


# ---------------------------------------------------------------- side limits


def _horizon(now: datetime, policy: Policy, calendar: WorkCalendar) -> datetime:
    """Farther ahead than this no pointer lies while a side limit of the policy in force runs."""
    limits = (policy.ack, policy.co_unit, policy.triage, policy.verify, policy.approve)
    days = [rules.limit_wd for rules in limits]
    days += [getattr(policy, name).ruling_wd for name in _RULINGS]
    widest = max(*days, policy.lookback.limit_wd, policy.escalation.repeat_limit_wd)
    day = calendar.add_working_days(calendar.local_date(now), widest + 1)
    return datetime.combine(day + timedelta(days=1), datetime.min.time(), calendar.tz)


def _far(column: Any, horizon: datetime) -> Any:
    return or_(column > horizon, column.is_(None))


def _farthest(chosen: Select[Any], pointer: Any) -> Select[Any]:
    """The first to look at: those that nothing will look at again, then those put off longest."""
    return chosen.order_by(pointer.desc().nulls_first()).limit(MOST)


def _tasks(s: Session, ctx: Context, now: datetime) -> Iterator[Skip]:
    """Handed-over tasks on which a receipt, a ruling, an input or a verification is waited for."""
    horizon = _horizon(now, ctx.policy(), ctx.calendar())
    waits = or_(
        _T.state.in_(("pending_ack", "submitted")), _T.open_requests > 0, _T.co_unit_count > 0
    )
    chosen = select(tables.task).where(
        _T.dispatched_at.is_not(None),
        _T.paused_at.is_(None),
        _T.state.in_(("pending_ack", "in_progress", "submitted")),
        waits,
        _far(_T.next_rung_at, horizon),
    )
    rows = s.execute(_farthest(chosen, _T.next_rung_at)).all()
    keys = [row.id for row in rows]
    requests = _by(s, tables.request, tables.request.c.task_id, keys)
    co_units = _by(s, tables.co_unit, tables.co_unit.c.task_id, keys)
    for row in rows:
        policy = ctx.policy(row.policy_version_id)
        calendar = ctx.calendar(row.lead_unit_id, row.policy_version_id)
        agenda = ladder.task_agenda(
            row, requests.get(row.id, []), co_units.get(row.id, []), policy, calendar, now
        )
        yield from _compared(row, _limit_ahead(agenda, now))


def _planned(s: Session, ctx: Context, now: datetime) -> Iterator[Skip]:
    """Tasks planned after the dispatch of their issue, which wait for their own."""
    horizon = _horizon(now, ctx.policy(), ctx.calendar())
    chosen = (
        select(tables.task, _I.dispatched_at.label("issue_dispatched_at"),
               _I.policy_version_id.label("issue_policy"))
        .join(tables.issue, _I.id == _T.issue_id)
        .where(_T.dispatched_at.is_(None), _T.state == "pending_ack",
               _I.dispatched_at.is_not(None), _far(_T.next_rung_at, horizon))
    )  # fmt: skip
    for row in s.execute(_farthest(chosen, _T.next_rung_at)):
        policy, calendar = ctx.policy(row.issue_policy), ctx.calendar(None, row.issue_policy)
        issue = Handed(row.issue_dispatched_at)
        agenda = ladder.hand_over_agenda(issue, row, policy, calendar, now)
        yield from _compared(row, _limit_ahead(agenda, now))


def _issues(s: Session, ctx: Context, now: datetime) -> Iterator[Skip]:
    """Issues that wait for the office, and closed ones whose look-back has come."""
    horizon = _horizon(now, ctx.policy(), ctx.calendar())
    for chosen in (_waiting(horizon), _closed(now, horizon)):
        rows = s.execute(_farthest(chosen, _I.next_rung_at)).all()
        closed = [row.id for row in rows if row.state == "closed"]
        lookbacks = _by(s, tables.lookback, _L.issue_id, closed)
        for row in rows:
            own = [item for item in lookbacks.get(row.id, []) if item.cycle == row.cycle]
            policy = ctx.policy(row.policy_version_id)
            calendar = ctx.calendar(None, row.policy_version_id)
            agenda = ladder.issue_agenda(row, own, policy, calendar, now)
            yield from _compared(row, _limit_ahead(agenda, now))


def _waiting(horizon: datetime) -> Select[Any]:
    return select(tables.issue).where(_I.state.in_(_WAITING), _far(_I.next_rung_at, horizon))


def _closed(now: datetime, horizon: datetime) -> Select[Any]:
    come = select(_L.issue_id).where(
        or_(and_(_L.state.in_(("planned",)), _L.due_at < now), _L.state.in_(("relapse",)))
    )
    return select(tables.issue).where(
        _I.id.in_(come), _I.state == "closed", _far(_I.next_rung_at, horizon)
    )


def _limit_ahead(agenda: Iterable[Moment], now: datetime) -> datetime | None:
    """The next moment but a light's: that a light turns late hides no deadline."""
    return ladder.next_moment([m for m in agenda if m.sort != "light"], now)


def _by(s: Session, table: Any, column: Any, keys: Sequence[int]) -> dict[int, list[Any]]:
    """Rows of the subjects, by subject."""
    found: dict[int, list[Any]] = {}
    if keys:
        for row in s.execute(select(table).where(column.in_(keys)).order_by(table.c.id)):
            found.setdefault(getattr(row, column.name), []).append(row)
    return found
