"""Records of the project library for tests, each made by the command that people use."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from models import tables
from projects.library import commands as library
from tests.world import World

NOW = "2026-09-28 10:00"
CODE = "2401-320412-89-01-123456"


def added(world: World, name: str = "甲项目", *, board: str = "lucheng", **values: str) -> int:
    """A record kept by the office; returns its id."""
    done = world.do(library.add, "chief", NOW, values={"name": name, **values}, board=board)
    return int(done.id)


def row(world: World, project_id: int) -> Any:
    """A project's row."""
    with world.db.read() as s:
        chosen = select(tables.project).where(tables.project.c.id == project_id)
        return s.execute(chosen).one()


def rows(world: World, table: Any, **where: Any) -> list[Any]:
    """Rows of a table, oldest first."""
    with world.db.read() as s:
        wanted = [table.c[name] == value for name, value in where.items()]
        return list(s.execute(select(table).where(*wanted).order_by(table.c.id)))


def said(world: World, project_id: int) -> list[str]:
    """The tags of a project's history, oldest first."""
    found = rows(world, tables.event, stream=f"project:{project_id}")
    return [event.tag for event in found]
