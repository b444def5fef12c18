"""Units that a task names stay active until the transaction ends.

Who deactivates a unit locks its row before looking for work that counts on it. So on PostgreSQL,
where two transactions run at once, whoever names a unit shares that lock: one of the two waits
and then sees what the other has done. On SQLite writers follow one another and nothing is asked.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from models import tables
from models.db import Session
from workflow.context import context

_U = tables.unit.c


def kept_active(s: Session, units: Iterable[int]) -> bool:
    """Keep these units as they are; whether every one of them is active.

    Where one is not, what the transaction knew of the organisation is forgotten.
    """
    wanted = sorted(set(units))
    if not wanted:
        return True
    if s.dialect == "sqlite":
        known = context(s).directory.units
        return all(known[unit].active for unit in wanted)
    chosen = select(_U.active).where(_U.id.in_(wanted)).order_by(_U.id)
    active = all(s.execute(chosen.with_for_update(read=True)).scalars().all())
    if not active:
        s.memo.pop("context", None)
    return active
