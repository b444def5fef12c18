"""The project library: records, lists, stages, duties, tags, task forces; frozen snapshots.

`project` gets its new columns by plain ADD COLUMN: copying the table, as a batch does, would drop
one that issues refer to. Their defaults stay, so that an older version beside this one can insert.
What the source says of a stage moves to `stated_stage`; `stage` is one of the six of the domain.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | None = None
depends_on: str | None = None

TEXTS = {
    "attribution_reason": 300, "owner": 200, "owner_credit_code": 18, "contact": 60,
    "contact_phone": 30, "address": 200, "park": 80, "industry": 8, "nature": 12,
    "content": 2000, "capacity": 300, "physical_progress": 300, "light_reason": 200,
}  # fmt: skip
DATES = (
    "stage_since", "plan_start_on", "actual_start_on", "plan_finish_on", "actual_finish_on",
    "in_production_on", "in_statistics_on", "light_on",
)  # fmt: skip
LINKS = {"parent_id": "project", "merged_into_id": "project", "attributed_board_id": "unit"}
INDEXES = ("ix_project_board", "ix_project_commissioner", "ix_project_stage")
TABLES = (
    "task_force_unit", "task_force_project", "project_tag", "project_stage", "project_listing",
    "project_duty", "task_force", "snapshot", "chain",
)  # fmt: skip


def upgrade() -> None:
    _create_tables()
    _keep_snapshots()
    op.execute("ALTER TABLE project RENAME COLUMN stage TO stated_stage")
    for definition in _columns():
        op.execute(f"ALTER TABLE project ADD COLUMN {definition}")
    op.create_index("ix_project_board", "project", ["board_id", "id"])
    named = sa.text("commissioner_id IS NOT NULL")
    op.create_index(
        "ix_project_commissioner", "project", ["commissioner_id"],
        sqlite_where=named, postgresql_where=named,
    )  # fmt: skip
    op.create_index("ix_project_stage", "project", ["stage", "light", "id"])


def _keep_snapshots() -> None:
    """A frozen month is never changed: the database itself refuses it."""
    message = "rows of snapshot are never changed"
    if op.get_bind().dialect.name == "sqlite":
        refuse = f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
        for verb in ("UPDATE", "DELETE"):
            op.execute(f"CREATE TRIGGER snapshot_no_{verb} BEFORE {verb} ON snapshot {refuse}")
        op.execute(
            "CREATE TRIGGER snapshot_no_replace BEFORE INSERT ON snapshot WHEN EXISTS (SELECT 1 "
            "FROM snapshot WHERE id = NEW.id OR (kind = NEW.kind AND period = NEW.period "
            f"AND edition = NEW.edition)) {refuse}"
        )
        return
    op.execute(
        "CREATE OR REPLACE FUNCTION snapshot_guard() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{message}'; END $$"
    )
    for name, verbs, each in (
        ("guard", "UPDATE OR DELETE", "ROW"),
        ("no_truncate", "TRUNCATE", "STATEMENT"),
    ):
        op.execute(
            f"CREATE TRIGGER snapshot_{name} BEFORE {verbs} ON snapshot "
            f"FOR EACH {each} EXECUTE FUNCTION snapshot_guard()"
        )


def _columns() -> list[str]:
    postgresql = op.get_bind().dialect.name == "postgresql"
    no, json = ("false", "JSONB") if postgresql else ("0", "JSON")
    return [
        "version INTEGER NOT NULL DEFAULT 1",
        "stage VARCHAR(12) NOT NULL DEFAULT 'intention'",
        *(f"{name} INTEGER REFERENCES {table} (id)" for name, table in LINKS.items()),
        *(f"{name} VARCHAR({most}) NOT NULL DEFAULT ''" for name, most in TEXTS.items()),
        *(f"{name} DATE" for name in DATES),
        "foreign_funded BOOLEAN",
        f"carried_over BOOLEAN NOT NULL DEFAULT {no}",
        "year INTEGER",
        "total_invest_usd_wan NUMERIC(14, 4)",
        "land_mu NUMERIC(14, 4)",
        "light VARCHAR(10) NOT NULL DEFAULT 'green'",
        f"light_facts {json} NOT NULL DEFAULT '{{}}'",
    ]


def downgrade() -> None:
    for name in INDEXES:
        op.drop_index(name, "project")
    for definition in _columns():
        op.execute(f"ALTER TABLE project DROP COLUMN {definition.split()[0]}")
    op.execute("ALTER TABLE project RENAME COLUMN stated_stage TO stage")
    for table in TABLES:
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION snapshot_guard()")


def _create_tables() -> None:
    op.create_table(
        "chain",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("leader_id", sa.Integer(), nullable=True),
        sa.Column("leader", sa.String(length=60), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["leader_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "snapshot",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("rules", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["by_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("kind", "period", "edition"),
    )
    op.create_table(
        "task_force",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("purpose", sa.String(length=500), nullable=False),
        sa.Column("leader_id", sa.Integer(), nullable=True),
        sa.Column("leader", sa.String(length=60), nullable=False),
        sa.Column("lead_unit_id", sa.Integer(), nullable=True),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["lead_unit_id"],
            ["unit.id"],
        ),
        sa.ForeignKeyConstraint(
            ["leader_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "project_duty",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["project.id"],
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"],
            ["unit.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("project_duty", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_project_duty_person_id"), ["person_id"], unique=False)
        batch_op.create_index("ix_project_duty_project", ["project_id", "role"], unique=False)
        batch_op.create_index(batch_op.f("ix_project_duty_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "project_listing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("list_code", sa.String(length=20), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("library", sa.String(length=60), nullable=False),
        sa.Column("source_id", sa.String(length=80), nullable=False),
        sa.Column("carried_over", sa.Boolean(), nullable=False),
        sa.Column("listed_on", sa.Date(), nullable=True),
        sa.Column("removed_on", sa.Date(), nullable=True),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["project.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("project_id", "list_code", "year"),
    )
    with op.batch_alter_table("project_listing", schema=None) as batch_op:
        batch_op.create_index(
            "ix_project_listing_list", ["list_code", "year", "project_id"], unique=False
        )
        batch_op.create_index(
            "ix_project_listing_source",
            ["library", "source_id", "year"],
            unique=True,
            sqlite_where=sa.text("source_id != ''"),
            postgresql_where=sa.text("source_id != ''"),
        )

    op.create_table(
        "project_stage",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("stage", sa.String(length=12), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=True),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["project.id"],
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("project_stage", schema=None) as batch_op:
        batch_op.create_index("ix_project_stage_project", ["project_id", "id"], unique=False)

    op.create_table(
        "project_tag",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("tag", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["project.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("project_id", "kind", "tag"),
    )
    with op.batch_alter_table("project_tag", schema=None) as batch_op:
        batch_op.create_index("ix_project_tag_tag", ["kind", "tag", "project_id"], unique=False)

    op.create_table(
        "task_force_project",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("task_force_id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["project.id"],
        ),
        sa.ForeignKeyConstraint(
            ["task_force_id"],
            ["task_force.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("task_force_id", "project_id"),
    )
    with op.batch_alter_table("task_force_project", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_task_force_project_project_id"), ["project_id"], unique=False
        )

    op.create_table(
        "task_force_unit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("task_force_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["task_force_id"],
            ["task_force.id"],
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"],
            ["unit.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("task_force_id", "unit_id"),
    )
