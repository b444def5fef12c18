"""Fixtures: databases that are real, migrated and fresh, and a mail server."""

from __future__ import annotations

import gc
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import hypothesis
import pytest

from models.db import Database
from models.migrate import upgrade
from tests import compiling
from tests.databases import (
    TEMPLATE,
    Cluster,
    quick_folder,
    reserve_folder,
    sqlite_url,
    stop_server,
)
from tests.portal import Portal, opened
from tests.smtp import LoopbackController, SmtpServer
from tests.terminal import fresh_settings
from tests.world import World, found_in, standing_zone

# A slow machine is no failure; a failure must say how to repeat it.
hypothesis.settings.register_profile("xiaohao", deadline=None, print_blob=True)
hypothesis.settings.load_profile("xiaohao")


def pytest_configure(config: pytest.Config) -> None:
    """Forget the settings of whoever runs the tests; name the folder of PostgreSQL."""
    for name in [name for name in os.environ if name.startswith("XIAOHAO_")]:
        del os.environ[name]
    patch = pytest.MonkeyPatch()
    patch.setattr("models.db.make_engine", compiling.make_engine)
    config.add_cleanup(patch.undo)
    if not hasattr(config, "workerinput"):
        reserve_folder()
        if folder := quick_folder():
            os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", folder)


@pytest.hookimpl(tryfirst=True)  # another plugin's hook may raise, and the server would stay
def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop PostgreSQL, after the last worker has gone."""
    if not hasattr(config, "workerinput"):
        stop_server()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the second database where one will do."""
    if os.environ.get("TEST_BOTH"):
        return
    again = [item for item in items if item.get_closest_marker("one_database") and _second(item)]
    config.hook.pytest_deselected(items=again)
    items[:] = [item for item in items if item not in set(again)]


def pytest_collection_finish() -> None:
    """What is there by now stays: the garbage collector need not walk it again and again."""
    gc.collect()
    gc.freeze()


def _second(item: pytest.Item) -> bool:
    parameters = getattr(item, "callspec", None)
    return parameters is not None and "postgresql" in parameters.params.values()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The PostgreSQL server. That it does not start is a failure, never a reason to skip."""
    server = Cluster(os.environ.get("PYTEST_XDIST_WORKER", "main"))
    yield server
    server.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied."""
    path = tmp_path_factory.mktemp("template") / "xiaohao.db"
    upgrade(sqlite_url(path))
    return path


@pytest.fixture(scope="session")
def founded_sqlite(sqlite_template: Path) -> Path:
    """A SQLite file with the zone in it, to be copied."""
    path = sqlite_template.with_name("founded.db")
    shutil.copyfile(sqlite_template, path)
    found_in(sqlite_url(path))
    return path


@pytest.fixture(scope="session")
def fresh(
    request: pytest.FixtureRequest, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], AbstractContextManager[str]]:
    """Makes migrated databases for as long as is wanted; takes their kind, gives their address."""

    @contextmanager
    def made(kind: str) -> Iterator[str]:
        if kind == "sqlite":
            path = tmp_path_factory.mktemp("fresh") / "xiaohao.db"
            shutil.copyfile(sqlite_template, path)
            yield sqlite_url(path)
            return
        cluster: Cluster = request.getfixturevalue("cluster")
        with cluster.database() as url:
            yield url

    return made


@pytest.fixture
def founded() -> bool:
    """Whoever asks for it finds the zone in the database from the start: see `world`."""
    return True


@pytest.fixture
def sqlite_db_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh migrated SQLite database."""
    has_zone = "founded" in request.fixturenames
    path = tmp_path / "xiaohao.db"
    name = "founded_sqlite" if has_zone else "sqlite_template"
    shutil.copyfile(request.getfixturevalue(name), path)
    return sqlite_url(path)


@pytest.fixture
def postgresql_db_url(request: pytest.FixtureRequest, cluster: Cluster) -> Iterator[str]:
    """A fresh migrated PostgreSQL database."""
    has_zone = "founded" in request.fixturenames
    template = cluster.template("founded", found_in) if has_zone else TEMPLATE
    with cluster.database(template) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def db_url(request: pytest.FixtureRequest) -> str:
    """A fresh migrated database, of each kind in turn."""
    url: str = request.getfixturevalue(f"{request.param}_db_url")
    return url


@pytest.fixture
def database(db_url: str) -> Iterator[Database]:
    """The same, opened."""
    opened = Database(db_url)
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_db_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without a table, of each kind in turn; the SQLite file is not there yet."""
    if request.param == "sqlite":
        yield sqlite_url(tmp_path / "var" / "xiaohao.db")
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    with cluster.database(template="template1") as url:
        yield url


@pytest.fixture
def smtp_server() -> Iterator[SmtpServer]:
    """A mail server on a loopback port; `script()` makes it refuse or hang up."""
    server = SmtpServer()
    controller = LoopbackController(server)
    controller.start()
    yield server
    controller.stop()


@pytest.fixture
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Passwords are hashed at next to no cost: their strength is not what is tested."""
    monkeypatch.setenv("XIAOHAO_PASSWORD_TIME_COST", "1")
    monkeypatch.setenv("XIAOHAO_PASSWORD_MEMORY_KIB", "8")
    with fresh_settings():
        yield


@pytest.fixture
def world(founded: bool, database: Database) -> World:
    """The zone with its units and named people, in a database of each kind in turn."""
    assert founded
    return standing_zone(database)


@pytest.fixture
def interruptible() -> Iterator[None]:
    """SIGINT raises KeyboardInterrupt: workers of a run in parallel are told to ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def portal(world: World, tmp_path: Path) -> Iterator[Portal]:
    """The portal over the zone; `at` sets its clock, `sign_in` opens somebody's browser."""
    with opened(world, tmp_path / "var") as found:
        yield found
