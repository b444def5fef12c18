"""Plans of projects: laid out, dated, recorded; permits, land lists, proposals, notices."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import insert, update

from models import tables
from projects.lights import news as light_news
from projects.lights.setting import follow_issues, refresh, refresh_boards
from projects.milestones import commands as milestones
from projects.milestones import land, permits, planning, proposals
from projects.milestones.network import Span
from projects.milestones.plans import load_plan
from tests.world import World, at
from workflow.commands.discovery import Report
from workflow.errors import (
    GuardFailed,
    Malformed,
    NotAllowed,
    NotVisible,
    StaleVersion,
)

NOW = "2026-03-02 10:00"
NAME = "新誉高性能永磁材料"
START, FINISH = date(2026, 9, 30), date(2027, 6, 30)


def project(world: World, **values: Any) -> int:
    """A project of Yaoguan in preparation, looked after by the commissioner."""
    row = {
        "name": NAME, "board_id": world.units["yaoguan"], "stage": "preparing",
        "commissioner_id": world.people["commissioner"], "plan_start_on": START,
        "plan_finish_on": FINISH,
    }  # fmt: skip
    with world.db.write() as s:
        made = insert(tables.project).values(row | values).returning(tables.project.c.id)
        return int(s.execute(made).scalar_one())


def laid_out(world: World, **values: Any) -> int:
    """A project with its plan."""
    project_id = project(world, **values)
    world.do(planning.lay_out, "commissioner", NOW, project_id=project_id)
    return project_id


def rows(world: World, project_id: int) -> dict[str, Any]:
    """Milestones by key."""
    return {m.key: m for m in world.rows(tables.milestone, project_id=project_id)}


def done(world: World, m: Any, on: date, now: str = NOW, **more: Any) -> Any:
    """Record a completion as the board's liaison."""
    return world.do(
        milestones.record, "yaoguan_liaison", now, milestone_id=m.id, actual_on=on, **more
    )


def tags(world: World, project_id: int) -> list[str]:
    """What the project's history says, oldest first."""
    found = world.rows(tables.event, stream=f"project:{project_id}")
    return [event.tag for event in sorted(found, key=lambda e: e.seq)]


def test_a_plan_is_counted_back_from_both_targets_and_kept_as_the_baseline(world: World) -> None:
    project_id = project(world)
    made = world.do(planning.lay_out, "yaoguan_liaison", NOW, project_id=project_id)
    found = rows(world, project_id)
    assert (made.edition, made.warnings) == (1, ())
    assert "signing" not in found  # the project is past that stage
    assert found["start"].plan_on == START
    assert found["acceptance"].plan_on == FINISH
    assert found["construction_permit"].plan_on < found["start"].begin_on
    assert all(m.baseline_on == m.plan_on for m in found.values())
    assert found["environment"].unit_id == world.units["sthj"]
    assert found["start"].unit_id == world.units["yaoguan"]
    edition = world.row(tables.schedule_edition, project_id=project_id)
    assert edition.dates["start"][1] == START.isoformat()
    assert tags(world, project_id) == ["plan.laid_out"]


def test_a_renovation_stands_on_its_own_land(world: World) -> None:
    project_id = laid_out(world, nature="renovation")
    found = rows(world, project_id)
    assert not {"land_precheck", "land_transfer", "land_planning", "topped_out"} & set(found)
    with world.db.read() as s:
        nodes = load_plan(s, project_id).nodes()
    assert nodes["works_planning"].after == ("region_assessment",)


def test_a_target_that_cannot_be_kept_is_said_at_once(world: World) -> None:
    project_id = project(world, plan_start_on=date(2026, 3, 20))
    made = world.do(planning.lay_out, "chief", NOW, project_id=project_id)
    assert [reason.code for reason in made.warnings] == ["target_too_near"]
    assert min(m.slack_wd for m in rows(world, project_id).values()) < 0


def test_without_a_date_there_is_nothing_to_count_back_from(world: World) -> None:
    project_id = project(world, plan_start_on=None, plan_finish_on=None)
    codes = world.refused(GuardFailed, planning.lay_out, "chief", NOW, project_id=project_id)
    assert codes == ["target_missing"]
    world.do(planning.lay_out, "chief", NOW, project_id=project_id, start_on=START)
    assert world.row(tables.project, id=project_id).plan_start_on == START


def test_a_plan_is_laid_out_once_and_made_anew_with_a_reason(world: World) -> None:
    project_id = laid_out(world)
    ask = {"project_id": project_id}
    assert world.refused(GuardFailed, planning.lay_out, "chief", NOW, **ask) == ["plan_exists"]
    assert world.refused(Malformed, planning.replan, "chief", NOW, reason=" ", **ask)
    later = date(2026, 11, 30)
    made = world.do(planning.replan, "chief", NOW, reason="厂房方案调整", start_on=later, **ask)
    found = rows(world, project_id)
    assert made.edition == 2
    assert (found["start"].plan_on, found["start"].baseline_on) == (later, START)
    assert found["start"].plan_version == 2
    assert found["acceptance"].plan_version == 1  # its own date has not moved
    assert world.row(tables.project, id=project_id).plan_start_on == START  # the record stays
    assert tags(world, project_id)[-1] == "plan.replanned"


def test_one_date_moves_alone_and_says_what_it_no_longer_fits(world: World) -> None:
    project_id = laid_out(world)
    m = rows(world, project_id)["environment"]
    far = date(2026, 12, 1)
    moved = world.do(
        milestones.change_date, "chief", NOW, milestone_id=m.id, plan_on=far, reason="补充监测",
        expected_version=m.version,
    )  # fmt: skip
    assert [w.code for w in moved.warnings] == ["out_of_step"]
    assert rows(world, project_id)["environment"].plan_on == far
    stale = world.refused(
        StaleVersion, milestones.change_date, "chief", NOW, milestone_id=m.id, plan_on=far,
        reason="再改", expected_version=m.version,
    )  # fmt: skip
    assert stale == ["stale"]


def test_moving_the_milestone_of_a_target_moves_the_target(world: World) -> None:
    project_id = laid_out(world)
    m = rows(world, project_id)["acceptance"]
    world.do(
        milestones.change_date, "chief", NOW, milestone_id=m.id, plan_on=date(2027, 8, 31),
        reason="工期调整",
    )  # fmt: skip
    assert world.row(tables.schedule, project_id=project_id).finish_on == date(2027, 8, 31)


def test_what_is_not_done_yet_cannot_be_recorded_and_an_open_predecessor_must_be_confirmed(
    world: World,
) -> None:
    project_id = laid_out(world)
    found = rows(world, project_id)
    ahead = world.refused(
        Malformed, milestones.record, "yaoguan_liaison", NOW,
        milestone_id=found["land_precheck"].id, actual_on=date(2026, 3, 3),
    )  # fmt: skip
    assert ahead == ["date_ahead"]
    open_before = world.refused(
        GuardFailed, milestones.record, "yaoguan_liaison", NOW,
        milestone_id=found["land_transfer"].id, actual_on=date(2026, 3, 2),
    )  # fmt: skip
    assert open_before == ["predecessors_open"]
    done(world, found["land_transfer"], date(2026, 3, 2), confirmed=True)
    m = rows(world, project_id)["land_transfer"]
    assert (m.actual_on, m.light) == (date(2026, 3, 2), "grey")


def test_recording_the_start_fills_the_record_and_undoing_takes_it_back(world: World) -> None:
    project_id = laid_out(world)
    m = rows(world, project_id)["start"]
    done(world, m, date(2026, 3, 2), confirmed=True)
    assert world.row(tables.project, id=project_id).actual_start_on == date(2026, 3, 2)
    world.do(milestones.undo, "chief", NOW, milestone_id=m.id, reason="误报")
    assert world.row(tables.project, id=project_id).actual_start_on is None
    assert rows(world, project_id)["start"].actual_on is None
    assert tags(world, project_id)[-2:] == ["milestone.done", "milestone.undone"]


def test_a_date_of_the_record_is_the_milestones_until_it_is_corrected_there(world: World) -> None:
    project_id = laid_out(world)
    with world.db.write() as s:
        s.execute(update(tables.project).values(actual_start_on=date(2026, 2, 27)))
        refresh(s, at(NOW), [project_id])
    m = rows(world, project_id)["start"]
    assert (m.actual_on, m.adopted) == (date(2026, 2, 27), True)
    codes = world.refused(GuardFailed, milestones.undo, "chief", NOW, milestone_id=m.id, reason="x")
    assert codes == ["date_of_record"]
    with world.db.write() as s:
        s.execute(update(tables.project).values(actual_start_on=None))
        refresh(s, at(NOW), [project_id])
    assert rows(world, project_id)["start"].actual_on is None


def test_a_project_gets_milestones_of_its_own_but_none_that_wait_for_each_other(
    world: World,
) -> None:
    project_id = laid_out(world)
    add = {"project_id": project_id, "name": "110千伏专线接入", "days": 15}
    circle = world.refused(
        Malformed, milestones.add, "chief", NOW, after=["start"], before=["land_precheck"], **add
    )
    assert circle == ["plan_circle"]
    world.do(
        milestones.add, "chief", NOW, after=["construction_permit"], before=["production"],
        unit="gdgs", category="杆线迁移", **add,
    )  # fmt: skip
    own = rows(world, project_id)["own_1"]
    assert (own.unit_id, own.baseline_on) == (world.units["gdgs"], own.plan_on)
    with world.db.read() as s:
        assert "own_1" in load_plan(s, project_id).nodes()["production"].after


def test_what_a_project_does_not_need_is_dropped_with_a_reason_but_never_a_target(
    world: World,
) -> None:
    project_id = laid_out(world)
    found = rows(world, project_id)
    codes = world.refused(
        GuardFailed, milestones.drop, "chief", NOW, milestone_id=found["start"].id, reason="无"
    )
    assert codes == ["milestone_is_target"]
    world.do(
        milestones.drop,
        "chief",
        NOW,
        milestone_id=found["energy"].id,
        reason="年耗能不足一千吨标煤",
    )
    assert rows(world, project_id)["energy"].light_reason == "milestone_dropped"
    with world.db.read() as s:
        assert "energy" not in load_plan(s, project_id).nodes()


def test_outsiders_see_nothing_and_those_who_do_not_answer_for_it_may_not_act(world: World) -> None:
    project_id = laid_out(world)
    m = rows(world, project_id)["environment"]
    ask = {"milestone_id": m.id, "actual_on": date(2026, 3, 2)}
    for name in ("lucheng_liaison", "sysadmin", "auditor"):
        assert world.refused(NotVisible, milestones.record, name, NOW, **ask)
    for name in ("sthj_liaison", "inspector", "yaoguan_reporter"):
        assert world.refused(NotAllowed, milestones.record, name, NOW, **ask)
    for name in ("lucheng_liaison", "secadmin"):
        assert world.refused(NotVisible, planning.replan, name, NOW, project_id=project_id,
                             reason="x")  # fmt: skip
    assert world.refused(NotVisible, milestones.record, "chief", NOW, milestone_id=10**6,
                         actual_on=date(2026, 3, 2))  # fmt: skip


def test_only_the_office_excuses_a_late_start(world: World) -> None:
    project_id = laid_out(world, plan_start_on=date(2026, 1, 20))
    assert world.row(tables.project, id=project_id).light == "red"  # milestones are overdue, too
    ask = {"project_id": project_id, "reason": "等待排污总量", "until": date(2026, 4, 30)}
    assert world.refused(NotAllowed, planning.excuse_start, "commissioner", NOW, **ask)
    world.do(planning.excuse_start, "chief", NOW, **ask)
    found = world.row(tables.project, id=project_id).light_facts["tests"]
    assert "start" not in [test["test"] for test in found]


# ------------------------------------------------------------------ permits


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


def world_policy(s: Any) -> Any:
    """Thresholds in force, a day more for 拿地即开工."""
    from workflow.context import context

    return context(s).policy().project_lights.model_copy(update={"land_start_wd": 6})


def world_calendar(s: Any) -> Any:
    """The common calendar."""
    from workflow.context import context

    return context(s).calendar()


# ------------------------------------------------------------------ the land-service list


def listed(world: World, project_id: int) -> None:
    """A list of two items, by the unit that keeps them."""
    world.do(
        land.hand_out, "zgj_liaison", NOW, project_id=project_id, issued_on=date(2026, 2, 27),
        contract="常经开出〔2026〕3号", items=[("地块压覆矿产评估", "zgj"), ("管线接入", "zjj")],
    )  # fmt: skip


def test_a_demand_beyond_the_list_becomes_an_issue_that_names_it(world: World) -> None:
    project_id = laid_out(world)
    listed(world, project_id)
    again = {"project_id": project_id, "issued_on": date(2026, 3, 1), "items": [("x", "")]}
    assert world.refused(GuardFailed, land.hand_out, "zgj_liaison", NOW, **again) == ["list_issued"]
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


# ------------------------------------------------------------------ lights, proposals, notices

OVER = "2026-10-08 10:00"


def test_a_slipping_milestone_is_told_and_proposed_once_for_each_plan(world: World) -> None:
    project_id = laid_out(world)
    assert light_news.run(world.db, at(OVER)) > 0
    start = rows(world, project_id)["start"]
    assert (start.light, start.light_reason) == ("red", "milestone_overdue")
    told = [n for n in world.notices("yaoguan_liaison") if n.subject == f"milestone:{start.id}"]
    assert len(told) == 1
    red = [n for n in world.notices("commissioner") if n.facts["about"] == "light_red"]
    assert len(red) == 1
    before = world.dump()
    assert light_news.run(world.db, at(OVER)) == 0
    assert world.dump() == before
    proposal = world.row(tables.milestone_proposal, milestone_id=start.id)
    assert (proposal.state, proposal.cause) == ("open", "overdue")
    ask = {"proposal_id": proposal.id}
    assert world.refused(Malformed, proposals.dismiss, "commissioner", OVER, reason="", **ask)
    world.do(proposals.dismiss, "commissioner", OVER, reason="施工许可本周可取得", **ask)
    assert light_news.run(world.db, at("2026-10-09 10:00")) == 0
    world.do(
        milestones.change_date, "chief", "2026-10-09 11:00", milestone_id=start.id,
        plan_on=date(2026, 10, 9), reason="顺延",
    )  # fmt: skip
    light_news.run(world.db, at("2026-10-12 10:00"))
    assert len(world.rows(tables.milestone_proposal, milestone_id=start.id)) == 2


def test_a_proposal_becomes_an_issue_of_the_loop_and_the_milestone_names_it(world: World) -> None:
    project_id = laid_out(world)
    light_news.run(world.db, at(OVER))
    start = rows(world, project_id)["start"]
    proposal = world.row(tables.milestone_proposal, milestone_id=start.id)
    assert world.refused(NotVisible, proposals.report, "lucheng_liaison", OVER,
                         proposal_id=proposal.id)  # fmt: skip
    _changed, number = world.do(
        proposals.report, "yaoguan_liaison", OVER, proposal_id=proposal.id, title="开工节点逾期"
    )
    issue = world.issue(number)
    assert (issue.title, issue.category) == ("开工节点逾期", start.category)
    assert start.name in issue.description
    link = world.row(tables.milestone_issue, milestone_id=start.id)
    assert link.issue_id == issue.id
    again = world.refused(
        GuardFailed, proposals.dismiss, "chief", OVER, proposal_id=proposal.id, reason="x"
    )
    assert again == ["proposal_decided"]


def test_a_milestone_that_is_done_settles_what_was_proposed_of_it(world: World) -> None:
    project_id = laid_out(world)
    light_news.run(world.db, at(OVER))
    start = rows(world, project_id)["start"]
    done(world, start, date(2026, 10, 8), OVER, confirmed=True)
    assert world.row(tables.milestone_proposal, milestone_id=start.id).state == "settled"


def test_a_red_issue_turns_its_project_at_the_clocks_next_round(world: World) -> None:
    project_id = laid_out(world)
    world.dispatched(
        NOW, by="yaoguan_reporter", project=NAME, no_project_reason="", board="yaoguan"
    )
    with world.db.write() as s:
        assert follow_issues(s, at(NOW)) == 0
        s.execute(update(tables.issue).values(light="red"))
    assert light_news.round_(world.db, at(NOW)) == 1
    found = world.row(tables.project, id=project_id)
    assert (found.light, found.light_reason) == ("red", "issue_red")
    change = world.row(tables.light_change, subject=f"project:{project_id}")
    assert (change.was, change.light, change.since) == ("green", "red", date(2026, 3, 2))
    assert light_news.round_(world.db, at(NOW)) == 0


def test_money_is_measured_by_the_statistical_figure_where_there_is_one(world: World) -> None:
    project_id = project(world, stage="started", plan_year_invest_yi=12, plan_start_on=None,
                         plan_finish_on=None)  # fmt: skip
    month = {"project_id": project_id, "reported_at": at(NOW)}
    with world.db.write() as s:
        s.execute(insert(tables.project_month), [
            month | {"month": "2026-01", "reported_wan": 10_000, "statistical_wan": 2_000},
            month | {"month": "2026-02", "reported_wan": 10_000, "statistical_wan": None},
            month | {"month": "2026-03", "reported_wan": 90_000, "statistical_wan": 90_000},
        ])  # fmt: skip
        refresh(s, at("2026-03-15 10:00"))
    assert world.row(tables.project, id=project_id).light == "green"  # January: 6.7 points behind
    with world.db.write() as s:
        s.execute(update(tables.project_month).where(tables.project_month.c.month == "2026-02")
                  .values(statistical_wan=0))  # fmt: skip
        refresh(s, at("2026-03-15 10:00"))
    found = world.row(tables.project, id=project_id)
    (test,) = found.light_facts["tests"]
    assert (found.light_reason, test["behind_points"], test["figure"]) == (
        "investment_behind", "15.0", "statistical",
    )  # fmt: skip


def test_boards_turn_by_their_month_tasks(world: World) -> None:
    months: dict[int, list[bool | None]] = {
        world.units["yaoguan"]: [False, True],
        world.units["qishuyan"]: [None],
    }
    with world.db.write() as s:
        assert refresh_boards(s, months, at(NOW)) == 1
        assert refresh_boards(s, months, at(NOW)) == 0
    lights = {row.unit_id: row.light for row in world.rows(tables.board_light)}
    assert lights == {world.units["yaoguan"]: "yellow", world.units["qishuyan"]: "grey"}


def test_one_fault_does_not_hold_up_the_others(world: World, monkeypatch: Any) -> None:
    laid_out(world)
    told: list[str] = []

    def fails(s: Any, row: Any, now: Any) -> None:
        raise ZeroDivisionError(row.id)

    monkeypatch.setattr(proposals, "propose", fails)
    try:
        light_news.run(world.db, at(OVER))
    except ZeroDivisionError as error:
        told.append(str(error))
    assert told
    assert [n for n in world.notices("commissioner") if n.facts["about"] == "milestone_overdue"]


def test_the_first_span_of_a_plan_is_a_working_day(world: World) -> None:
    project_id = laid_out(world)
    with world.db.read() as s:
        calendar = world_calendar(s)
    for m in rows(world, project_id).values():
        span = Span(m.begin_on, m.plan_on)
        assert calendar.is_working_day(span.begin), m.key
        assert calendar.working_days_between(span.begin, span.end, inclusive=True) == m.days, m.key


def test_a_report_of_the_demonstration_is_the_loops_own(world: World) -> None:
    """The prefilled words are Chinese whatever the reader's language."""
    project_id = laid_out(world)
    light_news.run(world.db, at(OVER))
    start = rows(world, project_id)["start"]
    with world.db.read() as s:
        row = world.row(tables.milestone_proposal, milestone_id=start.id)
        form = proposals.draft(s, row, world.row(tables.project, id=project_id))
    assert isinstance(form, Report)
    assert start.name in form.title
