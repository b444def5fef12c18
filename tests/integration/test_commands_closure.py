"""清零销号: proof, submission, verification, approval, look-back and relapse (invariant 8)."""

from __future__ import annotations

from typing import Any

import pytest

from models import tables
from models.queries.people import bump_organisation
from tests.world import Case, World, at
from workflow.commands import closure, supervision
from workflow.commands.breakdown import Plan
from workflow.commands.closure import Proof
from workflow.errors import GuardFailed, Malformed
from workflow.sweep import tick

NOW = "2026-03-02 10:00"
THEN = "2026-03-03 10:00"
LATER = "2026-03-04 10:00"
DUE = at("2026-03-27 17:30")
REQUIREMENT = "请补齐全部验收材料并重新报送"


def grant(world: World, username: str, *roles: str) -> None:
    """Give somebody further rights."""
    table = tables.role_grant
    with world.db.write() as s:
        person = world.people[username]
        s.execute(table.insert(), [{"person_id": person, "role": role} for role in roles])
        bump_organisation(s)


def submit(world: World, task: str, by: str = "zjj_head", **changes: Any) -> Any:
    given: dict[str, Any] = {"result": "已全部迁移", "evidence": [Proof("document", "验收单.pdf")]}
    return world.do(closure.submit_task, by, THEN, task=task, **(given | changes))


# ------------------------------------------------------------------ evidence and submission


@pytest.mark.parametrize(
    ("category", "lead", "wrong", "right"),
    [
        ("拆迁", "lucheng", "photo", "before_after"), ("用地", "zgj", "photo", "permit"),
        ("杆线迁移", "zjj", "permit", "acceptance"), ("环评", "sthj", "photo", "permit"),
        ("资金", "czj", "photo", "document"), ("施工配套", "lucheng", "permit", "photo"),
    ],
)  # fmt: skip
def test_each_category_asks_for_its_own_evidence(
    world: World, category: str, lead: str, wrong: str, right: str
) -> None:
    case = world.acknowledged(NOW, category=category)
    given = {"task": case.task, "result": "已办结"}
    for evidence in ([], [Proof(wrong, "别的材料")]):
        codes = world.refused(
            GuardFailed, closure.submit_task, f"{lead}_head", THEN, **given, evidence=evidence
        )
        assert codes == ["evidence_missing"]
    done = world.do(
        closure.submit_task, f"{lead}_head", THEN, **given, evidence=[Proof(right, "材料")]
    )
    assert (done.task_state, done.issue_state) == ("submitted", "verifying")


def test_every_missing_piece_is_named_at_once(world: World) -> None:
    case = world.acknowledged(NOW, plans=[Plan("迁移杆线", co_units=("gdgs",))])
    codes = world.refused(
        GuardFailed, closure.submit_task, "zjj_head", THEN, task=case.task, result=" "
    )
    assert codes == ["result_missing", "evidence_missing", "co_input_missing"]


def test_evidence_is_of_a_known_kind_and_plainly_named(world: World) -> None:
    case = world.acknowledged(NOW)
    codes = world.refused(
        GuardFailed, closure.add_evidence, "zjj_liaison", THEN, task=case.task,
        proof=Proof("rumour", "听说"),
    )  # fmt: skip
    assert codes == ["evidence_kind"]
    codes = world.refused(
        Malformed, closure.submit_task, "zjj_head", THEN, task=case.task, result="已办结",
        evidence=[Proof("document", "坏\x00名")],
    )  # fmt: skip
    assert codes == ["name_malformed"]


def test_evidence_added_before_counts_and_is_in_the_history(world: World) -> None:
    case = world.acknowledged(NOW)
    proof = Proof("acceptance", "验收单.pdf", "三方签字", "a" * 64, 1024)
    world.do(closure.add_evidence, "zjj_liaison", THEN, task=case.task, proof=proof)
    submit(world, case.task, evidence=[])
    row = world.row(tables.evidence)
    assert (row.kind, row.sha256, row.size, row.cycle) == ("acceptance", "a" * 64, 1024, 1)
    (event,) = world.events(case.issue, "task.add_evidence")
    assert event.data["sha256"] == "a" * 64


def test_doing_without_evidence_is_the_deputy_director_s_and_shows(world: World) -> None:
    case = world.acknowledged(NOW)
    given = {"task": case.task, "reason": "涉密，另行存档"}
    codes = world.refused(
        GuardFailed, closure.waive_evidence, "director", THEN, task=case.task, reason=""
    )
    assert codes == ["reason_missing"]
    world.do(closure.waive_evidence, "director", THEN, **given)
    submit(world, case.task, evidence=[])
    world.verify(case.task, LATER)
    world.approve(case.issue, LATER)
    assert world.issue(case.issue).override_count == 1
    (event,) = world.events(case.issue, "task.waive_evidence")
    assert event.data["reason"] == "涉密，另行存档"


def test_a_submission_says_whether_it_was_in_time(world: World) -> None:
    early, late = world.acknowledged(NOW), world.acknowledged(NOW)
    submit(world, early.task)
    world.submit(late.task, "2026-03-24 09:00")
    said = [world.events(c.issue, "task.submit")[0].data["on_time"] for c in (early, late)]
    assert said == [True, False]
    (todo,) = world.notices("jfj_verifier", kind="todo", issue_id=world.issue(early.issue).id)
    assert todo.facts["todo"] == "verify"


# ------------------------------------------------------------------ roll-up and approval


def test_the_issue_follows_its_tasks_by_itself(world: World) -> None:
    case = world.dispatched(NOW, plans=[Plan("迁移杆线"), Plan("恢复路面")])
    first, second = case.tasks
    seen = [world.issue(case.issue).state]
    for step, task in (
        (world.acknowledge, first), (world.submit, first), (world.verify, first),
        (world.acknowledge, second), (world.submit, second), (world.verify, second),
    ):  # fmt: skip
        step(task, THEN)
        seen.append(world.issue(case.issue).state)
    assert seen == [
        "dispatched", "in_progress", "in_progress", "in_progress", "in_progress", "verifying",
        "approving",
    ]  # fmt: skip
    tags = [e.tag for e in world.events(case.issue) if e.tag.startswith("issue.")]
    assert tags[-3:] == ["issue.start", "issue.await_verification", "issue.await_approval"]
    by_itself = world.events(case.issue, "issue.await_approval")[0]
    assert by_itself.actor_id is None
    assert [n.facts["todo"] for n in world.notices("chief", kind="todo")][-1:] == ["approve"]


def test_a_refused_task_takes_the_issue_back_from_verification(world: World) -> None:
    case = world.submitted(NOW, plans=[Plan("迁移杆线"), Plan("恢复路面")])
    assert world.issue(case.issue).state == "verifying"
    world.do(
        closure.reject_submission, "jfj_verifier", THEN, task=case.tasks[1], opinion="不符",
        requirement=REQUIREMENT, new_due=DUE,
    )  # fmt: skip
    assert world.issue(case.issue).state == "in_progress"
    assert len(world.events(case.issue, "issue.back_to_work")) == 1


def test_closing_tells_everybody_and_stops_every_clock(world: World) -> None:
    case = world.closed(NOW, then=THEN)
    issue, task = world.issue(case.issue), world.task(case.task)
    assert (issue.state, issue.closed_at, issue.approver_id) == (
        "closed", at(THEN), world.people["chief"],
    )  # fmt: skip
    assert (issue.light, task.light, task.next_rung_at) == ("grey", "grey", None)
    told = {n.recipient_id for n in world.notices(kind="closed")}
    assert told == {world.people[u] for u in ("zjj_liaison", "zjj_head", "lucheng_reporter")}
    tick(world.db, at("2026-03-26 12:00"))
    assert [f for f in world.rows(tables.rung_firing) if f.level] == []


def test_approver_verifier_and_handler_are_three_persons(world: World) -> None:
    grant(world, "jfj_verifier", "office_chief")
    case = world.verified(NOW)
    given = {"issue": case.issue, "opinion": "同意销号"}
    codes = world.refused(GuardFailed, closure.approve, "jfj_verifier", THEN, **given)
    assert codes == ["same_person"]
    world.approve(case.issue, THEN)


def major(world: World) -> Case:
    return world.verified(NOW, major=True)


def listed(world: World) -> Case:
    case = world.verified(NOW)
    world.do(
        supervision.set_listed, "director", NOW, issue=case.issue, listed=True, reason="省重大"
    )
    return case


def at_the_meeting(world: World) -> Case:
    case = world.verified(NOW)
    world.do(supervision.coordinate, "chief", NOW, issue=case.issue, level=3, reason="上会")
    return case


def test_weighty_issues_are_the_deputy_director_s_to_close(world: World) -> None:
    for stage in (major, listed, at_the_meeting):
        case = stage(world)
        given: dict[str, Any] = {"issue": case.issue, "opinion": "同意"}
        codes = world.refused(GuardFailed, closure.approve, "chief", THEN, **given)
        assert codes == ["approver_rank"]
        codes = world.refused(
            GuardFailed, closure.reject_closure, "chief", THEN, issue=case.issue, requirement="",
            new_due=at("2026-03-01 17:30"),
        )  # fmt: skip
        assert codes == ["approver_rank", "requirement_short", "deadline_past"]
        assert world.approve(case.issue, THEN, by="director").issue_state == "closed"


def test_an_override_takes_the_deputy_director_and_a_reason_and_is_recorded(
    world: World,
) -> None:
    grant(world, "jfj_verifier", "deputy_director")
    case = world.verified(NOW)
    given = {"issue": case.issue, "opinion": "同意"}
    codes = world.refused(GuardFailed, closure.approve, "jfj_verifier", THEN, **given, override=" ")
    assert codes == ["same_person"]
    world.do(
        closure.approve, "jfj_verifier", THEN, **given, override="班子成员均在外，特批",
    )  # fmt: skip
    (event,) = world.events(case.issue, "issue.approve")
    assert event.data["override"] == "班子成员均在外，特批"
    assert event.data["waived"] == ["approver_is_third_person"]
    assert world.issue(case.issue).override_count == 1


def test_the_chief_s_override_waives_nothing(world: World) -> None:
    grant(world, "jfj_verifier", "office_chief")
    case = world.verified(NOW)
    codes = world.refused(
        GuardFailed, closure.approve, "jfj_verifier", THEN, issue=case.issue, opinion="同意",
        override="特批",
    )  # fmt: skip
    assert codes == ["same_person"]


def test_an_unneeded_override_is_none(world: World) -> None:
    case = world.verified(NOW)
    world.do(
        closure.approve, "director", THEN, issue=case.issue, opinion="同意", override="以防万一"
    )
    (event,) = world.events(case.issue, "issue.approve")
    assert "override" not in event.data
    assert world.issue(case.issue).override_count == 0


def test_a_refused_closure_sends_tasks_back_under_a_new_date(world: World) -> None:
    case = world.verified(NOW, plans=[Plan("迁移杆线"), Plan("恢复路面")])
    given = {"issue": case.issue, "requirement": REQUIREMENT, "new_due": DUE}
    codes = world.refused(
        Malformed, closure.reject_closure, "chief", THEN, **given, tasks=["WT-2026-999999-01"]
    )
    assert codes == ["task_unknown"]
    world.do(closure.reject_closure, "chief", THEN, **given, tasks=case.tasks[:1])
    assert [world.task(t).state for t in case.tasks] == ["in_progress", "verified"]
    assert world.task(case.task).due_at == DUE
    assert world.issue(case.issue).state == "in_progress"
    world.submit(case.task, LATER)
    world.verify(case.task, LATER)
    world.approve(case.issue, LATER)
    assert world.issue(case.issue).state == "closed"
