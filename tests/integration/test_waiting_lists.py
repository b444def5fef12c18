"""The lists behind the numbers of the workbench, as programs and the command line read them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import update

from models import tables
from tests.api import Program, program
from tests.integration.test_web_home_projects import NOW, busy, numbers
from tests.portal import Portal
from tests.terminal import Terminal
from tests.world import World

pytestmark = pytest.mark.one_database
AT = "2026-10-20T10:00"
PEOPLE = ("chief", "director", "commissioner", "yaoguan_head", "lucheng_head", "zjj_head",
          "henglin_head")  # fmt: skip


def every(client: Program, path: str, limit: int = 2) -> list[dict[str, Any]]:
    """All rows of a list, a few at a time."""
    found: list[dict[str, Any]] = []
    step = "&" if "?" in path else "?"
    cursor: str | None = None
    while True:
        more = f"&cursor={cursor}" if cursor else ""
        page = client.get(f"{path}{step}limit={limit}{more}")
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return found
        assert len(page["items"]) == limit


def api_address(path: str) -> str:
    """Where a program finds what a page of the portal lists."""
    return path.replace("/projects/milestones", "/milestones").replace(
        "/meetings/decisions", "/decisions"
    )


def test_every_list_has_as_many_rows_for_programs_as_on_the_workbench(
    portal: Portal, world: World
) -> None:
    busy(world)
    portal.at(NOW)
    seen = set()
    for name in PEOPLE:
        client = program(portal, name)
        for path, n in numbers(portal.sign_in(name)).items():
            if path.startswith(("/projects/milestones", "/meetings/decisions")):
                assert len(every(client, api_address(path))) == n, (name, path)
                seen.add(path.partition("?")[0])
            elif path.startswith("/figures?"):
                found = every(client, "/figures/missing?month=2026-09")
                assert len(found) == n, (name, path)
                assert {row["due_on"] for row in found} == {"2026-10-08"}
                seen.add("/figures")
    assert seen == {"/projects/milestones", "/meetings/decisions", "/figures"}


def test_lists_are_in_order_and_narrowed_and_closed_to_administrators(
    portal: Portal, world: World
) -> None:
    busy(world)
    portal.at(NOW)
    chief = program(portal, "chief")
    found = every(chief, "/milestones", limit=7)
    places = [(row["plan_on"], row["id"]) for row in found]
    assert places == sorted(places) and len(set(places)) == len(places)
    late = every(chief, "/milestones?due=late")
    assert late == [row for row in found if row["due"] == "late"]
    assert {row["light"]["light"] for row in late} == {"red"}
    mine = every(chief, "/milestones?board=henglin")
    assert {row["board"] for row in mine} == {"henglin"}
    assert chief.codes("GET", "/milestones?cursor=x", 422) == ["cursor_malformed"]
    assert chief.codes("GET", "/decisions?cursor=2026-10-01", 422) == ["cursor_malformed"]
    (overdue,) = every(chief, "/decisions?late=true")
    assert overdue["status"] == "overdue"
    assert [row["unit"] for row in every(chief, "/decisions?unit=lucheng")] == ["lucheng"]
    for path in ("/milestones", "/decisions", "/figures/missing?month=2026-09"):
        program(portal, "sysadmin").codes("GET", path, 403)


def test_a_milestone_is_red_in_the_list_on_the_day_after_its_date(
    portal: Portal, world: World
) -> None:
    """The clock sets lights in the morning; the list knows the day before that."""
    busy(world)
    chief = program(portal.at("2026-09-30 23:50"), "chief")
    (start,) = [row for row in every(chief, "/milestones") if row["plan_on"] == "2026-09-30"
                and row["key"] == "start"
                and row["project_name"] == "新誉高性能永磁材料"]  # fmt: skip
    with world.db.write() as s:  # what the clock stored on the last day
        m = tables.milestone
        s.execute(update(m).where(m.c.id == start["id"]).values(
            light="yellow", light_reason="milestone_due", light_on=date(2026, 9, 30),
            light_facts={"plan_on": "2026-09-30", "left_wd": 0},
        ))  # fmt: skip
    portal.at("2026-10-01 00:10")
    (row,) = [row for row in every(chief, "/milestones") if row["id"] == start["id"]]
    assert (row["due"], row["light"]["reason"]) == ("late", "milestone_overdue")
    page = portal.sign_in("chief").page("/projects/milestones?due=late").words
    assert "a milestone is due soon" not in page


def test_the_same_lists_at_the_command_line(world: World) -> None:
    busy(world)
    run = Terminal(world.db.url)
    late = run.data("milestone list --due late", by="chief", at=AT)
    mine = run.data("milestone list --due late --mine", by="yaoguan_head", at=AT)
    assert 0 < len(mine) < len(late)
    assert {row["due"] for row in late} == {"late"} and {row["light"] for row in late} == {"red"}
    assert "2026-09-30" in run.ok("milestone list --board yaoguan", by="chief", at=AT)
    assert len(run.data("meeting decisions", by="chief", at=AT)) == 2
    (one,) = run.data("meeting decisions --late", by="chief", at=AT)
    assert one["status"] == "overdue"
    assert one["text"] in run.ok("meeting decisions --unit zjj", by="zjj_head", at=AT)
    assert run.data("meeting decisions --unit zjj", by="henglin_head", at=AT) == []
    assert len(run.data("figures missing --month 2026-09", by="lucheng_head", at=AT)) == 2
    assert len(run.data("figures missing", by="chief", at=AT)) == 3
    assert "在建0" in run.ok("figures missing", by="zjj_head", at=AT)
    run.refused(3, "milestone list", by="sysadmin", at=AT)
    run.refused(3, "meeting decisions", by="sysadmin", at=AT)
