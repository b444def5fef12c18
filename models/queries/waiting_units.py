"""What waits for a unit: the tasks that it leads, supports or verifies."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, func, or_, select

from models import tables
from models.queries.running import is_overdue, is_running, literally
from models.queries.scope import one_by_one
from models.queries.waiting_base import Asking, of_tasks

_T, _C, _D = tables.task.c, tables.co_unit.c, tables.deadline_version.c


def _mine(ask: Asking, act: str) -> ColumnElement[bool]:
    """Running tasks of the actor's unit on which the actor may do `act`."""
    return and_(
        is_running(_T),
        _T.lead_unit_id == ask.actor.unit_id,
        ask.rules.may("task", act, ask.actor, _T),
    )


def overdue(ask: Asking) -> ColumnElement[bool]:
    """Tasks of the unit that are past their deadline."""
    work = or_(_mine(ask, "acknowledge"), _mine(ask, "progress"))
    return of_tasks(is_overdue(_T, ask.now), work)


def _at_work(ask: Asking) -> ColumnElement[bool]:
    """Tasks that the unit works on; a parked one waits for nobody."""
    return and_(_mine(ask, "progress"), _T.paused_at.is_(None))


def _sent_back() -> ColumnElement[bool]:
    """The task came back to its unit: the closure was refused, or the problem is back."""
    relapsed = select(_D.id).where(_D.task_id == _T.id, _D.cause == "relapse")
    return or_(_T.rejection_count > 0, one_by_one(relapsed.correlate(tables.task)))


def redo(ask: Asking) -> ColumnElement[bool]:
    """Tasks that were sent back to the unit and have not been handed in again."""
    return of_tasks(_at_work(ask), _sent_back())


def in_hand(ask: Asking) -> ColumnElement[bool]:
    """Every other task that the unit works on."""
    return of_tasks(_at_work(ask), ~_sent_back())


def acknowledge(ask: Asking) -> ColumnElement[bool]:
    """Tasks handed over to the unit and not received yet."""
    return of_tasks(_mine(ask, "acknowledge"))


def due_soon(ask: Asking) -> ColumnElement[bool]:
    """Tasks of the unit that the engine shows yellow because their deadline is near."""
    near = and_(_T.light_reason == "due_soon", _T.due_at >= ask.now)
    return of_tasks(near, or_(_mine(ask, "acknowledge"), _mine(ask, "progress")))


def co_input(ask: Asking) -> ColumnElement[bool]:
    """Tasks that wait for the unit's input as a supporting unit."""
    awaited = select(_C.task_id).where(_C.unit_id == ask.actor.unit_id, _C.state == "awaited")
    may = ask.rules.may("task", "co_input", ask.actor, _T)
    return of_tasks(is_running(_T), _T.id.in_(awaited), may)


def verify(ask: Asking) -> ColumnElement[bool]:
    """Tasks handed in to the unit, the actor's own work left out."""
    person = ask.actor.id
    handlers = (_T.submitted_by_id, _T.responsible_person_id, _T.responsible_leader_id)
    own = and_(
        ask.rules.holds(_T.policy_version_id, lambda p: p.closure.separate_persons),
        or_(*(func.coalesce(column, 0) == person for column in handlers)),
    )
    return of_tasks(
        literally(_T.state, ("submitted",)),
        _T.verifier_unit_id == ask.actor.unit_id,
        _T.lead_unit_id != ask.actor.unit_id,
        ask.rules.may("task", "verify", ask.actor, _T),
        ~own,
    )
