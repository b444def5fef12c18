"""Commits that a silent standby holds up: nobody waits without end, nobody is told a lie."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from config.settings import Settings
from models import marks, tables
from models.attempts import CommitUnknown, run
from models.db import Database
from models.engines import Limits
from tests.api import Program, program
from tests.integration.test_api_acting import MORNING, REPORT
from tests.portal import Portal, opened
from tests.servers import Server
from tests.terminal import Terminal
from tests.wire import WireClient
from tests.world import World, standing_zone

pytestmark = pytest.mark.xdist_group("own-postgresql")

LIMIT = 0.3
"""Seconds that an answer waits for a commit here."""
LIMITS = replace(Limits.of(Settings()), commit=LIMIT)
BOTH = {**REPORT, "title": "通信箱体迁移"}
HELD = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"


@dataclass(slots=True)
class Office:
    """A portal over a server whose standby can be made silent."""

    server: Server
    portal: Portal
    world: World

    def caller(self, username: str) -> Program:
        """A program whose token is in use already."""
        found = program(self.portal, username)
        found.get("/issues")
        return Program(WireClient(self.portal.app, raising=False), found.headers)

    def report(self, caller: Program, key: str, body: dict[str, Any] = REPORT) -> Any:
        """A call under a key."""
        return caller.call("POST", "/issues", json=body, headers={"idempotency-key": key})

    def titles(self) -> list[str]:
        """Of the issues that anybody sees."""
        return sorted(row.title for row in self.world.rows(tables.issue))

    def held(self) -> int:
        """How many commits the server keeps waiting."""
        return int(self.server.run(HELD)[0][0])

    @contextmanager
    def silent_standby(self) -> Iterator[None]:
        """Commits wait for a standby that is not there."""
        name_standby(self.server, "gone")
        try:
            yield
        finally:
            name_standby(self.server, "")
            until(lambda: not self.held())


def name_standby(server: Server, name: str) -> None:
    """Whom commits wait for; returns once every session goes by it."""
    server.run(f"ALTER SYSTEM SET synchronous_standby_names = '{name}'")
    server.run("SELECT pg_reload_conf()")
    until(lambda: server.run("SHOW synchronous_standby_names") == [(name,)])


def until(true: Any) -> None:
    """Wait for something that must come."""
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline, "it never came to pass"
        time.sleep(0.02)


@pytest.fixture
def office(
    own_server: Server, own_office: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Office]:
    """Nothing is held up until a test says so."""
    monkeypatch.setattr(marks, "SECONDS", 2 * LIMIT)
    with (
        closing(Database(own_server.url(own_office), LIMITS)) as db,
        closing(Database(own_server.url(own_office))) as direct,
        opened(standing_zone(db), tmp_path, MORNING) as portal,
    ):
        yield Office(own_server, portal, standing_zone(direct))


def test_a_call_whose_commit_is_held_up_is_told_that_nobody_knows_and_is_done_once(
    office: Office,
) -> None:
    caller = office.caller("lucheng_reporter")
    with office.silent_standby():
        answer = office.report(caller, "k-1")
        assert (answer.status_code, answer.json()["code"]) == (503, "commit_unknown")
        assert "Idempotency-Key" in answer.json()["reasons"][0]["remedy"]
        assert office.held() == 1 and office.titles() == []
    again = office.report(caller, "k-1")
    assert again.status_code == 201 and again.headers["idempotent-replayed"] == "true"
    assert office.titles() == [REPORT["title"]]


def test_while_one_is_held_up_others_are_refused_untouched_and_readers_are_served(
    office: Office,
) -> None:
    caller = office.caller("lucheng_reporter")
    browser = office.portal.sign_in("lucheng_reporter")
    with office.silent_standby():
        assert office.report(caller, "k-1").json()["code"] == "commit_unknown"
        for key in ("k-1", "k-2", "k-3"):
            answer = office.report(caller, key, BOTH)
            assert (answer.status_code, answer.json()["code"]) == (503, "database_busy")
        assert caller.get("/issues")["items"] == []
        assert browser.page("/issues").status == 200
        assert office.held() == 1, "each that is refused would take another connection"
    assert office.report(caller, "k-2", BOTH).status_code == 201
    assert office.titles() == sorted([REPORT["title"], BOTH["title"]])


def test_a_standby_that_answers_while_the_commit_is_asked_after_makes_it_an_ordinary_answer(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marks, "SECONDS", 60.0)
    caller = office.caller("lucheng_reporter")
    asking = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    with ThreadPoolExecutor(1) as pool:
        with office.silent_standby():
            answer = pool.submit(office.report, caller, "k-1")
            until(lambda: office.server.run(asking) == [(1,)])
            assert not answer.done()
        assert answer.result(60).status_code == 201
    assert office.titles() == [REPORT["title"]]


def test_a_command_says_so_too(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XIAOHAO_DATABASE_COMMIT_SECONDS", str(LIMIT))
    case = office.world.dispatched(MORNING)
    unit = office.world.lead_of(case.task)
    people = (f"--leader {unit}_deputy", f"--person {unit}_handler", f"--as {unit}_liaison")
    words = ("task ack", case.task, *people, "--at 2026-09-28T10:00")
    with office.silent_standby():
        [reason] = Terminal(office.world.db.url).refused(5, *words)
        assert reason["code"] == "commit_unknown" and reason["remedy"]
    assert len(office.world.events(case.issue, "task.acknowledge")) == 1


def test_a_worker_waits_for_as_long_as_it_takes(office: Office) -> None:
    def work() -> None:
        with office.portal.world.db.write() as s:
            s.execute(text("CREATE TABLE part (n int)"))

    old = f"{HELD} AND query_start < clock_timestamp() - make_interval(secs => {3 * LIMIT})"
    with ThreadPoolExecutor(1) as pool:
        with office.silent_standby():
            working = pool.submit(work)
            until(lambda: office.server.run(old) == [(1,)])
            assert not working.done()
        assert working.result(60) is None


def test_without_a_limit_an_answer_waits_for_as_long_as_it_takes(office: Office) -> None:
    def work() -> None:
        with db.write() as s:
            s.execute(text("CREATE TABLE part (n int)"))

    old = f"{HELD} AND query_start < clock_timestamp() - make_interval(secs => {3 * LIMIT})"
    with (
        closing(Database(office.world.db.url, replace(LIMITS, commit=0))) as db,
        ThreadPoolExecutor(1) as pool,
    ):
        with office.silent_standby():
            working = pool.submit(run, work, 5.0)
            until(lambda: office.server.run(old) == [(1,)])
            assert not working.done()
        assert working.result(60) is None


def test_what_was_given_up_is_seen_by_nobody_before_the_standby_has_it(office: Office) -> None:
    def work() -> None:
        with office.portal.world.db.write() as s:
            s.execute(text("INSERT INTO part VALUES (1)"))

    count = "SELECT count(*) FROM part"
    with office.world.db.write() as s:
        s.execute(text("CREATE TABLE part (n int)"))
    with office.silent_standby():
        with pytest.raises(CommitUnknown):
            run(work, 5.0)
        with office.world.db.read() as s:
            assert s.execute(text(count)).scalar() == 0
    with office.world.db.read() as s:
        assert s.execute(text(count)).scalar() == 1
