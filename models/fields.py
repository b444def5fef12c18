"""Column types shared by the tables."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, Integer
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

JsonType = JSON().with_variant(JSONB(), "postgresql")


BigIdType = BigInteger().with_variant(Integer(), "sqlite")


def big_id() -> Any:
    """A key for tables that grow by many rows per issue; SQLite's integers are 64 bits anyway."""
    return Field(default=None, primary_key=True, sa_type=BigIdType)


def json_field(**options: Any) -> Any:
    """A structured column: TEXT with JSON on SQLite, JSONB on PostgreSQL."""
    return Field(sa_type=JsonType, **options)
