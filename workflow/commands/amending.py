"""Putting a planned task right before its dispatch; afterwards that takes a ruling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from config.i18n import gettext as _
from models import tables
from models.db import Session
from models.directory import PersonInfo
from workflow.case import Record
from workflow.commands.base import Outcome, begin, end, facts_of, permit
from workflow.commands.breakdown import (
    Plan,
    add_co_units,
    named_units,
    planned_facts,
    planned_values,
)
from workflow.errors import Malformed, Reason
from workflow.transition import Work

REWRITTEN = (
    "problem", "measures", "standard", "category", "lead_unit_id", "verifier_unit_id", "urgent",
    "limit_class", "limit_n", "fixed_due_at", "policy_version_id",
)  # fmt: skip
"""Columns that a plan sets."""

_LIMIT = frozenset({"limit_class", "limit_n"})
"""They are told together, as one time limit."""


def amend_task(
    s: Session,
    *,
    actor: PersonInfo,
    task: str,
    changes: Mapping[str, Any],
    now: datetime,
    expected_version: int | None = None,
) -> Outcome:
    """Change a task that is only planned. Who planned it, and when, stays in the history.

    `changes` names fields of `Plan` with their new values; what is not named stays, and an empty
    value takes the category's default as in planning. Another limit class forgets the number of
    days and the fixed date of the old limit unless they are named too. Raises `Malformed` for
    unknown units or limits, and where nothing would change.
    """
    w, record = begin(s, actor=actor, now=now, task=task, expected_version=expected_version)
    noted = permit(w, "amend", facts_of(w, record))
    before = _told(w, record)
    _rewrite(w, record, _plan(w, record, changes))
    after = _told(w, record)
    differing = {name for name in after if after[name] != before[name]}
    if not differing:
        raise Malformed(
            Reason(
                "nothing_changed",
                _("Nothing is to be changed."),
                "measures",
                _("Name at least one new value."),
            )
        )
    differing |= _LIMIT if differing & _LIMIT else set()
    old, new = ({name: told[name] for name in differing} for told in (before, after))
    w.touch("task.amend", record, by=actor, data=noted | {"old": old, "new": new})
    return end(w, record)


def _plan(w: Work, task: Record, changes: Mapping[str, Any]) -> Plan:
    new = dict(changes)
    if new.get("due") is not None:
        new.setdefault("days", None)
    elif {"limit", "days"} & set(new):
        new.setdefault("due", None)
        if task.fixed_due_at is not None:
            new.setdefault("limit", None)  # days are not counted towards a fixed date
    if "limit" in new:
        new.setdefault("days", None)
    return replace(_as_it_stands(w, task), **new)


def _as_it_stands(w: Work, task: Record) -> Plan:
    units = w.ctx.directory.units
    verifier = units.get(task.verifier_unit_id or 0)
    return Plan(
        measures=task.measures,
        problem=task.problem,
        standard=task.standard,
        lead=units[task.lead_unit_id].code,
        verifier=verifier.code if verifier is not None else None,
        co_units=tuple(units[unit].code for unit in _supporting(w, task)),
        limit=task.limit_class if task.fixed_due_at is None else None,
        days=task.limit_n if task.fixed_due_at is None else None,
        due=task.fixed_due_at,
        urgent=task.urgent,
    )


def _supporting(w: Work, task: Record) -> list[int]:
    co_unit = tables.co_unit.c
    chosen = select(co_unit.unit_id).where(co_unit.task_id == task.id)
    return list(w.s.execute(chosen.order_by(co_unit.unit_id)).scalars())


def _rewrite(w: Work, task: Record, plan: Plan) -> None:
    values = planned_values(w, plan)
    task.set(**{name: values[name] for name in REWRITTEN})
    wanted, present = named_units(w, plan.co_units) - {task.lead_unit_id}, _supporting(w, task)
    gone = set(present) - wanted
    if gone:
        table = tables.co_unit
        w.s.execute(delete(table).where(table.c.task_id == task.id, table.c.unit_id.in_(gone)))
    add_co_units(w, task, wanted - set(present))
    task.set(co_unit_count=len(wanted))


def _told(w: Work, task: Record) -> dict[str, Any]:
    """The plan by name, as it enters the history."""
    told = planned_facts(w, task)
    del told["task"]  # the event is about the task itself
    return told | {
        "standard": task.standard,
        "category": task.category,
        "urgent": task.urgent,
        "co_units": [w.ctx.directory.unit_name(unit) for unit in _supporting(w, task)],
    }
