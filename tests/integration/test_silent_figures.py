"""A project of which no more money is reported does not keep its newest light."""

from __future__ import annotations

from datetime import date

from sqlalchemy import insert

from config.i18n import language
from models import tables
from projects.figures import commands as figures
from projects.figures import reminders
from projects.figures.commands import Figure
from projects.figures.silence import silent_months
from projects.lights import news
from projects.lights.board_rules import MonthTask
from projects.lights.board_tasks import tasks_by_board
from projects.lights.words import explained
from tests.integration.milestone_kit import project
from tests.world import World, at

LATE = "2026-10-12 10:00"
BEGUN = {
    "stage": "started", "plan_start_on": None, "plan_finish_on": None, "year": 2026,
    "plan_year_invest_yi": 12, "in_statistics_on": date(2026, 4, 1),
    "actual_start_on": date(2026, 3, 2),
}  # fmt: skip


def report(world: World, key: int, month: str, wan: int | None, now: str) -> None:
    one = Figure(key, statistical_wan=wan, progress="主体施工")
    world.do(figures.report_figures, "chief", now, month=month, figures=[one])


def light(world: World, key: int) -> tuple[str, str]:
    row = world.row(tables.project, id=key)
    return row.light, row.light_reason


def silent(world: World, day: date) -> dict[int, tuple[str, ...]]:
    with world.db.read() as s:
        return silent_months(s, day, least=1)


def test_money_that_stops_turns_the_project_yellow_with_the_months(world: World) -> None:
    key = project(world, **BEGUN)
    for number in range(3, 8):
        report(world, key, f"2026-{number:02d}", 15_000, "2026-08-03 10:00")
    news.run(world.db, at("2026-09-28 10:00"))  # August is missing, one month only
    assert light(world, key) == ("green", "on_course")
    news.run(world.db, at("2026-10-08 10:00"))  # the day on which September is due: in time still
    assert light(world, key)[1] != "figures_missing"
    news.run(world.db, at(LATE))
    assert light(world, key) == ("yellow", "figures_missing")
    (test,) = world.row(tables.project, id=key).light_facts["tests"]
    with language("en"):
        told = explained(test, {})
    assert told == ["no amount for 2 months in a row, 2026-08 to 2026-09"]
    report(world, key, "2026-09", None, LATE)  # words alone are no figure
    assert light(world, key) == ("yellow", "figures_missing")
    report(world, key, "2026-09", 0, LATE)  # nought is one
    assert light(world, key)[1] != "figures_missing"


def test_months_before_the_start_and_after_the_completion_are_not_missing(world: World) -> None:
    late = project(world, **BEGUN | {"name": "甲", "actual_start_on": date(2026, 8, 20)})
    over = project(world, **BEGUN | {
        "name": "乙", "stage": "completed", "actual_finish_on": date(2026, 8, 31),
    })  # fmt: skip
    idle = project(world, **BEGUN | {"name": "丙", "stage": "preparing", "actual_start_on": None})
    found = silent(world, date(2026, 10, 12))
    assert found == {late: ("2026-08", "2026-09")}
    assert not {over, idle} & found.keys()


def test_what_is_silent_is_what_the_list_of_missing_figures_names(world: World) -> None:
    first = project(world, **BEGUN | {"name": "甲"})
    project(world, **BEGUN | {"name": "乙", "actual_start_on": date(2026, 10, 5)})
    report(world, first, "2026-08", 1, "2026-09-04 10:00")
    with world.db.read() as s:
        missing = [row.id for row in reminders.missing(s, "2026-09")]
    assert missing == [first]
    assert silent(world, date(2026, 10, 12)) == {first: ("2026-09",)}
    assert silent(world, date(2026, 10, 8)) == {}


def test_a_board_is_judged_by_months_whose_figures_should_be_in(world: World) -> None:
    row = {"plan": "年度目标", "level": "", "metric": "投资", "unit": "亿元", "op": "=",
           "year": "2026", "kind": "target"}  # fmt: skip
    with world.db.write() as s:
        s.execute(insert(tables.plan).values(name="年度目标", year=2026, version=1))
        s.execute(insert(tables.target), [row | {"region": "遥观镇", "value": 100}])
    unit = world.units["yaoguan"]

    def tasks(now: str) -> list[MonthTask]:
        with world.db.read() as s:
            return tasks_by_board(s, at(now))[unit]

    assert tasks("2026-03-02 10:00") == [MonthTask.SILENT]  # January; February is not due yet
    assert tasks("2026-03-06 10:00") == [MonthTask.SILENT] * 2
    news.run(world.db, at("2026-03-02 10:00"))
    board = world.row(tables.board_light, unit_id=unit)
    assert (board.light, board.light_reason) == ("grey", "no_figures")
    news.run(world.db, at("2026-03-06 10:00"))
    board = world.row(tables.board_light, unit_id=unit)
    assert (board.light, board.light_facts) == ("yellow", {"silent_in_a_row": 2})
