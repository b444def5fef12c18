"""Rows that have changed since they were imported."""

from __future__ import annotations

from pathlib import Path

import pytest

from models import tables
from tests.integration.test_ledger_import import (
    DISPATCH,
    GOOD,
    LATER,
    OFFICE,
    PROJECTS,
    READY,
    counts,
    faults,
    ledger,
    take,
)
from tests.world import World, at
from workflow.commands import assignment
from workflow.commands.breakdown import Plan, plan_task


@pytest.fixture
def world(world: World) -> World:
    """The zone with the projects that ledgers name."""
    return world.with_projects(*PROJECTS)


def test_a_changed_row_is_shown_and_left_alone(world: World, tmp_path: Path) -> None:
    take(world, ledger(tmp_path, GOOD, GOOD))
    before = world.dump()
    report = take(world, ledger(tmp_path, GOOD | {"描述": "已变"}, GOOD), now=LATER)
    assert counts(report) == (0, 1, 1, 0)
    (difference,) = report.differences
    assert (difference.row, difference.source_id, difference.field) == (2, "A-1", "description")
    assert (difference.old, difference.new) == ("杆线未迁移", "已变")
    assert difference.issue_number == world.row(tables.issue, source_id="A-1").number
    assert world.dump() == before


def test_a_report_is_corrected_with_its_old_text_in_history(world: World, tmp_path: Path) -> None:
    take(world, ledger(tmp_path, GOOD))
    changed = ledger(tmp_path, GOOD | {"描述": "已变", "类别": "用地"})
    assert counts(take(world, changed, update=True, now=LATER)) == (0, 0, 0, 1)
    (issue,) = world.rows(tables.issue)
    assert (issue.description, issue.category) == ("已变", "用地")
    (edit,) = world.events(issue.number, "issue.edit")
    assert edit.data["old"] == {"description": "杆线未迁移", "category": "杆线迁移"}
    assert counts(take(world, changed, update=True, now=LATER)) == (0, 1, 0, 0)


def test_a_planned_task_is_planned_anew(world: World, tmp_path: Path) -> None:
    take(world, ledger(tmp_path, READY), "plan = true")
    changed = ledger(tmp_path, READY | {"措施": "改走地下", "天": "5"})
    assert counts(take(world, changed, "plan = true", update=True, now=LATER)) == (0, 0, 0, 1)
    old, new = world.rows(tables.task)
    assert (old.state, new.state, new.measures, new.limit_n) == (
        "withdrawn",
        "pending_ack",
        "改走地下",
        5,
    )
    world.do(assignment.dispatch, "chief", LATER, issue=world.row(tables.issue).number)
    assert world.task(new.number).dispatched_at == LATER


def test_after_the_dispatch_the_four_fields_change_by_request_and_ruling(
    world: World, tmp_path: Path
) -> None:
    take(world, ledger(tmp_path, READY), DISPATCH)
    changed = ledger(
        tmp_path,
        READY
        | {
            "描述": "范围扩大",
            "措施": "改走地下",
            "完成": "2026-04-10",
        },
    )
    assert take(world, changed, DISPATCH, update=True, now=LATER).updated == 0  # not the chief's
    ruled = OFFICE | {"dispatch": "director"}
    report = take(world, changed, DISPATCH, update=True, now=LATER, actors=ruled)
    assert counts(report) == (0, 0, 0, 1)
    (task,) = world.rows(tables.task)
    assert (task.problem, task.measures, task.due_at, task.deadline_version) == (
        "范围扩大",
        "改走地下",
        at("2026-04-10 17:30"),
        2,
    )
    (request,) = world.rows(tables.request)
    assert (request.asked_by_id, request.ruled_by_id, request.state) == (
        world.people["triage"],
        world.people["director"],
        "granted",
    )


def test_another_lead_unit_gets_a_task_of_its_own(world: World, tmp_path: Path) -> None:
    take(world, ledger(tmp_path, READY), DISPATCH)
    changed = ledger(tmp_path, READY | {"牵头": "潞城街道"})
    take(world, changed, DISPATCH, update=True, now=LATER)
    old, new = world.rows(tables.task)
    assert (old.state, new.predecessor_id, world.lead_of(new.number)) == (
        "withdrawn",
        old.id,
        "lucheng",
    )


def test_nobody_asks_and_rules_alone(world: World, tmp_path: Path) -> None:
    take(world, ledger(tmp_path, READY), DISPATCH)
    before = world.dump()
    changed = ledger(tmp_path, READY | {"措施": "改走地下"})
    for alone in ("triage", "chief"):
        report = take(world, changed, DISPATCH, update=True, now=LATER, actors={"report": alone})
        assert faults(report) == [(2, "")]
        assert world.dump() == before


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"类别": "用地"}, "类别"),
        ({"配合": "供电公司"}, "配合"),
        ({"天": "9"}, "天"),
        ({"措施": ""}, "措施"),
        ({"完成": "2026-03-03"}, "完成"),
        ({"牵头": "气象局"}, "牵头"),
    ],
)
def test_what_cannot_change_after_the_dispatch_is_refused(
    world: World, tmp_path: Path, change: dict[str, str], column: str
) -> None:
    take(world, ledger(tmp_path, READY), DISPATCH)
    before = world.dump()
    report = take(world, ledger(tmp_path, READY | change), DISPATCH, update=True, now=LATER)
    assert faults(report) == [(2, column)]
    assert report.refused[0].remedy
    assert world.dump() == before


def test_fields_that_no_correction_reaches_are_refused(world: World, tmp_path: Path) -> None:
    take(world, ledger(tmp_path, GOOD))
    report = take(world, ledger(tmp_path, GOOD | {"板块": "丁堰街道"}), update=True)
    assert faults(report) == [(2, "板块")]


def test_a_closed_issue_stays_as_it_was_struck_off(world: World, tmp_path: Path) -> None:
    take(world, ledger(tmp_path, READY), DISPATCH)
    (task,) = world.rows(tables.task)
    for step in (world.acknowledge, world.submit, world.verify):
        step(task.number, LATER)
    world.approve(world.row(tables.issue).number, LATER)
    before = world.dump()
    changed = ledger(tmp_path, READY | {"描述": "已变"})
    report = take(world, changed, DISPATCH, update=True, now=LATER)
    assert faults(report) == [(2, "描述")]
    assert world.row(tables.issue).number in report.refused[0].message
    assert world.dump() == before


def test_an_issue_of_several_tasks_is_left_to_people(world: World, tmp_path: Path) -> None:
    take(world, ledger(tmp_path, READY), DISPATCH)
    number = world.row(tables.issue).number
    world.do(plan_task, "triage", LATER, issue=number, form=Plan("另一项"))
    changed = ledger(tmp_path, READY | {"措施": "改走地下"})
    assert faults(take(world, changed, DISPATCH, update=True, now=LATER)) == [(2, "")]


def test_a_bad_change_is_refused_even_when_changes_are_only_shown(
    world: World, tmp_path: Path
) -> None:
    take(world, ledger(tmp_path, GOOD))
    report = take(world, ledger(tmp_path, GOOD | {"类别": "天气"}), now=LATER)
    assert (faults(report), counts(report)) == ([(2, "类别")], (0, 0, 0, 0))
    assert len(report.differences) == 1
