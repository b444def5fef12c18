"""Rows whose step may be late are looked at by the next sweep.

Reminders of a passed side limit used to end after some repeats, and a late step showed no light.
A row from that time has no moment at which the sweep would come to it again. A premature look is
harmless: the sweep finds what is due and sets the next moment.
"""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | None = None
depends_on: str | None = None


def _moment(name: str) -> sa.ColumnClause[datetime]:
    return sa.column(name, sa.DateTime(timezone=True))


TASK = sa.table("task", sa.column("state"), _moment("next_rung_at"), _moment("paused_at"))
ISSUE = sa.table("issue", sa.column("id"), sa.column("state"), _moment("next_rung_at"))
LOOKBACK = sa.table("lookback", sa.column("issue_id"), sa.column("state"))


def upgrade() -> None:
    now = datetime.now(UTC)
    rechecked = sa.select(LOOKBACK.c.issue_id).where(LOOKBACK.c.state.in_(("planned", "relapse")))
    running = (
        TASK.c.state.in_(("pending_ack", "in_progress", "submitted")),
        TASK.c.paused_at.is_(None),
    )
    waiting = sa.or_(
        ISSUE.c.state.in_(("reported", "triaging", "approving", "parked")),
        sa.and_(ISSUE.c.state == "closed", ISSUE.c.id.in_(rechecked)),
    )
    for table, where in ((TASK, running), (ISSUE, (waiting,))):
        later = sa.or_(table.c.next_rung_at.is_(None), table.c.next_rung_at > now)
        op.execute(table.update().where(*where, later).values(next_rung_at=now))


def downgrade() -> None:
    """A moment that has come too early does no harm to an older version either."""
