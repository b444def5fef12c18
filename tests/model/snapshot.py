"""The tables that the checks look at, read at one moment."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select

from models import tables
from tests.model.driver import Bench

notice, event = tables.notice.c, tables.event.c
QUERIES: dict[str, Select[Any]] = {
    name: select(tables.metadata.tables[name])
    for name in (
        *("issue", "task", "deadline_version", "rung_firing", "prepared_action", "request"),
        "evidence",
    )
} | {
    # without the wide columns, which only cost time
    "notice": select(notice.subject, notice.kind, notice.occasion, notice.recipient_id),
    "event": select(event.stream, event.seq, event.tag, event.task_id, event.data),
}


class Snapshot:
    """The tables that the checks look at."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        with bench.world.db.read() as s:
            read = {name: list(s.execute(query)) for name, query in QUERIES.items()}
        self.issues = {row.number: row for row in read["issue"]}
        self.tasks = {row.number: row for row in read["task"]}
        self.deadlines, self.firings = read["deadline_version"], read["rung_firing"]
        self.prepared, self.notices = read["prepared_action"], read["notice"]
        self.events, self.evidence = read["event"], read["evidence"]
        self.requests = [row for row in read["request"] if row.state == "open"]
        self.names = {row.id: number for number, row in self.tasks.items()}
        self.people = {n: username for username, n in bench.world.people.items()}

    def person(self, person_id: int | None) -> str | None:
        """A username."""
        return None if person_id is None else self.people[person_id]


def same(actual: Any, expected: Any) -> None:
    """Raise naming only what differs between two mappings."""
    keys = [k for k in {*actual, *expected} if actual.get(k) != expected.get(k)]
    if keys:
        raise AssertionError(
            "; ".join(f"{k}: is {actual.get(k)}, should be {expected.get(k)}" for k in keys[:5])
        )
