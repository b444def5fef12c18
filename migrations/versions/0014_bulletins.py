"""Monthly bulletins and figures of units."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | None = None
depends_on: str | None = None

MESSAGE = "rows of kpi_value are never changed"


def upgrade() -> None:
    _values()
    _keep_values()
    _bulletins()


def downgrade() -> None:
    op.drop_table("bulletin")
    op.drop_table("kpi_value")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION kpi_value_guard()")


def _values() -> None:
    op.create_table(
        "kpi_value",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("snapshot_id", sa.Integer(), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("scope", sa.String(length=20), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("kpi", sa.String(length=40), nullable=False),
        sa.Column("sort", sa.String(length=10), nullable=False),
        sa.Column("numerator", sa.Numeric(20, 4), nullable=False),
        sa.Column("denominator", sa.Numeric(20, 4), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["snapshot_id"], ["snapshot.id"]),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("snapshot_id", "kpi", "scope"),
    )
    op.create_index("ix_kpi_value_trend", "kpi_value", ["kpi", "scope", "period"])


def _keep_values() -> None:
    """What was stored when a month was frozen stays: the database itself sees to it."""
    if op.get_bind().dialect.name == "sqlite":
        refuse = f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
        for verb in ("UPDATE", "DELETE"):
            op.execute(f"CREATE TRIGGER kpi_value_no_{verb} BEFORE {verb} ON kpi_value {refuse}")
        op.execute(
            "CREATE TRIGGER kpi_value_no_replace BEFORE INSERT ON kpi_value WHEN EXISTS (SELECT 1 "
            "FROM kpi_value WHERE id = NEW.id OR (snapshot_id = NEW.snapshot_id AND "
            f"kpi = NEW.kpi AND scope = NEW.scope)) {refuse}"
        )
        return
    op.execute(
        "CREATE OR REPLACE FUNCTION kpi_value_guard() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{MESSAGE}'; END $$"
    )
    for name, verbs, each in (
        ("guard", "UPDATE OR DELETE", "ROW"),
        ("no_truncate", "TRUNCATE", "STATEMENT"),
    ):
        op.execute(
            f"CREATE TRIGGER kpi_value_{name} BEFORE {verbs} ON kpi_value "
            f"FOR EACH {each} EXECUTE FUNCTION kpi_value_guard()"
        )


def _bulletins() -> None:
    op.create_table(
        "bulletin",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("snapshot_id", sa.Integer(), nullable=False),
        sa.Column("compared_id", sa.Integer(), nullable=True),
        sa.Column("corrects_id", sa.Integer(), nullable=True),
        sa.Column("correction", sa.String(length=300), nullable=False),
        sa.Column("starts", sa.String(length=4000), nullable=False),
        sa.Column("investment", sa.String(length=4000), nullable=False),
        sa.Column("progress", sa.String(length=4000), nullable=False),
        sa.Column("requirements", sa.String(length=2000), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=True),
        sa.Column("drafted_by_id", sa.Integer(), nullable=False),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["snapshot_id"], ["snapshot.id"]),
        sa.ForeignKeyConstraint(["compared_id"], ["snapshot.id"]),
        sa.ForeignKeyConstraint(["corrects_id"], ["bulletin.id"]),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"]),
        sa.ForeignKeyConstraint(["drafted_by_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("month", "n"),
    )
    op.create_index("ix_bulletin_document_id", "bulletin", ["document_id"])
