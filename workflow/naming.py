"""Units that a task names stay active until the transaction ends.

Who deactivates a unit locks its row before looking for work that counts on it. So on PostgreSQL,
where two transactions run at once, whoever names a unit shares that lock: one of the two waits
and then sees what the other has done. On SQLite writers follow one another and nothing is asked.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from sqlalchemy import select

from models import tables
from models.db import Session
from models.heads import forget_head
from models.statements import PerDialect, among
from workflow.context import context

_U = tables.unit.c
_SHARED = PerDialect(
    lambda dialect: (
        select(_U.active).where(among(_U.id, dialect)).order_by(_U.id).with_for_update(read=True)
    )
)


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
    active = all(row["active"] for row in _SHARED.all(s, {"keys": json.dumps(wanted)}))
    if not active:
        forget_head(s)
    return active
