"""Who may sign in: accounts, their sessions and tokens. Secrets are stored as hashes only."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel


class Account(SQLModel, table=True):
    """A person's password and the count of failed tries. Rights are in `role_grant`."""

    __tablename__ = "account"
    person_id: int = Field(primary_key=True, foreign_key="person.id")
    password_hash: str = Field(max_length=200)
    must_change: bool = Field(default=True)
    changed_at: datetime
    failed_count: int = Field(default=0)
    locked_until: datetime | None = Field(default=None)
    last_signed_in_at: datetime | None = Field(default=None)


class PasswordHistory(SQLModel, table=True):
    """Earlier passwords, which may not come back at once."""

    __tablename__ = "password_history"
    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    password_hash: str = Field(max_length=200)
    at: datetime


class LoginSession(SQLModel, table=True):
    """One signed-in browser. `token_hash` is the SHA-256 of the cookie's secret."""

    __tablename__ = "login_session"
    id: int | None = Field(default=None, primary_key=True)
    token_hash: str = Field(max_length=64, unique=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    ended_at: datetime | None = Field(default=None)
    end_reason: str = Field(default="", max_length=20)
    address: str = Field(default="", max_length=60)
    agent: str = Field(default="", max_length=200)


class LoginThrottle(SQLModel, table=True):
    """Failed tries from one address within one window, whoever was named."""

    __tablename__ = "login_throttle"
    address: str = Field(primary_key=True, max_length=60)
    window_start: datetime
    failures: int = Field(default=0)


class ApiToken(SQLModel, table=True):
    """A program's key: acts as its person, within its scopes, until it ends."""

    __tablename__ = "api_token"
    id: int | None = Field(default=None, primary_key=True)
    token_hash: str = Field(max_length=64, unique=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    name: str = Field(max_length=80)
    scopes: str = Field(default="read", max_length=80)
    created_by_id: int | None = Field(default=None, foreign_key="person.id")
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = Field(default=None)
    last_used_at: datetime | None = Field(default=None)


class CalendarFeed(SQLModel, table=True):
    """A secret address under which a person's deadlines can be subscribed to."""

    __tablename__ = "calendar_feed"
    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    secret_hash: str = Field(max_length=64, unique=True)
    created_at: datetime
    revoked_at: datetime | None = Field(default=None)
    last_used_at: datetime | None = Field(default=None)
