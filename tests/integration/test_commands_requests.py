"""Requests of the units and the rulings on them: return, extension, parking, adjustment."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from models import tables
from tests.world import Case, World, at
from workflow.commands import closure, parking, requests, supervision
from workflow.commands.breakdown import Plan
from workflow.errors import GuardFailed, IllegalTransition, Malformed
from workflow.sweep import tick

NOW = "2026-03-02 10:00"
THEN = "2026-03-03 10:00"
DUE = at("2026-03-23 17:30")
"""Fifteen working days after NOW."""
REVIEW = date(2026, 4, 1)


def ask_return(world: World, task: str, now: str = THEN, **changes: Any) -> Any:
    given = {"reason": "非我局职责", "basis": "三定方案"} | changes
    return world.do(requests.request_return, "zjj_liaison", now, task=task, **given)


def rule_return(world: World, task: str, now: str = THEN, **changes: Any) -> Any:
    given: dict[str, Any] = {"reassign_to": None, "opinion": "维持交办"} | changes
    return world.do(requests.rule_return, "chief", now, task=task, **given)


def ask_extension(world: World, task: str, due: datetime, now: str = THEN) -> Any:
    return world.do(
        requests.request_extension, "zjj_head", now, task=task, new_due=due, reason="管线未迁",
        progress="已完成六成",
    )  # fmt: skip


def rule_extension(world: World, task: str, by: str, now: str = THEN, **changes: Any) -> Any:
    given = {"granted": True, "opinion": "同意"} | changes
    return world.do(requests.rule_extension, by, now, task=task, **given)


def the_request(world: World, case: Case) -> Any:
    return world.rows(tables.request, task_id=world.task(case.task).id)[-1]


# ------------------------------------------------------------------ return


def test_an_objection_comes_within_a_working_day_of_the_dispatch(world: World) -> None:
    case, late = world.dispatched(NOW), world.dispatched(NOW)
    done = ask_return(world, case.task, "2026-03-03 17:29", suggested_unit="供电公司")
    request = the_request(world, case)
    assert (request.id, request.kind, request.state) == (done.request_id, "return", "open")
    assert (request.ruling_due_at, request.asked_by_id) == (
        at("2026-03-04 17:30"), world.people["zjj_liaison"],
    )  # fmt: skip
    assert world.code(request.suggested_unit_id) == "gdgs"
    assert [n.facts["todo"] for n in world.notices("chief", kind="todo")] == ["rule_return"]
    codes = world.refused(
        GuardFailed, requests.request_return, "zjj_liaison", "2026-03-03 17:31", task=late.task,
        reason="", basis="",
    )  # fmt: skip
    assert codes == ["return_late", "reason_missing", "basis_missing"]


def test_a_refused_objection_is_final(world: World) -> None:
    case = world.dispatched(NOW)
    ask_return(world, case.task)
    codes = world.refused(
        GuardFailed, requests.request_return, "zjj_liaison", THEN, task=case.task, reason="再退",
        basis="三定方案",
    )  # fmt: skip
    assert codes == ["request_open"]
    rule_return(world, case.task)
    assert (the_request(world, case).state, world.task(case.task).return_refused) == (
        "refused", True,
    )  # fmt: skip
    assert [n.facts["outcome"] for n in world.notices("zjj_head", kind="return_ruling")] == [
        "refused"
    ]
    codes = world.refused(
        GuardFailed, requests.request_return, "zjj_liaison", THEN, task=case.task, reason="再退",
        basis="三定方案",
    )  # fmt: skip
    assert codes == ["return_final"]


def test_nobody_rules_where_nothing_was_asked(world: World) -> None:
    case = world.dispatched(NOW)
    codes = world.refused(
        GuardFailed, requests.rule_return, "chief", THEN, task=case.task, reassign_to=None,
        opinion="",
    )  # fmt: skip
    assert codes == ["no_request", "opinion_missing"]


def test_a_return_goes_to_another_unit_than_the_one_that_returned_it(world: World) -> None:
    case = world.dispatched(NOW)
    ask_return(world, case.task)
    for unit, code in (("没有的局", "lead_unit_unknown"), ("建设局", "same_unit")):
        found = world.refused(
            Malformed, requests.rule_return, "chief", THEN, task=case.task, reassign_to=unit,
            opinion="改派",
        )  # fmt: skip
        assert found == [code]
    done = rule_return(world, case.task, reassign_to="gdgs", opinion="同意改派")
    assert world.lead_of(done.task_number) == "gdgs"
    assert [n.kind for n in world.notices("gdgs_liaison")] == ["dispatch"]
    told = world.notices("zjj_liaison", kind="return_ruling")
    assert [(n.facts["outcome"], n.facts["detail"]) for n in told] == [("granted", "供电公司")]


# ------------------------------------------------------------------ adjustment


def ask_adjustment(world: World, task: str, by: str = "zjj_head", **changes: Any) -> Any:
    return world.do(
        requests.request_adjustment, by, THEN, task=task, changes=changes, reason="方案变更"
    )


def rule_adjustment(world: World, task: str, granted: bool = True) -> Any:
    return world.do(
        requests.rule_adjustment, "chief", THEN, task=task, granted=granted, opinion="同意调整"
    )


def test_the_four_fields_change_only_by_a_ruling_and_the_old_text_stays(world: World) -> None:
    case = world.acknowledged(NOW)
    ask_adjustment(world, case.task, measures="改为电缆入地", problem="杆线共三处")
    assert world.task(case.task).measures == "协调产权单位迁移杆线"
    rule_adjustment(world, case.task)
    task = world.task(case.task)
    assert (task.measures, task.problem) == ("改为电缆入地", "杆线共三处")
    (event,) = world.events(case.issue, "task.rule_adjustment")
    assert event.data["old"] == {
        "measures": "协调产权单位迁移杆线", "problem": "地块北侧10千伏杆线需迁移",
    }  # fmt: skip
    assert event.data["new"] == {"measures": "改为电缆入地", "problem": "杆线共三处"}
    assert [n.facts["outcome"] for n in world.notices("zjj_handler", kind="adjusted")] == [
        "granted"
    ]


def test_a_refused_adjustment_changes_nothing(world: World) -> None:
    case = world.acknowledged(NOW)
    ask_adjustment(world, case.task, due=at("2026-04-30 17:30"))
    rule_adjustment(world, case.task, granted=False)
    task = world.task(case.task)
    assert (task.due_at, task.deadline_version) == (DUE, 1)
    assert the_request(world, case).state == "refused"


def test_an_adjusted_date_is_a_version_of_the_deadline(world: World) -> None:
    case = world.acknowledged(NOW)
    ask_adjustment(world, case.task, by="triage", due=at("2026-03-12 17:30"))
    rule_adjustment(world, case.task)
    task = world.task(case.task)
    assert (task.due_at, task.deadline_version) == (at("2026-03-12 17:30"), 2)
    (event,) = world.events(case.issue, "task.rule_adjustment")
    assert datetime.fromisoformat(event.data["old"]["due_at"]) == DUE


def test_an_adjusted_date_lies_ahead_in_whatever_zone_it_is_written(world: World) -> None:
    case = world.acknowledged(NOW)
    given = {"task": case.task, "reason": "方案变更"}
    for zone in (UTC, DUE.tzinfo):
        past = at("2026-03-03 09:59").astimezone(zone)
        codes = world.refused(
            GuardFailed, requests.request_adjustment, "zjj_head", THEN, **given,
            changes={"due": past},
        )  # fmt: skip
        assert codes == ["deadline_past"]
    ahead = at("2026-03-03 10:01").astimezone(UTC)
    world.do(requests.request_adjustment, "zjj_head", THEN, **given, changes={"due": ahead})


def test_an_adjusted_unit_gets_a_task_of_its_own_and_both_are_told(world: World) -> None:
    case = world.acknowledged(NOW)
    ask_adjustment(world, case.task, lead_unit="供电公司")
    done = rule_adjustment(world, case.task)
    old, new = world.task(case.task), world.task(done.task_number)
    assert (old.state, new.predecessor_id, world.lead_of(new.number)) == (
        "withdrawn", old.id, "gdgs",
    )  # fmt: skip
    assert [n.kind for n in world.notices("gdgs_liaison")] == ["dispatch", "adjusted"]
    told = world.notices("zjj_handler", kind="adjusted", task_id=old.id)
    assert [n.facts["outcome"] for n in told] == ["withdrawn"]


def test_a_change_is_named_and_known(world: World) -> None:
    case = world.acknowledged(NOW)
    for changes, error, code in (
        ({}, GuardFailed, "change_missing"), ({"state": "closed"}, GuardFailed, "change_missing"),
        ({"measures": " "}, Malformed, "measures_malformed"),
        ({"lead_unit": "没有的局"}, Malformed, "lead_unit_unknown"),
    ):  # fmt: skip
        found = world.refused(
            error, requests.request_adjustment, "zjj_head", THEN, task=case.task,
            changes=changes, reason="方案变更",
        )  # fmt: skip
        assert found == [code]


# ------------------------------------------------------------------ parking


def park(world: World, issue: str, now: str, review: date = REVIEW) -> None:
    world.do(parking.park, "chief", now, issue=issue, reason="待上级批复", review_on=review)


def test_parking_moves_every_deadline_by_the_working_time_that_stood_still(world: World) -> None:
    plans = [Plan("迁移杆线"), Plan("应急处置", limit="emergency_8h", lead="spj")]
    case = world.acknowledged(NOW, plans=plans)
    days, hours = case.tasks
    assert world.task(hours).due_at == at("2026-03-03 10:30")
    park(world, case.issue, "2026-03-03 09:30")
    assert world.issue(case.issue).light == "grey"
    assert [world.task(t).next_rung_at for t in case.tasks] == [None, None]
    tick(world.db, at("2026-03-30 12:00"))
    assert [f for f in world.rows(tables.rung_firing) if f.level] == []
    world.do(parking.resume, "director", "2026-03-10 09:30", issue=case.issue, reason="批复已到")
    assert world.task(days).due_at == at("2026-03-30 17:30")  # five working days
    assert world.task(hours).due_at == at("2026-03-10 10:30")  # one open hour is left
    version = world.rows(tables.deadline_version, task_id=world.task(days).id)[-1]
    assert (version.cause, version.derivation["pause"]["old_due"]) == (
        "park_resume", "2026-03-23T17:30+08:00",
    )  # fmt: skip


def test_a_parked_issue_stands_still(world: World) -> None:
    case = world.acknowledged(NOW)
    park(world, case.issue, NOW)
    codes = world.refused(
        GuardFailed, supervision.progress, "zjj_head", THEN, task=case.task, text="已进场"
    )
    assert codes == ["parked"]
    codes = world.refused(
        GuardFailed, closure.submit_task, "zjj_head", THEN, task=case.task, result=""
    )
    assert codes == ["parked", "result_missing", "evidence_missing"]
    world.refused(
        IllegalTransition, parking.park, "chief", THEN, issue=case.issue, reason="再挂",
        review_on=REVIEW,
    )  # fmt: skip


def test_a_review_date_lies_ahead_and_within_ninety_days(world: World) -> None:
    case = world.acknowledged(NOW)
    for review in (date(2026, 3, 2), date(2026, 6, 1)):
        found = world.refused(
            GuardFailed, parking.park, "chief", NOW, issue=case.issue, reason="", review_on=review
        )
        assert found == ["reason_missing", "review_date"]
    park(world, case.issue, NOW, date(2026, 5, 31))


def test_the_review_day_reminds_the_chief_and_the_issue_may_stay_parked(world: World) -> None:
    case = world.acknowledged(NOW)
    park(world, case.issue, NOW, date(2026, 3, 14))  # a Saturday: looked at on Monday
    tick(world.db, at("2026-03-16 09:00"))
    assert [n.facts["todo"] for n in world.notices("chief", kind="todo")] == ["park_review"]
    world.do(
        parking.review_park, "chief", "2026-03-16 10:00", issue=case.issue, reason="仍待批",
        review_on=date(2026, 4, 13),
    )  # fmt: skip
    (event,) = world.events(case.issue, "issue.review_park")
    assert (event.data["old"], event.data["review_on"]) == ("2026-03-14", "2026-04-13")
    assert world.issue(case.issue).next_rung_at == at("2026-04-13 09:00")


def test_a_unit_asks_for_parking_and_the_office_rules(world: World) -> None:
    case = world.acknowledged(NOW)
    given = {"task": case.task, "reason": "涉诉", "review_on": REVIEW}
    world.do(requests.request_park, "zjj_head", NOW, **given)
    codes = world.refused(GuardFailed, requests.request_park, "zjj_head", THEN, **given)
    assert codes == ["request_open"]
    ruling = {"task": case.task, "opinion": "同意挂账"}
    codes = world.refused(
        GuardFailed, requests.rule_park, "chief", THEN, task=case.task, granted=True, opinion=""
    )
    assert "opinion_missing" in codes
    world.do(requests.rule_park, "director", THEN, **ruling, granted=True)
    issue = world.issue(case.issue)
    assert (issue.state, issue.park_review_on) == ("parked", REVIEW)
    assert world.task(case.task).paused_at == at(THEN)
    assert [n.facts["outcome"] for n in world.notices("zjj_head", kind="parked")] == ["parked"]


def test_a_refused_parking_lets_the_clock_run_on(world: World) -> None:
    case = world.acknowledged(NOW)
    world.do(
        requests.request_park, "zjj_head", NOW, task=case.task, reason="涉诉", review_on=REVIEW
    )
    world.do(requests.rule_park, "chief", THEN, task=case.task, granted=False, opinion="继续办理")
    assert (world.issue(case.issue).state, world.task(case.task).due_at) == ("in_progress", DUE)
    assert [n.facts["outcome"] for n in world.notices("zjj_head", kind="parked")] == ["refused"]
