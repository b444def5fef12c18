"""Rows for a database of any revision, made by the server itself out of nothing but its tables."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Engine,
    MetaData,
    Numeric,
    String,
    Table,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

FEW = {
    "unit": 20, "person": 200, "policy_version": 1, "workflow_version": 1, "project": 400,
    "target": 40,
}  # fmt: skip
ORDER = (*FEW, "issue", "task", "deadline_version", "event", "notice")
STATES = {"issue": "'in_progress'", "task": "'in_progress'", "notice": "'sent'"}


def fill(engine: Engine, tasks: int) -> None:
    """So many tasks, half as many issues, each with a history of four events."""
    issues = max(1, tasks // 2)
    counts = FEW | {
        "issue": issues, "task": tasks, "deadline_version": tasks, "event": issues * 4,
        "notice": issues,
    }  # fmt: skip
    found = MetaData()
    with engine.connect() as conn, conn.begin():
        found.reflect(conn)
        for name in ORDER:
            table = found.tables[name]
            values = {c.name: _value(table, c, counts) for c in table.columns}
            columns = ", ".join(f'"{column}"' for column in values)
            conn.execute(
                text(
                    f'INSERT INTO "{name}" ({columns}) SELECT {", ".join(values.values())} '
                    f"FROM generate_series(1, {counts[name]}) AS g"
                )
            )
            _count_on(conn, name)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("ANALYZE"))


def _count_on(conn: Connection, name: str) -> None:
    conn.execute(
        text(f"SELECT setval(pg_get_serial_sequence('\"{name}\"', 'id'), max(id)) FROM \"{name}\"")
    )


def _value(table: Table, column: Column[object], counts: dict[str, int]) -> str:
    """What a row's number becomes in a column."""
    issues = counts["issue"]
    special = {
        "event.stream": f"'issue:' || (1 + g % {issues})",
        "event.seq": f"1 + (g - 1) / {issues}",
        "event.hash": "md5(g::text) || md5((-g)::text)",
        "notice.subject": "'issue:' || g",
        "notice.recipient_id": "1 + g % 200",
        "issue.source_id": "NULL",
        "task.issue_id": f"1 + g % {issues}",
        "deadline_version.task_id": "g",
    }
    if (chosen := special.get(f"{table.name}.{column.name}")) is not None:
        return chosen
    if column.primary_key:
        return "g"
    if column.name == "state" and table.name in STATES:
        return STATES[table.name]
    if column.nullable:
        return "NULL"
    for key in column.foreign_keys:
        return f"1 + g % {counts[key.column.table.name]}"
    return _plain(column)


def _plain(column: Column[object]) -> str:
    kind = column.type
    if isinstance(kind, Boolean):
        return "false"
    if isinstance(kind, DateTime):
        return "now()"
    if isinstance(kind, Date):
        return "current_date"
    if isinstance(kind, JSONB):
        return "'{}'::jsonb"
    if isinstance(kind, String):
        return f"left('{column.name[:2]}' || g, {kind.length or 40})"
    return "0" if isinstance(kind, Numeric) else "1"
