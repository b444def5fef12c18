"""Who is reached how: nobody is told nothing without somebody hearing of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import update

from models import tables
from models.db import Database, Session
from models.queries.people import bump_organisation
from notifications import bounces
from notifications.channels.base import Channel, Outgoing, PermanentError, Rate
from notifications.channels.phones import mobile
from notifications.delivery import DrainReport
from notifications.examples import TASK
from notifications.intent import Intent
from notifications.storms import held
from tests.terminal import fresh_settings
from tests.world import World, at
from workflow import channel_choice, deliveries, duty, organisation
from workflow.context import context
from workflow.errors import GuardFailed, Malformed, NotAllowed, NotVisible
from workflow.reaching import send
from workflow.scheduler import deliver
from workflow.sweep import tick

MONDAY = "2026-09-28 10:00"
WINDOW = at("2026-09-28 14:10")


class Recorder:
    """A mail server's stand-in: remembers what it took, refuses whom it is told to."""

    name = "smtp"
    rates: tuple[Rate, ...] = ()

    def __init__(self, *bad: str) -> None:
        self.bad = set(bad)
        self.taken: list[Outgoing] = []

    def address_of(self, person: Any) -> str | None:
        return str(person.email) if person.email else None

    def send(self, message: Outgoing) -> None:
        if message.address in self.bad:
            raise PermanentError("550 no such user", bounced=True)
        self.taken.append(message)

    def to(self, username: str) -> list[str]:
        """What somebody was sent."""
        return [m.text for m in self.taken if m.address == f"{username}@example.org"]


@pytest.fixture(autouse=True)
def mail(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Mail and the portal are the channels in use."""
    monkeypatch.setenv("XIAOHAO_CHANNELS", "inapp,smtp")
    with fresh_settings():
        yield


def limited(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    """A storm is what would send more than so many messages."""
    from config.settings import settings

    monkeypatch.setenv("XIAOHAO_STORM_LIMIT", str(most))
    settings.cache_clear()


def change(world: World, username: str, **values: Any) -> None:
    """Change a person as an administrator of the database would."""
    with world.db.write() as s:
        person = tables.person
        s.execute(update(person).where(person.c.username == username).values(**values))
        bump_organisation(s)


def away(s: Session, *, person: str, deputy: str, **who: Any) -> None:
    """Somebody is away since the beginning of the month."""
    since = at("2026-09-01 00:00")
    organisation.away(s, username=person, deputy=deputy, since=since, until=None, **who)


def sent(world: World, channel: Recorder, when: Any = WINDOW) -> DrainReport:
    return deliver(world.db, {"smtp": channel}, when, "w1")


def faults(world: World, code: str, username: str = "chief") -> list[dict[str, Any]]:
    rows = world.notices(username, kind="fault")
    return [row.facts for row in rows if row.facts["fault"] == code]


# ------------------------------------------------------------------ empty addresses


def mute(world: World, *usernames: str) -> None:
    for username in usernames:
        change(world, username, email=None)


def copied_for(world: World, username: str) -> list[str]:
    """For whom somebody was handed a hand-over's notice."""
    return sorted(row.facts["instead_of"] for row in world.notices(username, kind="dispatch"))


@pytest.mark.parametrize("occasion", ["event:6", "limit:" + "k" * 54])
def test_a_copy_is_written_once_for_each_of_two_people_however_often(
    world: World, occasion: str
) -> None:
    mute(world, "zjj_liaison", "zjj_head")
    for _ in range(2):
        with world.db.write() as s:
            ctx = context(s)
            people = [
                ctx.directory.people[world.people[name]] for name in ("zjj_liaison", "zjj_head")
            ]
            told = [
                Intent("task:1", "dispatch", occasion, person, TASK, 1, 1, 1, True, at(MONDAY))
                for person in people
            ]
            send(s, ctx, told, at(MONDAY))
    assert copied_for(world, "zjj_deputy") == ["孙建国", "孙敏"]
    copies = {row.occasion for row in world.notices("zjj_deputy", kind="dispatch")}
    assert len(copies) == 2
    assert all(len(text) <= 60 for text in copies)


def test_whom_nothing_reaches_is_told_through_the_unit_s_leader(world: World) -> None:
    mute(world, "zjj_liaison", "zjj_head")  # both are told of a hand-over
    world.dispatched(MONDAY)
    channel = Recorder()
    sent(world, channel)
    assert copied_for(world, "zjj_deputy") == ["孙建国", "孙敏"]
    assert len(world.notices("zjj_liaison", kind="dispatch")) == 1  # the portal has it, too
    assert any("10千伏杆线" in text for text in channel.to("zjj_deputy"))
    told = [fault["detail"] for fault in faults(world, "no_address")]
    assert sorted(told) == ["孙建国(建设局)", "孙敏(建设局)"]
    assert len(faults(world, "no_address", "zjj_deputy")) == 2


def test_a_leader_who_is_told_anyway_hears_who_could_not_be_reached(world: World) -> None:
    mute(world, "zjj_liaison")
    world.dispatched(MONDAY)
    told = world.notices("zjj_head", kind="dispatch")  # for himself, and a copy
    assert sorted(row.facts.get("instead_of", "") for row in told) == ["", "孙敏"]
    (fault,) = faults(world, "no_address", "zjj_head")
    assert fault["detail"] == "孙敏(建设局)"


def test_the_office_hears_of_an_empty_address_once_a_day(world: World) -> None:
    change(world, "zjj_liaison", email=None)
    world.dispatched(MONDAY)
    world.dispatched("2026-09-28 10:30")
    assert len(faults(world, "no_address")) == 1
    world.dispatched("2026-09-29 10:30")
    assert len(faults(world, "no_address")) == 2


def test_without_a_leader_the_duty_contact_is_told(world: World) -> None:
    mute(world, "zjj_liaison", "zjj_head", "zjj_deputy")
    world.do(duty.set_duty, "sysadmin", MONDAY, unit="zjj", person="zjj_handler")
    world.dispatched(MONDAY)
    assert copied_for(world, "zjj_handler") == ["孙建国", "孙敏"]


def test_without_anybody_in_the_unit_the_office_is_told(world: World) -> None:
    mute(world, "zjj_liaison", "zjj_head", "zjj_deputy")
    world.dispatched(MONDAY)
    assert copied_for(world, "triage") == ["孙建国", "孙敏"]


def test_a_leader_who_is_away_is_told_through_the_deputy(world: World) -> None:
    mute(world, "zjj_liaison", "zjj_head")
    world.do(
        away, "sysadmin", MONDAY, person="zjj_deputy", deputy="zjj_handler",
    )  # fmt: skip
    world.dispatched(MONDAY)
    assert copied_for(world, "zjj_handler") == ["孙建国", "孙敏"]


def test_a_deputy_who_has_left_stands_in_for_nobody(world: World) -> None:
    world.do(
        away, "sysadmin", MONDAY, person="zjj_liaison", deputy="zjj_handler",
    )  # fmt: skip
    change(world, "zjj_handler", active=False)
    world.dispatched(MONDAY)
    assert len(world.notices("zjj_liaison", kind="dispatch")) == 1


def test_a_vacant_post_falls_to_the_duty_contact_at_firing(world: World) -> None:
    world.do(duty.set_duty, "sysadmin", MONDAY, unit="zjj", person="zjj_handler")
    for username in ("zjj_liaison", "zjj_head", "zjj_deputy"):
        change(world, username, active=False)
    world.dispatched(MONDAY)
    assert len(world.notices("zjj_handler", kind="dispatch")) == 1
    assert faults(world, "no_addressee") == []


def test_an_address_lost_on_the_way_does_not_lose_the_notice(world: World) -> None:
    world.dispatched(MONDAY)
    mute(world, "zjj_liaison", "zjj_head")
    channel = Recorder()
    sent(world, channel)
    sent(world, channel)
    assert copied_for(world, "zjj_deputy") == ["孙建国", "孙敏"]
    assert len(faults(world, "no_address")) == 2
    assert any("10千伏杆线" in text for text in channel.to("zjj_deputy"))


# ------------------------------------------------------------------ bounces


def test_a_bounced_address_is_not_used_again_and_somebody_else_is_told(world: World) -> None:
    mute(world, "zjj_head")
    world.dispatched(MONDAY)
    channel = Recorder("zjj_liaison@example.org")
    sent(world, channel)
    channel.bad.clear()
    world.dispatched("2026-09-28 15:00")
    sent(world, channel, at("2026-09-29 09:10"))
    assert channel.to("zjj_liaison") == []
    assert copied_for(world, "zjj_deputy") == ["孙建国", "孙建国", "孙敏", "孙敏"]
    (fault,) = faults(world, "bounced")
    assert "550 no such user" in fault["detail"]
    assert len(faults(world, "bounced", "zjj_deputy")) == 1
    assert len(faults(world, "bounced", "zjj_handler")) == 0


@pytest.fixture
def sms(monkeypatch: pytest.MonkeyPatch, mail: None) -> Recorder:
    """SMS in use beside mail."""
    from config.settings import settings

    monkeypatch.setenv("XIAOHAO_CHANNELS", "inapp,smtp,sms")
    settings.cache_clear()
    channel = Recorder()
    channel.name = "sms"
    channel.address_of = mobile  # type: ignore[method-assign]
    return channel


def numbered(world: World) -> None:
    """The liaison has a mobile number; the head has nothing at all."""
    change(world, "zjj_liaison", phone="13800000001")
    mute(world, "zjj_head")


def test_what_bounced_takes_the_channel_that_was_switched_off(world: World, sms: Recorder) -> None:
    numbered(world)
    choose(world, "zjj_liaison", "smtp")
    world.dispatched(MONDAY)
    channels: dict[str, Channel] = {"smtp": Recorder("zjj_liaison@example.org"), "sms": sms}
    for _again in range(2):
        deliver(world.db, channels, WINDOW, "w1")
    assert [m.address for m in sms.taken].count("13800000001") == 1
    assert "孙敏" not in [n.facts.get("instead_of") for n in world.notices(kind="dispatch")]


def test_what_bounced_on_every_channel_goes_to_somebody_else(world: World, sms: Recorder) -> None:
    change(world, "zjj_liaison", phone="13800000001")
    with world.db.write() as s:
        ctx = context(s)
        liaison = ctx.directory.people[world.people["zjj_liaison"]]
        urge = Intent("task:1", "urge", "urge", liaison, dict(TASK), 1, 1, 1, False, at(MONDAY))
        send(s, ctx, [urge], at(MONDAY))
    sms.bad.add("13800000001")
    channels: dict[str, Channel] = {"smtp": Recorder("zjj_liaison@example.org"), "sms": sms}
    deliver(world.db, channels, WINDOW, "w1")  # one run, so one directory for both
    (copy,) = world.notices("zjj_head", kind="urge")
    assert copy.facts["instead_of"] == "孙敏"


def test_a_changed_address_is_used_at_once(world: World) -> None:
    world.dispatched(MONDAY)
    channel = Recorder("zjj_liaison@example.org")
    sent(world, channel)
    change(world, "zjj_liaison", email="new@example.org")
    world.dispatched("2026-09-28 15:00")
    sent(world, channel, at("2026-09-29 09:10"))
    assert [m.address for m in channel.taken].count("new@example.org") == 1


def test_a_cleared_address_is_used_again_and_the_history_says_by_whom(world: World) -> None:
    world.dispatched(MONDAY)
    channel = Recorder("zjj_liaison@example.org")
    sent(world, channel)
    channel.bad.clear()
    address = {"channel": "smtp", "address": "zjj_liaison@example.org"}
    assert world.refused(
        NotAllowed, deliveries.clear_bounce, "zjj_head", "2026-09-28 15:00", **address
    ) == ["not_allowed"]
    world.do(deliveries.clear_bounce, "triage", "2026-09-28 15:00", **address)
    assert world.refused(
        NotVisible, deliveries.clear_bounce, "triage", "2026-09-28 15:00", **address
    ) == ["unknown_bounce"]
    world.dispatched("2026-09-28 15:30")
    sent(world, channel, at("2026-09-29 09:10"))
    assert len(channel.to("zjj_liaison")) == 1
    (entry,) = world.rows(tables.event, tag="outbox.bounce_cleared")
    assert entry.actor_id == world.people["triage"]


def test_an_address_that_several_share_is_bad_for_all_of_them(world: World) -> None:
    for username in ("zjj_liaison", "zjj_handler"):
        change(world, username, email="shared@example.org")
    with world.db.write() as s:
        bounces.mark(s, "smtp", "shared@example.org", world.people["zjj_handler"], WINDOW, "550")
    world.dispatched(MONDAY)
    assert len(faults(world, "no_address")) == 1
    assert world.rows(tables.notice, channel="smtp", kind="dispatch") != []


# ------------------------------------------------------------------ choices


def choose(world: World, username: str, *wanted: str) -> None:
    world.do(channel_choice.choose, username, MONDAY, wanted=wanted)


def mailed(world: World, username: str) -> int:
    return len(
        world.rows(tables.notice, channel="smtp", recipient_id=world.people[username])
    )  # what is written for the channel, sent or not


def test_a_channel_that_was_switched_off_is_not_used(world: World) -> None:
    choose(world, "zjj_liaison")
    world.dispatched(MONDAY)
    assert mailed(world, "zjj_liaison") == 0
    assert len(world.notices("zjj_liaison", kind="dispatch")) == 1
    assert faults(world, "no_address") == []  # it was a choice, no fault


def test_what_insists_takes_every_channel_whatever_was_chosen(world: World) -> None:
    case = world.acknowledged(MONDAY)
    choose(world, "zjj_liaison")
    while not world.rows(tables.notice, kind="urge"):
        tick(world.db, world.task(case.task).next_rung_at)
    own = {"channel": "smtp", "recipient_id": world.people["zjj_liaison"]}
    assert len(world.rows(tables.notice, kind="urge", **own)) == 1
    assert world.rows(tables.notice, kind="due_soon", **own) == []


def test_a_choice_is_ones_own_and_enters_the_history(world: World) -> None:
    choose(world, "zjj_liaison")
    choose(world, "zjj_liaison")  # no change, no entry
    (entry,) = world.rows(tables.event, tag="person.channels")
    assert entry.data["unwanted"] == ["smtp"]
    world.dispatched(MONDAY)
    assert (mailed(world, "zjj_liaison"), mailed(world, "zjj_head")) == (0, 1)
    choose(world, "zjj_liaison", "smtp")
    world.dispatched("2026-09-28 11:00")
    assert mailed(world, "zjj_liaison") == 1


def test_a_choice_outlives_the_channel_s_being_out_of_use(
    world: World, sms: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    from config.settings import settings

    numbered(world)
    choose(world, "zjj_liaison", "smtp", "sms")
    for channels, wanted in (("inapp,smtp", []), ("inapp,smtp,sms", None)):
        monkeypatch.setenv("XIAOHAO_CHANNELS", channels)
        settings.cache_clear()
        if wanted is not None:
            choose(world, "zjj_liaison", *wanted)
    kept = {
        row.channel: row.wanted
        for row in world.rows(tables.channel_choice, person_id=world.people["zjj_liaison"])
    }
    assert kept == {"smtp": False, "sms": True}


def test_one_s_own_choice_made_twice_at_once_is_one_choice(world: World, db_url: str) -> None:
    ready = threading.Barrier(2)
    faults: list[BaseException] = []

    def press() -> None:
        db = Database(db_url)
        try:
            ready.wait(60)
            with db.write() as s:
                actor = context(s).directory.people[world.people["zjj_liaison"]]
                channel_choice.choose(s, wanted=[], actor=actor, now=at(MONDAY))
        except Exception as fault:
            faults.append(fault)
        db.close()

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert faults == []
    (row,) = world.rows(tables.channel_choice, person_id=world.people["zjj_liaison"])
    assert (row.channel, row.wanted) == ("smtp", False)


def test_the_portal_is_nobody_s_to_switch_off(world: World) -> None:
    for name in ("inapp", "folder", "pigeon"):
        assert world.refused(
            Malformed, channel_choice.choose, "zjj_liaison", MONDAY, wanted=[name]
        ) == ["channel_fixed"]


def test_a_channel_without_an_address_cannot_be_switched_on(world: World) -> None:
    choose(world, "zjj_liaison")
    change(world, "zjj_liaison", email=None)
    assert world.refused(
        GuardFailed, channel_choice.choose, "zjj_liaison", MONDAY, wanted=["smtp"]
    ) == ["channel_no_address"]


# ------------------------------------------------------------------ duty contacts


def test_only_the_system_administrator_names_a_duty_contact(world: World) -> None:
    assert world.refused(
        NotAllowed, duty.set_duty, "zjj_head", MONDAY, unit="zjj", person="zjj_handler"
    ) == ["not_allowed"]
    assert world.refused(
        GuardFailed, duty.set_duty, "sysadmin", MONDAY, unit="zjj", person="jfj_head"
    ) == ["not_in_unit"]
    assert world.refused(
        NotVisible, duty.set_duty, "sysadmin", MONDAY, unit="nowhere", person=None
    ) == ["unit_unknown"]
    world.do(duty.set_duty, "sysadmin", MONDAY, unit="zjj", person="zjj_handler")
    world.do(duty.set_duty, "sysadmin", MONDAY, unit="zjj", person=None)
    entries = world.rows(tables.event, tag="unit.duty")
    assert [e.data["person"] for e in entries] == [world.people["zjj_handler"], None]


# ------------------------------------------------------------------ storms


def flood(world: World, n: int) -> None:
    """`n` hand-overs, each to another liaison, due in the same window."""
    from workflow.commands.breakdown import Plan

    units = ["zjj", "zgj", "sthj", "spj", "czj", "gdgs"][:n]
    for unit in units:
        world.dispatched(MONDAY, plans=[Plan("迁移", lead=unit)])


def stormed(world: World, monkeypatch: pytest.MonkeyPatch) -> tuple[Recorder, int]:
    """A flood beyond the limit: what went out, and the id of the hold."""
    flood(world, 6)
    limited(monkeypatch, 4)
    channel = Recorder()
    sent(world, channel)
    with world.db.read() as s:
        (hold,) = held(s)
    return channel, hold.id


def test_more_than_the_limit_is_held_and_the_office_hears_of_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel, number = stormed(world, monkeypatch)
    with world.db.read() as s:
        (hold,) = held(s)
    assert hold.messages > 4
    assert hold.kinds["dispatch"] >= 6
    assert [m for m in channel.taken if "交办" in m.subject] == []
    (fault,) = faults(world, "storm")
    sent(world, channel)  # the fault itself is not held
    assert {m.address for m in channel.taken} == {
        f"{name}@example.org" for name in ("chief", "triage", "triage2")
    }
    assert fault["detail"].startswith(f"#{number}")


def test_what_stays_within_the_limit_goes_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    flood(world, 3)
    limited(monkeypatch, 50)
    assert sent(world, Recorder()).sent >= 3
    with world.db.read() as s:
        assert held(s) == []


def test_the_chief_releases_what_is_held_and_all_of_it_arrives(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel, hold = stormed(world, monkeypatch)
    for outsider in ("triage", "zjj_head", "sysadmin"):
        assert world.refused(
            NotAllowed, deliveries.release, outsider, "2026-09-28 15:00", hold=hold, reason=""
        ) == ["not_allowed"]
    freed = world.do(deliveries.release, "chief", "2026-09-28 15:00", hold=hold, reason="已核对")
    sent(world, channel, at("2026-09-28 15:01"))
    assert len([m for m in channel.taken if "交办" in m.subject]) >= 6
    assert world.rows(tables.delivery, state="held") == []
    (entry,) = world.rows(tables.event, tag="outbox.released")
    assert (entry.actor_id, entry.data["deliveries"]) == (world.people["chief"], freed)
    assert world.refused(
        NotVisible, deliveries.release, "chief", "2026-09-28 15:00", hold=hold, reason=""
    ) == ["unknown_hold"]


def test_what_is_dropped_keeps_its_reason_and_may_be_sent_after_all(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel, hold = stormed(world, monkeypatch)
    assert world.refused(
        Malformed, deliveries.drop, "director", "2026-09-28 15:00", hold=hold, reason=" "
    ) == ["reason_malformed"]
    world.do(deliveries.drop, "director", "2026-09-28 15:00", hold=hold, reason="误操作")
    assert sent(world, channel, at("2026-09-28 15:01")).failed == 0
    failed = world.rows(tables.notice, channel="smtp", state="failed")
    assert {row.reason for row in failed} == {"dropped: 误操作"}
    numbers = sorted({row.delivery_id for row in failed})
    world.do(deliveries.retry, "chief", "2026-09-28 15:10", numbers=numbers)
    sent(world, channel, at("2026-09-28 15:11"))
    assert len([m for m in channel.taken if "交办" in m.subject]) >= 6


def test_who_cannot_be_reached_is_on_the_office_s_list(world: World) -> None:
    change(world, "zjj_liaison", email=None)
    for username in ("gdgs_head", "gdgs_deputy", "gdgs_liaison"):
        change(world, username, active=False)

    with world.db.read() as s:
        found = deliveries.unreached(s)
    assert [p.username for p in found.people] == ["zjj_liaison"]
    assert [u.code for u in found.units] == ["gdgs"]
