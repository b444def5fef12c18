"""Limits and circuits of channels: nothing goes too fast, nothing hammers, nothing is lost."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from models import tables
from models.db import Database
from models.directory import Directory, PersonInfo
from notifications import outbox
from notifications.brakes import circuits
from notifications.channels.base import Outgoing, PermanentError, Rate, TemporaryError
from notifications.delivery import DrainReport, bundle, drain
from notifications.examples import TASK
from notifications.intent import Intent

NOW = datetime(2026, 10, 26, 1, 10, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
WANG = PersonInfo(
    1, "wangjg", "王建国", 1, "liaison", "wang@example.org", "13800000001", "zh_CN", True,
    None, None, None, wecom_userid="wangjg",
)  # fmt: skip
LI = replace(WANG, id=2, username="limin", name="李敏", email="li@example.org", wecom_userid="lim")
CHIEF = replace(
    WANG, id=3, username="chief", name="钱永年", email="c@example.org",
    roles=frozenset({"office_chief"}),
)  # fmt: skip
CROWD = {n: replace(WANG, id=n, email=f"{n}@example.org") for n in range(10, 30)}
PEOPLE = Directory(people={1: WANG, 2: LI, 3: CHIEF} | CROWD, by_role={"office_chief": [CHIEF]})
DOWN = TemporaryError("connection refused", channel_wide=True)


class Recorder:
    """A channel that remembers when it was given what, and fails as it is told."""

    def __init__(self, name: str, *answers: Exception | None, rates: tuple[Rate, ...] = ()) -> None:
        self.name, self.rates = name, rates
        self.answers = list(answers)
        self.usual: Exception | None = None
        self.clock = Clock(NOW)
        self.taken: list[tuple[datetime, str, str]] = []

    def address_of(self, person: PersonInfo) -> str | None:
        return person.email

    def send(self, message: Outgoing) -> None:
        answer = self.answers.pop(0) if self.answers else self.usual
        if answer is not None:
            raise answer
        self.taken.append((self.clock.now, message.address, message.message_id))


class Clock:
    """A clock that a test moves."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def write(database: Database, *people: PersonInfo, channel: str = "smtp", n: int = 1) -> None:
    """`n` urgent messages to each person, one after the other."""
    for k in range(n):
        with database.write() as s:
            intents = [
                Intent(f"task:{k}", "urge", "urge", p, TASK, 7, k, 1, True, NOW) for p in people
            ]
            outbox.enqueue(s, intents, NOW, (channel,))
            # the office may have been told of something meanwhile
            assert bundle(s, NOW, lambda at: at + MINUTE, domain="example.org") >= len(people)


def run(database: Database, at: datetime, *channels: Recorder, **options: Any) -> DrainReport:
    for channel in channels:
        channel.clock.now = at
    return drain(database, {c.name: c for c in channels}, PEOPLE, at, "w1", **options)


def rows(database: Database, table: Any) -> list[Any]:
    with database.read() as s:
        return list(s.execute(select(table).order_by(*table.primary_key.columns)))


def told(database: Database, fault: str) -> list[Any]:
    return [
        row
        for row in rows(database, tables.notice)
        if row.kind == "fault" and row.facts["fault"] == fault and row.channel == "inapp"
    ]


# ------------------------------------------------------------------ limits


def test_no_span_of_a_minute_holds_more_than_the_limit(database: Database) -> None:
    channel = Recorder("smtp", rates=(Rate(3, 60, "recipient"),))
    write(database, WANG, n=8)
    at = NOW
    while at < NOW + 5 * MINUTE:
        run(database, at, channel)
        at += 7 * SECOND
    times = [when for when, _address, _id in channel.taken]
    assert len(times) == 8
    assert all(times[i + 3] - times[i] >= MINUTE for i in range(5))


def test_both_limits_hold_and_the_longer_one_decides(database: Database) -> None:
    rates = (Rate(2, 60, "recipient"), Rate(3, 3600, "recipient"))
    channel = Recorder("smtp", rates=rates)
    write(database, WANG, n=4)
    assert run(database, NOW, channel).sent == 2
    assert run(database, NOW + MINUTE, channel).sent == 1
    assert run(database, NOW + 59 * MINUTE, channel).sent == 0
    assert run(database, NOW + 60 * MINUTE, channel).sent == 1


def test_a_limit_keeps_the_order_and_costs_no_try(database: Database) -> None:
    channel = Recorder("smtp", rates=(Rate(1, 60, "recipient"),))
    write(database, WANG, n=3)
    for minute in range(3):
        run(database, NOW + minute * MINUTE, channel, max_attempts=1)
    expected = [row.message_id for row in rows(database, tables.delivery)]
    assert [message_id for _when, _address, message_id in channel.taken] == expected
    assert {row.attempts for row in rows(database, tables.delivery)} == {1}


def test_one_recipients_limit_does_not_hold_up_another(database: Database) -> None:
    channel = Recorder("smtp", rates=(Rate(1, 60, "recipient"),))
    write(database, WANG, LI, n=2)
    run(database, NOW, channel)
    assert Counter(address for _when, address, _id in channel.taken) == {
        "wang@example.org": 1,
        "li@example.org": 1,
    }


def test_a_channels_limit_does_not_hold_up_another_channel(database: Database) -> None:
    slow, quick = Recorder("smtp", rates=(Rate(1, 60, "channel"),)), Recorder("folder")
    write(database, WANG, LI, n=2)
    write(database, WANG, LI, channel="folder", n=2)
    assert run(database, NOW, slow, quick).sent == 5
    assert (len(slow.taken), len(quick.taken)) == (1, 4)
    assert run(database, NOW + 59 * SECOND, slow, quick).sent == 0
    assert run(database, NOW + 60 * SECOND, slow, quick).sent == 1


def test_a_try_that_failed_counts_against_the_limit(database: Database) -> None:
    channel = Recorder("smtp", TemporaryError("451"), rates=(Rate(1, 120, "recipient"),))
    write(database, WANG)
    assert run(database, NOW, channel) == DrainReport(retried=1)
    assert run(database, NOW + MINUTE, channel) == DrainReport()
    assert run(database, NOW + 2 * MINUTE, channel) == DrainReport(sent=1)


def test_a_try_whose_worker_died_counts_from_the_end_of_its_lease(database: Database) -> None:
    class Died(BaseException):
        pass

    channel = Recorder("smtp", rates=(Rate(1, 60, "recipient"),))
    channel.answers = [Died()]  # type: ignore[list-item]
    write(database, WANG)
    with pytest.raises(Died):
        run(database, NOW, channel, lease_seconds=30)
    assert run(database, NOW + 31 * SECOND, channel).sent == 0
    assert run(database, NOW + 90 * SECOND, channel).sent == 1


def test_uses_that_no_longer_count_are_forgotten(database: Database) -> None:
    channel = Recorder("smtp", rates=(Rate(5, 60, "recipient"),))
    write(database, WANG, n=3)
    run(database, NOW, channel)
    assert len(rows(database, tables.channel_use)) == 3
    run(database, NOW + MINUTE, channel)
    assert rows(database, tables.channel_use) == []


def test_two_workers_share_a_channels_limit(postgresql_db_url: str) -> None:
    database = Database(postgresql_db_url)
    write(database, *CROWD.values())
    channels = [Recorder("smtp", rates=(Rate(7, 60, "channel"),)) for _ in range(2)]
    begun = threading.Barrier(2)

    def work(k: int) -> None:
        begun.wait()
        drain(database, {"smtp": channels[k]}, PEOPLE, NOW, f"w{k}")

    threads = [threading.Thread(target=work, args=(k,)) for k in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    database.close()
    assert sum(len(channel.taken) for channel in channels) == 7


# ------------------------------------------------------------------ what the service asks for


def test_a_service_that_names_a_wait_is_given_it(database: Database) -> None:
    channel = Recorder("smtp", TemporaryError("429", retry_after=timedelta(minutes=20)))
    write(database, WANG)
    run(database, NOW, channel)
    assert run(database, NOW + 19 * MINUTE, channel) == DrainReport()
    assert run(database, NOW + 20 * MINUTE, channel) == DrainReport(sent=1)


def test_a_wait_of_the_whole_account_is_everybodys(database: Database) -> None:
    full = TemporaryError("429", retry_after=timedelta(minutes=20), channel_wide=True)
    channel = Recorder("smtp", full)
    write(database, WANG, LI)
    assert run(database, NOW, channel) == DrainReport(retried=1)
    assert run(database, NOW + 19 * MINUTE, channel) == DrainReport()
    assert run(database, NOW + 20 * MINUTE, channel) == DrainReport(sent=2)


def waits(minutes: int) -> TemporaryError:
    return TemporaryError("429", retry_after=timedelta(minutes=minutes), channel_wide=True)


def test_a_long_wait_of_the_whole_account_is_told_to_the_office_once_a_day(
    database: Database,
) -> None:
    channel = Recorder("smtp", waits(90), waits(60))
    write(database, WANG)
    run(database, NOW, channel)
    run(database, NOW + 90 * MINUTE, channel)
    (fault,) = told(database, "circuit_open")
    assert fault.recipient_id == CHIEF.id
    assert fault.facts["detail"] == "smtp · 90 min · 429"
    channel.answers = [waits(60)]
    run(database, NOW + timedelta(days=1), channel)
    assert len(told(database, "circuit_open")) == 2


def test_a_wait_that_is_no_longer_than_a_pause_is_told_to_nobody(database: Database) -> None:
    channel = Recorder("smtp", waits(30))
    write(database, WANG)
    run(database, NOW, channel)
    assert told(database, "circuit_open") == []


# ------------------------------------------------------------------ circuits


def test_faults_in_a_row_pause_the_channel_and_the_office_hears_once(database: Database) -> None:
    channel = Recorder("smtp")
    channel.usual = DOWN
    write(database, WANG, LI)
    at = NOW
    for _ in range(10):  # each of two messages is tried again after its own wait
        run(database, at, channel)
        at += 2 * MINUTE
    with database.read() as s:
        circuit = circuits(s)["smtp"]
    assert circuit.opened_at is not None
    assert circuit.last_error == "connection refused"
    assert len(told(database, "circuit_open")) == 1
    assert told(database, "circuit_open")[0].recipient_id == CHIEF.id


def broken(database: Database, channel: Recorder, people: int = 12) -> None:
    """Open the circuit by five faults at `NOW`."""
    channel.usual = DOWN
    write(database, *list(CROWD.values())[:people])
    assert run(database, NOW, channel).retried == 5


def test_a_paused_channel_is_left_alone_but_for_one_probe(database: Database) -> None:
    channel = Recorder("smtp")
    broken(database, channel)
    assert run(database, NOW + 59 * SECOND, channel) == DrainReport()
    assert run(database, NOW + 60 * SECOND, channel) == DrainReport(retried=1)
    assert run(database, NOW + 179 * SECOND, channel) == DrainReport()  # now two minutes
    assert run(database, NOW + 180 * SECOND, channel) == DrainReport(retried=1)


def test_a_probe_that_works_opens_the_way_for_everybody(database: Database) -> None:
    channel = Recorder("smtp")
    broken(database, channel)
    channel.usual = None
    report = run(database, NOW + 2 * MINUTE, channel)
    assert report.sent == 12
    with database.read() as s:
        assert (circuits(s)["smtp"].opened_at, circuits(s)["smtp"].failures) == (None, 0)


def test_an_answer_to_the_message_alone_shows_that_the_channel_works(database: Database) -> None:
    channel = Recorder("smtp")
    broken(database, channel)
    channel.usual = None
    channel.answers = [PermanentError("554 refused")]
    report = run(database, NOW + 2 * MINUTE, channel)
    assert (report.failed, report.sent) == (1, 11)


def days_later_all_is_sent(database: Database, channel: Recorder) -> None:
    """The channel stays broken for days and works again: every message to the crowd is sent."""
    at = NOW
    for _ in range(120):
        at += 31 * MINUTE
        run(database, at, channel, max_attempts=3)
    channel.usual = None
    for _ in range(3):
        at += 61 * MINUTE
        run(database, at, channel, max_attempts=3)
    assert {row.state for row in rows(database, tables.delivery) if row.recipient_id >= 10} == {
        "sent"
    }


def test_an_outage_of_days_costs_no_message(database: Database) -> None:
    channel = Recorder("smtp")
    broken(database, channel, people=6)
    days_later_all_is_sent(database, channel)
    assert len(channel.taken) >= 6


def test_a_paused_channel_does_not_hold_up_another(database: Database) -> None:
    bad, good = Recorder("smtp"), Recorder("folder")
    broken(database, bad)
    write(database, WANG, channel="folder")
    assert run(database, NOW + SECOND, bad, good).sent == 1


def test_messages_that_always_break_do_not_keep_the_channel_shut_for_others(
    database: Database,
) -> None:
    class Picky(Recorder):
        """Breaks on some people's messages, whatever happens."""

        def send(self, message: Outgoing) -> None:
            if message.recipient_name == "王建国" and message.address != "wang@example.org":
                raise DOWN
            super().send(message)

    channel = Picky("smtp")
    write(database, *CROWD.values())  # 20 of them, and nothing else
    for minute in range(0, 720, 10):
        run(database, NOW + minute * MINUTE, channel)
    assert channel.taken == []
    write(database, WANG)
    run(database, NOW + 751 * MINUTE, channel)
    assert "wang@example.org" in [address for _when, address, _id in channel.taken]


def test_what_waits_a_week_for_a_broken_channel_fails_with_its_reason(database: Database) -> None:
    channel = Recorder("smtp")
    broken(database, channel, people=6)
    run(database, NOW + timedelta(days=7) + MINUTE, channel)
    ends = {(r.state, r.last_error) for r in rows(database, tables.delivery) if r.recipient_id > 9}
    assert ends == {("failed", "connection refused")}
    assert len(told(database, "delivery")) >= 1


# ------------------------------------------------------------------ lines that break

BROKEN_OFF = TemporaryError("SMTPServerDisconnected", answered=False)


def test_lines_that_break_for_several_messages_pause_the_channel(database: Database) -> None:
    channel = Recorder("smtp")
    channel.usual = BROKEN_OFF
    write(database, *list(CROWD.values())[:6])
    assert run(database, NOW, channel).retried == 5
    assert len(told(database, "circuit_open")) == 1
    days_later_all_is_sent(database, channel)


def test_a_message_on_which_every_line_breaks_does_not_pause_the_channel(
    database: Database,
) -> None:
    channel = Recorder("smtp")
    channel.usual = BROKEN_OFF
    write(database, WANG)
    for hour in range(7):
        run(database, NOW + hour * 60 * MINUTE, channel)
    with database.read() as s:
        assert (circuits(s)["smtp"].failures, circuits(s)["smtp"].opened_at) == (1, None)
    assert run(database, NOW + 7 * 60 * MINUTE, channel, max_attempts=8).failed == 1


def test_an_answer_between_them_ends_the_row_of_lines_that_break(database: Database) -> None:
    channel = Recorder("smtp", *[BROKEN_OFF] * 4, None, *[BROKEN_OFF] * 4)
    write(database, *list(CROWD.values())[:9])
    assert run(database, NOW, channel) == DrainReport(sent=1, retried=8)
    with database.read() as s:
        assert circuits(s)["smtp"].opened_at is None


def test_a_line_that_breaks_does_not_show_that_the_channel_works(database: Database) -> None:
    channel = Recorder("smtp")
    broken(database, channel)
    channel.usual = BROKEN_OFF
    assert run(database, NOW + MINUTE, channel) == DrainReport(retried=1)
    assert run(database, NOW + 3 * MINUTE - SECOND, channel) == DrainReport()
    with database.read() as s:
        assert circuits(s)["smtp"].opened_at is not None
