"""Indexes for the ledger's lists, counts and trends."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | None = None
depends_on: str | None = None

RUNNING = "state IN ('pending_ack', 'in_progress') AND dispatched_at IS NOT NULL"
INDEXES: tuple[tuple[str, str, tuple[str, ...], str], ...] = (
    ("ix_issue_board", "issue", ("board_id", "id"), ""),
    ("ix_issue_reporter", "issue", ("reporter_unit_id", "id"), ""),
    ("ix_issue_project", "issue", ("project_id",), "project_id IS NOT NULL"),
    ("ix_issue_picture", "issue", ("state", "light", "board_id", "category"), ""),
    ("ix_issue_since", "issue", ("state_since", "id"), ""),
    ("ix_issue_reported", "issue", ("reported_at",), ""),
    ("ix_task_lead", "task", ("lead_unit_id", "issue_id"), ""),
    ("ix_task_verifier", "task", ("verifier_unit_id", "issue_id"), ""),
    ("ix_task_deadline", "task", ("due_at", "id"), RUNNING),
    ("ix_task_level", "task", ("level", "id", "lead_unit_id", "issue_id"), RUNNING),
    ("ix_task_submitted", "task", ("verifier_unit_id", "issue_id"), "state IN ('submitted')"),
    ("ix_task_late", "task", ("submitted_at", "due_at", "issue_id"), "submitted_at > due_at"),
    ("ix_co_unit_unit", "co_unit", ("unit_id", "task_id"), ""),
    ("ix_lookback_planned", "lookback", ("due_at",), "state IN ('planned')"),
    ("ix_lookback_relapse", "lookback", ("issue_id",), "state IN ('relapse')"),
    (
        "ix_event_counted",
        "event",
        ("tag", "logical_at", "stream"),
        "tag IN ('issue.approve', 'issue.relapse')",
    ),
)


def upgrade() -> None:
    for name, table, columns, where in INDEXES:
        condition = sa.text(where) if where else None
        op.create_index(
            name, table, list(columns), sqlite_where=condition, postgresql_where=condition
        )
    op.drop_index("ix_task_lead_unit_id", "task")  # `ix_task_lead` begins with the same column


def downgrade() -> None:
    op.create_index("ix_task_lead_unit_id", "task", ["lead_unit_id"])
    for name, table, _columns, _where in INDEXES:
        op.drop_index(name, table)
