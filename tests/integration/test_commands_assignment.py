"""交办督办: dispatch, receipt, progress, supporting units, urging, listing, coordination."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update

from models import tables
from models.queries.people import bump_organisation
from tests.world import Case, World, at
from workflow.case import load_case
from workflow.commands import assignment, breakdown, requests, supervision
from workflow.commands.breakdown import Plan
from workflow.context import context
from workflow.errors import GuardFailed, IllegalTransition, Malformed, NotAllowed, NotVisible
from workflow.sweep import tick
from workflow.transition import Work

NOW = "2026-03-02 10:00"
THEN = "2026-03-03 10:00"


def spells(world: World, case: Case, now: str) -> list[dict[str, Any]]:
    """The clock of an issue split by unit."""
    with world.db.write() as s:  # what it loads it locks
        issue, tasks = load_case(s, issue=case.issue)
        w = Work(s, context(s), at(now), None, issue, tasks)
        return assignment.unit_spells(w)


def test_the_dispatch_starts_the_clock_and_explains_the_deadline(world: World) -> None:
    case = world.dispatched(NOW, plans=[Plan("迁移杆线", co_units=("gdgs",))])
    task, issue = world.task(case.task), world.issue(case.issue)
    assert (issue.state, issue.dispatched_at) == ("dispatched", at(NOW))
    assert (task.due_at, task.provisional, task.deadline_version) == (
        at("2026-03-23 17:30"), False, 1,
    )  # fmt: skip
    version = world.row(tables.deadline_version, task_id=task.id)
    assert (version.cause, version.derivation["day_zero"]) == ("dispatch", "2026-03-02")
    assert version.derivation["working_days"] == 15
    to = {n.recipient_id: n.facts["role"] for n in world.notices(kind="dispatch")}
    assert to == {
        world.people["zjj_liaison"]: "to", world.people["zjj_head"]: "to",
        world.people["gdgs_liaison"]: "copy",
    }  # fmt: skip
    (event,) = world.events(case.issue, "task.dispatched")
    assert (event.data["measures"], event.data["lead_unit"]) == (
        "协调产权单位迁移杆线",
        "建设局",
    ) or (event.data["measures"] == "迁移杆线")


def test_nothing_is_handed_over_without_its_four_fields(world: World) -> None:
    past, open_end = Plan("限期", due=at("2026-02-27 17:30")), Plan("", limit="fixed")
    inside = Plan("自查", verifier="zjj")
    case = world.planned(NOW, plans=[past, open_end, inside])
    with world.db.write() as s:
        unit = tables.unit
        s.execute(update(unit).where(unit.c.code == "zjj").values(active=False))
        bump_organisation(s)
    codes = world.refused(GuardFailed, assignment.dispatch, "chief", NOW, issue=case.issue)
    assert sorted(codes) == sorted(
        ["lead_unit_missing"] * 3
        + ["measures_missing", "deadline_missing", "deadline_past", "verifier_inside"]
    )


def test_an_open_ended_task_is_refused(world: World) -> None:
    case = world.planned(NOW, plans=[Plan("长期", limit="open_ended")])
    codes = world.refused(GuardFailed, assignment.dispatch, "chief", NOW, issue=case.issue)
    assert codes == ["deadline_missing"]


def test_an_issue_without_tasks_is_not_dispatched(world: World) -> None:
    issue = world.triaged(NOW)
    codes = world.refused(GuardFailed, assignment.dispatch, "chief", NOW, issue=issue)
    assert codes == ["no_tasks"]


def test_tasks_planned_later_are_handed_over_later(world: World) -> None:
    case = world.acknowledged(NOW)
    codes = world.refused(GuardFailed, assignment.dispatch, "chief", THEN, issue=case.issue)
    assert codes == ["no_tasks"]
    more = world.do(
        breakdown.plan_task, "triage", THEN, issue=case.issue, form=Plan("恢复路面")
    ).task_number
    world.refused(NotAllowed, assignment.dispatch, "triage", THEN, issue=case.issue)
    world.do(assignment.dispatch, "chief", THEN, issue=case.issue)
    assert world.task(more).dispatched_at == at(THEN)
    assert world.task(case.task).dispatched_at == at(NOW)
    assert len(world.events(case.issue, "issue.dispatch_more")) == 1


def test_the_receipt_names_a_leader_and_a_handler_of_the_unit(world: World) -> None:
    case = world.dispatched(NOW)
    given = {"task": case.task, "responsible_leader": "zgj_head", "responsible_person": "nobody"}
    codes = world.refused(GuardFailed, assignment.acknowledge, "zjj_liaison", THEN, **given)
    assert codes == ["responsible_leader_missing", "responsible_person_missing"]
    world.acknowledge(case.task, THEN)
    task = world.task(case.task)
    assert (task.state, task.acknowledged_at, task.due_at) == (
        "in_progress", at(THEN), at("2026-03-23 17:30"),
    )  # fmt: skip
    assert task.responsible_leader_id == world.people["zjj_deputy"]
    assert task.responsible_person_id == world.people["zjj_handler"]
    assert world.issue(case.issue).state == "in_progress"


def test_a_planned_task_is_not_received(world: World) -> None:
    case = world.planned(NOW)
    given = {"responsible_leader": "zjj_deputy", "responsible_person": "zjj_handler"}
    world.refused(NotVisible, assignment.acknowledge, "zjj_liaison", NOW, task=case.task, **given)


def test_progress_starts_the_reporting_period_anew(world: World) -> None:
    case = world.acknowledged(NOW)
    codes = world.refused(
        GuardFailed, supervision.progress, "zjj_liaison", THEN, task=case.task, text=" "
    )
    assert codes == ["text_missing"]
    world.refused(
        Malformed, supervision.progress, "zjj_liaison", THEN, task=case.task, text="坏\x00字"
    )
    tick(world.db, at("2026-03-10 09:00"))
    assert (world.task(case.task).light, world.task(case.task).light_reason) == (
        "yellow", "report_missed",
    )  # fmt: skip
    world.do(supervision.progress, "zjj_head", "2026-03-10 10:00", task=case.task, text="已进场")
    assert world.task(case.task).light == "green"


def test_supporting_units_answer_the_lead_or_are_waived(world: World) -> None:
    case = world.acknowledged(NOW, plans=[Plan("迁移杆线", co_units=("gdgs", "zgj"))])
    world.do(supervision.co_input, "gdgs_liaison", THEN, task=case.task, text="已停电")
    rows = {world.code(c.unit_id): c for c in world.rows(tables.co_unit)}
    assert (rows["gdgs"].state, rows["gdgs"].answered_by_id) == (
        "given", world.people["gdgs_liaison"],
    )  # fmt: skip
    assert rows["zgj"].due_at == at("2026-03-05 17:30")
    world.refused(
        NotVisible, supervision.waive_co_input, "chief", THEN, task=case.task, unit="spj",
        reason="不需要",
    )  # fmt: skip
    codes = world.refused(
        GuardFailed, supervision.waive_co_input, "chief", THEN, task=case.task, unit="zgj",
        reason="",
    )  # fmt: skip
    assert codes == ["reason_missing"]
    world.do(supervision.waive_co_input, "chief", THEN, task=case.task, unit="zgj", reason="不需要")
    world.submit(case.task, THEN)


def test_urging_by_hand_goes_to_the_handler_with_the_leader_in_copy(world: World) -> None:
    case = world.acknowledged(NOW)
    world.do(supervision.urge, "triage", THEN, task=case.task, text="请本周进场")
    told = {n.recipient_id: n.facts["role"] for n in world.notices(kind="urge")}
    assert told == {
        world.people["zjj_handler"]: "to", world.people["zjj_liaison"]: "to",
        world.people["zjj_deputy"]: "copy",
    }  # fmt: skip
    world.do(supervision.urge, "triage", THEN, task=case.task, text="再次催办")
    assert len(world.notices("zjj_handler", kind="urge")) == 2
    assert world.task(case.task).level == 0


def test_planned_tasks_are_not_urged(world: World) -> None:
    case = world.planned(NOW)
    codes = world.refused(
        GuardFailed, supervision.urge, "chief", NOW, task=case.task, text="请抓紧"
    )
    assert codes == ["not_dispatched"]


def test_a_prepared_step_is_issued_or_dismissed_by_who_may(world: World) -> None:
    case = world.acknowledged(NOW)
    tick(world.db, at("2026-03-26 09:00"))
    step = world.row(tables.prepared_action)
    assert (step.rung, step.level, step.mode) == ("supervise", 3, "one_click")
    given = {"prepared_id": step.id, "issue_it": True, "reason": "同意印发"}
    codes = world.refused(
        GuardFailed, supervision.decide_prepared, "director", "2026-03-26 10:00", **given
    )
    assert codes == ["decider_rank"]
    world.do(supervision.decide_prepared, "chief", "2026-03-26 10:00", **given)
    assert [n.facts["task_number"] for n in world.notices("zjj_head", kind="supervise")] == [
        case.task
    ]
    codes = world.refused(
        GuardFailed, supervision.decide_prepared, "chief", "2026-03-26 10:05", **given
    )
    assert codes == ["not_prepared"]
    tick(world.db, at("2026-04-14 09:00"))
    step = next(p for p in world.rows(tables.prepared_action) if p.mode == "person")
    given = {"prepared_id": step.id, "issue_it": False, "reason": "已有进展，暂不约谈"}
    codes = world.refused(
        GuardFailed, supervision.decide_prepared, "chief", "2026-04-14 10:00", **given
    )
    assert codes == ["decider_rank"]
    world.do(supervision.decide_prepared, "director", "2026-04-14 10:00", **given)
    assert world.row(tables.prepared_action, id=step.id).state == "dismissed"
    assert world.notices(kind="interview") == []


def test_listing_and_unlisting(world: World) -> None:
    case = world.acknowledged(NOW)
    given = {"issue": case.issue, "reason": "影响省重大项目"}
    codes = world.refused(
        GuardFailed, supervision.set_listed, "director", NOW, issue=case.issue, listed=False,
        reason="",
    )  # fmt: skip
    assert codes == ["not_listed", "reason_missing"]
    world.do(supervision.set_listed, "director", NOW, **given, listed=True)
    assert world.issue(case.issue).listed
    assert {n.recipient_id for n in world.notices(kind="listed")} == {
        world.people[name] for name in ("zjj_head", "zjj_liaison", "chief")
    }
    codes = world.refused(
        GuardFailed, supervision.set_listed, "director", NOW, **given, listed=True
    )
    assert codes == ["already_listed"]
    world.refused(NotAllowed, supervision.set_listed, "chief", NOW, **given, listed=False)
    world.do(supervision.set_listed, "director", NOW, **given, listed=False)
    assert [e.tag for e in world.events(case.issue)][-2:] == ["issue.list", "issue.unlist"]


def test_coordination_levels_run_from_one_to_four(world: World) -> None:
    case = world.acknowledged(NOW)
    given = {"issue": case.issue, "reason": "需市级部门协调"}
    for level in (0, 5):
        codes = world.refused(
            GuardFailed, supervision.coordinate, "chief", NOW, **given, level=level
        )
        assert codes == ["level_unknown"]
    world.do(supervision.coordinate, "triage", NOW, **given, level=4)
    (event,) = world.events(case.issue, "issue.coordinate")
    assert (event.data["old"], event.data["level"]) == (1, 4)
    assert world.issue(case.issue).coordination_level == 4


def test_reassignment_keeps_the_predecessor_and_splits_the_clock(world: World) -> None:
    case = world.dispatched(NOW)
    world.do(
        requests.request_return, "zjj_liaison", THEN, task=case.task, reason="属产权单位",
        basis="电力法", suggested_unit="供电公司",
    )  # fmt: skip
    done = world.do(
        requests.rule_return, "chief", "2026-03-03 14:30", task=case.task, reassign_to="gdgs",
        opinion="同意改派",
    )  # fmt: skip
    old, new = world.task(case.task), world.task(done.task_number)
    assert (old.state, old.next_rung_at, old.open_requests) == ("withdrawn", None, 0)
    assert (new.predecessor_id, world.lead_of(new.number)) == (old.id, "gdgs")
    assert (new.problem, new.measures, new.limit_class) == (
        old.problem, old.measures, old.limit_class,
    )  # fmt: skip
    assert new.due_at == at("2026-03-24 17:30")  # a fresh limit: policy `return.clock`
    first, second = spells(world, case, "2026-03-03 16:30")
    # Monday 10:00-12:00 and 13:30-17:30, Tuesday 08:30-12:00 and 13:30-14:30
    assert (first["unit"], first["working_minutes"]) == ("建设局", 120 + 240 + 210 + 60)
    assert (second["unit"], second["working_minutes"], second["to"]) == ("供电公司", 120, None)
    assert second["predecessor_id"] == old.id
    world.refused(
        IllegalTransition, supervision.urge, "triage", THEN, task=case.task, text="请抓紧"
    )
