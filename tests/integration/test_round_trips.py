"""How often a read waits for PostgreSQL: what is asked at once, and that it says the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from models import tables
from models.db import Database, Session
from models.queries import foresight
from tests.api import Program, program
from tests.integration import test_commands_rights as rights
from tests.portal import Portal, opened
from tests.trips import round_trips
from tests.world import Case, World, at, standing_zone
from workflow.case_file import case_file
from workflow.commands import closure, requests, supervision
from workflow.commands.breakdown import Plan
from workflow.context import find_actor
from workflow.sweep import tick

NOW, LATER = "2026-09-28 10:00", "2026-09-28 15:00"
MANY = 12
"""Asked so often, a statement is prepared and a figure is kept."""
PEOPLE = ("chief", "zjj_liaison", "lucheng_reporter", "jfj_verifier", "henglin_head", "auditor")


@pytest.fixture
def served(founded: bool, postgresql_db_url: str, tmp_path: Path) -> Iterator[Portal]:
    """The portal over PostgreSQL."""
    db = Database(postgresql_db_url)
    with opened(standing_zone(db), tmp_path / "var", LATER) as portal:
        yield portal
    db.close()


def trips(portal: Portal, ask: Callable[[], Any], folder: Path) -> list[str]:
    """What is sent to the server for one more of the same, a message for each trip."""
    for _ in range(MANY):
        ask()
    with round_trips(portal.world.db, folder) as seen:
        ask()
    return seen


def furnished(world: World) -> Case:
    """An issue with two tasks and something in every table that belongs to them."""
    plans = [Plan("迁移杆线", co_units=("gdgs",)), Plan("恢复路面")]
    case = world.acknowledged(NOW, plans=plans)
    world.do(
        closure.add_evidence, "zjj_liaison", NOW, task=case.task,
        proof=closure.Proof("photo", "现场“一”.jpg", note="\\ \" 换行\n"),
    )  # fmt: skip
    world.do(
        requests.request_park, "zjj_head", NOW, task=case.tasks[1], reason="待批",
        review_on=at("2026-10-20 10:00").date(),
    )  # fmt: skip
    world.do(supervision.progress, "zjj_liaison", NOW, task=case.task, text="已进场")
    return case


# ------------------------------------------------------------ how often


@pytest.mark.parametrize("username", PEOPLE[:3])
def test_an_issue_is_read_in_four_round_trips(
    served: Portal, tmp_path: Path, username: str
) -> None:
    """It begins with what is in force, finds its caller, reads the issue with everything on it,
    and ends."""
    case, caller = furnished(served.world), program(served, username)
    for number in (case.issue, case.task):
        found = trips(served, partial(caller.get, f"/issues/{number}"), tmp_path)
        assert ["BEGIN" in one for one in found] == [True, False, False, False], found


@pytest.mark.parametrize("username", PEOPLE[:3])
def test_a_list_is_read_in_four_while_the_ledger_stands_still(
    served: Portal, tmp_path: Path, username: str
) -> None:
    for _ in range(3):
        furnished(served.world)
    caller = program(served, username)
    for path in ("/issues?limit=2", "/issues?light=green&sort=updated"):
        assert len(trips(served, partial(caller.get, path), tmp_path)) == 4


def test_a_list_takes_a_few_more_once_the_ledger_has_moved(served: Portal, tmp_path: Path) -> None:
    world, caller = served.world, program(served, "zjj_liaison")
    case = furnished(world)
    trips(served, partial(caller.get, "/issues"), tmp_path)
    world.do(supervision.progress, "zjj_liaison", LATER, task=case.task, text="过半")
    with round_trips(world.db, tmp_path) as seen:
        caller.get("/issues")
    assert 4 < len(seen) <= 7


def test_pages_of_the_portal_gain_by_it(served: Portal, tmp_path: Path) -> None:
    case, browser = furnished(served.world), served.sign_in("zjj_liaison")
    most = {f"/issues/{case.issue}": 14, "/issues": 6}
    found = {path: len(trips(served, partial(browser.page, path), tmp_path)) for path in most}
    assert {path: n for path, n in found.items() if n > most[path]} == {}


# ------------------------------------------------------------ that it says the same


def test_an_issue_read_at_once_is_what_its_tables_say(served: Portal) -> None:
    """A writing transaction asks one table after the other, as SQLite is asked."""
    world = served.world
    closed = world.closed("2026-03-02 10:00", then="2026-03-10 10:00")
    late = furnished(world)
    now = at("2026-11-20 10:00")
    for day in range(30, -1, -1):
        tick(world.db, now - timedelta(days=day))
    for number in (closed.issue, late.issue, late.tasks[1]):
        with world.db.read() as s:
            at_once = case_file(s, find_actor(s, "chief"), number, now)
        with world.db.write() as s:
            one_by_one = case_file(s, find_actor(s, "chief"), number, now)
        assert at_once == one_by_one
    tasks = one_by_one["tasks"]
    assert all(any(task[part] for task in tasks) for part in (
        "co_units", "deadlines", "requests", "evidence", "prepared", "ahead",
    ))  # fmt: skip


def test_somebody_outside_its_scope_learns_nothing_either_way(served: Portal) -> None:
    case = furnished(served.world)
    for username in PEOPLE:
        sees = username not in ("henglin_head", "auditor")
        for number in (case.issue, case.task):
            caller = program(served, username)
            for _ in range(2):
                caller.get(f"/issues/{number}", 200 if sees else 404)


def test_what_was_foreseen_is_never_told_of_another_ledger(served: Portal) -> None:
    """After each step of a life, everybody's lists are those of who foresees nothing."""
    world = served.world
    callers = [program(served, name) for name in PEOPLE]
    case = world.acknowledged(NOW)
    steps: tuple[Callable[[], Any], ...] = (
        lambda: world.do(supervision.progress, "zjj_liaison", NOW, task=case.task, text="一"),
        lambda: world.submit(case.task, NOW),
        lambda: world.reported(NOW),
        lambda: world.verify(case.task, NOW),
        lambda: world.approve(case.issue, NOW),
        lambda: world.acknowledged(NOW, title="另一件"),
    )
    for step in steps:
        before = [_lists(caller) for caller in callers]
        step()
        foreseeing = [_lists(caller) for caller in callers]
        foresight.forget(world.db.engine)
        assert [_lists(caller) for caller in callers] == foreseeing
        assert foreseeing != before


def _lists(caller: Program) -> list[Any]:
    paths = ("/issues?limit=1", "/issues", "/issues?sort=updated&light=green", "/issues?open=1")
    return [caller.get(path) for path in paths]


def test_a_project_given_to_somebody_else_moves_the_list_at_once(served: Portal) -> None:
    """Who answers for a project is no part of the ledger, which goes on standing still."""
    world = served.world.with_projects("云沐湖")
    number = world.reported(NOW, project="云沐湖", no_project_reason="")
    caller = program(served, "commissioner")
    seen = []
    for holder in ("commissioner", None, "commissioner"):
        with world.db.write() as s:
            _give(s, world.people[holder] if holder else None)
        seen += [[line["number"] for line in caller.get("/issues")["items"]] for _ in range(2)]
    assert seen == [[number], [number], [], [], [number], [number]]


def _give(s: Session, person: int | None) -> None:
    s.execute(update(tables.project).values(commissioner_id=person))


def test_an_issue_in_any_stage_is_read_alike(served: Portal) -> None:
    world = served.world
    for stage in (rights.draft, rights.reported, rights.triaging, rights.submitted):
        case = stage(world)
        with world.db.read() as s:
            at_once = case_file(s, find_actor(s, "chief"), case.issue, at(rights.THEN))
        with world.db.write() as s:
            assert case_file(s, find_actor(s, "chief"), case.issue, at(rights.THEN)) == at_once
