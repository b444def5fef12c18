"""Meetings that are called off say why; what the desk tells an enterprise of a closed issue."""

from __future__ import annotations

from alembic import op

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | None = None
depends_on: str | None = None

ADDED = (
    ("meeting", "called_off_at", {"sqlite": "DATETIME", "postgresql": "TIMESTAMPTZ"}),
    ("meeting", "called_off_reason", "VARCHAR(500) NOT NULL DEFAULT ''"),
    ("demand", "result", "VARCHAR NOT NULL DEFAULT ''"),
)


def upgrade() -> None:
    """Three columns, without rebuilding tables that others refer to."""
    dialect = op.get_bind().dialect.name
    for table, name, kind in ADDED:
        definition = kind if isinstance(kind, str) else kind[dialect]
        op.execute(f"ALTER TABLE {table} ADD COLUMN {name} {definition}")


def downgrade() -> None:
    """None of them."""
    for table, name, _kind in reversed(ADDED):
        op.execute(f"ALTER TABLE {table} DROP COLUMN {name}")
