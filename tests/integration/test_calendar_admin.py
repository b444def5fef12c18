"""The office keeps its calendar: published years come from files, single days by decision."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from models import tables
from tests.world import World
from workflow.audit import verify
from workflow.calendar_admin import (
    import_days,
    remove_exception,
    set_exception,
    show_year,
)
from workflow.context import context
from workflow.errors import Malformed, NotAllowed

NOW = "2026-11-09 10:00"
SAMPLE = Path(__file__).parents[2] / "examples" / "calendar_2027_sample.csv"
PUBLISHED = """\
day,kind,name,unit,year,status
,,,,2027,official
2027-01-01,holiday,元旦,,,
2027-02-05,休,春节,,,
2027-02-14,班,春节调休,,,
"""


def written(folder: Path, text: str, name: str = "calendar.csv") -> Path:
    """A file with this text."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def edition(world: World) -> int:
    """The calendar's present edition."""
    return int(world.row(tables.engine_head).calendar_edition)


def system_events(world: World) -> list[Any]:
    """The system's own history."""
    return world.rows(tables.event, stream="system")


def year(world: World, number: int, unit: str | None = None) -> dict[date, Any]:
    """The days of a year by date."""
    with world.db.read() as s:
        return {d.day: d for month in show_year(s, number, unit).months for d in month}


def refused(world: World, path: Path) -> list[str]:
    """What the refusal of a file says, after making sure that nothing has changed."""
    before = world.dump()
    with pytest.raises(Malformed) as refusal:
        world.do(import_days, "sysadmin", NOW, path=path)
    assert world.dump() == before
    return [str(reason) for reason in refusal.value.reasons]


def test_the_published_year_replaces_the_guess_and_raises_the_edition(
    world: World, tmp_path: Path
) -> None:
    before = edition(world)
    result = world.do(import_days, "sysadmin", NOW, path=written(tmp_path, PUBLISHED))
    assert (result.added, result.removed, result.kept, result.years) == (
        3,
        0,
        0,
        {2027: "official"},
    )
    assert (result.changed, result.edition, edition(world)) == (True, before + 1, before + 1)
    days = year(world, 2027)
    assert (days[date(2027, 2, 5)].kind, days[date(2027, 2, 5)].cause) == ("holiday", "春节")
    assert days[date(2027, 2, 14)].kind == "makeup"
    with world.db.read() as s:
        calendar = context(s).calendar()
        assert calendar.is_working_day(date(2027, 2, 14))
        assert not calendar.is_provisional(date(2027, 2, 14))


def test_an_import_is_a_fact_in_the_history_of_the_system(world: World, tmp_path: Path) -> None:
    world.do(import_days, "chief", NOW, path=written(tmp_path, PUBLISHED))
    (event,) = system_events(world)
    assert (event.tag, event.actor_id) == ("calendar.imported", world.people["chief"])
    assert event.data["years"] == {"2027": "official"}
    assert event.data["added"][1] == ["2027-02-05", "holiday", "春节", ""]
    assert (event.data["file"], len(event.data["sha256"])) == ("calendar.csv", 64)
    with world.db.read() as s:
        assert verify(s).ok


def test_the_same_file_again_changes_nothing(world: World, tmp_path: Path) -> None:
    path = written(tmp_path, PUBLISHED)
    world.do(import_days, "sysadmin", NOW, path=path)
    before = world.dump()
    result = world.do(import_days, "sysadmin", NOW, path=path)
    assert (result.changed, result.kept) == (False, 3)
    assert world.dump() == before


def test_a_corrected_file_replaces_the_days_of_its_year_and_of_no_other(
    world: World, tmp_path: Path
) -> None:
    world.do(import_days, "sysadmin", NOW, path=written(tmp_path, PUBLISHED))
    in_2026 = year(world, 2026)
    corrected = PUBLISHED.replace("2027-02-05,休,春节", "2027-02-08,休,春节")
    result = world.do(import_days, "sysadmin", NOW, path=written(tmp_path, corrected))
    assert (result.added, result.removed, result.kept) == (1, 1, 2)
    days = year(world, 2027)
    assert (days[date(2027, 2, 5)].kind, days[date(2027, 2, 8)].kind) == ("workday", "holiday")
    assert year(world, 2026) == in_2026
    assert system_events(world)[-1].data["removed"] == [["2027-02-05", "holiday", "春节", ""]]


def test_a_year_that_is_only_announced_stays_provisional(world: World) -> None:
    result = world.do(import_days, "sysadmin", NOW, path=SAMPLE)
    assert (result.years, result.marked, result.added) == ({2027: "provisional"}, False, 23)
    with world.db.read() as s:
        assert show_year(s, 2027).status == "provisional"
    assert "SAMPLE" in SAMPLE.read_text(encoding="utf-8")


def test_a_notice_may_make_a_day_of_the_old_year_a_workday(world: World, tmp_path: Path) -> None:
    path = written(tmp_path, PUBLISHED + "2026-12-27,班,元旦调休,,,\n")
    world.do(import_days, "sysadmin", NOW, path=path)
    days = year(world, 2026)
    assert days[date(2026, 12, 27)].kind == "makeup"
    assert days[date(2026, 10, 1)].kind == "holiday"


@pytest.mark.parametrize("name", ["calendar.toml", "calendar.json"])
def test_toml_and_json_say_the_same(world: World, tmp_path: Path, name: str) -> None:
    days = [
        {"day": "2027-01-01", "kind": "休", "name": "元旦"},
        {"day": "2027-02-14", "kind": "班", "name": "调休", "unit": "横林镇"},
    ]
    toml = (
        'year = 2027\nstatus = "official"\n[[days]]\nday = 2027-01-01\nkind = "休"\nname = "元旦"\n'
    )
    toml += '[[days]]\nday = 2027-02-14\nkind = "班"\nname = "调休"\nunit = "横林镇"\n'
    text = json.dumps({"year": 2027, "status": "official", "days": days})
    path = written(tmp_path, toml if name.endswith("toml") else text, name)
    result = world.do(import_days, "sysadmin", NOW, path=path)
    assert (result.added, result.years) == (2, {2027: "official"})
    assert year(world, 2027)[date(2027, 2, 14)].kind == "weekend"
    assert year(world, 2027, "henglin")[date(2027, 2, 14)].kind == "makeup"


def test_a_file_from_a_chinese_spreadsheet_is_read(world: World, tmp_path: Path) -> None:
    path = tmp_path / "日历.csv"
    header = "日期,类型,名称,单位,年份,状态\n,,,,2027,official\n2027-01-01,休,元旦,,,\n"
    path.write_bytes(header.encode("gb18030"))
    assert world.do(import_days, "sysadmin", NOW, path=path).added == 1
    assert year(world, 2027)[date(2027, 1, 1)].cause == "元旦"


def test_every_faulty_row_is_named_with_column_value_and_remedy_at_once(
    world: World, tmp_path: Path
) -> None:
    text = PUBLISHED + (
        "2027-03-99,休,没有这一天,,,\n"
        "2027-03-01,假,不认识,,,\n"
        "2027-02-05,holiday,春节,,,\n"
        "2027-02-14,休,又休又班,,,\n"
        "2027-03-02,休,,没有的单位,,\n"
        "2031-01-01,休,没有声明的年份,,,\n"
        ",,,,2028,maybe\n"
        ",,,,27,official\n"
    )
    reasons = refused(world, written(tmp_path, text))
    assert len(reasons) == 8
    said = "\n".join(reasons)
    for row, value in [
        (6, "2027-03-99"), (7, "假"), (8, "2027-02-05"), (9, "2027-02-14"), (10, "没有的单位"),
        (11, "2031-01-01"), (12, "maybe"), (13, "27"),
    ]:  # fmt: skip
        line = next(r for r in reasons if f"{row}" in r.split("'")[0] and value in r)
        assert line.count("'") == 2, said


def test_a_unit_written_twice_under_two_names_is_a_repeat(world: World, tmp_path: Path) -> None:
    text = PUBLISHED + "2027-03-01,休,镇庆,henglin,,\n2027-03-01,班,加班,横林镇,,\n"
    (reason,) = refused(world, written(tmp_path, text))
    assert "2027-03-01" in reason


def test_a_calendar_without_an_opening_is_refused(world: World, tmp_path: Path) -> None:
    closed = "".join(
        f"{date.fromordinal(n).isoformat()},休,,,,\n"
        for n in range(date(2027, 1, 1).toordinal(), date(2027, 12, 31).toordinal() + 1)
    )
    (reason,) = refused(world, written(tmp_path, PUBLISHED.split("\n2027")[0] + "\n" + closed))
    assert "2027" in reason


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("calendar.csv", ""),
        ("calendar.csv", "when,kind\n2027-01-01,休\n"),
        ("calendar.csv", "day,day\n2027-01-01,2027-01-02\n"),
        ("calendar.json", "{"),
        ("calendar.json", "[1, 2]"),
        ("calendar.json", '{"year": 2027, "status": "official", "days": [3]}'),
        ("calendar.toml", "year = "),
        ("calendar.xml", "<days/>"),
        ("calendar.csv", "day,kind\n2027-01-01,休\n"),
        ("calendar.csv", "day,kind,name,unit,year,status\n,,,,2027,official\n2027-1-1,休,,,,\n"),
        ("calendar.csv", "day,kind,year,status\n,,2027,official\n2027-01-01,休,,,多余\n"),
    ],
)
def test_a_malformed_file_is_refused_whole(
    world: World, tmp_path: Path, name: str, text: str
) -> None:
    assert refused(world, written(tmp_path, text, name))


def test_a_missing_file_is_named(world: World, tmp_path: Path) -> None:
    (reason,) = refused(world, tmp_path / "nowhere.csv")
    assert "nowhere.csv" in reason


@pytest.mark.parametrize("username", ["triage", "director", "auditor", "secadmin", "zjj_head"])
def test_only_the_system_administrator_and_the_chief_keep_the_calendar(
    world: World, tmp_path: Path, username: str
) -> None:
    before = world.dump()
    with pytest.raises(NotAllowed):
        world.do(import_days, username, NOW, path=written(tmp_path, PUBLISHED))
    with pytest.raises(NotAllowed):
        world.do(
            set_exception, username, NOW, unit="zjj", day=date(2026, 12, 1), kind="holiday", name=""
        )
    with pytest.raises(NotAllowed):
        world.do(remove_exception, username, NOW, unit="zjj", day=date(2026, 12, 1))
    assert world.dump() == before


def test_a_unit_keeps_a_day_of_its_own(world: World) -> None:
    day = date(2026, 12, 1)
    change = world.do(
        set_exception, "sysadmin", NOW, unit="建设局", day=day, kind="休", name="搬迁停办"
    )
    assert (change.changed, change.edition) == (True, edition(world))
    own = year(world, 2026, "zjj")[day]
    assert (own.kind, own.cause, own.own) == ("holiday", "搬迁停办", True)
    assert (year(world, 2026)[day].kind, year(world, 2026)[day].own) == ("workday", False)
    with world.db.read() as s:
        ctx = context(s)
        assert not ctx.calendar(world.units["zjj"]).is_working_day(day)
        assert ctx.calendar(world.units["zgj"]).is_working_day(day)


def test_an_exception_can_be_changed_and_taken_back(world: World) -> None:
    day = date(2026, 12, 5)
    for kind in ("workday", "holiday"):
        world.do(set_exception, "chief", NOW, unit="zjj", day=day, kind=kind, name="竣工会战")
    assert year(world, 2026, "zjj")[day].kind == "holiday"
    assert world.do(remove_exception, "chief", NOW, unit="zjj", day=day).changed
    assert year(world, 2026, "zjj")[day].kind == "weekend"
    last = system_events(world)[-1]
    assert last.data["removed"] == [["2026-12-05", "holiday", "竣工会战", "zjj"]]
    assert last.data["added"] == []


def test_what_is_so_already_raises_no_edition(world: World) -> None:
    day = {"unit": "zjj", "day": date(2026, 12, 5)}
    world.do(set_exception, "chief", NOW, **day, kind="班", name="会战")
    before = world.dump()
    assert not world.do(set_exception, "chief", NOW, **day, kind="workday", name="会战").changed
    other = {"unit": "zgj", "day": date(2026, 12, 5)}
    assert not world.do(remove_exception, "chief", NOW, **other).changed
    assert world.dump() == before


def test_an_import_leaves_the_exceptions_of_units_it_does_not_name(
    world: World, tmp_path: Path
) -> None:
    days = [("zjj", date(2027, 3, 1)), ("henglin", date(2027, 3, 2))]
    for unit, day in days:
        world.do(set_exception, "chief", NOW, unit=unit, day=day, kind="休", name="停办")
    text = PUBLISHED + "2027-03-08,休,镇庆,henglin,,\n"
    world.do(import_days, "sysadmin", NOW, path=written(tmp_path, text))
    assert year(world, 2027, "zjj")[date(2027, 3, 1)].kind == "holiday"
    assert year(world, 2027, "henglin")[date(2027, 3, 2)].kind == "workday"
    assert year(world, 2027, "henglin")[date(2027, 3, 8)].kind == "holiday"


@pytest.mark.parametrize(
    "wrong",
    [{"unit": "没有的单位"}, {"kind": "假"}, {"name": "长" * 81}, {"name": "坏\x00字"}],
)
def test_a_malformed_exception_is_refused(world: World, wrong: dict[str, str]) -> None:
    before = world.dump()
    given: dict[str, Any] = {"unit": "zjj", "day": date(2026, 12, 1), "kind": "休", "name": "停办"}
    with pytest.raises(Malformed):
        world.do(set_exception, "chief", NOW, **(given | wrong))
    assert world.dump() == before


def test_a_year_is_shown_month_by_month_with_its_causes(world: World) -> None:
    with world.db.read() as s:
        view = show_year(s, 2026)
    assert (view.status, view.unit, len(view.months), view.working_days) == (
        "official",
        "",
        12,
        248,
    )
    october = {d.day.day: d for d in view.months[9]}
    assert (october[1].kind, october[1].cause) == ("holiday", "国庆节")
    assert (october[10].kind, october[11].kind, october[12].kind) == (
        "makeup",
        "weekend",
        "workday",
    )
    assert [d.working for d in view.months[9][:10]] == [False] * 7 + [True, True, True]


def test_an_unpublished_year_and_a_wrong_one(world: World) -> None:
    with world.db.read() as s:
        assert show_year(s, 2027).status == "provisional"
        with pytest.raises(Malformed):
            show_year(s, 1066)
        with pytest.raises(Malformed):
            show_year(s, 2026, "没有的单位")
