"""Units, people and the roles that give them rights (domain rules: roles and scope)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from config.roles import Post


class Unit(SQLModel, table=True):
    """A bureau, town, street or department; `is_board` marks a region (板块)."""

    __tablename__ = "unit"
    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(max_length=40, unique=True)
    name: str = Field(max_length=120, unique=True)
    name_en: str = Field(default="", max_length=160)
    kind: str = Field(max_length=20)
    parent_id: int | None = Field(default=None, foreign_key="unit.id")
    is_board: bool = Field(default=False)
    active: bool = Field(default=True)


class Person(SQLModel, table=True):
    """Somebody who acts or is told. Rights come from `role_grant`, never from a typed name."""

    __tablename__ = "person"
    id: int | None = Field(default=None, primary_key=True)
    username: str = Field(max_length=60, unique=True)
    name: str = Field(max_length=60)
    unit_id: int = Field(foreign_key="unit.id")
    post: str = Field(default=Post.STAFF, max_length=20)
    email: str | None = Field(default=None, max_length=200)
    phone: str | None = Field(default=None, max_length=40)
    language: str = Field(default="zh_CN", max_length=10)
    active: bool = Field(default=True)
    deputy_id: int | None = Field(default=None, foreign_key="person.id")
    away_from: datetime | None = Field(default=None)
    away_until: datetime | None = Field(default=None)
    wecom_userid: str | None = Field(default=None, max_length=64)


class RoleGrant(SQLModel, table=True):
    """One right of one person."""

    __tablename__ = "role_grant"
    __table_args__ = (UniqueConstraint("person_id", "role"),)
    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id")
    role: str = Field(max_length=30)
