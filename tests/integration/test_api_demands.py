"""The API's demands: platforms hand in, the office acts, others are refused."""

from __future__ import annotations

import pytest

from tests.api import program
from tests.demands import TEXT, filed, finish, row, taken_up
from tests.portal import Portal
from tests.world import LINES
from workflow import sources

pytestmark = pytest.mark.one_database

MORNING = "2026-09-28 10:00"
BODY = {
    "source": "yqlai", "source_id": "7", "enterprise": "某机械公司", "contact": "张工",
    "phone": "0519-88880000", "text": TEXT, "board": "lucheng",
}  # fmt: skip


def platform(portal: Portal) -> None:
    portal.at(MORNING).world.do(
        sources.register, "sysadmin", MORNING,
        code="yqlai", name="一企来", person="jfj_reporter", callback_url="", secret_name="",
    )  # fmt: skip


def test_a_platform_hands_a_demand_in_once(portal: Portal) -> None:
    platform(portal)
    theirs = program(portal, "jfj_reporter", ("intake",))
    first = theirs.post("/demands", BODY, 201)
    again = theirs.post("/demands", BODY)
    assert (first["created"], again["created"]) == (True, False)
    assert again["number"] == first["number"] and again["address"] is None
    secret = first["address"].rpartition("/")[2]
    assert portal.anonymous().page(f"/enterprise/{secret}").status == 200
    assert program(portal, "jfj_reporter", ("read", "write")).codes(
        "POST", "/demands", 403, json=BODY
    )
    other = program(portal, "zjj_reporter", ("intake",))
    assert other.codes("POST", "/demands", 404, json=BODY) == ["source_unknown"]


def test_what_is_wrong_is_named(portal: Portal) -> None:
    platform(portal)
    theirs = program(portal, "jfj_reporter", ("intake",))
    wrong = BODY | {"credit_code": "91350100M000100Y44", "phone": "x"}
    codes = theirs.codes("POST", "/demands", 422, json=wrong)
    assert codes == ["credit_code_malformed", "phone_malformed"]
    answer = theirs.call("POST", "/demands", json=BODY | {"text": " "})
    assert [(r["field"], r["code"]) for r in answer.json()["reasons"]] == [
        ("text", "text_malformed")
    ]


def test_the_office_reads_and_acts_with_versions_and_keys(portal: Portal) -> None:
    one = filed(portal.at(MORNING).world, MORNING)
    triage = program(portal, "triage")
    path = f"/demands/{one.number}"
    shown = triage.get(path)
    assert shown["state"] == "received" and shown["suggestions"][0]["category"] == LINES
    body = {"category": LINES}
    seen = {"If-Match": '"9"'}
    assert triage.codes("POST", f"{path}/take-up", 412, json=body, headers=seen) == ["stale"]
    key = {"Idempotency-Key": "a-1", "If-Match": '"1"'}
    done = triage.post(f"{path}/take-up", body, headers=key)
    assert triage.post(f"{path}/take-up", body, headers=key) == done
    assert row(portal.world, one.number).version == done["version"] == 2
    again = filed(portal.world, MORNING)
    linked = triage.post(f"/demands/{again.number}/link", {"issue": done["issue"]})
    assert linked["state"] == "taken_up"
    page = triage.get("/demands?view=repeats&board=lucheng&month=2026-09&limit=1")
    assert [item["number"] for item in page["items"]] == [again.number]
    assert triage.get("/demands?limit=1")["next_page"] == 2
    address = triage.post(f"{path}/address")["address"]
    assert portal.anonymous().page("/enterprise/" + address.rpartition("/")[2]).status == 200


def test_answers_and_refusals_reach_the_enterprise(portal: Portal) -> None:
    world = portal.at(MORNING).world
    question, other = filed(world, MORNING), filed(world, MORNING)
    chief = program(portal, "chief")
    chief.post(f"/demands/{question.number}/answer", {"text": "请到窗口办理。"})
    chief.post(f"/demands/{other.number}/decline", {"reason": "属于合同纠纷。"})
    states = [row(world, one.number).state for one in (question, other)]
    assert states == ["answered", "declined"]


def test_the_list_settles_first_what_a_closure_has_answered(portal: Portal) -> None:
    one, issue = taken_up(portal.at(MORNING).world, MORNING)
    finish(portal.world, issue, "2026-09-28 11:00")
    portal.at("2026-09-28 12:00")
    found = program(portal, "triage").get("/demands?view=answered")["items"]
    assert [(each["number"], each["state"]) for each in found] == [(one.number, "answered")]


def test_outsiders_are_told_that_there_is_none(portal: Portal) -> None:
    one, _issue = taken_up(portal.at(MORNING).world, MORNING)
    for name in ("henglin_head", "zjj_head", "sysadmin"):
        theirs = program(portal, name)
        theirs.get(f"/demands/{one.number}", 404)
        assert theirs.get("/demands")["total"] == 0
        theirs.codes("POST", f"/demands/{one.number}/decline", 404, json={"reason": "不受理"})
    board = program(portal, "lucheng_head")
    assert board.get("/demands")["total"] == 1
    assert board.get(f"/demands/{one.number}")["like"] == []
    board.codes("POST", f"/demands/{one.number}/decline", 403, json={"reason": "不受理"})
