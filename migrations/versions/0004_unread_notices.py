"""An index for the number of unread notices, which every page shows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | None = None
depends_on: str | None = None

UNREAD = "channel = 'inapp' AND read_at IS NULL"


def upgrade() -> None:
    condition = sa.text(UNREAD)
    op.create_index(
        "ix_notice_unread",
        "notice",
        ["recipient_id"],
        sqlite_where=condition,
        postgresql_where=condition,
    )


def downgrade() -> None:
    op.drop_index("ix_notice_unread", "notice")
