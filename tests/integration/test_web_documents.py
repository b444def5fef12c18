"""Documents on the portal: prepared from an issue, signed, issued, received, taken as files."""

from __future__ import annotations

import io
import zipfile

import pytest

from models import tables
from tests import papers
from tests.portal import Portal
from workflow.commands.breakdown import Plan

NOW = "2026-09-28 10:00"


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XIAOHAO_LANG", "en")


def given(kind: str) -> dict[str, str]:
    return {f"given_{name}": value for name, value in papers.typed(kind).items()}


def test_an_order_goes_from_the_issue_s_page_to_the_receipt(portal: Portal) -> None:
    world = portal.world
    case = world.acknowledged("2026-09-01 10:00")
    portal.at(NOW)
    triage = portal.sign_in("triage")
    issue = triage.page(f"/issues/{case.issue}")
    start = f"/issues/{case.issue}/documents/new"
    assert start in issue.links
    answer = triage.fill(f"{start}?kind=supervision_order", given("supervision_order"))
    shown = triage.follow(answer)
    assert "prepared, not signed" in shown.words
    path = answer.location.partition("?")[0]
    assert not any(form.action.endswith("/sign") for form in shown.forms)  # another person does
    portal.sign_in("zjj_liaison").page(path, 404)

    chief = portal.sign_in("chief")
    shown = chief.follow(chief.fill(path, form="/sign"))
    assert "常经开经督〔2026〕1号" in shown.words
    shown = chief.follow(chief.fill(path, form="/issue"))
    assert "not yet" in shown.words

    liaison = portal.sign_in("zjj_liaison")
    assert "waits for your receipt" in liaison.page("/documents").words
    shown = liaison.follow(liaison.fill(path, form="/receive"))
    assert "孙敏" in shown.words
    assert "常经开经督〔2026〕1号" in chief.page(f"/issues/{case.issue}").words


def test_files_are_sent_as_what_they_are_and_to_nobody_else(portal: Portal) -> None:
    case = portal.world.acknowledged("2026-09-01 10:00")
    portal.at(NOW)
    done = papers.signed(portal.world, "supervision_letter", NOW, tasks=[case.task])
    chief = portal.sign_in("chief")
    for form, start in (("docx", b"PK"), ("pdf", b"%PDF")):
        answer = chief.get(f"/documents/{done.id}.{form}")
        assert answer.status_code == 200
        assert answer.content.startswith(start)
        assert answer.content == chief.get(f"/documents/{done.id}.{form}").content
        assert answer.headers["content-disposition"].startswith("attachment")
        assert answer.headers["x-content-type-options"] == "nosniff"
        for stranger in ("zjj_head", "zgj_head", "sysadmin"):
            assert portal.sign_in(stranger).get(f"/documents/{done.id}.{form}").status_code in (
                403, 404,
            )  # fmt: skip
    inline = chief.get(f"/documents/{done.id}.pdf?view=1").headers["content-disposition"]
    assert inline.startswith("inline")
    chief.page(f"/documents/{done.id}.exe", 422)
    for path in (f"/documents/{2**40}", "/documents/0", f"/documents/{2**40}.pdf"):
        chief.page(path, 404)
    assert portal.anonymous().get(f"/documents/{done.id}.pdf").status_code == 303


def test_a_pack_is_one_click(portal: Portal) -> None:
    cases = [portal.world.acknowledged("2026-09-01 10:00") for _ in range(2)]
    keys = [papers.signed(portal.world, "supervision_order", NOW, tasks=[c.task]).id for c in cases]
    chief = portal.sign_in("chief")
    answer = chief.get(f"/documents/pack.zip?id={keys[0]}&id={keys[1]}&form=pdf&form=docx")
    assert len(zipfile.ZipFile(io.BytesIO(answer.content)).namelist()) == 4
    assert chief.get("/documents/pack.zip").status_code == 422
    assert portal.sign_in("zgj_head").get(f"/documents/pack.zip?id={keys[0]}").status_code == 404


def test_a_refused_notice_offers_the_letter_and_keeps_what_was_typed(portal: Portal) -> None:
    world = portal.world
    case = world.acknowledged("2026-09-01 10:00", plans=[Plan("迁坟", lead="henglin")])
    portal.at(NOW)
    triage = portal.sign_in("triage")
    path = f"/issues/{case.issue}/documents/new?kind=supervision_notice"
    refused = triage.fill(path, given("supervision_notice"))
    assert refused.status == 409
    assert "横林镇" in refused.words
    form = refused.form("/documents/new")
    assert form.first("given_cause") == papers.TYPED["cause"]
    offers = [b["value"] for b in form.buttons if b.get("name") == "instead"]
    assert offers == ["kind:supervision_letter", "issuer:dzb"]
    for offer in offers:
        answer = triage.post(form.action, {**form.values, "instead": offer})
        assert answer.status == 303, answer.words[:500]
    kinds = [(row.kind, row.issuer_unit_id) for row in world.rows(tables.document)]
    assert kinds == [
        ("supervision_letter", world.units["jfj"]), ("supervision_notice", world.units["dzb"]),
    ]  # fmt: skip


def test_one_order_takes_further_tasks_of_other_issues(portal: Portal) -> None:
    world = portal.world
    cases = [world.acknowledged("2026-09-01 10:00") for _ in range(3)]
    portal.at(NOW)
    triage = portal.sign_in("triage")
    path = f"/issues/{cases[0].issue}/documents/new?kind=supervision_order"
    more = "、".join(case.task for case in cases[1:])
    triage.follow(triage.fill(path, {**given("supervision_order"), "more": more}))
    assert len(world.rows(tables.document_subject)) == 3


def test_orders_are_told_apart_by_addressee_and_task(portal: Portal) -> None:
    world = portal.world
    cases = [world.acknowledged("2026-09-01 10:00") for _ in range(3)]
    one = papers.prepare(world, "supervision_order", NOW, tasks=[cases[0].task])
    papers.prepare(world, "supervision_order", NOW, tasks=[c.task for c in cases[1:]])
    chief = portal.at(NOW).sign_in("chief")
    words = chief.page("/documents").words
    assert cases[0].task in words
    assert f"{cases[1].task} and others, 2 in all" in words
    shown = chief.page(f"/documents/{one.id}").words
    assert cases[0].task in shown and cases[1].task not in shown


def test_what_is_missing_is_said_beside_its_field(portal: Portal) -> None:
    case = portal.world.acknowledged("2026-09-01 10:00")
    portal.at(NOW)
    triage = portal.sign_in("triage")
    path = f"/issues/{case.issue}/documents/new?kind=supervision_order"
    answer = triage.fill(path, {"given_cause": "事由", "given_requirements": " "})
    assert answer.status == 422
    assert "What is required is missing." in answer.words
    assert answer.form("/documents/new").first("given_cause") == "事由"
    assert portal.world.rows(tables.document) == []


def test_voiding_takes_a_reason_and_the_number_stays(portal: Portal) -> None:
    case = portal.world.acknowledged("2026-09-01 10:00")
    done = papers.signed(portal.world, "supervision_order", NOW, tasks=[case.task])
    portal.at(NOW)
    chief = portal.sign_in("chief")
    path = f"/documents/{done.id}"
    assert chief.fill(path, form="/void").status == 422
    shown = chief.follow(chief.fill(path, {"reason": "文号有误"}, form="/void"))
    assert "文号有误" in shown.words
    assert str(done.number) in chief.page("/documents?state=void").words
    assert chief.send(f"{path}/sign").status == 409
    assert chief.send(f"{path}/nothing").status == 422


def test_forms_need_the_session_s_token(portal: Portal) -> None:
    case = portal.world.acknowledged("2026-09-01 10:00")
    made = papers.prepare(portal.world, "supervision_order", NOW, tasks=[case.task])
    portal.at(NOW)
    chief = portal.sign_in("chief")
    assert chief.post(f"/documents/{made.id}/sign").status == 403
    new = f"/issues/{case.issue}/documents/new"
    assert chief.post(new, {"kind": "supervision_order"}).status == 403
    assert portal.world.row(tables.document, id=made.id).state == "prepared"


def test_only_the_business_side_has_documents(portal: Portal) -> None:
    case = portal.world.acknowledged("2026-09-01 10:00")
    portal.at(NOW)
    for username in ("auditor", "sysadmin", "secadmin"):
        browser = portal.sign_in(username)
        browser.page("/documents", 403)
        assert "/documents" not in browser.page("/notices").links
        browser.page(f"/issues/{case.issue}/documents/new", 404)
    assert "/documents" in portal.sign_in("zgj_head").page("/notices").links
    portal.sign_in("zgj_head").page(f"/issues/{case.issue}/documents/new", 404)
    portal.sign_in("zjj_handler").page(f"/issues/{case.issue}/documents/new", 403)
    portal.sign_in("triage").page("/documents/new?kind=bulletin")
