"""Versions of policy and workflow: a running task keeps the one it was dispatched under."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel


class PolicyVersion(SQLModel, table=True):
    """One text of `policy.toml`, found again by its hash."""

    __tablename__ = "policy_version"
    id: int | None = Field(default=None, primary_key=True)
    digest: str = Field(max_length=64, unique=True)
    source: str
    created_at: datetime


class WorkflowVersion(SQLModel, table=True):
    """One text of `workflow.toml`, found again by its hash."""

    __tablename__ = "workflow_version"
    id: int | None = Field(default=None, primary_key=True)
    digest: str = Field(max_length=64, unique=True)
    source: str
    created_at: datetime


class EngineHead(SQLModel, table=True):
    """The single row that says what is in force; read once per transaction to keep caches true."""

    __tablename__ = "engine_head"
    id: int = Field(default=1, primary_key=True)
    policy_version_id: int = Field(foreign_key="policy_version.id")
    workflow_version_id: int = Field(foreign_key="workflow_version.id")
    calendar_edition: int = Field(default=1)
    organisation_edition: int = Field(default=1)
    template_edition: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
