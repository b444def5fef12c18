"""Inspections (督查), what they find, and leaders' instructions (批示). S0 0.11, S2 2.2, S3 3.1."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.fields import json_field


class Inspection(SQLModel, table=True):
    """日常巡查、月度点评、季度督查 or 现场督查. `kind` and `rule`: see `config.inspections`.

    `state`: suggested (by the clock) → planned → under_way → sent (findings are issues) → closed,
    or dropped. `period` ("2026-Q3") is set on what the clock suggests, so that it does so once.
    `draw` records how sites were drawn by lot: seed, size, population. `report` is frozen when
    the inspection closes. `leader` names a leader who has no account.
    """

    __tablename__ = "inspection"
    __table_args__ = (
        Index(
            "ix_inspection_period",
            "kind",
            "period",
            unique=True,
            sqlite_where=text("period != ''"),
            postgresql_where=text("period != ''"),
        ),
        Index("ix_inspection_state", "state", "starts_on"),
    )
    id: int | None = Field(default=None, primary_key=True)
    version: int = Field(default=1)
    number: str = Field(max_length=20, unique=True)
    kind: str = Field(max_length=12)
    period: str = Field(default="", max_length=8)
    title: str = Field(max_length=200)
    purpose: str = Field(default="", max_length=1000)
    starts_on: date
    ends_on: date
    leader_id: int | None = Field(default=None, foreign_key="person.id")
    leader: str = Field(default="", max_length=60)
    announced: bool = Field(default=True)
    rule: str = Field(default="named", max_length=12)
    draw: dict[str, Any] = json_field(default_factory=dict)
    state: str = Field(default="planned", max_length=12)
    conclusion: str = Field(default="", max_length=4000)
    report: dict[str, Any] = json_field(default_factory=dict)
    created_at: datetime
    created_by_id: int | None = Field(default=None, foreign_key="person.id")
    sent_at: datetime | None = Field(default=None)
    closed_at: datetime | None = Field(default=None)


class InspectionMember(SQLModel, table=True):
    """Somebody of the team; members record findings whatever their role."""

    __tablename__ = "inspection_member"
    __table_args__ = (UniqueConstraint("inspection_id", "person_id"),)
    id: int | None = Field(default=None, primary_key=True)
    inspection_id: int = Field(foreign_key="inspection.id")
    person_id: int = Field(foreign_key="person.id", index=True)


class InspectionSite(SQLModel, table=True):
    """A project to be visited. `position` is the visiting order, `basis` why it was chosen."""

    __tablename__ = "inspection_site"
    __table_args__ = (
        UniqueConstraint("inspection_id", "project_id"),
        Index("ix_inspection_site_project", "project_id", "visited_on"),
    )
    id: int | None = Field(default=None, primary_key=True)
    inspection_id: int = Field(foreign_key="inspection.id")
    project_id: int = Field(foreign_key="project.id")
    position: int
    basis: str = Field(default="named", max_length=12)
    visited_on: date | None = Field(default=None)
    visited_by_id: int | None = Field(default=None, foreign_key="person.id")
    note: str = Field(default="", max_length=500)


class Finding(SQLModel, table=True):
    """What was found at a site. `state`: open → issue | settled (on the spot) | dropped.

    `token` is chosen by the form: the same entry sent twice is one finding. A photo is never
    asked for; `photo_sha256` names its stored content. `refusal` keeps why it was not taken as
    an issue the last time.
    """

    __tablename__ = "finding"
    __table_args__ = (
        UniqueConstraint("inspection_id", "token"),
        Index("ix_finding_inspection", "inspection_id", "id"),
        Index("ix_finding_project", "project_id"),
    )
    id: int | None = Field(default=None, primary_key=True)
    version: int = Field(default=1)
    inspection_id: int = Field(foreign_key="inspection.id")
    project_id: int = Field(foreign_key="project.id")
    token: str = Field(max_length=64)
    title: str = Field(max_length=200)
    detail: str = Field(default="", max_length=4000)
    category: str = Field(max_length=60)
    urgent: bool = Field(default=False)
    found_at: datetime
    author_id: int = Field(foreign_key="person.id")
    state: str = Field(default="open", max_length=12)
    note: str = Field(default="", max_length=500)
    photo_name: str = Field(default="", max_length=200)
    photo_sha256: str | None = Field(default=None, max_length=64)
    photo_size: int | None = Field(default=None)
    issue_id: int | None = Field(default=None, foreign_key="issue.id", unique=True)
    issue_at: datetime | None = Field(default=None)
    refusal: list[dict[str, str]] = json_field(default_factory=list)


class Instruction(SQLModel, table=True):
    """A leader's instruction (批示) to a unit, about an inspection, a project or an issue.

    `state`: open → answered → accepted; back to open when returned; or withdrawn. `round` counts
    the answers that were returned. `chased` is the last step of chasing in this round.
    """

    __tablename__ = "instruction"
    __table_args__ = (
        Index("ix_instruction_unit", "unit_id", "state"),
        Index(
            "ix_instruction_open",
            "limit_at",
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    version: int = Field(default=1)
    number: str = Field(max_length=20, unique=True)
    text: str = Field(max_length=4000)
    leader_id: int | None = Field(default=None, foreign_key="person.id")
    leader: str = Field(default="", max_length=60)
    inspection_id: int | None = Field(default=None, foreign_key="inspection.id", index=True)
    project_id: int | None = Field(default=None, foreign_key="project.id", index=True)
    issue_id: int | None = Field(default=None, foreign_key="issue.id", index=True)
    unit_id: int = Field(foreign_key="unit.id")
    given_at: datetime
    recorded_by_id: int = Field(foreign_key="person.id")
    limit_at: datetime
    state: str = Field(default="open", max_length=12)
    round: int = Field(default=1)
    chased: int = Field(default=0)
    answer: str = Field(default="", max_length=4000)
    answered_at: datetime | None = Field(default=None)
    answered_by_id: int | None = Field(default=None, foreign_key="person.id")
    ruling: str = Field(default="", max_length=1000)
    ruled_at: datetime | None = Field(default=None)
    ruled_by_id: int | None = Field(default=None, foreign_key="person.id")
    raised_issue_id: int | None = Field(default=None, foreign_key="issue.id", unique=True)
