"""What the clock does about answers that are late: the unit is told, the leader in charge copied.

Once when it is late, then in the rhythm of the rules; what is chased is recorded, so that two
workers, or a second run, tell nobody twice.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from config.inspections import rules
from config.projects import Duty
from config.roles import Role
from models import tables
from models.db import Database, Session
from models.directory import PersonInfo
from projects.chasing import each, step
from projects.history import note
from projects.instructions.commands import notify
from workflow.context import context

_N = tables.instruction


def run(db: Database, now: datetime) -> int:
    """Chase every late answer that is due to be chased; how many were."""
    with db.read() as s:
        late = select(_N.c.id).where(_N.c.state == "open", _N.c.limit_at < now)
        keys = [int(row.id) for row in s.execute(late.order_by(_N.c.id))]
    return each(db, keys, lambda s, key: chase(s, key, now))


def chase(s: Session, key: int, now: datetime) -> bool:
    """Chase one, unless it was chased in this step of the rhythm already."""
    row = s.execute(select(_N).where(_N.c.id == key).with_for_update()).one()
    due = step(row.limit_at, now, rules().instruction.chase_every_wd, context(s).calendar())
    if row.state != "open" or due <= row.chased:
        return False
    s.execute(update(_N).where(_N.c.id == key).values(chased=due))
    occasion = f"late:{row.round}:{due}"
    notify(s, "instruction_late", row, occasion, now, copies=in_charge(s, row.project_id))
    note(s, f"instruction:{key}", "instruction.chased", {"step": due}, None, now)
    return True


def in_charge(s: Session, project_id: int | None) -> tuple[PersonInfo, ...]:
    """The leader in charge: as the project's chain of responsibility names one, else the deputy
    directors."""
    people = context(s).directory
    named = _named(s, project_id) if project_id is not None else None
    return (named,) if named else tuple(people.with_role(Role.DEPUTY_DIRECTOR))


def _named(s: Session, project_id: int) -> Any:
    duty = tables.project_duty.c
    chosen = select(duty.person_id).where(
        duty.project_id == project_id, duty.role == Duty.IN_CHARGE, duty.until.is_(None),
        duty.person_id.is_not(None),
    )  # fmt: skip
    row = s.execute(chosen.order_by(duty.id.desc()).limit(1)).first()
    return context(s).directory.people.get(row.person_id) if row else None
