"""The calendar of a person's deadlines: right, stable, secret, cheap."""

from __future__ import annotations

import logging
from datetime import UTC
from typing import Any

import pytest
from icalendar import Calendar

from config.logs import mask
from models import tables
from tests.portal import Portal
from tests.statements import asked_of
from tests.world import at
from workflow.commands import requests


def subscribe(portal: Portal, username: str) -> str:
    """The path of a new feed."""
    browser = portal.sign_in(username)
    shown = browser.follow(browser.send("/account/feed"))
    address = shown.text.split('<code class="secret">')[1].split("</code>")[0]
    assert address.startswith("http://127.0.0.1:8000/feeds/")
    return "/feeds/" + address.rpartition("/")[2]


def events(portal: Portal, path: str) -> list[Any]:
    """Every entry, parsed back."""
    answer = portal.anonymous().get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/calendar")
    return list(Calendar.from_ical(answer.content).walk("VEVENT"))


def test_a_lead_unit_finds_its_deadlines(portal: Portal) -> None:
    case = portal.world.dispatched("2026-09-28 08:30")
    (entry,) = events(portal, subscribe(portal, "zjj_head"))
    due = portal.world.task(case.task).due_at
    assert entry.decoded("dtend") == due.astimezone(UTC)
    assert case.task in entry["summary"]
    assert entry["url"] == f"http://127.0.0.1:8000/issues/{case.issue}"
    assert "孙" not in str(entry["summary"])


def test_an_entry_keeps_its_identity_when_its_date_moves(portal: Portal) -> None:
    case = portal.world.acknowledged("2026-09-28 08:30")
    path = subscribe(portal, "zjj_head")
    (before,) = events(portal, path)
    portal.world.do(
        requests.request_extension, "zjj_head", "2026-09-29 09:00", task=case.task,
        new_due=at("2026-10-27 17:30"), reason="雨季", progress="已立项",
    )  # fmt: skip
    portal.world.do(
        requests.rule_extension, "chief", "2026-09-29 10:00", task=case.task, granted=True,
        opinion="同意",
    )  # fmt: skip
    portal.at("2026-09-29 11:00")
    (after,) = events(portal, path)
    assert after["uid"] == before["uid"]
    assert after.decoded("dtend") > before.decoded("dtend")
    assert after.decoded("last-modified") > before.decoded("last-modified")


def test_rulings_verifications_and_approvals_are_those_of_who_decides(portal: Portal) -> None:
    case = portal.world.acknowledged("2026-09-28 08:30")
    portal.world.do(
        requests.request_extension, "zjj_head", "2026-09-29 09:00", task=case.task,
        new_due=at("2026-10-27 17:30"), reason="雨季", progress="已立项",
    )  # fmt: skip
    portal.at("2026-09-29 11:00")
    (ruling,) = events(portal, subscribe(portal, "chief"))
    assert ruling.decoded("dtend") == at("2026-09-30 17:30").astimezone(UTC)
    assert events(portal, subscribe(portal, "inspector")) == []
    other = portal.world.submitted("2026-09-29 12:00")
    portal.at("2026-10-14 13:00")
    found = events(portal, subscribe(portal, "jfj_verifier"))
    assert [e for e in found if other.task in e["summary"]]
    assert not [e for e in found if case.task in e["summary"]]


def test_the_inspector_finds_look_backs_ahead(portal: Portal) -> None:
    case = portal.world.verified("2026-09-01 08:30", major=True)
    portal.world.approve(case.issue, "2026-09-01 08:30", by="director")
    planned = portal.world.rows(tables.lookback, issue_id=portal.world.issue(case.issue).id)
    portal.at("2026-09-28 09:00")
    found = events(portal, subscribe(portal, "inspector"))
    assert sorted(e.decoded("dtend") for e in found) == sorted(r.due_at for r in planned)


def test_outsiders_and_administrators_find_nothing_of_others(portal: Portal) -> None:
    portal.world.dispatched("2026-09-28 08:30")
    assert events(portal, subscribe(portal, "sthj_head")) == []
    assert portal.sign_in("sysadmin").send("/account/feed").status == 403


def test_a_revoked_an_older_and_an_unknown_address_answer_alike(portal: Portal) -> None:
    old = subscribe(portal, "zjj_head")
    new = subscribe(portal, "zjj_head")
    stranger = portal.anonymous()
    assert stranger.get(new).status_code == 200
    portal.sign_in("zjj_head").send("/account/feed/revoke")
    answers = [stranger.get(p) for p in (old, new, "/feeds/nothing.ics")]
    assert {(a.status_code, a.text) for a in answers} == {(404, "404\n")}


def test_a_feed_ends_with_its_person(portal: Portal) -> None:
    path = subscribe(portal, "zjj_head")
    portal.sign_in("sysadmin").send("/admin/people/zjj_head/active", {"active": ""})
    assert portal.anonymous().get(path).status_code == 404


def test_the_secret_is_in_no_log(portal: Portal, caplog: pytest.LogCaptureFixture) -> None:
    path = subscribe(portal, "zjj_head")
    with caplog.at_level(logging.DEBUG):
        portal.anonymous().get(path)
    secret = path.removeprefix("/feeds/").removesuffix(".ics")
    line = f'127.0.0.1:5000 - "GET {path} HTTP/1.1" 200'
    assert secret not in mask(line)
    assert "GET /feeds/***" in mask(line)
    ours = [r.getMessage() for r in caplog.records if r.name.split(".")[0] not in ("httpx",)]
    assert not [message for message in ours if secret in message]


def test_the_statements_do_not_grow_with_the_deadlines(portal: Portal) -> None:
    path = subscribe(portal, "zjj_head")
    portal.anonymous().get(path)
    portal.world.dispatched("2026-09-28 08:30")
    few = _statements(portal, path)
    for _n in range(4):
        portal.world.dispatched("2026-09-28 08:30")
    assert _statements(portal, path) <= few  # both just after a change, with nothing kept of it
    assert len(events(portal, path)) == 5


def _statements(portal: Portal, path: str) -> int:
    with asked_of(portal.world.db) as sent:
        assert portal.anonymous().get(path).status_code == 200
    return len(sent)
