"""The project library as other programs read and change it."""

from __future__ import annotations

from datetime import date

import pytest

from models import tables
from tests.api import program
from tests.integration.library_kit import CODE, added, row, rows
from tests.portal import Portal

pytestmark = pytest.mark.one_database


def test_the_list_is_paged_and_narrowed_within_the_callers_scope(portal: Portal) -> None:
    keys = [added(portal.world, f"潞城{n}", total_invest_yi="31") for n in range(3)]
    added(portal.world, "横林项目", board="henglin")
    chief = program(portal, "chief")
    first = chief.get("/projects?limit=3&board=lucheng&band=band_30")
    assert ([p["id"] for p in first["items"]], first["next_cursor"]) == (keys, None)
    first = chief.get("/projects?limit=3")
    rest = chief.get("/projects", params={"limit": 3, "cursor": first["next_cursor"]})
    assert len(first["items"]) + len(rest["items"]) == first["total"] == 4
    street = program(portal, "henglin_head").get("/projects")
    assert [p["name"] for p in street["items"]] == ["横林项目"]
    assert chief.codes("GET", "/projects?board=zjj", 422) == ["board_unknown"]
    assert chief.codes("GET", "/projects?cursor=x", 422) == ["cursor_malformed"]


def test_a_record_is_added_read_and_corrected_on_the_version_that_was_seen(portal: Portal) -> None:
    chief = program(portal, "chief")
    body = {
        "fields": {"name": "甲项目", "code": CODE, "total_invest_yi": "12.50"},
        "board": "横林镇",
    }
    made = chief.post("/projects", body, 201, headers={"idempotency-key": "k-1"})
    again = chief.post("/projects", body, 201, headers={"idempotency-key": "k-1"})
    assert made == again
    assert len(rows(portal.world, tables.project)) == 1
    path = f"/projects/{made['id']}"
    found = chief.get(path)
    assert (found["total_invest_yi"], found["board"], found["stage"]) == (
        "12.5", "henglin", "intention")  # fmt: skip
    assert found["fields"]["land_mu"] == ""
    change = {"fields": {"owner": "甲公司"}}
    done = chief.post(f"{path}/record", change, headers={"if-match": '"1"'})
    assert done["version"] == 2
    stale = chief.call("POST", f"{path}/record", json=change, headers={"if-match": '"1"'})
    assert stale.status_code == 412
    assert chief.codes("POST", "/projects", 409, json={"fields": {"name": "甲项目"}}) == [
        "name_taken"
    ]
    wrong = {"fields": {"name": "乙", "year": "x", "colour": "red"}}
    assert chief.codes("POST", "/projects", 422, json=wrong) == ["year_malformed", "field_unknown"]


def test_stages_lists_and_duties_are_recorded(portal: Portal) -> None:
    key, chief = added(portal.world, board=""), program(portal, "chief")
    path = f"/projects/{key}"
    chief.post(f"{path}/stages", {"stage": "started", "since": "2026-03-01"})
    entry = chief.post(f"{path}/listings", {"list": "city", "year": 2026, "library": "市库",
                                            "source_id": "C-1", "carried_over": True})  # fmt: skip
    chief.post(f"{path}/listings", {"list": "city", "year": 2026, "note": "备案"})
    [there] = chief.get(path)["listings"]
    assert (there["library"], there["carried_over"]) == ("市库", True), "what is not named stays"
    chief.post(f"{path}/duties", {"role": "sponsor", "name": "某领导", "since": "2026-03-01"})
    chief.post(f"{path}/duties/end", {"role": "sponsor", "until": "2026-09-01"})
    gone = {"removed_on": "2026-09-01", "reason": "项目终止"}
    chief.post(f"{path}/listings/{entry['of']}/end", gone)
    found = chief.get(path)
    assert [(s["stage"], s["standing"]) for s in found["stages"]] == [("started", True)]
    assert found["actual_start_on"] == "2026-03-01"
    assert [(e["list"], e["source_id"], e["removed_on"]) for e in found["listings"]] == [
        ("city", "C-1", "2026-09-01")]  # fmt: skip
    assert [(d["role"], d["until"]) for d in found["duties"]] == [("sponsor", "2026-09-01")]
    assert chief.codes("POST", f"{path}/listings/{entry['of']}/end", 404, json=gone) == [
        "not_found"
    ]


def test_outsiders_are_refused_as_in_the_portal(portal: Portal) -> None:
    key = added(portal.world, contact_phone="13800000000")
    body = {"stage": "signed", "since": "2026-09-01"}
    assert program(portal, "henglin_head").call("GET", f"/projects/{key}").status_code == 404
    assert program(portal, "henglin_head").call(
        "POST", f"/projects/{key}/stages", json=body).status_code == 404  # fmt: skip
    assert program(portal, "zjj_head").call(
        "POST", f"/projects/{key}/stages", json=body).status_code == 403  # fmt: skip
    assert program(portal, "lucheng_head").call(
        "POST", "/projects", json={"fields": {"name": "x"}}).status_code == 403  # fmt: skip
    assert program(portal, "auditor").call("GET", "/projects").status_code == 403
    program(portal, "lucheng_head").post(f"/projects/{key}/stages", body)
    assert row(portal.world, key).stage_since == date(2026, 9, 1)
    phones = {who: program(portal, who).get(f"/projects/{key}")["fields"]["contact_phone"]
              for who in ("chief", "lucheng_head", "director", "lucheng_reporter")}  # fmt: skip
    assert phones == {"chief": "13800000000", "lucheng_head": "13800000000", "director": "",
                      "lucheng_reporter": ""}  # fmt: skip
