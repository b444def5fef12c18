"""A database as full as that of a busy zone after three years, for measuring pages.

`fill` writes issues with about 1.5 tasks and ten events each by bulk inserts, over the units,
people, policy and calendar that are there. 85 in 100 are closed; the rest stand in every other
state; event chains are whole and deadlines are those that the engine would give. The same seed
gives the same rows.
"""

from __future__ import annotations

import random
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from benchmarks.bureau import NOW
from benchmarks.pages_scene import Scene
from benchmarks.pages_story import Story
from benchmarks.rows import NUMBERED, Rows
from models import tables
from models.db import Database, Session

CHUNK = 5_000


def fill(db: Database, issues: int, *, now: datetime = NOW, seed: int = 1) -> None:
    """Add so many issues to a database that holds units, people and policy but no issue."""
    with db.write() as s:
        scene = Scene(s, issues, now, random.Random(seed))
    for start in range(1, issues + 1, CHUNK):
        rows = Rows()
        for n in range(start, min(start + CHUNK, issues + 1)):
            Story(scene, rows, n).tell()
        with db.write() as s:
            rows.write(s)
    with db.write() as s:
        _settle(s)
    _analyse(db)


def _settle(s: Session) -> None:
    """Let the sequences of PostgreSQL go on behind the ids that were given."""
    if s.dialect != "postgresql":
        return
    for table in NUMBERED:
        s.conn.exec_driver_sql(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
        )


def _analyse(db: Database) -> None:
    """What the database's own housekeeping does within minutes of such a growth."""
    with db.engine.connect() as conn:
        raw: Any = conn.connection.dbapi_connection
        if db.engine.dialect.name == "sqlite":
            raw.execute("PRAGMA optimize=0x10002")
            return
        conn.rollback()
        raw.autocommit = True
        raw.execute("VACUUM ANALYZE")
        raw.autocommit = False


def counts(db: Database) -> dict[str, int]:
    """How many rows each table holds."""
    with db.read() as s:
        return {
            name: int(s.execute(select(func.count()).select_from(table)).scalar_one())
            for name, table in tables.metadata.tables.items()
        }
