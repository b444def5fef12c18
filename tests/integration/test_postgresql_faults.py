"""Connections are cut, servers restart, transactions clash: nothing is lost, nothing done twice."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text, update

from config.settings import settings
from models import attempts, marks, tables
from models.attempts import AnswerLost, CommitUnknown, rounds, run
from models.db import Database, Session
from tests.api import Program, program
from tests.integration.test_api_acting import MORNING, REPORT
from tests.portal import Portal, opened
from tests.proxy import Cutter, Where, cutting
from tests.servers import Server, servers
from tests.terminal import Terminal
from tests.wire import WireClient
from tests.world import World, standing_zone
from workflow.scheduler import Worker

pytestmark = pytest.mark.xdist_group("own-postgresql")
EITHER_WAY = pytest.mark.parametrize("mode", ["fast", "immediate"])
EITHER = pytest.mark.parametrize("where", ["before", "after"])


@dataclass(slots=True)
class Line:
    """A portal whose database is reached through a proxy, and the world seen without it."""

    proxy: Cutter
    portal: Portal
    world: World

    def titles(self) -> list[str]:
        """Titles of the issues that there are."""
        return sorted(row.title for row in self.world.rows(tables.issue))


@pytest.fixture
def line(own_server: Server, own_office: str, tmp_path: Path) -> Iterator[Line]:
    """Nothing is cut until a test says so."""
    with lined(own_server, own_office, tmp_path) as found:
        yield found


@contextmanager
def lined(server: Server, name: str, folder: Path) -> Iterator[Line]:
    """A portal behind a proxy."""
    direct = Database(server.url(name))
    with cutting(server.port) as proxy:
        db = Database(proxy.url(name))
        with opened(standing_zone(db), folder, MORNING) as portal:
            yield Line(proxy, portal, standing_zone(direct))
        db.close()
    direct.close()


def report(n: int) -> dict[str, Any]:
    """A report of its own."""
    return REPORT | {"title": f"第{n}号井盖缺失"}


def reporter(line: Line) -> Program:
    """A program that may report. That its token is in use has been noted."""
    found = program(line.portal, "lucheng_reporter")
    found.get("/issues")
    return found


# ------------------------------------------------------------------ cut at the commit


@EITHER
def test_a_call_whose_commit_is_cut_is_answered_once_and_done_once(
    line: Line, where: Where, caplog: pytest.LogCaptureFixture
) -> None:
    caller = reporter(line)
    line.proxy.arm(where)
    caplog.set_level(logging.INFO, "models.attempts")
    done = caller.post("/issues", report(1), 201)
    assert line.proxy.cuts == 1
    assert line.titles() == [report(1)["title"]]
    assert done["issue_number"] == line.world.row(tables.issue).number
    tries = [one for one in caplog.records if one.name == "models.attempts"]
    assert len(tries) == {"before": 1, "after": 0}[where]  # after the first


@EITHER
def test_a_call_with_a_key_and_a_version_is_neither_repeated_nor_called_outdated(
    line: Line, where: Where
) -> None:
    case = line.world.acknowledged(MORNING)
    zjj = program(line.portal, "zjj_liaison")
    seen = zjj.call("GET", f"/tasks/{case.task}").headers["etag"]
    headers = {"idempotency-key": "k-1", "if-match": seen}
    line.proxy.arm(where)
    first = zjj.call("POST", f"/tasks/{case.task}/progress", json={"text": "一"}, headers=headers)
    assert first.status_code == 200 and line.proxy.cuts == 1
    again = zjj.call("POST", f"/tasks/{case.task}/progress", json={"text": "一"}, headers=headers)
    assert again.headers["idempotent-replayed"] == "true" and again.json() == first.json()
    assert len(line.world.events(case.issue, "task.progress")) == 1


@EITHER
def test_a_form_whose_commit_is_cut_leads_on_and_is_filed_once(line: Line, where: Where) -> None:
    browser = line.portal.sign_in("lucheng_reporter")
    shown = browser.page("/report").form("/report")
    line.proxy.arm(where)
    answer = browser.post("/report", {**shown.values, **report(2)})
    assert answer.status == 303, answer.words[:800]
    assert line.proxy.cuts == 1 and line.titles() == [report(2)["title"]]


@EITHER
def test_a_command_whose_commit_is_cut_confirms_and_is_done_once(line: Line, where: Where) -> None:
    case = line.world.dispatched(MORNING)
    terminal = Terminal(line.portal.world.db.url)
    line.proxy.arm(where)
    done = terminal.data(*acknowledging(line, case.task))
    assert done["number"] == case.issue and line.proxy.cuts == 1
    assert len(line.world.events(case.issue, "task.acknowledge")) == 1


def acknowledging(line: Line, task: str) -> tuple[str, ...]:
    """The words that acknowledge it."""
    unit = line.world.lead_of(task)
    people = (f"--leader {unit}_deputy", f"--person {unit}_handler", f"--as {unit}_liaison")
    return ("task ack", task, *people, "--at 2026-09-28T10:00")


def test_a_call_is_cut_again_and_again_and_still_done_once(line: Line) -> None:
    caller = reporter(line)
    line.proxy.arm("before", "before", "after")
    caller.post("/issues", report(3), 201)
    assert line.proxy.cuts == 3 and line.titles() == [report(3)["title"]]


def test_a_connection_that_is_cut_between_two_calls_is_noticed_by_nobody(line: Line) -> None:
    caller = reporter(line)
    for n in range(3):
        caller.post("/issues", report(n), 201)
        line.proxy.cut()
        assert caller.get("/issues")["items"]
    assert len(line.titles()) == 3


def test_who_cannot_be_asked_after_a_commit_says_so_and_how_to_go_on(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marks, "SECONDS", 0.2)
    quiet = Program(WireClient(line.portal.app, raising=False), reporter(line).headers)
    key = {"idempotency-key": "k-9"}
    line.proxy.arm("after")
    line.proxy.leave_after_cut = True
    answer = quiet.call("POST", "/issues", json=report(4), headers=key)
    assert (answer.status_code, answer.json()["code"]) == (503, "commit_unknown")
    assert "Idempotency-Key" in answer.json()["reasons"][0]["remedy"]
    assert int(answer.headers["retry-after"]) > 0
    line.proxy.leave_after_cut = False
    again = quiet.call("POST", "/issues", json=report(4), headers=key)  # it had been saved
    assert again.status_code == 201 and again.headers["idempotent-replayed"] == "true"
    assert line.titles() == [report(4)["title"]]


def test_the_command_line_says_so_too(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marks, "SECONDS", 0.2)
    case = line.world.dispatched(MORNING)
    line.proxy.arm("after")
    line.proxy.leave_after_cut = True
    terminal = Terminal(line.portal.world.db.url)
    [reason] = terminal.refused(5, *acknowledging(line, case.task))
    assert reason["code"] == "commit_unknown" and reason["remedy"]


# ------------------------------------------------------------------ marks


@pytest.mark.parametrize("committed", [True, False])
def test_a_transaction_that_is_still_under_way_is_waited_for(line: Line, committed: bool) -> None:
    engine = line.world.db.engine
    with engine.connect() as conn, ThreadPoolExecutor(1) as pool:
        transaction = conn.begin()
        mark = "left"
        Session(conn).send(marks.LEAVE, [[mark]])
        asked = pool.submit(marks.found, engine, mark, RuntimeError())
        wait_until(lambda: blocked(line.world.db))
        assert not asked.done()
        if committed:
            transaction.commit()
        else:
            transaction.rollback()
        assert asked.result(10) is committed


def blocked(db: Database) -> bool:
    """Whether somebody waits for somebody else's transaction."""
    with db.engine.connect() as conn:
        asked = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        return bool(conn.exec_driver_sql(asked).scalar_one())


def wait_until(true: Callable[[], bool]) -> None:
    """Until it is so, for a while."""
    pause = threading.Event()
    for _ in range(500):
        if true():
            return
        pause.wait(0.02)
    raise AssertionError("it never came to pass")


def test_marks_are_left_at_the_edges_only_and_forgotten_after_a_day(line: Line) -> None:
    reporter(line).post("/issues", report(5), 201)
    assert len(line.world.rows(tables.commit_mark)) == 1
    with line.world.db.write() as s:  # a worker's
        s.execute(text("SELECT 1"))
        s.execute(update(tables.commit_mark).values(at=line.portal.now))
    assert len(line.world.rows(tables.commit_mark)) == 1


# ------------------------------------------------------------------ several transactions in one


def test_what_has_saved_something_is_not_begun_again(line: Line) -> None:
    db, tries = line.portal.world.db, []

    def work() -> None:
        tries.append(1)
        with db.write() as s:
            s.execute(text("CREATE TABLE part (n int)"))
        line.proxy.arm("before")
        with db.write() as s:
            s.execute(text("INSERT INTO part VALUES (1)"))

    with pytest.raises(AnswerLost):
        run(work, 5.0)
    assert len(tries) == 1
    with db.read() as s:
        assert s.execute(text("SELECT count(*) FROM part")).scalar() == 0


def test_a_page_whose_work_is_saved_but_not_answered_says_so(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    from web.api import acting

    once = acting.__dict__["once"]

    def saved_then_lost(call: Any, *given: Any) -> Any:
        with line.portal.world.db.write() as s:
            s.execute(text("CREATE TABLE IF NOT EXISTS part (n int)"))
        line.proxy.arm("before")
        return once(call, *given)

    monkeypatch.setattr(acting, "once", saved_then_lost)
    quiet = Program(WireClient(line.portal.app, raising=False), reporter(line).headers)
    answer = quiet.call("POST", "/issues", json=report(6))
    assert (answer.status_code, answer.json()["code"]) == (503, "answer_lost")


# ------------------------------------------------------------------ clashes


def test_two_that_lock_each_other_out_are_both_done(line: Line) -> None:
    case, other = line.world.dispatched(MORNING), line.world.dispatched(MORNING)
    meeting = threading.Barrier(2, timeout=10)
    tries: list[int] = []

    def both(first: str, second: str) -> None:
        seen: list[int] = []

        def work() -> None:
            tries.append(1)
            seen.append(1)
            with line.world.db.write() as s:
                bump(s, first)
                if len(seen) == 1:
                    meeting.wait()
                bump(s, second)

        run(work, 10.0)

    before = versions(line.world)
    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(both, case.issue, other.issue)
        two = pool.submit(both, other.issue, case.issue)
        one.result(30)
        two.result(30)
    assert len(tries) == 3  # the server chose one of them as its victim
    assert versions(line.world) == {number: v + 2 for number, v in before.items()}


def bump(s: Any, number: str) -> None:
    """Count an issue's version up."""
    issue = tables.issue.c
    s.execute(update(tables.issue).where(issue.number == number).values(version=issue.version + 1))


def versions(world: World) -> dict[str, int]:
    """Versions of the issues by their numbers."""
    return {row.number: row.version for row in world.rows(tables.issue)}


def test_transactions_that_cannot_be_put_in_order_are_both_done(line: Line) -> None:
    case = line.world.dispatched(MORNING)
    meeting, tries = threading.Barrier(2, timeout=10), []
    strictly = {"options": "-c default_transaction_isolation=serializable"}
    url = line.world.db.engine.url.update_query_dict(strictly)

    def one() -> None:
        seen: list[int] = []

        def work() -> None:
            tries.append(1)
            seen.append(1)
            with strict.write() as s:
                s.execute(select(tables.issue.c.version)).all()
                if len(seen) == 1:
                    meeting.wait()
                bump(s, case.issue)

        run(work, 10.0)

    before = versions(line.world)[case.issue]
    strict = Database(url.render_as_string(hide_password=False))
    with closing(strict), ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(one), pool.submit(one)]:
            done.result(30)
    assert len(tries) == 3 and versions(line.world)[case.issue] == before + 2


# ------------------------------------------------------------------ restarts


@EITHER_WAY
def test_the_server_restarts_while_the_portal_works(
    own_server: Server, own_office: str, tmp_path: Path, mode: str
) -> None:
    with lined(own_server, own_office, tmp_path) as line:
        callers = [reporter(line) for _ in range(4)]
        told: dict[str, int] = {}
        halfway = threading.Barrier(5, timeout=30)

        def report_many(worker: int) -> None:
            for n in range(8):
                if n == 2:
                    halfway.wait()
                body = report(worker * 100 + n)
                key = {"idempotency-key": f"{worker}-{n}"}
                found = callers[worker].call("POST", "/issues", json=body, headers=key)
                told[body["title"]] = found.status_code

        with ThreadPoolExecutor(4) as pool:
            running = [pool.submit(report_many, worker) for worker in range(4)]
            halfway.wait()
            own_server.stop(mode)
            own_server.start()
            for one in running:
                one.result(60)
        assert set(told.values()) == {201}
        assert line.titles() == sorted(told)


# ------------------------------------------------------------------ what has no proxy


def test_pauses_grow_and_stay_within_their_limit() -> None:
    found = [attempts._pause(tries) for tries in range(40)]
    assert all(0 < pause <= attempts.LONGEST_PAUSE for pause in found)
    assert found[0] <= attempts.FIRST_PAUSE and min(found[10:]) >= attempts.LONGEST_PAUSE / 2


def test_a_wrong_address_is_told_at_once() -> None:
    with servers() as [server]:
        tries: list[int] = []
        db = Database(server.url())

        def work() -> None:
            tries.append(1)
            with db.write():
                raise AssertionError("nobody listens there")

        with pytest.raises(Exception, match="connection"):
            run(work, 5.0, must_begin=True)
        assert tries == [1]
        db.close()


def test_a_round_of_a_worker_begins_again_whatever_it_has_saved(line: Line) -> None:
    db, saved = line.world.db, []

    def work() -> None:
        with db.write() as s:
            s.execute(text("SELECT 1"))
        saved.append(1)
        if len(saved) < 3:
            with db.write() as s:
                s.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    rounds(work, 5.0)
    assert len(saved) == 3


def test_a_worker_without_a_database_says_so_and_waits_for_its_next_round(
    line: Line, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = settings().model_copy(update={"database_retry_seconds": 0.05})
    worker = Worker(line.portal.world.db, chosen, threading.Event())
    line.proxy.close()
    monkeypatch.setattr(line.proxy, "close", lambda: None)
    worker._round(worker._sweep)("somebody")
    assert "no database" in caplog.text


def test_unknown_is_no_word_for_a_failure_that_is_known() -> None:
    assert not issubclass(CommitUnknown, AnswerLost)
