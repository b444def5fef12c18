"""The jobs of a day run once each local day, are put off when they fail, and are missed aloud."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from models import tables
from models.db import Database
from tests.world import World, at
from workflow.daily import Job, run_due
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


def test_a_job_that_has_fallen_silent_for_more_than_a_day_is_found(world: World) -> None:
    now = at("2026-09-28 09:00")
    run_due(world.db, now, [counted([])])
    assert examine(world.db, now + timedelta(hours=25)) == []
    [found] = examine(world.db, now + timedelta(hours=27))
    assert (found.kind, found.subject) == ("silent", "daily.counting")
