"""Events and notices by month on a real PostgreSQL: everything goes on as it did before."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import DBAPIError

from models import migrate, partitions, tables
from models.db import Database
from storage import filling
from storage.archive import acts, moving, returning
from tests.integration.test_archive import business, frozen, quiet, sent, sound
from tests.terminal import Terminal
from tests.world import World, at, standing_zone
from workflow import audit
from workflow.errors import GuardFailed
from workflow.scheduler import deliver
from workflow.sweep import tick
from workflow.watchdog import examine

SPRING, NOW, LATER = at("2026-01-12 10:00"), at("2026-09-28 10:00"), at("2026-10-20 10:00")


def said(_what: str) -> None:
    """Nobody listens."""


@pytest.fixture
def office(founded: bool, postgresql_db_url: str) -> Iterator[World]:
    """Issues at several steps, overdue ones among them."""
    assert founded
    db = Database(postgresql_db_url)
    world = standing_zone(db)
    world.closed(NOW)
    world.acknowledged(NOW)
    tick(db, LATER)
    yield world
    db.close()


def turned(world: World, now: datetime = LATER) -> None:
    assert partitions.partition(world.db.url, now, said) == ["event", "notice"]


def parts(world: World, table: str) -> list[str]:
    with world.db.engine.connect() as connection:
        return partitions.partitions(connection, table)


def indexes_of(world: World) -> set[str]:
    """Indexes of both tables that are no constraint's."""
    found = inspect(world.db.engine)
    return {
        str(index["name"])
        for table in ("event", "notice")
        for index in found.get_indexes(table)
        if "duplicates_constraint" not in index
    }


def holds(world: World, part: str) -> int:
    with world.db.read() as s:
        return int(s.execute(text(f"SELECT count(*) FROM {part}")).scalar_one())


def test_the_tables_are_turned_without_a_row_being_moved(office: World) -> None:
    before, indexes = office.dump(), indexes_of(office)
    turned(office)
    assert office.dump() == before
    assert indexes_of(office) >= indexes
    assert parts(office, "event") == [
        "event_2026_12", "event_2027_01", "event_2027_02", "event_before_2026_12", "event_default",
    ]  # fmt: skip
    assert holds(office, "event_before_2026_12") == len(before["event"])
    assert partitions.partition(office.db.url, LATER, said) == []


def test_the_loop_the_clock_the_outbox_and_the_audit_go_on(office: World) -> None:
    turned(office)
    case = office.closed(at("2026-12-07 10:00"))
    office.acknowledged(at("2026-12-07 10:00"))
    assert tick(office.db, at("2027-01-20 10:00")).issues
    deliver(office.db, {}, at("2027-01-21 10:00"), "w")
    assert holds(office, "event_2026_12") and holds(office, "event_2027_01")
    assert holds(office, "event_default") == 0
    assert [e.seq for e in office.events(case.issue)] == list(
        range(1, len(office.events(case.issue)) + 1)
    )
    with office.db.read() as s:
        assert audit.verify(s).faults == []
    found = examine(office.db, at("2027-01-20 10:00"))
    assert not [f for f in found if f.kind in ("not_swept", "not_escalated")]


def test_a_notice_that_was_told_is_not_told_again_in_another_month(office: World) -> None:
    turned(office)
    told = dict(office.rows(tables.notice)[0]._mapping)
    del told["id"]
    with office.db.write() as s:
        again = s.execute(
            text(
                "INSERT INTO notice (subject, deadline_version, kind, occasion, recipient_id, "
                "channel, language, urgent, facts, state, not_before, created_at, reason) "
                "SELECT subject, deadline_version, kind, occasion, recipient_id, channel, "
                "language, urgent, facts, state, not_before, created_at + interval '3 months', "
                "reason FROM notice "
                "ON CONFLICT DO NOTHING"
            )
        )
        assert again.rowcount == 0
    assert len(office.rows(tables.notice, subject=told["subject"])) >= 1
    tick(office.db, LATER)
    with office.db.read() as s:
        keys = s.execute(text("SELECT count(*) FROM notice_key")).scalar_one()
    assert keys == len(office.rows(tables.notice))


@pytest.mark.parametrize(
    "table", ["event", "event_before_2026_12", "event_2026_12", "event_default"]
)
def test_history_is_append_only_in_every_partition(office: World, table: str) -> None:
    turned(office)
    office.reported(at("2026-12-07 10:00"))
    before = office.dump()
    for statement in (f"UPDATE {table} SET tag = 'x'", f"TRUNCATE {table}"):
        with pytest.raises(DBAPIError, match="append-only"), office.db.write() as s:
            s.execute(text(statement))
    if holds(office, table):
        with pytest.raises(DBAPIError, match="append-only"), office.db.write() as s:
            s.execute(text(f"DELETE FROM {table}"))
    assert office.dump() == before


def test_months_are_made_ahead_by_the_day(office: World) -> None:
    assert partitions.run(office.db, LATER) == 0  # plain tables stay plain
    turned(office)
    assert partitions.run(office.db, LATER) == 0
    assert partitions.run(office.db, at("2027-01-05 10:00")) == 6
    assert parts(office, "event")[2:5] == ["event_2027_02", "event_2027_03", "event_2027_04"]
    office.reported(at("2027-04-05 10:00"))
    assert holds(office, "event_2027_04")


def test_people_work_on_while_the_tables_are_turned(office: World) -> None:
    stop, faults, numbers = threading.Event(), list[BaseException](), list[str]()

    def work() -> None:
        while not stop.is_set():
            try:
                numbers.append(office.reported(LATER))
            except BaseException as error:
                faults.append(error)
                return

    thread = threading.Thread(target=work)
    thread.start()
    try:
        partitions.partition(office.db.url, LATER, said)
        much = len(numbers)
        while len(numbers) < much + 3 and not faults:
            pass
    finally:
        stop.set()
        thread.join()
    assert faults == []
    with office.db.read() as s:
        assert audit.verify(s).faults == []
        found = set(s.execute(select(tables.issue.c.number)).scalars())
    assert set(numbers) <= found


def test_later_migrations_apply_and_archives_go_out_and_back(office: World, tmp_path: Path) -> None:
    office.closed(SPRING)
    with office.db.write() as s:
        s.execute(tables.lookback.delete())
        s.execute(tables.issue.update().values(next_rung_at=None))
    frozen(office, "2026-01", "2026-02")
    sent(office)
    turned(office)
    with migrate.building(office.db.url) as connection:
        command.downgrade(migrate._config(connection), "0017")
        migrate.move(connection)
        connection.execute(text("ALTER TABLE event ADD COLUMN later integer DEFAULT 7"))
        connection.execute(text("ALTER TABLE event DROP COLUMN later"))
    assert "later" not in {c["name"] for c in inspect(office.db.engine).get_columns("event")}
    before = office.dump()
    now = at("2026-11-20 10:00")
    [name] = office.do(acts.plan, "sysadmin", now, months=6).archives
    office.do(acts.approve, "chief", now, name=name, reason="档案管理规定")
    with office.db.read() as s:
        admin: Any = moving_person(s)
    done = moving.run(office.db, tmp_path, name, admin, now, quiet)
    assert (done.issues, done.left) == (1, 0)
    sound(office)
    returning.restore(office.db, tmp_path, name, admin, now, quiet, reason="复查")
    assert business(office.dump()) == business(before)
    sound(office)


def moving_person(s: Any) -> Any:
    """The system administrator."""
    from workflow.context import find_actor

    return find_actor(s, "sysadmin")


@pytest.mark.one_database
def test_an_embedded_database_is_refused(world: World) -> None:
    with pytest.raises(ValueError, match="PostgreSQL"):
        partitions.partition(world.db.url, LATER, said)
    assert partitions.run(world.db, LATER) == 0


def test_the_command_line_turns_the_tables_and_says_so(office: World, tmp_path: Path) -> None:
    cli = Terminal(office.db.url)
    done = cli.data("db partition", at="2026-10-20T10:00")
    assert done["turned"] == ["event", "notice"]
    assert "event_2026_12" in cli.ok("db partition", at="2026-10-20T10:00")
    [reason] = Terminal(f"sqlite:///{tmp_path / 'x.db'}").refused(5, "db partition")
    assert reason["code"] == "database_missing"
    with (
        pytest.raises(GuardFailed) as refused,
        office.db.write() as s,
        filling.unguarded(s, tables.event),
    ):
        pass
    assert [r.code for r in refused.value.reasons] == ["partitioned"]


@pytest.mark.parametrize("step", ["_note_keys", "_switch"])
def test_a_turn_that_was_interrupted_goes_on(
    office: World, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    before, whole = office.dump(), getattr(partitions, step)

    def cut(*arguments: Any) -> None:
        whole(*arguments)
        if step == "_note_keys" or arguments[1].table == "notice":
            raise ConnectionError("the line is cut")

    monkeypatch.setattr(partitions, step, cut)
    with pytest.raises(ConnectionError):
        partitions.partition(office.db.url, LATER, said)
    assert parts(office, "notice") == []
    office.reported(LATER)
    monkeypatch.setattr(partitions, step, whole)
    assert partitions.partition(office.db.url, LATER, said) == ["notice"]
    assert len(office.rows(tables.notice)) > len(before["notice"])
    with office.db.read() as s:
        keys = s.execute(text("SELECT count(*) FROM notice_key")).scalar_one()
        assert audit.verify(s).faults == []
    assert keys == len(office.rows(tables.notice))
