"""A sweep of more than a batch: several batches at once, where there may be several writers."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from threading import Barrier, Event
from typing import Any

import pytest
from sqlalchemy import insert, select

from config.i18n import current_language, language
from models import tables
from models.db import Database, Session
from models.engines import Limits
from models.glance import glance
from tests.world import Case, World, at
from workflow import ladder
from workflow.alike.road import Road
from workflow.commands.breakdown import Plan
from workflow.due import are_more_than, claim, look
from workflow.lanes import side_by_side
from workflow.sweep import tick

LATE = at("2026-03-12 09:00")
"""When tasks that were due on Wednesday 2026-03-11 are urged."""


def late(world: World, count: int) -> list[Case]:
    """Issues with a task each that is urged at `LATE`."""
    return [
        world.acknowledged("2026-03-02 10:00", plans=[Plan("迁移", days=7)]) for _ in range(count)
    ]


def test_more_than_a_batch_is_swept_exactly_once(world: World) -> None:
    cases = late(world, 9)
    tasks = {f"task:{world.task(case.task).id}" for case in cases}
    report = tick(world.db, LATE, batch=2, channels=("inapp",))
    assert (report.issues, report.rungs, report.deferred) == (9, Counter({2: 9}), [])
    urged = world.rows(tables.rung_firing, rung="urge")
    assert Counter(row.subject for row in urged) == dict.fromkeys(tasks, 1)
    told = Counter(row.subject for row in world.rows(tables.notice, kind="urge"))
    assert told == dict.fromkeys(tasks, report.notices // 9)
    assert tick(world.db, LATE, batch=2, channels=("inapp",)).idle


def test_what_raises_in_a_lane_is_put_off_once_and_the_rest_go_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    poisoned, *others = late(world, 7)
    sick, honest = world.task(poisoned.task).id, ladder.task_agenda

    def agenda(task: Any, *rest: Any) -> Any:
        if task.id == sick or task.id < 0:
            raise ZeroDivisionError("this row cannot be worked out")
        return honest(task, *rest)

    monkeypatch.setattr(ladder, "task_agenda", agenda)
    report = tick(world.db, LATE, batch=2, channels=("inapp",))
    assert report.deferred == [f"issue:{world.issue(poisoned.issue).id}"]
    assert report.rungs == {2: len(others)}
    assert [row.attempts for row in world.rows(tables.deferral)] == [1]


def test_an_issue_that_another_worker_has_done_meanwhile_is_passed_over(world: World) -> None:
    late(world, 3)
    with world.db.read() as s:
        ids = list(s.execute(select(tables.issue.c.id)).scalars())
    tick(world.db, LATE)
    with world.db.write() as s:
        done, rest = Road(worth=1).take(s, ids, LATE)
    assert (done.issues, rest) == (0, [])


def test_an_idle_sweep_asks_one_question(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    late(world, 1)
    tick(world.db, LATE)
    asked: list[str] = []
    honest = Session.query

    def query(s: Session, sql: str, values: Any) -> list[Any]:
        asked.append(sql)
        return honest(s, sql, values)

    monkeypatch.setattr(Session, "query", query)
    monkeypatch.setattr(world.db, "read", None)
    monkeypatch.setattr(world.db, "write", None)
    assert tick(world.db, LATE).idle
    assert len(asked) == 1


def test_what_is_due_is_looked_for_without_what_was_put_off(world: World) -> None:
    late(world, 3)
    assert look(world.db, LATE) == ["task"]
    assert [are_more_than(world.db, most, "task", LATE) for most in (2, 3)] == [True, False]
    with world.db.write() as s:
        first, *rest = claim(s, "task", LATE, 10, ())
        assert claim(s, "task", LATE, 10, {first}) == rest
        assert claim(s, "task", LATE, 1, ()) == [first]


@pytest.mark.parametrize("pooler", ["none", "transaction"])
def test_a_glance_leaves_the_connection_as_it_was(postgresql_db_url: str, pooler: str) -> None:
    limits = replace(Limits.usual(), pooler=pooler, size=1, overflow=0)
    db = Database(postgresql_db_url, limits)
    subject = tables.deferral.c.subject
    with glance(db) as s:
        assert s.query("SELECT %s::int + 1", (1,)) == [(2,)]
    with pytest.raises(ZeroDivisionError), db.write() as s:
        s.execute(insert(tables.deferral).values(
            subject="issue:0", attempts=1, error="", at=LATE, retry_at=LATE
        ))  # fmt: skip
        raise ZeroDivisionError
    with db.read() as s:
        assert s.execute(select(subject)).all() == []
    db.close()


def test_an_error_in_one_lane_ends_the_others_and_is_raised() -> None:
    together, waiting = Barrier(2, timeout=30), Event()

    def work(stopped: Any) -> int:
        if together.wait() == 0:
            raise ZeroDivisionError
        while not stopped():
            waiting.wait(0.001)
        return 1

    with pytest.raises(ZeroDivisionError):
        side_by_side(2, work)


def test_lanes_speak_the_language_of_whoever_began_them() -> None:
    with language("en"):
        assert side_by_side(2, lambda _stopped: current_language()) == ["en", "en"]
    with language("zh_CN"):
        assert side_by_side(2, lambda _stopped: current_language()) == ["zh_CN", "zh_CN"]
