"""A fresh database for the demonstration; one that holds anything else is never touched."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, MetaData, inspect, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError

from config.i18n import gettext as _
from models import tables
from models.db import Database
from models.engines import make_engine
from models.migrate import upgrade
from workflow import system_events
from workflow.errors import Reason, WorkflowError

FOUNDED = "demo.founded"
VIRTUAL = ("search_fts_terms", "search_fts")


class NotADemo(WorkflowError):
    """The database holds something that is not a demonstration."""

    code = "not_a_demo"


def fresh_database(url: str, now: datetime) -> Database:
    """Remove an earlier demonstration at `url`, migrate, open. Raises `NotADemo`.

    The system's history begins by saying that this is a demonstration, so that one that was cut
    off can be removed, too.
    """
    _remove(url)
    upgrade(url)
    database = Database(url)
    with database.write() as s:
        system_events.append(s, FOUNDED, {"demo": True}, None, now)
    return database


def _remove(url: str) -> None:
    engine = make_engine(url)
    try:
        with engine.connect() as connection, connection.begin():
            if not _is_removable(connection):
                raise NotADemo(_refusal(url))
            if connection.dialect.name == "sqlite":  # what the index for search stores by itself
                for name in VIRTUAL:
                    connection.exec_driver_sql(f"DROP TABLE IF EXISTS {name}")
            _present(connection).drop_all(connection)
    except DatabaseError as error:
        raise NotADemo(_refusal(url)) from error
    finally:
        engine.dispose()


def _refusal(url: str) -> Reason:
    name = make_url(url).database or url
    return Reason(
        "not_a_demo",
        _("{name} holds something that is not a demonstration; nothing was changed.").format(
            name=name
        ),
        "db", _("Name another database, or one that does not exist yet."),
    )  # fmt: skip


def _is_removable(connection: Connection) -> bool:
    """Empty, migrated but never used, or marked as a demonstration."""
    present = set(inspect(connection).get_table_names())
    if not present:
        return True
    if not {tables.event.name, tables.engine_head.name, tables.person.name} <= present:
        return False
    event, head = tables.event.c, tables.engine_head.c
    marked = connection.execute(select(event.id).where(event.tag == FOUNDED).limit(1)).first()
    if marked is not None:
        return True
    used = (select(head.id), select(tables.person.c.id).limit(1), select(event.id).limit(1))
    return all(connection.execute(statement).first() is None for statement in used)


def _present(connection: Connection) -> MetaData:
    """The tables that are there and are ours (an older version may have had fewer)."""
    ours = {*tables.metadata.tables, "alembic_version"}
    found = MetaData()
    found.reflect(connection, only=lambda name, _metadata: name in ours)
    return found
