"""Refused forms: every refusal beside its field, and nothing that was typed is lost."""

from __future__ import annotations

from typing import Any

import pytest

from models import tables
from tests.integration import test_commands_rights as rights
from tests.integration.test_commands_rights import NOW, PARTS, acts_of
from tests.integration.test_web_acts import FILE, REASON_ONLY, action_of, form_path, stored
from tests.portal import Portal

pytestmark = pytest.mark.one_database

REFUSED: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "edit": ({"title": "x" * 201}, ("title",)),
    "merge": ({"into": "", "reason": ""}, ("into",)),
    "plan_task": ({"measures": "迁移", "days": "2000"}, ("days",)),
    "amend": ({"days": "5", "due": "2026-03-27"}, ("days",)),
    "acknowledge": ({"responsible_leader": "", "responsible_person": ""},
                    ("responsible_leader", "responsible_person")),
    "progress": ({"text": ""}, ("text",)),
    "add_evidence": ({}, ("evidence",)),
    "co_input": ({"text": " "}, ("text",)),
    "waive_co_input": ({"unit": "gdgs", "reason": ""}, ("reason",)),
    "urge": ({"text": ""}, ("text",)),
    "request_return": ({"reason": "", "basis": ""}, ("reason", "basis")),
    "rule_return": ({"granted": "yes", "opinion": "改派"}, ("reassign_to",)),
    "request_extension": ({"new_due": "2026-03-01", "reason": "", "progress": ""},
                          ("new_due", "reason", "progress")),
    "rule_extension": ({"new_due": "2027-03-01", "opinion": ""}, ("new_due", "opinion")),
    "request_park": ({"reason": "", "review_on": "2027-04-01"}, ("reason", "review_on")),
    "rule_park": ({"granted": "", "opinion": "同意"}, ("granted",)),
    "request_adjustment": ({"reason": ""}, ("problem", "reason")),
    "rule_adjustment": ({"granted": "no", "opinion": ""}, ("opinion",)),
    "decide_prepared": ({"issue_it": "no"}, ("reason",)),
    "coordinate": ({"level": "", "reason": "跨区"}, ("level",)),
    "park": ({"reason": "", "review_on": ""}, ("reason", "review_on")),
    "resume": ({"reason": ""}, ("reason",)),
    "review_park": ({"reason": "", "review_on": "2026-03-01"}, ("reason", "review_on")),
    "submit": ({"result": ""}, ("result", "evidence")),
    "reject_submission": ({"opinion": "", "requirement": "短", "new_due": ""},
                          ("opinion", "requirement", "new_due")),
    "verify": ({"opinion": "", "site_check": ""}, ("opinion", "site_check")),
    "approve": ({"opinion": "同意\x07"}, ("opinion",)),
    "reject_closure": ({"requirement": "短", "new_due": "2026-03-01"},
                       ("requirement", "new_due")),
    "record_lookback": ({"finding": ""}, ("finding",)),
    "relapse": ({"reason": "补充说明", "new_due": "2026-03-01"}, ("new_due",)),
    **{name: ({"reason": ""}, ("reason",)) for name in REASON_ONLY},
}  # fmt: skip
"""What is wrong in a form, and the fields beside which that is said."""


@pytest.mark.parametrize("part", PARTS)
def test_a_refusal_stands_beside_its_field_and_the_entry_is_kept(portal: Portal, part: str) -> None:
    world = portal.world
    for act in [a for a in acts_of(part) if action_of(a).rule in REFUSED]:
        case = act.stage(world)
        path = form_path(world, act, case)
        values, wrong = REFUSED[action_of(act).rule]
        events = world.events(case.issue)
        answer = portal.at(act.now).sign_in(act.by).fill(path, values)
        assert answer.status in (409, 422), (act.tag, answer.status)
        assert world.events(case.issue) == events
        for name in wrong:
            assert f'id="f-{name}-error"' in answer.text, (act.tag, name, answer.words)
        for name, value in values.items():
            assert answer.form().first(name) == value, (act.tag, name)


def test_an_entry_that_nobody_can_read_is_refused_beside_its_field(portal: Portal) -> None:
    case = rights.running(portal.world)
    portal.at("2026-03-02 11:00")
    answer = portal.sign_in("zjj_head").fill(
        f"/tasks/{case.task}/do/request-extension", {"new_due": "morgen", "reason": "雨"}
    )
    assert answer.status == 422
    assert 'id="f-new_due-error"' in answer.text
    assert answer.form().first("reason") == "雨"


def test_a_form_without_its_version_is_refused(portal: Portal) -> None:
    case = rights.running(portal.world)
    browser = portal.at("2026-03-02 11:00").sign_in("zjj_head")
    for version in ("", "none", "²", "99999999999"):
        sent = browser.send(f"/tasks/{case.task}/do/progress", {"text": "好", "version": version})
        assert sent.status == 422


def test_a_form_that_the_rules_do_not_allow_says_why_and_has_no_button(portal: Portal) -> None:
    case = rights.shared(portal.world)  # a supporting unit has not answered yet
    browser = portal.at("2026-03-02 11:00").sign_in("zjj_head")
    page = browser.page(f"/tasks/{case.task}/do/submit")
    assert "供电公司" in page.words
    assert page.form().buttons == [] and "result" not in page.form().names
    sent = browser.send(
        f"/tasks/{case.task}/do/submit",
        {"result": "完成", "version": page.form().first("version"), "evidence_kind_0": "document"},
        [FILE],
    )
    assert sent.status == 409
    assert not list(stored(portal))


def test_what_may_be_waived_is_done_with_a_reason(portal: Portal) -> None:
    world = portal.world
    case = rights.running(world)
    portal.at(NOW)
    portal.sign_in("director").fill(
        f"/tasks/{case.task}/do/waive-evidence", {"reason": "材料已归档"}
    )
    portal.sign_in("zjj_head").fill(f"/tasks/{case.task}/do/submit", {"result": "完成"})
    world.verify(case.task, NOW)
    director, path = portal.sign_in("director"), f"/issues/{case.issue}/do/approve"
    assert "override" in director.page(path).form().names  # who waived is not a third person
    assert director.fill(path, {"opinion": "同意"}).status == 409
    assert director.fill(path, {"opinion": "同意", "override": "已向主要领导报告"}).status == 303
    assert world.issue(case.issue).override_count == 2
    assert "override" not in portal.sign_in("chief").page(f"/issues/{case.issue}").text


def test_an_unknown_act_and_a_number_of_the_other_kind_are_not_found(portal: Portal) -> None:
    case = rights.running(portal.world)
    chief = portal.at(NOW).sign_in("chief")
    for path in (
        f"/issues/{case.issue}/do/nothing",
        f"/issues/{case.task}/do/park",
        f"/tasks/{case.issue}/do/urge",
        f"/tasks/{case.task}/do/decide",
        f"/tasks/{case.task}/do/decide?prepared=99",
        f"/tasks/{case.task}/do/urge?prepared=1",
        "/tasks/WT-2026-999999-01/do/urge",
        "/tasks/WT-2026-999999-01/evidence",
    ):
        chief.page(path, 404)


def test_one_task_is_not_touched_through_anothers_prepared_step(portal: Portal) -> None:
    world = portal.world
    step_case = rights.step_prepared(world)
    step = world.rows(tables.prepared_action)[0]
    other = rights.running(world)
    portal.at("2026-03-26 10:00")
    portal.sign_in("chief").page(f"/tasks/{other.task}/do/decide?prepared={step.id}", 404)
    portal.sign_in("chief").page(f"/tasks/{step_case.task}/do/decide?prepared={step.id}")
