"""The picture, the trend and the to-dos: each figure is the total of the list behind it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

import pytest
from sqlalchemy import event

from benchmarks.pages_data import NOW, fill, found_bureau
from models import tables
from models.db import Database, Session
from models.directory import PersonInfo
from models.queries import edition
from models.queries.ledger import LedgerFilter, count, page, rows_for_export
from models.queries.statistics import Figure, Picture, overdue_tasks, picture
from models.queries.todos import todos
from models.queries.trend import trend
from models.queries.waiting import KINDS
from tests.world import World, at
from workflow.commands import (
    assignment,
    closure,
    discovery,
    extensions,
    lookbacks,
    supervision,
)
from workflow.context import find_actor
from workflow.sweep import tick

EVERYBODY = ("chief", "triage", "director", "henglin_head", "zjj_verifier", "commissioner")


@contextmanager
def asking(db: Database, username: str) -> Iterator[tuple[Session, PersonInfo]]:
    with db.read() as s:
        yield s, find_actor(s, username)


@pytest.fixture
def filled(database: Database) -> Database:
    """A bureau with 150 issues."""
    found_bureau(database)
    fill(database, 150)
    return database


def figures(found: Picture) -> list[Figure]:
    by_key: list[dict[Any, Figure]] = [
        found.phases, found.states, found.boards, found.categories, found.levels,
    ]  # fmt: skip
    return [
        found.total, found.open, found.overdue,
        *(figure for group in by_key for figure in group.values()),
        *(figure for load in found.units.values() for figure in (load.running, load.overdue)),
    ]  # fmt: skip


@pytest.mark.parametrize("wanted", [LedgerFilter(), LedgerFilter(boards=(3, 4), open_only=True)])
def test_every_figure_is_the_total_of_the_list_behind_it(
    filled: Database, wanted: LedgerFilter
) -> None:
    for username in EVERYBODY:
        with asking(filled, username) as (s, actor):
            shown = figures(picture(s, actor, NOW, wanted))
            for figure in shown:
                assert count(s, actor, figure.wanted, NOW) == figure.count, (username, figure)
        assert len(shown) > 10


def test_the_picture_adds_up(filled: Database) -> None:
    with asking(filled, "henglin_head") as (s, actor):
        rows = list(rows_for_export(s, actor, LedgerFilter(), NOW))
        found = picture(s, actor, NOW)
    assert found.total.count == len(rows)
    by_state = Counter(row.issue.state for row in rows)
    assert {k: f.count for k, f in found.states.items()} == by_state
    by_board = Counter((row.issue.board_id or 0, row.issue.light) for row in rows)
    assert {k: f.count for k, f in found.boards.items()} == by_board
    leads = Counter(unit for r in rows for unit in {t.lead_unit_id for t in r.running})
    assert {k: load.running.count for k, load in found.units.items()} == leads


def test_the_longest_overdue_come_first(filled: Database) -> None:
    with asking(filled, "chief") as (s, actor):
        found = overdue_tasks(s, actor, NOW, limit=8)
        rows = rows_for_export(s, actor, LedgerFilter(overdue=True), NOW)
        late = [t for r in rows for t in r.running if t.due_at < NOW and t.paused_at is None]
    expected = sorted(late, key=lambda t: (t.due_at, t.id))[:8]
    assert [o.task.id for o in found] == [t.id for t in expected]
    assert [o.days for o in found] == [(NOW - t.due_at).days for t in expected]


@pytest.mark.parametrize("unit", ["week", "month"])
def test_each_point_of_the_trend_is_the_total_of_the_list_behind_it(
    filled: Database, unit: Any
) -> None:
    for username in ("chief", "henglin_head", "zjj_verifier"):
        with asking(filled, username) as (s, actor):
            periods = trend(s, actor, NOW, unit=unit, periods=14)
            for p in periods:
                for figure in (p.opened, p.closed, p.relapsed, p.overdue):
                    assert count(s, actor, figure.wanted, NOW) == figure.count
        assert [p.until for p in periods[:-1]] == [p.since for p in periods[1:]]
        assert periods[-1].since <= NOW < periods[-1].until
        assert sum(p.opened.count for p in periods) > 0


def test_the_trend_counts_what_happened_when_it_happened(world: World) -> None:
    world.closed("2026-09-21 10:00", then="2026-09-22 10:00")
    late = world.acknowledged("2026-09-21 10:00")
    due = world.task(late.task).due_at
    world.reported("2026-10-09 15:00")
    after = due + timedelta(days=8)
    with asking(world.db, "chief") as (s, actor):
        weeks = trend(s, actor, after, periods=12)
    opened = [p.opened.count for p in weeks]
    assert (sum(opened), sum(p.closed.count for p in weeks)) == (3, 1)
    assert next(p.opened.count for p in weeks if p.since == at("2026-09-21 00:00")) == 2
    overdue = {p.since: p.overdue.count for p in weeks}
    assert overdue == {p.since: int(min(p.until, after) > due) for p in weeks}
    assert weeks[-1].overdue.wanted == LedgerFilter(overdue=True)


def test_a_task_handed_in_late_was_overdue_until_then(world: World) -> None:
    case = world.acknowledged("2026-09-21 10:00")
    due = world.task(case.task).due_at
    world.submit(case.task, due + timedelta(days=8))
    with asking(world.db, "chief") as (s, actor):
        weeks = trend(s, actor, due + timedelta(days=30), periods=12)
        assert not picture(s, actor, due + timedelta(days=30)).overdue.count
    expected = [int(due < p.until <= due + timedelta(days=8)) for p in weeks]
    assert [p.overdue.count for p in weeks] == expected
    assert sum(expected) == 1


# ------------------------------------------------------------ to-dos


def waits(world: World, username: str, now: Any) -> dict[str, list[str]]:
    """Kinds of to-do with something in them; the list must agree with the count."""
    moment: datetime = at(now) if isinstance(now, str) else now
    with asking(world.db, username) as (s, actor):
        found = todos(s, actor, moment, limit=50)
        for todo in found:
            listed = page(s, actor, todo.wanted, now=moment)
            assert listed.total == todo.count == len(todo.rows)
            assert {r.issue.id for r in listed.rows} == {r.issue.id for r in todo.rows}
    return {t.kind: [r.issue.number for r in t.rows] for t in found if t.count}


def test_to_dos_come_in_order_of_urgency(world: World) -> None:
    with asking(world.db, "zjj_head") as (s, actor):
        kinds = [todo.kind for todo in todos(s, actor, at("2026-09-28 10:00"))]
    assert kinds == [kind for kind in KINDS if kind in kinds]
    assert kinds[:2] == ["overdue", "acknowledge"]


def test_an_issue_waits_for_one_after_the_other(world: World) -> None:
    draft = world.reported("2026-09-28 09:00")
    assert waits(world, "triage", "2026-09-28 09:01") == {"triage": [draft]}
    assert waits(world, "chief", "2026-09-28 09:01") == {}
    case = world.planned("2026-09-28 10:00")
    assert waits(world, "chief", "2026-09-28 10:01") == {"dispatch": [case.issue]}
    world.do(assignment.dispatch, "chief", "2026-09-28 10:02", issue=case.issue)
    for username in ("zjj_liaison", "zjj_head"):
        assert waits(world, username, "2026-09-28 10:03") == {"acknowledge": [case.issue]}
    for username in ("czj_head", "zjj_handler", "principal", "zjj_verifier"):
        assert waits(world, username, "2026-09-28 10:03") == {}
    world.acknowledge(case.task, "2026-09-28 10:04")
    assert waits(world, "zjj_head", "2026-09-28 10:05") == {}
    world.submit(case.task, "2026-09-28 10:06")
    assert waits(world, "jfj_verifier", "2026-09-28 10:07") == {"verify": [case.issue]}
    assert waits(world, "spj_verifier", "2026-09-28 10:07") == {}
    world.verify(case.task, "2026-09-28 10:08")
    for username in ("chief", "director"):
        assert waits(world, username, "2026-09-28 10:09") == {"approve": [case.issue]}
    world.approve(case.issue, "2026-09-28 10:10")
    assert waits(world, "chief", "2026-09-28 10:11") == {}


def test_a_weighty_issue_waits_for_the_deputy_director_alone(world: World) -> None:
    case = world.verified("2026-09-28 10:00", major=True)
    assert waits(world, "director", "2026-09-28 10:01") == {"approve": [case.issue]}
    assert waits(world, "chief", "2026-09-28 10:01") == {}


def test_deadlines_come_nearer_and_pass(world: World) -> None:
    case = world.acknowledged("2026-09-28 10:00")
    due = world.task(case.task).due_at
    tick(world.db, due - timedelta(hours=3))
    assert waits(world, "zjj_head", due - timedelta(hours=3)) == {"due_soon": [case.issue]}
    assert waits(world, "zjj_head", due) == {"due_soon": [case.issue]}
    assert waits(world, "zjj_head", due + timedelta(seconds=1)) == {"overdue": [case.issue]}
    later = due + timedelta(days=60)
    tick(world.db, later)
    assert waits(world, "director", later)["decide"] == [case.issue]
    assert "decide" not in waits(world, "zjj_head", later)


def test_a_request_waits_for_the_rank_that_decides_it(world: World) -> None:
    case = world.acknowledged("2026-09-28 10:00")
    due = world.task(case.task).due_at
    for n, ruler in enumerate(("chief", "director")):
        asked = at("2026-09-29 10:00") + timedelta(hours=n)
        world.do(
            extensions.request_extension, "zjj_head", asked, task=case.task,
            new_due=due + timedelta(days=2 * (n + 1)), reason="产权单位排期", progress="已进场",
        )  # fmt: skip
        others = {"chief", "director", "triage", "zjj_head"} - {ruler}
        assert waits(world, ruler, asked)["rule"] == [case.issue]
        assert all("rule" not in waits(world, other, asked) for other in others)
        world.do(
            extensions.rule_extension, ruler, asked + timedelta(minutes=5),
            task=case.task, granted=True, opinion="同意",
        )  # fmt: skip
        assert "rule" not in waits(world, ruler, asked + timedelta(minutes=6))


def test_a_look_back_waits_for_the_inspector_and_a_relapse_for_the_chief(world: World) -> None:
    case = world.closed("2026-03-02 10:00", major=True, then="2026-03-02 11:00") if False else None
    case = world.verified("2026-03-02 10:00", major=True)
    world.approve(case.issue, "2026-03-02 11:00", by="director")
    (first, _second) = world.rows(tables.lookback)
    assert waits(world, "inspector", first.due_at - timedelta(minutes=1)) == {}
    assert waits(world, "inspector", first.due_at) == {"lookback": [case.issue]}
    world.do(
        lookbacks.record_lookback, "inspector", first.due_at,
        issue=case.issue, finding="杆线又妨碍施工", relapse=True,
    )  # fmt: skip
    assert waits(world, "inspector", first.due_at) == {}
    assert waits(world, "chief", first.due_at) == {"confirm_relapse": [case.issue]}
