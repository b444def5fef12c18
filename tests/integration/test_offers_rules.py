"""Single rules of what is offered, and what asking costs."""

from __future__ import annotations

import inspect

import pytest

from config.i18n import language
from models import tables
from tests.integration import test_commands_rights as rights
from tests.integration.test_commands_rights import NOW, THEN
from tests.integration.test_offers import LATE, offered, waived
from tests.statements import asked_of
from tests.world import World
from workflow.commands import closure, requests, supervision
from workflow.commands.breakdown import Plan
from workflow.context import find_actor
from workflow.errors import NotVisible, WorkflowError
from workflow.guards import REGISTRY
from workflow.offers import NEEDS_INPUT, Offer, may_report, why_not_report

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


def test_statements_do_not_grow_with_tasks_and_neither_lock_nor_write(world: World) -> None:
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
        with asked_of(world.db) as sent:
            offered(world, "chief", case.issue, THEN)
        numbers.append(len(sent))
        assert all(text.lstrip().upper().startswith("SELECT") for text in sent)
        assert not any("FOR UPDATE" in text.upper() for text in sent)
    assert numbers[0] == numbers[1] <= 8
