"""梳理分解: splitting an issue into tasks, each with unit, measures, deadline and verifier."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert

from config.i18n import gettext as _
from config.policy_parts import BOARD, Category
from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.statements import Statement
from workflow.case import Record
from workflow.commands.asking import close_requests
from workflow.commands.base import (
    Outcome,
    begin,
    clean,
    clean_moment,
    end,
    facts_of,
    permit,
    tell,
)
from workflow.errors import IllegalTransition, Malformed, Reason
from workflow.naming import kept_active
from workflow.telling import addressees
from workflow.transition import Work


@dataclass(frozen=True, slots=True)
class Plan:
    """A task as planned. Empty fields take the category's defaults.

    `lead`, `verifier` and `co_units` are codes or full names of units; `limit` a limit class;
    `days` replaces the class's number; `due` is a fixed date (aware), which wins over the class
    and leaves nothing to count: `days` beside it is refused.
    """

    measures: str
    problem: str = ""
    standard: str = ""
    lead: str | None = None
    verifier: str | None = None
    co_units: tuple[str, ...] = field(default=())
    limit: str | None = None
    days: int | None = None
    due: datetime | None = None
    urgent: bool | None = None


_INSERT_TASK = Statement(
    insert(tables.task).returning(tables.task.c.id),
    [c.name for c in tables.task.columns if c.name != "id"],
)


def plan_task(
    s: Session,
    *,
    actor: PersonInfo,
    issue: str,
    form: Plan,
    now: datetime,
    expected_version: int | None = None,
) -> Outcome:
    """Add a task to an issue. Nothing is handed over until the dispatch."""
    w, _record = begin(s, actor=actor, now=now, issue=issue, expected_version=expected_version)
    noted = permit(w, "plan_task", facts_of(w))
    task = add_task(w, form)
    w.touch("issue.plan_task", by=actor, data=noted | planned_facts(w, task))
    return end(w, task)


def planned_facts(w: Work, task: Record) -> dict[str, Any]:
    """The four fields and what goes with them, as they enter the history."""
    people = w.ctx.directory
    return {
        "task": task.number,
        "problem": task.problem,
        "measures": task.measures,
        "lead_unit": people.unit_name(task.lead_unit_id),
        "limit_class": task.limit_class,
        "limit_n": task.limit_n,
        "fixed_due": task.fixed_due_at.isoformat() if task.fixed_due_at else None,
        "verifier_unit": people.unit_name(task.verifier_unit_id),
    }


def add_task(w: Work, form: Plan, predecessor: Record | None = None) -> Record:
    """Insert a planned task and return it. Raises `Malformed` for unknown units or limits."""
    values = planned_values(w, form) | {
        "predecessor_id": predecessor.id if predecessor is not None else None,
    }
    created = _INSERT_TASK.first(w.s, values)
    assert created is not None
    task = Record(tables.task, values | created)
    w.tasks.append(task)
    task.set(number=f"{w.issue.number}-{len(w.tasks):02d}")
    units = named_units(w, form.co_units) - {task.lead_unit_id}
    add_co_units(w, task, units)
    task.set(co_unit_count=len(units))
    return task


def planned_values(w: Work, form: Plan) -> dict[str, Any]:
    """Columns of a planned task. Raises `Malformed` for unknown units or limits."""
    issue, ctx = w.issue, w.ctx
    category = ctx.policy().categories.get(issue.category)
    lead = find_unit(w, "lead_unit", form.lead or _default_lead(w, category))
    values = _BLANK | {
        "number": uuid.uuid4().hex,
        "issue_id": issue.id,
        "state": ctx.workflow().task.initial,
        "state_since": w.now,
        "problem": clean("problem", form.problem) or issue.description,
        "measures": clean("measures", form.measures),
        "standard": clean("standard", form.standard),
        "category": issue.category,
        "lead_unit_id": lead,
        "verifier_unit_id": find_unit(w, "verifier", form.verifier or _verifier(w, category, lead)),
        "policy_version_id": ctx.policy_version_id,
        "workflow_version_id": ctx.workflow_version_id,
        "urgent": issue.urgent if form.urgent is None else form.urgent,
    }
    return values | _limit(w, form, category)


def _plain(column: Any) -> Any:
    return column.default.arg if column.default is not None else None


_BLANK = {c.name: _plain(c) for c in tables.task.columns if c.name != "id"}


def _limit(w: Work, form: Plan, category: Category | None) -> dict[str, Any]:
    limits = w.ctx.policy().limits
    name = form.limit or (category.limit if category else "")
    if form.due is not None:
        name = next((k for k, v in limits.items() if v.unit == "fixed_date"), "fixed")
    if name not in limits:
        raise Malformed(
            Reason(
                "limit_unknown",
                _("Unknown limit class {name}.").format(name=name),
                "limit",
                _("Use one of: {names}.").format(names=", ".join(limits)),
            )
        )
    if form.days is not None and not 1 <= form.days <= 1000:
        raise Malformed(
            Reason(
                "days_malformed",
                _("The number of days must lie between 1 and 1000."),
                "days",
                _("Correct the number."),
            )
        )
    clean_moment("deadline", form.due)
    if form.due is not None and form.days is not None:
        raise Malformed(
            Reason(
                "days_and_due",
                _("A fixed deadline leaves no number of days to count."),
                "days",
                _("Give either the number of days or the fixed deadline."),
            )
        )
    return {"limit_class": name, "limit_n": form.days, "fixed_due_at": form.due}


def _default_lead(w: Work, category: Category | None) -> str | None:
    if category is None or category.lead != BOARD:
        return category.lead if category else None
    board = w.issue.board_id
    return w.ctx.directory.units[board].code if board is not None else None


def _verifier(w: Work, category: Category | None, lead: int | None) -> str | None:
    """The category's verifier; where it leads the task itself, the bureau, or else the fallback."""
    if category is None:
        return None
    people, rules = w.ctx.directory, w.ctx.policy().closure
    bureau = [unit.code for unit in people.units.values() if unit.kind == "bureau"]
    for code in (category.verifier, *bureau, rules.fallback_verifier):
        unit = people.find_unit(code) if code else None
        if unit is not None and unit.id != lead:
            return code
    return category.verifier


def find_unit(w: Work, field_name: str, text: str | None) -> int:
    """Id of an active unit by code or full name; `Malformed` naming the field otherwise."""
    unit = w.ctx.directory.find_unit(text.strip()) if text else None
    if unit is not None and unit.active and kept_active(w.s, [unit.id]):
        return unit.id
    message = _("Unknown unit {name}.").format(name=text) if text else _("No unit is named.")
    raise Malformed(
        Reason(
            f"{field_name}_unknown",
            message,
            field_name,
            _("Use the unit's code or full name."),
        )
    )


def named_units(w: Work, names: tuple[str, ...]) -> set[int]:
    """Ids of supporting units. Raises `Malformed` for an unknown one."""
    return {find_unit(w, "co_units", name) for name in names}


def add_co_units(w: Work, task: Record, units: set[int]) -> None:
    """Await the input of further units on a task."""
    w.co_units = None
    if not units:
        return
    w.s.execute(
        insert(tables.co_unit),
        [
            {"task_id": task.id, "unit_id": unit, "state": "awaited", "text": ""}
            for unit in sorted(units)
        ],
    )


def drop_task(
    s: Session,
    *,
    actor: PersonInfo,
    task: str,
    reason: str,
    now: datetime,
    expected_version: int | None = None,
) -> Outcome:
    """Withdraw a task, planned or handed over. A dispatched issue must keep another one."""
    w, record = begin(s, actor=actor, now=now, task=task, expected_version=expected_version)
    reason = clean("reason", reason)
    noted = permit(w, "withdraw", facts_of(w, record, args={"reason": reason}))
    withdraw(w, record, by=actor, reason=reason, data=noted)
    tell_withdrawn(w, record, reason)
    return end(w, record)


def tell_withdrawn(w: Work, task: Record, reason: str) -> None:
    """Tell a unit that a task handed to it is no longer its own."""
    if task.dispatched_at is not None:
        people = addressees(w, ("responsible_person", "liaison", "unit_leader"), task)
        tell(
            w,
            "adjusted",
            people,
            task=task,
            outcome="withdrawn",
            reason=reason,
            occasion=f"event:{w.issue.chain_seq}",
        )


def withdraw(
    w: Work, task: Record, *, by: PersonInfo, reason: str, data: dict[str, Any] | None = None
) -> None:
    """Take a task back; its clock stops and its open requests end."""
    if task.state == "withdrawn":
        raise IllegalTransition()
    w.fire("withdraw", task, by=by, data=(data or {}) | {"reason": reason})
    close_requests(w, task)
