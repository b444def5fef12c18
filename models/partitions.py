"""`xiaohao db partition`: events and notices by month, on PostgreSQL, for offices of millions.

The table as it stands becomes the first partition; nothing is copied. Everything slow (indexes,
the check of its bounds, the keys of notices) is done while others read and write; what needs the
table for itself takes milliseconds, waits for nobody longer than two seconds, and tries again.

PostgreSQL keeps a key unique across partitions only where it contains the month's column:

* `event`: (stream, seq, at) instead of (stream, seq). Two events of one number could differ in
  `at` alone; the compare-and-swap on the head of their chain, under its row's lock, forbids that,
  and the audit would show it.
* `notice`: a repeat differs in `created_at`, so that its key is kept in a table of its own,
  `notice_key`, which a trigger fills: a notice that was told already is left out in silence, as
  ON CONFLICT DO NOTHING did before.

Triggers hang on the parent and on every partition, so that none can be changed past them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from time import sleep
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from models.db import Database
from models.engines import Limits, make_engine
from models.table_parts import constraints_of, indexes_of, triggers_of

AHEAD = 4
"""Months made ahead, so that the daily job may be out of order for a third of a year. What comes
after them goes into a default partition, and the job then says that it cannot go on."""
TRIES, PAUSE = 60, 0.5
BATCH = 20_000
_LOCK_NOT_AVAILABLE = "55P03"
Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Kind:
    """A table: the column of its months, and what is unique beside its number."""

    table: str
    at: str
    unique: tuple[str, ...] = ()
    lookup: tuple[str, ...] = ()
    """Columns of an index in place of a unique one that goes."""


KINDS = (
    Kind("event", "at", unique=("stream", "seq")),
    Kind("notice", "created_at", lookup=("subject", "id")),
)
_KEY = (
    "md5(concat_ws(chr(31), {row}.subject, {row}.deadline_version, {row}.kind, {row}.occasion, "
    "{row}.recipient_id, {row}.channel))::uuid"
)


def partition(url: str, now: datetime, told: Told) -> list[str]:
    """Turn both tables into partitioned ones; names of those that were turned now.

    Repeating it goes on after an interruption. Raises `ValueError` for another database and for
    rows that lie in the future, `RuntimeError` where the tables are never free.
    """
    engine = make_engine(url, Limits.usual().patient())
    try:
        if engine.dialect.name != "postgresql":
            raise ValueError("only PostgreSQL has partitions")
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            return [kind.table for kind in KINDS if _turn(connection, kind, now, told)]
    finally:
        engine.dispose()


def run(db: Database, now: datetime) -> int:
    """The daily job: the partitions of the months to come; how many were made. None elsewhere."""
    if db.engine.dialect.name != "postgresql":
        return 0
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        return sum(_ahead(connection, kind, now) for kind in KINDS)


def partitions(connection: Connection, table: str) -> list[str]:
    """Names of a table's partitions; none where it is a plain table."""
    asked = text(
        "SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
        "WHERE i.inhparent = to_regclass(:name) ORDER BY c.relname"
    )
    return list(connection.execute(asked, {"name": table}).scalars())


# ---------------------------------------------------------------- turning a table


def _turn(connection: Connection, kind: Kind, now: datetime, told: Told) -> bool:
    if partitions(connection, kind.table):
        return False
    table, cut = kind.table, _month(now, 2)
    told(f"{table}: indexes")
    for name, columns in _keys(kind).items():
        _say(connection, f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        unique = "" if name.endswith("_lookup") else "UNIQUE "
        _say(connection, f"CREATE {unique}INDEX CONCURRENTLY {name} ON {table} ({columns})")
    told(f"{table}: bounds")
    _bound(connection, kind, cut)
    if not kind.unique:
        told(f"{table}: keys")
        _note_keys(connection)
    told(f"{table}: switch")
    _alone(connection, lambda: _switch(connection, kind, cut))
    _ahead(connection, kind, now)
    _say(connection, f"ANALYZE {table}")
    return True


def _keys(kind: Kind) -> dict[str, str]:
    """Names and columns of the indexes that the first partition needs."""
    found = {f"{kind.table}_before_pkey": f"id, {kind.at}"}
    if kind.lookup:
        found[f"{kind.table}_before_lookup"] = ", ".join(kind.lookup)
    if kind.unique:
        found[f"{kind.table}_before_key"] = ", ".join((*kind.unique, kind.at))
    return found


def _bound(connection: Connection, kind: Kind, cut: datetime) -> None:
    """A proof that the rows lie before the cut, so that attaching needs no look at them."""
    table, name = kind.table, f"{kind.table}_before_check"
    _alone(connection, lambda: _say(
        connection, f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}",
        f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({kind.at} < {_moment(cut)}) NOT VALID",
    ))  # fmt: skip
    try:
        _say(connection, f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")
    except DBAPIError as error:
        _alone(connection, lambda: _say(connection, f"ALTER TABLE {table} DROP CONSTRAINT {name}"))
        raise ValueError(f"rows of {table} lie beyond {cut:%Y-%m-%d}") from error


def _note_keys(connection: Connection) -> None:
    """The keys of notices: of new ones by a trigger, then of those that are there."""
    new, old = _KEY.format(row="NEW"), _KEY.format(row="OLD")
    _say(
        connection,
        "CREATE TABLE IF NOT EXISTS notice_key (key uuid PRIMARY KEY)",
        "CREATE OR REPLACE FUNCTION notice_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"INSERT INTO notice_key VALUES ({new}) ON CONFLICT DO NOTHING; "
        "IF NOT FOUND THEN RETURN NULL; END IF; RETURN NEW; END $$",
        "CREATE OR REPLACE FUNCTION notice_forgotten() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN DELETE FROM notice_key WHERE key = {old}; RETURN OLD; END $$",
    )
    _alone(connection, lambda: _say(
        connection,
        "CREATE OR REPLACE TRIGGER notice_once BEFORE INSERT ON notice FOR EACH ROW "
        "EXECUTE FUNCTION notice_once()",
        "CREATE OR REPLACE TRIGGER notice_forgotten BEFORE DELETE ON notice FOR EACH ROW "
        "EXECUTE FUNCTION notice_forgotten()",
    ))  # fmt: skip
    last, top = 0, connection.execute(text("SELECT coalesce(max(id), 0) FROM notice")).scalar_one()
    while last < top:
        _say(
            connection,
            f"INSERT INTO notice_key SELECT {_KEY.format(row='notice')} FROM notice "
            f"WHERE id > {last} AND id <= {last + BATCH} ON CONFLICT DO NOTHING",
        )
        last += BATCH


def _switch(connection: Connection, kind: Kind, cut: datetime) -> None:
    """In one transaction: the table under another name, a parent in its place, all its things."""
    table, first = kind.table, f"{kind.table}_before_{cut:%Y_%m}"
    _say(connection, f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
    triggers, indexes = triggers_of(connection, table), indexes_of(connection, table)
    constraints = constraints_of(connection, table)
    _say(
        connection,
        *(f"DROP TRIGGER {t.name} ON {table}" for t in triggers if t.of_rows),
        *(f"ALTER TABLE {table} DROP CONSTRAINT {name}" for name in constraints.values()),
        *(f"ALTER INDEX {name} RENAME TO {name[:55]}_before" for name in indexes),
        f"ALTER TABLE {table} RENAME TO {first}",
        f"CREATE TABLE {table} (LIKE {first} INCLUDING DEFAULTS INCLUDING STORAGE) "
        f"PARTITION BY RANGE ({kind.at})",
        f"ALTER SEQUENCE {table}_id_seq OWNED BY {table}.id",
        f"ALTER TABLE {first} ADD PRIMARY KEY USING INDEX {table}_before_pkey",
        f"ALTER TABLE {table} ADD CONSTRAINT {constraints['p']} PRIMARY KEY (id, {kind.at})",
    )
    if kind.unique:
        columns = ", ".join((*kind.unique, kind.at))
        _say(
            connection,
            f"ALTER TABLE {first} ADD UNIQUE USING INDEX {table}_before_key",
            f"ALTER TABLE {table} ADD CONSTRAINT {constraints['u']} UNIQUE ({columns})",
        )
    if kind.lookup:
        _say(connection, f"CREATE INDEX {table}_lookup ON {table} ({', '.join(kind.lookup)})")
    _say(
        connection,
        *indexes.values(),
        f"ALTER TABLE {table} ATTACH PARTITION {first} "
        f"FOR VALUES FROM (MINVALUE) TO ({_moment(cut)})",
        f"ALTER TABLE {first} DROP CONSTRAINT {table}_before_check",
        f"CREATE TABLE {table}_default PARTITION OF {table} DEFAULT",
        *(t.definition for t in triggers),
        *(t.on(table, f"{table}_default") for t in triggers if not t.of_rows),
    )


# ---------------------------------------------------------------- months ahead


def _ahead(connection: Connection, kind: Kind, now: datetime) -> int:
    there, made = partitions(connection, kind.table), 0
    first = next((name[-7:] for name in there if "_before_" in name), None)
    if first is None:
        return 0
    for n in range(AHEAD + 1):
        begin, end = _month(now, n), _month(now, n + 1)
        name = f"{kind.table}_{begin:%Y_%m}"
        if f"{begin:%Y_%m}" < first or name in there:
            continue
        _alone(connection, partial(_add, connection, kind, name, begin, end))
        made += 1
    return made


def _add(connection: Connection, kind: Kind, name: str, begin: datetime, end: datetime) -> None:
    """Made aside and attached, which lets others go on reading and writing."""
    table = kind.table
    statements = [t for t in triggers_of(connection, table) if not t.of_rows]
    _say(
        connection,
        f"CREATE TABLE {name} (LIKE {table} INCLUDING ALL)",
        f"ALTER TABLE {table} ATTACH PARTITION {name} "
        f"FOR VALUES FROM ({_moment(begin)}) TO ({_moment(end)})",
        *(trigger.on(table, name) for trigger in statements),
    )


def _month(now: datetime, more: int) -> datetime:
    """The first moment (UTC) of the month that lies so many months ahead."""
    number = now.astimezone(UTC).year * 12 + now.astimezone(UTC).month - 1 + more
    return datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC)


def _moment(at: datetime) -> str:
    return f"TIMESTAMPTZ '{at:%Y-%m-%d} 00:00:00+00'"


def _say(connection: Connection, *statements: str) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement)


def _alone(connection: Connection, work: Callable[[], Any]) -> None:
    """Do it in a transaction that waits two seconds at most for the others, again and again."""
    for _try in range(TRIES):
        _say(connection, "BEGIN", "SET LOCAL lock_timeout = '2s'")
        try:
            work()
        except DBAPIError as error:
            _say(connection, "ROLLBACK")
            if getattr(error.orig, "sqlstate", "") != _LOCK_NOT_AVAILABLE:
                raise
            sleep(PAUSE)
            continue
        except BaseException:
            _say(connection, "ROLLBACK")
            raise
        _say(connection, "COMMIT")
        return
    raise RuntimeError("the table was never free; try again when less is going on")
