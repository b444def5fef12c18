"""The jobs of a day run once each local day, are put off when they fail, and are missed aloud."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta

import pytest
from sqlalchemy.exc import OperationalError

from models import tables
from models.db import Database
from projects.clock import JOBS
from tests.world import World, at
from workflow.daily import Job, failed, run_due
from workflow.sweep import tick
from workflow.watchdog import examine


def counted(runs: list[datetime]) -> Job:
    def run(_db: Database, now: datetime) -> int:
        runs.append(now)
        return 1

    return Job("counting", run)


def failing(_db: Database, _now: datetime) -> int:
    raise ValueError("no figures")


def test_a_job_runs_once_on_each_local_day_from_the_firing_time_on(world: World) -> None:
    runs: list[datetime] = []
    jobs = [counted(runs)]
    for moment in (
        "2026-09-28 08:59", "2026-09-28 09:00", "2026-09-28 09:01", "2026-09-28 23:59",
        "2026-09-29 08:00", "2026-09-29 15:00",
    ):  # fmt: skip
        run_due(world.db, at(moment), jobs)
    assert runs == [at("2026-09-28 09:00"), at("2026-09-29 15:00")]


def test_it_runs_on_days_off_too_since_it_compares_dates(world: World) -> None:
    runs: list[datetime] = []
    run_due(world.db, at("2026-10-03 10:00"), [counted(runs)])
    assert runs


def test_one_that_fails_does_not_stop_the_next_and_is_tried_again_an_hour_later(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    runs: list[datetime] = []
    now = at("2026-09-28 09:00")
    jobs = [Job("broken", failing), counted(runs)]
    assert run_due(world.db, now, jobs) == 1
    assert runs == [now]
    assert "job broken failed" in caplog.text
    [put_off] = world.rows(tables.deferral)
    assert (put_off.subject, put_off.attempts) == ("daily.broken", 1)
    assert "no figures" in put_off.error
    assert [f.kind for f in examine(world.db, now)] == ["deferred"]
    run_due(world.db, now + timedelta(minutes=59), jobs)
    assert world.rows(tables.deferral)[0].attempts == 1
    run_due(world.db, now + timedelta(minutes=61), jobs)
    assert world.rows(tables.deferral)[0].attempts == 2
    assert run_due(world.db, now + timedelta(hours=3), [Job("broken", lambda _db, _now: 0)]) == 1
    assert world.rows(tables.deferral) == []


def test_what_a_daily_job_put_off_is_no_issue_to_the_sweep(world: World) -> None:
    now = at("2026-09-28 09:00")
    run_due(world.db, now, [Job("broken", failing)])
    assert tick(world.db, now + timedelta(hours=2)).deferred == []
    assert len(world.rows(tables.deferral)) == 1


def each_round(runs: list[datetime], n: int = 0) -> Job:
    def run(_db: Database, now: datetime) -> int:
        runs.append(now)
        return n

    return Job("watching", run, always=True)


def heard(world: World) -> dict[str, datetime]:
    return {row.job: row.at for row in world.rows(tables.heartbeat)}


def test_a_job_of_every_round_runs_day_and_night_and_counts_only_what_it_did(world: World) -> None:
    runs: list[datetime] = []
    moments = [at("2026-09-28 03:00"), at("2026-09-28 09:00"), at("2026-09-28 09:01")]
    assert [run_due(world.db, now, [each_round(runs)], "w:1") for now in moments] == [0, 0, 0]
    assert runs == moments
    assert run_due(world.db, moments[-1], [each_round(runs, 2)], "w:1") == 1


def test_a_round_without_work_opens_no_writing_transaction(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = at("2026-09-28 09:00")
    run_due(world.db, now, JOBS, "w:1")

    def refuse(_db: Database) -> None:
        raise AssertionError("a writing transaction was opened")

    monkeypatch.setattr(Database, "write", refuse)
    for seconds in (5, 10, 299):
        assert run_due(world.db, now + timedelta(seconds=seconds), JOBS, "w:1") == 0


def test_a_job_of_every_round_is_found_within_minutes_when_it_falls_silent(world: World) -> None:
    now = at("2026-09-28 09:00")
    jobs = [each_round([]), counted([])]
    for minutes in range(0, 61, 1):
        run_due(world.db, now + timedelta(minutes=minutes), jobs, "w:1")
        assert examine(world.db, now + timedelta(minutes=minutes)) == []
    last = now + timedelta(minutes=60)
    assert heard(world) == {"round.watching": last, "daily.counting": now}
    assert examine(world.db, last + timedelta(minutes=15)) == []
    [found] = examine(world.db, last + timedelta(minutes=16))
    assert (found.kind, found.subject) == ("silent", "round.watching")


def test_each_round_job_that_there_is_is_named_when_it_alone_falls_silent(world: World) -> None:
    """The others go on, as where one hangs in another worker."""
    now = at("2026-09-28 09:00")
    rounds = [job for job in JOBS if job.always]
    assert "lights_round" in {job.name for job in rounds}
    run_due(world.db, now, JOBS, "w:1")
    for silent in rounds:
        rest = [job for job in JOBS if job is not silent]
        run_due(world.db, now + timedelta(minutes=1), [silent], "w:1")
        for minutes in range(1, 22):
            run_due(world.db, now + timedelta(minutes=minutes), rest, "w:1")
        late = now + timedelta(minutes=22)
        assert [(f.kind, f.subject) for f in examine(world.db, late)] == [
            ("silent", f"round.{silent.name}")
        ]
        run_due(world.db, late, [silent], "w:1")
        assert examine(world.db, late) == []
        now = late


def test_one_that_fails_is_found_at_once_and_forgotten_once_it_ends_well(world: World) -> None:
    now = at("2026-09-28 03:00")
    run_due(world.db, now, [Job("watching", failing, always=True)], "w:1")
    [found] = examine(world.db, now)
    assert (found.kind, found.subject) == ("deferred", "round.watching")
    assert failed(world.db) == ["watching"]
    runs: list[datetime] = []
    run_due(world.db, now + timedelta(minutes=59), [each_round(runs)], "w:1")
    assert runs == []
    later = now + timedelta(minutes=61)
    run_due(world.db, later, [each_round(runs)], "w:1")
    assert runs == [later]
    assert failed(world.db) == []
    assert examine(world.db, later) == []


def test_a_sweep_by_hand_leaves_no_sign_whose_absence_would_be_missed(world: World) -> None:
    now = at("2026-09-28 09:00")
    run_due(world.db, now, [each_round([]), counted([])])
    assert set(heard(world)) == {"daily.counting"}
    assert examine(world.db, now + timedelta(hours=20)) == []


def test_a_job_that_has_fallen_silent_for_more_than_a_day_is_found(world: World) -> None:
    now = at("2026-09-28 09:00")
    run_due(world.db, now, [counted([])])
    assert examine(world.db, now + timedelta(hours=25)) == []
    [found] = examine(world.db, now + timedelta(hours=27))
    assert (found.kind, found.subject) == ("silent", "daily.counting")


def test_a_job_that_met_a_database_that_is_away_is_not_held_against_it(
    world: World,
) -> None:
    class Full(sqlite3.OperationalError):
        sqlite_errorname = "SQLITE_FULL"

    runs: list[datetime] = []
    now = at("2026-09-28 09:00")

    def full(_db: Database, _now: datetime) -> int:
        raise OperationalError("INSERT", None, Full("database or disk is full"))

    with pytest.raises(OperationalError):
        run_due(world.db, now, [Job("full", full), counted(runs)])
    assert world.rows(tables.deferral) == []
    assert runs == [now] and set(heard(world)) == {"daily.counting"}
    assert run_due(world.db, now, [Job("full", lambda _db, _now: 0), counted(runs)]) == 1
    assert runs == [now] and set(heard(world)) == {"daily.counting", "daily.full"}


def test_what_a_clock_that_was_ahead_did_is_done_again_in_its_time_and_told_of(
    world: World,
) -> None:
    runs: list[datetime] = []
    now, ahead = at("2026-09-28 09:00"), at("2026-10-08 09:00")
    run_due(world.db, ahead, [counted(runs)])
    assert {f.kind for f in examine(world.db, now)} == {"clock_ahead"}
    run_due(world.db, now, [counted(runs)])
    assert runs == [ahead, now]
    assert examine(world.db, now) == []
