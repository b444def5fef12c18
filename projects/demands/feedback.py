"""What the enterprise does under its secret address: it follows its demand and judges the result.

Whoever holds the address is the enterprise; nobody signs in. An unknown and a replaced address
are told apart by nobody.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from config.i18n import gettext as _
from config.roles import Role
from models import tables
from models.db import Session
from models.directory import PersonInfo
from projects.demands.base import (
    ANSWERED,
    CONFIRMED,
    DECLINED,
    DISPUTED,
    RECEIVED,
    D,
    change,
    stream,
    wrong_state,
)
from projects.demands.settling import issue_of, outcome, settle_one
from projects.telling import tell
from workflow.accounts.secret import digest
from workflow.commands.base import clean
from workflow.context import context
from workflow.errors import NotVisible, Reason

HANDLED = frozenset({"dispatched", "in_progress", "parked", "verifying", "approving"})
"""States of an issue in which a unit is at work."""
STEPS = ("received", "taken_up", "handled", "answered", "confirmed")


def by_link(s: Session, secret: str, *, lock: bool = False) -> Row[Any]:
    """The demand of a secret address. Raises `NotVisible` for an unknown or replaced one."""
    chosen = select(tables.demand).where(D.link_hash == digest(secret))
    row = s.execute(chosen.with_for_update() if lock else chosen).one_or_none()
    if row is None:
        raise NotVisible(
            Reason(
                "link_unknown",
                _("This address is not known, or has been replaced."),
                remedy=_("Ask the office for a new one, naming the number of your demand."),
            )
        )
    return row


def told_state(s: Session, row: Row[Any]) -> tuple[str, int]:
    """The demand's state as it stands now, and how many of `STEPS` are behind it."""
    issue = issue_of(s, row)
    return _progress(outcome(row, issue), issue.state if issue is not None else "")


def _progress(state: str, issue_state: str) -> tuple[str, int]:
    if state == RECEIVED:
        return state, 1
    if state in (ANSWERED, DISPUTED, DECLINED):
        return state, 4
    if state == CONFIRMED:
        return state, 5
    return state, 3 if issue_state in HANDLED else 2


def confirm(s: Session, *, secret: str, satisfied: bool, remark: str, now: datetime) -> None:
    """The enterprise accepts the result; whether it is content with the handling is apart."""
    row = _answered(s, secret, now)
    values = {
        "state": CONFIRMED,
        "resolved": True,
        "satisfied": satisfied,
        "feedback": clean("remark", remark, most=2_000),
        "feedback_at": now,
    }
    data = {name: values[name] for name in ("satisfied", "feedback")}
    version = change(s, row, "demand.confirmed", data, None, now, **values)
    desk = context(s).directory.with_role(Role.TRIAGE_OFFICER)
    _tell(s, row, "demand_confirmed", desk, version, now)


def reject(s: Session, *, secret: str, reason: str, now: datetime) -> None:
    """The enterprise does not accept the result and says why; the office has the next word."""
    row = _answered(s, secret, now)
    told = clean("reason", reason, most=2_000, needed=True)
    version = change(
        s, row, "demand.rejected", {"reason": told}, None, now,
        state=DISPUTED, resolved=False, satisfied=False, feedback=told, feedback_at=now,
        rejections=row.rejections + 1,
    )  # fmt: skip
    directory = context(s).directory
    desk = directory.with_role(Role.TRIAGE_OFFICER)
    chiefs = directory.with_role(Role.OFFICE_CHIEF)
    _tell(s, row, "demand_rejected", desk, version, now, copies=chiefs, reason=told[:200])


def _answered(s: Session, secret: str, now: datetime) -> Row[Any]:
    row = by_link(s, secret, lock=True)
    while settle_one(s, row, now):
        row = by_link(s, secret)
    if row.state != ANSWERED:
        raise wrong_state()
    return row


def _tell(
    s: Session, row: Row[Any], about: str, desk: list[PersonInfo], version: int, now: datetime,
    **more: Any,
) -> None:  # fmt: skip
    tell(
        s, about, desk, subject=stream(row.id), occasion=f"version:{version}",
        title=f"{row.number} {row.enterprise}", path=f"/demands/{row.number}", now=now, **more,
    )  # fmt: skip
