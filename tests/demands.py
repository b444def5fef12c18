"""Drivers of demands for the tests: an enterprise files one, the office brings its issue on."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from models import tables
from projects.demands import deciding, filing
from projects.demands.deciding import TakeUp
from projects.demands.filing import DemandForm, Filed
from tests.world import LINES, Moment, World, moment
from workflow.accounts.secret import new_secret
from workflow.commands import assignment, breakdown, discovery
from workflow.commands.breakdown import Plan

TEXT = "地块北侧一条10千伏高压线横穿工地，塔吊不能起臂，请协调迁移。"


def form(**more: str) -> DemandForm:
    """What an enterprise fills in; `more` replaces fields."""
    usual = {
        "enterprise": "常州某精密机械有限公司", "contact": "张工", "phone": "0519-88880000",
        "body": TEXT, "board": "lucheng",
    }  # fmt: skip
    return DemandForm(**(usual | more))


def filed(world: World, now: Moment | datetime, **more: str) -> Filed:
    """A demand of the public form."""
    with world.db.write() as s:
        return filing.file(s, form(**more), moment(now), secret=new_secret())


def taken_up(world: World, now: Moment, **more: str) -> tuple[Filed, str]:
    """A demand that became an issue, and the issue's number."""
    one = filed(world, now, **more)
    form = TakeUp(category=LINES)
    done = world.do(deciding.take_up, "triage", now, demand=one.number, form=form)
    return one, str(done.issue)


def hand_over(world: World, issue: str, now: Moment) -> str:
    """Break an issue down into one task and hand it over; returns the task's number."""
    world.do(discovery.start_triage, "triage", now, issue=issue)
    plan = Plan("协调产权单位迁移杆线")
    task = world.do(breakdown.plan_task, "triage", now, issue=issue, form=plan).task_number
    world.do(assignment.dispatch, "chief", now, issue=issue)
    return str(task)


def finish(world: World, issue: str, now: Moment) -> None:
    """Run a reported issue to its closure."""
    task = hand_over(world, issue, now)
    world.acknowledge(task, now)
    world.submit(task, now)
    world.verify(task, now)
    world.approve(issue, now)


def reject(world: World, issue: str, now: Moment) -> None:
    """不予受理 of a reported issue."""
    world.do(discovery.propose_rejection, "triage", now, issue=issue, reason="不属于受理范围")
    world.do(discovery.reject, "chief", now, issue=issue, reason="不属于受理范围")


def row(world: World, number: str) -> Any:
    """A demand's row."""
    return world.row(tables.demand, number=number)


def told(world: World, about: str) -> set[str]:
    """Usernames that were sent a notice about it."""
    notice = tables.notice.c
    names = {key: name for name, key in world.people.items()}
    with world.db.read() as s:
        rows = s.execute(select(notice.recipient_id, notice.facts))
        return {names[r.recipient_id] for r in rows if r.facts.get("about") == about}
