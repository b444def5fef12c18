"""The ledger's lists: whom they show what, in which order, page by page, and at what cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from benchmarks.bureau import NOW
from models import tables
from models.db import Database, Session
from models.directory import PersonInfo
from models.queries.ledger import (
    LedgerFilter,
    LedgerRow,
    page,
    rows_for_export,
)
from models.queries.running import ENDED
from models.queries.scope import may_see, visible_ids, visible_issues
from tests.world import World, at
from workflow.commands import assignment, lookbacks
from workflow.context import find_actor

EVERYBODY = (
    "chief", "triage", "director", "inspector", "henglin_head", "zjj_verifier", "gdgs_head",
    "dzb_liaison", "commissioner", "jfj_verifier",
)  # fmt: skip
WIDE, BOARD, DEPARTMENT, SPARSE = "chief", "henglin_head", "zjj_verifier", "gdgs_head"


@pytest.fixture(params=["sqlite", "postgresql"])
def db(request: pytest.FixtureRequest, filled_ledgers: dict[str, Database]) -> Database:
    """A filled ledger of each kind in turn; tests that use it only read."""
    return filled_ledgers[request.param]


@contextmanager
def asking(db: Database, username: str) -> Iterator[tuple[Session, PersonInfo]]:
    with db.read() as s:
        yield s, find_actor(s, username)


def numbers(rows: list[LedgerRow]) -> list[int]:
    return [row.issue.id for row in rows]


def all_pages(
    s: Session, actor: PersonInfo, wanted: LedgerFilter, sort: str, limit: int
) -> list[LedgerRow]:
    rows: list[LedgerRow] = []
    cursor: str | None = None
    while True:
        found = page(s, actor, wanted, now=NOW, sort=sort, cursor=cursor, limit=limit)
        rows += found.rows
        cursor = found.next_cursor
        if cursor is None:
            return rows


def seen_by(s: Session, actor: PersonInfo) -> set[int]:
    """Issues in scope by the rule over loaded rows, the slow way."""
    tasks: dict[int, list[Any]] = {}
    co_units: dict[int, set[int]] = {}
    of_task = {}
    for task in s.execute(select(tables.task)):
        tasks.setdefault(task.issue_id, []).append(task)
        of_task[task.id] = task
    for co in s.execute(select(tables.co_unit)):
        if of_task[co.task_id].dispatched_at is not None:
            co_units.setdefault(of_task[co.task_id].issue_id, set()).add(co.unit_id)
    project = tables.project.c
    own = {r.id for r in s.execute(select(project.id).where(project.commissioner_id == actor.id))}
    return {
        i.id
        for i in s.execute(select(tables.issue))
        if may_see(actor, i, tasks.get(i.id, []), co_units.get(i.id, set()), i.project_id in own)
    }


def test_both_ways_of_saying_the_scope_mean_what_the_rule_means(
    db: Database,
) -> None:
    for username in EVERYBODY:
        _agree(db, username)


def _agree(db: Database, username: str) -> None:
    with asking(db, username) as (s, actor):
        expected = seen_by(s, actor)
        one_by_one = select(tables.issue.c.id).where(visible_issues(actor))
        assert {row.id for row in s.execute(one_by_one)} == expected
        at_once = visible_ids(actor)
        if at_once is not None:
            assert {row[0] for row in s.execute(at_once)} == expected
        assert set(numbers(all_pages(s, actor, LedgerFilter(), "newest", 150))) == expected


def test_administrators_see_no_business(world: World) -> None:
    world.reported("2026-09-28 10:00")
    for username in ("auditor", "sysadmin", "secadmin"):
        with asking(world.db, username) as (s, actor):
            found = page(s, actor, LedgerFilter(), now=NOW)
            assert (found.rows, found.total) == ([], 0)


def test_a_unit_sees_an_issue_from_the_hand_over_on(world: World) -> None:
    case = world.planned("2026-09-28 10:00")
    assert listed(world.db, "zjj_head", LedgerFilter()) == []
    world.do(assignment.dispatch, "chief", "2026-09-28 11:00", issue=case.issue)
    assert listed(world.db, "zjj_head", LedgerFilter()) == [case.issue]


def listed(db: Database, username: str, wanted: LedgerFilter, now: Any = NOW) -> list[str]:
    with asking(db, username) as (s, actor):
        return [row.issue.number for row in page(s, actor, wanted, now=now).rows]


# ------------------------------------------------------------ filters

Meets = Callable[[LedgerRow], bool]
LATER, EARLIER = NOW + timedelta(days=5), NOW - timedelta(days=200)


def leads(row: LedgerRow, unit: int) -> bool:
    return any(t.lead_unit_id == unit and t.state != "withdrawn" for t in row.tasks)


def late(row: LedgerRow) -> list[Any]:
    return [t for t in row.running if t.due_at < NOW and t.paused_at is None]


FILTERS: dict[str, tuple[dict[str, Any], Meets]] = {
    "phase": ({"phases": ("closure",)},
              lambda r: r.issue.state in ("verifying", "approving", "closed")),
    "state within a phase": ({"phases": ("closure",), "states": ("approving", "draft")},
                             lambda r: r.issue.state == "approving"),
    "two lights": ({"lights": ("red", "yellow")}, lambda r: r.issue.light in ("red", "yellow")),
    "category": ({"categories": ("拆迁",)}, lambda r: r.issue.category == "拆迁"),
    "board": ({"boards": (3,)}, lambda r: r.issue.board_id == 3),
    "board or none": ({"boards": (3, 0)}, lambda r: r.issue.board_id in (3, None)),
    "no project": ({"projects": (0,)}, lambda r: r.issue.project_id is None),
    "project": ({"projects": (5, 6)}, lambda r: r.issue.project_id in (5, 6)),
    "lead unit": ({"units": (9,)}, lambda r: leads(r, 9)),
    "running lead": ({"units": (9,), "running": True},
                     lambda r: any(t.lead_unit_id == 9 for t in r.running)),
    "overdue lead": ({"units": (9, 4), "overdue": True},
                     lambda r: any(t.lead_unit_id in (9, 4) for t in late(r))),
    "overdue": ({"overdue": True}, lambda r: bool(late(r))),
    "due within days": ({"due_from": NOW, "due_until": LATER},
                        lambda r: any(NOW <= t.due_at < LATER for t in r.running)),
    "level": ({"levels": (1, 3)}, lambda r: any(t.level in (1, 3) for t in r.running)),
    "level from": ({"level_from": 2}, lambda r: any(t.level >= 2 for t in r.running)),
    "one task meets all": ({"levels": (1,), "due_until": LATER, "units": (9, 3, 4)},
                           lambda r: any(t.level == 1 and t.due_at < LATER
                                         and t.lead_unit_id in (9, 3, 4) for t in r.running)),
    "coordination": ({"coordination_levels": (3, 4)},
                     lambda r: r.issue.coordination_level in (3, 4)),
    "listed": ({"listed": True}, lambda r: r.issue.listed),
    "relapsed": ({"relapsed": True}, lambda r: r.issue.relapse_count > 0),
    "urgent": ({"urgent": True}, lambda r: r.issue.urgent),
    "major": ({"major": True}, lambda r: r.issue.major),
    "open": ({"open_only": True}, lambda r: r.issue.state not in ENDED),
    "opened": ({"opened_from": EARLIER, "opened_until": NOW},
               lambda r: r.issue.reported_at is not None and r.issue.reported_at >= EARLIER),
    "closed": ({"closed_from": EARLIER},
               lambda r: r.issue.closed_at is not None and r.issue.closed_at >= EARLIER),
    "reporting unit": ({"reporter_units": (3, 9)}, lambda r: r.issue.reporter_unit_id in (3, 9)),
    "title": ({"text": "苗木"}, lambda r: "苗木" in r.issue.title),
    "two words": ({"text": "苗木  影响施工(3"},
                  lambda r: "苗木" in r.issue.title and "影响施工(3" in r.issue.title),
    "project's name": ({"text": "重点项目01"}, lambda r: r.project_name.startswith("重点项目01")),
    "number": ({"text": "WT-2026-000399"}, lambda r: r.issue.number == "WT-2026-000399"),
    "wildcards are plain text": ({"text": "%_"}, lambda r: False),
    "nothing": ({"text": "' OR 1=1 --"}, lambda r: False),
}  # fmt: skip


@pytest.mark.parametrize("username", [WIDE, BOARD, DEPARTMENT])
def test_each_filter_finds_what_it_says(db: Database, username: str) -> None:
    with asking(db, username) as (s, actor):
        everything = list(rows_for_export(s, actor, LedgerFilter(), NOW))
        for name, (values, meets) in FILTERS.items():
            expected = [row.issue.id for row in everything if meets(row)]
            found = page(s, actor, LedgerFilter(**values), now=NOW, limit=1000)
            assert (name, numbers(found.rows)) == (name, expected)
            assert (name, found.total) == (name, len(expected))
            if username == WIDE:
                assert bool(expected) is (name not in NEVER), name


NEVER = ("wildcards are plain text", "nothing")


def test_a_supporting_unit_is_found_by_its_task(db: Database) -> None:
    with asking(db, WIDE) as (s, actor):
        tasks = {co.task_id for co in s.execute(select(tables.co_unit)) if co.unit_id == 9}
        rows = rows_for_export(s, actor, LedgerFilter(), NOW)
        expected = {r.issue.id for r in rows if tasks & {t.id for t in r.tasks}}
        found = page(s, actor, LedgerFilter(co_units=(9,)), now=NOW, limit=1000)
    assert set(numbers(found.rows)) == expected != set()


def test_a_long_list_is_not_kept_in_memory(db: Database) -> None:
    with db.read() as s:
        rows = rows_for_export(s, find_actor(s, "chief"), LedgerFilter(), NOW, batch=3)
        first = next(rows)
        noted = set(s.memo)
        rest = list(rows)
        assert len(rest) > 6 and first.issue.id not in {row.issue.id for row in rest}
        assert not {key for key in set(s.memo) - noted if str(key).startswith("tasks:")}
        assert not {key for key in s.memo if str(key).startswith("tasks:")}


def test_letters_are_found_whatever_their_case(world: World) -> None:
    number = world.reported("2026-09-28 10:00", title="10kV 线路")
    assert listed(world.db, "chief", LedgerFilter(text="10KV")) == [number]
    assert listed(world.db, "chief", LedgerFilter(text=number.lower())) == [number]


def test_a_task_is_found_by_its_number(world: World) -> None:
    case = world.dispatched("2026-09-28 10:00")
    assert listed(world.db, "chief", LedgerFilter(text=case.task)) == [case.issue]
    assert listed(world.db, "czj_head", LedgerFilter(text=case.task)) == []


def test_what_was_closed_and_has_come_back_is_still_found_under_its_closure(
    world: World,
) -> None:
    case = world.closed("2026-09-28 10:00", then="2026-09-29 10:00")
    day = LedgerFilter(closed_from=at("2026-09-29 00:00"), closed_until=at("2026-09-30 00:00"))
    world.do(
        lookbacks.record_lookback, "inspector", "2026-10-09 10:00",
        issue=case.issue, finding="杆线又妨碍施工", relapse=True,
    )  # fmt: skip
    world.do(
        lookbacks.relapse, "chief", "2026-10-09 11:00",
        issue=case.issue, new_due=at("2026-10-20 17:30"), reason="属实",
    )  # fmt: skip
    assert listed(world.db, "chief", LedgerFilter(states=("closed",))) == []
    assert listed(world.db, "chief", day) == [case.issue]
    since = LedgerFilter(relapsed_from=at("2026-10-09 00:00"))
    assert listed(world.db, "chief", since) == [case.issue]


@pytest.mark.parametrize(
    "wrong", [{"waiting": "coffee"}, {"due_from": NOW.replace(tzinfo=None)}], ids=str
)
def test_a_filter_that_means_nothing_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        LedgerFilter(**wrong)
