"""Archiving as acts of people: the system's administrator plans and runs, the chief approves.

Who looks after the machine does not decide what happens to business records, and who decides does
not touch the machine (domain rules §6). Every step is an event of the system's own history.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from config.i18n import gettext as _
from config.roles import Role
from models import tables
from models.db import Session
from models.directory import PersonInfo
from storage.archive.choosing import Chosen, choose
from workflow import administrators, system_events
from workflow.context import context
from workflow.errors import GuardFailed, Malformed, Reason

LEAST_MONTHS = 6
"""Longer than the look-backs of the shipped policy, and than a repeat counts as a relapse."""
OPEN = ("planned", "approved", "verified")
_F = tables.archive


@dataclass(frozen=True, slots=True)
class Plan:
    """What could go, and why the others stay. `archives`: what was put before the chief."""

    before: datetime
    months: dict[str, int]
    held: dict[str, int]
    archives: list[str]


def preview(s: Session, actor: PersonInfo, now: datetime, months: int) -> Plan:
    """What an archiving would take; nothing is written. For whoever plans or approves."""
    administrators.require(s, actor, Role.SYSADMIN, Role.OFFICE_CHIEF)
    found = choose(s, cut(s, now, months))
    return _plan(s, now, months, found, [])


def plan(s: Session, actor: PersonInfo, now: datetime, months: int) -> Plan:
    """Put an archive for each month before the chief. Raises `NotAllowed`, `GuardFailed`."""
    administrators.require(s, actor, Role.SYSADMIN)
    found = choose(s, cut(s, now, months))
    under_way = set(s.execute(select(_F.c.month).where(_F.c.state.in_(OPEN))).scalars())
    made = [
        _put(s, actor, now, months, month, len(issues))
        for month, issues in sorted(found.months.items())
        if month not in under_way
    ]
    if not made:
        message = _("There is nothing to archive that is not under way.")
        raise GuardFailed(Reason("nothing_to_archive", message, "months"))
    return _plan(s, now, months, found, made)


def _put(s: Session, actor: PersonInfo, now: datetime, months: int, month: str, issues: int) -> str:
    name = f"{month}-{now:%Y%m%d%H%M%S}.xiaohao-archive"
    before = cut(s, now, months)
    s.execute(insert(_F).values(
        name=name, month=month, before=before, planned=issues, planned_by_id=actor.id,
        planned_at=now,
    ))  # fmt: skip
    facts = {"name": name, "month": month, "issues": issues, "before": before.isoformat()}
    system_events.append(s, "archive.planned", facts, actor, now)
    return name


def _plan(s: Session, now: datetime, months: int, found: Chosen, made: list[str]) -> Plan:
    counts = {month: len(issues) for month, issues in sorted(found.months.items())}
    return Plan(cut(s, now, months), counts, dict(sorted(found.held.items())), made)


def cut(s: Session, now: datetime, months: int) -> datetime:
    """The first moment of the local month that lies so many months back. Raises `Malformed`."""
    if months < LEAST_MONTHS:
        message = _("{n} months are too few.").format(n=months)
        remedy = _("Leave at least {n} months here.").format(n=LEAST_MONTHS)
        raise Malformed(Reason("months", message, "months", remedy))
    local = now.astimezone(context(s).calendar().tz)
    number = local.year * 12 + local.month - 1 - months
    return local.replace(
        year=number // 12, month=number % 12 + 1, day=1, hour=0, minute=0, second=0, microsecond=0
    )


def approve(s: Session, actor: PersonInfo, now: datetime, name: str, reason: str) -> None:
    """The chief agrees that the issues of an archive leave the database."""
    administrators.require(s, actor, Role.OFFICE_CHIEF)
    row = find(s, name, lock=True)
    if row.state != "planned":
        raise refused_state(row)
    if not reason.strip():
        message = _("An approval needs a reason.")
        raise Malformed(Reason("reason", message, "reason", _("Write on what it rests.")))
    said = reason.strip()[:300]
    s.execute(
        update(_F)
        .where(_F.c.id == row.id)
        .values(state="approved", approved_by_id=actor.id, approved_at=now, reason=said)
    )
    facts = {"archive": row.id, "name": name, "issues": row.planned, "reason": said}
    system_events.append(s, "archive.approved", facts, actor, now)


def find(s: Session, name: str, *, lock: bool = False) -> Any:
    """An archive by its name, or by its number. Raises `Malformed`."""
    known = _F.c.id == int(name) if name.isdecimal() and len(name) < 10 else _F.c.name == name
    chosen = select(_F).where(known)
    row = s.execute(chosen.with_for_update() if lock else chosen).first()
    if row is None:
        message = _("There is no archive {name}.").format(name=name[:80])
        raise Malformed(
            Reason("archive_unknown", message, "name", _("See them: xiaohao archive list"))
        )
    return row


def refused_state(row: Any) -> GuardFailed:
    """An archive that stands at another step."""
    message = _("The archive {name} is at the step {state}.").format(name=row.name, state=row.state)
    remedy = _("The steps are: planned, approved, verified (being moved), done.")
    return GuardFailed(Reason("archive_state", message, "name", remedy))


def every(s: Session) -> Iterator[Any]:
    """Every archive, newest month last."""
    yield from s.execute(select(_F).order_by(_F.c.month, _F.c.id))
