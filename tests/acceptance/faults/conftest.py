"""A crowd of tasks in a fresh database of each kind, copied from one that is made once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from models.db import Database
from tests.acceptance.faults import SEED
from tests.acceptance.faults.chaos import Chaos, chaos
from tests.acceptance.faults.crowd import crowd
from tests.databases import Cluster, sqlite_url


@pytest.fixture(scope="session")
def sqlite_crowd(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the crowd."""
    path = tmp_path_factory.mktemp("crowd") / "crowd.db"
    shutil.copyfile(sqlite_template, path)
    database = Database(sqlite_url(path))
    crowd(database)
    database.close()
    return path


@pytest.fixture(scope="session")
def postgresql_crowd(cluster: Cluster) -> Iterator[str]:
    """Name of a PostgreSQL database with the crowd."""
    with cluster.database() as url:
        database = Database(url)
        crowd(database)
        database.close()
        yield str(make_url(url).database)


@pytest.fixture
def crowded_sqlite(sqlite_crowd: Path, tmp_path: Path) -> Iterator[Database]:
    """The crowd in a SQLite file."""
    path = tmp_path / "crowd.db"
    shutil.copyfile(sqlite_crowd, path)
    opened = Database(sqlite_url(path))
    yield opened
    opened.close()


@pytest.fixture
def crowded_postgresql(postgresql_crowd: str, cluster: Cluster) -> Iterator[Database]:
    """The crowd in PostgreSQL."""
    with cluster.database(template=postgresql_crowd) as url:
        opened = Database(url)
        yield opened
        opened.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def crowded(request: pytest.FixtureRequest) -> Database:
    """The crowd in a database of each kind in turn."""
    found: Database = request.getfixturevalue(f"crowded_{request.param}")
    return found


@pytest.fixture
def unrest(tmp_path: Path) -> Iterator[Chaos]:
    """Processes to be killed, in an order that repeats itself."""
    with chaos(tmp_path, seed=SEED) as found:
        yield found
