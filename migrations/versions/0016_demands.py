"""Demands of enterprises and the index that finds similar ones.

The index itself is what models cannot say: on SQLite an FTS5 table over `search_doc`, on
PostgreSQL a GIN index over its terms. The terms are made by the program (two-character pieces of
Chinese), so the databases only split at spaces.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | None = None
depends_on: str | None = None

MOMENT = sa.DateTime(timezone=True)
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _create_demand()
    _create_index_tables()
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE search_fts USING fts5"
            "(terms, content='search_doc', content_rowid='id', tokenize='unicode61', detail='none')"
        )
        op.execute("CREATE VIRTUAL TABLE search_fts_terms USING fts5vocab('search_fts', 'row')")
    else:
        op.execute(
            "CREATE INDEX ix_search_fts ON search_doc "
            "USING gin (array_to_tsvector(string_to_array(terms, ' ')))"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE search_fts_terms")
        op.execute("DROP TABLE search_fts")
    for table in ("search_mark", "search_term", "search_doc", "demand_file", "demand"):
        op.drop_table(table)


def _create_demand() -> None:
    op.create_table(
        "demand",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("enterprise", sa.String(length=200), nullable=False),
        sa.Column("credit_code", sa.String(length=18), nullable=False),
        sa.Column("contact", sa.String(length=60), nullable=False),
        sa.Column("phone", sa.String(length=30), nullable=False),
        sa.Column("board_id", sa.Integer(), nullable=True),
        sa.Column("project_text", sa.String(length=200), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("source_system", sa.String(length=40), nullable=False),
        sa.Column("source_id", sa.String(length=120), nullable=True),
        sa.Column("link_hash", sa.String(length=64), nullable=False),
        sa.Column("link_since", MOMENT, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("take_up_due_at", MOMENT, nullable=False),
        sa.Column("contacted_at", MOMENT, nullable=True),
        sa.Column("category", sa.String(length=60), nullable=False),
        sa.Column("issue_id", sa.Integer(), nullable=True),
        sa.Column("linked_at", MOMENT, nullable=True),
        sa.Column("repeat", sa.Boolean(), nullable=False),
        sa.Column("relapse_candidate", sa.Boolean(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("resolved", sa.Boolean(), nullable=True),
        sa.Column("satisfied", sa.Boolean(), nullable=True),
        sa.Column("feedback", sa.String(length=2000), nullable=False),
        sa.Column("feedback_at", MOMENT, nullable=True),
        sa.Column("rejections", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["board_id"], ["unit.id"]),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("link_hash"),
        sa.UniqueConstraint("number"),
    )
    for name, columns in (("state", "state"), ("board", "board_id")):
        op.create_index(f"ix_demand_{name}", "demand", [columns, "id"])
    op.create_index("ix_demand_received", "demand", ["received_at"])
    _partial("ix_demand_issue", ["issue_id"], "issue_id IS NOT NULL")
    _partial(
        "ix_demand_source", ["source_system", "source_id"], "source_id IS NOT NULL", unique=True
    )
    op.create_table(
        "demand_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("demand_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["demand_id"], ["demand.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_demand_file_demand_id", "demand_file", ["demand_id"])


def _partial(name: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    condition = sa.text(where)
    op.create_index(
        name, "demand", columns, unique=unique,
        sqlite_where=condition, postgresql_where=condition,
    )  # fmt: skip


def _create_index_tables() -> None:
    op.create_table(
        "search_doc",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("ref_id", sa.Integer(), nullable=False),
        sa.Column("terms", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("kind", "ref_id"),
    )
    op.create_table(
        "search_term",
        sa.Column("term", sa.String(length=60), nullable=False),
        sa.Column("docs", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("term"),
    )
    op.create_table(
        "search_mark",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", BIG, nullable=False),
        sa.Column("docs", sa.Integer(), nullable=False),
        sa.Column("counted_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
