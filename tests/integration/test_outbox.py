"""The outbox: written once with the change, and read by its recipients and its keepers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from models import tables
from models.db import Database
from models.directory import PersonInfo
from notifications import inbox, outbox
from notifications.channels.base import UnknownChannel
from notifications.examples import TASK
from notifications.intent import Intent

NOW = datetime(2026, 10, 26, 1, 0, 0, 123456, tzinfo=UTC)
WINDOW = datetime(2026, 10, 26, 1, 10, tzinfo=UTC)
WANG = PersonInfo(
    1, "wangjg", "王建国", 1, "liaison", "wang@example.org", None, "zh_CN", True, None, None, None
)
LI = replace(WANG, id=2, username="limin", name="李敏", email=None)
ZHAO = replace(WANG, id=3, username="zhaolei", name="赵磊", active=False)


def urge(person: PersonInfo, task: int = 1, **changes: Any) -> Intent:
    """An urging notice about a task."""
    intent = Intent(f"task:{task}", "urge", "urge", person, TASK, 7, task, 1, False, WINDOW)
    return replace(intent, **changes)


def write(
    database: Database, intents: Sequence[Intent], channels: tuple[str, ...] = ("inapp", "smtp")
) -> int:
    """Enqueue in a transaction of its own."""
    with database.write() as s:
        return outbox.enqueue(s, intents, NOW, channels)


def notices(database: Database) -> list[Any]:
    """Every notice, in order."""
    with database.read() as s:
        return list(s.execute(select(tables.notice).order_by(tables.notice.c.id)))


def test_a_notice_is_a_row_per_channel_with_everything_kept(database: Database) -> None:
    assert write(database, [urge(WANG)]) == 2
    inapp, smtp = notices(database)
    assert (inapp.channel, inapp.state, inapp.sent_at) == ("inapp", "sent", NOW)
    assert (smtp.channel, smtp.state, smtp.sent_at) == ("smtp", "pending", None)
    assert smtp.facts == TASK
    assert (smtp.subject, smtp.issue_id, smtp.task_id, smtp.deadline_version) == ("task:1", 7, 1, 1)
    assert (smtp.kind, smtp.occasion, smtp.recipient_id, smtp.language) == (
        "urge",
        "urge",
        1,
        "zh_CN",
    )
    assert (smtp.not_before, smtp.created_at, smtp.urgent, smtp.reason) == (WINDOW, NOW, False, "")
    assert (smtp.read_at, smtp.delivery_id) == (None, None)


def test_a_repeat_is_harmless_and_keeps_the_first_facts(database: Database) -> None:
    write(database, [urge(WANG)])
    assert write(database, [urge(WANG, facts={**TASK, "days_over": 9}), urge(WANG, 2)]) == 2
    assert [row.facts["days_over"] for row in notices(database)] == [1, 1, 1, 1]


def test_a_new_deadline_may_urge_again(database: Database) -> None:
    write(database, [urge(WANG)])
    assert write(database, [urge(WANG, deadline_version=2)]) == 2


def test_nothing_is_left_of_a_command_that_failed(database: Database) -> None:
    with pytest.raises(RuntimeError), database.write() as s:
        outbox.enqueue(s, [urge(WANG)], NOW, ("inapp",))
        raise RuntimeError("the command failed after its notice")
    assert notices(database) == []


def test_a_channel_without_an_address_is_skipped_and_counted(database: Database) -> None:
    with database.write() as s:
        assert outbox.enqueue(s, [urge(LI), urge(WANG)], NOW, ("inapp", "smtp")) == 3
        assert outbox.skipped(s) == {("smtp", "no-address"): 1}


def test_whom_no_channel_reaches_still_finds_it_in_the_portal(database: Database) -> None:
    with database.write() as s:
        assert outbox.enqueue(s, [urge(LI)], NOW, ("smtp",)) == 1
        assert outbox.skipped(s) == {("smtp", "no-address"): 1}
    assert [(row.channel, row.state) for row in notices(database)] == [("inapp", "sent")]


def test_inactive_people_are_not_told(database: Database) -> None:
    with database.write() as s:
        assert outbox.enqueue(s, [urge(ZHAO)], NOW, ("inapp", "smtp")) == 0
        assert outbox.skipped(s) == {("*", "inactive"): 1}
    assert notices(database) == []


def test_an_unknown_channel_is_refused(database: Database) -> None:
    with pytest.raises(UnknownChannel):
        write(database, [urge(WANG)], ("pigeon",))


def test_a_naive_moment_is_refused(database: Database) -> None:
    naive = WINDOW.replace(tzinfo=None)
    with pytest.raises(ValueError, match="timezone"):
        write(database, [urge(WANG, not_before=naive)])


def test_a_sweep_writes_thousands_at_once(database: Database) -> None:
    assert write(database, [urge(WANG, task) for task in range(3000)]) == 6000


def test_the_inbox_is_there_at_once_newest_first_in_pages(database: Database) -> None:
    write(database, [urge(WANG, task) for task in (1, 2, 3)] + [urge(LI)])
    with database.read() as s:
        page = inbox.inbox(s, WANG.id, limit=2)
        assert [item.task_id for item in page] == [3, 2]
        assert page[0].facts == TASK
        rest = inbox.inbox(s, WANG.id, limit=2, before_id=page[-1].id)
        assert [item.task_id for item in rest] == [1]


def test_only_ones_own_notices_are_marked_read(database: Database) -> None:
    write(database, [urge(WANG), urge(LI)])
    with database.write() as s:
        ids = [item.id for person in (WANG, LI) for item in inbox.inbox(s, person.id)]
        later = NOW + timedelta(hours=1)
        assert inbox.unread(s, WANG.id) == 1
        assert inbox.mark_read(s, WANG.id, ids, later) == 1
        assert inbox.mark_read(s, WANG.id, ids, later + timedelta(hours=1)) == 0
        assert inbox.inbox(s, WANG.id)[0].read_at == later
        assert (inbox.unread(s, WANG.id), inbox.unread(s, LI.id)) == (0, 1)


def test_statistics_count_by_kind_channel_and_state(database: Database) -> None:
    write(database, [urge(WANG), urge(LI), urge(WANG, 2, kind="dispatch")])
    with database.read() as s:
        assert outbox.statistics(s) == {
            ("dispatch", "inapp", "sent"): 1,
            ("dispatch", "smtp", "pending"): 1,
            ("urge", "inapp", "sent"): 2,
            ("urge", "smtp", "pending"): 1,
        }
