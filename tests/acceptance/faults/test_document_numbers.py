"""Documents signed by several processes that are killed at random: no gap, no repeat.

TEST_DOCUMENTS=10000 signs as many as an office does in ten years.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from multiprocessing.process import BaseProcess

import pytest
from sqlalchemy import insert, select

from models import tables
from models.db import Database
from tests import papers
from tests.world import World, at
from workflow.context import find_actor
from workflow.documents import commands
from workflow.errors import IllegalTransition

pytestmark = pytest.mark.slow

NOW = at("2026-09-28 10:00")
DOCUMENTS = int(os.environ.get("TEST_DOCUMENTS", "500"))
PROCESSES, KILLS = 4, 10


def sign_all(url: str, documents: list[int]) -> None:
    """Sign one after another; what somebody has signed already is passed over."""
    db = Database(url)
    for document in documents:
        try:
            with db.write() as s:
                commands.sign(s, actor=find_actor(s, "director"), document=document, now=NOW)
        except IllegalTransition:
            continue
    db.close()


def prepared(world: World) -> list[int]:
    """One bulletin prepared, and as many more like it."""
    first = papers.prepare(world, "bulletin", NOW)
    table = tables.document
    with world.db.write() as s:
        row = s.execute(select(table).where(table.c.id == first.id)).one()._asdict()
        row.pop("id")
        s.execute(insert(table), [row] * (DOCUMENTS - 1))
    return [row.id for row in world.rows(table)]


class Crew:
    """Processes with a share each; who is killed begins anew."""

    def __init__(self, url: str, documents: list[int]) -> None:
        self.url = url
        self.shares = [documents[n::PROCESSES] for n in range(PROCESSES)]
        self.spawn = multiprocessing.get_context("spawn")
        self.members = [self.start(n) for n in range(PROCESSES)]
        self.killed = 0

    def start(self, n: int) -> BaseProcess:
        """A process for a share, its order its own, so that two may want the same document."""
        share = list(self.shares[n]) + self.shares[(n + 1) % PROCESSES][:50]
        random.Random(n).shuffle(share)
        made = self.spawn.Process(target=sign_all, args=(self.url, share))
        made.start()
        return made

    def kill(self, n: int) -> None:
        """In the middle of whatever it does."""
        pid = self.members[n].pid
        if self.members[n].is_alive() and pid is not None:
            os.kill(pid, signal.SIGKILL)
            self.members[n].join()
            self.killed += self.members[n].exitcode == -signal.SIGKILL
            self.members[n] = self.start(n)

    def finish(self) -> list[int | None]:
        """Wait for all."""
        for one in self.members:
            one.join(1_200)
        return [one.exitcode for one in self.members]


def signed(world: World) -> list[int]:
    column = tables.document.c
    with world.db.read() as s:
        rows = s.execute(select(column.n).where(column.n.is_not(None)).order_by(column.n))
        return [int(row.n) for row in rows]


def test_as_many_documents_get_as_many_numbers(world: World, db_url: str) -> None:
    documents = prepared(world)
    assert len(documents) == DOCUMENTS
    crew, chance = Crew(db_url, documents), random.Random(20260928)
    for n in range(1, KILLS + 1):
        # the next one dies once so many are signed, wherever it is by then
        while len(found := signed(world)) < n * DOCUMENTS // (KILLS + 4):
            assert any(one.is_alive() for one in crew.members)
            time.sleep(0.02)
        assert found == list(range(1, len(found) + 1))  # no gap while they work, either
        crew.kill(chance.randrange(PROCESSES))
    assert crew.finish() == [0] * PROCESSES
    assert crew.killed > KILLS // 2
    assert signed(world) == list(range(1, DOCUMENTS + 1))
    numbers = {row.number for row in world.rows(tables.document)}
    assert numbers == {f"常经开经通报〔2026〕{n}号" for n in range(1, DOCUMENTS + 1)}
    (series,) = world.rows(
        tables.number_series, name=f"document:{world.units['jfj']}:bulletin:2026"
    )
    assert series.last == DOCUMENTS
