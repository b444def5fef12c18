"""Signs of life of the background jobs, and rows that a job put aside."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel


class Heartbeat(SQLModel, table=True):
    """When a job last finished well, on which worker."""

    __tablename__ = "heartbeat"
    job: str = Field(primary_key=True, max_length=40)
    worker: str = Field(default="", max_length=80)
    at: datetime


class Deferral(SQLModel, table=True):
    """A subject that raised during a sweep: put off, counted and shown until it succeeds."""

    __tablename__ = "deferral"
    subject: str = Field(primary_key=True, max_length=40)
    attempts: int = Field(default=1)
    error: str = Field(default="", max_length=500)
    at: datetime
    retry_at: datetime


class NumberSeries(SQLModel, table=True):
    """The last number given out in a series, e.g. issues of one year."""

    __tablename__ = "number_series"
    name: str = Field(primary_key=True, max_length=60)
    last: int = Field(default=0)
