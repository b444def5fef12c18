"""What is asked of a database: the statements themselves, to be counted and read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from models.db import Database, Session


@contextmanager
def asked_of(db: Database) -> Iterator[list[str]]:
    """Every statement sent to the database meanwhile, by SQLAlchemy or straight to the driver."""
    sent: list[str] = []

    def by_core(_c: Any, _cursor: Any, sql: str, *_rest: Any) -> None:
        sent.append(sql)

    event.listen(db.engine, "before_cursor_execute", by_core)
    try:
        with pytest.MonkeyPatch.context() as patch:
            for road in ("query", "send"):
                _note(patch, road, sent)
            yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", by_core)


def _note(patch: pytest.MonkeyPatch, road: str, sent: list[str]) -> None:
    plain = getattr(Session, road)

    def noting(s: Session, sql: str, values: Any) -> Any:
        sent.append(sql)
        return plain(s, sql, values)

    patch.setattr(Session, road, noting)
