"""Settings of the database (`XIAOHAO_DATABASE_*`): its address, its connections, its patience."""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings

DEFAULT_DATABASE_URL = "sqlite:///var/xiaohao.db"


class DatabaseSettings(BaseSettings):
    """What PostgreSQL is asked for; the embedded database needs the address alone.

    The limits in seconds hold for `serve` and `worker`. At the command line a statement may take
    as long as it does, since exports, backups and audits of a large office do.
    """

    database_url: str = Field(default=DEFAULT_DATABASE_URL, description="Database address")
    database_pooler: Literal["auto", "none", "transaction"] = Field(
        default="auto",
        description=(
            "What stands before PostgreSQL: `none`; `transaction`: PgBouncer or its like in "
            "transaction mode; `auto`: each connection finds out for itself"
        ),
    )
    database_pool_size: int = Field(
        default=10, ge=1, le=1000, description="Connections that a process keeps open"
    )
    database_pool_overflow: int = Field(
        default=10, ge=0, le=1000, description="Connections that it may open besides for a moment"
    )
    database_pool_seconds: float = Field(
        default=10.0, gt=0, description="Seconds that a request waits for one of them"
    )
    database_recycle_seconds: int = Field(
        default=1800, ge=-1, description="Age at which a connection is replaced; -1: never"
    )
    database_ping_seconds: float = Field(
        default=5.0,
        ge=0,
        description="A connection that was idle for longer is tried before it is used; 0: always",
    )
    database_connect_seconds: int = Field(
        default=5, ge=2, description="Seconds that each host has to take a connection"
    )
    database_statement_seconds: float = Field(
        default=60.0, ge=0, description="Longest statement; 0: as the server has it"
    )
    database_lock_seconds: float = Field(
        default=10.0, ge=0, description="Longest wait for a lock; 0: as the server has it"
    )
    database_idle_seconds: float = Field(
        default=120.0,
        ge=0,
        description="Longest pause inside a transaction; 0: as the server has it",
    )
    database_commit_seconds: float = Field(
        default=10.0,
        ge=0,
        le=300,
        description=(
            "How long an answer waits for a commit, which no limit of the server ends while a "
            "synchronous standby is silent; 0: as long as it takes"
        ),
    )
    database_retry_seconds: float = Field(
        default=10.0,
        ge=0,
        le=300,
        description=(
            "How long a request or command that met a passing fault of the database is tried "
            "anew, once it is known that it has saved nothing; 0: not at all"
        ),
    )
