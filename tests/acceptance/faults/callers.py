"""Programs that call the API over HTTP, and repeat a call under its key until it is answered."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random

import httpx
from sqlalchemy import select

from config import clock
from models import tables
from models.db import Database
from tests.acceptance.faults import SEED
from tests.acceptance.faults.patience import Patience
from workflow.accounts import tokens
from workflow.context import find_actor

PAUSE = 0.05
"""Seconds between two tries."""
REPORT = {
    "description": "地块北侧10千伏杆线需迁移", "category": "手续办理",
    "no_project_reason": "片区共性问题", "board": "lucheng",
}  # fmt: skip


@dataclass
class Callers:
    """`told`: numbers of issues by title; `refused`: codes of the others that were answered for
    good. `later`: codes of answers that said to come back; `lost`: calls without an answer
    within `timeout` seconds."""

    token: str
    bases: Sequence[str]
    timeout: float = 30.0
    chance: Random = field(default_factory=lambda: Random(SEED))
    told: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    later: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    replayed: int = 0
    failed: list[BaseException] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def working(self, number: int) -> Iterator[None]:
        """So many at work at once, until the block ends and what was begun is answered."""
        threads = [threading.Thread(target=self.run, args=(f"0.{n}",)) for n in range(number)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.stopping.set()
            for thread in threads:
                thread.join()

    def run(self, name: str) -> None:
        """Report one thing after the other until `stopping`; each is brought to its end."""
        try:
            number = 0
            while not self.stopping.is_set():
                number += 1
                self.report(f"{name}-{number}")
        except BaseException as error:
            self.failed.append(error)

    def report(self, title: str) -> None:
        """One call, repeated until it is answered; raises AssertionError when it never is."""
        patience = Patience()
        while not self._tried(title):
            assert patience.lasts(), f"{title} was never answered"
            time.sleep(self.chance.uniform(0, PAUSE))

    def _tried(self, title: str) -> bool:
        """Whether an answer came that says what became of it; each on a connection of its own."""
        headers = {
            "authorization": f"Bearer {self.token}", "idempotency-key": title,
            "accept-language": "en",
        }  # fmt: skip
        url = f"{self.chance.choice(self.bases)}/api/v1/issues"
        try:
            found = httpx.post(
                url, json=REPORT | {"title": title}, headers=headers, timeout=self.timeout
            )
        except httpx.TransportError:
            self.lost += 1
            return False
        if found.status_code == 201:
            self.told[title] = found.json()["issue_number"]
            self.replayed += "idempotent-replayed" in found.headers
        elif found.status_code < 500:
            self.refused[title] = found.text
        else:
            self.later[str(found.json()["code"])] += 1
        return found.status_code < 500


def token_of(db: Database, username: str) -> str:
    """A token of somebody that counts from now on."""
    with db.write() as s:
        made = tokens.create(
            s, person=find_actor(s, username), actor=None, name="calls", scopes=("read", "write"),
            days=30, now=clock.now(),
        )  # fmt: skip
    return made.text


def every_call_was_done_once(db: Database, made: Callers) -> None:
    """Each that was acknowledged is there under its number, and none is there that was not."""
    assert made.failed == [] and made.refused == {}
    with db.read() as s:
        rows = s.execute(select(tables.issue.c.title, tables.issue.c.number))
        found = [(row.title, row.number) for row in rows if row.title.startswith("0.")]
    assert sorted(found) == sorted(made.told.items())
