"""What was planned for a year is not lost when the next year's plan is entered."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update

from models import tables
from projects import snapshots
from projects.figures.commands import Figure, report_figures
from projects.kpi import compute
from projects.kpi.scopes import ZONE
from projects.library import commands as library
from projects.library import listings
from tests.integration.library_kit import added
from tests.world import World, at

FREEZE = "2027-01-11 10:00"
PLAN = "plan_year_invest_yi"


def edited(world: World, key: int, now: str, **values: str) -> None:
    world.do(library.edit, "chief", now, project_id=key, values=values)


def listed(world: World, key: int, now: str, year: int) -> None:
    world.do(listings.enlist, "chief", now, project_id=key, list_code="district", year=year)


def of_month(world: World, key: int, month: str, now: str = FREEZE) -> tuple[Any, Any]:
    with world.db.read() as s:
        content = snapshots.gather(s, month, at(now), ["projects"])
    [row] = [one for one in content["projects"] if one["id"] == key]
    return row["year"], row[PLAN]


def test_decembers_plan_is_that_of_its_year_when_the_next_one_stands_already(world: World) -> None:
    key = added(world, "甲", year="2026", plan_year_invest_yi="3")
    edited(world, key, "2026-10-12 10:00", **{PLAN: "4"})
    now = "2027-01-06 10:00"
    world.do(report_figures, "chief", now, month="2026-12", figures=[Figure(key, 20_000)])
    edited(world, key, "2027-01-06 11:00", year="2027", **{PLAN: "9"})
    edited(world, key, "2027-01-07 11:00", **{PLAN: "8"})
    assert of_month(world, key, "2026-12") == (2026, "4")
    assert of_month(world, key, "2027-01", "2027-02-11 10:00") == (2027, "8")
    with world.db.read() as s:
        table = compute.table(snapshots.gather(s, "2026-12", at(FREEZE)))
    one = table["invested", ZONE]
    assert one.numerator == 2
    assert one.denominator == 4


def test_the_next_years_list_moves_the_record_on_and_its_plan_came_with_it(world: World) -> None:
    key, early, late = (added(world, name, plan_year_invest_yi="3") for name in "甲乙丙")
    for one in (key, early, late):
        listed(world, one, "2026-10-08 10:00", 2026)
    now = "2027-01-06 10:00"
    edited(world, key, now, **{PLAN: "9"})  # the import of a list writes both at one moment
    listed(world, key, now, 2027)
    listed(world, early, "2026-12-18 10:00", 2027)
    edited(world, early, "2026-12-21 10:00", **{PLAN: "9"})
    edited(world, late, "2027-01-05 10:00", **{PLAN: "9"})
    listed(world, late, now, 2027)
    listed(world, late, "2027-01-08 10:00", 2027)
    for one in (key, early, late):
        assert of_month(world, one, "2026-12") == (2026, "3"), one
    assert of_month(world, key, "2026-11") == (2026, "3")


def test_where_the_history_does_not_tell_nothing_is_made_up(world: World) -> None:
    key = added(world, "甲", plan_year_invest_yi="3")
    listed(world, key, "2026-10-08 10:00", 2026)
    with world.db.write() as s:  # a record that was loaded with a later year
        s.execute(update(tables.project).where(tables.project.c.id == key).values(year=2027))
    assert of_month(world, key, "2026-12") == (2027, "3")
    assert of_month(world, key, "2025-12") == (2027, "3")
    empty = added(world, "乙", year="2026")
    edited(world, empty, "2027-01-06 10:00", year="2027", **{PLAN: "9"})
    assert of_month(world, empty, "2026-12") == (2027, "9"), "it had no plan of 2026"
