"""A call of the API that only reads: one transaction from its door to its answer."""

from __future__ import annotations

from collections.abc import Generator, Hashable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import event, update

from models import tables
from models.db import Database
from models.queries import ledger
from tests.api import program
from tests.integration.test_api_acting import REPORT
from tests.integration.test_web_again import passing
from tests.portal import Portal
from web.api import access
from web.limits import Allowance, Buckets

pytestmark = pytest.mark.one_database


@contextmanager
def begun(db: Database) -> Iterator[list[bool]]:
    """Of each transaction that begins, whether it only reads."""
    seen: list[bool] = []

    def note(conn: Any) -> None:
        seen.append(bool(conn.get_execution_options().get("xiaohao_read")))

    event.listen(db.engine, "begin", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "begin", note)


def test_it_is_known_and_answered_in_one_transaction(edge: Portal) -> None:
    caller = program(edge, "lucheng_reporter")
    number = caller.post("/issues", REPORT, status=201)["issue_number"]
    with begun(edge.world.db) as seen:
        assert caller.get(f"/issues/{number}")["number"] == number
    assert seen == [True]


def test_a_call_that_writes_has_its_door_to_itself(edge: Portal) -> None:
    caller = program(edge, "lucheng_reporter")
    caller.get("/issues")
    with begun(edge.world.db) as seen:
        caller.post("/issues", REPORT, status=201)
    assert seen == [True, False]


def test_its_transaction_has_ended_before_its_use_is_noted(edge: Portal) -> None:
    caller = program(edge, "lucheng_reporter")
    with begun(edge.world.db) as seen:
        caller.get("/issues")
        caller.get("/issues")
    assert seen == [True, False, True]


def test_use_is_noted_of_a_call_that_is_refused_too(edge: Portal) -> None:
    program(edge, "lucheng_reporter").get("/issues/WT-2026-999999", status=404)
    [token] = edge.world.rows(tables.api_token)
    assert token.last_used_at == edge.now


class Counted(Buckets):
    """Buckets that know how often something was taken."""

    taken = 0

    def take(self, key: Hashable, cost: int = 1) -> Allowance:
        """As usual."""
        self.taken += 1
        return super().take(key, cost)


def test_a_fault_that_passes_is_tried_again_and_counts_once(
    edge: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = program(edge, "lucheng_reporter")
    edge.app.state.api_limits.calls = counted = Counted(100)
    asked, usual = [], ledger.page

    def failing_once(*given: Any, **named: Any) -> Any:
        asked.append(given)
        if len(asked) == 1:
            raise passing()
        return usual(*given, **named)

    monkeypatch.setattr(ledger, "page", failing_once)
    caller.get("/issues")
    assert (len(asked), counted.taken) == (2, 1)


def test_between_two_tries_rights_are_looked_up_anew(
    edge: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = program(edge, "lucheng_reporter")
    caller.get("/issues")

    def revoke() -> None:
        with edge.world.db.write() as s:
            s.execute(update(tables.api_token).values(revoked_at=edge.now))

    def revoked_meanwhile(*_given: Any, **_named: Any) -> Any:
        somebody = Thread(target=revoke)
        somebody.start()
        somebody.join()
        raise passing()

    monkeypatch.setattr(ledger, "page", revoked_meanwhile)
    assert caller.codes("GET", "/issues", 401) == ["invalid_token"]


def test_nobody_is_asked_for_who_shows_no_credentials(edge: Portal) -> None:
    stranger = program(edge, "lucheng_reporter")
    stranger.headers.clear()
    with begun(edge.world.db) as seen:
        assert stranger.codes("GET", "/issues", 401) == ["sign_in_needed"]
    assert seen == []


def test_what_waits_for_something_has_no_place_there() -> None:
    class Pause:
        def __await__(self) -> Generator[None, None, None]:
            yield

    async def waiting() -> Any:
        await Pause()

    with pytest.raises(RuntimeError, match="waited"):
        access._finished(waiting())
