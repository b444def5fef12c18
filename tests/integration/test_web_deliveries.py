"""发送情况, 通知方式, 值班联系人: what the office and each person do about channels."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import update

from models import tables
from models.queries.people import bump_organisation
from notifications import bounces, brakes
from tests.portal import Portal
from tests.terminal import fresh_settings
from tests.world import World, at
from workflow.scheduler import deliver

WHEN = "2026-09-28 10:00"
LATER = "2026-09-28 15:00"
ADDRESS = {"channel": "smtp", "address": "zjj_head@example.org"}


@pytest.fixture(autouse=True)
def channels(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Mail and the portal are in use, and two messages at once are a storm."""
    monkeypatch.setenv("XIAOHAO_CHANNELS", "inapp,smtp")
    monkeypatch.setenv("XIAOHAO_STORM_LIMIT", "1")
    with fresh_settings():
        yield


@pytest.fixture
def hold(portal: Portal, world: World) -> str:
    """A hand-over whose messages are held; the id of the hold."""
    world.dispatched(WHEN)
    deliver(world.db, {}, at("2026-09-28 14:10"), "w1")
    assert world.rows(tables.delivery, state="held") != []
    portal.at(LATER)
    return str(world.row(tables.storm_hold).id)


def bounced(world: World) -> None:
    with world.db.write() as s:
        person = world.people["zjj_head"]
        bounces.mark(s, "smtp", "zjj_head@example.org", person, at(WHEN), "550 unknown")


def test_the_chief_sees_what_is_held_and_releases_it(
    portal: Portal, world: World, hold: str
) -> None:
    chief = portal.sign_in("chief")
    page = chief.page("/notices/delivery")
    assert "交办单 × 2" in page.words
    answer = chief.fill("/notices/delivery", form="/notices/held", button=("act", "release"))
    assert "2" in chief.follow(answer).words
    assert world.rows(tables.delivery, state="held") == []
    assert world.row(tables.storm_hold).state == "released"


def test_held_messages_are_dropped_only_with_a_reason(
    portal: Portal, world: World, hold: str
) -> None:
    director = portal.sign_in("director")
    refused = director.send("/notices/held", {"hold": hold, "act": "drop", "reason": ""})
    assert refused.status == 422
    assert world.row(tables.storm_hold).state == "held"
    director.send("/notices/held", {"hold": hold, "act": "drop", "reason": "演练"})
    failed = world.rows(tables.delivery, state="failed")
    assert {row.last_error for row in failed} == {"dropped: 演练"}
    assert "dropped: 演练" in portal.sign_in("triage").page("/notices/delivery").words


@pytest.mark.parametrize("username", ["triage", "zjj_head", "sysadmin", "auditor", "principal"])
def test_nobody_else_decides_on_what_is_held(
    portal: Portal, world: World, hold: str, username: str
) -> None:
    answer = portal.sign_in(username).send("/notices/held", {"hold": hold, "act": "release"})
    assert answer.status == 403
    assert world.row(tables.storm_hold).state == "held"


def test_a_hold_is_decided_once(portal: Portal, hold: str) -> None:
    chief = portal.sign_in("chief")
    assert chief.send("/notices/held", {"hold": hold, "act": "release"}).status == 303
    assert chief.send("/notices/held", {"hold": hold, "act": "drop", "reason": "x"}).status == 404


def test_the_office_takes_an_address_into_use_again(portal: Portal, world: World) -> None:
    bounced(world)
    triage = portal.sign_in("triage")
    assert "zjj_head@example.org" in triage.page("/notices/delivery").words
    assert portal.sign_in("director").send("/notices/bounces", ADDRESS).status == 403
    assert triage.send("/notices/bounces", ADDRESS).status == 303
    assert "zjj_head@example.org" not in triage.page("/notices/delivery").words


def test_faults_of_channels_and_addresses_are_listed(portal: Portal, world: World) -> None:
    with world.db.write() as s:
        for _ in range(5):
            brakes.broke(s, "smtp", at(WHEN), "connection refused", 5)
        person = tables.person
        s.execute(update(person).where(person.c.username == "zjj_handler").values(email=None))
        bump_organisation(s)
    words = portal.sign_in("chief").page("/notices/delivery").words
    assert "connection refused" in words
    assert "孙磊" in words


def test_everybody_chooses_how_to_be_told(portal: Portal, world: World) -> None:
    head = portal.sign_in("zjj_head")
    answer = head.send("/account/channels", {})
    assert answer.location == "/account?done=channels"
    row = world.row(tables.channel_choice)
    assert (row.person_id, row.channel, row.wanted) == (world.people["zjj_head"], "smtp", False)
    form = head.page("/account").form("/account/channels")
    assert "channels" not in form.values  # the box is empty now
    head.send("/account/channels", {"channels": ["smtp"]})
    assert world.row(tables.channel_choice).wanted


def test_a_channel_that_is_not_optional_is_refused_on_the_page(
    portal: Portal, world: World
) -> None:
    answer = portal.sign_in("zjj_head").send("/account/channels", {"channels": ["inapp"]})
    assert answer.status == 422
    assert world.rows(tables.channel_choice) == []


def test_the_system_administrator_names_the_duty_contact(portal: Portal, world: World) -> None:
    admin = portal.sign_in("sysadmin")
    answer = admin.fill("/admin/units/zjj", {"duty": "zjj_handler"}, form="/duty")
    assert "孙磊" in admin.follow(answer).words
    assert world.row(tables.duty_contact).person_id == world.people["zjj_handler"]
    refused = admin.send("/admin/units/zjj/duty", {"duty": "jfj_head"})
    assert refused.status == 409
    assert portal.sign_in("zjj_head").send("/admin/units/zjj/duty", {"duty": ""}).status == 403


def test_a_wecom_account_is_entered_with_the_person(portal: Portal, world: World) -> None:
    admin = portal.sign_in("sysadmin")
    forms = admin.page("/admin/people/zjj_head").forms
    (form,) = [one for one in forms if "wecom_userid" in one.names]
    answer = admin.post(form.action, {**form.values, "wecom_userid": "sunjg"})
    assert answer.status == 303
    assert world.row(tables.person, username="zjj_head").wecom_userid == "sunjg"
    events = world.rows(tables.event, tag="person.changed")
    assert all("sunjg" not in str(event.data) for event in events)
