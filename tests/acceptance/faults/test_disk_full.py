"""The disk is full: real writes fail. Nothing is done by half, and it goes on by itself.

Database and evidence lie on a volume of their own, which is filled to its last page.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from config import clock
from models import tables
from models.db import Database
from models.migrate import upgrade
from tests.acceptance.faults import TIMES
from tests.acceptance.faults.callers import Callers, every_call_was_done_once, token_of
from tests.acceptance.faults.checker import check, watchdog_says
from tests.acceptance.faults.crowd import crowd
from tests.acceptance.faults.house import House, house
from tests.acceptance.faults.patience import until
from tests.acceptance.faults.room import Room, room
from tests.databases import sqlite_url
from tests.files import picture
from tests.servers import servers
from tests.smtp import SmtpServer

pytestmark = pytest.mark.slow

REFUSALS, WORK = 6, 6
"""Calls refused while it is full, and calls done afterwards, a round."""
FULL = "storage_unwritable"
Office = Callable[[Path], AbstractContextManager[tuple[Room, Database]]]


@pytest.fixture(params=["sqlite", "postgresql"])
def office(request: pytest.FixtureRequest) -> Office:
    """Makes an office with the crowd on a volume of its own."""
    if request.param == "postgresql":
        return in_postgresql
    template: Path = request.getfixturevalue("sqlite_crowd")

    @contextmanager
    def in_sqlite(folder: Path) -> Iterator[tuple[Room, Database]]:
        with room(folder / "volume", 32) as volume:
            shutil.copyfile(template, volume.path / "crowd.db")
            db = Database(sqlite_url(volume.path / "crowd.db"))
            with db.read():  # what a reader needs beside the file is there before it is full
                pass
            yield volume, db
            db.close()

    return in_sqlite


@contextmanager
def in_postgresql(_folder: Path) -> Iterator[tuple[Room, Database]]:
    """A server whose tables lie on the volume. Its log of changes lies elsewhere, as it should:
    without room for that the server stops until somebody makes some."""
    with servers() as [server], room(server.folder / "volume", 160) as volume:
        server.make(tables=volume.path / "data").start().run("CREATE DATABASE office")
        try:
            upgrade(server.url("office"))
            db = Database(server.url("office"))
            crowd(db)
            yield volume, db
            db.close()
        finally:  # before its volume is taken away
            server.stop("immediate")


def fill(volume: Room, db: Database) -> None:
    """No room is left, not even in what SQLite had set aside for changes."""
    if db.engine.dialect.name == "sqlite":
        with closing(sqlite3.connect(volume.path / "crowd.db", isolation_level=None)) as admin:
            admin.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    volume.fill()


def attach(served: House, token: str, task: str) -> httpx.Response:
    """A photo for a task."""
    return httpx.post(
        f"{served.base}/api/v1/tasks/{task}/evidence",
        files={"file": ("现场.png", picture("PNG", size=400))},
        data={"kind": "photo"},
        headers={"authorization": f"Bearer {token}", "idempotency-key": "photo"},
        timeout=60,
    )


def at_hand(db: Database) -> tuple[str, str]:
    """A task that is under way, and who may add evidence to it."""
    task, unit = tables.task.c, tables.unit.c
    with db.read() as s:
        row = s.execute(
            select(task.number, unit.code)
            .join(tables.unit, unit.id == task.lead_unit_id)
            .where(task.state == "in_progress", task.paused_at.is_(None))
            .limit(1)
        ).one()
    return row.number, f"{row.code}_liaison"


def stored(volume: Room) -> list[str]:
    """Every file in the store of evidence, whole or not."""
    return [path.name for path in (volume.path / "evidence").rglob("*") if path.is_file()]


def refused_while_full(served: House, at_work: Callers) -> None:
    """For some calls more nothing can be saved, and the answers say so."""
    enough = at_work.later[FULL] + REFUSALS
    until(lambda: at_work.later[FULL] >= enough, "calls are refused")
    assert set(at_work.later) == {FULL}
    assert served.status("/readyz") == 200


def test_a_full_disk_refuses_everything_and_breaks_nothing(
    office: Office, smtp_server: SmtpServer, tmp_path: Path
) -> None:
    with office(tmp_path) as (volume, db):
        (volume.path / "evidence").mkdir()
        (tmp_path / "var").mkdir()
        (tmp_path / "var" / "evidence").symlink_to(volume.path / "evidence")
        assert {"not_swept", "not_escalated"} <= watchdog_says(db, clock.now())
        task, person = at_hand(db)
        token = token_of(db, person)
        at_work = Callers(token_of(db, "lucheng_reporter"), ())
        fill(volume, db)
        with house(db.url, tmp_path, settings=delivering(smtp_server)) as served:
            at_work.bases = [served.base]
            full_and_free_again(volume, db, served, at_work, token, task)
        every_call_was_done_once(db, at_work)
        check(db, clock.now())
        with db.read() as s:
            (digest,) = s.execute(
                select(tables.evidence.c.sha256).where(tables.evidence.c.sha256 != "")
            ).scalars()
        assert stored(volume) == [digest]


def full_and_free_again(
    volume: Room, db: Database, served: House, at_work: Callers, token: str, task: str
) -> None:
    """Full from the start, then again and again in the middle of the work."""
    with at_work.working(3):
        refused_while_full(served, at_work)
        answer = attach(served, token, task)
        assert (answer.status_code, answer.json()["code"]) == (503, FULL)
        assert stored(volume) == []
        assert served.status("/healthz") == 503
        for again in range(1 + TIMES):
            if again:
                fill(volume, db)
                refused_while_full(served, at_work)
            volume.free()
            done = len(at_work.told)
            until(lambda: len(at_work.told) >= done + WORK, "calls are done again")  # noqa: B023
    assert attach(served, token, task).status_code == 201
    until(lambda: served.status("/healthz") == 200, "nothing is missed")


def delivering(mail: SmtpServer) -> dict[str, str]:
    """Settings by which the crowd's messages leave at once."""
    return {
        "XIAOHAO_CHANNELS": "inapp,smtp,folder", "XIAOHAO_SMTP_PORT": str(mail.port),
        "XIAOHAO_LEASE_SECONDS": "4", "XIAOHAO_SMTP_TIMEOUT": "3",
    }  # fmt: skip
