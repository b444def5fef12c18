"""Dispatch meetings (攻坚调度会), what they decide, and what units ask to have coordinated."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.fields import json_field


class Meeting(SQLModel, table=True):
    """A half-monthly meeting. `state`: planned, fixed (its agenda stands), session, closed, or
    called_off before it began.

    `number` names year and place in the year's series, which has no gap. `previous_id` is the
    meeting whose decisions are followed up first.
    """

    __tablename__ = "meeting"
    __table_args__ = (UniqueConstraint("year", "n"), Index("ix_meeting_starts", "starts_at", "id"))
    id: int | None = Field(default=None, primary_key=True)
    version: int = Field(default=1)
    number: str = Field(max_length=20, unique=True)
    year: int
    n: int
    state: str = Field(default="planned", max_length=10)
    name: str = Field(max_length=60)
    starts_at: datetime
    place: str = Field(default="", max_length=200)
    chair_id: int = Field(foreign_key="person.id")
    previous_id: int | None = Field(default=None, foreign_key="meeting.id")
    agenda_document_id: int | None = Field(default=None, foreign_key="document.id")
    minutes_document_id: int | None = Field(default=None, foreign_key="document.id")
    planned_by_id: int = Field(foreign_key="person.id")
    planned_at: datetime
    fixed_at: datetime | None = Field(default=None)
    opened_at: datetime | None = Field(default=None)
    closed_at: datetime | None = Field(default=None)
    called_off_at: datetime | None = Field(default=None)
    called_off_reason: str = Field(default="", max_length=500)


class MeetingUnit(SQLModel, table=True):
    """A unit that attends, and who comes for it, where that is known."""

    __tablename__ = "meeting_unit"
    __table_args__ = (UniqueConstraint("meeting_id", "unit_id"),)
    id: int | None = Field(default=None, primary_key=True)
    meeting_id: int = Field(foreign_key="meeting.id")
    unit_id: int = Field(foreign_key="unit.id", index=True)
    person_id: int | None = Field(default=None, foreign_key="person.id")


class MeetingItem(SQLModel, table=True):
    """An issue that a meeting treats, or that was left out with a reason (`dropped`).

    `source`: rule, hand or raised (in the meeting). `reasons` are those of the selection, as they
    held then. `outcome`: empty, decided or deferred.
    """

    __tablename__ = "meeting_item"
    __table_args__ = (UniqueConstraint("meeting_id", "issue_id"),)
    id: int | None = Field(default=None, primary_key=True)
    version: int = Field(default=1)
    meeting_id: int = Field(foreign_key="meeting.id")
    issue_id: int = Field(foreign_key="issue.id", index=True)
    place: int
    state: str = Field(max_length=10)
    source: str = Field(max_length=10)
    reasons: list[Any] = json_field(default_factory=list)
    proposal: str = Field(default="", max_length=2000)
    outcome: str = Field(default="", max_length=10)
    note: str = Field(default="", max_length=500)
    raised_by_unit_id: int | None = Field(default=None, foreign_key="unit.id")
    added_by_id: int = Field(foreign_key="person.id")
    added_at: datetime


class MeetingPosition(SQLModel, table=True):
    """What a unit has to say on an item (各方意见); the newest text stands."""

    __tablename__ = "meeting_position"
    __table_args__ = (UniqueConstraint("item_id", "unit_id"),)
    id: int | None = Field(default=None, primary_key=True)
    item_id: int = Field(foreign_key="meeting_item.id")
    unit_id: int = Field(foreign_key="unit.id")
    text: str = Field(max_length=2000)
    by_id: int = Field(foreign_key="person.id")
    at: datetime


class MeetingDecision(SQLModel, table=True):
    """What a meeting decided, on one of its items or apart from them.

    `kind`: task (it becomes one), follow (followed up without a task) or city (reported to the
    city). `state`: asked (a unit owes an answer with a date), answered, open, done. A task is made
    of a decision at most once: `task_id` is unique.
    """

    __tablename__ = "meeting_decision"
    __table_args__ = (UniqueConstraint("meeting_id", "n"),)
    id: int | None = Field(default=None, primary_key=True)
    version: int = Field(default=1)
    meeting_id: int = Field(foreign_key="meeting.id")
    item_id: int | None = Field(default=None, foreign_key="meeting_item.id", index=True)
    n: int
    kind: str = Field(max_length=10)
    state: str = Field(max_length=10)
    text: str = Field(max_length=2000)
    lead_unit_id: int = Field(foreign_key="unit.id", index=True)
    due_on: date | None = Field(default=None)
    answer: str = Field(default="", max_length=2000)
    answered_by_id: int | None = Field(default=None, foreign_key="person.id")
    answered_at: datetime | None = Field(default=None)
    task_id: int | None = Field(default=None, foreign_key="task.id", unique=True)
    recorded_by_id: int = Field(foreign_key="person.id")
    recorded_at: datetime
    done_at: datetime | None = Field(default=None)
    done_by_id: int | None = Field(default=None, foreign_key="person.id")
    done_note: str = Field(default="", max_length=500)


class CoordinationRequest(SQLModel, table=True):
    """A unit asks that somebody above it solve an issue (domain rules §5, S0 0.5 and 0.9).

    `cause`: consult (L2), district, city, or element (the board has tried to balance the element
    itself and cannot). `state`: open, treated or declined.
    """

    __tablename__ = "coordination_request"
    __table_args__ = (
        Index(
            "ix_coordination_request_open",
            "issue_id",
            "unit_id",
            "cause",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_coordination_request_state", "state", "cause"),
    )
    id: int | None = Field(default=None, primary_key=True)
    version: int = Field(default=1)
    issue_id: int = Field(foreign_key="issue.id")
    unit_id: int = Field(foreign_key="unit.id")
    cause: str = Field(max_length=10)
    reason: str = Field(max_length=2000)
    state: str = Field(default="open", max_length=10)
    asked_by_id: int = Field(foreign_key="person.id")
    asked_at: datetime
    settled_by_id: int | None = Field(default=None, foreign_key="person.id")
    settled_at: datetime | None = Field(default=None)
    opinion: str = Field(default="", max_length=500)
