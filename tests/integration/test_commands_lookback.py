"""Look-backs after a closure, and problems that are back."""

from __future__ import annotations

from models import tables
from tests.integration.test_commands_closure import DUE, LATER, NOW, THEN, grant, major
from tests.world import World, at
from workflow.commands import closure, supervision
from workflow.commands.closure import drawn
from workflow.errors import GuardFailed, IllegalTransition
from workflow.sweep import tick


def test_weighty_closures_are_always_looked_back_at(world: World) -> None:
    case = major(world)
    world.approve(case.issue, NOW, by="director")
    rows = world.rows(tables.lookback)
    assert [(r.day, r.basis, r.state) for r in rows] == [
        (30, "major", "planned"), (90, "major", "planned"),
    ]  # fmt: skip
    # 30 and 90 calendar days on, rolled to a working day
    assert [r.due_at for r in rows] == [at("2026-04-01 09:00"), at("2026-06-01 09:00")]


def test_the_rest_is_drawn_by_a_recorded_seed_that_anybody_can_check(world: World) -> None:
    share, expected, drawn_ids = 0.2, set(), set()
    for n in range(12):
        case = world.closed(NOW, title=f"问题{n}")
        issue = world.issue(case.issue)
        seed = world.events(case.issue, "issue.approve")[0].hash
        if drawn(seed) < share:
            expected.add(issue.id)
        rows = world.rows(tables.lookback, issue_id=issue.id)
        drawn_ids |= {r.issue_id for r in rows}
        assert all((r.basis, r.seed) == ("sample", seed) for r in rows)
    assert drawn_ids == expected


def test_the_lot_falls_on_about_the_share() -> None:
    sampled = sum(drawn(f"{n:064x}") < 0.2 for n in range(2000))
    assert 340 < sampled < 460


def test_a_look_back_that_finds_nothing_is_done(world: World) -> None:
    case = major(world)
    world.approve(case.issue, NOW, by="director")
    tick(world.db, at("2026-04-01 09:00"))
    assert [n.facts["todo"] for n in world.notices("inspector", kind="todo")] == ["lookback"]
    given = {"issue": case.issue, "relapse": False}
    codes = world.refused(
        GuardFailed, closure.record_lookback, "inspector", "2026-04-01 10:00", **given, finding=""
    )
    assert codes == ["finding_missing"]
    world.do(closure.record_lookback, "inspector", "2026-04-01 10:00", **given, finding="稳定")
    first, second = world.rows(tables.lookback)
    assert (first.state, first.finding, first.inspector_id) == (
        "ok", "稳定", world.people["inspector"],
    )  # fmt: skip
    assert second.state == "planned"
    assert world.issue(case.issue).state == "closed"


def test_a_relapse_is_found_by_one_and_confirmed_by_another(world: World) -> None:
    grant(world, "chief", "inspector")
    case = world.closed(NOW)
    given = {"issue": case.issue, "reason": "杆线又被架回", "new_due": DUE}
    codes = world.refused(GuardFailed, closure.relapse, "chief", THEN, **given)
    assert codes == ["no_relapse"]
    found = {"issue": case.issue, "finding": "杆线又被架回", "relapse": True}
    world.do(closure.record_lookback, "chief", THEN, **found)
    codes = world.refused(GuardFailed, closure.relapse, "chief", THEN, **given)
    assert codes == ["same_person"]
    world.do(closure.record_lookback, "inspector", THEN, **found)
    codes = world.refused(
        GuardFailed, closure.relapse, "chief", THEN, **(given | {"new_due": at(NOW)})
    )
    assert codes == ["deadline_past"]
    world.do(closure.relapse, "chief", THEN, **given)
    issue, task = world.issue(case.issue), world.task(case.task)
    assert (issue.state, issue.relapse_count, issue.cycle, issue.closed_at) == (
        "in_progress", 1, 2, None,
    )  # fmt: skip
    assert (issue.light, task.state, task.due_at, task.level) == ("red", "in_progress", DUE, 0)
    assert task.rejection_count == 0
    (told,) = world.notices("zjj_head", kind="relapse")
    assert (told.facts["reason"], told.urgent) == ("杆线又被架回", True)


def test_a_second_round_needs_evidence_of_its_own_and_is_looked_back_at(world: World) -> None:
    case = world.closed(NOW)
    world.do(
        closure.record_lookback, "inspector", THEN, issue=case.issue, finding="复发", relapse=True
    )
    world.do(closure.relapse, "chief", THEN, issue=case.issue, reason="复发", new_due=DUE)
    codes = world.refused(
        GuardFailed, closure.submit_task, "zjj_head", LATER, task=case.task, result="再次完成"
    )
    assert codes == ["evidence_missing"]
    world.submit(case.task, LATER)
    world.verify(case.task, LATER)
    world.approve(case.issue, LATER)
    rows = world.rows(tables.lookback, issue_id=world.issue(case.issue).id, cycle=2)
    assert [(r.day, r.basis) for r in rows] == [(30, "relapsed"), (90, "relapsed")]


def test_a_closed_issue_takes_no_further_acts(world: World) -> None:
    case = world.closed(NOW)
    world.refused(
        IllegalTransition, closure.approve, "chief", THEN, issue=case.issue, opinion="同意"
    )
    world.refused(
        IllegalTransition, supervision.progress, "zjj_head", THEN, task=case.task, text="补报"
    )
