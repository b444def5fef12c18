"""Running issues move to a new workflow definition: each judged, then moved as one batch."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from config.workflow_definition import shipped_workflow
from models import tables
from tests.world import World, at
from workflow.audit import verify
from workflow.commands import discovery, parking, requests
from workflow.errors import IllegalTransition, Malformed, NotAllowed
from workflow.migration import MigrationResult, Verdict, apply_migration, plan_migration
from workflow.setup import activate, store
from workflow.sweep import tick

NOW = "2026-03-02 10:00"
LATER = "2026-03-04 10:00"


def second_version(world: World, change: Callable[[str], str] = lambda text: text) -> int:
    """Put a changed definition in force; returns its version."""
    text = change(shipped_workflow()) + "\n# second edition\n"
    with world.db.write() as s:
        version = store(s, tables.workflow_version, text, at(NOW))
        activate(s, workflow_id=version)
    return version


def renamed(old: str, new: str) -> Callable[[str], str]:
    """The definition with an issue's state under another name."""
    return lambda text: text.replace(f'"{old}"', f'"{new}"').replace(f"\n{old} ", f"\n{new} ")


def without_act(name: str) -> Callable[[str], str]:
    """The definition without one of the task's acts."""

    def cut(text: str) -> str:
        start = text.index(f'[[task.acts]]\nname = "{name}"')
        end = text.find("[[task.acts]]", start + 1)
        return text[:start] + text[end:]

    return cut


def plan(world: World, **options: Any) -> dict[str, Verdict]:
    """The verdicts by issue."""
    with world.db.read() as s:
        return {v.issue_number: v for v in plan_migration(s, **options)}


def migrate(world: World, by: str = "sysadmin", **options: Any) -> MigrationResult:
    """Apply the migration."""
    result: MigrationResult = world.do(apply_migration, by, LATER, **options)
    return result


def test_a_running_issue_keeps_its_version_until_it_is_moved(world: World) -> None:
    case = world.acknowledged(NOW)
    first = world.issue(case.issue).workflow_version_id
    second = second_version(world)
    before = world.dump()
    verdict = plan(world)[case.issue]
    assert world.dump() == before
    assert (verdict.verdict, verdict.from_version, verdict.to_version) == ("lands", first, second)
    assert (verdict.states, verdict.reasons) == ({}, [])
    world.submit(case.task, LATER)
    assert world.issue(case.issue).workflow_version_id == first


def test_what_lands_is_moved_as_one_batch_with_events(world: World) -> None:
    cases = [world.acknowledged(NOW), world.dispatched(NOW), world.planned(NOW)]
    reported = world.reported(NOW)
    old = world.task(cases[0].task)
    second = second_version(world)
    result = migrate(world)
    assert {v.issue_number for v in result.moved} == {reported, *(c.issue for c in cases)}
    for case in cases:
        assert world.issue(case.issue).workflow_version_id == second
        assert world.task(case.task).workflow_version_id == second
        (event,) = world.events(case.issue, "issue.migrated")
        assert (event.data["batch"], event.data["to_version"]) == (result.batch, second)
        assert event.actor_id == world.people["sysadmin"]
    new = world.task(cases[0].task)
    assert (new.policy_version_id, new.deadline_version, new.due_at, new.state_since) == (
        old.policy_version_id, old.deadline_version, old.due_at, old.state_since,
    )  # fmt: skip
    (system,) = world.rows(tables.event, stream="system")
    assert (system.tag, system.data["moved"]) == ("workflow.migrated", 4)
    with world.db.read() as s:
        assert verify(s).ok


def test_a_moved_issue_goes_on_to_its_closure(world: World) -> None:
    case = world.acknowledged(NOW)
    second_version(world)
    migrate(world)
    world.submit(case.task, LATER)
    world.verify(case.task, LATER)
    world.approve(case.issue, LATER)
    assert world.issue(case.issue).state == "closed"
    with world.db.read() as s:
        assert verify(s).ok


def test_a_second_migration_finds_nothing(world: World) -> None:
    world.acknowledged(NOW)
    second_version(world)
    migrate(world)
    before = world.dump()
    result = migrate(world)
    assert (result.moved, result.left, plan(world)) == ([], [], {})
    assert world.dump() == before


def test_finished_issues_are_left_in_peace(world: World) -> None:
    closed = world.closed(NOW)
    rejected = world.reported(NOW)
    world.do(discovery.propose_rejection, "triage", NOW, issue=rejected, reason="不属受理范围")
    world.do(discovery.reject, "chief", NOW, issue=rejected, reason="同意不予受理")
    second_version(world)
    assert plan(world) == {}
    assert world.issue(closed.issue).state == "closed"


def test_a_missing_state_needs_a_mapping_and_is_named(world: World) -> None:
    parked = world.acknowledged(NOW)
    world.do(
        parking.park, "chief", NOW, issue=parked.issue, reason="待批", review_on=date(2026, 4, 1)
    )
    running = world.acknowledged(NOW)
    second_version(world, renamed("parked", "on_hold"))
    verdicts = plan(world)
    assert verdicts[running.issue].verdict == "lands"
    assert verdicts[parked.issue].verdict == "needs_mapping"
    assert "parked" in verdicts[parked.issue].reasons[0]
    result = migrate(world)
    assert [v.issue_number for v in result.moved] == [running.issue]
    assert [v.issue_number for v in result.left] == [parked.issue]
    assert world.events(parked.issue, "issue.migrated") == []


def test_a_mapping_lets_it_land_under_the_new_name(world: World) -> None:
    case = world.triaged(NOW)
    second_version(world, renamed("triaging", "breaking_down"))
    mapping = {"issue": {"triaging": "breaking_down"}}
    verdict = plan(world, mapping=mapping)[case]
    assert (verdict.verdict, verdict.states) == ("lands", {"issue": ("triaging", "breaking_down")})
    migrate(world, mapping=mapping)
    assert world.issue(case).state == "breaking_down"
    (event,) = world.events(case, "issue.migrated")
    assert (event.data["from"], event.data["to"]) == ("triaging", "breaking_down")
    with world.db.read() as s:
        assert verify(s).ok


def test_a_task_s_state_can_be_mapped_too(world: World) -> None:
    case = world.submitted(NOW)

    def rename(text: str) -> str:
        issue, task = text.split("\n[task]\n")
        acts = task.split("# ====", 1)
        task = acts[0].replace('"submitted"', '"handed_in"').replace("\nsubmitted ", "\nhanded_in ")
        rest = acts[1].replace('"submitted"', '"handed_in"')
        return f"{issue}\n[task]\n{task}# ===={rest}"

    second_version(world, rename)
    assert plan(world)[case.issue].verdict == "needs_mapping"
    migrate(world, mapping={"task": {"submitted": "handed_in"}})
    assert world.task(case.task).state == "handed_in"
    (event,) = world.events(case.issue, "task.migrated")
    assert (event.data["from"], event.data["to"]) == ("submitted", "handed_in")
    with world.db.read() as s:
        assert verify(s).ok


@pytest.mark.parametrize("target", ["nowhere", "rejected", "merged"])
def test_a_mapping_to_an_unknown_or_final_state_is_refused(world: World, target: str) -> None:
    case = world.triaged(NOW)
    second_version(world, renamed("triaging", "breaking_down"))
    mapping = {"issue": {"triaging": target}}
    verdict = plan(world, mapping=mapping)[case]
    assert verdict.verdict == "refused"
    assert target in verdict.reasons[0]
    assert [v.issue_number for v in migrate(world, mapping=mapping).left] == [case]
    assert world.issue(case).state == "triaging"


def test_a_state_that_has_become_a_dead_end_needs_a_mapping(world: World) -> None:
    issue = world.reported(NOW)
    second_version(
        world,
        lambda text: text.replace('source = ["reported"]', 'source = ["triaging"]').replace(
            'source = ["reported", "triaging"]', 'source = ["triaging"]'
        ),
    )
    assert plan(world)[issue].verdict == "needs_mapping"


def test_an_open_request_that_nobody_could_rule_on_is_refused(world: World) -> None:
    case, other = world.acknowledged(NOW), world.acknowledged(NOW)
    world.do(
        requests.request_extension, "zjj_head", NOW, task=case.task, reason="管线未迁",
        progress="已完成六成", new_due=at("2026-03-27 17:30"),
    )  # fmt: skip
    second_version(world, without_act("rule_extension"))
    verdicts = plan(world)
    assert (verdicts[case.issue].verdict, verdicts[other.issue].verdict) == ("refused", "lands")
    assert case.task in verdicts[case.issue].reasons[0]


def test_a_rung_that_has_fired_does_not_fire_again(world: World) -> None:
    case = world.acknowledged(NOW)
    for day in ("2026-03-19", "2026-03-20", "2026-03-24"):
        tick(world.db, at(f"{day} 09:00"))
    fired = world.rows(tables.rung_firing)
    assert [f.rung for f in fired if f.level] == ["remind-3", "remind-1", "urge"]
    next_rung = world.task(case.task).next_rung_at
    second_version(world)
    world.do(apply_migration, "chief", "2026-03-24 11:00")
    assert world.task(case.task).next_rung_at == next_rung
    tick(world.db, at("2026-03-24 12:00"))
    assert world.rows(tables.rung_firing) == fired
    tick(world.db, at("2026-03-26 09:00"))
    assert [f.rung for f in world.rows(tables.rung_firing)][len(fired) :] == ["supervise"]


def test_what_was_due_and_not_yet_fired_is_not_lost(world: World) -> None:
    case = world.acknowledged(NOW)
    second_version(world)
    world.do(apply_migration, "chief", "2026-03-24 11:00")
    outcomes = {f.rung: f.outcome for f in world.rows(tables.rung_firing) if f.level}
    assert outcomes == {"remind-3": "superseded", "remind-1": "superseded", "urge": "fired"}
    assert world.task(case.task).level == 2


def test_the_new_definition_rules_from_then_on(world: World) -> None:
    case = world.acknowledged(NOW)
    second_version(world, without_act("request_park"))
    migrate(world)
    with pytest.raises(IllegalTransition):
        world.do(
            requests.request_park, "zjj_head", LATER, task=case.task, reason="待批",
            review_on=date(2026, 4, 1),
        )  # fmt: skip


@pytest.mark.parametrize("username", ["triage", "director", "auditor", "secadmin", "zjj_head"])
def test_only_the_system_administrator_and_the_chief_migrate(world: World, username: str) -> None:
    world.acknowledged(NOW)
    second_version(world)
    before = world.dump()
    with pytest.raises(NotAllowed):
        migrate(world, by=username)
    assert world.dump() == before


@pytest.mark.parametrize("options", [{"mapping": {"project": {}}}, {"to_version": 99}])
def test_a_wrong_mapping_or_version_is_malformed(world: World, options: dict[str, Any]) -> None:
    world.acknowledged(NOW)
    before = world.dump()
    with pytest.raises(Malformed):
        migrate(world, **options)
    assert world.dump() == before
