"""Triggers that keep what an official document says, its number and its steps as they are; and the
document that carries out a prepared step of the ladder."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | None = None
depends_on: str | None = None

FROZEN = (
    "id", "kind", "title", "issuer_unit_id", "facts", "docx_template", "pdf_layout", "fonts",
    "substitutions", "prepared_by_id", "prepared_at",
)  # fmt: skip
"""What is settled when a document is prepared."""
SIGNING = ("number", "series", "n", "dated", "signed_by_id", "signed_at")
"""What only signing gives, and nothing takes away."""
ONCE = ("issued_by_id", "issued_at", "voided_by_id", "voided_at")
STEPS = (
    ("prepared", "signed"), ("signed", "issued"), ("prepared", "void"), ("signed", "void"),
    ("issued", "void"),
)  # fmt: skip
FIXED = {
    "document_addressee": ("id", "document_id", "unit_id", "role"),
    "document_subject": ("id", "document_id", "issue_id", "task_id"),
    "document_template": ("sha256", "name", "content", "created_at"),
}
"""Rows that never change; an addressee's receipt is given once."""
CLASHES = {
    "document": "id = NEW.id OR number = NEW.number OR (series = NEW.series AND n = NEW.n)",
    "document_addressee": "id = NEW.id OR (document_id = NEW.document_id AND unit_id = NEW.unit_id)",
    "document_subject": "id = NEW.id",
    "document_template": "sha256 = NEW.sha256 AND content {differs} NEW.content",
}
"""Rows that an INSERT OR REPLACE of SQLite would delete without asking."""
LINKS = ("document_addressee", "document_subject")


def upgrade() -> None:
    with op.batch_alter_table("prepared_action", schema=None) as batch_op:
        batch_op.add_column(sa.Column("document_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            "prepared_action_document_id_fkey", "document", ["document_id"], ["id"]
        )
        batch_op.create_index("ix_prepared_action_document_id", ["document_id"], unique=False)
    sqlite = op.get_bind().dialect.name == "sqlite"
    differs = "IS NOT" if sqlite else "IS DISTINCT FROM"
    rules = {"document": _document(differs)}
    rules |= {table: _changed(columns, differs) for table, columns in FIXED.items()}
    rules["document_addressee"] += f" OR {_kept(('received_by_id', 'received_at'), differs)}"
    for table, broken in rules.items():
        message = f"rows of {table} keep what they say"
        if sqlite:
            _guard_sqlite(table, broken, CLASHES[table].format(differs=differs), message)
        else:
            _guard_postgresql(table, broken, message)


def _changed(columns: tuple[str, ...], differs: str) -> str:
    return " OR ".join(f"NEW.{name} {differs} OLD.{name}" for name in columns)


def _kept(columns: tuple[str, ...], differs: str) -> str:
    return " OR ".join(
        f"(OLD.{name} IS NOT NULL AND NEW.{name} {differs} OLD.{name})" for name in columns
    )


def _document(differs: str) -> str:
    steps = " OR ".join(f"(OLD.state = '{a}' AND NEW.state = '{b}')" for a, b in STEPS)
    return (
        f"{_changed(FROZEN, differs)} OR {_kept((*SIGNING, *ONCE), differs)} "
        f"OR (NOT (OLD.state = 'prepared' AND NEW.state = 'signed') AND ({_changed(SIGNING, differs)})) "
        f"OR NOT ({steps})"
    )


def _guard_sqlite(table: str, broken: str, clash: str, message: str) -> None:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
    op.execute(f"CREATE TRIGGER {table}_guard BEFORE UPDATE ON {table} WHEN {broken} {refuse}")
    op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}")
    op.execute(
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
        f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {clash}) {refuse}"
    )
    if table in LINKS:
        op.execute(f"CREATE TRIGGER {table}_late BEFORE INSERT ON {table} WHEN {LATE} {refuse}")


LATE = "(SELECT state FROM document WHERE id = NEW.document_id) <> 'prepared'"
"""A document that is signed gets no further addressee and no further subject."""


def _guard_postgresql(table: str, broken: str, message: str) -> None:
    late = f"IF TG_OP = 'INSERT' THEN IF {LATE} THEN {_raise(message)} END IF; RETURN NEW; END IF;"
    op.execute(
        f"CREATE OR REPLACE FUNCTION {table}_guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP IN ('DELETE', 'TRUNCATE') THEN {_raise(message)} END IF; "
        f"{late if table in LINKS else ''} "
        f"IF {broken} THEN {_raise(message)} END IF; RETURN NEW; END $$"
    )
    verbs = "INSERT OR UPDATE OR DELETE" if table in LINKS else "UPDATE OR DELETE"
    op.execute(
        f"CREATE TRIGGER {table}_guard BEFORE {verbs} ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_guard()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_guard()"
    )


def _raise(message: str) -> str:
    return f"RAISE EXCEPTION '{message}';"


def downgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for table in CLASHES:
        if sqlite:
            names = ["guard", "no_delete", "no_replace", *(["late"] if table in LINKS else [])]
            for name in names:
                op.execute(f"DROP TRIGGER {table}_{name}")
        else:
            op.execute(f"DROP FUNCTION {table}_guard() CASCADE")
    with op.batch_alter_table("prepared_action", schema=None) as batch_op:
        batch_op.drop_index("ix_prepared_action_document_id")
        batch_op.drop_constraint("prepared_action_document_id_fkey", type_="foreignkey")
        batch_op.drop_column("document_id")
