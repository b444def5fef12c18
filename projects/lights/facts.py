"""What lights of projects depend on, gathered for many projects in a few statements."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, func, select, true

from config.milestones import Network
from config.projects import Stage
from models import tables
from models.db import Session
from projects.figures.silence import silent_months
from projects.lights.rules import Investment
from projects.milestones.plans import Plan, load_plans
from projects.targets.attainment import share_by

ENDED = ("draft", "closed", "rejected", "merged")
"""Issues that are not open: not filed yet, or off the ledger."""
WAN = Decimal(10_000)
_P, _I, _M, _PERMIT = tables.project.c, tables.issue.c, tables.project_month.c, tables.permit.c


@dataclass(slots=True)
class Issues:
    """Open issues of a project by light."""

    yellow: int = 0
    red: int = 0
    total: int = 0


@dataclass(slots=True)
class Picture:
    """Everything that a project's lights depend on."""

    project: Any
    plan: Plan
    issues: Issues
    investment: Investment | None = None
    permits: list[Any] = field(default_factory=list)
    silent: tuple[str, ...] = ()


def gather(
    s: Session, today: date, ids: Collection[int] | None = None, *, lock: bool = True
) -> list[Picture]:
    """Pictures of these projects, or of all; their rows stay locked until the transaction ends,
    unless it only reads."""
    chosen = select(tables.project).where(_of(_P.id, ids)).order_by(_P.id)
    projects = list(s.execute(chosen.with_for_update() if lock else chosen))
    plans = load_plans(s, None if ids is None else [p.id for p in projects])
    issues = open_issues(s, ids)
    money = _investments(s, projects, today, ids)
    silent = silent_months(s, today, ids)
    permits: dict[int, list[Any]] = {}
    held = select(tables.permit).where(_of(_PERMIT.project_id, ids), _PERMIT.withdrawn_on.is_(None))
    for row in s.execute(held.order_by(_PERMIT.id)):
        permits.setdefault(row.project_id, []).append(row)
    return [
        Picture(
            p, plans.get(p.id) or Plan(p.id), issues.get(p.id, Issues()), money.get(p.id),
            permits.get(p.id, []), silent.get(p.id, ()),
        )
        for p in projects
    ]  # fmt: skip


def _of(column: Any, ids: Collection[int] | None) -> ColumnElement[bool]:
    """Commands name a few projects; the daily run takes all of them."""
    if ids is None:
        return true()
    found: ColumnElement[bool] = column.in_(sorted(ids))
    return found


def open_issues(s: Session, ids: Collection[int] | None = None) -> dict[int, Issues]:
    """Open issues by project; those of records merged into it count with it."""
    found: dict[int, Issues] = {}
    owner = func.coalesce(_P.merged_into_id, _P.id)
    counted = (
        select(owner.label("project_id"), _I.light, func.count().label("n"))
        .join(tables.project, _P.id == _I.project_id)
        .where(_I.state.not_in(ENDED), _of(owner, ids))
        .group_by(owner, _I.light)
    )
    for row in s.execute(counted):
        one = found.setdefault(row.project_id, Issues())
        one.total += row.n
        if row.light in ("yellow", "red"):
            setattr(one, row.light, row.n)
    return found


def _investments(
    s: Session, projects: Iterable[Any], today: date, ids: Collection[int] | None
) -> dict[int, Investment]:
    """Money until the newest month that has figures and is over; statistical where there is any,
    since that counts (S0 annex 4, note 2)."""
    year, last = today.year, today.month - 1
    rows: dict[int, list[Any]] = {}
    months = select(_M.project_id, _M.month, _M.reported_wan, _M.statistical_wan).where(
        _M.month >= f"{year}-01", _M.month <= f"{year}-{last:02d}", _of(_M.project_id, ids)
    )
    for row in s.execute(months) if last else ():
        rows.setdefault(row.project_id, []).append(row)
    shares = _shares(s, year) if rows else {}
    found = {}
    for p in projects:
        if p.plan_year_invest_yi is not None and p.year in (None, year):
            one = _investment(rows.get(p.id, []), p.plan_year_invest_yi, shares)
            if one is not None:
                found[p.id] = one
    return found


def _investment(
    rows: list[Any], year_plan: Decimal, shares: Mapping[int, Decimal]
) -> Investment | None:
    for figure in ("statistical", "reported"):
        known = {r.month: v for r in rows if (v := getattr(r, f"{figure}_wan")) is not None}
        if known:
            month = int(max(known)[5:])
            done = Decimal(sum(known.values())) / WAN
            return Investment(month, done, year_plan, share_by(shares, month), figure)
    return None


def _shares(s: Session, year: int) -> dict[int, Decimal]:
    """The monthly tasks that a plan of the year stores for all of its figures, in percent; of
    several plans those of the newest."""
    plan, month = tables.plan.c, tables.plan_month.c
    rows = list(s.execute(
        select(plan.id, month.month, month.share)
        .join(tables.plan, plan.id == month.plan_id)
        .where(plan.year == year, month.level == "", month.metric == "")
    ))  # fmt: skip
    newest = max((row.id for row in rows), default=0)
    return {row.month: row.share for row in rows if row.id == newest}


def permits_in_use(network: Network, picture: Picture) -> dict[str, tuple[tuple[str, date], ...]]:
    """By milestone: the permits that must still be valid when it is done, the newest of each kind.

    A permit has served its purpose once the milestone that uses it is done.
    """
    newest: dict[str, Any] = {}
    for permit in picture.permits:
        held = newest.get(permit.kind)
        if held is None or (permit.granted_on, permit.id) > (held.granted_on, held.id):
            newest[permit.kind] = permit
    found: dict[str, tuple[tuple[str, date], ...]] = {}
    for kind, permit in newest.items():
        known = network.permits.get(kind)
        if known is not None and known.used_by and permit.valid_until is not None:
            place = known.used_by
            found[place] = (*found.get(place, ()), (kind, permit.valid_until))
    return found


def still_needed(network: Network, picture: Picture, kind: str) -> bool:
    """Whether the milestone that uses a kind of permit is still to be done."""
    known = network.permits.get(kind)
    if known is None or not known.used_by:
        return False
    milestone = picture.plan.by_key.get(known.used_by)
    if milestone is not None:
        return milestone.actual_on is None and milestone.dropped_on is None
    p = picture.project
    before = p.stage in (Stage.INTENTION, Stage.SIGNED, Stage.PREPARING)
    return before and p.actual_start_on is None


def used_on(network: Network, picture: Picture, kind: str) -> date | None:
    """The day on which the milestone that uses a kind of permit was done; None: not yet, or not
    known."""
    known = network.permits.get(kind)
    if known is None or not known.used_by:
        return None
    milestone = picture.plan.by_key.get(known.used_by)
    fills = network.by_key[known.used_by].fills
    done: date | None = None
    if milestone is not None:
        done = milestone.actual_on
    elif fills:
        done = getattr(picture.project, fills)
    return done
