"""Engines: how connections are made, kept and tried, on either database."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any, Self

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.exc import InvalidatePoolError

from config.database_settings import DatabaseSettings
from config.settings import settings
from models.beginning import WIRE, begin_postgresql, begin_sqlite
from models.converting import dumps
from models.held import bound_commits
from models.passing import is_gone

BUSY_TIMEOUT_MS = 30_000
PREPARE_AFTER = 5
"""How often a statement runs on a connection before the server is told to remember it."""
_POOLED = "xiaohao_pooled"
_IDLE_SINCE = "xiaohao_idle_since"
_KEEPALIVES = {
    # a host that vanished without a word is noticed within a minute
    "keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Limits:
    """What PostgreSQL is asked for. Times in seconds; 0 leaves them to the server."""

    pooler: str
    size: int
    overflow: int
    wait: float
    recycle: int
    ping: float
    connect: int
    statement: float
    lock: float
    idle: float
    commit: float

    @classmethod
    def of(cls, chosen: DatabaseSettings) -> Self:
        """As the settings say."""
        return cls(
            pooler=chosen.database_pooler,
            size=chosen.database_pool_size,
            overflow=chosen.database_pool_overflow,
            wait=chosen.database_pool_seconds,
            recycle=chosen.database_recycle_seconds,
            ping=chosen.database_ping_seconds,
            connect=chosen.database_connect_seconds,
            statement=chosen.database_statement_seconds,
            lock=chosen.database_lock_seconds,
            idle=chosen.database_idle_seconds,
            commit=chosen.database_commit_seconds,
        )

    @classmethod
    def usual(cls) -> Self:
        """Those of this process's settings."""
        return cls.of(settings())

    def patient(self) -> Self:
        """For a command that may take as long as it does: exports, backups, audits."""
        return replace(self, statement=0, idle=0)

    def unlimited(self) -> Self:
        """For migrations, which say themselves how long they wait."""
        return replace(self, statement=0, lock=0, idle=0, commit=0)

    def server_side(self) -> dict[str, str]:
        """The server's own names of the limits, in milliseconds."""
        named = {
            "statement_timeout": self.statement,
            "lock_timeout": self.lock,
            "idle_in_transaction_session_timeout": self.idle,
        }
        return {name: f"{seconds * 1000:.0f}" for name, seconds in named.items() if seconds}


def make_engine(url: str, limits: Limits | None = None) -> Engine:
    """An engine for `sqlite:///file` or `postgresql+psycopg://...`.

    SQLite runs in WAL mode with `synchronous=FULL`, so that what was acknowledged survives a
    power cut, and every write takes its lock at once (`BEGIN IMMEDIATE`): a lock taken later
    fails under concurrency instead of waiting. For PostgreSQL see decision 0010.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite_engine(url, parsed.database)
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    return _postgresql_engine(parsed, limits or Limits.usual())


# ------------------------------------------------------------------ PostgreSQL


def _postgresql_engine(url: URL, limits: Limits) -> Engine:
    engine = create_engine(
        url,
        json_serializer=dumps,
        hide_parameters=True,
        pool_size=limits.size,
        max_overflow=limits.overflow,
        pool_timeout=limits.wait,
        pool_recycle=limits.recycle,
        connect_args=_connect_args(url, limits),
    )
    event.listen(engine, "connect", partial(_prepare_postgresql, limits))
    event.listen(engine, "checkin", _note_idle)
    event.listen(engine, "checkout", partial(_try_idle, engine, limits.ping))
    begin_postgresql(engine, _set_locally(limits), only_where=_POOLED)
    bound_commits(engine, limits.commit)
    event.listen(engine, "handle_error", _know_the_gone)
    return engine


def _connect_args(url: URL, limits: Limits) -> dict[str, Any]:
    """What the address does not say itself; of several hosts the one that takes writes."""
    usual: dict[str, Any] = {
        "connect_timeout": limits.connect, "application_name": "xiaohao", **_KEEPALIVES,
    }  # fmt: skip
    hosts = url.query.get("host", ())
    if not isinstance(hosts, str) and len(hosts) > 1:
        usual["target_session_attrs"] = "read-write"
    given = {name: value for name, value in usual.items() if name not in url.query}
    # the name of a prepared statement means nothing on the next server of a pooler
    return given | {"prepare_threshold": None}


def _prepare_postgresql(limits: Limits, raw: Any, record: Any) -> None:
    from models.wire import Patient, Wire  # with psycopg, which who works on SQLite need not load

    try:
        raw.autocommit = True
        record.info[_POOLED] = _settle(limits, raw)
        raw.autocommit = False
        record.info[WIRE] = Wire(raw) if limits.statement else Patient(raw)
    except BaseException:
        raw.close()  # the pool knows nothing of it yet
        raise


def _settle(limits: Limits, raw: Any) -> bool:
    """On a connection of our own set limits once for all, and let statements be remembered;
    returns whether it is somebody else's."""
    if limits.pooler == "transaction" or (limits.pooler == "auto" and _is_pooled(raw)):
        return True
    raw.prepare_threshold = PREPARE_AFTER
    for name, value in limits.server_side().items():
        raw.execute("SELECT set_config(%s, %s, false)", (name, value))
    return False


def is_behind_pooler(conn: Connection) -> bool:
    """Whether limits are set for each transaction, since the server is somebody else's."""
    return bool(conn.info.get(_POOLED))


def _is_pooled(raw: Any) -> bool:
    """Whether somebody else answers for the server: a pooler tells us a number of its own."""
    told: int = raw.info.backend_pid
    found: int = raw.execute("SELECT pg_backend_pid()").fetchone()[0]
    return told != found


def _set_locally(limits: Limits) -> str:
    """The statement that gives one transaction its limits, empty where there are none: behind a
    pooler whatever is set must end with the transaction."""
    calls = (f"set_config('{n}', '{v}', true)" for n, v in limits.server_side().items())
    told = ", ".join(calls)
    return f"SELECT {told}" if told else ""


def _note_idle(_raw: Any, record: Any) -> None:
    record.info[_IDLE_SINCE] = monotonic()


def _try_idle(engine: Engine, longest: float, raw: Any, record: Any, _proxy: Any) -> None:
    """A connection that nobody used for a while may be dead: better found out before the work."""
    since = record.info.pop(_IDLE_SINCE, None)
    if since is None or monotonic() - since < longest:
        return
    try:
        engine.dialect.do_ping(raw)
    except engine.dialect.loaded_dbapi.Error as error:
        raise InvalidatePoolError from error


def _know_the_gone(context: ExceptionContext) -> None:
    """A server that shuts down or no longer takes writes is not asked again on this connection."""
    if is_gone(context.original_exception):
        context.is_disconnect = True


# ------------------------------------------------------------------ SQLite


def _sqlite_engine(url: str, database: str | None) -> Engine:
    if database and database != ":memory:":
        Path(database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        json_serializer=dumps,
        hide_parameters=True,
        connect_args={"timeout": BUSY_TIMEOUT_MS / 1000},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    begin_sqlite(engine, database, BUSY_TIMEOUT_MS)
    return engine


def _prepare_sqlite(raw: Any, _record: Any) -> None:
    raw.isolation_level = None  # we say BEGIN ourselves
    cursor = raw.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    # switching to WAL takes a lock that does not wait, so it is done only where it is needed
    if cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        cursor.execute("PRAGMA journal_mode=WAL")
    for pragma in ("synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
