"""What a person is offered is what really happens: allowed acts succeed, all others do not."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from sqlalchemy import event

from config.i18n import language
from models import tables
from models.db import Database, Session
from tests.integration import test_commands_rights as rights
from tests.integration.test_commands_rights import ACTS, NOW, THEN, Act, Stage
from tests.world import Case, World, at, found_zone
from workflow.commands import assignment, breakdown, closure, discovery, requests, supervision
from workflow.commands.breakdown import Plan
from workflow.context import find_actor
from workflow.errors import NotVisible, WorkflowError
from workflow.guards import REGISTRY
from workflow.offers import NEEDS_INPUT, Offer, may_report, offers, why_not_report

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


# ------------------------------------------------------------------ single rules


def one(world: World, username: str, number: str, name: str, now: str = THEN) -> Offer:
    """The only offer of that name."""
    (found,) = [o for o in offered(world, username, number, now) if o.name == name]
    return found


def test_a_forbidding_state_says_what_is_possible_instead(world: World) -> None:
    case = rights.submitted(world)
    with language("en"):
        found = one(world, "zjj_head", case.task, "submit")
    assert [reason.code for reason in found.reasons] == ["illegal_transition"]
    assert not found.allowed
    assert "Submitted" in found.reasons[0].message


def test_an_offer_names_the_version_that_the_command_wants(world: World) -> None:
    case = rights.running(world)
    issue, task = world.issue(case.issue), world.task(case.task)
    assert one(world, "director", case.issue, "list").version == issue.version
    found = one(world, "zjj_liaison", case.issue, "progress")
    assert (found.kind, found.number, found.version) == ("task", case.task, task.version)
    world.do(
        supervision.progress, "zjj_liaison", THEN, task=case.task, text="已进场",
        expected_version=found.version,
    )  # fmt: skip


def test_a_ruling_names_its_request_and_whose_rank_it_takes(world: World) -> None:
    case = rights.extension_asked(world)
    (request,) = world.rows(tables.request)
    found = one(world, "chief", case.issue, "rule_extension")
    assert (found.allowed, found.request_id, found.request_kind) == (True, request.id, "extension")
    found = one(world, "director", case.issue, "rule_extension")
    assert [reason.code for reason in found.reasons] == ["extension_rank"]


def test_a_ruling_without_a_request_says_that_there_is_none(world: World) -> None:
    case = rights.running(world)
    found = one(world, "chief", case.issue, "rule_return")
    assert found.request_id is None
    assert [reason.code for reason in found.reasons] == ["no_request"]


def test_every_step_that_waits_is_an_offer_of_its_own(world: World) -> None:
    case = rights.step_prepared(world)
    waiting = [p.id for p in world.rows(tables.prepared_action, state="prepared")]
    found = [o for o in offered(world, "chief", case.issue, LATE) if o.name == "decide_prepared"]
    assert [o.prepared_id for o in found] == waiting != []


def test_what_the_director_may_waive_is_allowed_with_a_reason(world: World) -> None:
    case = waived(world)  # the director has waived its evidence: not a third person
    found = one(world, "director", case.issue, "approve")
    assert found.allowed
    assert [reason.code for reason in found.overridable] == ["same_person"]
    with pytest.raises(WorkflowError):
        world.do(closure.approve, "director", THEN, issue=case.issue, opinion="同意")
    world.do(
        closure.approve, "director", THEN, issue=case.issue, opinion="同意", override="无第三人"
    )


def test_who_sees_an_issue_without_a_right_is_offered_nothing(world: World) -> None:
    case = rights.running(world)
    assert offered(world, "principal", case.issue, THEN) == []
    assert offered(world, "zjj_handler", case.issue, THEN) == []


def test_outsiders_are_not_told_that_there_is_anything_to_do(world: World) -> None:
    case = rights.running(world)
    for username in ("henglin_head", "auditor", "sysadmin"):
        for number in (case.issue, case.task, "WT-2026-999999"):
            with pytest.raises(NotVisible):
                offered(world, username, number, THEN)


def test_only_those_who_may_report_are_told_so(world: World) -> None:
    with world.db.read() as s, language("en"):
        for username in ("zjj_reporter", "zjj_head", "triage", "inspector"):
            assert may_report(s, find_actor(s, username))
        for username in ("chief", "principal", "jfj_verifier", "auditor"):
            actor = find_actor(s, username)
            assert not may_report(s, actor)
            (reason,) = why_not_report(s, actor)
            assert reason.code == "not_allowed"
            assert actor.name in reason.message


# ------------------------------------------------------------------ guards and statements


def test_every_guard_asks_for_input_or_can_do_without() -> None:
    assert set(REGISTRY) >= NEEDS_INPUT
    for name, check in REGISTRY.items():
        source = inspect.getsource(check)
        asks = any(word in source for word in ("facts.text(", "required(", "facts.target"))
        named = [part.split('"')[1] for part in source.split("facts.args")[1:]]
        # the kind of request is the act's own; nobody fills in `replaced`
        asks = asks or bool(set(named) - {"kind", "replaced"})
        asks = asks or name == "evidence_enough"  # a submission may bring its evidence along
        assert asks == (name in NEEDS_INPUT), name


@contextmanager
def counted(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Every statement sent meanwhile, by Core or straight to the driver."""
    sent: list[str] = []

    def core(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    for name in ("query", "send"):
        plain = getattr(Session, name)

        def raw(self: Session, sql: str, values: Any, plain: Any = plain) -> Any:
            sent.append(sql)
            return plain(self, sql, values)

        monkeypatch.setattr(Session, name, raw)
    event.listen(world.db.engine, "before_cursor_execute", core)
    yield sent
    event.remove(world.db.engine, "before_cursor_execute", core)
    monkeypatch.undo()


def test_statements_do_not_grow_with_tasks_and_neither_lock_nor_write(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = []
    for n in (1, 12):
        plans = [Plan(f"措施{i}", co_units=("gdgs",)) for i in range(n)]
        case = world.acknowledged(NOW, plans=plans)
        for task in case.tasks:
            world.do(
                requests.request_adjustment, "zjj_head", NOW, task=task, reason="方案变更",
                changes={"measures": "改为入地"},
            )  # fmt: skip
        offered(world, "chief", case.issue, THEN)  # what is cached is read once
        with counted(world, monkeypatch) as sent:
            offered(world, "chief", case.issue, THEN)
        numbers.append(len(sent))
        assert all(text.lstrip().upper().startswith("SELECT") for text in sent)
        assert not any("FOR UPDATE" in text.upper() for text in sent)
    assert numbers[0] == numbers[1] <= 8
