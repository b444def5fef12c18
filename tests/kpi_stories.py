"""Random histories of the loop, played through its commands: many issues over three months."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from models import tables
from tests.world import SHANGHAI, World, at
from workflow.commands import closure, requests, supervision
from workflow.errors import WorkflowError
from workflow.sweep import tick

LEADS = (None, "zgj", "sthj", "henglin")
PLAIN = "情况说明：已按要求补充完善相关材料"


def play(world: World, seed: int, issues: int, days: int = 75, first: str = "2026-07-01") -> None:
    """Report issues from that day on and let chance decide what becomes of them and of older ones.

    What a command refuses is no part of the history; the clock ticks every day.
    """
    chance = random.Random(seed)
    begin = at(f"{first} 09:30")
    starts = [chance.randrange(max(days - 15, 1)) for _ in range(issues)]
    open_ = [str(row.number) for row in world.rows(tables.issue)]
    for day in range(days):
        now = begin + timedelta(days=day, minutes=chance.randrange(300))
        tick(world.db, now)
        for _ in range(starts.count(day)):
            open_.append(_opened(world, chance, now))
        for number in open_:
            now += timedelta(seconds=30)
            if chance.random() < 0.45:
                _step(world, chance, number, now)


def _opened(world: World, chance: random.Random, now: datetime) -> str:
    from workflow.commands.breakdown import Plan

    plans = [
        Plan(f"措施{n}", lead=chance.choice(LEADS), days=chance.randint(3, 12))
        for n in range(chance.choice((1, 1, 2)))
    ]
    category = chance.choice(("杆线迁移", "环评"))
    return world.dispatched(now, plans=plans, category=category).issue


def _step(world: World, chance: random.Random, number: str, now: datetime) -> None:
    issue = world.issue(number)
    try:
        if issue.state == "approving":
            _approve(world, chance, number, now)
        elif issue.state == "closed":
            _look_back(world, chance, number, now)
        elif issue.state == "parked":
            world.do(_resume(), "chief", now, issue=number, reason="可以恢复办理")
        elif chance.random() < 0.05:
            review = (now + timedelta(days=30)).date()
            world.do(_park(), "chief", now, issue=number, reason="等待上级批复", review_on=review)
        else:
            for task in world.rows(tables.task, issue_id=issue.id):
                _work(world, chance, task, now)
    except WorkflowError:
        return


def _park() -> Any:
    from workflow.commands.parking import park

    return park


def _resume() -> Any:
    from workflow.commands.parking import resume

    return resume


def _work(world: World, chance: random.Random, task: Any, now: datetime) -> None:
    lot = chance.random()
    unit = world.code(task.lead_unit_id)
    later = datetime.combine(
        (now + timedelta(days=chance.randint(5, 12))).date(), at("2026-01-01 17:30").timetz()
    ).astimezone(SHANGHAI)
    if any(r.state == "open" for r in world.rows(tables.request, task_id=task.id)):
        _rule(world, chance, task, now)
    elif task.state == "pending_ack" and lot < 0.25:
        world.do(
            requests.request_return, f"{unit}_head", now, task=task.number,
            reason="职责不在本单位", basis="三定方案",
        )  # fmt: skip
    elif task.state == "pending_ack":
        world.acknowledge(task.number, now)
    elif task.state == "in_progress" and lot < 0.2:
        world.do(
            requests.request_extension, f"{unit}_head", now, task=task.number, new_due=later,
            reason="管线权属待确认", progress="已完成现场勘查",
        )  # fmt: skip
    elif task.state == "in_progress" and lot < 0.45:
        world.do(supervision.progress, f"{unit}_handler", now, task=task.number, text="正在推进")
    elif task.state == "in_progress":
        world.submit(task.number, now)
    elif task.state == "submitted" and lot < 0.3:
        world.do(
            closure.reject_submission, f"{world.verifier_of(task.number)}_verifier", now,
            task=task.number, opinion="材料不全", requirement=PLAIN, new_due=later,
        )  # fmt: skip
    elif task.state == "submitted":
        world.verify(task.number, now)
    if lot > 0.9:
        _issue_steps(world, now)


def _rule(world: World, chance: random.Random, task: Any, now: datetime) -> None:
    (one,) = [r for r in world.rows(tables.request, task_id=task.id) if r.state == "open"]
    if one.kind == "return":
        to = chance.choice((None, "gdgs", "sthj"))
        world.do(
            requests.rule_return, "chief", now, task=task.number, reassign_to=to, opinion="已研究"
        )
    else:
        who = "chief" if task.extension_count == 0 else "director"
        world.do(
            requests.rule_extension, who, now, task=task.number, opinion="已研究",
            granted=chance.random() < 0.6,
        )  # fmt: skip


def _issue_steps(world: World, now: datetime) -> None:
    for step in world.rows(tables.prepared_action, state="prepared"):
        if step.mode == "one_click":
            world.do(
                supervision.decide_prepared, "chief", now, prepared_id=step.id, issue_it=True,
                reason="请抓紧办理",
            )  # fmt: skip


def _approve(world: World, chance: random.Random, number: str, now: datetime) -> None:
    if chance.random() < 0.25:
        due = now + timedelta(days=6)
        world.do(closure.reject_closure, "chief", now, issue=number, requirement=PLAIN, new_due=due)
    else:
        world.approve(number, now)


def _look_back(world: World, chance: random.Random, number: str, now: datetime) -> None:
    if chance.random() < 0.75:
        return
    back = chance.random() < 0.4
    world.do(
        closure.record_lookback, "inspector", now, issue=number, finding="现场查看", relapse=back
    )
    if back:
        due, later = now + timedelta(days=7), now + timedelta(seconds=5)
        world.do(closure.relapse, "chief", later, issue=number, new_due=due, reason="问题反弹")
