"""PostgreSQL as many machines share it: behind poolers, with several hosts, with limits."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic, sleep

import psycopg
import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

from config.settings import Settings
from models.db import Database
from models.engines import Limits
from models.passing import is_busy, is_transient, sqlstate
from tests.proxy import Pooler, pooling
from tests.servers import SYSTEM_USER, Server, free_ports, servers
from tests.terminal import Terminal, fresh_settings
from tests.world import standing_zone

pytestmark = pytest.mark.xdist_group("own-postgresql")
LIMITS = Limits.of(Settings())
ROOT = Path(__file__).parents[2]
PGBOUNCER = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")


@contextmanager
def opened(url: str, limits: Limits = LIMITS) -> Iterator[Database]:
    """A database, closed at the end."""
    with closing(Database(url, limits)) as database:
        yield database


def limits(database: Database) -> tuple[str, ...]:
    """What the server holds a transaction to."""
    names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    with database.write() as s:
        return tuple(s.conn.exec_driver_sql(f"SHOW {name}").scalar_one() for name in names)


def prepared(database: Database) -> int:
    """How many statements the server remembers after one was run often."""
    with database.read() as s:
        for _ in range(10):
            s.execute(text("SELECT 1 AS often"))
        asked = "SELECT count(*) FROM pg_prepared_statements WHERE strpos(statement, 'often') > 0"
        return int(s.conn.exec_driver_sql(asked).scalar_one())


def life(database: Database) -> None:
    """A life from report to close: every kind of statement, many transactions."""
    world = standing_zone(database)
    closed = world.closed("2026-09-28 09:00")
    assert world.issue(closed.issue).state == "closed"


# ------------------------------------------------------------------ limits


def test_the_settings_become_the_servers_limits(own_server: Server, own_office: str) -> None:
    with opened(own_server.url(own_office)) as database:
        assert limits(database) == ("1min", "10s", "2min")


def test_a_command_may_take_as_long_as_it_does_but_waits_for_no_lock_for_ever(
    own_server: Server, own_office: str
) -> None:
    with opened(own_server.url(own_office), LIMITS.patient()) as database:
        assert limits(database) == ("0", "10s", "0")


def test_a_statement_that_takes_too_long_is_cut_off_and_the_caller_may_come_back(
    own_server: Server, own_office: str
) -> None:
    short = LIMITS.patient()
    with opened(own_server.url(own_office), replaced(short, statement=0.05)) as database:
        with pytest.raises(DBAPIError) as caught, database.write() as s:
            s.execute(text("SELECT pg_sleep(5)"))
        assert is_busy(caught.value) and not is_transient(caught.value)


def replaced(given: Limits, **values: object) -> Limits:
    """Limits with other values."""
    names = {name: getattr(given, name) for name in Limits.__slots__}
    return Limits(**{**names, **values})


# ------------------------------------------------------------------ poolers


def test_on_a_connection_of_our_own_statements_are_remembered(
    own_server: Server, own_office: str
) -> None:
    with opened(own_server.url(own_office)) as database:
        assert prepared(database) == 1


def test_behind_a_pooler_nothing_is_left_on_the_servers_connection(
    own_server: Server, own_office: str
) -> None:
    with pooling(own_server.port) as pooler, opened(pooler.url(own_office)) as database:
        assert prepared(database) == 0
        assert limits(database) == ("1min", "10s", "2min")
        with database.engine.connect() as conn:
            raw = conn.connection.driver_connection
            assert raw is not None
            raw.autocommit = True  # outside of a transaction of ours
            assert raw.execute("SHOW statement_timeout").fetchone() == ("0",)
            raw.autocommit = False


def test_a_life_behind_a_pooler_that_swaps_connections_between_transactions(
    own_server: Server, own_office: str
) -> None:
    with pooling(own_server.port) as pooler, opened(pooler.url(own_office)) as database:
        life(database)
        assert pooler.swaps > 10


def test_without_that_care_such_a_pooler_breaks_what_was_prepared(
    own_server: Server, own_office: str
) -> None:
    careless = replaced(LIMITS, pooler="none")
    with (
        pooling(own_server.port) as pooler,
        opened(pooler.url(own_office), careless) as database,
        pytest.raises(DBAPIError, match="prepared statement"),
    ):
        for _ in range(12):
            swapped(database, pooler)


def swapped(database: Database, pooler: Pooler) -> None:
    """A transaction, after which the other connection is in turn."""
    before = pooler.swaps
    with database.write() as s:
        s.execute(text("SELECT 2 AS twice"))
    assert pooler.swaps > before


@pytest.mark.skipif(PGBOUNCER is None, reason="PgBouncer is not installed (Debian: pgbouncer)")
def test_a_life_behind_the_real_pgbouncer_in_transaction_mode(
    own_server: Server, own_office: str
) -> None:
    with pgbouncer(own_server, own_office) as url, opened(url) as database:
        life(database)
        assert prepared(database) == 0
        assert limits(database) == ("1min", "10s", "2min")
        told = Terminal(url).data("db status")
        assert told["ready"] and told["issues"] == 1


@contextmanager
def pgbouncer(server: Server, database: str) -> Iterator[str]:
    """PgBouncer before a database: one server connection for however many clients."""
    assert PGBOUNCER is not None
    [port] = free_ports(1)
    users, config = server.folder / "users.txt", server.folder / "pgbouncer.ini"
    users.write_text('"postgres" ""\n', encoding="utf-8")
    config.write_text(
        f"[databases]\n{database} = host=127.0.0.1 port={server.port}\n[pgbouncer]\n"
        f"listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = trust\n"
        f"auth_file = {users}\npool_mode = transaction\ndefault_pool_size = 2\n",
        encoding="utf-8",
    )
    user = SYSTEM_USER if os.geteuid() == 0 else None
    process = subprocess.Popen([PGBOUNCER, "-q", str(config)], user=user, stderr=subprocess.DEVNULL)
    url = f"postgresql+psycopg://postgres@127.0.0.1:{port}/{database}"
    try:
        _await(url)
        yield url
    finally:
        process.terminate()
        process.wait(10)


def _await(url: str) -> None:
    until = monotonic() + 10
    while True:
        try:
            psycopg.connect(url.replace("+psycopg", "")).close()
            return
        except psycopg.OperationalError:
            assert monotonic() < until
            sleep(0.02)


def test_nothing_in_the_program_outlives_a_transaction_on_the_server() -> None:
    """Session locks, temporary tables, notifications, and settings that are not local."""
    found = re.compile(
        r"pg_(try_)?advisory_(un)?lock(_shared)?\b|\bLISTEN \w|\bNOTIFY \w|CREATE (LOCAL )?TEMP"
        r"|\bSET SESSION|\bPREPARE \w|WITH HOLD|\"SET (?!LOCAL)[A-Za-z_]+ *(=|TO )"
    )
    folders = ("models", "workflow", "notifications", "projects", "storage", "web", "cli", "demo")
    told = [
        f"{path.relative_to(ROOT)}: {hit[0]}"
        for folder in (*folders, "migrations")
        for path in (ROOT / folder).rglob("*.py")
        for hit in found.finditer(path.read_text(encoding="utf-8"))
    ]
    assert told == []


# ------------------------------------------------------------------ connections


def test_a_connection_that_died_while_idle_is_replaced_before_it_is_used(
    own_server: Server, own_office: str
) -> None:
    with opened(own_server.url(own_office), replaced(LIMITS, ping=0.0)) as database:
        for _ in range(3):
            with database.write() as s:
                pid = s.conn.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
            own_server.run(f"SELECT pg_terminate_backend({pid}, 5000)")
            with database.write() as s:
                assert s.conn.exec_driver_sql("SELECT pg_backend_pid()").scalar_one() != pid


def test_a_connection_in_use_costs_no_trial(own_server: Server, own_office: str) -> None:
    with opened(own_server.url(own_office)) as database:
        tried: list[str] = []
        with database.read() as s:
            s.execute(text("SELECT 1"))
        event.listen(database.engine, "before_cursor_execute", lambda *a: tried.append(a[2]))
        with database.read() as s:
            s.execute(text("SELECT 1"))
        assert tried == ["SELECT 1"]


def test_who_dawdles_in_a_transaction_is_cut_off_and_another_try_finds_a_new_connection(
    own_server: Server, own_office: str
) -> None:
    with opened(own_server.url(own_office), replaced(LIMITS, idle=0.05)) as database:
        with pytest.raises(DBAPIError) as caught, database.write() as s:
            s.execute(text("SELECT 1"))
            sleep(0.3)
            s.execute(text("SELECT 1"))
        assert is_transient(caught.value)
        with database.write() as s:
            assert s.execute(text("SELECT 1")).scalar() == 1


# ------------------------------------------------------------------ several hosts


def test_of_several_hosts_the_one_that_takes_writes_is_used_before_and_after_a_failover() -> None:
    with servers(2) as [first, second]:
        first.make().start()
        first.run("CREATE TABLE kept (n int)")
        first.stop()
        second.copy_of(first, standby=True).start()
        first.start()
        hosts = f"host=127.0.0.1:{second.port}&host=127.0.0.1:{first.port}"
        with opened(f"postgresql://postgres@/postgres?{hosts}") as database:
            assert where(database) == first.port
            first.stop()
            with pytest.raises(DBAPIError) as caught:
                where(database)
            assert is_transient(caught.value)
            second.promote()
            assert where(database) == second.port


def where(database: Database) -> int:
    """Write something; the port of the server that took it."""
    with database.write() as s:
        s.conn.exec_driver_sql("INSERT INTO kept VALUES (1)")
        return int(s.conn.exec_driver_sql("SELECT inet_server_port()").scalar_one())


def test_a_server_that_has_become_a_standby_is_left_at_the_next_try(
    own_server: Server, own_office: str
) -> None:
    with opened(own_server.url(own_office)) as database:
        with database.write() as s:
            pid = s.conn.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        with pytest.raises(DBAPIError) as caught, database.write() as s:
            s.conn.exec_driver_sql("SET TRANSACTION READ ONLY")
            s.conn.exec_driver_sql("CREATE TABLE refused (n int)")
        assert sqlstate(caught.value.orig) == "25006" and is_transient(caught.value)
        with database.write() as s:
            assert s.conn.exec_driver_sql("SELECT pg_backend_pid()").scalar_one() != pid


def test_the_settings_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XIAOHAO_DATABASE_POOLER", "transaction")
    monkeypatch.setenv("XIAOHAO_DATABASE_LOCK_SECONDS", "2.5")
    with fresh_settings():
        found = Limits.usual()
    assert found.pooler == "transaction"
    assert found.server_side()["lock_timeout"] == "2500"
