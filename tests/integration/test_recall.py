"""What was leased by a clock that was days ahead is not lost until then."""

from __future__ import annotations

from datetime import timedelta

from models.db import Database
from notifications.leasing import recall
from tests.integration.test_delivery import NOW, bundled, deliveries, leased, urge, write

LEASE = 120.0
DAYS = timedelta(days=3)


def recalled(database: Database) -> int:
    with database.write() as s:
        return recall(s, NOW, LEASE)


def test_a_lease_of_a_clock_that_was_ahead_runs_out_one_lease_later(database: Database) -> None:
    write(database, urge())
    bundled(database)
    assert leased(database, NOW + DAYS) is not None
    assert leased(database, NOW + timedelta(days=1), "w2") is None  # the clock was put back
    assert recalled(database) == 1
    assert leased(database, NOW, "w2") is None  # whoever has it may still be sending
    assert leased(database, NOW + timedelta(seconds=LEASE), "w2") is not None


def test_what_waits_as_anything_may_is_left_alone(database: Database) -> None:
    write(database, urge())
    bundled(database)
    assert leased(database) is not None
    before = deliveries(database)
    assert recalled(database) == 0
    assert deliveries(database) == before
