"""Which issues rest: ended long ago, with nothing about them that anybody waits for."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from models import tables
from models.db import Session
from models.queries.running import ENDED
from workflow.context import context

PAGE = 400
MONTH = "month"
"""Kind of a snapshot that freezes a month (see `projects.snapshots`)."""
_I, _T, _L = tables.issue.c, tables.task.c, tables.lookback.c
Held = dict[int, str]


@dataclass(slots=True)
class Chosen:
    """Issues that may go, by the month in which they ended; `held`: how many others, by why."""

    months: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    held: Counter[str] = field(default_factory=Counter)


def choose(s: Session, before: datetime, month: str = "", only: Iterable[int] = ()) -> Chosen:
    """Issues that ended before `before`, and about which nothing has moved since.

    `month`: only those that ended in it; `only`: only these issues. Whether they may go depends on
    nothing but the rows, so that the same question gets the same answer until they change.
    """
    found, frozen, named = Chosen(), _frozen(s), list(only)
    newest = _newest(s)
    for issues in _ended(s, before, month, named):
        held = _held(s, [row.id for row in issues])
        rests = _rests(s, issues)
        for row in issues:
            ended, rested = _month(s, row.state_since), rests[row.id]
            why = held.get(row.id) or ("newest" if row.id in newest else "")
            if not why and rested >= before:
                why = "recent"
            if not why and not _months(s, row.reported_at or row.state_since, rested) <= frozen:
                why = "month_open"
            if why:
                found.held[why] += 1
            else:
                found.months[ended].append(row.id)
    return found


def _ended(s: Session, before: datetime, month: str, only: list[int]) -> Iterator[list[Any]]:
    """Pages of ended issues by id, which are not archived yet."""
    last = 0
    chosen = select(_I.id, _I.state_since, _I.reported_at).where(
        _I.state.in_(ENDED), _I.state_since < before, _I.archived_at.is_(None),
        _I.next_rung_at.is_(None),
    )  # fmt: skip
    if month:
        begin, end = _bounds(s, month)
        chosen = chosen.where(_I.state_since >= begin, _I.state_since < end)
    if only:
        chosen = chosen.where(_I.id.in_(only))
    while page := list(s.execute(chosen.where(_I.id > last).order_by(_I.id).limit(PAGE))):
        last = page[-1].id
        yield page


def _rests(s: Session, issues: list[Any]) -> dict[int, datetime]:
    """Since when nothing about an issue has moved and none of its dates has passed."""
    found = {row.id: row.state_since for row in issues}
    keys = list(found)
    of_tasks = select(_T.issue_id, _T.due_at, _T.original_due_at).where(_T.issue_id.in_(keys))
    of_lookbacks = select(_L.issue_id, _L.due_at, _L.done_at).where(_L.issue_id.in_(keys))
    for chosen in (of_tasks, of_lookbacks):
        rows: list[Any] = list(s.execute(chosen))
        for issue, one, other in rows:
            found[issue] = max(m for m in (found[issue], one, other) if m is not None)
    return found


def _held(s: Session, keys: list[int]) -> Held:
    """Issues with something that is not over, and the first such thing."""
    found: Held = {}
    for why, ask in _WAITS.items():
        for issue in s.execute(ask(keys)).scalars():
            found.setdefault(issue, why)
    for issue in _unsent(s, keys):
        found.setdefault(issue, "notice")
    return found


def _of_tasks(table: Any, *where: Any) -> Callable[[list[int]], Select[Any]]:
    return lambda keys: (
        select(_T.issue_id)
        .join(table, table.c.task_id == _T.id)
        .where(_T.issue_id.in_(keys), *where)
    )


def _of_issue(table: Any, *where: Any) -> Callable[[list[int]], Select[Any]]:
    return lambda keys: select(table.c.issue_id).where(table.c.issue_id.in_(keys), *where)


def _documents(keys: list[int]) -> Select[Any]:
    subject, document = tables.document_subject.c, tables.document.c
    return (
        select(subject.issue_id)
        .join(tables.document, document.id == subject.document_id)
        .where(subject.issue_id.in_(keys), document.state.in_(("prepared", "signed")))
    )


def _merged(keys: list[int]) -> Select[Any]:
    """Merged into one that is still open: it belongs to that one's history until it ends."""
    into = tables.issue.alias()
    return (
        select(_I.id)
        .join(into, into.c.id == _I.merged_into_id)
        .where(_I.id.in_(keys), into.c.state.not_in(ENDED))
    )


def _clock(keys: list[int]) -> Select[Any]:
    return select(_T.issue_id).where(_T.issue_id.in_(keys), _T.next_rung_at.is_not(None))


def _unsent(s: Session, keys: list[int]) -> set[int]:
    """Issues of which a notice has not gone out."""
    notice = tables.notice.c
    of_task = s.execute(select(_T.id, _T.issue_id).where(_T.issue_id.in_(keys)))
    subjects = {f"issue:{key}": key for key in keys}
    subjects |= {f"task:{row.id}": row.issue_id for row in of_task}
    chosen = select(notice.subject).where(
        notice.subject.in_(list(subjects)), notice.state.in_(("pending", "bundled"))
    )
    return {subjects[subject] for subject in s.execute(chosen).scalars()}


_DEMAND, _STEP = tables.demand.c, tables.prepared_action.c
_WAITS: dict[str, Callable[[list[int]], Select[Any]]] = {
    "lookback": _of_issue(tables.lookback, _L.state == "planned"),
    "request": _of_tasks(tables.request, tables.request.c.state == "open"),
    "prepared": _of_tasks(tables.prepared_action, _STEP.state == "prepared"),
    "clock": _clock,
    "document": _documents,
    "callback": _of_issue(tables.callback, tables.callback.c.state.in_(("pending", "leased"))),
    "coordination": _of_issue(
        tables.coordination_request, tables.coordination_request.c.state == "open"
    ),
    "demand": _of_issue(tables.demand, _DEMAND.state.not_in(("confirmed", "declined"))),
    "merged_into": _merged,
}
"""What keeps an issue here, besides notices that have not gone out."""


def _frozen(s: Session) -> set[str]:
    snapshot = tables.snapshot.c
    return set(s.execute(select(snapshot.period).where(snapshot.kind == MONTH)).scalars())


def _month(s: Session, moment: datetime) -> str:
    return f"{moment.astimezone(context(s).calendar().tz):%Y-%m}"


def _bounds(s: Session, month: str) -> tuple[datetime, datetime]:
    """The first moments of a month and of the next, in the policy's zone."""
    zone, number = context(s).calendar().tz, int(month[:4]) * 12 + int(month[5:])
    year, following = divmod(number, 12)
    begin = datetime(int(month[:4]), int(month[5:]), 1, tzinfo=zone)
    return begin, datetime(year, following + 1, 1, tzinfo=zone)


def _months(s: Session, first: datetime, last: datetime) -> set[str]:
    """Every month from one moment to another."""
    zone = context(s).calendar().tz
    a, b = first.astimezone(zone), last.astimezone(zone)
    numbers = range(a.year * 12 + a.month - 1, b.year * 12 + b.month)
    return {f"{n // 12:04d}-{n % 12 + 1:02d}" for n in numbers}


def _newest(s: Session) -> set[int]:
    """On SQLite: issues that own the newest row of a table.

    A number that is given back would be given again, and the row could not return to its place.
    """
    if s.dialect != "sqlite":
        return set()
    found: set[int] = set()
    for table in (tables.deadline_version, tables.request):
        top = select(func.max(table.c.id)).scalar_subquery()
        chosen = select(_T.issue_id).join(table, table.c.task_id == _T.id).where(table.c.id == top)
        found |= set(s.execute(chosen).scalars())
    callback = tables.callback.c
    found |= set(
        s.execute(select(callback.issue_id).order_by(callback.id.desc()).limit(1)).scalars()
    )
    for table, column in (
        (tables.event, "stream"),
        (tables.notice, "subject"),
        (tables.rung_firing, "subject"),
    ):
        subject = s.execute(select(table.c[column]).order_by(table.c.id.desc()).limit(1)).scalar()
        found |= _issue_of(s, subject or "")
    return found


def _issue_of(s: Session, subject: str) -> set[int]:
    kind, _colon, key = subject.partition(":")
    if kind == "issue":
        return {int(key)}
    if kind != "task":
        return set()
    return set(s.execute(select(_T.issue_id).where(_T.id == int(key))).scalars())
