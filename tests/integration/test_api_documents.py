"""Official documents by API: the same commands, scope, versions and refusals as on the portal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from models import tables
from notifications.documents.kinds import KINDS
from tests import papers
from tests.api import program
from tests.portal import Portal, opened
from tests.world import World
from workflow.commands.breakdown import Plan

NOW = "2026-09-28 10:00"


@pytest.fixture
def portal(world: World, tmp_path: Path) -> Iterator[Portal]:
    with opened(world, tmp_path, NOW) as found:
        yield found


def order(task: str, **more: Any) -> dict[str, Any]:
    return {
        "kind": "supervision_order", "tasks": [task], "given": papers.typed("supervision_order"),
    } | more  # fmt: skip


def tag(version: int) -> dict[str, Any]:
    return {"headers": {"if-match": f'"{version}"'}}


def test_a_document_goes_from_preparing_to_its_receipt(portal: Portal) -> None:
    case = portal.world.acknowledged("2026-09-01 10:00")
    triage, chief = program(portal, "triage"), program(portal, "chief")
    answer = triage.call("POST", "/documents", json=order(case.task, copies=["lucheng"]))
    assert answer.status_code == 201 and answer.headers["etag"] == '"1"'
    made = answer.json()
    path = f"/documents/{made['id']}"
    assert answer.headers["location"] == f"/api/v1{path}"
    assert (made["state"], made["number"], made["warnings"]) == ("prepared", None, [])
    assert triage.codes("POST", f"{path}/sign", 403) == ["not_allowed"]
    assert chief.post(f"{path}/sign")["number"] == "常经开经督〔2026〕1号"
    assert chief.post(f"{path}/issue", **tag(2))["state"] == "issued"
    liaison = program(portal, "zjj_liaison")
    (line,) = liaison.get("/documents?unreceived=true")["items"]
    assert (line["issues"], line["tasks"]) == ([case.issue], [case.task])
    assert [(a["unit"], a["role"]) for a in line["addressees"]] == [
        ("zjj", "to"), ("lucheng", "copy"),
    ]  # fmt: skip
    assert line["waits_for_you"] and line["number"] == "常经开经督〔2026〕1号"
    liaison.post(f"{path}/receipt")
    assert liaison.get("/documents?unreceived=true")["items"] == []
    assert liaison.codes("POST", f"{path}/receipt", 409) == ["received_already"]
    told = chief.get(path)
    assert told["issues"] == [case.issue] and told["signed_by"] == "钱永年"
    assert told["may"] == {"sign": False, "issue": False, "receive": False, "void": True}
    assert [(a["unit"], a["role"], a["received_by"]) for a in told["addressees"]] == [
        ("zjj", "to", "孙敏"), ("lucheng", "copy", ""),
    ]  # fmt: skip
    (event,) = portal.world.events(case.issue, "document.signed")
    assert told["sha256"] == event.data["sha256"]
    assert chief.codes("POST", f"{path}/void", 422, json={}) == ["reason_malformed"]
    assert chief.post(f"{path}/void", {"reason": "文号有误"})["state"] == "void"
    (void,) = chief.get("/documents?state=void")["items"]
    assert void["number"] == "常经开经督〔2026〕1号"


def test_another_s_change_meanwhile_is_refused(portal: Portal) -> None:
    task = portal.world.acknowledged("2026-09-01 10:00").task
    made = papers.signed(portal.world, "supervision_order", NOW, tasks=[task])
    chief = program(portal, "chief")
    for step, body in (("issue", None), ("void", {"reason": "无"})):
        path = f"/documents/{made.id}/{step}"
        assert chief.codes("POST", path, 412, json=body, **tag(1)) == ["stale_version"]
    assert portal.world.row(tables.document, id=made.id).state == "signed"
    assert chief.call("GET", f"/documents/{made.id}").headers["etag"] == '"2"'


def test_a_repeated_call_prepares_and_signs_once(portal: Portal) -> None:
    task = portal.world.acknowledged("2026-09-01 10:00").task
    triage, chief = program(portal, "triage"), program(portal, "chief")
    once: dict[str, Any] = {"headers": {"idempotency-key": "k1"}}
    first = triage.post("/documents", order(task), 201, **once)
    assert triage.post("/documents", order(task), 201, **once) == first
    path = f"/documents/{first['id']}/sign"
    signed = chief.post(path, **once)
    again = chief.call("POST", path, **once)
    assert (again.json(), again.headers["idempotent-replayed"]) == (signed, "true")
    assert chief.codes("POST", path, 409) == ["document_state"]
    assert len(portal.world.rows(tables.document)) == 1
    other = order(task, given=papers.typed("supervision_order", cause="另一事由"))
    codes = triage.codes("POST", "/documents", 422, json=other, **once)
    assert codes == ["idempotency_key_reused"]


def test_files_are_the_same_bytes_as_on_the_portal(portal: Portal) -> None:
    task = portal.world.acknowledged("2026-09-01 10:00").task
    made = papers.signed(portal.world, "supervision_letter", NOW, tasks=[task])
    chief = program(portal, "chief")
    files = chief.get(f"/documents/{made.id}")["files"]
    for form, start in (("docx", b"PK"), ("pdf", b"%PDF")):
        answer = chief.call("GET", files[form].removeprefix("/api/v1"))
        assert answer.content.startswith(start)
        assert answer.content == papers.content(portal.world, made.id, form)
        assert answer.headers["content-disposition"].startswith("attachment")
        assert answer.headers["x-content-type-options"] == "nosniff"
    chief.get(f"/documents/{made.id}/files/exe", 422)
    for stranger in ("zjj_head", "zgj_head", "sysadmin", "auditor"):
        program(portal, stranger).get(f"/documents/{made.id}/files/pdf", 404)


def test_outsiders_learn_nothing(portal: Portal) -> None:
    world = portal.world
    case = world.acknowledged("2026-09-01 10:00")
    made = papers.prepare(world, "supervision_order", NOW, tasks=[case.task])
    path = f"/documents/{made.id}"
    for username in ("zgj_head", "zjj_head", "sysadmin", "secadmin", "auditor"):
        stranger = program(portal, username)
        assert stranger.get("/documents")["items"] == []
        stranger.get(path, 404)
        for step in ("sign", "issue", "receipt"):
            stranger.post(f"{path}/{step}", status=404)
        stranger.post(f"{path}/void", {"reason": "无"}, 404)
    program(portal, "zgj_head").post("/documents", order(case.task), 404)
    program(portal, "zjj_head").post("/documents", order(case.task), 403)
    program(portal, "zgj_head").get(f"/documents?issue={case.issue}", 404)
    program(portal).get("/documents", 401)
    reader = program(portal, "chief", ("read",))
    assert reader.codes("POST", f"{path}/sign", 403) == ["insufficient_scope"]
    assert world.row(tables.document, id=made.id).state == "prepared"


def test_the_list_is_narrowed_and_followed_page_by_page(portal: Portal) -> None:
    world, chief = portal.world, program(portal, "chief")
    cases = [world.acknowledged("2026-09-01 10:00") for _ in range(3)]
    keys = [papers.prepare(world, "supervision_order", NOW, tasks=[c.task]).id for c in cases]
    papers.signed(world, "urge_notice", NOW, signer="triage", tasks=[cases[0].task])
    assert len(chief.get("/documents")["items"]) == 4
    assert [d["id"] for d in chief.get("/documents?kind=supervision_order")["items"]] == keys[::-1]
    assert [d["kind"] for d in chief.get("/documents?state=signed")["items"]] == ["urge_notice"]
    about = chief.get(f"/documents?issue={cases[1].issue}")["items"]
    assert [d["id"] for d in about] == [keys[1]]
    assert len(chief.get("/documents?issuer=jfj")["items"]) == 4
    assert chief.get("/documents?issuer=zjj")["items"] == []
    seen, path = [], "/documents?kind=supervision_order&limit=1"
    while path:
        found = chief.get(path)
        seen += [d["id"] for d in found["items"]]
        path = (found["next"] or "").removeprefix("/api/v1")
    assert seen == keys[::-1]
    for wrong in ("cursor=x", "cursor=-1", "cursor=9999999999", "kind=x", "state=x", "issuer=x"):
        chief.get(f"/documents?{wrong}", 422)


def test_what_the_rules_refuse_is_told_with_code_field_and_remedy(portal: Portal) -> None:
    world, triage = portal.world, program(portal, "triage")
    of_a_town = world.acknowledged("2026-09-01 10:00", plans=[Plan("迁坟", lead="henglin")]).task
    notice = {
        "kind": "supervision_notice", "tasks": [of_a_town],
        "given": papers.typed("supervision_notice"),
    }  # fmt: skip
    answer = triage.call("POST", "/documents", json=notice).json()
    assert (answer["status"], answer["code"]) == (409, "addressee_refused")
    (reason,) = answer["reasons"]
    assert reason["field"] == "to" and "函" in reason["remedy"]
    assert triage.post("/documents", notice | {"issuer": "dzb"}, 201)["state"] == "prepared"
    wrong = order(of_a_town, given={"colour": "red"})
    codes = triage.codes("POST", "/documents", 422, json=wrong)
    assert set(codes) == {
        "cause_missing", "requirements_missing", "feedback_by_missing", "field_unknown",
    }  # fmt: skip
    assert triage.codes("POST", "/documents", 422, json={"kind": "x"}) == ["kind_unknown"]
    triage.post("/documents", order(of_a_town, colour="red"), 422)
    triage.post("/documents", order("WT\0"), 422)


def test_the_kinds_are_told_with_their_fields(portal: Portal) -> None:
    told = program(portal, "zjj_head").get("/documents/kinds")["items"]
    assert [kind["kind"] for kind in told] == list(KINDS)
    refusal = next(kind for kind in told if kind["kind"] == "closure_refusal")
    assert [f["name"] for f in refusal["fields"]] == ["reasons", "requirements", "new_date"]
    assert refusal["fields"][1]["least"] == 10 and refusal["numbered"]
