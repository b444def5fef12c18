"""Tags, chains, attribution, merging and lists of other libraries through the API."""

from __future__ import annotations

from typing import Any

import pytest

from models import tables
from tests.api import Program, program
from tests.integration.library_kit import CODE, added, row, rows, said
from tests.portal import Portal

pytestmark = pytest.mark.one_database
CITY = {"list": "city", "year": "2026", "library": "市库", "as_of": "2026-09-01"}


def test_tags_come_and_go_and_a_chain_must_be_kept_first(portal: Portal) -> None:
    key, chief = added(portal.world), program(portal, "chief")
    path = f"/projects/{key}"
    body = {"kind": "chain", "tag": "新能源"}
    assert chief.codes("POST", f"{path}/tags", 409, json=body) == ["chain_unknown"]
    chief.post("/industrial-chains", {"name": "新能源", "leader": "director"})
    done = chief.post(f"{path}/tags", body, headers={"if-match": '"1"'})
    assert chief.post(f"{path}/tags", body)["version"] == done["version"]
    assert chief.get(path)["tags"] == [body]
    [chain] = chief.get("/industrial-chains")["items"]
    assert (chain["leader_username"], chain["projects"]) == ("director", 1)
    late = chief.call("POST", f"{path}/tags/remove", json=body, headers={"if-match": '"1"'})
    assert late.status_code == 412
    chief.post(f"{path}/tags/remove", body)
    assert chief.get(path)["tags"] == []
    assert chief.codes("POST", f"{path}/tags", 422, json={"kind": "evaluation", "tag": "A"}) == [
        "kind_unknown"]  # fmt: skip


def test_a_project_counts_elsewhere_with_a_reason_and_back_again(portal: Portal) -> None:
    key, chief = added(portal.world), program(portal, "chief")
    path = f"/projects/{key}"
    body = {"board": "henglin", "reason": "园区归属横林"}
    once = {"idempotency-key": "a-1"}
    done = chief.post(f"{path}/attribution", body, headers=once)
    assert chief.post(f"{path}/attribution", body, headers=once) == done
    found = chief.get(path)
    assert (found["attributed_board"], found["board"]) == ("henglin", "lucheng")
    chief.post(f"{path}/attribution", {"reason": "不再计入横林"})
    assert chief.get(path)["attributed_board"] is None
    assert said(portal.world, key).count("project.attributed") == 2
    assert chief.codes("POST", f"{path}/attribution", 422, json={"reason": ""}) == [
        "reason_missing"]  # fmt: skip


def test_two_records_are_compared_and_merged_as_they_were_shown(portal: Portal) -> None:
    one = added(portal.world, "甲", owner="甲公司")
    two = added(portal.world, "乙", owner="乙公司", code=CODE)
    chief, path = program(portal, "chief"), f"/projects/{one}/merge"
    found = chief.get(f"{path}?other={two}")
    assert [(d["field"], d["conflict"]) for d in found["differences"]] == [
        ("name", True), ("code", False), ("owner", True)]  # fmt: skip
    assert [r["id"] for r in found["records"]] == [one, two]
    body: dict[str, Any] = {"other": two, "expect": found["digest"], "choices": {"name": "keep"}}
    assert chief.codes("POST", path, 422, json=body) == ["choice_missing"]
    body["choices"]["owner"] = "take"
    chief.post(f"/projects/{two}/record", {"fields": {"address": "东方路"}})
    assert chief.codes("POST", path, 409, json=body) == ["preview_outdated"]
    body["expect"] = chief.get(f"{path}?other={two}")["digest"]
    once = {"idempotency-key": "m-1"}
    done = chief.post(path, body, headers=once)
    assert chief.post(path, body, headers=once) == done
    kept = row(portal.world, one)
    assert (kept.name, kept.owner, kept.code, kept.address) == ("甲", "乙公司", CODE, "东方路")
    assert row(portal.world, two).merged_into_id == one
    assert chief.codes("GET", f"{path}?other={two}", 409) == ["project_merged"]
    assert chief.codes("POST", f"/projects/{two}/tags", 409, json={"kind": "other", "tag": "x"})
    assert chief.codes("GET", f"{path}?other={one}", 422) == ["merge_itself"]


def handed_in(client: Program, text: str, status: int = 201, **more: str) -> Any:
    files = {"file": ("list.csv", text.encode(), "text/csv")}
    answer = client.call("POST", "/project-lists", files=files, data=CITY | more)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_a_list_is_handed_in_read_row_by_row_and_taken_as_was_chosen(portal: Portal) -> None:
    key, chief = added(portal.world, "甲", owner="甲公司"), program(portal, "chief")
    text = "项目名称,建设单位,总投资,备注列\n甲,甲集团,12,x\n乙,乙公司,3,\n丙,丙公司,x,\n"
    found = handed_in(chief, text)
    assert handed_in(chief, text)["key"] == found["key"]
    assert found["counts"] == {"new": 1, "same": 0, "different": 0, "doubtful": 1, "refused": 1}
    assert found["unknown"] == ["备注列"]
    assert len(rows(portal.world, tables.project)) == 1  # nothing is written yet
    path = f"/project-lists/{found['key']}"
    first = chief.get(f"{path}?limit=2")
    rest = chief.get(path, params={"limit": 2, "cursor": first["next_cursor"]})
    told = first["items"] + rest["items"]
    assert [(r["row"], r["kind"], r["project"]) for r in told] == [
        (2, "doubtful", key), (3, "new", None), (4, "refused", None)]  # fmt: skip
    assert [r["code"] for r in told[2]["reasons"]] == ["total_invest_yi_malformed"]
    assert [r["row"] for r in chief.get(f"{path}?kind=new")["items"]] == [3]
    body: dict[str, Any] = {"expect": found["digest"]}
    assert len(chief.codes("POST", f"{path}/take", 409, json=body)) == 1  # the refused row
    body |= {"partial": True, "doubtful": [{"row": 2, "answer": "same"}]}
    assert chief.codes("POST", f"{path}/take", 422, json=body) == ["choice_missing"]
    body["fields"] = [{"row": 2, "field": "owner", "side": "take"}]
    once = {"idempotency-key": "l-1"}
    done = chief.post(f"{path}/take", body, headers=once)
    assert chief.post(f"{path}/take", body, headers=once) == done
    assert (done["added"], done["changed"], done["left_out"]) == (1, 1, 1)
    assert row(portal.world, key).owner == "甲集团"
    assert chief.codes("GET", path, 404) == ["list_unusable"]
    again = handed_in(chief, "项目名称,建设单位,总投资\n甲,甲集团,12\n")
    assert again["counts"]["same"] == 1


def test_a_record_that_changed_since_the_comparison_stops_the_list(portal: Portal) -> None:
    key, chief = added(portal.world, "甲", owner="甲公司"), program(portal, "chief")
    found = handed_in(chief, "项目名称,建设单位,总投资\n甲,甲公司,12\n")
    chief.post(f"/projects/{key}/record", {"fields": {"note": "x"}})
    path = f"/project-lists/{found['key']}"
    body = {"expect": found["digest"], "rest": "take"}
    assert chief.codes("POST", f"{path}/take", 409, json=body) == ["preview_outdated"]
    body["expect"] = chief.get(path)["digest"]
    assert chief.post(f"{path}/take", body)["changed"] == 1


def test_a_list_that_cannot_be_read_is_refused_and_not_kept(portal: Portal) -> None:
    chief = program(portal, "chief")
    assert handed_in(chief, "标题\n甲\n", 422)["reasons"][0]["code"] == "no_names"
    assert handed_in(chief, "", 422)["reasons"][0]["code"] == "list_unusable"
    assert handed_in(chief, "项目名称\n甲\n", 422, list="moon")["reasons"]
    chief.get(f"/project-lists/{'0' * 64}", 404)


@pytest.mark.parametrize("path, body", [
    ("/projects/1/tags", {"kind": "other", "tag": "绿岛"}),
    ("/projects/1/tags/remove", {"kind": "other", "tag": "绿岛"}),
    ("/projects/1/attribution", {"board": "henglin", "reason": "园区归属"}),
    ("/projects/1/merge", {"other": 2, "expect": "x"}),
    ("/industrial-chains", {"name": "新能源"}),
    (f"/project-lists/{'0' * 64}/take", {"expect": "x"}),
])  # fmt: skip
def test_only_the_office_keeps_the_library(portal: Portal, path: str, body: Any) -> None:
    for name in ("甲", "乙"):
        added(portal.world, name)
    before = portal.world.dump()
    for who, status in (("zjj_head", 403), ("lucheng_head", 403), ("director", 403),
                        ("auditor", 403), ("secadmin", 403)):  # fmt: skip
        program(portal, who).codes("POST", path, status, json=body)
    assert program(portal).call("POST", path, json=body).status_code == 401
    after = portal.world.dump()
    assert all(before[n] == after[n] for n in ("project", "project_tag", "chain"))


def test_an_outsider_neither_compares_nor_sees_anothers_list(portal: Portal) -> None:
    for name in ("甲", "乙"):
        added(portal.world, name)
    found = handed_in(program(portal, "chief"), "项目名称\n甲\n")
    for who in ("lucheng_head", "henglin_head", "auditor"):
        assert program(portal, who).call("GET", "/projects/1/merge?other=2").status_code == 403
        handed_in(program(portal, who), "项目名称\n甲\n", 403)
    program(portal, "triage").get(f"/project-lists/{found['key']}", 404)
    program(portal, "henglin_head").get(f"/project-lists/{found['key']}", 403)
