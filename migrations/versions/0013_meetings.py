"""Dispatch meetings: agenda, decisions, commitments; requests for coordination."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | None = None
depends_on: str | None = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)
TABLES = (
    "coordination_request", "meeting_decision", "meeting_position", "meeting_item",
    "meeting_unit", "meeting",
)  # fmt: skip


def upgrade() -> None:
    """Six tables."""
    _meeting()
    _item()
    _decision()
    _request()


def downgrade() -> None:
    """None of them."""
    for name in TABLES:
        op.drop_table(name)


def _key() -> sa.Column[Any]:
    return sa.Column("id", sa.Integer(), nullable=False, primary_key=True)


def _version() -> sa.Column[Any]:
    return sa.Column("version", sa.Integer(), nullable=False)


def _link(name: str, table: str, *, needed: bool = True) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer(), sa.ForeignKey(f"{table}.id"), nullable=not needed)


def _text(name: str, most: int) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length=most), nullable=False)


def _moment(name: str, *, needed: bool = True) -> sa.Column[Any]:
    return sa.Column(name, MOMENT, nullable=not needed)


def _meeting() -> None:
    op.create_table(
        "meeting",
        _key(), _version(), _text("number", 20), sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False), _text("state", 10), _text("name", 60),
        _moment("starts_at"), _text("place", 200), _link("chair_id", "person"),
        _link("previous_id", "meeting", needed=False),
        _link("agenda_document_id", "document", needed=False),
        _link("minutes_document_id", "document", needed=False),
        _link("planned_by_id", "person"), _moment("planned_at"),
        *(_moment(name, needed=False) for name in ("fixed_at", "opened_at", "closed_at")),
        sa.UniqueConstraint("number"), sa.UniqueConstraint("year", "n"),
    )  # fmt: skip
    op.create_index("ix_meeting_starts", "meeting", ["starts_at", "id"])
    op.create_table(
        "meeting_unit",
        _key(), _link("meeting_id", "meeting"), _link("unit_id", "unit"),
        _link("person_id", "person", needed=False),
        sa.UniqueConstraint("meeting_id", "unit_id"),
    )  # fmt: skip
    op.create_index("ix_meeting_unit_unit_id", "meeting_unit", ["unit_id"])


def _item() -> None:
    op.create_table(
        "meeting_item",
        _key(), _version(), _link("meeting_id", "meeting"), _link("issue_id", "issue"),
        sa.Column("place", sa.Integer(), nullable=False), _text("state", 10), _text("source", 10),
        sa.Column("reasons", JSON, nullable=False), _text("proposal", 2000), _text("outcome", 10),
        _text("note", 500), _link("raised_by_unit_id", "unit", needed=False),
        _link("added_by_id", "person"), _moment("added_at"),
        sa.UniqueConstraint("meeting_id", "issue_id"),
    )  # fmt: skip
    op.create_index("ix_meeting_item_issue_id", "meeting_item", ["issue_id"])
    op.create_table(
        "meeting_position",
        _key(), _link("item_id", "meeting_item"), _link("unit_id", "unit"), _text("text", 2000),
        _link("by_id", "person"), _moment("at"), sa.UniqueConstraint("item_id", "unit_id"),
    )  # fmt: skip


def _decision() -> None:
    op.create_table(
        "meeting_decision",
        _key(), _version(), _link("meeting_id", "meeting"),
        _link("item_id", "meeting_item", needed=False), sa.Column("n", sa.Integer(), nullable=False),
        _text("kind", 10), _text("state", 10), _text("text", 2000), _link("lead_unit_id", "unit"),
        sa.Column("due_on", sa.Date(), nullable=True), _text("answer", 2000),
        _link("answered_by_id", "person", needed=False), _moment("answered_at", needed=False),
        _link("task_id", "task", needed=False), _link("recorded_by_id", "person"),
        _moment("recorded_at"), _moment("done_at", needed=False),
        _link("done_by_id", "person", needed=False), _text("done_note", 500),
        sa.UniqueConstraint("meeting_id", "n"), sa.UniqueConstraint("task_id"),
    )  # fmt: skip
    for name in ("item_id", "lead_unit_id"):
        op.create_index(f"ix_meeting_decision_{name}", "meeting_decision", [name])


def _request() -> None:
    op.create_table(
        "coordination_request",
        _key(), _version(), _link("issue_id", "issue"), _link("unit_id", "unit"),
        _text("cause", 10), _text("reason", 2000), _text("state", 10),
        _link("asked_by_id", "person"), _moment("asked_at"),
        _link("settled_by_id", "person", needed=False), _moment("settled_at", needed=False),
        _text("opinion", 500),
    )  # fmt: skip
    still_open = sa.text("state = 'open'")
    op.create_index(
        "ix_coordination_request_open", "coordination_request", ["issue_id", "unit_id", "cause"],
        unique=True, sqlite_where=still_open, postgresql_where=still_open,
    )  # fmt: skip
    op.create_index("ix_coordination_request_state", "coordination_request", ["state", "cause"])
