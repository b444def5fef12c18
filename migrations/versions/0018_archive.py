"""Archives of closed issues, and the one road by which history may leave its tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: str | None = None
depends_on: str | None = None

MOMENT = sa.DateTime(timezone=True)
STANDING = sa.text("restored_at IS NULL")
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

GOING = (
    "SELECT 1 FROM archived_issue a JOIN archive f ON f.id = a.archive_id "
    "WHERE f.state = 'verified' AND a.restored_at IS NULL AND "
)
"""A row may go while its issue is on the list of a file that was read back."""
ALLOWED = {
    "event": GOING + "a.stream = OLD.stream AND a.chain_seq >= OLD.seq",
    "deadline_version": GOING
    + "a.issue_id = (SELECT issue_id FROM task WHERE task.id = OLD.task_id)",
}
FIXED = {
    "archive": ("id", "name", "month", "before", "planned_by_id", "planned_at"),
    "archived_issue": (
        "id", "archive_id", "issue_id", "stream", "batch", "chain_seq", "chain_hash", "digest",
        "standing", "rows",
    ),
    "archived_event": ("id", "event_id", "stream", "seq", "tag", "at", "logical_at", "hash"),
}  # fmt: skip
ONCE = {"archive": ("approved_by_id", "approved_at", "done_at"), "archived_issue": ("restored_at",)}
"""Given once, and never changed afterwards."""
GONE = {
    "archive": "TRUE",
    "archived_issue": "TRUE",
    "archived_event": "EXISTS (SELECT 1 FROM archived_issue a WHERE a.stream = OLD.stream "
    "AND a.restored_at IS NULL)",
}
"""When a row may not be deleted: what stands for an issue goes when the issue is back."""


def upgrade() -> None:
    """Tables, the mark on the issue, and the triggers."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    op.execute(
        f"ALTER TABLE issue ADD COLUMN archived_at {'DATETIME' if sqlite else 'TIMESTAMPTZ'}"
    )
    _tables()
    (_open_sqlite if sqlite else _open_postgresql)()
    for table in FIXED:
        (_guard_sqlite if sqlite else _guard_postgresql)(table)


def _tables() -> None:
    op.create_table(
        "archive",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("before", MOMENT, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("planned", sa.Integer(), nullable=False),
        sa.Column("issues", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("planned_by_id", sa.Integer(), nullable=False),
        sa.Column("planned_at", MOMENT, nullable=False),
        sa.Column("approved_by_id", sa.Integer(), nullable=True),
        sa.Column("approved_at", MOMENT, nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("written_at", MOMENT, nullable=True),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["planned_by_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["approved_by_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "archived_issue",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("archive_id", sa.Integer(), nullable=False),
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("stream", sa.String(length=40), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("chain_seq", sa.Integer(), nullable=False),
        sa.Column("chain_hash", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("standing", sa.String(length=64), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("restored_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["archive_id"], ["archive.id"]),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("archive_id", "issue_id"),
    )
    op.create_index(
        "ix_archived_issue_standing", "archived_issue", ["issue_id"], unique=True,
        sqlite_where=STANDING, postgresql_where=STANDING,
    )  # fmt: skip
    op.create_index("ix_archived_issue_stream", "archived_issue", ["stream"])
    op.create_table(
        "archived_event",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("event_id", BIG_ID, nullable=False),
        sa.Column("stream", sa.String(length=40), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("tag", sa.String(length=60), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("logical_at", MOMENT, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("stream", "seq"),
    )
    op.create_index("ix_archived_event_counted", "archived_event", ["tag", "logical_at", "stream"])


# ---------------------------------------------------------------- what the history allows


def _append_only(table: str) -> str:
    return f"rows of {table} are append-only"


def _open_sqlite() -> None:
    for table, allowed in ALLOWED.items():
        op.execute(f"DROP TRIGGER {table}_no_delete")
        op.execute(
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} "
            f"WHEN NOT EXISTS ({allowed}) BEGIN SELECT RAISE(ABORT, '{_append_only(table)}'); END"
        )


def _open_postgresql() -> None:
    for table, allowed in ALLOWED.items():
        op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()"
        )
        op.execute(
            f"CREATE OR REPLACE FUNCTION {table}_archived() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN IF NOT EXISTS ({allowed}) THEN RAISE EXCEPTION '{_append_only(table)}'; "
            "END IF; RETURN OLD; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_archived BEFORE DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {table}_archived()"
        )


# ---------------------------------------------------------------- what the lists allow


def _broken(table: str, differs: str) -> str:
    changed = [f"NEW.{name} {differs} OLD.{name}" for name in FIXED[table]]
    given = [
        f"(OLD.{name} IS NOT NULL AND NEW.{name} {differs} OLD.{name})"
        for name in ONCE.get(table, ())
    ]
    if table == "archive":  # a file that was taken for whole stays that file
        given.append(f"(OLD.state = 'done' AND NEW.state {differs} OLD.state)")
        given.append(f"(OLD.state IN ('verified', 'done') AND NEW.digest {differs} OLD.digest)")
    return " OR ".join(changed + given)


def _message(table: str) -> str:
    return f"rows of {table} keep what they say"


def _guard_sqlite(table: str) -> None:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{_message(table)}'); END"
    op.execute(
        f"CREATE TRIGGER {table}_guard BEFORE UPDATE ON {table} "
        f"WHEN {_broken(table, 'IS NOT')} {refuse}"
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} WHEN {GONE[table]} {refuse}"
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
        f"WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id) {refuse}"
    )


def _guard_postgresql(table: str) -> None:
    refuse = f"RAISE EXCEPTION '{_message(table)}';"
    op.execute(
        f"CREATE OR REPLACE FUNCTION {table}_guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'TRUNCATE' THEN {refuse} END IF; "
        f"IF TG_OP = 'DELETE' THEN IF {GONE[table]} THEN {refuse} END IF; RETURN OLD; END IF; "
        f"IF {_broken(table, 'IS DISTINCT FROM')} THEN {refuse} END IF; RETURN NEW; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_guard BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_guard()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_guard()"
    )


def downgrade() -> None:
    """Back to a history that nothing leaves. Refused while any issue lies in an archive."""
    if (
        op.get_bind()
        .execute(sa.text("SELECT 1 FROM archived_issue WHERE restored_at IS NULL LIMIT 1"))
        .first()
    ):
        raise RuntimeError("issues lie in archives; restore them first: xiaohao archive restore")
    sqlite = op.get_bind().dialect.name == "sqlite"
    for table in ALLOWED:
        if sqlite:
            op.execute(f"DROP TRIGGER {table}_no_delete")
            op.execute(
                f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{_append_only(table)}'); END"
            )
            continue
        op.execute(f"DROP FUNCTION {table}_archived() CASCADE")
        op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()"
        )
    for table in ("archived_event", "archived_issue", "archive"):
        op.drop_table(table)
        if not sqlite:
            op.execute(f"DROP FUNCTION {table}_guard()")
    op.execute("ALTER TABLE issue DROP COLUMN archived_at")
