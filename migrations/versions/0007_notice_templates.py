"""Texts of notices that administrators write, and the number that names their present set."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | None = None
depends_on: str | None = None

IN_FORCE = "published_at IS NOT NULL AND retired_at IS NULL"


def upgrade() -> None:
    op.add_column(
        "engine_head",
        sa.Column("template_edition", sa.Integer(), server_default="1", nullable=False),
    )
    op.create_table(
        "notice_template",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("part", sa.String(length=10), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by_id", sa.Integer(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_by_id", sa.Integer(), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["published_by_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["retired_by_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("kind", "part", "language", "version"),
    )
    condition = sa.text(IN_FORCE)
    op.create_index(
        "ix_notice_template_in_force",
        "notice_template",
        ["kind", "part", "language"],
        unique=True,
        sqlite_where=condition,
        postgresql_where=condition,
    )


def downgrade() -> None:
    op.drop_index("ix_notice_template_in_force", "notice_template")
    op.drop_table("notice_template")
    with op.batch_alter_table("engine_head", schema=None) as batch_op:
        batch_op.drop_column("template_edition")
