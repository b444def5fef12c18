"""The SQL of a page, sent again with the bare driver."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any
from unittest.mock import patch

from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from sqlalchemy import event

from benchmarks.pages_client import COOKIE
from models.db import Database, Session

Sent = list[tuple[str, Any]]


def statements(app: FastAPI, db: Database, path: str, secret: str) -> Sent:
    """What a page sends to the database."""
    with _listening(db) as sent:
        status = asyncio.run(_get(app, path, secret))
    if status != 200:
        raise RuntimeError(f"{path}: {status}")
    return sent


async def _get(app: FastAPI, path: str, secret: str) -> int:
    transport = ASGITransport(app)
    async with AsyncClient(
        transport=transport, base_url="http://127.0.0.1", cookies={COOKIE: secret}
    ) as client:
        return (await client.get(path)).status_code


def milliseconds(db: Database, sent: Sent, rounds: int) -> float:
    """The median time to send the statements in one transaction and to read every row."""
    times = []
    for _round in range(rounds):
        with db.read() as s:
            cursor = s.conn.connection.cursor()
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
    try:
        with patch.object(Session, "query", query):
            yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", core)
