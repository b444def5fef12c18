"""Actual figures that the library cannot tell: entered by the office, cumulative by month.

For generic lists such as 十大民生实事 (S1 1.7), whose metrics no formula knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import insert, select, update

from config.i18n import gettext as _
from models import tables
from models.db import Session
from models.directory import PersonInfo
from projects import months, snapshots
from projects.access import OFFICE, require
from projects.figures.commands import LONGEST, refuse_closed
from projects.history import note
from workflow.case import not_visible
from workflow.errors import Malformed, Reason, StaleVersion


@dataclass(frozen=True, slots=True)
class Actual:
    """What a target row reached by the end of a month; `value` None: not known."""

    target_id: int
    value: Decimal | None
    note: str = ""
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class Entered:
    """A row of a plan whose figure is entered: `now` what stands for the month, `before` the
    figure of the last month before it that has one."""

    row: Any
    now: Any
    before: Decimal | None


def entered(s: Session, plan: Any, month: str, most: int | None = None) -> list[Entered]:
    """The rows of a plan whose metric no formula knows, with what was entered last."""
    t, m, a = tables.target, tables.plan_metric, tables.plan_actual
    known = select(m.c.level, m.c.metric).where(m.c.plan_id == plan.id, m.c.formula != "")
    computed = {tuple(row) for row in s.execute(known)}
    rows = s.execute(select(t).where(t.c.plan == plan.name, t.c.kind == "target").order_by(t.c.id))
    wanted = [row for row in rows if (row.level, row.metric) not in computed][:most]
    chosen = select(a).where(a.c.target_id.in_([r.id for r in wanted]), a.c.month <= month)
    by_row: dict[int, list[Any]] = {}
    for one in s.execute(chosen.order_by(a.c.month)):
        by_row.setdefault(one.target_id, []).append(one)
    return [_entered(row, by_row.get(row.id, []), month) for row in wanted]


def _entered(row: Any, found: list[Any], month: str) -> Entered:
    now = next((one for one in found if one.month == month), None)
    before = next((one.value for one in reversed(found) if one.month < month), None)
    return Entered(row, now, before)


def completed(s: Session, month: str, given: Sequence[tuple[int, dict[str, Any]]]) -> list[Actual]:
    """Figures of rows with what is given, the rest as it stands: who states the note leaves the
    figure alone. To be written before anybody changes it, unless an `expected_version` is given."""
    a = tables.plan_actual
    wanted = a.c.target_id.in_([key for key, _values in given])
    rows = s.execute(select(a).where(a.c.month == month, wanted))
    present = {row.target_id: row for row in rows}
    return [_completed(key, present.get(key), values) for key, values in given]


def _completed(target_id: int, row: Any, given: dict[str, Any]) -> Actual:
    stands: dict[str, Any] = {"value": None, "expected_version": 0}
    if row is not None:
        stands = {"value": row.value, "note": row.note, "expected_version": row.version}
    return Actual(target_id, **(stands | given))


def enter_actuals(
    s: Session, *, month: str, actuals: Sequence[Actual], actor: PersonInfo, now: datetime
) -> int:
    """Write the office's figures of an open month, all or none; how many changed.

    Raises `NotAllowed`, `NotVisible`, `Malformed`, `StaleVersion`, `GuardFailed`.
    """
    require(actor, OFFICE, _("Only the office enters these figures."))
    month = months.checked(month)
    snapshots.exclude_freezes(s)
    refuse_closed(s, month, now)
    return len(write_actuals(s, month, actuals, actor, now))


def write_actuals(
    s: Session, month: str, actuals: Sequence[Actual], actor: PersonInfo, now: datetime
) -> list[Actual]:
    """Store what differs; the caller has checked who and when."""
    if not actuals:
        return []
    targets = _targets(s, month, actuals)
    _hold_plans(s, {one.plan_id for one in targets.values()})
    a = tables.plan_actual
    rows = s.execute(select(a).where(a.c.month == month, a.c.target_id.in_(targets)))
    present = {row.target_id: row for row in rows}
    return [
        one for one in actuals
        if _write(s, month, one, targets[one.target_id], present.get(one.target_id), actor, now)
    ]  # fmt: skip


def _hold_plans(s: Session, ids: set[int]) -> None:
    """Of two who enter the first figure of a row the second waits here, and sees the other's."""
    plan = tables.plan.c
    s.execute(select(plan.id).where(plan.id.in_(ids)).order_by(plan.id).with_for_update())


def _targets(s: Session, month: str, actuals: Sequence[Actual]) -> dict[int, Any]:
    """The target rows by id, each with its plan's id; only of plans of the month's year."""
    t, plan = tables.target, tables.plan
    ids = [one.target_id for one in actuals]
    chosen = (
        select(t.c.id, t.c.metric, t.c.kind, plan.c.id.label("plan_id"))
        .join(plan, plan.c.name == t.c.plan)
        .where(t.c.id.in_(ids), plan.c.year == months.year_of(month))
    )
    found = {row.id: row for row in s.execute(chosen)}
    missing = set(ids) - found.keys()
    if missing:
        raise not_visible(", ".join(str(key) for key in sorted(missing)))
    long = [one for one in actuals if len(one.note) > LONGEST]
    if long:
        message = _("The text is longer than {n} characters.").format(n=LONGEST)
        raise Malformed(Reason("text_long", message, "note", _("Shorten it.")))
    return found


def _write(
    s: Session, month: str, one: Actual, target: Any, row: Any, actor: PersonInfo, now: datetime
) -> bool:
    a = tables.plan_actual
    if one.expected_version is not None and one.expected_version != (row.version if row else 0):
        raise _stale(target.metric)
    before = (row.value, row.note) if row else (None, "")
    if before == (one.value, one.note):
        return False
    values = {
        "value": one.value, "note": one.note, "entered_at": now, "entered_by_id": actor.id,
    }  # fmt: skip
    if row is None:
        s.execute(insert(a).values(target_id=one.target_id, month=month, **values))
    else:
        done = s.execute(
            update(a).where(a.c.id == row.id, a.c.version == row.version)
            .values(version=row.version + 1, **values)
        )  # fmt: skip
        if done.rowcount != 1:
            raise _stale(target.metric)
    facts = {"month": month, "target": one.target_id, "metric": target.metric,
             "from": before[0], "to": one.value, "note": one.note}  # fmt: skip
    note(s, f"plan:{target.plan_id}", "plan.actual", facts, actor, now)
    return True


def _stale(metric: str) -> StaleVersion:
    message = _("Somebody has changed {metric} meanwhile.").format(metric=metric)
    remedy = _("Look at it again, then repeat what is still wanted.")
    return StaleVersion(Reason("stale", message, "version", remedy))
