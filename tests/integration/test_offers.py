"""What a person is offered is what really happens: allowed acts succeed, all others do not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from models import tables
from models.db import Database
from tests.integration import test_commands_rights as rights
from tests.integration.test_commands_rights import ACTS, NOW, THEN, Act, Stage
from tests.world import Case, World, at, found_zone
from workflow.commands import assignment, breakdown, closure, discovery, requests, supervision
from workflow.commands.breakdown import Plan
from workflow.context import find_actor
from workflow.errors import NotVisible, WorkflowError
from workflow.offers import Offer, offers

PEOPLE = (
    "triage", "triage2", "chief", "director", "inspector", "commissioner", "principal",
    "zjj_head", "zjj_deputy", "zjj_liaison", "zjj_handler", "jfj_verifier", "jfj_head",
    "lucheng_head", "lucheng_reporter", "gdgs_liaison",
)  # fmt: skip
LATE = "2026-03-26 10:00"
FURTHER = [
    Act("issue.unlist", supervision.set_listed, rights.running, "director", (), rights.closed,
        {"reason": "已解决", "listed": False}),
]  # fmt: skip
PLAIN: tuple[Stage, ...] = (
    rights.draft, rights.reported, rights.triaging, rights.rejection_proposed, rights.planned,
    rights.dispatched, rights.shared, rights.two_tasks, rights.running, rights.submitted,
    rights.shared_and_submitted, rights.verified, rights.closed, rights.parked,
    rights.return_asked, rights.extension_asked, rights.park_asked, rights.adjustment_asked,
    rights.relapse_found,
)  # fmt: skip


# ------------------------------------------------------------------ stages of their own


def refused_return(world: World) -> Case:
    case = rights.return_asked(world)
    world.do(
        requests.rule_return, "chief", NOW, task=case.task, reassign_to=None, opinion="维持交办"
    )
    return case


def listed(world: World) -> Case:
    case = rights.verified(world)
    world.do(
        supervision.set_listed, "director", NOW, issue=case.issue, listed=True, reason="重点督办"
    )
    return case


def waived(world: World) -> Case:
    """Verified without evidence, which the director has waived."""
    case = rights.running(world)
    world.do(closure.waive_evidence, "director", NOW, task=case.task, reason="材料已归档")
    world.do(closure.submit_task, "zjj_head", NOW, task=case.task, result="已完成")
    world.verify(case.task, NOW)
    return case


def task_added(world: World) -> Case:
    case = rights.running(world)
    world.do(breakdown.plan_task, "triage", NOW, issue=case.issue, form=Plan("恢复路面"))
    return case


def two_verified(world: World) -> Case:
    return world.verified(NOW, plans=rights.TWO_TASKS)


def led_by_its_reporter(world: World) -> Case:
    """The board sees a task of its own that is not handed over yet."""
    return world.planned(NOW, plans=(Plan("清理场地", lead="lucheng"),))


OWN: tuple[Stage, ...] = (
    refused_return, listed, waived, task_added, led_by_its_reporter, two_verified,
)  # fmt: skip
STAGES: dict[str, tuple[Stage, str]] = {
    getattr(stage, "__name__", ""): (stage, THEN) for stage in (*PLAIN, *OWN)
}
STAGES |= {"step_prepared": (rights.step_prepared, LATE), "due": (rights.running, LATE)}


# ------------------------------------------------------------------ trying acts


class _UndoneError(Exception):
    """Takes back what was tried."""


def succeeds(world: World, act: Act, username: str, now: str, given: dict[str, Any]) -> bool:
    """Whether a command goes through; nothing of it stays."""
    try:
        with world.db.write() as s:
            act.command(s, actor=find_actor(s, username), now=at(now), **given)
            raise _UndoneError
    except _UndoneError:
        return True
    except WorkflowError:
        return False


def inputs(act: Act, case: Case, other: str, now: str) -> dict[str, Any]:
    """Good input of an act, whatever the moment."""
    subject = "task" if act.tag.startswith("task.") else "issue"
    given = {subject: case.task if subject == "task" else case.issue} | act.given
    if act.command is discovery.merge:
        given["into"] = other
    if now == LATE and "new_due" in given:
        given["new_due"] = at("2026-04-03 17:30")
    if now == LATE and "review_on" in given:
        given["review_on"] = date(2026, 4, 20)
    return given


def names_of(act: Act, case: Case, world: World) -> str:
    """The rule that a command asks for."""
    name = act.tag.partition(".")[2]
    if act.command is assignment.dispatch and world.issue(case.issue).dispatched_at is not None:
        return "dispatch_more"
    return name


def offered(world: World, username: str, number: str, now: str) -> list[Offer]:
    """What somebody is offered."""
    with world.db.read() as s:
        return offers(s, find_actor(s, username), number, at(now))


def expected(found: list[Offer], act: Act, name: str, case: Case) -> list[Offer]:
    """The offers of an act on the case's issue or first task."""
    kind = act.tag.partition(".")[0]
    number = case.task if kind == "task" else case.issue
    return [o for o in found if (o.kind, o.number, o.name) == (kind, number, name)]


def tries(act: Act, given: dict[str, Any], world: World) -> Iterator[tuple[dict[str, Any], Any]]:
    """Ways of doing an act: each kind of request taken back, each step decided."""
    if act.command is requests.withdraw_request:
        for kind in ("return", "extension", "park", "adjust"):
            yield given | {"kind": kind}, ("request_kind", kind)
    elif act.command is supervision.decide_prepared:
        plain = {k: v for k, v in given.items() if k != "task"}
        for step in world.rows(tables.prepared_action):
            yield plain | {"prepared_id": step.id}, ("prepared_id", step.id)
    else:
        yield given, None


def agreement(world: World, case: Case, username: str, other: str, now: str) -> set[str]:
    """Try every act of the definition as one person on one case; returns what succeeded."""
    succeeded: set[str] = set()
    try:
        found = offered(world, username, case.issue, now)
    except NotVisible:
        found = []
    for act in [*ACTS, *FURTHER]:
        if act.tag.startswith("task.") and not case.tasks:
            continue
        mine = expected(found, act, names_of(act, case, world), case)
        for given, which in tries(act, inputs(act, case, other, now), world):
            chosen = [o for o in mine if which is None or getattr(o, which[0]) == which[1]]
            allowed = any(o.allowed and not o.overridable for o in chosen)
            done = succeeds(world, act, username, now, given)
            assert allowed == done, f"{username}: {act.tag} {which}: {chosen}"
            succeeded |= {act.tag} if done else set()
    return succeeded


@pytest.fixture
def small(sqlite_db_url: str) -> Iterator[World]:
    """A zone in one kind of database, for what tries very much."""
    opened = Database(sqlite_db_url)
    with opened.write() as s:
        world = found_zone(s)
    yield world
    opened.close()


@pytest.mark.parametrize("name", sorted(STAGES))
def test_what_is_offered_is_what_succeeds_and_nothing_else_does(small: World, name: str) -> None:
    stage, now = STAGES[name]
    other = small.reported(NOW, title="先报的问题")
    case = stage(small)
    succeeded = [agreement(small, case, username, other, now) for username in PEOPLE]
    done = set().union(*succeeded)
    usual = {act.tag for act in ACTS if act.stage is stage and act.now == now}
    assert done >= usual
    assert done, "nobody can do anything"
