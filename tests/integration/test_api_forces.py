"""Task forces through the API and on the command line."""

from __future__ import annotations

from typing import Any

import pytest

from models import tables
from tests.api import program
from tests.integration.library_kit import added, rows
from tests.portal import Portal
from tests.terminal import Terminal
from tests.world import World

pytestmark = pytest.mark.one_database
FORCE = {"name": "工业项目攻坚专班", "since": "2026-09-01", "leader": "director",
         "lead_unit": "jfj", "units": ["zjj", "zgj"]}  # fmt: skip
AT = "2026-09-28T10:00"


def set_up(portal: Portal, **more: Any) -> str:
    made = program(portal, "chief").post("/task-forces", FORCE | more, 201)
    return f"/task-forces/{made['id']}"


def test_a_task_force_is_set_up_once_read_and_corrected_in_part(portal: Portal) -> None:
    chief, key = program(portal, "chief"), {"idempotency-key": "f-1"}
    made = chief.post("/task-forces", FORCE, 201, headers=key)
    assert chief.post("/task-forces", FORCE, 201, headers=key) == made
    assert len(rows(portal.world, tables.task_force)) == 1
    path = f"/task-forces/{made['id']}"
    seen = chief.call("GET", path)
    assert seen.headers["etag"] == '"1"'
    found = seen.json()
    assert (found["leader_username"], found["lead_unit"], sorted(found["units"])) == (
        "director", "jfj", ["zgj", "zjj"])  # fmt: skip
    done = chief.post(f"{path}/edit", {"purpose": "要素保障"}, headers={"if-match": '"1"'})
    assert done["version"] == 2
    chief.post(f"{path}/edit", {"leader_name": "某领导"})
    found = chief.get(path)
    assert (found["name"], found["purpose"], found["leader"], found["leader_username"]) == (
        FORCE["name"], "要素保障", "某领导", None)  # fmt: skip
    assert found["lead_unit"] == "jfj"
    late = chief.call("POST", f"{path}/edit", json={"name": "甲"}, headers={"if-match": '"2"'})
    assert late.status_code == 412
    assert chief.codes("POST", "/task-forces", 409, json=FORCE) == ["name_taken"]
    assert chief.codes("POST", "/task-forces", 422, json=FORCE | {"units": ["x"], "name": "乙"})


def test_units_and_projects_come_and_go_until_it_is_dissolved(portal: Portal) -> None:
    chief, path = program(portal, "chief"), set_up(portal)
    key = added(portal.world)
    chief.post(f"{path}/units", {"unit": "gdgs"})
    chief.post(f"{path}/units/remove", {"unit": "zgj"})
    chief.post(f"{path}/projects", {"project": key})
    assert chief.codes("POST", f"{path}/projects", 409, json={"project": key}) == ["member_same"]
    found = chief.get(path)
    assert sorted(found["units"]) == ["gdgs", "zjj"]
    assert [(p["id"], p["name"], p["open_issues"]) for p in found["projects"]] == [
        (key, "甲项目", 0)]  # fmt: skip
    chief.post(f"{path}/projects/remove", {"project": key})
    assert chief.get(path)["projects"] == []
    chief.post(f"{path}/end", {"ended_on": "2026-09-20"})
    assert chief.codes("POST", f"{path}/units", 409, json={"unit": "zgj"}) == ["force_ended"]
    assert [f["ended_on"] for f in chief.get("/task-forces?at_work=false")["items"]] == [
        "2026-09-20"]  # fmt: skip
    assert chief.get("/task-forces?at_work=true")["items"] == []


def test_the_list_is_paged_and_counts_only_what_the_caller_may_know_of(portal: Portal) -> None:
    path = set_up(portal)
    for name in ("乙专班", "丙专班"):
        set_up(portal, name=name, units=[])
    key = added(portal.world)
    program(portal, "chief").post(f"{path}/projects", {"project": key})
    chief, street = program(portal, "chief"), program(portal, "henglin_head")
    first = chief.get("/task-forces?limit=2")
    rest = chief.get("/task-forces", params={"limit": 2, "cursor": first["next_cursor"]})
    assert [f["name"] for f in first["items"] + rest["items"]] == [
        FORCE["name"], "乙专班", "丙专班"]  # fmt: skip
    assert rest["next"] is None
    assert [f["project_count"] for f in first["items"]] == [1, 0]
    assert [f["project_count"] for f in street.get("/task-forces")["items"]] == [0, 0, 0]
    assert street.get(path)["projects"] == []
    assert chief.codes("GET", "/task-forces?cursor=x", 422) == ["cursor_malformed"]


ACTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("", FORCE | {"name": "丁"}), ("/1/edit", {"name": "丁"}), ("/1/units", {"unit": "gdgs"}),
    ("/1/units/remove", {"unit": "zjj"}), ("/1/projects", {"project": 1}),
    ("/1/projects/remove", {"project": 1}), ("/1/end", {"ended_on": "2026-09-20"}),
)  # fmt: skip


@pytest.mark.parametrize("path, body", ACTS)
def test_only_the_office_changes_a_task_force(
    portal: Portal, path: str, body: dict[str, Any]
) -> None:
    set_up(portal)
    added(portal.world)
    before = portal.world.dump()
    for who, status in (("director", 403), ("zjj_head", 403), ("lucheng_head", 403),
                        ("auditor", 403), ("sysadmin", 403)):  # fmt: skip
        program(portal, who).codes("POST", f"/task-forces{path}", status, json=body)
    unsigned = program(portal).call("POST", f"/task-forces{path}", json=body)
    assert unsigned.status_code == 401
    assert changed(before, portal.world) == set()
    assert program(portal, "auditor").call("GET", "/task-forces/1").status_code == 403


def changed(before: dict[str, Any], world: World) -> set[str]:
    """Tables of the task forces that are not as they were."""
    after = world.dump()
    mine = {"task_force", "task_force_unit", "task_force_project"}
    return {name for name in mine if before[name] != after[name]}


def test_the_command_line_sets_up_shows_changes_and_dissolves(terminal: Terminal) -> None:
    project = terminal.data("project add 甲项目 --board lucheng", by="chief")["id"]
    words = "project force add 攻坚专班 --since 2026-09-01 --unit zjj --leader director"
    made = terminal.data(f"{words} --lead-unit jfj", by="chief", at=AT)
    key = made["id"]
    terminal.ok(f"project force join {key} --project {project}", by="triage", at=AT)
    terminal.ok(f"project force join {key} --unit gdgs", by="chief", at=AT)
    terminal.ok(f"project force leave {key} --unit zjj", by="chief", at=AT)
    terminal.ok(f"project force edit {key} --purpose 协调用地", by="chief", at=AT)
    found = terminal.data(f"project force show {key}", by="chief")
    assert (found["purpose"], [u["code"] for u in found["units"]]) == ("协调用地", ["gdgs"])
    assert [p["id"] for p in found["projects"]] == [project]
    assert terminal.data(f"project force show {key}", by="henglin_head")["projects"] == []
    assert "甲项目" in terminal.ok(f"project force show {key}", by="chief")
    stale = f"project force end {key} --on 2026-09-20 --expect-version 1"
    assert [r["code"] for r in terminal.refused(1, stale, by="chief", at=AT)] == ["stale"]
    terminal.ok(f"project force end {key} --on 2026-09-20", by="chief", at=AT)
    [line] = terminal.data("project force list", by="henglin_head")
    assert (line["ended_on"], line["units"], line["projects"]) == ("2026-09-20", 1, 0)
    assert "攻坚专班" in terminal.ok("project force list", by="chief")


def test_the_command_line_refuses_whoever_may_not(terminal: Terminal) -> None:
    made = terminal.data("project force add 专班 --since 2026-09-01", by="chief", at=AT)
    key = made["id"]
    assert terminal.refused(3, f"project force edit {key} --name 乙", by="zjj_head", at=AT)
    assert terminal.refused(3, f"project force end {key} --on 2026-09-20", by="director", at=AT)
    assert terminal.refused(4, f"project force show {key}", by="auditor")
    assert terminal.refused(3, "project force list", by="auditor")
    assert terminal.refused(2, f"project force join {key}", by="chief", at=AT)
    both = f"project force join {key} --unit zjj --project 1"
    assert terminal.refused(2, both, by="chief", at=AT)
