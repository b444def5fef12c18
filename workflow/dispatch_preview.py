"""What a dispatch at this moment would hand over, and until when: asked before it is done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from config.policy import Policy
from models import tables
from models.db import Session
from workflow import deadlines
from workflow.context import Context
from workflow.errors import Malformed
from workflow.wording import limit_text


@dataclass(frozen=True, slots=True)
class Planned:
    """A planned task's limit in words, its fixed date, and its deadline if dispatched now.

    `due_at` is None where there is none: an open-ended limit, or a plan that lacks something.
    """

    limit: str
    fixed: datetime | None
    due_at: datetime | None


def planned(s: Session, ctx: Context, number: str, now: datetime) -> dict[str, Planned]:
    """The tasks of an issue that are not handed over yet, by their numbers; moments in the
    policy's zone. The policy is the one in force, as for the dispatch itself."""
    task, issue = tables.task.c, tables.issue.c
    chosen = (
        select(tables.task)
        .join(tables.issue, issue.id == task.issue_id)
        .where(issue.number == number, task.dispatched_at.is_(None), task.state != "withdrawn")
        .order_by(task.id)
    )
    return {row.number: _planned(ctx, row, now) for row in s.execute(chosen)}


def _planned(ctx: Context, row: Any, now: datetime) -> Planned:
    policy, zone = ctx.policy(), ctx.calendar().tz
    due, fixed = _due(ctx, policy, row, now), row.fixed_due_at
    limit = policy.limits.get(row.limit_class)
    return Planned(
        limit_text(limit.unit, row.limit_n or limit.n) if limit is not None else row.limit_class,
        fixed.astimezone(zone) if fixed else None,
        due.astimezone(zone) if due else None,
    )


def _due(ctx: Context, policy: Policy, row: Any, now: datetime) -> datetime | None:
    limit = policy.limits.get(row.limit_class)
    if limit is None:
        return None
    try:
        return deadlines.compute(
            limit,
            row.limit_class,
            now,
            ctx.calendar(row.lead_unit_id),
            policy,
            cause="dispatch",
            n=row.limit_n,
            fixed=row.fixed_due_at,
        ).due_at
    except Malformed:
        return None
