"""Demands on the portal: strangers file and follow theirs, the office works on all of them."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from sqlalchemy import select

from models import tables
from projects.demands import deciding, feedback
from tests.demands import TEXT, filed, finish, hand_over, reject, row, taken_up
from tests.files import picture
from tests.portal import Browser, Page, Portal
from tests.statements import asked_of
from tests.world import LINES, moment
from web.limits import Buckets

pytestmark = pytest.mark.one_database

MORNING = "2026-09-28 10:00"
LATER = "2026-10-12 10:00"
ENTRY = {
    "enterprise": "常州某精密机械有限公司", "contact": "张工", "phone": "0519-88880000",
    "board": "lucheng", "body": TEXT,
}  # fmt: skip


@pytest.fixture
def stranger(portal: Portal) -> Browser:
    """Somebody of an enterprise, who has no account."""
    return portal.at(MORNING).anonymous()


def secret_of(answer: Page) -> str:
    assert answer.status == 303, answer.words[:500]
    return answer.location.removeprefix("/enterprise/").partition("?")[0]


def demands(portal: Portal) -> list[Any]:
    with portal.world.db.read() as s:
        return list(s.execute(select(tables.demand)))


# ------------------------------------------------------------ strangers


def test_an_enterprise_files_and_follows_without_signing_in(
    portal: Portal, stranger: Browser
) -> None:
    answer = stranger.fill("/enterprise", ENTRY, form="/enterprise")
    shown = stranger.page(answer.location)
    (one,) = demands(portal)
    assert one.number in shown.words and f"/enterprise/{secret_of(answer)}" in shown.words
    assert (one.enterprise, one.board_id) == (
        ENTRY["enterprise"], portal.world.units["lucheng"],
    )  # fmt: skip
    again = stranger.page(f"/enterprise/{secret_of(answer)}")
    assert secret_of(answer) not in again.words
    assert "0519" not in again.words and "张工" not in again.words
    assert again.response.headers["referrer-policy"] == "same-origin"
    assert "noindex" in again.response.headers["x-robots-tag"]


def test_the_same_form_sent_twice_leads_to_the_same_page(portal: Portal, stranger: Browser) -> None:
    shown = stranger.page("/enterprise").form("/enterprise")
    sent = {**shown.values, **ENTRY}
    first, again = (stranger.post("/enterprise", sent) for _n in range(2))
    assert first.location == again.location
    assert len(demands(portal)) == 1


def test_wrong_fields_are_named_and_what_was_typed_stays(portal: Portal, stranger: Browser) -> None:
    answer = stranger.fill(
        "/enterprise", {**ENTRY, "credit_code": "91350100M000100Y44"}, form="/enterprise"
    )
    assert answer.status == 422
    assert answer.form("/enterprise").first("body") == TEXT
    assert 'aria-invalid="true"' in answer.text
    assert demands(portal) == []


def test_a_file_is_looked_at_and_goes_to_who_may_see_the_demand(
    portal: Portal, stranger: Browser
) -> None:
    upload = ("file", ("现场.png", picture("PNG"), "image/png"))
    stranger.fill("/enterprise", ENTRY, [upload], form="/enterprise")
    (one,) = demands(portal)
    page = portal.sign_in("triage").page(f"/demands/{one.number}")
    (path,) = [link for link in page.links if "/files/" in link]
    saved = portal.sign_in("lucheng_head").get(path)
    assert saved.status_code == 200 and saved.headers["content-type"] == "image/png"
    assert saved.headers["content-disposition"].startswith("attachment")
    assert portal.sign_in("zjj_head").get(path).status_code == 404
    assert stranger.get(path).status_code == 303
    bad = ("file", ("现场.png", b"MZ\x90\x00 no picture", "image/png"))
    refused = stranger.fill("/enterprise", ENTRY, [bad], form="/enterprise")
    assert refused.status == 422 and len(demands(portal)) == 1


def test_programs_and_other_sites_are_refused(portal: Portal, stranger: Browser) -> None:
    shown = stranger.page("/enterprise").form("/enterprise")
    sent = {**shown.values, **ENTRY}
    assert stranger.post("/enterprise", {**sent, "website": "http://spam"}).status == 409
    for headers in ({"origin": "http://elsewhere"}, {"sec-fetch-site": "cross-site"}):
        answer = stranger.client.post("/enterprise", data=sent, headers=headers)
        assert answer.status_code == 403
    assert demands(portal) == []
    one, issue = taken_up(portal.world, MORNING)
    finish(portal.world, issue, LATER)
    portal.at("2026-10-13 10:00")
    answer = stranger.client.post(
        f"/enterprise/{one.secret}", data={"act": "confirm", "satisfied": "yes"},
        headers={"origin": "http://elsewhere"},
    )  # fmt: skip
    assert answer.status_code == 403
    assert row(portal.world, one.number).state != "confirmed"


def test_too_much_is_refused_before_it_is_read(portal: Portal, stranger: Browser) -> None:
    buckets = portal.app.state.portal_limit
    fresh = Buckets(240, clock=lambda: 0.0)
    for name in ("_most", "_clock", "_rate", "_levels"):
        setattr(buckets, name, getattr(fresh, name))
    found = [stranger.post("/enterprise", ENTRY).status for _n in range(7)]
    assert found == [303] * 6 + [429]
    answer = stranger.get("/enterprise/" + "A" * 43)
    assert answer.status_code == 429 and "retry-after" in answer.headers
    assert portal.sign_in("triage").get("/demands").status_code == 200


def test_a_large_body_is_refused(stranger: Browser) -> None:
    big = ("file", ("a.pdf", b"%PDF-1.4 " + b"x" * (11 << 20), "application/pdf"))
    shown = stranger.page("/enterprise").form("/enterprise")
    assert stranger.post("/enterprise", {**shown.values, **ENTRY}, [big]).status == 413


@pytest.mark.parametrize("secret", ["A" * 43, "x", "%00", "..%2F..%2Fetc", "公司"])
def test_an_unknown_address_is_not_found(stranger: Browser, secret: str) -> None:
    assert stranger.get(f"/enterprise/{secret}").status_code == 404
    assert stranger.post(f"/enterprise/{secret}", {"act": "confirm"}).status == 404


def test_the_page_tells_nothing_of_the_loop(portal: Portal, stranger: Browser) -> None:
    one, issue = taken_up(portal.world, MORNING)
    other = filed(portal.world, MORNING, enterprise="另一家企业", body="另外的事")
    finish(portal.world, issue, LATER)
    shown = stranger.page(f"/enterprise/{one.secret}").text
    with portal.world.db.read() as s:
        people = s.execute(select(tables.person.c.name, tables.person.c.username)).all()
    assert all(p.name not in shown and p.username not in shown for p in people)
    for hidden in (issue, other.number, "另一家企业", "协调产权单位", "/issues", "/demands"):
        assert hidden not in shown


def test_the_form_tells_nothing_that_is_not_public(portal: Portal, stranger: Browser) -> None:
    portal.world.with_projects("未公开的项目")
    filed(portal.world, MORNING)
    shown = stranger.page("/enterprise")
    assert "未公开的项目" not in shown.text and "精密机械" not in shown.text
    assert not re.findall(r'(?:src|href|action)="(?:https?:)?//', shown.text)


def test_the_language_can_be_chosen(stranger: Browser) -> None:
    assert "File a demand" in stranger.page("/enterprise?lang=en").words
    answer = stranger.post("/language", {"lang": "en", "next": "/enterprise"})
    assert answer.location == "/enterprise"
    assert "File a demand" in stranger.page("/enterprise").words


def test_the_enterprise_confirms_or_rejects_the_result(portal: Portal, stranger: Browser) -> None:
    world = portal.world
    one, issue = taken_up(world, MORNING)
    two, second = taken_up(world, MORNING, body="路灯未装")
    early = stranger.post(f"/enterprise/{one.secret}", {"act": "confirm", "satisfied": "yes"})
    assert early.status == 409
    for number in (issue, second):
        finish(world, number, LATER)
    portal.at("2026-10-13 10:00")
    path = f"/enterprise/{one.secret}"
    unsaid = stranger.post(path, {"act": "confirm"})
    assert unsaid.status == 422
    done = stranger.post(path, {"act": "confirm", "satisfied": "no", "remark": "太慢"})
    assert done.status == 303
    found = row(world, one.number)
    assert (found.state, found.satisfied) == ("confirmed", False)
    assert stranger.post(path, {"act": "reject", "reason": "又坏了"}).status == 409
    path = f"/enterprise/{two.secret}"
    assert stranger.post(path, {"act": "reject", "reason": ""}).status == 422
    assert stranger.post(path, {"act": "reject", "reason": "灯还没亮"}).status == 303
    assert row(world, two.number).state == "disputed"


# ------------------------------------------------------------ the desk


def test_the_office_takes_a_demand_up_from_its_page(portal: Portal) -> None:
    one = filed(portal.world, MORNING)
    triage = portal.at(MORNING).sign_in("triage")
    shown = triage.page(f"/demands/{one.number}")
    form = shown.form("/do/take-up")
    assert form.first("category") == LINES  # as proposed
    answer = triage.post(form.action, form.values)
    assert answer.status == 303
    found = row(portal.world, one.number)
    assert found.state == "taken_up"
    again = triage.page(answer.location)
    assert any(link.startswith("/issues/WT-") for link in again.links)
    assert triage.post(form.action, form.values).status == 409


def test_a_refusal_is_shown_in_its_form_with_what_was_typed(portal: Portal) -> None:
    one = filed(portal.world, MORNING)
    triage = portal.at(MORNING).sign_in("triage")
    path = f"/demands/{one.number}"
    values = {"title": "新的标题", "category": "", "version": "1"}
    answer = triage.send(f"{path}/do/take-up", values)
    assert answer.status in (409, 422)
    assert answer.form("/do/take-up").first("title") == "新的标题"
    assert triage.send(f"{path}/do/unknown", {}).status == 404
    assert triage.post(f"{path}/do/decline", {"reason": "不受理"}).status == 403  # no token
    assert row(portal.world, one.number).state == "received"


def test_repeats_are_linked_answers_and_refusals_told(portal: Portal) -> None:
    world = portal.world
    _first, issue = taken_up(world, MORNING)
    triage = portal.at(MORNING).sign_in("triage")
    repeat, question, other = (filed(world, MORNING) for _n in range(3))
    for one, act, values in (
        (repeat, "link", {"issue": issue}),
        (question, "answer", {"text": "请到窗口办理。", "category": "手续办理"}),
        (other, "decline", {"reason": "属于合同纠纷。"}),
    ):
        assert triage.send(f"/demands/{one.number}/do/{act}", values).status == 303, act
    assert row(world, repeat.number).repeat
    stranger = portal.anonymous()
    assert "请到窗口办理。" in stranger.page(f"/enterprise/{question.secret}").words
    assert "属于合同纠纷。" in stranger.page(f"/enterprise/{other.secret}").words
    assert triage.send(f"/demands/{other.number}/do/link", {"issue": issue}).status == 409


def test_a_new_address_is_shown_once(portal: Portal) -> None:
    one = filed(portal.world, MORNING)
    triage = portal.at(MORNING).sign_in("triage")
    answer = triage.send(f"/demands/{one.number}/do/address", {})
    shown = triage.follow(answer).words
    (secret,) = re.findall(r"/enterprise/([A-Za-z0-9_-]{43})", shown)
    assert "/enterprise/" not in triage.page(f"/demands/{one.number}").words
    assert portal.anonymous().page(f"/enterprise/{secret}").status == 200
    with portal.world.db.read() as s, pytest.raises(Exception, match=r"."):
        feedback.by_link(s, one.secret)


def test_who_does_not_act_sees_no_forms_and_outsiders_nothing(portal: Portal) -> None:
    one, issue = taken_up(portal.world, MORNING)
    portal.at(MORNING)
    path = f"/demands/{one.number}"
    for name, status in (
        ("director", 200), ("lucheng_head", 200), ("henglin_head", 404), ("zjj_head", 404),
        ("gdgs_head", 404), ("sysadmin", 404),
    ):  # fmt: skip
        page = Page(portal.sign_in(name).get(path))
        assert page.status == status, name
        assert status != 200 or "/do/" not in page.text
        values = {"reason": "不受理"}
        refused = portal.sign_in(name).send(f"{path}/do/decline", values)
        assert refused.status == (403 if status == 200 else 404), name
    assert portal.anonymous().get(path).status_code == 303
    assert portal.sign_in("henglin_head").page("/demands").words.count(one.number) == 0
    assert portal.sign_in("sysadmin").get("/demands").status_code == 403
    assert issue in portal.sign_in("director").page("/demands").text


def test_each_number_leads_to_as_many_rows(portal: Portal) -> None:
    world = portal.world
    taken_up(world, MORNING)
    _one, issue = taken_up(world, MORNING, body="路灯未装", board="henglin")
    reject(world, issue, MORNING)
    filed(world, MORNING, board="")
    chief = portal.at("2026-10-12 10:00").sign_in("chief")
    desk = chief.page("/demands").text
    numbers = re.findall(r'class="number[^"]*" href="([^"]*)"[^>]*><strong>(\d+)', desk)
    assert len(numbers) == 8
    recurring = chief.page("/demands/recurring").text
    cells = re.findall(r'<td class="n"><a href="([^"]*)">(?:<strong>)?(\d+)', recurring)
    assert len(cells) > 6
    for path, n in numbers + cells:
        found = chief.page(path.replace("&amp;", "&"))
        assert len(set(re.findall(r"/demands/(XQ-\d+-\d+)", found.text))) == int(n), path
    figures = re.search(r'id="demand-figures">(.*?)</script>', recurring)
    assert figures is not None
    assert sum(c["n"] for line in json.loads(figures[1])["lines"] for c in line["cells"]) == 3


def test_a_moved_issue_is_followed_when_the_desk_is_opened(portal: Portal) -> None:
    one, issue = taken_up(portal.world, MORNING)
    finish(portal.world, issue, LATER)
    portal.at("2026-10-13 10:00").sign_in("chief").page("/demands")
    assert row(portal.world, one.number).state == "answered"
    assert row(portal.world, one.number).answered_at == moment(LATER)


def test_no_page_asks_more_for_more_demands(portal: Portal) -> None:
    world = portal.world
    one, issue = taken_up(world, MORNING)
    chief = portal.at(MORNING).sign_in("chief")
    paths = ("/demands", f"/demands/{one.number}", "/demands/recurring", f"/demands?issue={issue}")

    def counted() -> list[int]:
        found = []
        for path in paths:
            chief.page(path)
            with asked_of(world.db) as sent:
                chief.page(path)
            found.append(len(sent))
        return found

    filed(world, MORNING)
    few = counted()
    for _n in range(12):
        again = filed(world, MORNING)
        world.do(deciding.link, "chief", MORNING, demand=again.number, issue=issue)
    assert counted() == few
    assert max(few) < 40


def test_the_desk_tells_the_result_and_the_enterprise_reads_it(
    portal: Portal, stranger: Browser
) -> None:
    world = portal.world
    demand, issue = taken_up(world, MORNING)
    finish(world, issue, "2026-09-28 12:00")
    triage, address = portal.at(LATER).sign_in("triage"), f"/enterprise/{demand.secret}"
    inside = world.rows(tables.task)[0].result
    assert inside and inside not in stranger.page(address).words, "the loop's words stay inside"
    path = f"/demands/{demand.number}"
    assert triage.page(path).form("/result").first("text").strip() == inside
    triage.follow(triage.fill(path, {"text": "杆线已迁移完毕。"}, form="/result"))
    assert "杆线已迁移完毕。" in stranger.page(address).words


def test_whom_to_call_stands_on_the_issue_for_who_leads_it_and_for_nobody_else(
    portal: Portal,
) -> None:
    world = portal.world
    demand, issue = taken_up(world, MORNING, board="")
    task = hand_over(world, issue, MORNING)
    lead, board = portal.at(MORNING).sign_in("zjj_head"), portal.sign_in("inspector")
    assert "0519-88880000" in lead.page(f"/issues/{issue}").words
    assert "0519-88880000" in lead.page(f"/demands/{demand.number}").words
    assert "0519-88880000" in board.page(f"/issues/{issue}").words, "who oversees the zone"
    verifier = portal.sign_in("jfj_verifier")
    world.acknowledge(task, MORNING)
    world.submit(task, MORNING)
    found = verifier.page(f"/issues/{issue}").words
    assert demand.number in found and "0519" not in found
    assert "0519" not in verifier.page(f"/demands/{demand.number}").words
