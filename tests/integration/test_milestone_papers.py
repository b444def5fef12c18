"""Permits and land-service lists of projects."""

from __future__ import annotations

from datetime import date

from config.milestones import default_network
from models import tables
from projects.lights.facts import gather, used_on
from projects.lights.setting import refresh
from projects.milestones import commands as milestones
from projects.milestones import land, permits
from projects.milestones.plans import load_plan
from tests.integration.milestone_kit import (
    NOW,
    laid_out,
    listed,
    rows,
    world_calendar,
    world_policy,
)
from tests.world import World, at
from workflow.errors import GuardFailed, Malformed, NotAllowed, NotVisible


def test_a_permit_holds_as_long_as_its_kind_and_completes_its_milestone(world: World) -> None:
    project_id = laid_out(world)
    ask = {"project_id": project_id, "kind": "construction_permit", "number": "320405202603020101"}
    world.do(
        permits.grant, "chief", NOW, granted_on=date(2026, 3, 2), done=True, confirmed=True, **ask
    )
    permit = world.row(tables.permit, project_id=project_id)
    assert permit.valid_until == date(2026, 6, 1)
    assert rows(world, project_id)["construction_permit"].actual_on == date(2026, 3, 2)
    with world.db.write() as s:
        refresh(s, at("2026-06-02 09:00"))
    start = rows(world, project_id)["start"]
    assert (start.light, start.light_reason) == ("red", "permit_expired")
    world.do(
        permits.withdraw, "chief", "2026-06-02 10:00", permit_id=permit.id, reason="已延期换证"
    )
    assert rows(world, project_id)["start"].light_reason != "permit_expired"


def test_construction_upon_land_is_worked_out_from_dates(world: World) -> None:
    project_id = laid_out(world)
    ask = {"project_id": project_id}
    with world.db.read() as s:
        policy = world_policy(s)
        calendar = world_calendar(s)
    world.do(permits.grant, "chief", NOW, kind="land_delivery", granted_on=date(2026, 2, 13), **ask)

    def met() -> list[bool | None]:
        with world.db.read() as s:
            found = permits.promptness(
                load_plan(s, project_id).milestones, permits.permits_of(s, project_id), policy,
                calendar,
            )  # fmt: skip
            return [one.met for one in found]

    assert met() == [None, None]
    world.do(
        permits.grant, "chief", NOW, kind="construction_permit", granted_on=date(2026, 2, 28), **ask
    )
    assert met() == [True, None]  # make-up days 02-14 and 02-28, then 24, 25, 26, 27
    world.do(permits.grant, "chief", NOW, kind="title", granted_on=date(2026, 3, 2), **ask)
    assert met() == [True, None]


def test_a_permit_that_had_run_out_before_the_land_was_delivered_does_not_count(
    world: World,
) -> None:
    project_id = laid_out(world)
    ask = {"project_id": project_id, "kind": "construction_permit"}
    early = {"granted_on": date(2025, 1, 6), "valid_until": date(2025, 7, 6)}
    world.do(permits.grant, "chief", NOW, done=True, confirmed=True, **ask, **early)
    land_day = date(2026, 2, 13)
    world.do(permits.grant, "chief", NOW, project_id=project_id, kind="land_delivery",
             granted_on=land_day)  # fmt: skip

    def told() -> tuple[bool | None, date | None]:
        with world.db.read() as s:
            policy, calendar = world_policy(s), world_calendar(s)
            plan, held = load_plan(s, project_id), permits.permits_of(s, project_id)
        one = permits.promptness(plan.milestones, held, policy, calendar)[0]
        return one.met, one.then_on

    assert told() == (None, None)
    world.do(permits.grant, "chief", NOW, granted_on=date(2026, 3, 2), **ask)
    assert told()[1] == date(2026, 3, 2)
    world.do(permits.grant, "chief", NOW, granted_on=date(2026, 1, 5), valid_until=land_day, **ask)
    assert told() == (True, date(2026, 1, 5))  # still valid on the day of the delivery


def test_a_permit_that_ran_out_before_it_was_used_has_expired(world: World) -> None:
    project_id = laid_out(world)
    ask = {"project_id": project_id, "kind": "construction_permit"}
    world.do(permits.grant, "chief", NOW, granted_on=date(2025, 1, 6), **ask)
    world.do(permits.grant, "chief", NOW, granted_on=date(2026, 2, 2), **ask)
    start = rows(world, project_id)["start"]
    world.do(milestones.record, "chief", NOW, milestone_id=start.id, actual_on=date(2026, 3, 2),
             confirmed=True)  # fmt: skip
    with world.db.read() as s:
        [picture] = gather(s, date(2026, 6, 1), [project_id], lock=False)
        policy = world_policy(s)
    network = default_network()
    used = used_on(network, picture, "construction_permit")
    assert used == date(2026, 3, 2)
    states = [permits.validity(p, date(2026, 6, 1), policy, False, used) for p in picture.permits]
    assert states == ["expired", "used"]


def test_a_demand_beyond_the_list_becomes_an_issue_that_names_it(world: World) -> None:
    project_id = laid_out(world)
    listed(world, project_id)
    again = {"project_id": project_id, "issued_on": date(2026, 3, 1), "items": [("x", "")]}
    assert world.refused(GuardFailed, land.hand_out, "zgj_liaison", NOW, **again) == ["list_issued"]
    early = {"project_id": project_id, "raised_on": date(2026, 2, 26), "text": "交评"}
    assert world.refused(Malformed, land.demand, "chief", NOW, **early) == ["demand_early"]
    ask = {"project_id": project_id, "raised_on": date(2026, 3, 2)}
    fits = world.do(land.demand, "yaoguan_liaison", NOW, text="雨水管接入", item=2, **ask)
    beyond = world.do(
        land.demand, "yaoguan_liaison", NOW, text="另做交通影响评价", unit="zjj", **ask
    )
    settled = world.refused(GuardFailed, land.report, "yaoguan_liaison", NOW, demand_id=fits.id)
    assert settled == ["demand_settled"]
    _changed, number = world.do(land.report, "yaoguan_liaison", NOW, demand_id=beyond.id)
    issue = world.issue(number)
    assert (issue.category, issue.project_id) == ("用地清单外要求", project_id)
    assert issue.source_id == f"demand:{beyond.id}"
    assert world.row(tables.land_demand, id=beyond.id).issue_id == issue.id
    assert world.refused(GuardFailed, land.match, "yaoguan_liaison", NOW, demand_id=beyond.id,
                         item=1) == ["demand_reported"]  # fmt: skip


def test_only_those_who_answer_for_it_or_keep_the_lists_write_them(world: World) -> None:
    project_id = laid_out(world)
    ask = {"project_id": project_id, "issued_on": date(2026, 3, 1), "items": [("x", "")]}
    assert world.refused(NotAllowed, land.hand_out, "zjj_liaison", NOW, **ask)
    assert world.refused(NotVisible, land.hand_out, "dingyan_liaison", NOW, **ask)
