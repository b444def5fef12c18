"""How Alembic runs the migrations: on a connection that `models.migrate` hands over."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import JSON, Connection, DateTime, String
from sqlalchemy.types import TypeDecorator

from models.tables import metadata, of_models


def render(kind: str, item: Any, autogenerating: AutogenContext) -> str | Literal[False]:
    """Write column types in plain SQLAlchemy, so that no later SQLModel can change the past."""
    if kind != "type":
        return False
    plain = item.impl_instance if isinstance(item, TypeDecorator) else item
    if isinstance(plain, JSON):
        autogenerating.imports.add("from sqlalchemy.dialects import postgresql")
        return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    if isinstance(plain, DateTime):
        return f"sa.DateTime(timezone={plain.timezone})"
    if isinstance(plain, String) and isinstance(item, TypeDecorator):
        return f"sa.String(length={plain.length})"
    return False


def run(connection: Connection) -> None:
    """Apply the migrations inside the transaction of the caller."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        compare_type=True,
        include_name=of_models,
        render_item=render,
        render_as_batch=connection.dialect.name == "sqlite",
        # Both databases roll back DDL, so an upgrade that fails leaves nothing behind.
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])
