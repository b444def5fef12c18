"""Writing whole tables into a database that is being filled, and to which nobody writes yet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Table, bindparam, delete, insert, select, text, update

from config.i18n import gettext as _
from models.db import Session
from models.partitions import partitions
from models.wire import forget
from storage.rows import Row, all_tables, numbered, values
from workflow.errors import GuardFailed, Reason


def fill(s: Session, table: Table, rows: list[Row]) -> None:
    """Insert rows as they were. Links of a table to itself are left for `link`."""
    own = own_links(table)
    found = values(table, rows)
    for row in found:
        row.update(dict.fromkeys(own))
    if found:
        s.execute(insert(table), found)


def link(s: Session, table: Table, rows: list[Row]) -> None:
    """Set the links of a table to itself, once every row is there."""
    own = own_links(table)
    [key] = table.primary_key
    linked = [
        {"linked_key": row[key.name]} | {f"to_{name}": row[name] for name in own}
        for row in values(table, rows)
        if any(row[name] is not None for name in own)
    ]
    if linked:
        change = update(table).where(key == bindparam("linked_key"))
        s.execute(change.values({name: bindparam(f"to_{name}") for name in own}), linked)


def own_links(table: Table) -> list[str]:
    """Columns by which a table refers to itself."""
    return sorted({fk.parent.name for fk in table.foreign_keys if fk.column.table is table})


def unlink(s: Session, table: Table) -> None:
    """Loosen the links of a table to itself, so that its rows can be taken out."""
    if own := own_links(table):
        s.execute(update(table).values(dict.fromkeys(own)))


def empty(s: Session, table: Table) -> None:
    """Take every row out again."""
    s.execute(delete(table))


@contextmanager
def unguarded(s: Session, *chosen: Table) -> Iterator[None]:
    """Switch off the triggers that keep rows of these tables as they are, until the block ends.

    Both databases change their schema inside the transaction: a failure puts the guards back.
    """
    if s.dialect == "postgresql" and partitions(s.conn, "event"):
        raise GuardFailed(
            Reason(
                "partitioned",
                _("The database is partitioned by month; it cannot be filled from outside."),
                "db",
                _("Name a new database, and partition it afterwards: xiaohao db partition"),
            )
        )
    if s.dialect == "sqlite":
        every = text("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'")
        names = {table.name for table in chosen}
        guards = [guard for guard in s.execute(every) if guard.tbl_name in names]
        off = [f'DROP TRIGGER "{guard.name}"' for guard in guards]
        on = [guard.sql for guard in guards]
    else:
        off = [f'ALTER TABLE "{table.name}" DISABLE TRIGGER USER' for table in chosen]
        on = [f'ALTER TABLE "{table.name}" ENABLE TRIGGER USER' for table in chosen]
    for statement in off:
        s.conn.exec_driver_sql(statement)
    yield
    for statement in on:
        s.conn.exec_driver_sql(statement)
    forget(s.conn)


def count_on(s: Session) -> None:
    """Let new rows be numbered after the highest that were filled in (PostgreSQL's sequences)."""
    if s.dialect != "postgresql":
        return
    for table in all_tables():
        if numbered(table):
            [key] = table.primary_key
            found = s.execute(
                text("SELECT pg_get_serial_sequence(:table, :key)"),
                {"table": f'"{table.name}"', "key": key.name},
            ).scalar()
            top = s.execute(select(key).order_by(key.desc()).limit(1)).scalar()
            if found and top:
                s.execute(text("SELECT setval(:name, :top)"), {"name": found, "top": top})
