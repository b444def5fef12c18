"""Lights of milestones, projects and boards; proposals and notices of the clock."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import event, insert, update

from models import tables
from projects.lights import news as light_news
from projects.lights.board_rules import MonthTask
from projects.lights.history import trend
from projects.lights.setting import follow_issues, refresh, refresh_boards
from projects.milestones import commands as milestones
from projects.milestones import proposals
from projects.milestones.network import Span
from tests.integration.milestone_kit import (
    NAME,
    NOW,
    done,
    laid_out,
    project,
    rows,
    world_calendar,
)
from tests.world import World, at
from workflow.commands.discovery import Report
from workflow.context import find_actor
from workflow.errors import GuardFailed, Malformed, NotVisible

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
    months = {
        world.units["yaoguan"]: [MonthTask.KEPT, MonthTask.MISSED],
        world.units["qishuyan"]: [MonthTask.NONE],
    }
    with world.db.write() as s:
        assert refresh_boards(s, months, at(NOW)) == 1
        assert refresh_boards(s, months, at(NOW)) == 0
    lights = {row.unit_id: row.light for row in world.rows(tables.board_light)}
    assert lights == {world.units["yaoguan"]: "yellow", world.units["qishuyan"]: "grey"}


def test_looking_for_what_to_tell_locks_nothing(world: World) -> None:
    """On PostgreSQL a look that locks waits for whoever is writing, and fails after that."""
    project_id = laid_out(world)
    granted = {"kind": "construction_permit", "granted_on": date(2023, 10, 20), "number": ""}
    with world.db.write() as s:
        s.execute(insert(tables.permit).values(
            project_id=project_id, valid_until=date(2026, 10, 19), **granted
        ))  # fmt: skip
    sent: list[str] = []

    def listen(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        sent.append(statement)

    event.listen(world.db.engine, "before_cursor_execute", listen)
    try:
        light_news._todo(world.db, at(OVER))
    finally:
        event.remove(world.db.engine, "before_cursor_execute", listen)
    assert any("FROM permit" in one.replace("\n", "") for one in sent)
    assert [one for one in sent if "FOR UPDATE" in one] == []


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


def test_the_wall_counts_at_every_months_end_what_it_shows_and_no_merged_record(
    world: World,
) -> None:
    kept = project(world)
    gone = project(world, name="并入的项目")
    with world.db.write() as s:
        s.execute(update(tables.project).where(tables.project.c.id == gone)
                  .values(merged_into_id=kept))  # fmt: skip
        refresh(s, at(NOW))
    with world.db.read() as s:
        (day,) = trend(s, find_actor(s, "chief"), [date(2026, 3, 31)])
    assert day.counts == {"green": 1}
