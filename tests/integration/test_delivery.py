"""Delivery: one message per person, channel and window; at least once, in order, never two."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text, update

from models import tables
from models.db import Database
from models.directory import Directory, PersonInfo
from notifications import outbox
from notifications.channels.base import (
    Channel,
    Outgoing,
    PermanentError,
    Rate,
    TemporaryError,
)
from notifications.delivery import DrainReport, bundle, drain, lease, mark_sent, outbox_age
from notifications.examples import TASK
from notifications.intent import Intent
from notifications.leasing import _LEASE, Leased, backoff, mark_failed, mark_temporary

NOW = datetime(2026, 10, 26, 1, 10, tzinfo=UTC)
WINDOW = NOW
NEXT = datetime(2026, 10, 26, 6, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WANG = PersonInfo(
    1, "wangjg", "王建国", 1, "liaison", "wang@example.org", None, "zh_CN", True, None, None, None
)
LI = replace(WANG, id=2, username="limin", name="李敏", email="li@example.org")
PEOPLE = Directory(people={1: WANG, 2: LI})


def next_window(_now: datetime) -> datetime:
    return NEXT


class Recorder:
    """A channel that remembers what it was given and fails as it is told."""

    name = "post"
    rates: tuple[Rate, ...] = ()

    def __init__(self, *answers: Exception | None) -> None:
        self.answers = list(answers)
        self.taken: list[Outgoing] = []

    def address_of(self, person: PersonInfo) -> str | None:
        return person.email

    def send(self, message: Outgoing) -> None:
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise answer
        self.taken.append(message)


def urge(person: PersonInfo = WANG, task: int = 1, **changes: Any) -> Intent:
    intent = Intent(f"task:{task}", "urge", "urge", person, TASK, 7, task, 1, False, WINDOW)
    return replace(intent, **changes)


def write(database: Database, *intents: Intent, at: datetime = NOW) -> None:
    """Enqueue for a channel that these tests own."""
    with database.write() as s:
        outbox.enqueue(s, intents, at, ("smtp",))
        s.execute(update(tables.notice).values(channel="post"))


def bundled(database: Database, at: datetime = NOW) -> int:
    with database.write() as s:
        return bundle(s, at, next_window, domain="example.org")


def leased(database: Database, at: datetime = NOW, worker: str = "w1") -> Leased | None:
    with database.write() as s:
        return lease(s, worker, at, lease_seconds=120)


def sent(database: Database, channel: Channel, at: datetime = NOW, **options: Any) -> DrainReport:
    return drain(database, {"post": channel}, PEOPLE, at, "w1", **options)


def rows(database: Database, table: Any) -> list[Any]:
    with database.read() as s:
        return list(s.execute(select(table).order_by(table.c.id)))


def deliveries(database: Database) -> list[Any]:
    return rows(database, tables.delivery)


def notices(database: Database) -> list[Any]:
    return rows(database, tables.notice)


# ------------------------------------------------------------------ bundling


def test_one_message_per_person_and_window(database: Database) -> None:
    write(database, urge(), urge(task=2), urge(LI))
    assert bundled(database) == 3
    assert [row.recipient_id for row in deliveries(database)] == [1, 2]
    assert [row.delivery_id for row in notices(database)] == [1, 1, 2]
    assert bundled(database) == 0


def test_a_notice_waits_for_its_window(database: Database) -> None:
    write(database, urge(not_before=NEXT))
    assert bundled(database, NEXT - MINUTE) == 0
    assert bundled(database, NEXT) == 1


def test_after_an_outage_several_windows_are_one_message(database: Database) -> None:
    write(database, urge(), urge(task=2, not_before=NEXT))
    bundled(database, NEXT + MINUTE)
    (only,) = deliveries(database)
    assert only.window_key == NEXT.isoformat()


def test_the_urgent_of_the_moment_have_a_message_of_their_own(database: Database) -> None:
    write(database, urge(urgent=True), urge(task=2, urgent=True), urge(task=3))
    bundled(database)
    assert sorted(row.window_key for row in deliveries(database)) == [
        WINDOW.isoformat(),
        f"urgent:{NOW.isoformat()}:1",
    ]


def test_what_is_urgent_never_waits_for_a_window(database: Database) -> None:
    write(database, urge(urgent=True))
    bundled(database)
    sent(database, Recorder())
    write(database, urge(task=2, urgent=True))  # at the very same moment
    bundled(database)
    assert sent(database, Recorder()) == DrainReport(sent=1)


def test_a_late_notice_joins_a_message_that_nobody_tried(database: Database) -> None:
    write(database, urge())
    bundled(database)
    write(database, urge(task=2))
    assert bundled(database) == 1
    assert len(deliveries(database)) == 1
    assert {row.delivery_id for row in notices(database)} == {1}


@pytest.mark.parametrize("answer", [None, TemporaryError("451"), PermanentError("550")])
def test_a_late_notice_waits_for_the_next_window(
    database: Database, answer: Exception | None
) -> None:
    write(database, urge())
    bundled(database)
    sent(database, Recorder(answer))
    write(database, urge(task=2))
    assert bundled(database) == 1
    late = notices(database)[1]
    assert (late.state, late.not_before, late.delivery_id) == ("pending", NEXT, None)
    assert bundled(database) == 0
    assert bundled(database, NEXT) == 1


def test_a_next_window_that_is_not_later_is_refused(database: Database) -> None:
    write(database, urge())
    bundled(database)
    sent(database, Recorder())
    write(database, urge(task=2))
    with pytest.raises(ValueError, match="not after"), database.write() as s:
        bundle(s, NOW, lambda _now: NOW)


def test_a_window_that_opens_at_this_very_moment_is_the_missed_one(database: Database) -> None:
    def inclusive(now: datetime) -> datetime:
        return WINDOW if now <= WINDOW else NEXT

    write(database, urge())
    bundled(database)
    sent(database, Recorder())
    write(database, urge(task=2))
    with database.write() as s:
        assert bundle(s, WINDOW, inclusive) == 1
    assert notices(database)[1].not_before == NEXT


def test_batches_never_split_a_person(database: Database) -> None:
    write(database, *[urge(person, task) for person in (WANG, LI) for task in range(4)])
    with database.write() as s:
        assert bundle(s, NOW, next_window, batch=6) == 4
        assert bundle(s, NOW, next_window, batch=6) == 4
    assert len(deliveries(database)) == 2


def test_the_message_id_is_ours_and_stable(database: Database) -> None:
    write(database, urge())
    bundled(database)
    (row,) = deliveries(database)
    assert row.message_id.startswith(f"<xiaohao.{row.id}.")
    assert row.message_id.endswith("@example.org>")


# ------------------------------------------------------------------ leases


def test_nobody_else_gets_a_leased_message(database: Database) -> None:
    write(database, urge())
    bundled(database)
    assert leased(database) is not None
    assert leased(database, worker="w2") is None


def test_an_expired_lease_passes_on_and_the_dead_cannot_mark(database: Database) -> None:
    write(database, urge())
    bundled(database)
    dead, later = leased(database), NOW + 3 * MINUTE
    assert dead is not None
    heir = leased(database, later, worker="w1")  # even under the same name
    assert heir is not None
    assert (heir.id, heir.message_id, heir.attempts) == (dead.id, dead.message_id, 2)
    with database.write() as s:
        assert not mark_sent(s, dead, later)
        assert mark_temporary(s, dead, later, "451", max_attempts=8) == "lost"
        assert not mark_failed(s, dead, "550")
        assert mark_sent(s, heir, later)
    assert [row.state for row in deliveries(database)] == ["sent"]


def test_the_attempt_is_recorded_before_anything_is_sent(database: Database) -> None:
    write(database, urge())
    bundled(database)
    leased(database)
    (row,) = deliveries(database)
    assert (row.state, row.attempts, row.leased_by) == ("leased", 1, "w1")
    assert row.leased_until == NOW + timedelta(seconds=120)


def test_the_order_per_person_and_channel_is_kept(database: Database) -> None:
    write(database, urge(), urge(LI))
    bundled(database)
    write(database, urge(task=2, not_before=NEXT), urge(LI, 2, not_before=NEXT))
    bundled(database, NEXT)
    first, second = leased(database, NEXT), leased(database, NEXT)
    assert first is not None
    assert second is not None
    assert [first.recipient_id, second.recipient_id] == [1, 2]
    assert leased(database, NEXT) is None
    with database.write() as s:
        assert mark_sent(s, first, NEXT)
        assert mark_temporary(s, second, NEXT, "451", max_attempts=8) == "retried"
    third = leased(database, NEXT)
    assert third is not None
    assert third.recipient_id == 1
    assert leased(database, NEXT) is None  # Li's first is still open


def test_a_failed_message_holds_nothing_up(database: Database) -> None:
    write(database, urge())
    bundled(database)
    write(database, urge(task=2, not_before=NEXT))
    bundled(database, NEXT)
    channel = Recorder(PermanentError("550"))
    assert sent(database, channel, NEXT) == DrainReport(sent=1, failed=1)


def test_the_wait_doubles_up_to_an_hour_and_is_foretold_by_the_id() -> None:
    waits = [backoff(7, attempt) for attempt in range(1, 12)]
    full = [min(timedelta(hours=1), MINUTE * 2**n) for n in range(11)]
    assert all(limit * 0.8 <= wait <= limit for wait, limit in zip(waits, full, strict=True))
    assert waits == [backoff(7, attempt) for attempt in range(1, 12)]
    assert backoff(7, 1) != backoff(8, 1)


def test_taking_a_message_uses_the_index_of_open_ones(database: Database) -> None:
    plan = "EXPLAIN QUERY PLAN " if database.url.startswith("sqlite") else "EXPLAIN "
    with database.write() as s:
        if s.dialect == "postgresql":
            s.execute(text("SET LOCAL enable_seqscan = off"))
        compiled = _LEASE.compile(s.conn.engine, compile_kwargs={"render_postcompile": True})
        values = compiled.construct_params({"worker": "w", "now": NOW, "until": NOW})
        names = compiled.positiontup or []
        known = tuple(str(values[name]) for name in names) if names else values
        lines = s.conn.exec_driver_sql(plan + str(compiled), known).fetchall()
    assert any("ix_delivery_open" in str(line) for line in lines), lines


# ------------------------------------------------------------------ the loop


def test_what_is_due_is_sent_once_and_all_its_notices_say_so(database: Database) -> None:
    write(database, urge(), urge(task=2), urge(LI))
    bundled(database)
    channel = Recorder()
    assert sent(database, channel) == DrainReport(sent=2)
    assert sent(database, channel) == DrainReport()
    assert [message.address for message in channel.taken] == ["wang@example.org", "li@example.org"]
    assert channel.taken[0].subject == "【销号】2项：催办2"
    assert channel.taken[0].headers == {"X-Xiaohao-Notice": "1 2"}
    assert {(row.state, row.sent_at) for row in notices(database)} == {("sent", NOW)}
    assert {(row.state, row.sent_at) for row in deliveries(database)} == {("sent", NOW)}


def test_a_temporary_error_waits_and_keeps_the_message_id(database: Database) -> None:
    write(database, urge())
    bundled(database)
    channel = Recorder(TemporaryError("451 try later"))
    assert sent(database, channel) == DrainReport(retried=1)
    (row,) = deliveries(database)
    assert (row.state, row.last_error) == ("pending", "451 try later")
    assert row.next_attempt_at == NOW + backoff(row.id, 1)
    assert sent(database, channel, row.next_attempt_at - timedelta(seconds=1)) == DrainReport()
    assert sent(database, channel, row.next_attempt_at) == DrainReport(sent=1)
    assert channel.taken[0].message_id == row.message_id
    assert channel.taken[0].created_at == NOW


def test_the_last_try_fails_it_with_the_reason(database: Database) -> None:
    write(database, urge())
    bundled(database)
    channel = Recorder(TemporaryError("451 a"), TemporaryError("451 b"))
    assert sent(database, channel, max_attempts=2) == DrainReport(retried=1)
    assert sent(database, channel, NOW + 2 * MINUTE, max_attempts=2) == DrainReport(failed=1)
    assert [(row.state, row.reason) for row in notices(database)] == [("failed", "451 b")]


def test_a_message_that_kills_its_workers_is_given_up(database: Database) -> None:
    write(database, urge())
    bundled(database)
    for hour in range(2):
        assert leased(database, NOW + timedelta(hours=hour)) is not None
    report = sent(database, Recorder(), NOW + timedelta(hours=2), max_attempts=2)
    assert report == DrainReport(failed=1)
    assert notices(database)[0].reason == "attempts-exhausted"


def test_a_failure_is_listed_and_may_be_retried(database: Database) -> None:
    write(database, urge(), urge(task=2))
    bundled(database)
    sent(database, Recorder(PermanentError("550 no such user")))
    with database.write() as s:
        (failure,) = outbox.failed(s)
        assert (failure.reason, failure.kinds) == ("550 no such user", ("urge", "urge"))
        assert outbox.retry(s, [failure.id], NOW + MINUTE) == 2
        assert outbox.failed(s) == []
    channel = Recorder()
    assert sent(database, channel, NOW + MINUTE) == DrainReport(sent=1)
    assert len(channel.taken[0].items) == 2
    assert {(row.state, row.reason) for row in notices(database)} == {("sent", "")}


def test_a_notice_that_cannot_be_worded_fails_alone(database: Database) -> None:
    write(database, urge(task=1, facts={}), urge(task=2))
    bundled(database)
    channel = Recorder()
    assert sent(database, channel) == DrainReport(sent=1)
    assert [item.notice_id for item in channel.taken[0].items] == [2]
    broken, sound = notices(database)
    assert (broken.state, sound.state) == ("failed", "sent")
    assert broken.reason.startswith("render: urge: fact")
    with database.write() as s:
        (failure,) = outbox.failed(s)
        assert (failure.state, failure.kinds) == ("sent", ("urge",))
        assert outbox.retry(s, [failure.id], NOW) == 1
    bundled(database)
    assert sent(database, channel) == DrainReport(failed=1)


def test_a_message_of_nothing_else_fails_and_the_others_go_on(database: Database) -> None:
    write(database, urge(facts={}), urge(LI))
    bundled(database)
    assert sent(database, Recorder()) == DrainReport(sent=1, failed=1)
    assert deliveries(database)[0].last_error.startswith("render: urge: fact")


@pytest.mark.parametrize("wang", [replace(WANG, active=False), replace(WANG, email=None), None])
def test_whoever_left_or_lost_the_address_is_a_failure_with_a_reason(
    database: Database, wang: PersonInfo | None
) -> None:
    write(database, urge())
    bundled(database)
    people = Directory(people={} if wang is None else {1: wang})
    assert drain(database, {"post": Recorder()}, people, NOW, "w1") == DrainReport(failed=1)
    assert notices(database)[0].reason == "no-address"


def test_a_channel_that_is_out_of_use_is_a_failure_with_a_reason(database: Database) -> None:
    write(database, urge())
    bundled(database)
    assert drain(database, {}, PEOPLE, NOW, "w1") == DrainReport(failed=1)
    assert notices(database)[0].reason == "channel-not-in-use: post"


def test_a_fault_in_a_channel_does_not_stop_the_others(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    write(database, urge(), urge(LI))
    bundled(database)
    report = sent(database, Recorder(ZeroDivisionError("oops")))
    assert report == DrainReport(sent=1, retried=1)
    assert deliveries(database)[0].last_error == "post: ZeroDivisionError"
    assert "oops" not in caplog.text  # it may hold a secret
    assert "in send" in caplog.text


def test_the_limit_and_the_stop_are_heeded(database: Database) -> None:
    write(database, urge(), urge(LI))
    bundled(database)
    assert sent(database, Recorder(), stop=lambda: True) == DrainReport()
    assert sent(database, Recorder(), limit=1) == DrainReport(sent=1)
    assert sent(database, Recorder(), limit=5) == DrainReport(sent=1)


def test_the_language_is_the_persons_at_sending(database: Database) -> None:
    write(database, urge())
    bundled(database)
    channel = Recorder()
    english = Directory(people={1: replace(WANG, language="en")})
    drain(database, {"post": channel}, english, lambda: NOW, "w1")
    assert channel.taken[0].subject.startswith("[Xiaohao] Urging notice")


def test_a_worker_that_was_overtaken_reports_a_lost_mark(database: Database) -> None:
    write(database, urge())
    bundled(database)

    class Slow(Recorder):
        def send(self, message: Outgoing) -> None:
            heir = leased(database, NOW + timedelta(hours=1), "w2")
            assert heir is not None

    assert sent(database, Slow()) == DrainReport(lost=1)
    assert deliveries(database)[0].leased_by == "w2"


def test_the_age_tells_the_watchdog_what_is_stuck(database: Database) -> None:
    def age(at: datetime) -> tuple[int, int, int, timedelta | None]:
        with database.read() as s:
            found = outbox_age(s, at)
        return found.notices, found.messages, found.expired, found.oldest

    write(database, urge(), urge(LI, not_before=NEXT))
    assert age(NOW - MINUTE) == (0, 0, 0, None)
    assert age(NOW + MINUTE) == (1, 0, 0, MINUTE)
    bundled(database, NOW + MINUTE)
    assert age(NOW + 2 * MINUTE) == (0, 1, 0, MINUTE)
    leased(database, NOW + 2 * MINUTE)
    assert age(NOW + 3 * MINUTE) == (0, 1, 0, 2 * MINUTE)
    assert age(NOW + 5 * MINUTE) == (0, 1, 1, 4 * MINUTE)
    sent(database, Recorder(), NOW + 5 * MINUTE)
    assert age(NOW + 6 * MINUTE) == (0, 0, 0, None)


# ------------------------------------------------------------------ several at once


def _together(*jobs: Callable[[], object]) -> None:
    threads = [threading.Thread(target=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_two_workers_bundle_and_drain_without_doubling(database: Database) -> None:
    people = {n: replace(WANG, id=n, email=f"p{n}@example.org") for n in range(1, 41)}
    write(database, *[urge(person, task) for person in people.values() for task in (1, 2)])
    channel = Recorder()
    start = threading.Barrier(2)

    def work(worker: str) -> None:
        own = Database(database.url)
        start.wait()
        bundled(own)
        drain(own, {"post": channel}, Directory(people=people), NOW, worker)
        own.close()

    _together(lambda: work("w1"), lambda: work("w2"))
    bundled(database)
    drain(database, {"post": channel}, Directory(people=people), NOW, "w3")
    assert sorted(message.address for message in channel.taken) == sorted(
        f"{person.email}" for person in people.values()
    )
    assert {row.state for row in notices(database)} == {"sent"}
    assert {row.attempts for row in deliveries(database)} == {1}


def test_a_notice_that_comes_while_its_message_leaves_is_not_lost(database: Database) -> None:
    """A late one is either in the message, or waits for the next window; never in neither."""
    for task in range(1, 11):
        write(database, urge(task=task, not_before=NOW + task * MINUTE))
        bundled(database, NOW + task * MINUTE)
        at = NOW + task * MINUTE
        write(database, urge(LI, task), urge(task=task, occasion="late", not_before=at))
        channel = Recorder()
        _together(partial(bundled, database, at), partial(sent, database, channel, at))
        for row in notices(database):
            if row.occasion == "late" and row.task_id == task:
                told = {item.notice_id for message in channel.taken for item in message.items}
                assert (row.id in told) == (row.state == "sent")
                assert row.id in told or row.not_before == NEXT or row.state == "bundled"


class Append:
    """A channel that can be used from several processes: a line in a file per message."""

    name = "post"
    rates: tuple[Rate, ...] = ()

    def __init__(self, path: Path) -> None:
        self.path = path

    def address_of(self, person: PersonInfo) -> str | None:
        return person.email

    def send(self, message: Outgoing) -> None:
        with self.path.open("a") as file:
            file.write(message.message_id + "\n")


class Deadly(Append):
    """Takes the message, and its process dies before anybody can say so."""

    def send(self, message: Outgoing) -> None:
        super().send(message)
        os._exit(9)


def _die(url: str, path: Path) -> None:
    drain(Database(url), {"post": Deadly(path)}, PEOPLE, NOW, "doomed")


def test_what_a_killed_worker_held_is_sent_again_as_the_same_message(
    database: Database, tmp_path: Path
) -> None:
    write(database, urge())
    bundled(database)
    path = tmp_path / "taken"
    doomed = multiprocessing.get_context("spawn").Process(target=_die, args=(database.url, path))
    doomed.start()
    doomed.join(60)
    assert doomed.exitcode == 9
    assert sent(database, Append(path), NOW + MINUTE) == DrainReport()  # still under its lease
    assert sent(database, Append(path), NOW + 2 * MINUTE) == DrainReport(sent=1)
    (row,) = deliveries(database)
    assert path.read_text().splitlines() == [row.message_id] * 2
    assert row.attempts == 2


def _work(url: str, path: Path, people: dict[int, PersonInfo], worker: str) -> None:
    database = Database(url)
    drain(database, {"post": Append(path)}, Directory(people=people), NOW, worker)
    database.close()


def test_processes_share_the_work_without_doubling(database: Database, tmp_path: Path) -> None:
    people = {n: replace(WANG, id=n) for n in range(1, 61)}
    write(database, *[urge(person) for person in people.values()])
    bundled(database)
    path = tmp_path / "taken"
    fresh = multiprocessing.get_context("spawn")  # a forked connection would be shared
    workers = [
        fresh.Process(target=_work, args=(database.url, path, people, f"w{n}")) for n in range(2)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
    taken = path.read_text().splitlines()
    assert sorted(taken) == sorted(row.message_id for row in deliveries(database))
