"""Official documents, what they are about, to whom they go, and their templates."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "document_template",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sha256"),
    )
    op.create_table(
        "document",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("issuer_unit_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=True),
        sa.Column("series", sa.String(length=60), nullable=True),
        sa.Column("n", sa.Integer(), nullable=True),
        sa.Column(
            "facts", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("docx_template", sa.String(length=64), nullable=False),
        sa.Column("pdf_layout", sa.String(length=64), nullable=False),
        sa.Column(
            "fonts", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column(
            "substitutions",
            sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
            nullable=False,
        ),
        sa.Column("dated", sa.Date(), nullable=True),
        sa.Column("prepared_by_id", sa.Integer(), nullable=False),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed_by_id", sa.Integer(), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("issued_by_id", sa.Integer(), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("voided_by_id", sa.Integer(), nullable=True),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("void_reason", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["docx_template"],
            ["document_template.sha256"],
        ),
        sa.ForeignKeyConstraint(
            ["issued_by_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["issuer_unit_id"],
            ["unit.id"],
        ),
        sa.ForeignKeyConstraint(
            ["pdf_layout"],
            ["document_template.sha256"],
        ),
        sa.ForeignKeyConstraint(
            ["prepared_by_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["signed_by_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["voided_by_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
        sa.UniqueConstraint("series", "n"),
    )
    with op.batch_alter_table("document", schema=None) as batch_op:
        batch_op.create_index("ix_document_issuer", ["issuer_unit_id", "id"], unique=False)
        batch_op.create_index("ix_document_state", ["state", "id"], unique=False)

    op.create_table(
        "document_addressee",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=4), nullable=False),
        sa.Column("received_by_id", sa.Integer(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["document.id"],
        ),
        sa.ForeignKeyConstraint(
            ["received_by_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"],
            ["unit.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("document_id", "unit_id"),
    )
    with op.batch_alter_table("document_addressee", schema=None) as batch_op:
        batch_op.create_index(
            "ix_document_addressee_unit", ["unit_id", "document_id"], unique=False
        )

    op.create_table(
        "document_subject",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["document.id"],
        ),
        sa.ForeignKeyConstraint(
            ["issue_id"],
            ["issue.id"],
        ),
        sa.ForeignKeyConstraint(
            ["task_id"],
            ["task.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("document_id", "issue_id", "task_id"),
    )
    with op.batch_alter_table("document_subject", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_document_subject_issue_id"), ["issue_id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("document_subject", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_document_subject_issue_id"))

    op.drop_table("document_subject")
    with op.batch_alter_table("document_addressee", schema=None) as batch_op:
        batch_op.drop_index("ix_document_addressee_unit")

    op.drop_table("document_addressee")
    with op.batch_alter_table("document", schema=None) as batch_op:
        batch_op.drop_index("ix_document_state")
        batch_op.drop_index("ix_document_issuer")

    op.drop_table("document")
    op.drop_table("document_template")
