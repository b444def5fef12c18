"""What belongs to a table of PostgreSQL, as statements that make it again elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class Trigger:
    """A trigger with what makes it; `of_rows`: it fires for each row."""

    name: str
    definition: str
    of_rows: bool

    def on(self, table: str, partition: str) -> str:
        """The same on a partition; those of rows PostgreSQL puts there by itself."""
        return self.definition.replace(f" ON {table} ", f" ON {partition} ", 1)


def triggers_of(connection: Connection, table: str) -> list[Trigger]:
    """A table's own triggers, by name."""
    asked = text(
        "SELECT tgname AS name, pg_get_triggerdef(oid) AS definition, (tgtype & 1) = 1 AS of_rows "
        "FROM pg_trigger WHERE tgrelid = to_regclass(:name) AND NOT tgisinternal ORDER BY tgname"
    )
    return [
        Trigger(row.name, _plain(row.definition, table), row.of_rows)
        for row in connection.execute(asked, {"name": table})
    ]


def indexes_of(connection: Connection, table: str) -> dict[str, str]:
    """By name: what makes an index that is no constraint's, nor one of those made for this."""
    asked = text(
        "SELECT c.relname AS name, pg_get_indexdef(i.indexrelid) AS definition FROM pg_index i "
        "JOIN pg_class c ON c.oid = i.indexrelid LEFT JOIN pg_constraint k "
        "ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid "
        "WHERE i.indrelid = to_regclass(:name) AND k.oid IS NULL "
        "AND c.relname NOT LIKE '%\\_before\\_%' ORDER BY c.relname"
    )
    rows = connection.execute(asked, {"name": table})
    return {row.name: _plain(row.definition, table) for row in rows}


def constraints_of(connection: Connection, table: str) -> dict[str, str]:
    """The names of the primary key (`p`) and of the unique constraint (`u`)."""
    asked = text(
        "SELECT contype::text AS kind, conname AS name FROM pg_constraint "
        "WHERE conrelid = to_regclass(:name) AND contype IN ('p', 'u')"
    )
    return {row.kind: row.name for row in connection.execute(asked, {"name": table})}


def _plain(definition: str, table: str) -> str:
    """Without the schema, which is the one that is looked in anyway."""
    return definition.replace(f" ON public.{table} ", f" ON {table} ", 1)
