"""The short way to PostgreSQL: what goes out and comes back is what psycopg itself would say."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from models import beginning, tables
from models.db import Database, Session, numbered
from models.engines import PREPARE_AFTER, Limits
from models.glance import glance
from models.heads import forget_head, read_head
from models.passing import is_busy, is_lost, is_transient
from models.queries.people import bump_organisation
from models.wire import MOST_PREPARED, wire_of
from workflow.context import context
from workflow.due import claim

VALUES: list[Any] = [
    1, 2**31, 2**62, "行 $1 %s '; --", "", None, True, Decimal("1.20"), 1.5, date(2026, 2, 28),
    datetime(2026, 1, 1, 8, tzinfo=UTC), b"\0\xff",
]  # fmt: skip
CASTS = (
    "int", "bigint", "bigint", "text", "text", "text", "bool", "numeric", "float8", "date",
    "timestamptz", "bytea",
)  # fmt: skip
ALL = "SELECT " + ", ".join(f"CAST(%s AS {kind})" for kind in CASTS)
ASLEEP = text(
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
    " AND datname = current_database()"
)
PREPARED = text("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'xh%'")


@pytest.fixture
def db(founded: bool, postgresql_db_url: str) -> Iterator[Database]:
    """The zone's office on PostgreSQL."""
    assert founded
    with closing(Database(postgresql_db_url)) as database:
        yield database


def pid(conn: Connection) -> int:
    """The server's process that answers."""
    return int(conn.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())


def test_values_come_back_as_psycopg_reads_them(db: Database) -> None:
    with db.read() as s:
        raw: Any = s.conn.connection.dbapi_connection
        cursor = psycopg.RawCursor(raw)
        expected = cursor.execute(numbered(ALL), VALUES).fetchall()
        for _often in range(PREPARE_AFTER + 3):
            assert s.query(ALL, VALUES) == expected
        assert s.query("SELECT 1 WHERE false", []) == []


def test_what_is_asked_often_is_prepared_and_what_was_not_asked_longest_goes(db: Database) -> None:
    with db.read() as s:
        for n in range(MOST_PREPARED + 5):
            for _often in range(PREPARE_AFTER + 1):
                assert s.query(f"SELECT {n} + %s::int", [1]) == [(n + 1,)]
        kept = s.execute(text("SELECT statement FROM pg_prepared_statements")).scalars().all()
    named = {n for n in range(MOST_PREPARED + 5) if f"SELECT {n} + $1::int" in kept}
    assert named == set(range(5, MOST_PREPARED + 5))


def test_what_is_prepared_outlives_what_is_taken_back(db: Database) -> None:
    for _again in range(3):
        with db.engine.connect() as conn, conn.begin() as transaction:
            for n in range(PREPARE_AFTER + 1):
                assert wire_of(conn).query(b"SELECT $1::int", [n]) == [(n,)]
                conn.execute(text("SELECT 1 AS psycopg_prepares_it"))
            with suppress(DBAPIError), conn.begin_nested():
                conn.execute(text("SELECT 1 / 0"))
            assert wire_of(conn).query(b"SELECT $1::int", [7]) == [(7,)]
            transaction.rollback()
    with db.engine.connect() as conn:
        assert conn.execute(PREPARED).scalar_one() == 1


def test_a_transaction_that_failed_takes_everything_that_was_prepared_with_it(db: Database) -> None:
    alter = "ALTER TABLE fickle ALTER n TYPE {} USING n::{}"
    with db.engine.connect() as conn, conn.begin():
        conn.exec_driver_sql("CREATE TABLE fickle (n int)")

    def both(s: Session) -> None:
        for _often in range(PREPARE_AFTER + 2):
            s.query("SELECT n FROM fickle", [])
            s.execute(text("SELECT n FROM fickle")).all()

    for kind in ("bigint", "int"):
        with db.read() as s:
            both(s)
        with closing(Database(db.url)) as other, other.engine.connect() as conn, conn.begin():
            conn.exec_driver_sql(alter.format(kind, kind))
        with pytest.raises(DBAPIError) as caught, db.read() as s:
            both(s)
        assert is_transient(caught.value)
        with db.read() as s:
            both(s)


def test_a_statement_that_the_server_was_told_to_forget_is_asked_anew(db: Database) -> None:
    def ask() -> list[Any]:
        with db.read() as s:
            return [s.query("SELECT %s::int", [7]) for _ in range(PREPARE_AFTER + 1)]

    ask()
    with db.engine.connect() as conn:
        conn.exec_driver_sql("DEALLOCATE ALL")
    with pytest.raises(DBAPIError) as caught:
        ask()
    assert is_transient(caught.value)
    assert ask() == [[(7,)]] * (PREPARE_AFTER + 1)


def test_objects_may_be_dropped_on_a_connection_that_is_used_again(db: Database) -> None:
    for n in range(2):
        with db.read() as s:
            for _often in range(PREPARE_AFTER + 1):
                assert s.query("SELECT %s::int", [7]) == [(7,)]
                s.execute(text("SELECT 1 AS psycopg_prepares_it"))
        alone = db.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        with alone as conn:
            conn.exec_driver_sql(f"CREATE TABLE dropped{n} (n int)")
            conn.exec_driver_sql(f"DROP TABLE dropped{n}")


def test_errors_are_the_drivers_own_and_the_connection_goes_on(db: Database) -> None:
    unit = tables.unit.c
    with pytest.raises(IntegrityError) as caught, db.write() as s:
        code = s.execute(select(unit.code).limit(1)).scalar_one()
        s.send("INSERT INTO unit (code, name, kind) VALUES (%s, 'x', 'x')", [[code]])
    assert isinstance(caught.value.orig, psycopg.errors.IntegrityError)
    with db.write() as s:
        assert s.send("UPDATE unit SET name = name WHERE code = %s", [[code]]) == 1


@pytest.mark.parametrize("where", ["begin", "query", "send", "savepoint", "commit"])
def test_a_connection_that_is_cut_is_known_to_be_lost(db: Database, where: str) -> None:
    with db.engine.connect() as mine, db.engine.connect() as other:
        lost = pid(mine)
        mine.rollback()

        def cut(here: str) -> None:
            if where == here:
                other.exec_driver_sql(f"SELECT pg_terminate_backend({lost}, 10000)")
                other.commit()

        with pytest.raises(OperationalError) as caught:
            cut("begin")
            with beginning.of(mine, beginning.WRITE):
                s = Session(mine)
                s.query("SELECT 1", [])
                cut("query")
                s.query("SELECT %s::int", [None])
                cut("send")
                s.send("UPDATE unit SET name = name WHERE id = %s", [[0]])
                nested = mine.begin_nested()
                cut("savepoint")
                nested.rollback()
                cut("commit")
    assert is_lost(caught.value) and caught.value.connection_invalidated
    with db.read() as s:
        assert s.query("SELECT 1", []) == [(1,)]


def test_who_cannot_begin_leaves_nothing_behind(db: Database) -> None:
    slow = Database(db.url, replace(Limits.usual(), lock=3600))
    with closing(slow), db.write() as holder:
        holder.execute(text("LOCK TABLE engine_head IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(OperationalError) as caught, slow.write_unless_busy():
            pytest.fail("it should not have begun")
        assert is_busy(caught.value)
        holder.conn.rollback()
        with slow.write_unless_busy() as s:
            assert s.query("SELECT 1", []) == [(1,)]


def test_nobody_takes_a_failed_transaction_for_a_kept_one(db: Database) -> None:
    with pytest.raises(DBAPIError) as caught, db.write() as s, suppress(DBAPIError):
        s.query("SELECT 1 / %s::int", [0])
    assert isinstance(caught.value.orig, psycopg.errors.InFailedSqlTransaction)


@pytest.mark.usefixtures("interruptible")
def test_who_has_all_the_time_hears_an_interruption_at_once(db: Database) -> None:
    patient = Database(db.url, Limits.usual().patient())

    def interrupt() -> None:
        with db.read() as s:
            while not s.execute(ASLEEP).scalar_one():
                s.conn.rollback()
        signal.raise_signal(signal.SIGINT)

    with closing(patient), ThreadPoolExecutor(1) as threads:
        with pytest.raises(KeyboardInterrupt), patient.read() as s:
            done = threads.submit(interrupt)
            s.query("SELECT pg_sleep(%s)", [3600])
        done.result()
        with patient.write() as s:
            assert s.send("UPDATE unit SET name = name", [[]]) > 0
            assert s.query("SELECT %s::text", ["行"]) == [("行",)]


def test_a_transaction_begins_even_where_nothing_said_so(db: Database) -> None:
    with db.engine.connect() as conn:
        wire = wire_of(conn)
        wire.send(b"INSERT INTO chain_head (stream, chain_seq, chain_hash) VALUES ($1, 1, '')", "x")
        conn.rollback()
    with db.engine.connect() as conn:
        conn.connection.rollback()
        assert conn.execute(select(tables.chain_head).where(text("stream = 'x'"))).all() == []


def test_a_read_sees_one_moment_and_writes_nothing(db: Database) -> None:
    asked = "SELECT count(*) FROM unit"
    with db.read() as reader:
        before = reader.query(asked, [])
        with db.write() as writer:
            writer.execute(insert(tables.unit).values(code="new", name="new", kind="x"))
        assert reader.query(asked, []) == before
    with pytest.raises(DBAPIError, match="read-only"), db.read() as reader:
        reader.send("UPDATE unit SET name = name", [[]])
    with glance(db) as s:
        [(after,)] = s.query(asked, [])
        assert read_head(s) == read_head(s)
    assert after == before[0][0] + 1


def test_what_is_in_force_comes_with_the_beginning_and_is_asked_anew_where_it_changed(
    db: Database,
) -> None:
    with db.read() as s:
        begun, asked = read_head(s), read_head(s)
        assert begun == asked == dict(s.execute(select(tables.engine_head)).one()._mapping)
    with db.write() as s:
        bump_organisation(s)  # before anybody has looked
        bumped = context(s).organisation_edition
    with db.read() as s:
        assert context(s).organisation_edition == bumped
    with db.write() as s, db.write() as other:
        bump_organisation(other)
        other.conn.commit()
        assert context(s).organisation_edition == bumped
        forget_head(s)
        assert context(s).organisation_edition == bumped + 1


def test_a_sweep_goes_by_what_is_in_force_under_its_locks(db: Database) -> None:
    with db.write() as s, db.write() as other:
        bump_organisation(other)
        other.conn.commit()
        claim(s, "issue", datetime(2026, 3, 2, tzinfo=UTC), 10, ())
        now = s.execute(select(tables.engine_head.c.organisation_edition)).scalar_one()
        assert context(s).organisation_edition == now


def test_a_database_without_tables_can_be_begun_with(cluster: Any) -> None:
    with cluster.database("template1") as url, closing(Database(url)) as empty, empty.write() as s:
        assert s.query("SELECT 1", []) == [(1,)]
