"""The picture, the trend and the to-dos: each figure is the total of the list behind it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

import pytest
from sqlalchemy import event

from benchmarks.bureau import NOW, found_bureau
from benchmarks.pages_data import fill
from models import tables
from models.db import Database, Session
from models.directory import PersonInfo
from models.queries import edition
from models.queries.ledger import LedgerFilter, count, page, rows_for_export
from models.queries.statistics import Figure, Picture, overdue_tasks, picture
from models.queries.todos import todos
from models.queries.trend import trend
from tests.world import World, at
from workflow.commands import (
    closure,
    discovery,
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
            assert len(shown) > 10 or username != "chief"


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


# ------------------------------------------------------------ what is remembered


def everything(db: Database, username: str, now: datetime) -> Any:
    with asking(db, username) as (s, actor):
        return (
            picture(s, actor, now),
            trend(s, actor, now),
            [(t.kind, t.count) for t in todos(s, actor, now)],
            page(s, actor, LedgerFilter(open_only=True), now=now).total,
        )


def test_figures_asked_for_again_cost_no_counting(filled: Database) -> None:
    sent: list[str] = []
    event.listen(filled.engine, "before_cursor_execute", lambda *args: sent.append(args[2]))

    def cheap() -> bool:
        with asking(filled, "henglin_head") as (s, actor):
            sent.clear()
            picture(s, actor, NOW), trend(s, actor, NOW)
        counting = [sql for sql in sent if "GROUP BY" in sql or "issue.id" in sql]
        return not counting and len(sent) <= 4

    # The first reader chooses from where later ones count events: as soon as no transaction is
    # under way that began before, in other tests' databases of the same server neither.
    assert not cheap()
    assert any(cheap() for _ in range(200))


def test_all_figures_of_a_search_come_from_one_look_and_the_next_request_looks_again(
    filled: Database,
) -> None:
    sent: list[str] = []
    event.listen(filled.engine, "before_cursor_execute", lambda *args: sent.append(args[2]))

    def looks() -> int:
        sent.clear()
        with asking(filled, "henglin_head") as (s, actor):
            wanted = LedgerFilter(text="1")
            assert picture(s, actor, NOW, wanted).total.count > 0
            trend(s, actor, NOW, wanted=wanted)
        return sum("issue.title" in sql for sql in sent)

    assert looks() == looks() == 1


def test_every_step_shows_at_once_and_equals_a_fresh_count(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = world.acknowledged("2026-09-28 10:00")
    due = world.task(case.task).due_at
    others = [world.reported("2026-09-28 10:00") for _ in range(2)]
    steps: list[Callable[[], object]] = [
        lambda: tick(world.db, due - timedelta(hours=1)),
        lambda: None,  # the deadline passes, nothing is written
        lambda: tick(world.db, due + timedelta(days=30)),
        lambda: world.do(discovery.start_triage, "triage", due, issue=others[0]),
        lambda: world.do(
            supervision.set_listed, "director", due, issue=case.issue, listed=True,
            reason="久拖不决",
        ),
        lambda: world.submit(case.task, due + timedelta(days=31)),
        lambda: world.do(
            closure.verify_task, "jfj_verifier", due + timedelta(days=31), task=case.task,
            opinion="属实", site_check="已现场核查",
        ),
    ]  # fmt: skip
    moments = [
        due - timedelta(hours=1),
        due + timedelta(seconds=1),
        *[due + timedelta(days=31)] * 5,
    ]
    shown = []
    for step, moment in zip(steps, moments, strict=True):
        step()
        for username in ("chief", "zjj_head", "lucheng_head", "jfj_verifier"):
            remembered = everything(world.db, username, moment)
            with monkeypatch.context() as fresh:
                fresh.setattr(edition, "_FIGURES", WeakKeyDictionary())
                assert everything(world.db, username, moment) == remembered
            shown.append(repr(remembered))
    assert len(set(shown[::4])) == len(steps)  # the chief sees each of them


def test_a_figure_is_never_older_than_the_rows_beside_it(world: World) -> None:
    """Readers compare the remembered total with a count of their own while others write."""
    done, wrong = threading.Event(), []

    def read() -> None:
        while not done.is_set():
            with asking(world.db, "chief") as (s, actor):
                remembered = picture(s, actor, NOW).states
                counted = Counter(r.state for r in s.execute(tables.issue.select()))
                if {k: f.count for k, f in remembered.items()} != counted:
                    wrong.append((remembered, counted))

    def write(username: str) -> None:
        for _ in range(12):
            world.triaged("2026-09-28 10:00", by=username)

    readers = [threading.Thread(target=read) for _ in range(2)]
    names = ("lucheng_reporter", "henglin_reporter")
    writers = [threading.Thread(target=write, args=(name,)) for name in names]
    for thread in (*readers, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in readers:
        thread.join()
    assert wrong == []
    with asking(world.db, "chief") as (s, actor):
        assert picture(s, actor, NOW).states["triaging"].count == 24


def test_what_a_transaction_has_not_committed_is_not_remembered(world: World) -> None:
    world.reported("2026-09-28 10:00")
    with pytest.raises(RuntimeError), world.db.write() as s:
        actor = find_actor(s, "chief")
        assert count(s, actor, LedgerFilter(states=("reported",)), NOW) == 1
        s.execute(tables.issue.update().values(state="draft"))
        assert count(s, actor, LedgerFilter(states=("reported",)), NOW) == 0
        raise RuntimeError
    with asking(world.db, "chief") as (s, actor):
        assert count(s, actor, LedgerFilter(states=("reported",)), NOW) == 1


def test_the_store_of_figures_is_bounded() -> None:
    figures = edition.Figures(most=2)
    for key in ("a", "b", "c"):
        figures.put(key, 1, key.upper())
    assert figures.get("a", 1) == (False, None)
    assert figures.get("c", 1) == (True, "C")
    assert figures.get("c", 2) == (False, None)


@pytest.mark.parametrize("ask", [picture, trend])
def test_a_picture_is_not_narrowed_by_tasks(filled: Database, ask: Any) -> None:
    with asking(filled, "chief") as (s, actor), pytest.raises(ValueError):
        ask(s, actor, NOW, wanted=LedgerFilter(units=(9,)))
