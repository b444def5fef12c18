"""Lights held against the record: yellow for a late step, or green although one is late.

A light stands as the last change of its issue left it, so the clock is not asked here: the limits
that run, worked out from the rows, are compared with those on record in `rung_firing`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, or_, select

from models import tables
from models.db import Session
from workflow import side_limits
from workflow.audit_report import AuditFault
from workflow.context import Context, context
from workflow.side_limits import Limit

STEP_LATE = "step_late"
PAGE = 400
_T, _I, _F = tables.task.c, tables.issue.c, tables.rung_firing.c


@dataclass(frozen=True, slots=True)
class _Lit:
    """A row with the limits that run for it. `of_tasks`: a task of the issue has turned it."""

    stream: str
    subject: str
    row: Any
    limits: list[Limit]
    of_tasks: bool = False


def wrong_lights(s: Session) -> Iterator[AuditFault]:
    """Open tasks and issues whose light does not say what the record says of their steps."""
    ctx = context(s)
    for read in (_tasks, _issues):
        last = 0
        while page := list(s.execute(_page(read is _tasks, last))):
            last = page[-1].id
            lit = read(s, ctx, page)
            fired = _fired(s, [one.subject for one in lit])
            for one in lit:
                yield from _judged(one, fired)


def _page(tasks: bool, last: int) -> Select[Any]:
    """Open rows that are green, or yellow for a late step, in the order of their ids."""
    if tasks:
        open_now = _T.state.in_(("pending_ack", "in_progress", "submitted"))
        chosen = select(tables.task, _I.dispatched_at.label("issue_dispatched_at"),
                        _I.policy_version_id.label("issue_policy"))  # fmt: skip
        chosen = chosen.join(tables.issue, _I.id == _T.issue_id)
        table = _T
    else:
        open_now = _I.state.not_in(("draft", "closed", "rejected", "merged", "parked"))
        chosen, table = select(tables.issue), _I
    lit = or_(table.light == "green", table.light_reason == STEP_LATE)
    return chosen.where(open_now, lit, table.id > last).order_by(table.id).limit(PAGE)


def _tasks(s: Session, ctx: Context, page: list[Any]) -> list[_Lit]:
    ids = [row.id for row in page]
    requests = _by_task(s, tables.request, ids, "open")
    co_units = _by_task(s, tables.co_unit, ids, "awaited")
    return [
        _Lit(
            f"issue:{row.issue_id}",
            f"task:{row.id}",
            row,
            _limits(ctx, row, requests.get(row.id, []), co_units.get(row.id, [])),
        )
        for row in page
    ]


def _limits(ctx: Context, row: Any, requests: list[Any], co_units: list[Any]) -> list[Limit]:
    if row.dispatched_at is None:
        policy, calendar = ctx.policy(row.issue_policy), ctx.calendar(None, row.issue_policy)
        return side_limits.of_planned(
            side_limits.Handed(row.issue_dispatched_at), row, policy, calendar
        )
    version = row.policy_version_id
    calendar = ctx.calendar(row.lead_unit_id, version)
    return side_limits.of_task(row, requests, co_units, ctx.policy(version), calendar)


def _issues(s: Session, ctx: Context, page: list[Any]) -> list[_Lit]:
    late = select(_T.issue_id).where(
        _T.issue_id.in_([row.id for row in page]), _T.light_reason == STEP_LATE
    )
    turned = {row.issue_id for row in s.execute(late)}
    found = []
    for row in page:
        version, stream = row.policy_version_id, f"issue:{row.id}"
        limits = side_limits.of_issue(row, (), ctx.policy(version), ctx.calendar(None, version))
        found.append(_Lit(stream, stream, row, limits, row.id in turned))
    return found


def _by_task(s: Session, table: Any, ids: list[int], state: str) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    chosen = select(table).where(table.c.task_id.in_(ids), table.c.state == state)
    for row in s.execute(chosen):
        found.setdefault(row.task_id, []).append(row)
    return found


def _fired(s: Session, subjects: Iterable[str]) -> dict[tuple[str, str], datetime]:
    """When each limit of these subjects was first found passed."""
    chosen = select(_F.subject, _F.rung, _F.at).where(
        _F.subject.in_(list(subjects)), _F.level.is_(None)
    )
    return {(row.subject, row.rung): row.at for row in s.execute(chosen) if "#" not in row.rung}


def _judged(one: _Lit, fired: dict[tuple[str, str], datetime]) -> Iterator[AuditFault]:
    row, on_record = one.row, [(limit, fired.get((one.subject, limit.key))) for limit in one.limits]
    if row.light_reason == STEP_LATE:
        known = one.of_tasks or any(at is not None for _limit, at in on_record)
        if not known and not _about_to_fire(row, one.limits):
            yield _fault(one, "says that a step is late, and none is on record")
    # a calendar that has moved the limit behind the record has turned the light back
    elif one.of_tasks or any(at is not None and limit.at <= at for limit, at in on_record):
        yield _fault(one, f"is {row.light}, and a step on record is late")


def _about_to_fire(row: Any, limits: list[Limit]) -> bool:
    """A command has found the limit passed already, and left it to the next sweep."""
    return row.next_rung_at is not None and any(limit.at < row.next_rung_at for limit in limits)


def _fault(one: _Lit, detail: str) -> AuditFault:
    return AuditFault(one.stream, one.row.number, 0, None, "light", detail)
