"""Verification by another unit: its opinion, its site check, its refusal."""

from __future__ import annotations

from datetime import datetime

from models import tables
from tests.integration.test_commands_closure import DUE, LATER, NOW, REQUIREMENT, THEN, grant
from tests.world import World, at
from workflow.commands import closure
from workflow.commands.breakdown import Plan
from workflow.commands.closure import Proof
from workflow.errors import GuardFailed, Malformed


def test_the_verifier_is_a_second_person(world: World) -> None:
    grant(world, "jfj_head", "verifier")
    plan = Plan("区级协调", lead="jfj", verifier="spj")
    case = world.acknowledged(NOW, plans=[plan])
    world.do(
        closure.submit_task, "jfj_head", THEN, task=case.task, result="已协调",
        evidence=[Proof("document", "纪要")],
    )  # fmt: skip
    with world.db.write() as s:
        table = tables.task
        s.execute(table.update().values(verifier_unit_id=world.units["jfj"]))
    codes = world.refused(
        GuardFailed, closure.verify_task, "jfj_head", LATER, task=case.task, opinion="",
    )  # fmt: skip
    assert codes == [
        "same_person", "verifier_inside", "opinion_missing", "site_check_missing",
    ]  # fmt: skip


def test_a_category_may_ask_for_a_site_check(world: World) -> None:
    case, paper = world.submitted(NOW), world.submitted(NOW, category="资金")
    given = {"opinion": "属实"}
    codes = world.refused(
        GuardFailed, closure.verify_task, "jfj_verifier", THEN, task=case.task, **given
    )
    assert codes == ["site_check_missing"]
    done = world.do(closure.verify_task, "jfj_verifier", THEN, task=paper.task, **given)
    assert (done.task_state, done.issue_state) == ("verified", "approving")


def test_a_refused_submission_names_requirements_and_a_new_date(world: World) -> None:
    case = world.submitted(NOW, then=THEN)
    codes = world.refused(
        GuardFailed, closure.reject_submission, "jfj_verifier", LATER, task=case.task, opinion="",
        requirement="不够", new_due=at("2026-03-04 09:59"),
    )  # fmt: skip
    assert codes == ["opinion_missing", "requirement_short", "deadline_past"]
    codes = world.refused(
        Malformed, closure.reject_submission, "jfj_verifier", LATER, task=case.task,
        opinion="不符", requirement=REQUIREMENT, new_due=datetime.fromisoformat("2026-03-27"),
    )  # fmt: skip
    assert codes == ["due_naive"]
    world.do(
        closure.reject_submission, "jfj_verifier", LATER, task=case.task, opinion="材料不全",
        requirement=REQUIREMENT, new_due=DUE,
    )  # fmt: skip
    task = world.task(case.task)
    assert (task.state, task.due_at, task.rejection_count, task.submitted_at) == (
        "in_progress", DUE, 1, None,
    )  # fmt: skip
    assert (world.issue(case.issue).state, task.light_reason) == ("in_progress", "returned_once")
    (told,) = world.notices("zjj_handler", kind="closure_rejected")
    assert (told.facts["requirements"], told.facts["new_deadline"]) == (
        REQUIREMENT, "2026-03-27 17:30",
    )  # fmt: skip
