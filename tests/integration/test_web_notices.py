"""Notices in the portal: counted, opened, marked by their owner; deliveries are the office's."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import update

from models import tables
from tests.api import program
from tests.portal import Browser, Portal
from tests.world import World, at

DAY = "2026-03-02 10:00"


def bubble(browser: Browser, path: str = "/notices") -> str:
    """What the navigation says of unread notices."""
    found = re.search(r'data-unread="([^"]+)"', browser.page(path).text)
    return found[1] if found else ""


def test_every_page_counts_what_is_unread(portal: Portal, world: World) -> None:
    head = portal.at(DAY).sign_in("zjj_head")
    assert bubble(head, "/") == ""
    world.dispatched(DAY)
    unread = [n for n in world.notices("zjj_head") if n.read_at is None]
    assert bubble(head, "/") == bubble(head, "/issues") == str(len(unread)) != "0"
    head.send("/notices/read", {"id": [str(n.id) for n in unread]})
    assert bubble(head, "/") == ""


def test_more_than_ninety_nine_are_not_counted(portal: Portal, world: World) -> None:
    for _ in range(101):
        world.reported(DAY)
    triage = portal.at(DAY).sign_in("triage")
    assert len(world.notices("triage")) > 100
    assert bubble(triage) == "99+"


def test_opening_one_reads_it_and_leads_to_its_issue(portal: Portal, world: World) -> None:
    case = world.dispatched(DAY)
    head = portal.at("2026-03-02 11:00").sign_in("zjj_head")
    notice = world.notices("zjj_head")[-1]
    answer = head.send("/notices/read", {"id": str(notice.id), "open": "1"})
    assert answer.location == f"/issues/{case.issue}"
    head.follow(answer)
    assert world.row(tables.notice, id=notice.id).read_at == at("2026-03-02 11:00")


def test_others_notices_are_neither_read_nor_marked_nor_opened(
    portal: Portal, world: World
) -> None:
    world.dispatched(DAY, title="只给建设局的事")
    other = portal.at(DAY).sign_in("henglin_head")
    assert "只给建设局的事" not in other.page("/notices").text
    ids = [str(n.id) for n in world.notices("zjj_head")]
    before = world.rows(tables.notice)
    answer = other.send("/notices/read", {"id": ids, "open": "1"})
    assert answer.location == "/notices"
    assert other.send("/notices/read", {"id": ids[0], "open": "1"}).location == "/notices"
    assert world.rows(tables.notice) == before
    assert "只给建设局的事" not in other.page(f"/notices?before={int(ids[-1]) + 1}").text


@pytest.mark.parametrize("bad", ["x", "-1", "1;drop", "9" * 30, "١"])
def test_what_is_no_number_of_a_notice_is_refused(portal: Portal, bad: str) -> None:
    assert portal.sign_in("zjj_head").send("/notices/read", {"id": bad}).status == 422


def test_a_form_of_another_site_marks_nothing(portal: Portal, world: World) -> None:
    world.dispatched(DAY)
    (first, *_rest) = world.notices("zjj_head")
    answer = portal.sign_in("zjj_head").post("/notices/read", {"csrf": "x", "id": str(first.id)})
    assert answer.status == 403
    assert world.row(tables.notice, id=first.id).read_at is None


def test_pages_meet_every_notice_once(portal: Portal, world: World) -> None:
    for _ in range(35):
        world.reported(DAY)
    triage = portal.at(DAY).sign_in("triage")
    path, seen = "/notices", []
    while path:
        shown = triage.page(path)
        seen += re.findall(r"WT-2026-\d{6}", " ".join(re.findall(
            r'class="subject">([^<]*)', shown.text)))  # fmt: skip
        following = re.findall(r'href="([^"]+)" rel="next"', shown.text)
        path = following[0] if following else ""
    assert len(seen) == len(set(seen)) == 35


def failed_message(world: World) -> int:
    """A message that nobody got."""
    world.dispatched(DAY)
    notice = world.notices("zjj_head")[0]
    row = {
        "message_id": "<1@test>", "recipient_id": notice.recipient_id, "channel": "smtp",
        "window_key": "w", "state": "failed", "attempts": 8, "last_error": "550 <b>no</b>",
        "created_at": at(DAY), "next_attempt_at": at(DAY),
    }  # fmt: skip
    with world.db.write() as s:
        s.execute(tables.delivery.insert().values(row))
        key = int(s.execute(tables.delivery.select()).one().id)
        change = update(tables.notice).where(tables.notice.c.id == notice.id)
        s.execute(change.values(channel="smtp", state="failed", delivery_id=key))
    return key


def test_the_office_sends_what_failed_again_and_the_history_tells_who(
    portal: Portal, world: World
) -> None:
    key = failed_message(world)
    chief = portal.at(DAY).sign_in("chief")
    shown = chief.page("/notices/delivery")
    assert "550 <b>no</b>" in shown.words.replace("&lt;", "<").replace("&gt;", ">")
    assert "<b>no</b>" not in shown.text
    done = chief.fill("/notices/delivery", form="/retry")
    assert done.location == "/notices/delivery?freed=1"
    chief.follow(done)
    assert world.row(tables.delivery, id=key).state == "pending"
    (event,) = [e for e in world.rows(tables.event, stream="system") if e.tag == "outbox.retried"]
    assert (event.actor_id, event.data) == (
        world.people["chief"], {"deliveries": [key], "notices": 1},
    )  # fmt: skip


def test_a_program_sends_again_by_the_same_right_and_leaves_the_same_trace(
    portal: Portal, world: World
) -> None:
    key = failed_message(world)
    office = program(portal.at(DAY), "triage")
    (shown,) = office.get("/notices/failed")["items"]
    assert shown["id"] == key
    assert office.post("/notices/failed/retry", {"ids": [key]}) == {"notices": 1}
    assert world.row(tables.delivery, id=key).state == "pending"
    assert office.get("/notices/failed") == {"items": []}
    (event,) = [e for e in world.rows(tables.event, stream="system") if e.tag == "outbox.retried"]
    assert (event.actor_id, event.data) == (
        world.people["triage"], {"deliveries": [key], "notices": 1},
    )  # fmt: skip
    for wrong in ([], [0], [2**31], ["x"]):
        office.codes("POST", "/notices/failed/retry", 422, json={"ids": wrong})


@pytest.mark.parametrize("who", ["zjj_head", "inspector", "sysadmin", "principal"])
def test_deliveries_are_the_offices(portal: Portal, world: World, who: str) -> None:
    key = failed_message(world)
    caller = program(portal, who)
    assert caller.codes("POST", "/notices/failed/retry", 403, json={"ids": [key]})
    browser = portal.at(DAY).sign_in(who)
    assert browser.get("/notices/delivery").status_code == 403
    assert browser.send("/notices/retry", {"id": str(key)}).status == 403
    assert world.row(tables.delivery, id=key).state == "failed"


def test_the_deputy_director_sees_deliveries_and_leaves_failed_ones_to_the_office(
    portal: Portal, world: World
) -> None:
    key = failed_message(world)
    director = portal.at(DAY).sign_in("director")
    assert director.get("/notices/delivery").status_code == 200
    assert director.send("/notices/retry", {"id": str(key)}).status == 403
    assert world.row(tables.delivery, id=key).state == "failed"


def test_a_notice_of_an_older_version_still_says_what_it_was_about(
    portal: Portal, world: World
) -> None:
    world.dispatched(DAY)
    with world.db.write() as s:
        s.execute(update(tables.notice).values(facts={"issue_number": "WT-1"}))
    shown = portal.at(DAY).sign_in("zjj_head").page("/notices")
    assert 'class="subject"' in shown.text
