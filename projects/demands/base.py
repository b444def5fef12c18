"""What every act on a demand shares: who sees it, its row, its version, its history."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, false, or_, select, true, update

from config.i18n import gettext as _
from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries.scope import BUSINESS_ROLES, visible_ids
from projects.access import OFFICE, refuse_stale, require
from projects.history import note
from workflow.case import not_visible
from workflow.context import context
from workflow.errors import IllegalTransition, Reason

D = tables.demand.c
RECEIVED, TAKEN_UP, ANSWERED = "received", "taken_up", "answered"
CONFIRMED, DISPUTED, DECLINED = "confirmed", "disputed", "declined"
STATES = (RECEIVED, TAKEN_UP, ANSWERED, DISPUTED, CONFIRMED, DECLINED)
WAITING = (RECEIVED, DISPUTED)
"""States in which the office has the next word."""


def visible_demands(actor: PersonInfo, units: Any) -> ColumnElement[bool]:
    """A condition on `demand`: the office and leaders see all, a town or street its own, every
    other unit those that became issues it may see. Administrators and auditors see none."""
    if actor.sees_all:
        return true()
    if not actor.roles & BUSINESS_ROLES:
        return false()
    seen = visible_ids(actor)
    assert seen is not None  # only who sees all has no set
    linked = D.issue_id.in_(seen)
    return or_(D.board_id == actor.unit_id, linked) if units[actor.unit_id].is_board else linked


def scope(s: Session, actor: PersonInfo) -> ColumnElement[bool]:
    """`visible_demands` with the units in force."""
    return visible_demands(actor, context(s).directory.units)


def find_demand(s: Session, actor: PersonInfo, number: str, *, lock: bool = False) -> Row[Any]:
    """The row. Raises `NotVisible` for what the actor may not know of."""
    chosen = select(tables.demand).where(D.number == number, scope(s, actor))
    row = s.execute(chosen.with_for_update(of=tables.demand) if lock else chosen).one_or_none()
    if row is None:
        raise not_visible(number)
    return row


def for_office(
    s: Session, actor: PersonInfo, number: str, states: tuple[str, ...], expected: int | None
) -> Row[Any]:
    """The row, locked, for an act of the office on one of these states.

    Raises `NotVisible`, `NotAllowed`, `StaleVersion`, or `IllegalTransition`.
    """
    row = find_demand(s, actor, number, lock=True)
    require(actor, OFFICE)
    refuse_stale(row, expected)
    if row.state not in states:
        raise wrong_state()
    return row


def wrong_state() -> IllegalTransition:
    """The refusal where a demand is past, or not yet at, what is asked."""
    return IllegalTransition(
        Reason(
            "demand_state",
            _("The demand is not in a state in which this is done."),
            "state",
            _("Look at it again."),
        )
    )


def change(
    s: Session, row: Row[Any], tag: str, data: dict[str, Any], actor: PersonInfo | None,
    now: datetime, **values: Any,
) -> int:  # fmt: skip
    """Write the columns and the event; returns the new version. The row must be locked."""
    version = int(row.version) + 1
    s.execute(update(tables.demand).where(D.id == row.id).values(version=version, **values))
    note(s, stream(row.id), tag, data, actor, now)
    return version


def stream(demand_id: int) -> str:
    """The stream of a demand's history."""
    return f"demand:{demand_id}"


def headline(row: Any) -> str:
    """A demand in a line: the beginning of its text."""
    first: str = row.body.strip().splitlines()[0] if row.body.strip() else ""
    return first if len(first) <= 40 else first[:39] + "…"
