"""Hundreds of tasks handed over on one day, with deadlines spread over the weeks after it."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from sqlalchemy import select

from models import tables
from models.db import Database, Session
from tests.world import World, at, found_zone
from workflow.commands import assignment, breakdown, closure, discovery, parking, requests
from workflow.commands.breakdown import Plan
from workflow.commands.closure import Proof
from workflow.commands.discovery import Report
from workflow.context import find_actor

CHANNELS = ("inapp", "smtp", "folder")
LEADS = ("zjj", "zgj", "sthj", "spj", "czj", "henglin", "yaoguan", "lucheng", "dingyan")
DISPATCHED = at("2026-03-02 10:00")
ISSUES, TASKS = 80, 3
LONGEST = 24


def crowd(db: Database, seed: int = 1, channels: tuple[str, ...] = CHANNELS) -> World:
    """A founded zone with 80 issues of three tasks each, some of them in a special situation."""
    chance = Random(seed)
    with db.write() as s:
        world = found_zone(s)
    for first in range(0, ISSUES, 20):
        with db.write() as s:
            s.memo["channels"] = channels
            for n in range(first, first + 20):
                _issue(s, n, chance)
    return world


def _issue(s: Session, n: int, chance: Random) -> None:
    form = Report(f"问题{n}", "妨碍施工", "手续办理", no_project_reason="片区", board="qishuyan")
    now = DISPATCHED
    number = discovery.report(
        s, actor=find_actor(s, "qishuyan_reporter"), now=now, form=form
    ).issue_number
    discovery.start_triage(s, actor=find_actor(s, "triage"), now=now, issue=number)
    tasks = [_plan(s, number, chance) for _ in range(TASKS)]
    assignment.dispatch(s, actor=find_actor(s, "chief"), now=now, issue=number)
    for index, (task, lead) in enumerate(tasks):
        if index < 2 or chance.random() < 0.5:  # a third of some issues is never received
            _receive(s, task, lead)
    _special(s, n, number, *tasks[0])


def _plan(s: Session, issue: str, chance: Random) -> tuple[str, str]:
    lead = chance.choice(LEADS)
    form = Plan(
        "组织实施",
        lead=lead,
        days=chance.randint(3, LONGEST),
        urgent=chance.random() < 0.2,
        verifier="jfj",
    )
    outcome = breakdown.plan_task(
        s, actor=find_actor(s, "triage"), now=DISPATCHED, issue=issue, form=form
    )
    return str(outcome.task_number), lead


def _receive(s: Session, task: str, lead: str) -> None:
    assignment.acknowledge(
        s,
        actor=find_actor(s, f"{lead}_liaison"),
        now=DISPATCHED + timedelta(hours=2),
        task=task,
        responsible_leader=f"{lead}_deputy",
        responsible_person=f"{lead}_handler",
    )


def _special(s: Session, n: int, issue: str, task: str, lead: str) -> None:
    """Every so often an issue is parked, a task handed in, or an extension pending."""
    now, head = DISPATCHED + timedelta(hours=3), find_actor(s, f"{lead}_head")
    if n % 16 == 3:
        parking.park(
            s,
            actor=find_actor(s, "chief"),
            now=now,
            issue=issue,
            reason="等待上级批复",
            review_on=(now + timedelta(days=80)).date(),
        )
    elif n % 16 == 7:
        closure.submit_task(
            s,
            actor=head,
            now=now,
            task=task,
            result="完成",
            evidence=[Proof("document", "验收单.pdf")],
        )
    elif n % 16 == 11:
        due = s.execute(select(tables.task.c.due_at).where(tables.task.c.number == task)).scalar()
        assert due is not None
        requests.request_extension(
            s,
            actor=head,
            now=now,
            task=task,
            reason="材料未齐",
            progress="过半",
            new_due=due + timedelta(days=1),
        )
