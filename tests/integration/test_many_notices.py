"""Many notices through real servers, some of which refuse: each ends as sent, or with a reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from sqlalchemy import select

from benchmarks.notices import Figures, measure, people
from models import tables
from models.db import Database

NOTICES, PEOPLE = 400, 40


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def told(
    request: pytest.FixtureRequest, fresh: Callable[[str], AbstractContextManager[str]]
) -> Iterator[tuple[Database, Figures]]:
    """400 notices to 40 people, two of whose receivers refuse; the tests only look at it."""
    with fresh(request.param) as url:
        database = Database(url)
        yield database, measure(database, NOTICES, people(database, PEOPLE, 0.05))
        database.close()


def test_every_notice_ends_as_sent_or_failed_with_its_reason(
    told: tuple[Database, Figures],
) -> None:
    database, everybody_told = told
    refused = 2 * NOTICES // PEOPLE * 2  # two people, ten notices each, by mail and by HTTP
    assert everybody_told.states == {"failed": refused, "sent": NOTICES * 3 - refused}
    assert everybody_told.without_reason == 0
    assert everybody_told.doubled == 0
    with database.read() as s:
        notice = tables.notice.c
        reasons = {
            row.reason for row in s.execute(select(notice.reason).where(notice.state == "failed"))
        }
    assert any("550" in reason for reason in reasons)
    assert any("http-500" in reason for reason in reasons)
    assert "address-bounced" in reasons  # after the first refusal nothing is sent there


def test_a_bad_address_is_asked_once_only(told: tuple[Database, Figures]) -> None:
    database, _figures = told
    with database.read() as s:
        delivery = tables.delivery.c
        tried = select(delivery.recipient_id, delivery.last_error).where(
            delivery.channel == "smtp", delivery.state == "failed"
        )
        asked = Counter(
            row.recipient_id for row in s.execute(tried) if row.last_error != "address-bounced"
        )
    assert set(asked.values()) == {1}
