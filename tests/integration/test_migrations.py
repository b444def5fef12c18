"""The migrations build exactly the tables of the models, on both databases."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from models import migrate
from models.db import Database
from models.tables import metadata, of_models


def test_the_migrations_build_the_tables_of_the_models(database: Database) -> None:
    with database.read() as session:
        options = {"compare_type": True, "include_name": of_models}
        context = MigrationContext.configure(session.conn, opts=options)
        assert compare_metadata(context, metadata) == []


def test_an_empty_database_has_no_revision(empty_db_url: str) -> None:
    assert migrate.current(empty_db_url) is None


def test_an_upgrade_ends_at_the_newest_revision(empty_db_url: str) -> None:
    migrate.upgrade(empty_db_url)
    assert migrate.current(empty_db_url) == migrate.head()


def test_upgrading_twice_is_harmless(db_url: str) -> None:
    migrate.upgrade(db_url)
    assert migrate.current(db_url) == migrate.head()


def test_two_upgrades_at_once_do_not_clash(empty_db_url: str) -> None:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        list(pool.map(migrate.upgrade, [empty_db_url] * 2))
    assert migrate.current(empty_db_url) == migrate.head()
