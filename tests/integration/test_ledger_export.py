"""The bureau's ledger as a file: the right columns, the actor's scope, nothing that executes."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from config.i18n import language
from tests.world import World, at
from workflow.commands import closure, supervision
from workflow.commands.breakdown import Plan, drop_task
from workflow.errors import Malformed, NotVisible
from workflow.ledgers.exporter import export_ledger

NOW = at("2026-03-02 09:30")
LATER = at("2026-03-04 15:00")
HEADINGS = [
    "No.",
    "Number",
    "Project",
    "Town or street",
    "Category",
    "Problem",
    "Found by",
    "Found on",
    "Measures",
    "Lead unit",
    "Supporting units",
    "Responsible leader",
    "Handler",
    "Deadline",
    "Light",
    "Latest progress",
    "Closed on",
    "Closed by",
    "State",
    "Phase",
]
EVIL = '=HYPERLINK("http://example.org","点击")'


@pytest.fixture
def world(world: World) -> World:
    """The zone with one project."""
    return world.with_projects("电子科创港")


def export(
    world: World, folder: Path, fmt: str = "csv", actor: str = "chief", **options: Any
) -> Path:
    """Export in English, checking the number of lines that is answered."""
    path = folder / f"ledger.{fmt}"
    usual: dict[str, Any] = {"now": LATER, "language": "en"}
    count = export_ledger(world.db, actor, path, fmt, **(usual | options))
    if fmt == "csv":
        assert count == len(rows(path))
    return path


def rows(path: Path) -> list[dict[str, str]]:
    """The lines of a CSV by heading."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def lines(world: World, folder: Path, **options: Any) -> list[dict[str, str]]:
    """The lines of an export as CSV."""
    return rows(export(world, folder, **options))


def numbers(found: list[dict[str, str]]) -> list[str]:
    """Task or issue numbers, in order."""
    return [row["Number"] for row in found]


def test_a_line_tells_the_whole_task(world: World, tmp_path: Path) -> None:
    case = world.acknowledged(
        NOW,
        project="电子科创港",
        found_on=date(2026, 2, 27),
        source_system="zone",
        source_id="7",
        plans=[Plan("协调迁移", co_units=("gdgs", "czj"))],
    )
    for text in ("已联系", "已进场"):
        world.do(supervision.progress, "zjj_liaison", LATER, task=case.task, text=text)
    (row,) = lines(world, tmp_path)
    assert list(row)[:20] == HEADINGS
    assert len(row.pop("Export check code")) == 41
    assert {k: v for k, v in row.items() if v not in ("", "0")} == {
        "No.": "1",
        "Number": case.task,
        "Project": "电子科创港",
        "Town or street": "潞城街道",
        "Category": "Utility line relocation",
        "Problem": "地块北侧10千伏杆线需迁移",
        "Found by": "周静",
        "Found on": "2026-02-27",
        "Measures": "协调迁移",
        "Lead unit": "建设局",
        "Supporting units": "财政局、供电公司",
        "Responsible leader": "孙志强",
        "Handler": "孙磊",
        "Deadline": "2026-03-23 17:30",
        "Light": "green",
        "Latest progress": "2026-03-04 已进场",
        "State": "In progress",
        "Phase": "Supervision",
        "Task state": "In progress",
        "Why this light": "on course",
        "Title": "10千伏杆线影响施工",
        "Source": "zone:7",
    }


def test_the_headings_speak_the_language_asked_for(world: World, tmp_path: Path) -> None:
    world.closed(NOW, then=LATER)
    (row,) = rows(export(world, tmp_path, language="zh_CN"))
    assert "已销号" in row.values()
    assert "杆线迁移" in row.values()
    with language("en"):
        (row,) = rows(export(world, tmp_path, language=None))
    assert (row["State"], row["Phase"], row["Light"]) == ("Closed", "Closure", "grey")
    assert (row["Closed on"], row["Closed by"]) == ("2026-03-04 15:00", "钱永年")
    assert row["Latest progress"] == "已全部完成"


def test_an_issue_without_tasks_has_a_line_and_one_of_two_tasks_has_two(
    world: World, tmp_path: Path
) -> None:
    case = world.dispatched(NOW, plans=[Plan("一"), Plan("二", lead="lucheng")])
    bare = world.reported(NOW)
    found = lines(world, tmp_path)
    assert numbers(found) == [*case.tasks, bare]
    assert [row["Lead unit"] for row in found] == ["建设局", "潞城街道", ""]
    assert [row["Task state"] for row in found][2] == ""


def test_a_planned_task_is_not_handed_over_yet(world: World, tmp_path: Path) -> None:
    world.planned(NOW, plans=[Plan("一", due=at("2026-03-20 12:00"))])
    (row,) = lines(world, tmp_path)
    assert (row["Task state"], row["Deadline"]) == ("Planned", "2026-03-20 12:00")


def test_a_withdrawn_task_appears_only_on_request(world: World, tmp_path: Path) -> None:
    case = world.dispatched(NOW, plans=[Plan("一"), Plan("二")])
    world.do(drop_task, "chief", LATER, task=case.tasks[0], reason="重复")
    assert numbers(lines(world, tmp_path)) == [case.tasks[1]]
    assert numbers(lines(world, tmp_path, withdrawn=True)) == list(case.tasks)


def test_lights_are_those_of_the_moment_asked_for(world: World, tmp_path: Path) -> None:
    world.acknowledged(NOW)
    told = {
        when: (row["Light"], row["Why this light"])
        for when in ("2026-03-03 10:00", "2026-03-12 10:00", "2026-03-25 10:00")
        for row in lines(world, tmp_path, now=at(when))
    }
    assert list(told.values()) == [
        ("green", "on course"),
        ("yellow", "no progress report in the reporting period"),
        ("red", "past the deadline"),
    ]


def test_a_relapse_is_red_until_it_is_closed_again(world: World, tmp_path: Path) -> None:
    case = world.closed(NOW, then=LATER)
    world.do(
        closure.record_lookback,
        "inspector",
        LATER,
        issue=case.issue,
        finding="杆线又占道",
        relapse=True,
    )
    world.do(
        closure.relapse,
        "chief",
        LATER,
        issue=case.issue,
        reason="属实",
        new_due=at("2026-03-31 17:30"),
    )
    (row,) = lines(world, tmp_path)
    assert (row["Light"], row["Why this light"], row["Relapses"]) == (
        "red",
        "the problem is back",
        "1",
    )


# ---------------------------------------------------------------- scope and filters


def test_nobody_reads_beyond_their_scope(world: World, tmp_path: Path) -> None:
    ours = world.dispatched(NOW)
    theirs = world.reported(NOW, by="dingyan_reporter", board="dingyan")
    assert numbers(lines(world, tmp_path)) == [ours.task, theirs]
    assert numbers(lines(world, tmp_path, actor="lucheng_reporter")) == [ours.task]
    assert numbers(lines(world, tmp_path, actor="zjj_liaison")) == [ours.task]
    assert numbers(lines(world, tmp_path, actor="dingyan_reporter")) == [theirs]
    for nobody in ("czj_head", "auditor", "sysadmin"):
        assert lines(world, tmp_path, actor=nobody) == []
    with pytest.raises(NotVisible):
        export(world, tmp_path, actor="nobody")


def test_filters_narrow_the_ledger(world: World, tmp_path: Path) -> None:
    first = world.dispatched(NOW, project="电子科创港", no_project_reason="").task
    closed = world.closed(NOW, then=LATER, found_on=date(2026, 1, 15)).task
    town = world.reported(NOW, by="dingyan_reporter", board="dingyan", category="用地")
    listed = world.dispatched(NOW, plans=[Plan("二", lead="dingyan")], category="其他")
    world.do(supervision.set_listed, "director", NOW, issue=listed.issue, listed=True, reason="重")
    expected: list[tuple[dict[str, Any], list[str]]] = [
        ({}, [first, closed, town, listed.task]),
        ({"states": ["closed"]}, [closed]),
        ({"phases": ["assignment", "discovery"]}, [first, town, listed.task]),
        ({"states": ["dispatched"], "phases": ["closure"]}, []),
        ({"lights": ["grey"]}, [closed]),
        ({"categories": ["用地", "其他"]}, [town, listed.task]),
        ({"boards": ["丁堰街道"]}, [town]),
        ({"units": ["zjj"]}, [first, closed]),
        ({"projects": ["电子科创港"]}, [first]),
        ({"found_until": date(2026, 1, 31)}, [closed]),
        ({"found_from": date(2026, 3, 1)}, [first, town, listed.task]),
        ({"open_only": True}, [first, town, listed.task]),
        ({"listed_only": True}, [listed.task]),
    ]
    for filters, found in expected:
        assert numbers(lines(world, tmp_path, **filters)) == found, filters


@pytest.mark.parametrize(
    "filters",
    [
        {"states": ["gone"]},
        {"phases": ["end"]},
        {"lights": ["blue"]},
        {"boards": ["月球"]},
        {"units": ["月球"]},
    ],
)
def test_a_filter_that_names_nothing_is_refused(
    world: World, tmp_path: Path, filters: dict[str, Any]
) -> None:
    with pytest.raises(Malformed) as caught:
        export(world, tmp_path, **filters)
    assert caught.value.reasons[0].field in filters
    assert list(tmp_path.glob("*ledger*")) == []
