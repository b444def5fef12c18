"""What waits for whom, and what the figures remember of it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from models import tables
from models.queries.ledger import page
from models.queries.todos import todos
from models.queries.waiting import KINDS
from tests.integration.test_statistics import asking
from tests.world import World, at
from workflow.commands import (
    assignment,
    closure,
    extensions,
    lookbacks,
    parking,
)
from workflow.commands.breakdown import Plan
from workflow.sweep import tick


def waits(world: World, username: str, now: Any) -> dict[str, list[str]]:
    """Kinds of to-do with something in them; the list must agree with the count."""
    moment: datetime = at(now) if isinstance(now, str) else now
    with asking(world.db, username) as (s, actor):
        found = todos(s, actor, moment, limit=50)
        for todo in found:
            listed = page(s, actor, todo.wanted, now=moment)
            assert listed.total == todo.count == len(todo.rows)
            assert {r.issue.id for r in listed.rows} == {r.issue.id for r in todo.rows}
    return {t.kind: [r.issue.number for r in t.rows] for t in found if t.count}


def test_to_dos_come_in_order_of_urgency(world: World) -> None:
    with asking(world.db, "zjj_head") as (s, actor):
        kinds = [todo.kind for todo in todos(s, actor, at("2026-09-28 10:00"))]
    assert kinds == [kind for kind in KINDS if kind in kinds]
    assert kinds[:3] == ["overdue", "redo", "acknowledge"]


def test_an_issue_waits_for_one_after_the_other(world: World) -> None:
    draft = world.reported("2026-09-28 09:00")
    assert waits(world, "triage", "2026-09-28 09:01") == {"triage": [draft]}
    assert waits(world, "chief", "2026-09-28 09:01") == {}
    case = world.planned("2026-09-28 10:00")
    assert waits(world, "chief", "2026-09-28 10:01") == {"dispatch": [case.issue]}
    world.do(assignment.dispatch, "chief", "2026-09-28 10:02", issue=case.issue)
    for username in ("zjj_liaison", "zjj_head"):
        assert waits(world, username, "2026-09-28 10:03") == {"acknowledge": [case.issue]}
    for username in ("czj_head", "zjj_handler", "principal", "zjj_verifier"):
        assert waits(world, username, "2026-09-28 10:03") == {}
    world.acknowledge(case.task, "2026-09-28 10:04")
    assert waits(world, "zjj_head", "2026-09-28 10:05") == {"in_hand": [case.issue]}
    world.submit(case.task, "2026-09-28 10:06")
    assert waits(world, "zjj_head", "2026-09-28 10:07") == {}
    assert waits(world, "jfj_verifier", "2026-09-28 10:07") == {"verify": [case.issue]}
    assert waits(world, "spj_verifier", "2026-09-28 10:07") == {}
    world.verify(case.task, "2026-09-28 10:08")
    for username in ("chief", "director"):
        assert waits(world, username, "2026-09-28 10:09") == {"approve": [case.issue]}
    world.approve(case.issue, "2026-09-28 10:10")
    assert waits(world, "chief", "2026-09-28 10:11") == {}


def test_a_weighty_issue_waits_for_the_deputy_director_alone(world: World) -> None:
    case = world.verified("2026-09-28 10:00", major=True)
    assert waits(world, "director", "2026-09-28 10:01") == {"approve": [case.issue]}
    assert waits(world, "chief", "2026-09-28 10:01") == {}


def test_whoever_waived_the_evidence_is_not_asked_to_approve(world: World) -> None:
    case = world.acknowledged("2026-09-28 10:00", major=True)
    other = world.verified("2026-09-28 10:00", major=True)
    world.do(
        closure.waive_evidence, "director", "2026-09-28 10:01", task=case.task, reason="现场已核"
    )
    world.submit(case.task, "2026-09-28 10:02")
    world.verify(case.task, "2026-09-28 10:03")
    assert waits(world, "director", "2026-09-28 10:04") == {"approve": [other.issue]}
    assert world.issue(case.issue).state == "approving"


def test_what_was_refused_waits_for_its_unit_again(world: World) -> None:
    case, other = world.submitted("2026-09-28 10:00"), world.acknowledged("2026-09-28 10:00")
    asked = {"requirement": "请补齐全部验收材料并重新报送", "new_due": at("2026-11-20 17:30")}
    world.do(
        closure.reject_submission, "jfj_verifier", "2026-09-28 10:01",
        task=case.task, opinion="不符", **asked,
    )  # fmt: skip
    again = {"redo": [case.issue], "in_hand": [other.issue]}
    for username in ("zjj_head", "zjj_liaison"):
        assert waits(world, username, "2026-09-28 10:02") == again
    for username in ("czj_head", "zjj_handler", "zjj_verifier", "chief"):
        assert waits(world, username, "2026-09-28 10:02") == {}
    world.submit(case.task, "2026-09-28 10:03")
    assert waits(world, "zjj_head", "2026-09-28 10:04") == {"in_hand": [other.issue]}
    world.verify(case.task, "2026-09-28 10:05")
    world.do(closure.reject_closure, "chief", "2026-09-28 10:06", issue=case.issue, **asked)
    assert waits(world, "zjj_head", "2026-09-28 10:07") == again


def test_a_parked_task_waits_for_nobody_in_its_unit(world: World) -> None:
    case = world.acknowledged("2026-09-28 10:00")
    world.do(
        parking.park, "chief", "2026-09-28 10:01",
        issue=case.issue, reason="等待批文", review_on=date(2026, 10, 20),
    )  # fmt: skip
    assert waits(world, "zjj_head", "2026-09-28 10:02") == {}


def test_a_relapse_waits_for_the_units_whose_tasks_run_again(world: World) -> None:
    case = world.closed("2026-03-02 10:00", plans=[Plan("迁移杆线"), Plan("恢复路面")])
    found = {"issue": case.issue, "finding": "杆线又妨碍施工", "relapse": True}
    world.do(lookbacks.record_lookback, "inspector", "2026-03-20 10:00", **found)
    world.do(
        lookbacks.relapse, "chief", "2026-03-20 11:00", issue=case.issue, reason="确属反弹",
        new_due=at("2026-04-20 17:30"), tasks=[case.tasks[0]],
    )  # fmt: skip
    assert waits(world, "zjj_head", "2026-03-20 12:00") == {"redo": [case.issue]}
    world.submit(case.tasks[0], "2026-03-21 10:00")
    assert waits(world, "zjj_head", "2026-03-21 11:00") == {}


def test_deadlines_come_nearer_and_pass(world: World) -> None:
    case = world.acknowledged("2026-09-28 10:00")
    due = world.task(case.task).due_at
    tick(world.db, due - timedelta(hours=3))
    hand = {"in_hand": [case.issue]}
    assert waits(world, "zjj_head", due - timedelta(hours=3)) == hand | {"due_soon": [case.issue]}
    assert waits(world, "zjj_head", due) == hand | {"due_soon": [case.issue]}
    late = hand | {"overdue": [case.issue]}
    assert waits(world, "zjj_head", due + timedelta(seconds=1)) == late
    later = due + timedelta(days=60)
    tick(world.db, later)
    assert waits(world, "director", later)["decide"] == [case.issue]
    assert "decide" not in waits(world, "zjj_head", later)


def test_a_request_waits_for_the_rank_that_decides_it(world: World) -> None:
    case = world.acknowledged("2026-09-28 10:00")
    due = world.task(case.task).due_at
    for n, ruler in enumerate(("chief", "director")):
        asked = at("2026-09-29 10:00") + timedelta(hours=n)
        world.do(
            extensions.request_extension, "zjj_head", asked, task=case.task,
            new_due=due + timedelta(days=2 * (n + 1)), reason="产权单位排期", progress="已进场",
        )  # fmt: skip
        others = {"chief", "director", "triage", "zjj_head"} - {ruler}
        assert waits(world, ruler, asked)["rule"] == [case.issue]
        assert all("rule" not in waits(world, other, asked) for other in others)
        world.do(
            extensions.rule_extension, ruler, asked + timedelta(minutes=5),
            task=case.task, granted=True, opinion="同意",
        )  # fmt: skip
        assert "rule" not in waits(world, ruler, asked + timedelta(minutes=6))


def test_a_look_back_waits_for_the_inspector_and_a_relapse_for_the_chief(world: World) -> None:
    case = world.verified("2026-03-02 10:00", major=True)
    world.approve(case.issue, "2026-03-02 11:00", by="director")
    (first, _second) = world.rows(tables.lookback)
    assert waits(world, "inspector", first.due_at - timedelta(minutes=1)) == {}
    assert waits(world, "inspector", first.due_at) == {"lookback": [case.issue]}
    world.do(
        lookbacks.record_lookback, "inspector", first.due_at,
        issue=case.issue, finding="杆线又妨碍施工", relapse=True,
    )  # fmt: skip
    assert waits(world, "inspector", first.due_at) == {}
    assert waits(world, "chief", first.due_at) == {"confirm_relapse": [case.issue]}


def test_a_unit_is_asked_for_its_input_as_a_supporting_unit(world: World) -> None:
    case = world.dispatched(
        "2026-09-28 10:00", plans=[Plan("协调产权单位迁移杆线", co_units=("gdgs",))]
    )
    assert waits(world, "gdgs_liaison", "2026-09-28 10:01") == {"co_input": [case.issue]}
    assert waits(world, "gdgs_reporter", "2026-09-28 10:01") == {}
    assert "co_input" not in waits(world, "czj_liaison", "2026-09-28 10:01")
