"""The demonstration: everything is shown, the numbers hold, and it is the same each time."""

from __future__ import annotations

import csv
import inspect
import json
import pkgutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

import workflow.commands
from config import clock
from config.i18n import language
from config.policy import parse_policy, shipped_policy
from config.roles import Role
from config.workflow_definition import parse_workflow, shipped_workflow
from demo import coverage, story
from demo.case import FICTION
from demo.clockwork import CHANNELS
from demo.figures import Share, Summary
from demo.fresh import NotADemo, fresh_database
from demo.people import MARK
from demo.replayed import LEDGER, MAPPING, replay_public
from demo.run import run
from demo.script import TITLE_MARK, Script
from models import tables
from models.db import Database
from notifications.kinds import KINDS
from tests.databases import sqlite_url
from tests.world import FOUNDED, World, at, found_zone
from workflow.accounts.signin import SignedIn, sign_in
from workflow.commands import assignment, closure
from workflow.commands.closure import Proof
from workflow.context import context
from workflow.setup import install

# Tests that share the one demonstration stay in one process.
pytestmark = pytest.mark.xdist_group("demo")


@dataclass(frozen=True, slots=True)
class Played:
    """A demonstration that has been played, with what it printed."""

    url: str
    folder: Path
    summary: Summary
    printed: str


def play(folder: Path) -> Played:
    """The story alone, in English, without the public ledger."""
    url, lines = sqlite_url(folder / "xiaohao.db"), list[str]()
    with language("en"):
        summary = run(url, out=lines.append, replay=False, progress=False)
    return Played(url, folder, summary, "\n".join(lines))


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """One demonstration for every test that only looks at it."""
    return play(tmp_path_factory.mktemp("demo"))


@pytest.fixture
def ledger(demo: Played) -> Iterator[Database]:
    """Its database."""
    db = Database(demo.url)
    yield db
    db.close()


def rows(db: Database, table: Any) -> list[Any]:
    """Every row of a table, in order."""
    with db.read() as s:
        return list(s.execute(select(table).order_by(table.c.id)))


def test_every_act_rung_limit_and_light_is_shown(demo: Played) -> None:
    assert demo.summary.missing == []
    assert demo.summary.covered == Share(len(coverage.COVERAGE), len(coverage.COVERAGE))


def test_the_ledger_balances_and_its_history_is_whole(demo: Played) -> None:
    assert demo.summary.balance.balanced
    assert demo.summary.audit.faults == []
    assert demo.summary.findings == []
    assert demo.summary.annexes == Share(20, 20)
    assert (demo.summary.ok, demo.summary.exit_code) == (True, 0)


def test_the_figures_are_those_of_a_plausible_half_year(demo: Played) -> None:
    summary = demo.summary
    assert 60 <= summary.issues <= 90
    assert summary.issues == summary.phases.total()
    assert summary.balance.total.relapses == 2
    assert 0 < summary.on_time.hits < summary.on_time.of
    assert {level for level, _kind, _outcome in summary.rungs} == {1, 2, 3, 4, 5, 6}


def test_everything_is_marked_as_made_up(ledger: Database) -> None:
    issues, people = rows(ledger, tables.issue), rows(ledger, tables.person)
    assert [i.number for i in issues if TITLE_MARK not in i.title] == []
    composed = {
        row.issue_id
        for table in (tables.milestone_proposal, tables.land_demand, tables.commitment)
        for row in rows(ledger, table)
    }
    by_people = [i for i in issues if i.id not in composed]
    assert len(by_people) >= len(issues) - 5  # the system words what it finds in marked facts
    assert [i.number for i in by_people if not i.description.startswith(FICTION)] == []
    assert [p.username for p in people if not p.name.endswith(MARK)] == []


def test_every_role_has_an_account(ledger: Database) -> None:
    roles = {grant.role for grant in rows(ledger, tables.role_grant)}
    assert len(roles) == 13


def test_messages_were_written_into_the_folder(demo: Played, ledger: Database) -> None:
    sent = [d for d in rows(ledger, tables.delivery) if d.state == "sent"]
    assert len(list((demo.folder / "notices").glob("*.eml"))) == len(sent) > 100
    assert {notice.state for notice in rows(ledger, tables.notice)} <= {
        "sent",
        "bundled",
        "pending",
    }
    assert {notice.channel for notice in rows(ledger, tables.notice)} == set(CHANNELS)


def test_people_act_in_office_hours(demo: Played, ledger: Database) -> None:
    with ledger.read() as s:
        calendar = context(s).calendar()
    script = Script(calendar)
    story.write(script)
    for moment, _order, _perform in script.acts:
        day = calendar.local_date(moment)
        assert calendar.is_working_day(day), moment
        assert calendar.opening(day) <= moment <= calendar.closing(day), moment


def test_the_summary_names_what_it_counted(demo: Played) -> None:
    for text in (
        "demonstration data",
        "Supervision",
        "On-time rate",
        "Ledger balance: ",
        "20 / 20",
    ):
        assert text.rstrip(": ") in demo.printed
    for kind in ("urge", "supervise", "interview"):
        assert KINDS[kind].title("en") in demo.printed


@pytest.fixture
def copied(demo: Played, tmp_path: Path) -> Iterator[World]:
    """A copy of it, for tests that act in it."""
    path = tmp_path / "copy.db"
    original = sqlite3.connect(demo.folder / "xiaohao.db")
    with closing(original) as source, closing(sqlite3.connect(path)) as target:
        source.backup(target)
    db = Database(sqlite_url(path))
    yield World(db)
    db.close()


def cards(demo: Played) -> dict[str, dict[str, str]]:
    """What `accounts.json` says, by role."""
    written = json.loads((demo.folder / "accounts.json").read_text(encoding="utf-8"))
    return {card["role"]: card for card in written}


def test_one_account_a_role_is_printed_and_written_and_lets_one_in(
    demo: Played, copied: World
) -> None:
    written = cards(demo)
    assert sorted(written) == sorted(Role)
    for role, card in written.items():
        assert set(card) == {"role", "unit", "username", "password"}
        assert card["username"] in demo.printed and card["password"] in demo.printed
        found = sign_in(
            copied.db, username=card["username"], password=card["password"], address="",
            agent="", now=clock.now(),
        )  # fmt: skip
        assert isinstance(found, SignedIn)
        assert role in found.person.roles and not found.must_change
        assert card["unit"] in unit_names(copied)
    assert "http://127.0.0.1:8000" in demo.printed


def unit_names(world: World) -> set[str]:
    """Names of all units."""
    return {unit.name for unit in rows(world.db, tables.unit)}


def test_everybody_has_an_account_of_the_demonstration(ledger: Database) -> None:
    with ledger.read() as s:
        held = {row.person_id for row in s.execute(select(tables.account))}
    assert held == {person.id for person in rows(ledger, tables.person)}


def test_the_printed_accounts_carry_an_issue_from_report_to_closure(
    demo: Played, copied: World
) -> None:
    who = {role: card["username"] for role, card in cards(demo).items()}
    day = iter(at(f"2026-07-{n:02} 10:00") for n in (1, 2, 3, 6, 7, 8, 9))
    case = copied.planned(next(day), by=who["reporter"])
    copied.do(assignment.dispatch, who["office_chief"], next(day), issue=case.issue)
    copied.do(
        assignment.acknowledge, who["unit_liaison"], next(day), task=case.task,
        responsible_leader=who["unit_leader"], responsible_person=who["unit_liaison"],
    )  # fmt: skip
    copied.do(
        closure.submit_task, who["unit_leader"], next(day), task=case.task, result="已迁移",
        evidence=[Proof("document", "验收单.pdf")],
    )  # fmt: skip
    copied.do(
        closure.verify_task, who["verifier"], next(day), task=case.task, opinion="属实",
        site_check="已到现场",
    )  # fmt: skip
    copied.approve(case.issue, next(day), by=who["office_chief"])
    assert copied.issue(case.issue).state == "closed"


def test_the_summary_can_be_read_by_programs(demo: Played) -> None:
    data = json.loads(json.dumps(demo.summary.to_json()))
    assert data["ok"] is True
    assert len(data["accounts"]) == 70
    assert sum(n for _phase, _light, n in data["phases"]) == data["issues"]


def test_playing_again_replaces_it_and_tells_the_same_story(demo: Played) -> None:
    before, messages = told(demo.url), messages_in(demo.folder)
    again = play(demo.folder)
    assert told(demo.url) == before
    assert messages_in(demo.folder) == messages
    assert again.summary.rungs == demo.summary.rungs
    assert again.summary.notices == demo.summary.notices


def messages_in(folder: Path) -> set[str]:
    """Names of the messages written."""
    return {path.name for path in (folder / "notices").iterdir()}


def told(url: str) -> list[tuple[Any, ...]]:
    """The events of a demonstration, without ids and hashes."""
    db = Database(url)
    try:
        return [
            (row.stream, row.seq, row.tag, row.actor_id, row.at, row.logical_at, row.data)
            for row in rows(db, tables.event)
        ]
    finally:
        db.close()


def command_names() -> set[str]:
    """Every command there is: what takes an actor and a moment."""
    found = set()
    for info in pkgutil.iter_modules(workflow.commands.__path__):
        module = import_module(f"workflow.commands.{info.name}")
        for name, member in vars(module).items():
            if inspect.isfunction(member) and member.__module__ == module.__name__:
                parameters = inspect.signature(member).parameters
                if {"actor", "now"} <= set(parameters) and not name.startswith("_"):
                    found.add(name)
    return found - {"begin", "catch_up"}


def test_the_story_uses_every_command() -> None:
    sources = "\n".join(
        path.read_text(encoding="utf-8") for path in Path(story.__file__).parents[1].rglob("*.py")
    )
    assert [name for name in sorted(command_names()) if f".{name}" not in sources] == []


def test_the_list_names_everything_the_definitions_know() -> None:
    """A new transition, act, rung, state or notice must be added to the story and to the list."""
    wanted = set()
    definition = parse_workflow(shipped_workflow())
    for kind in ("issue", "task"):
        machine = definition.machine(kind)
        wanted |= {f"{kind}.{transition.trigger}" for transition in machine.transitions}
        wanted |= {f"{kind}.{act.name}" for act in machine.acts}
        wanted |= {f"state:{kind}:{state}" for state in machine.states}
    outcomes = {"automatic": "fired", "one_click": "prepared", "person": "proposed"}
    for rung in parse_policy(shipped_policy()).ladder:
        wanted.add(f"rung:{rung.key}:{outcomes[rung.mode]}")
    # a fault is told when something has gone wrong, and nothing may go wrong here
    wanted |= {f"notice:{kind}" for kind in KINDS if kind != "fault"}
    assert sorted(wanted - set(coverage.COVERAGE)) == []


def test_what_is_not_shown_fails_loudly(database: Database) -> None:
    with database.write() as s:
        install(s, FOUNDED)
    with database.read() as s:
        missing = coverage.missing(s)
    assert missing == list(coverage.COVERAGE)
    summary = Summary("", "", missing=missing)
    assert (summary.ok, summary.exit_code) == (False, 1)


def test_a_ledger_in_use_is_never_removed(world: World) -> None:
    world.reported("2026-03-02 09:00")
    before = world.dump()
    with pytest.raises(NotADemo):
        run(world.db.url, replay=False, progress=False)
    assert world.dump() == before


def test_a_zone_without_a_single_issue_is_not_removed_either(database: Database) -> None:
    with database.write() as s:
        found_zone(s)
    with pytest.raises(NotADemo):
        fresh_database(database.url, FOUNDED)


def test_an_earlier_demonstration_is_replaced_even_if_it_was_cut_off(empty_db_url: str) -> None:
    for _ in range(3):  # absent, only just begun, begun again
        db = fresh_database(empty_db_url, FOUNDED)
        with db.write() as s:
            install(s, FOUNDED)
        assert [event.tag for event in rows(db, tables.event)] == ["demo.founded"]
        db.close()


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "notes.db"
    file.write_text("not a database, but somebody's notes\n" * 50)
    with pytest.raises(NotADemo):
        fresh_database(sqlite_url(file), FOUNDED)
    assert file.read_text().startswith("not a database")


def test_a_verdict_that_differs_from_the_citys_is_named(tmp_path: Path) -> None:
    with LEDGER.open(encoding="utf-8-sig", newline="") as file:
        cases = list(csv.DictReader(file))[:30]
    cases[3]["OnTime_Status"] = "OVERDUE" if cases[3]["OnTime_Status"] == "ONTIME" else "ONTIME"
    doctored = tmp_path / "ledger.csv"
    with doctored.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(cases[0]))
        writer.writeheader()
        writer.writerows(cases)
    steps: list[int] = []
    url = sqlite_url(tmp_path / "replay.db")
    agreed, wrong = replay_public(url, FOUNDED, steps.append, doctored, MAPPING)
    assert agreed == Share(29, 30)
    assert wrong == [cases[3]["CASE_ENQUIRY_ID"]]
    assert sum(steps) == 60
