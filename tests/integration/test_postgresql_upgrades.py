"""`xiaohao db upgrade` while others work: nobody fails, nobody waits long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count

import pytest
from sqlalchemy import Connection, Engine, create_engine, text

from benchmarks.upgrade import OLD, measure
from migrations.large import LargeIndex
from models import gently, migrate
from models.gently import Touched
from tests.integration.test_postgresql_faults import wait_until
from tests.servers import Server

pytestmark = pytest.mark.xdist_group("own-postgresql")
_NUMBERS = count(1)


@pytest.fixture
def empty(own_server: Server) -> Iterator[str]:
    """The address of an empty database."""
    name = f"empty_{next(_NUMBERS)}"
    own_server.run(f"CREATE DATABASE {name}")
    yield own_server.url(name)
    own_server.run(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def engine_of(url: str) -> Iterator[Engine]:
    """An engine as any client has one."""
    engine = create_engine(url)
    yield engine
    engine.dispose()


def test_an_office_at_work_is_brought_to_the_newest_revision_and_no_request_fails(
    empty: str,
) -> None:
    found = measure(empty, 2_000, clients=4, warm=0.5)
    assert found.failed == () and found.requests > 50
    assert migrate.current(empty) == migrate.head()
    with engine_of(empty) as engine, engine.connect() as conn:
        assert conn.execute(text("SELECT count(*) FROM task")).scalar() == 2_000


def test_an_upgrade_that_must_wait_lets_others_pass(
    empty: str, caplog: pytest.LogCaptureFixture
) -> None:
    """An export holds `target`; who comes after the upgrade's request for a lock is served."""
    caplog.set_level("INFO", "models.gently")
    migrate.upgrade(empty, OLD)
    with engine_of(empty) as engine, ThreadPoolExecutor(1) as pool:
        with engine.connect() as export, export.begin():
            export.execute(text("SELECT count(*) FROM target"))
            upgrading = pool.submit(migrate.upgrade, empty)
            wait_until(lambda: "gave way" in caplog.text)
            assert migrate.current(empty) == "0011"  # the next one wants the table
            with engine.connect() as page, page.begin():
                page.execute(text("SET LOCAL lock_timeout = '20s'"))
                assert page.execute(text("SELECT count(*) FROM target")).scalar() == 0
            assert not upgrading.done()
        upgrading.result(60)
    assert migrate.current(empty) == migrate.head()


def test_an_upgrade_gives_up_in_the_end_and_leaves_whole_revisions(
    empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gently, "GIVE_UP_SECONDS", 0.3)
    migrate.upgrade(empty, OLD)
    with engine_of(empty) as engine, engine.connect() as export, export.begin():
        export.execute(text("SELECT count(*) FROM target"))
        with pytest.raises(Exception, match="lock timeout"):
            migrate.upgrade(empty)
        assert migrate.current(empty) == "0011"
    migrate.upgrade(empty)
    assert migrate.current(empty) == migrate.head()


def test_what_a_revision_touches_is_locked_beforehand_the_issue_first() -> None:
    touched = Touched()
    for statement in (
        "CREATE TABLE new (id SERIAL, FOREIGN KEY(unit_id) REFERENCES unit (id), "
        'FOREIGN KEY(issue_id) REFERENCES "issue" (id))',
        "ALTER TABLE project ADD COLUMN n INTEGER",
        "CREATE INDEX ix_new ON task (id)",
        "CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON event FOR EACH ROW EXECUTE FUNCTION x()",
        "ALTER TABLE unit ADD COLUMN m INTEGER",
    ):
        touched.note(statement)
    weak, strong = "SHARE ROW EXCLUSIVE", "ACCESS EXCLUSIVE"
    assert touched == {
        "unit": strong, "issue": weak, "project": strong, "task": weak, "event": weak,
    }  # fmt: skip


@dataclass
class OneStep:
    """A plan with one revision that wants a large index; `done` says whether it was applied."""

    index: LargeIndex
    done: list[str] = field(default_factory=list)

    def steps(self, current: str | None) -> Sequence[str]:
        """One, until it is done."""
        return [] if self.done else ["one"]

    def large(self, step: str) -> Sequence[LargeIndex]:
        """The index."""
        return [self.index]

    def now(self, connection: Connection) -> str | None:
        """As the last one was."""
        return "zero"

    def run(self, connection: Connection, step: str) -> None:
        """The index is there by now, and whole."""
        [valid] = connection.execute(
            text("SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix_large'::regclass")
        ).scalars()
        assert valid
        self.done.append(step)


@pytest.mark.parametrize("left_over", [False, True])
def test_a_large_index_is_built_while_others_write_also_after_a_try_that_failed(
    empty: str, left_over: bool
) -> None:
    with engine_of(empty) as engine, ThreadPoolExecutor(1) as pool:
        with engine.connect() as conn, conn.begin():
            conn.execute(text("CREATE TABLE large AS SELECT g AS n FROM generate_series(1, 9) g"))
            if left_over:
                conn.execute(text("CREATE INDEX ix_large ON large (n)"))
                conn.execute(
                    text(
                        "UPDATE pg_index SET indisvalid = false "
                        "WHERE indexrelid = 'ix_large'::regclass"
                    )
                )
        plan = OneStep(LargeIndex("ix_large", "large", ("n",), "n > 3"))
        with engine.connect() as writer, writer.begin():
            writer.execute(text("INSERT INTO large VALUES (10)"))
            with engine_of(empty) as own:
                building = pool.submit(gently.upgrade, own, plan)
                wait_until(lambda: _waits(engine))
                with engine.connect() as other, other.begin():  # it waits; nobody else does
                    other.execute(text("SET LOCAL lock_timeout = '1ms'"))
                    other.execute(text("INSERT INTO large VALUES (11)"))
                writer.execute(text("INSERT INTO large VALUES (12)"))
                writer.commit()
                building.result(30)
        assert plan.done == ["one"]


def _waits(engine: Engine) -> bool:
    with engine.connect() as conn:
        asked = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%% INDEX CONCURRENTLY%%' "
        return bool(conn.exec_driver_sql(asked + "AND wait_event_type = 'Lock'").scalar())
