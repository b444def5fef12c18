"""延期: asked in time, ruled by rank, within the original limit."""

from __future__ import annotations

from datetime import datetime

import pytest

from config.i18n import language
from models import tables
from tests.integration.test_commands_requests import (
    DUE,
    NOW,
    THEN,
    ask_adjustment,
    ask_extension,
    rule_extension,
    the_request,
)
from tests.world import World, at
from workflow.commands import requests
from workflow.errors import GuardFailed, Malformed
from workflow.sweep import tick


def test_the_first_extension_is_the_chief_s_and_the_second_the_deputy_director_s(
    world: World,
) -> None:
    case = world.acknowledged(NOW)
    ask_extension(world, case.task, at("2026-03-27 17:30"))
    assert [n.facts["todo"] for n in world.notices("chief", kind="todo")] == ["rule_extension"]
    given = {"task": case.task, "granted": True, "opinion": "同意"}
    codes = world.refused(GuardFailed, requests.rule_extension, "director", THEN, **given)
    assert codes == ["extension_rank"]
    rule_extension(world, case.task, "chief")
    task = world.task(case.task)
    assert (task.due_at, task.original_due_at, task.extension_count) == (
        at("2026-03-27 17:30"), DUE, 1,
    )  # fmt: skip
    assert (task.deadline_version, task.level, task.open_requests) == (2, 0, 0)
    version = world.rows(tables.deadline_version, task_id=task.id)[-1]
    assert version.cause == "extension"
    told = world.notices("zjj_handler", kind="extension_ruling")
    assert [n.facts["new_deadline"] for n in told] == ["2026-03-27 17:30"]
    ask_extension(world, case.task, at("2026-04-01 17:30"))
    codes = world.refused(GuardFailed, requests.rule_extension, "chief", THEN, **given)
    assert codes == ["extension_rank"]
    rule_extension(world, case.task, "director")
    codes = world.refused(
        GuardFailed, requests.request_extension, "zjj_head", THEN, task=case.task,
        new_due=at("2026-04-02 17:30"), reason="还需", progress="九成",
    )  # fmt: skip
    assert codes == ["extensions_used"]


def test_an_extension_is_asked_in_time_for_a_later_date_and_within_the_limit(
    world: World,
) -> None:
    case = world.acknowledged(NOW)
    given = {"task": case.task, "reason": "管线未迁", "progress": "六成"}
    for now, due, code in (
        ("2026-03-23 10:00", at("2026-03-27 17:30"), "extension_late"),
        (THEN, DUE, "new_date"),
        (THEN, at("2026-03-01 17:30"), "new_date"),
        (THEN, at("2026-04-15 17:30"), "extension_too_long"),  # 16 working days more than 15
    ):
        found = world.refused(
            GuardFailed, requests.request_extension, "zjj_head", now, **given, new_due=due
        )
        assert found == [code]
    codes = world.refused(
        GuardFailed, requests.request_extension, "zjj_head", "2026-03-24 10:00", task=case.task,
        new_due=DUE, reason="", progress="",
    )  # fmt: skip
    assert codes == ["extension_late", "new_date", "reason_missing", "progress_missing"]
    ask_extension(world, case.task, at("2026-04-14 17:30"), "2026-03-20 17:30")


def test_a_timely_request_freezes_the_ladder_until_the_ruling(world: World) -> None:
    case = world.acknowledged(NOW)
    tick(world.db, at("2026-03-18 09:00"))
    ask_extension(world, case.task, at("2026-03-27 17:30"), "2026-03-19 10:00")
    for day in ("2026-03-20", "2026-03-24", "2026-03-26"):
        tick(world.db, at(f"{day} 12:00"))
    assert [f.rung for f in world.rows(tables.rung_firing) if f.level] == ["remind-3"]
    assert world.task(case.task).light == "red"
    rule_extension(world, case.task, "chief", "2026-03-26 14:00", granted=False, opinion="不同意")
    assert (world.task(case.task).due_at, world.task(case.task).frozen_at) == (DUE, None)
    tick(world.db, at("2026-03-26 14:01"))
    fired = {f.rung: f.outcome for f in world.rows(tables.rung_firing) if f.level}
    assert fired == {
        "remind-3": "fired", "remind-1": "superseded", "urge": "superseded",
        "supervise": "prepared",
    }  # fmt: skip


def test_the_ruling_may_grant_another_date_but_none_that_the_rules_forbid(world: World) -> None:
    case = world.acknowledged(NOW)
    ask_extension(world, case.task, at("2026-03-27 17:30"))
    given = {"task": case.task, "granted": True, "opinion": "同意"}
    for due, code in (
        (at("2026-03-02 17:30"), "deadline_past"),
        (at("2026-03-20 17:30"), "new_date"),
        (at("2026-05-29 17:30"), "extension_too_long"),
    ):
        found = world.refused(
            GuardFailed, requests.rule_extension, "chief", THEN, **given, new_due=due
        )
        assert found == [code]
    rule_extension(world, case.task, "chief", new_due=at("2026-03-25 17:30"))
    assert world.task(case.task).due_at == at("2026-03-25 17:30")
    (event,) = world.events(case.issue, "task.rule_extension")
    assert datetime.fromisoformat(event.data["new_due"]) == at("2026-03-25 17:30")


def test_a_ruling_that_comes_after_the_date_asked_for_needs_a_new_one(world: World) -> None:
    case = world.acknowledged(NOW)
    ask_extension(world, case.task, at("2026-03-25 17:30"), "2026-03-20 10:00")
    given = {"task": case.task, "granted": True, "opinion": "同意"}
    codes = world.refused(
        GuardFailed, requests.rule_extension, "chief", "2026-03-26 10:00", **given
    )
    assert codes == ["deadline_past"]
    rule_extension(world, case.task, "chief", "2026-03-26 10:00", new_due=at("2026-03-30 17:30"))
    assert world.task(case.task).light != "red"


def test_a_date_without_a_zone_is_malformed(world: World) -> None:
    case = world.acknowledged(NOW)
    naive = datetime.fromisoformat("2026-03-27 17:30")
    codes = world.refused(
        Malformed, requests.request_extension, "zjj_head", THEN, task=case.task, new_due=naive,
        reason="管线未迁", progress="六成",
    )  # fmt: skip
    assert codes == ["due_naive"]
    codes = world.refused(
        Malformed, requests.request_adjustment, "zjj_head", THEN, task=case.task,
        changes={"due": naive}, reason="方案变更",
    )  # fmt: skip
    assert codes == ["due_naive"]


def test_a_request_can_be_taken_back(world: World) -> None:
    case = world.acknowledged(NOW)
    ask_extension(world, case.task, at("2026-03-27 17:30"))
    codes = world.refused(
        GuardFailed, requests.withdraw_request, "zjj_liaison", THEN, task=case.task, kind="park"
    )
    assert codes == ["no_request"]
    world.do(requests.withdraw_request, "zjj_liaison", THEN, task=case.task, kind="extension")
    task = world.task(case.task)
    assert (the_request(world, case).state, task.frozen_at, task.open_requests) == (
        "withdrawn", None, 0,
    )  # fmt: skip
    ask_extension(world, case.task, at("2026-03-27 17:30"))


def test_only_the_unit_that_asked_takes_its_request_back(world: World) -> None:
    case = world.acknowledged(NOW)
    ask_extension(world, case.task, at("2026-03-27 17:30"))
    given = {"task": case.task, "kind": "extension"}
    for lang, message in (
        ("en", "Only the unit that asked may take its request back."),
        ("zh_CN", "只有提出申请的单位可以撤回该申请。"),
    ):
        with language(lang), pytest.raises(GuardFailed) as refusal:
            world.do(requests.withdraw_request, "triage", THEN, **given)
        assert [reason.message for reason in refusal.value.reasons] == [message]
    assert the_request(world, case).state == "open"
    world.do(requests.withdraw_request, "zjj_head", THEN, **given)
    ask_adjustment(world, case.task, by="triage", measures="改为入地")
    given["kind"] = "adjust"
    codes = world.refused(GuardFailed, requests.withdraw_request, "zjj_head", THEN, **given)
    assert codes == ["request_of_another"]
    world.do(requests.withdraw_request, "triage2", THEN, **given)


def test_open_requests_lapse_when_the_task_is_handed_in(world: World) -> None:
    case = world.acknowledged(NOW)
    ask_extension(world, case.task, at("2026-03-27 17:30"))
    world.submit(case.task, THEN)
    assert (the_request(world, case).state, world.task(case.task).open_requests) == ("lapsed", 0)
