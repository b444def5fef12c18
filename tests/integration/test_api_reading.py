"""Reading by API: the ledger page by page, cases, notices, people, calendar, policy, figures."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from models import tables
from tests.api import Program, program
from tests.portal import Portal, opened
from tests.world import World

MORNING = "2026-09-28 09:00"


@pytest.fixture
def portal(world: World, tmp_path: Path) -> Iterator[Portal]:
    with opened(world, tmp_path, MORNING) as found:
        yield found


def walked(caller: Program, path: str, between: object = None) -> list[str]:
    """Numbers of every row along `next`; `between` is called after each page."""
    found, address = [], path
    while address:
        page = caller.get(address.removeprefix("/api/v1"))
        found += [item["number"] for item in page["items"]]
        address = page["next"]
        if callable(between):
            between()
    return found


# ------------------------------------------------------------------ the ledger


@pytest.mark.parametrize("sort", ["newest", "oldest", "updated", "deadline", "level", "light"])
def test_pages_hold_every_issue_exactly_once_while_others_report(portal: Portal, sort: str) -> None:
    world = portal.world
    before = [world.reported(MORNING) for _ in range(5)]
    before += [world.dispatched(MORNING).issue for _ in range(2)]
    found = walked(
        program(portal, "chief"),
        f"/issues?sort={sort}&limit=2",
        lambda: world.reported("2026-09-28 10:00") if len(world.rows(tables.issue)) < 12 else 0,
    )
    assert len(found) == len(set(found))
    assert set(before) <= set(found)


def test_filters_are_the_ledgers_and_next_keeps_them(portal: Portal) -> None:
    world = portal.world
    urgent = [world.reported(MORNING, urgent=True) for _ in range(3)]
    world.reported(MORNING)
    caller = program(portal, "chief")
    page = caller.get("/issues?urgent=1&limit=2")
    assert (page["total"], len(page["items"])) == (3, 2)
    asked = parse_qs(urlsplit(page["next"]).query)
    assert (asked["urgent"], asked["limit"]) == (["1"], ["2"])
    assert sorted(walked(caller, "/issues?urgent=1&limit=2")) == sorted(urgent)
    assert caller.get("/issues?q=no+such+thing")["total"] == 0
    assert caller.get("/issues?board=lucheng&board=henglin")["total"] == 4
    assert caller.get("/issues?board=henglin")["total"] == 0


def test_a_unit_lists_only_what_concerns_it(portal: Portal) -> None:
    case = portal.world.acknowledged(MORNING)
    portal.world.reported(MORNING)
    found = program(portal, "zjj_head").get("/issues")
    assert [item["number"] for item in found["items"]] == [case.issue]
    assert found["items"][0]["tasks"][0]["lead_unit"] == "zjj"


def test_a_cursor_of_another_order_is_refused(portal: Portal) -> None:
    for _ in range(3):
        portal.world.reported(MORNING)
    caller = program(portal, "chief")
    cursor = caller.get("/issues?limit=1")["next_cursor"]
    codes = caller.codes("GET", f"/issues?sort=deadline&cursor={cursor}", 422)
    assert codes == ["cursor_malformed"]


# ------------------------------------------------------------------ one case


def test_a_case_has_its_tasks_deadlines_history_and_offers(portal: Portal) -> None:
    case = portal.world.acknowledged(MORNING)
    caller = program(portal, "zjj_head")
    issue = caller.get(f"/issues/{case.issue}")
    (task,) = issue["tasks"]
    assert issue["origin"] is None and task["deadlines"][0]["derivation"]["working_days"] == 15
    one = caller.get(f"/tasks/{case.task}")
    assert (one["issue"], one["number"]) == (case.issue, case.task)
    assert caller.codes("GET", f"/tasks/{case.issue}", 404)
    offers = {
        (o["number"], o["act"]): o for o in caller.get(f"/issues/{case.issue}/offers")["items"]
    }
    submit = offers[case.task, "submit"]
    assert submit["allowed"] and submit["address"] == f"/api/v1/tasks/{case.task}/submit"
    acknowledge = offers[case.task, "acknowledge"]
    assert not acknowledge["allowed"] and acknowledge["reasons"][0]["message"]


def test_a_history_comes_in_pages(portal: Portal) -> None:
    case = portal.world.acknowledged(MORNING)
    caller = program(portal, "chief")
    whole = caller.get(f"/issues/{case.issue}/timeline")
    assert whole["next"] is None
    seen, address = [], f"/issues/{case.issue}/timeline?limit=3"
    while address:
        page = caller.get(address.removeprefix("/api/v1"))
        seen += [event["seq"] for event in page["items"]]
        address = page["next"]
    assert seen == [event["seq"] for event in whole["items"]] and len(seen) > 3


def test_my_tasks_come_by_deadline_and_in_pages(portal: Portal) -> None:
    cases = [portal.world.acknowledged(f"2026-09-{day} 09:00") for day in (28, 25, 24)]
    portal.world.submit(cases[1].task, MORNING)
    caller = program(portal, "zjj_head")
    expected = [cases[2].task, cases[0].task]
    assert [t["number"] for t in caller.get("/tasks")["items"]] == expected
    assert walked(caller, "/tasks?limit=1") == expected
    verifier = program(portal, "jfj_verifier").get("/tasks?state=submitted")["items"]
    assert [(t["number"], t["part"]) for t in verifier] == [(cases[1].task, "verify")]


# ------------------------------------------------------------------ notices


def test_an_inbox_is_ones_own_and_is_read_once(portal: Portal) -> None:
    portal.world.dispatched(MORNING)
    owner, other = program(portal, "zjj_liaison"), program(portal, "henglin_liaison")
    found = owner.get("/notices")
    assert found["unread"] == len(found["items"]) > 0
    first = found["items"][0]
    assert first["subject"] and first["text"] and not first["read"]
    assert other.codes("POST", f"/notices/{first['id']}/read", 404) == ["unknown_notice"]
    assert owner.post(f"/notices/{first['id']}/read")["changed"] is True
    assert owner.post(f"/notices/{first['id']}/read")["changed"] is False
    assert owner.get("/notices")["unread"] == found["unread"] - 1
    assert other.get("/notices")["items"] == []


def test_an_inbox_comes_in_pages(portal: Portal) -> None:
    for _ in range(3):
        portal.world.reported(MORNING)
    caller, seen, address = program(portal, "triage"), [], "/notices?limit=2"
    while address:
        page = caller.get(address.removeprefix("/api/v1"))
        seen += [item["id"] for item in page["items"]]
        address = page["next"]
    assert len(seen) == 3 and seen == sorted(set(seen), reverse=True)


def test_failed_messages_are_for_the_office(portal: Portal) -> None:
    assert program(portal, "chief").get("/notices/failed") == {"items": []}
    assert program(portal, "triage").get("/notices/failed") == {"items": []}
    for username in ("zjj_head", "auditor", "secadmin", "inspector", "director", "sysadmin"):
        assert program(portal, username).codes("GET", "/notices/failed", 403)


# ------------------------------------------------------------------ people, calendar, policy


def test_addresses_of_people_are_for_the_bureau_and_oneself(portal: Portal) -> None:
    def told(username: str) -> set[str]:
        people = program(portal, username).get("/people")["items"]
        assert len(people) == len(portal.world.people)
        return {p["username"] for p in people if "email" in p or "phone" in p}

    assert told("zjj_head") == {"zjj_head"} and told("auditor") == {"auditor"}
    assert told("chief") == set(portal.world.people)
    names = [p["username"] for p in program(portal, "zjj_head").get("/people?unit=czj")["items"]]
    assert "czj_head" in names and all(name.startswith("czj_") for name in names)


def test_units_have_codes_and_kinds(portal: Portal) -> None:
    units = {u["code"]: u for u in program(portal, "zjj_head").get("/units")["items"]}
    assert units["lucheng"]["is_board"] and units["zjj"]["kind"] == "department"


def test_a_year_knows_its_holidays_and_whether_it_is_official(portal: Portal) -> None:
    caller = program(portal, "zjj_head")
    year = caller.get("/calendar?year=2026")
    days = {day["day"]: day for day in year["days"]}
    assert (year["status"], len(days)) == ("official", 365)
    assert days["2026-10-01"]["kind"] == "holiday" and not days["2026-10-01"]["working"]
    assert sum(day["working"] for day in year["days"]) == year["working_days"]
    assert caller.get("/calendar?year=2040")["status"] == "provisional"


def test_a_deadline_is_counted_as_the_engine_counts_it(portal: Portal) -> None:
    case = portal.world.dispatched(MORNING)
    caller = program(portal, "zjj_head")
    task = caller.get(f"/tasks/{case.task}")
    found = caller.post("/calendar/deadline", {"start": MORNING, "limit": task["limit_class"]})
    assert found["due_at"] == task["due_at"]
    assert found["derivation"]["skipped"]
    fixed = {"start": "2026-09-28", "limit": "fixed", "due": "2026-11-02"}
    assert caller.post("/calendar/deadline", fixed)["due_at"].startswith("2026-11-02T17:30")
    far = {"start": "2026-09-28", "limit": "ordinary", "due": "9999-01-01"}
    assert caller.codes("POST", "/calendar/deadline", 422, json=far) == ["date_far"]


def test_simulation_is_for_those_who_see_the_whole(portal: Portal) -> None:
    body = {"category": "杆线迁移", "dispatched": MORNING}
    found = program(portal, "chief").post("/policy/simulate", body)
    case = portal.world.dispatched(MORNING)
    task = program(portal, "chief").get(f"/tasks/{case.task}")
    due = datetime.fromisoformat(task["due_at"])
    assert datetime.fromisoformat(found["deadline"]) == due and len(found["rungs"]) > 3
    for username in ("zjj_head", "auditor", "lucheng_reporter"):
        assert program(portal, username).codes("POST", "/policy/simulate", 403, json=body)


def test_the_policy_in_force_is_readable(portal: Portal) -> None:
    found = program(portal, "zjj_head").get("/policy")
    assert "杆线迁移" in found["policy"]["categories"] and found["timezone"] == "Asia/Shanghai"
