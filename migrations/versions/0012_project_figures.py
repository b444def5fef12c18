"""Monthly figures, monthly tasks and gates of plans.

`target` is referred to by `plan_actual`, so its new columns come by plain ADD COLUMN.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | None = None
depends_on: str | None = None

TABLES = ("plan_actual", "plan_gate", "plan_month", "plan_metric", "plan", "project_month")


def upgrade() -> None:
    op.execute("ALTER TABLE target ADD COLUMN version INTEGER NOT NULL DEFAULT 1")
    op.execute("ALTER TABLE target ADD COLUMN value_to NUMERIC(18, 4)")
    _figures()
    _plans()
    _actuals()


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    for column in ("version", "value_to"):
        op.execute(f"ALTER TABLE target DROP COLUMN {column}")


def _key(table: str, column: str = "id") -> list[sa.schema.SchemaItem]:
    return [sa.ForeignKeyConstraint([column], [f"{table}.id"])]


def _text(name: str, most: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=most), nullable=False)


def _id() -> list[sa.schema.SchemaItem]:
    return [sa.Column("id", sa.Integer(), nullable=False), sa.PrimaryKeyConstraint("id")]


def _whole(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _percent(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Numeric(7, 2), nullable=False)


def _figures() -> None:
    op.create_table(
        "project_month",
        *_id(),
        _whole("version"),
        _whole("project_id"),
        _text("month", 7),
        sa.Column("reported_wan", sa.BigInteger(), nullable=True),
        sa.Column("statistical_wan", sa.BigInteger(), nullable=True),
        _text("progress", 300),
        _text("note", 300),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reported_by_id", sa.Integer(), nullable=True),
        *_key("project", "project_id"),
        *_key("person", "reported_by_id"),
        sa.UniqueConstraint("project_id", "month"),
    )
    op.create_index("ix_project_month_month", "project_month", ["month", "project_id"])


def _plans() -> None:
    op.create_table(
        "plan",
        *_id(),
        _whole("version"),
        _text("name", 200),
        _whole("year"),
        _text("whole", 120),
        *(_percent(name) for name in ("ahead_points", "behind_points", "far_points")),
        _text("source", 120),
        _text("note", 500),
        sa.UniqueConstraint("name"),
    )
    op.create_index("ix_plan_year", "plan", ["year"])
    named = ["plan_id", "level", "metric"]
    op.create_table(
        "plan_metric",
        *_id(),
        _whole("plan_id"),
        _text("level", 120),
        _text("metric", 200),
        _text("formula", 40),
        _text("list_code", 20),
        _text("baseline", 200),
        *_key("plan", "plan_id"),
        sa.UniqueConstraint(*named),
    )
    op.create_table(
        "plan_month",
        *_id(),
        _whole("plan_id"),
        _text("level", 120),
        _text("metric", 200),
        _whole("month"),
        _percent("share"),
        *_key("plan", "plan_id"),
        sa.UniqueConstraint(*named, "month"),
    )
    op.create_table(
        "plan_gate",
        *_id(),
        _whole("plan_id"),
        _text("level", 120),
        _text("name", 200),
        _whole("month"),
        _text("formula", 40),
        _text("list_code", 20),
        _percent("threshold"),
        _text("source", 120),
        *_key("plan", "plan_id"),
        sa.UniqueConstraint("plan_id", "level", "name"),
    )


def _actuals() -> None:
    op.create_table(
        "plan_actual",
        *_id(),
        _whole("version"),
        _whole("target_id"),
        _text("month", 7),
        sa.Column("value", sa.Numeric(18, 4), nullable=True),
        _text("note", 300),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_by_id", sa.Integer(), nullable=True),
        *_key("target", "target_id"),
        *_key("person", "entered_by_id"),
        sa.UniqueConstraint("target_id", "month"),
    )
    op.create_index("ix_plan_actual_month", "plan_actual", ["month", "target_id"])
