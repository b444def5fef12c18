"""Who must act now, told from a case file and the definitions alone."""

from __future__ import annotations

from typing import Any

import pytest

from config.policy import parse_policy, shipped_policy
from config.workflow_definition import parse_workflow, shipped_workflow
from workflow.whose_turn import Rules, whose_turn

POLICY = parse_policy(shipped_policy())
RULES = Rules(parse_workflow(shipped_workflow()), POLICY, {})


def case(state: str, *tasks: dict[str, Any], **head: Any) -> dict[str, Any]:
    plain = {
        "state": state, "tasks": list(tasks), "timeline": [], "lookbacks": [],
        "reporter_unit": "路城街道", "major": False, "listed": False, "coordination_level": 1,
    }  # fmt: skip
    return plain | head


def task(state: str, **facts: Any) -> dict[str, Any]:
    plain = {
        "number": "WT-1-01", "state": state, "dispatched_at": "2026-09-28T10:00+08:00",
        "lead_unit": "住建局", "verifier_unit": "经发局", "co_units": [], "requests": [],
        "extension_count": 0,
    }  # fmt: skip
    return plain | facts


def told(given: dict[str, Any]) -> list[tuple[str, str]]:
    """Act and holder, a unit by its name and rights by their codes."""
    return [(turn.act, turn.unit or " ".join(turn.roles)) for turn in whose_turn(given, RULES)]


PLANNED = task("pending_ack", dispatched_at=None)
RUNNING = task("in_progress")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (case("draft"), [("report", "路城街道")]),
        (case("reported"), [("start_triage", "triage_officer")]),
        (case("triaging"), [("plan_task", "triage_officer")]),
        (case("triaging", PLANNED), [("dispatch", "office_chief")]),
        (case("triaging", task("withdrawn")), [("plan_task", "triage_officer")]),
        (case("dispatched", task("pending_ack")), [("acknowledge", "住建局")]),
        (case("in_progress", RUNNING), [("submit", "住建局")]),
        (case("in_progress", RUNNING, RUNNING), [("submit", "住建局")]),
        (
            case("in_progress", RUNNING, PLANNED),
            [("dispatch_more", "office_chief"), ("submit", "住建局")],
        ),
        (case("verifying", task("submitted")), [("verify", "经发局")]),
        (case("approving", task("verified")), [("approve", "office_chief deputy_director")]),
        (case("approving", major=True), [("approve", "deputy_director")]),
        (case("approving", listed=True), [("approve", "deputy_director")]),
        (
            case("approving", coordination_level=POLICY.closure.major_from_level),
            [("approve", "deputy_director")],
        ),
        (case("parked", RUNNING), [("review_park", "office_chief deputy_director")]),
        (case("closed", task("verified")), []),
        (case("closed", lookbacks=[{"state": "planned"}]), []),
        (case("closed", lookbacks=[{"state": "relapse"}]), [("relapse", "office_chief")]),
        (case("rejected"), []),
        (case("merged"), []),
    ],
)
def test_each_state_names_its_holder(given: dict[str, Any], expected: Any) -> None:
    assert told(given) == expected


def test_a_proposed_rejection_is_the_chiefs_until_it_is_sent_back() -> None:
    proposed = [{"tag": "issue.propose_rejection"}]
    assert told(case("reported", timeline=proposed)) == [("reject", "office_chief")]
    settled = [*proposed, {"tag": "issue.send_back"}]
    assert told(case("reported", timeline=settled)) == [("start_triage", "triage_officer")]


@pytest.mark.parametrize(("count", "rank"), [(0, 0), (1, 1), (9, -1)])
def test_an_extension_is_ruled_on_by_rank(count: int, rank: int) -> None:
    request = {"kind": "extension", "state": "open"}
    given = case("in_progress", task("in_progress", requests=[request], extension_count=count))
    assert told(given)[0] == ("rule_extension", POLICY.extension.approvers[rank])


def test_supporting_units_and_open_requests_are_named_beside_the_lead_unit() -> None:
    units = [{"unit": "供电公司", "state": "awaited"}, {"unit": "财政局", "state": "given"}]
    requests = [{"kind": "return", "state": "open"}, {"kind": "park", "state": "refused"}]
    given = case("dispatched", task("pending_ack", co_units=units, requests=requests))
    assert told(given) == [
        ("co_input", "供电公司"), ("rule_return", "office_chief"), ("acknowledge", "住建局"),
    ]  # fmt: skip
