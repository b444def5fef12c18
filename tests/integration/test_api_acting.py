"""Acting by API: the whole loop, the portal's refusals, versions, keys that make repeats safe."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api import program
from tests.portal import Portal, opened
from tests.world import LINES, World
from web.actions import ACTIONS

REPORT = {
    "title": "10千伏杆线影响施工",
    "description": "地块北侧10千伏杆线需迁移",
    "category": LINES,
    "no_project_reason": "片区共性问题",
    "board": "lucheng",
}
MORNING = "2026-09-28 09:00"


@pytest.fixture
def portal(world: World, tmp_path: Path) -> Iterator[Portal]:
    with opened(world, tmp_path, MORNING) as found:
        yield found


def test_one_issue_goes_from_report_to_closure(portal: Portal) -> None:
    done = program(portal, "lucheng_reporter").post("/issues", REPORT, 201)
    issue = done["issue_number"]
    assert done["issue_state"] == "reported"
    triage, chief = program(portal, "triage"), program(portal, "chief")
    triage.post(f"/issues/{issue}/triage")
    planned = triage.post(f"/issues/{issue}/plan-task", {"measures": "迁移杆线"})
    task = planned["task_number"]
    assert chief.post(f"/issues/{issue}/dispatch")["issue_state"] == "dispatched"
    assert chief.get(f"/tasks/{task}")["due_at"].startswith("2026-10-")
    receipt = {"responsible_leader": "zjj_deputy", "responsible_person": "zjj_handler"}
    program(portal, "zjj_liaison").post(f"/tasks/{task}/acknowledge", receipt)
    program(portal, "zjj_liaison").post(f"/tasks/{task}/progress", {"text": "已完成踏勘"})
    program(portal, "zjj_head").post(
        f"/tasks/{task}/submit",
        {"result": "已完成", "evidence": [{"kind": "document", "name": "验收单"}]},
    )
    program(portal, "jfj_verifier").post(
        f"/tasks/{task}/verify", {"opinion": "属实", "site_check": "已到现场"}
    )
    closed = chief.post(f"/issues/{issue}/approve", {"opinion": "同意销号"})
    assert closed["issue_state"] == "closed"
    history = chief.get(f"/issues/{issue}/timeline")["items"]
    assert [e["actor"] for e in history if e["tag"] == "issue.approve"] == ["钱永年"]


def test_every_action_of_the_catalogue_has_its_endpoint(portal: Portal) -> None:
    paths = program(portal).get("/openapi.json")["paths"]
    for action in ACTIONS:
        path = f"/api/v1/{action.subject}s/{{number}}/{action.name}"
        if action.rule == "decide_prepared":
            path = "/api/v1/prepared/{id}/decide"
        assert paths[path]["post"]["summary"] == action.title


# ------------------------------------------------------------------ the portal's refusals


def test_what_is_missing_is_told_by_field_and_remedy(portal: Portal) -> None:
    answer = program(portal, "lucheng_reporter").call(
        "POST", "/issues", json=REPORT | {"title": " "}
    )
    told = answer.json()
    assert answer.status_code == 422
    assert {r["field"] for r in told["reasons"]} == {"title"}
    assert all(r["code"] and r["message"] and r["remedy"] for r in told["reasons"])


def test_a_guard_says_the_same_here_and_in_the_portal(portal: Portal) -> None:
    case = portal.world.acknowledged(MORNING)
    sent = {"new_due": "2026-01-05", "reason": "", "progress": ""}
    address = f"/tasks/{case.task}/request-extension"
    chinese = {"accept-language": "zh-CN"}
    answer = program(portal, "zjj_head").call("POST", address, json=sent, headers=chinese)
    assert answer.status_code == 409
    page = portal.sign_in("zjj_head").fill(f"/tasks/{case.task}/do/request-extension", sent)
    assert page.status == 409
    reasons = answer.json()["reasons"]
    assert {r["code"] for r in reasons} >= {"reason_missing", "progress_missing"}
    for reason in reasons:
        assert reason["message"] in page.words and reason["remedy"] in page.words


@pytest.mark.parametrize("level", ["2", 2, "L2"])
def test_a_coordination_level_is_taken_as_it_is_read(portal: Portal, level: Any) -> None:
    case = portal.world.acknowledged(MORNING)
    chief = program(portal, "chief")
    chief.post(f"/issues/{case.issue}/coordinate", {"level": level, "reason": "跨部门"})
    assert chief.get(f"/issues/{case.issue}")["coordination_level"] == 2
    for wrong in (9, "L9", True):
        sent = {"level": wrong, "reason": "x"}
        answer = chief.call("POST", f"/issues/{case.issue}/coordinate", json=sent)
        assert answer.status_code == 422


@pytest.mark.parametrize(
    ("path", "body", "codes"),
    [
        ("/tasks/{task}/rule-extension", {}, ["granted_missing"]),
        ("/issues/{issue}/coordinate", {"level": "9"}, ["level_malformed"]),
        ("/issues/{issue}/park", {"reason": "x", "review_on": "soon"}, ["review_on_malformed"]),
        ("/tasks/{task}/urge", {"text": "a\0b"}, ["text_malformed"]),
        ("/tasks/{task}/withdraw-request", {"kind": "holiday"}, ["kind_malformed"]),
    ],
)
def test_what_cannot_even_be_asked_is_told_by_field(
    portal: Portal, path: str, body: dict[str, Any], codes: list[str]
) -> None:
    case = portal.world.acknowledged(MORNING)
    address = path.format(task=case.task, issue=case.issue)
    found = program(portal, "chief").call("POST", address, json=body)
    assert (found.status_code, [r["code"] for r in found.json()["reasons"]]) == (422, codes)
    assert all(r["field"] in codes[0] and r["remedy"] for r in found.json()["reasons"])


def test_a_refusal_names_the_field_that_was_sent_whatever_the_engine_calls_it(
    portal: Portal,
) -> None:
    case = portal.world.acknowledged(MORNING)
    asked = {"new_due": "2020-01-01", "reason": "管线未定", "progress": "已对接"}
    later = program(portal, "zjj_head").call(
        "POST", f"/tasks/{case.task}/request-extension", json=asked
    )
    assert {r["field"] for r in later.json()["reasons"]} == {"new_due"}
    program(portal, "zjj_head").post(
        f"/tasks/{case.task}/request-return", {"reason": "不属职责", "basis": "三定方案"}
    )
    ruled = program(portal, "chief").call(
        "POST", f"/tasks/{case.task}/rule-return", json={"granted": True, "opinion": "同意"}
    )
    assert [r["field"] for r in ruled.json()["reasons"]] == ["reassign_to"]


@pytest.mark.parametrize("urgent", [7, ["yes"], {"yes": True}])
def test_a_field_that_takes_words_or_truth_is_refused_once_by_its_own_name(
    portal: Portal, urgent: Any
) -> None:
    answer = program(portal, "chief").call("POST", "/issues", json=REPORT | {"urgent": urgent})
    assert answer.status_code == 422
    assert [r["field"] for r in answer.json()["reasons"]] == ["urgent"]


def test_an_unknown_field_is_refused_by_name(portal: Portal) -> None:
    answer = program(portal, "chief").call("POST", "/issues", json=REPORT | {"colour": "red"})
    assert answer.status_code == 422
    assert [r["field"] for r in answer.json()["reasons"]] == ["colour"]


def test_an_outsider_is_told_that_there_is_no_such_issue(portal: Portal) -> None:
    case = portal.world.acknowledged(MORNING)
    outsider = program(portal, "henglin_head")
    paths = (
        ("GET", f"/issues/{case.issue}"), ("GET", f"/issues/{case.issue}/timeline"),
        ("GET", f"/issues/{case.issue}/offers"), ("GET", f"/tasks/{case.task}"),
        ("POST", f"/issues/{case.issue}/park"), ("POST", f"/tasks/{case.task}/progress"),
    )  # fmt: skip
    unknown = ("GET", "/issues/WT-2026-999999")
    seen = outsider.call(*unknown).json()["code"]
    for method, path in paths:
        body = (
            {"reason": "x", "review_on": "2026-11-02"} if path.endswith("park") else {"text": "x"}
        )
        answer = outsider.call(method, path, json=body if method == "POST" else None)
        assert (answer.status_code, answer.json()["code"]) == (404, seen), path
    assert outsider.get("/issues")["items"] == []


def test_administrators_and_auditors_see_no_business(portal: Portal) -> None:
    case = portal.world.acknowledged(MORNING)
    for username in ("sysadmin", "secadmin", "auditor"):
        caller = program(portal, username)
        assert caller.get("/issues")["total"] == 0
        assert caller.codes("GET", f"/issues/{case.issue}", 404)


def test_who_sees_it_but_may_not_do_it_gets_403_and_nothing_changes(portal: Portal) -> None:
    case = portal.world.verified(MORNING)
    before = portal.world.dump()
    inspector = program(portal, "inspector", ("write",))
    codes = inspector.codes("POST", f"/issues/{case.issue}/approve", 403, json={"opinion": "好"})
    assert codes == ["not_allowed"]
    after = portal.world.dump()
    for ignored in ("api_token", "event", "chain_head"):
        before.pop(ignored), after.pop(ignored)
    assert after == before


def test_only_own_requests_are_offered_for_ruling(portal: Portal) -> None:
    case = portal.world.acknowledged(MORNING)
    program(portal, "zjj_head").post(
        f"/tasks/{case.task}/request-extension",
        {"new_due": "2026-10-30", "reason": "管线未迁", "progress": "六成"},
    )
    found = program(portal, "chief").get("/requests")["items"]
    assert [(r["task"], r["kind"], r["issue"]) for r in found] == [
        (case.task, "extension", case.issue)
    ]
    assert program(portal, "zjj_head").get("/requests")["items"] == []
    version = found[0]["version"]
    done = program(portal, "chief").post(
        f"/tasks/{case.task}/rule-extension",
        {"granted": "yes", "opinion": "同意", "new_due": "2026-10-29"},
        headers={"if-match": f'"{version}"'},
    )
    assert done["due_at"].startswith("2026-10-29T17:30")


# ------------------------------------------------------------------ versions


def test_a_stale_if_match_is_412_and_says_who_changed_what(portal: Portal) -> None:
    case = portal.world.acknowledged(MORNING)
    zjj = program(portal, "zjj_liaison")
    seen = zjj.call("GET", f"/tasks/{case.task}").headers["etag"]
    first = zjj.call(
        "POST", f"/tasks/{case.task}/progress", json={"text": "一"}, headers={"if-match": seen}
    )
    assert first.status_code == 200 and first.headers["etag"] != seen
    late = zjj.call(
        "POST", f"/tasks/{case.task}/progress", json={"text": "二"}, headers={"if-match": seen}
    )
    assert (late.status_code, late.json()["code"]) == (412, "stale_version")
    assert "孙敏" in late.json()["reasons"][0]["message"]
    again = zjj.call("GET", f"/tasks/{case.task}").headers["etag"]
    assert again == first.headers["etag"]
    zjj.post(f"/tasks/{case.task}/progress", {"text": "二"}, headers={"if-match": again})
    zjj.post(f"/tasks/{case.task}/progress", {"text": "三"}, headers={"if-match": "*"})
    zjj.post(f"/tasks/{case.task}/progress", {"text": "四"})


def test_an_issues_etag_is_its_version(portal: Portal) -> None:
    number = portal.world.reported(MORNING)
    triage = program(portal, "triage")
    answer = triage.call("GET", f"/issues/{number}")
    assert answer.headers["etag"] == f'"{answer.json()["version"]}"'
    wrong = {"if-match": '"99"'}
    assert triage.codes("POST", f"/issues/{number}/triage", 412, headers=wrong)
    done = triage.call(
        "POST", f"/issues/{number}/triage", headers={"if-match": answer.headers["etag"]}
    )
    assert done.headers["etag"] == f'"{done.json()["issue_version"]}"'


@pytest.mark.parametrize("tag", ["3", 'W/"3"', '"x"', '"1", "2"'])
def test_an_if_match_that_is_none_of_ours_is_refused(portal: Portal, tag: str) -> None:
    number = portal.world.reported(MORNING)
    codes = program(portal, "triage").codes(
        "POST", f"/issues/{number}/triage", 422, headers={"if-match": tag}
    )
    assert codes == ["if_match_malformed"]
