"""The SQL of a page, sent again with the bare driver."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

from fastapi import FastAPI
from sqlalchemy import event
from starlette.testclient import TestClient

from benchmarks.pages_load import COOKIE
from models.db import Database, Session

Sent = list[tuple[str, Any]]


def statements(app: FastAPI, db: Database, path: str, secret: str) -> Sent:
    """What a page sends to the database."""
    browser = TestClient(app, cookies={COOKIE: secret})
    with _listening(db) as sent:
        answer = browser.get(path)
    if answer.status_code != 200:
        raise RuntimeError(f"{path}: {answer.status_code}")
    return sent


def milliseconds(db: Database, sent: Sent, rounds: int) -> float:
    """The median time to send the statements in one transaction and to read every row."""
    times = []
    for _round in range(rounds):
        with db.read() as s:
            cursor = s.cursor()
            begun = time.perf_counter()
            for sql, values in sent:
                cursor.execute(sql, values)
                cursor.fetchall()
            times.append((time.perf_counter() - begun) * 1000)
    return median(times)


@contextmanager
def _listening(db: Database) -> Iterator[Sent]:
    sent: Sent = []

    def core(_c: Any, _cur: Any, sql: str, values: Any, _ctx: Any, _many: bool) -> None:
        sent.append((sql, values))

    plain = Session.query

    def query(s: Session, sql: str, values: Any) -> list[Any]:
        sent.append((sql, values))
        return plain(s, sql, values)

    event.listen(db.engine, "before_cursor_execute", core)
    Session.query = query  # type: ignore[method-assign]
    try:
        yield sent
    finally:
        Session.query = plain  # type: ignore[method-assign]
        event.remove(db.engine, "before_cursor_execute", core)
