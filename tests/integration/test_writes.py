"""What a command writes goes out together, and what it reads is what holds under its lock."""

from __future__ import annotations

from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import select

from models import tables
from models.bulk import Insertion, change_of
from models.db import FEW, Database, Session, numbered
from models.writes import Writes
from tests.world import World, at
from workflow.case import load_case
from workflow.commands import breakdown, discovery
from workflow.commands.breakdown import Plan
from workflow.context import find_actor

NOW = at("2026-03-02 10:00")
TEXTS = ("100 %s of $1", "%%", "'; --", "行\n行")
HEADS = Insertion(tables.chain_head, ("stream", "chain_seq", "chain_hash"), ignore=True)
HEAD = tables.chain_head.c


class Lost(Exception):
    """A row that should have been found was not."""


def heads(s: Session) -> dict[str, Any]:
    """What was written: hashes by stream."""
    rows = s.execute(select(HEAD.stream, HEAD.chain_hash).where(HEAD.stream.like("w:%")))
    return {row.stream: row.chain_hash for row in rows}


def issues(world: World, number: int) -> list[str]:
    """Numbers of so many new issues."""
    return [world.reported(NOW) for _n in range(number)]


def retitled(s: Session, writes: Writes, numbers: list[str], titles: list[str]) -> None:
    """Add a change of title for each of the issues."""
    change = change_of(tables.issue, ("title",))
    ids = [load_case(s, issue=number)[0].id for number in numbers]
    rows = [change.bind(s, {"title": t}, key) for t, key in zip(titles, ids, strict=True)]
    writes.add(change.plain(s), rows, Lost)


@pytest.mark.parametrize("size", [1, 4, FEW, FEW + 1])
def test_rows_of_several_tables_are_written_as_they_were_given(world: World, size: int) -> None:
    numbers = issues(world, size)
    titles = [TEXTS[n % 4] + str(n) for n in range(size)]
    with world.db.write() as s:
        writes = Writes(s)
        retitled(s, writes, numbers, titles)
        rows = [(f"w:{n}", n, TEXTS[n % 4]) for n in range(size)]
        writes.add(*HEADS.bound(s, [*rows, rows[0]]))  # what is there already stays
        writes.send()
    assert [world.issue(number).title for number in numbers] == titles
    with world.db.read() as s:
        assert heads(s) == {f"w:{n}": TEXTS[n % 4] for n in range(size)}


@pytest.mark.parametrize("size", [1, FEW + 1])
def test_a_row_that_is_not_found_takes_everything_back(world: World, size: int) -> None:
    number, *_more = issues(world, 1)
    before = world.issue(number).title
    change = change_of(tables.issue, ("title",), "chain_seq")
    with pytest.raises(Lost), world.db.write() as s:
        writes = Writes(s)
        retitled(s, writes, [number], ["another"])
        key = load_case(s, issue=number)[0].id
        writes.add(change.plain(s), [change.bind(s, {"title": "third"}, key, 99)] * size, Lost)
        writes.add(*HEADS.bound(s, [("w:0", 0, "")]))
        writes.send()
    assert world.issue(number).title == before
    with world.db.read() as s:
        assert heads(s) == {}


def test_nothing_to_write_asks_nothing(database: Database) -> None:
    with database.write() as s:
        writes = Writes(s)
        writes.add("no statement at all", [])
        writes.send()


def test_values_are_numbered_and_percent_signs_stay() -> None:
    text = "SELECT a FROM t WHERE b LIKE '%%x%%' AND c = %s AND d = %s::INTEGER"
    assert numbered(text) == b"SELECT a FROM t WHERE b LIKE '%x%' AND c = $1 AND d = $2::INTEGER"


def test_who_waited_for_an_issue_sees_the_tasks_that_were_added_meanwhile(world: World) -> None:
    number = world.triaged(NOW)
    locked, found = Event(), list[Any]()

    def late() -> None:
        locked.wait(30)
        with world.db.write() as s:
            found.append(load_case(s, issue=number))

    waiting = Thread(target=late)
    waiting.start()
    with world.db.write() as s:
        actor = find_actor(s, "triage")
        breakdown.plan_task(s, actor=actor, now=NOW, issue=number, form=Plan("迁移", lead="zjj"))
        locked.set()
        waiting.join(0.5)  # it has asked for the lock by now, or will find everything done
    waiting.join(30)
    (issue, tasks) = found[0]
    assert [task.number for task in tasks] == [f"{number}-01"]
    assert issue.chain_seq == world.issue(number).chain_seq


def test_tasks_come_in_the_order_of_their_creation(world: World) -> None:
    plans = [Plan(f"迁移{n}", lead="zjj") for n in range(3)]
    case = world.dispatched(NOW, plans=plans)
    with world.db.write() as s:
        _issue, tasks = load_case(s, task=f"{case.issue}-02")
        by_id = load_case(s, issue_id=world.issue(case.issue).id)
    assert [task.number for task in tasks] == [f"{case.issue}-{n:02d}" for n in (1, 2, 3)]
    assert [task.number for task in by_id[1]] == [task.number for task in tasks]


def test_an_issue_without_tasks_has_none(world: World) -> None:
    number = world.reported(NOW)
    with world.db.write() as s:
        issue, tasks = load_case(s, issue=number)
        assert (issue.number, tasks) == (number, [])
        actor = find_actor(s, "triage")
        discovery.start_triage(s, actor=actor, now=NOW, issue=number)
