"""What the forms mark as needed is needed: an approval has its opinion, a relapse its reason."""

from __future__ import annotations

import pytest

from config.workflow_definition import parse_workflow, shipped_workflow
from tests.api import program
from tests.portal import Portal
from tests.world import World, at
from web.actions import ACTIONS
from workflow.commands import closure, lookbacks
from workflow.errors import GuardFailed

NOW, THEN = "2026-09-28 09:00", "2026-09-28 10:00"
GUARDS = {"opinion": "opinion_given", "reason": "reason_given"}


@pytest.mark.parametrize("opinion", ["", "   \n"])
def test_a_closure_is_not_approved_without_an_opinion(world: World, opinion: str) -> None:
    case = world.verified(NOW)
    codes = world.refused(
        GuardFailed, closure.approve, "chief", THEN, issue=case.issue, opinion=opinion
    )
    assert codes == ["opinion_missing"]
    assert world.issue(case.issue).state == "approving"
    world.do(closure.approve, "chief", THEN, issue=case.issue, opinion="同意销号")
    assert world.issue(case.issue).state == "closed"


def test_an_override_is_no_opinion(world: World) -> None:
    case = world.verified(NOW)
    codes = world.refused(
        GuardFailed, closure.approve, "director", THEN, issue=case.issue, opinion="",
        override="特批",
    )  # fmt: skip
    assert codes == ["opinion_missing"]


def test_a_relapse_is_not_confirmed_without_a_reason(world: World) -> None:
    case = world.closed(NOW)
    found = {"issue": case.issue, "finding": "杆线又被架回", "relapse": True}
    world.do(lookbacks.record_lookback, "inspector", THEN, **found)
    given = {"issue": case.issue, "new_due": at("2026-10-20 17:30")}
    codes = world.refused(GuardFailed, lookbacks.relapse, "chief", THEN, **given, reason=" ")
    assert codes == ["reason_missing"]
    assert world.issue(case.issue).state == "closed"


def test_form_and_api_name_the_missing_opinion(portal: Portal) -> None:
    case = portal.world.verified(NOW)
    shown = portal.at(THEN).sign_in("chief").fill(f"/issues/{case.issue}/do/approve")
    assert shown.status == 409
    assert 'id="f-opinion-error"' in shown.text
    chief = program(portal, "chief")
    assert chief.codes("POST", f"/issues/{case.issue}/approve", 409, json={"opinion": ""}) == [
        "opinion_missing"
    ]


def test_every_opinion_and_reason_that_a_form_marks_as_needed_has_its_guard() -> None:
    definition = parse_workflow(shipped_workflow())
    checked = 0
    for action in ACTIONS:
        machine = definition.machine(action.subject)
        named = {r.name: r for r in machine.transitions} | {r.name: r for r in machine.acts}
        rule = named[action.rule]
        for one in action.fields:
            if one.name in GUARDS and not one.optional:
                assert GUARDS[one.name] in rule.guards, (action.name, one.name)
                checked += 1
    assert checked > 20
