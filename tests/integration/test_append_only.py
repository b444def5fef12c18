"""History is written once: the database itself refuses to change or delete it."""

from __future__ import annotations

import pytest
from sqlalchemy import Executable, delete, func, select, text, update
from sqlalchemy.exc import DBAPIError

from models import tables
from tests.world import World

NOW = "2026-03-02 10:00"
KEPT = {
    "event": {"tag": "issue.forged"}, "deadline_version": {"cause": "forged"},
    "policy_version": {"source": "forged"}, "workflow_version": {"source": "forged"},
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(KEPT))
def test_the_database_refuses_to_change_or_delete_history(world: World, name: str) -> None:
    world.dispatched(NOW)
    table, before = tables.metadata.tables[name], world.dump()
    assert before[name]
    statements: list[Executable] = [
        update(table).values(**KEPT[name]),
        delete(table),
        text(f"DELETE FROM {name}"),
    ]
    if world.db.engine.dialect.name == "postgresql":
        statements.append(text(f"TRUNCATE {name} CASCADE"))
    for statement in statements:
        with pytest.raises(DBAPIError, match="append-only"), world.db.write() as s:
            s.execute(statement)
    assert world.dump() == before


def test_appending_goes_on(world: World) -> None:
    world.reported(NOW)
    with world.db.read() as s:
        before = s.execute(select(func.count()).select_from(tables.event)).scalar_one()
    world.reported(NOW)
    with world.db.read() as s:
        after = s.execute(select(func.count()).select_from(tables.event)).scalar_one()
    assert after == before + 2
