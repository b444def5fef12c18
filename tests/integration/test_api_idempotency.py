"""`Idempotency-Key`: a repeated call is answered again and not done again."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from models import tables
from tests.api import program
from tests.integration.test_api_acting import MORNING, REPORT
from tests.portal import Portal, opened
from tests.world import World
from workflow.accounts.tidy import tidy
from workflow.sweep import tick


@pytest.fixture
def portal(world: World, tmp_path: Path) -> Iterator[Portal]:
    with opened(world, tmp_path, MORNING) as found:
        yield found


def issues(portal: Portal) -> list[Any]:
    return portal.world.rows(tables.issue)


def test_a_repeat_with_the_same_key_is_answered_and_not_done_again(portal: Portal) -> None:
    caller, key = program(portal, "lucheng_reporter"), {"idempotency-key": "k-1"}
    first = caller.call("POST", "/issues", json=REPORT, headers=key)
    again = caller.call("POST", "/issues", json=REPORT, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json() and len(issues(portal)) == 1
    assert first.headers["etag"] == again.headers["etag"]
    assert first.headers["location"] == again.headers["location"]
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"


def test_a_key_stands_for_one_call_of_one_person(portal: Portal) -> None:
    caller, key = program(portal, "lucheng_reporter"), {"idempotency-key": "k-1"}
    caller.post("/issues", REPORT, 201, headers=key)
    other = REPORT | {"title": "另一个问题"}
    assert caller.codes("POST", "/issues", 422, json=other, headers=key) == [
        "idempotency_key_reused"
    ]
    number = issues(portal)[0].number
    assert caller.codes("POST", f"/issues/{number}/edit", 422, json=REPORT, headers=key)
    program(portal, "yaoguan_reporter").post("/issues", REPORT, 201, headers=key)
    assert len(issues(portal)) == 2


def test_a_refused_call_leaves_its_key_free(portal: Portal) -> None:
    caller, key = program(portal, "lucheng_reporter"), {"idempotency-key": "k-1"}
    caller.codes("POST", "/issues", 422, json=REPORT | {"title": ""}, headers=key)
    assert portal.world.rows(tables.idempotency_key) == []
    caller.post("/issues", REPORT, 201, headers=key)


def test_acts_take_keys_too_and_a_repeat_is_no_conflict(portal: Portal) -> None:
    case = portal.world.acknowledged(MORNING)
    zjj = program(portal, "zjj_liaison")
    seen = zjj.call("GET", f"/tasks/{case.task}").headers["etag"]
    headers = {"idempotency-key": "k-2", "if-match": seen}
    first = zjj.post(f"/tasks/{case.task}/progress", {"text": "一"}, headers=headers)
    assert zjj.post(f"/tasks/{case.task}/progress", {"text": "一"}, headers=headers) == first
    assert len(portal.world.events(case.issue, "task.progress")) == 1


def test_keys_are_forgotten_after_a_week(portal: Portal) -> None:
    caller = program(portal, "lucheng_reporter")
    caller.post("/issues", REPORT, 201, headers={"idempotency-key": "old"})
    caller.post("/issues", REPORT, 201, headers={"idempotency-key": "other"})
    portal.at("2026-10-05 09:00")  # a week to the minute: it still counts
    assert caller.call("POST", "/issues", json=REPORT, headers={"idempotency-key": "old"}).headers[
        "idempotent-replayed"
    ]
    portal.at("2026-10-05 09:01")
    other = REPORT | {"title": "另一个问题"}  # an old key is free for another call
    again = caller.call("POST", "/issues", json=other, headers={"idempotency-key": "old"})
    assert again.status_code == 201 and "idempotent-replayed" not in again.headers
    assert len(issues(portal)) == 3
    repeat = caller.call("POST", "/issues", json=other, headers={"idempotency-key": "old"})
    assert (repeat.headers["idempotent-replayed"], repeat.json()) == ("true", again.json())
    with portal.world.db.write() as s:
        tidy(s, portal.now)
    assert [row.key for row in portal.world.rows(tables.idempotency_key)] == ["old"]


def test_of_parallel_repeats_one_is_done_and_all_get_its_answer(portal: Portal) -> None:
    caller = program(portal, "lucheng_reporter")
    caller.get("/units")  # the token is noted before, so that only the reports contend

    def once_more(_n: int) -> Any:
        return caller.call("POST", "/issues", json=REPORT, headers={"idempotency-key": "storm"})

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(once_more, range(16)))
    assert {a.status_code for a in answers} == {201}
    assert len({a.json()["issue_number"] for a in answers}) == 1
    assert sum("idempotent-replayed" not in a.headers for a in answers) == 1
    assert len(issues(portal)) == 1


def test_a_prepared_step_is_decided_by_whom_it_is_prepared_for(portal: Portal) -> None:
    case = portal.world.acknowledged(MORNING)
    portal.at("2026-11-20 09:00")
    tick(portal.world.db, now=portal.now)
    names = ("triage", "chief", "director", "principal")
    offers = {
        name: [
            offer
            for offer in program(portal, name).get(f"/issues/{case.issue}/offers")["items"]
            if offer["act"] == "decide_prepared" and offer["allowed"]
        ]
        for name in names
    }
    name, step = next((name, found[0]) for name, found in offers.items() if found)
    address, yes = step["address"].removeprefix("/api/v1"), {"issue_it": "yes"}
    decider = program(portal, name)
    assert decider.codes("POST", address, 422, json={}) == ["issue_it_missing"]
    assert program(portal, "henglin_head").codes("POST", address, 404, json=yes)
    assert program(portal, "zjj_head").codes("POST", address, 403, json=yes)
    decider.post(address, yes, headers={"if-match": f'"{step["version"]}"'})
    row = portal.world.row(tables.prepared_action, id=step["prepared_id"])
    assert (row.state, row.decided_by_id) == ("issued", portal.world.people[name])
    assert decider.codes("POST", "/prepared/999999/decide", 404, json=yes)
