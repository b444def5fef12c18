"""Every act: who may do it, in which state, against which version, and what it leaves behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest

from config.i18n import language
from config.workflow_definition import SYSTEM
from models import tables
from tests.world import Case, World, at
from workflow.commands import (
    amending,
    assignment,
    breakdown,
    closure,
    discovery,
    parking,
    requests,
    supervision,
)
from workflow.commands.base import Outcome
from workflow.commands.breakdown import Plan
from workflow.commands.closure import Proof
from workflow.commands.discovery import Report
from workflow.context import context
from workflow.errors import IllegalTransition, NotAllowed, NotVisible, StaleVersion
from workflow.machine import loop
from workflow.sweep import tick

NOW = "2026-03-02 10:00"
THEN = "2026-03-03 10:00"
REVIEW = date(2026, 4, 1)
DUE = at("2026-03-27 17:30")
WITH_POWER_COMPANY = (Plan("迁移杆线", co_units=("gdgs",)),)
TWO_TASKS = (Plan("迁移杆线"), Plan("恢复路面"))

Stage = Callable[[World], Case]


# ------------------------------------------------------------------ stages


def draft(world: World) -> Case:
    form = Report("标题", "说明", "杆线迁移", no_project_reason="共性", board="lucheng")
    done = world.do(discovery.report, "lucheng_reporter", NOW, form=form, draft=True)
    return Case(done.issue_number, ())


def reported(world: World) -> Case:
    return Case(world.reported(NOW), ())


def triaging(world: World) -> Case:
    return Case(world.triaged(NOW), ())


def rejection_proposed(world: World) -> Case:
    case = reported(world)
    world.do(discovery.propose_rejection, "triage", NOW, issue=case.issue, reason="不属受理范围")
    return case


def planned(world: World) -> Case:
    return world.planned(NOW)


def dispatched(world: World) -> Case:
    return world.dispatched(NOW)


def shared(world: World) -> Case:
    return world.acknowledged(NOW, plans=WITH_POWER_COMPANY)


def two_tasks(world: World) -> Case:
    return world.dispatched(NOW, plans=TWO_TASKS)


def running(world: World) -> Case:
    return world.acknowledged(NOW)


def submitted(world: World) -> Case:
    return world.submitted(NOW)


def shared_and_submitted(world: World) -> Case:
    case = shared(world)
    world.do(supervision.waive_co_input, "chief", NOW, task=case.task, unit="gdgs", reason="不需要")
    world.submit(case.task, NOW)
    return case


def verified(world: World) -> Case:
    return world.verified(NOW)


def closed(world: World) -> Case:
    return world.closed(NOW)


def parked(world: World) -> Case:
    case = running(world)
    world.do(parking.park, "chief", NOW, issue=case.issue, reason="待上级批复", review_on=REVIEW)
    return case


def return_asked(world: World) -> Case:
    case = dispatched(world)
    world.do(
        requests.request_return, "zjj_liaison", NOW, task=case.task, reason="非我局职责",
        basis="三定方案",
    )  # fmt: skip
    return case


def extension_asked(world: World) -> Case:
    case = running(world)
    world.do(
        requests.request_extension, "zjj_head", NOW, task=case.task, new_due=DUE,
        reason="管线未迁", progress="已完成六成",
    )  # fmt: skip
    return case


def park_asked(world: World) -> Case:
    case = running(world)
    world.do(
        requests.request_park, "zjj_head", NOW, task=case.task, reason="待批", review_on=REVIEW
    )
    return case


def adjustment_asked(world: World) -> Case:
    case = running(world)
    world.do(
        requests.request_adjustment, "zjj_head", NOW, task=case.task, reason="方案变更",
        changes={"measures": "改为入地"},
    )  # fmt: skip
    return case


def step_prepared(world: World) -> Case:
    case = running(world)
    tick(world.db, at("2026-03-26 09:00"))
    return case


def relapse_found(world: World) -> Case:
    case = closed(world)
    world.do(
        closure.record_lookback, "inspector", NOW, issue=case.issue, finding="又复发", relapse=True
    )
    return case


# ------------------------------------------------------------------ acts


@dataclass(frozen=True)
class Act:
    """One command: at which stage and by whom it is done, and who may not do it."""

    tag: str
    command: Callable[..., Any]
    stage: Stage
    by: str
    others: tuple[str, ...]
    wrong_stage: Stage
    given: dict[str, Any] = field(default_factory=dict)
    now: str = THEN
    outsiders: tuple[str, ...] = ("henglin_head", "henglin_liaison", "auditor", "sysadmin")

    def __str__(self) -> str:
        return self.command.__name__

    def arguments(self, world: World, case: Case) -> dict[str, Any]:
        """Keywords of the command for a case."""
        subject = "task" if self.tag.startswith("task.") else "issue"
        found = {subject: case.task if subject == "task" else case.issue} | self.given
        if self.command is supervision.decide_prepared:
            del found["task"]
            key = world.task(case.task).id
            found["prepared_id"] = world.rows(tables.prepared_action, task_id=key)[-1].id
        if self.command is discovery.merge:
            found["into"] = world.reported(NOW, title="先报的问题")
        return found


REASON = {"reason": "情况属实"}
ACTS = [
    Act("issue.report", discovery.submit_draft, draft, "lucheng_reporter",
        ("chief", "director"), triaging, outsiders=("zjj_reporter", "auditor")),
    Act("issue.edit", discovery.edit, reported, "lucheng_liaison", ("chief", "director"),
        dispatched, {"title": "更正后的标题"}),
    Act("issue.send_back", discovery.send_back, reported, "triage",
        ("chief", "lucheng_reporter"), triaging, REASON),
    Act("issue.start_triage", discovery.start_triage, reported, "triage",
        ("chief", "lucheng_head"), dispatched),
    Act("issue.propose_rejection", discovery.propose_rejection, reported, "triage",
        ("chief", "lucheng_reporter"), dispatched, REASON),
    Act("issue.reject", discovery.reject, rejection_proposed, "chief",
        ("triage", "triage2", "director"), dispatched, REASON),
    Act("issue.merge", discovery.merge, reported, "triage", ("chief", "lucheng_head"),
        dispatched, REASON),
    Act("issue.plan_task", breakdown.plan_task, triaging, "triage",
        ("director", "lucheng_head"), reported, {"form": Plan("迁移杆线")}),
    Act("issue.dispatch", assignment.dispatch, planned, "chief", ("triage", "director"),
        reported),
    Act("task.amend", amending.amend_task, planned, "triage",
        ("director", "lucheng_head", "inspector"), running,
        {"changes": {"measures": "改为入地敷设"}},
        outsiders=("zjj_head", "henglin_head", "auditor", "sysadmin")),
    Act("task.acknowledge", assignment.acknowledge, dispatched, "zjj_liaison",
        ("zjj_handler", "lucheng_liaison", "jfj_verifier", "chief"), running,
        {"responsible_leader": "zjj_deputy", "responsible_person": "zjj_handler"}),
    Act("task.progress", supervision.progress, running, "zjj_liaison",
        ("zjj_handler", "lucheng_liaison", "chief"), submitted, {"text": "已进场施工"}),
    Act("task.add_evidence", closure.add_evidence, running, "zjj_liaison",
        ("zjj_handler", "lucheng_head", "chief"), dispatched,
        {"proof": Proof("photo", "现场.jpg")}),
    Act("task.waive_evidence", closure.waive_evidence, running, "director",
        ("chief", "zjj_head"), submitted, REASON),
    Act("task.co_input", supervision.co_input, shared, "gdgs_liaison",
        ("zjj_liaison", "lucheng_liaison", "chief"), shared_and_submitted,
        {"text": "已停电配合"},
        outsiders=("henglin_liaison", "auditor")),
    Act("task.waive_co_input", supervision.waive_co_input, shared, "chief",
        ("triage", "zjj_head", "gdgs_head"), submitted, REASON | {"unit": "供电公司"}),
    Act("task.urge", supervision.urge, running, "triage",
        ("director", "zjj_head", "inspector"), submitted, {"text": "请抓紧办理"}),
    Act("task.request_return", requests.request_return, dispatched, "zjj_liaison",
        ("zjj_handler", "lucheng_head", "chief"), submitted,
        REASON | {"basis": "三定方案"}),
    Act("task.rule_return", requests.rule_return, return_asked, "chief",
        ("director", "triage", "zjj_head"), submitted,
        {"reassign_to": None, "opinion": "维持交办"}),
    Act("task.request_extension", requests.request_extension, running, "zjj_head",
        ("zjj_liaison", "lucheng_head", "chief"), submitted,
        REASON | {"new_due": DUE, "progress": "已完成六成"}),
    Act("task.rule_extension", requests.rule_extension, extension_asked, "chief",
        ("triage", "zjj_head", "inspector"), submitted, {"granted": True, "opinion": "同意"}),
    Act("task.request_park", requests.request_park, running, "zjj_head",
        ("zjj_liaison", "lucheng_head", "chief"), submitted, REASON | {"review_on": REVIEW}),
    Act("task.rule_park", requests.rule_park, park_asked, "chief",
        ("triage", "zjj_head", "principal"), submitted, {"granted": True, "opinion": "同意"}),
    Act("task.request_adjustment", requests.request_adjustment, running, "zjj_head",
        ("zjj_liaison", "lucheng_head", "chief"), submitted,
        REASON | {"changes": {"measures": "改为入地"}}),
    Act("task.rule_adjustment", requests.rule_adjustment, adjustment_asked, "chief",
        ("triage", "principal", "zjj_head"), submitted, {"granted": True, "opinion": "同意"}),
    Act("task.withdraw_request", requests.withdraw_request, extension_asked, "zjj_liaison",
        ("chief", "lucheng_liaison", "zjj_handler"), submitted, {"kind": "extension"}),
    Act("task.withdraw", breakdown.drop_task, two_tasks, "chief",
        ("triage", "director", "zjj_head"), verified, REASON),
    Act("task.decide_prepared", supervision.decide_prepared, step_prepared, "chief",
        ("triage", "zjj_head", "principal"), step_prepared,
        {"issue_it": True, "reason": "同意印发"}, now="2026-03-26 10:00"),
    Act("issue.list", supervision.set_listed, running, "director", ("chief", "zjj_head"),
        closed, REASON | {"listed": True}),
    Act("issue.coordinate", supervision.coordinate, running, "triage",
        ("inspector", "zjj_head"), closed, REASON | {"level": 2}),
    Act("issue.park", parking.park, running, "chief", ("triage", "zjj_head"), dispatched,
        REASON | {"review_on": REVIEW}),
    Act("issue.resume", parking.resume, parked, "director", ("triage", "zjj_head"), running,
        REASON),
    Act("issue.review_park", parking.review_park, parked, "chief", ("triage", "zjj_head"),
        running, REASON | {"review_on": REVIEW}),
    Act("task.submit", closure.submit_task, running, "zjj_head",
        ("zjj_liaison", "lucheng_head", "chief"), submitted,
        {"result": "已完成", "evidence": [Proof("document", "验收单.pdf")]}),
    Act("task.reject_submission", closure.reject_submission, submitted, "jfj_verifier",
        ("zjj_head", "chief", "jfj_head", "director"), running,
        {"opinion": "不符", "requirement": "请补齐全部验收材料并重新报送", "new_due": DUE},
        outsiders=("sthj_verifier", "auditor")),
    Act("task.verify", closure.verify_task, submitted, "jfj_verifier",
        ("zjj_head", "chief", "jfj_head", "director"), running,
        {"opinion": "属实", "site_check": "已到现场"}, outsiders=("sthj_verifier", "auditor")),
    Act("issue.approve", closure.approve, verified, "chief",
        ("triage", "jfj_verifier", "zjj_head"), running, {"opinion": "同意销号"}),
    Act("issue.reject_closure", closure.reject_closure, verified, "chief",
        ("triage", "jfj_verifier", "zjj_head"), running,
        {"requirement": "请补齐全部验收材料并重新报送", "new_due": DUE}),
    Act("issue.record_lookback", closure.record_lookback, closed, "inspector",
        ("chief", "triage", "zjj_head"), running, {"finding": "未反弹", "relapse": False}),
    Act("issue.relapse", closure.relapse, relapse_found, "chief",
        ("inspector", "director", "zjj_head"), running, REASON | {"new_due": DUE}),
]  # fmt: skip


PARTS = sorted({act.command.__module__.rpartition(".")[2] for act in ACTS})


def acts_of(part: str) -> list[Act]:
    """The acts of one module of commands."""
    return [act for act in ACTS if act.command.__module__.endswith(f".{part}")]


@pytest.mark.parametrize("part", PARTS)
def test_an_act_is_for_the_right_people_and_leaves_its_event(world: World, part: str) -> None:
    for act in acts_of(part):
        case = act.stage(world)
        given = act.arguments(world, case)
        for username in act.others:
            found = world.refused(NotAllowed, act.command, username, act.now, **given)
            assert found == ["not_allowed"]
        for username in act.outsiders:
            found = world.refused(NotVisible, act.command, username, act.now, **given)
            assert found == ["not_visible"]
        found = world.refused(
            StaleVersion, act.command, act.by, act.now, **given, expected_version=0
        )
        assert set(found) == {"stale_version"}
        check_done(world, act, case, world.do(act.command, act.by, act.now, **given))


def check_done(world: World, act: Act, case: Case, done: Outcome) -> None:
    """The event names who did it, when, and a version up to the present one."""
    event = world.events(case.issue, act.tag)[-1]
    assert (event.actor_id, event.at) == (world.people[act.by], at(act.now))
    version = done.task_version if act.tag.startswith("task.") else done.issue_version
    assert version is not None and event.data["v"] <= version


@pytest.mark.parametrize("part", PARTS)
def test_an_act_is_refused_in_another_state(world: World, part: str) -> None:
    cases: dict[Stage, Case] = {}
    for act in [a for a in acts_of(part) if a.stage is not a.wrong_stage]:
        case = cases.setdefault(act.wrong_stage, act.wrong_stage(world))
        given = act.arguments(world, case)
        found = world.refused(IllegalTransition, act.command, act.by, act.now, **given)
        assert found == ["illegal_transition"]


def test_nothing_happens_to_what_does_not_exist(world: World) -> None:
    for act in ACTS:
        given = act.given | {"issue": "WT-2026-999999"}
        if act.tag.startswith("task."):
            given = act.given | {"task": "WT-2026-999999-01"}
        if act.command is supervision.decide_prepared:
            given = act.given | {"prepared_id": 999}
        if act.command is discovery.merge:
            given["into"] = "WT-2026-999998"
        assert world.refused(NotVisible, act.command, act.by, act.now, **given) == ["not_visible"]


def test_every_act_of_the_definition_is_tried(world: World) -> None:
    with world.db.read() as s:
        definition = context(s).workflow()
    names = {
        f"{kind}.{name}"
        for kind in ("issue", "task")
        for name, rule in loop(definition, kind).rules.items()
        if SYSTEM not in rule.roles
    }
    # unlisting is `set_listed` the other way round, and later dispatches are tested with dispatch
    assert names - {act.tag for act in ACTS} == {"issue.unlist", "issue.dispatch_more"}


@pytest.mark.parametrize(
    ("lang", "message", "remedy"),
    [
        ("zh_CN", "李文 无权执行：审定销号。", "督办主任 (office_chief)"),
        ("en", "李文 may not do this: approve the closure.", "office chief (office_chief)"),
    ],
)
def test_a_refusal_names_the_act_and_the_roles_in_words(
    world: World, lang: str, message: str, remedy: str
) -> None:
    case = verified(world)
    with language(lang), pytest.raises(NotAllowed) as refusal:
        world.do(closure.approve, "triage", THEN, issue=case.issue, opinion="同意")
    [reason] = refusal.value.reasons
    assert message == reason.message
    assert remedy in reason.remedy


def test_a_stale_command_is_told_who_changed_what(world: World) -> None:
    case = running(world)
    seen = world.task(case.task).version
    world.do(supervision.progress, "zjj_liaison", THEN, task=case.task, text="已进场")
    with pytest.raises(StaleVersion) as conflict:
        world.do(
            supervision.progress, "zjj_head", THEN, task=case.task, text="未进场",
            expected_version=seen,
        )  # fmt: skip
    assert "孙敏" in str(conflict.value)
    assert "task.progress" in str(conflict.value)
