"""A frozen month holds what concerns it and counts the rest: as large as its month, not history."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import false

from models import tables
from projects import snapshots
from projects.figures.commands import Figure
from projects.figures.freezing import correct
from projects.kpi import compute, kept
from projects.kpi.rows import BELOW, rows
from projects.kpi.scopes import ZONE
from projects.sections import concerned
from tests.kpi_stories import play
from tests.world import World, at
from workflow.commands import discovery
from workflow.commands.breakdown import Plan

LATE = at("2026-10-09 10:00")
LOOP = ("earlier", "issues", "tasks", "lookbacks", "orders")


def gathered(world: World, month: str, now: datetime = LATE) -> dict[str, Any]:
    with world.db.read() as s:
        return snapshots.gather(s, month, now)


def told(content: dict[str, Any]) -> dict[Any, Any]:
    found = compute.table(content)
    return {key: (one.numerator, one.denominator, one.n) for key, one in found.items()}


def closed(world: World, first: str, *leads: str, days: int = 12) -> str:
    """An issue struck off within three days, long before its deadline."""
    begin = at(f"{first} 09:30")
    plans = [Plan(f"措施{n}", lead=lead, days=days) for n, lead in enumerate(leads)]
    case = world.dispatched(begin, plans=plans, category="环评")
    for task in case.tasks:
        world.acknowledge(task, begin + timedelta(hours=2))
        world.submit(task, begin + timedelta(hours=5))
        world.verify(task, begin + timedelta(hours=8))
    world.approve(case.issue, begin + timedelta(hours=30))
    assert world.issue(case.issue).state == "closed"
    return case.issue


@pytest.mark.one_database
@pytest.mark.parametrize("seed", range(4))
def test_what_is_left_out_changes_no_figure(
    world: World, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    play(world, seed, 12, days=90, first="2026-05-06")
    months = ("2026-05", "2026-06", "2026-07", "2026-08", "2026-09")
    bounded = {month: gathered(world, month) for month in months}
    monkeypatch.setattr(concerned, "_at_rest", lambda _when: false())
    monkeypatch.setattr(concerned, "_moved", lambda *_: True)
    for month in months:
        whole = gathered(world, month)
        assert whole["earlier"] == []
        assert told(bounded[month]) == told(whole), month
    assert len(bounded["2026-09"]["issues"]) < len(whole["issues"])
    assert sum(row["n"] for row in bounded["2026-09"]["earlier"]) > 2


def test_a_month_long_after_counts_what_was_struck_off_by_its_units(world: World) -> None:
    closed(world, "2026-05-06", "zgj")
    closed(world, "2026-05-07", "sthj", "zgj")
    closed(world, "2026-05-08", "zgj", "sthj")
    closed(world, "2026-05-11", "zgj", "sthj", "henglin")
    content = gathered(world, "2026-09")
    zgj, sthj, henglin = (world.units[code] for code in ("zgj", "sthj", "henglin"))
    assert [content[name] for name in LOOP[1:]] == [[], [], [], []]
    wanted = {(zgj,): 1, tuple(sorted((zgj, sthj))): 2, tuple(sorted((zgj, sthj, henglin))): 1}
    assert {tuple(row["units"]): row["n"] for row in content["earlier"]} == wanted
    found = compute.table(content)
    counts = {unit: found["closed", f"unit:{unit}"].n for unit in (zgj, sthj, henglin)}
    assert counts == {zgj: 4, sthj: 3, henglin: 1}
    zone = found["closed", ZONE]
    assert zone.numerator == 4 and zone.n == 4


def test_what_was_struck_off_early_counts_when_its_deadline_comes(world: World) -> None:
    issue = closed(world, "2026-06-24", "zgj", days=12)
    july = gathered(world, "2026-07")
    assert [row["number"] for row in july["issues"]] == [issue]
    assert compute.table(july)["on_time", ZONE].n == 1
    assert gathered(world, "2026-08")["issues"] == []


@pytest.mark.one_database
def test_a_month_frozen_late_leaves_out_the_same(world: World) -> None:
    """What has relapsed since was still struck off then."""
    play(world, 7, 12, days=45, first="2026-05-06")
    at_once = gathered(world, "2026-07", at("2026-08-01 00:00"))
    assert at_once["earlier"]
    play(world, 11, 4, days=70, first="2026-08-03")
    assert any(row.relapse_count for row in world.rows(tables.issue))
    late = gathered(world, "2026-07")
    for section in LOOP:
        assert late[section] == at_once[section], section


@pytest.mark.one_database
def test_the_rows_say_how_many_are_only_counted_and_where_they_are_found(world: World) -> None:
    closed(world, "2026-05-06", "zgj")
    content = gathered(world, "2026-09")
    figure = compute.table(content)["closed", ZONE]
    (row,) = rows(content, figure, BELOW)
    assert (row.kind, row.hit, len(row.units)) == ("earlier", True, 1)
    assert row.path == "/issues?state=closed&closed_until=2026-08-31&unit=zgj"


@pytest.mark.one_database
def test_a_snapshot_of_the_first_rules_is_read_and_corrected_as_it_is(world: World) -> None:
    play(world, 4, 6, days=31)
    with world.db.write() as s:
        s.execute(tables.project.insert().values(name="甲", board_id=world.units["henglin"]))
    with world.db.write() as s:
        now = at("2026-08-03 09:30")
        content = snapshots.gather(s, "2026-07", now)
        content = {name: part for name, part in content.items() if name != "earlier"}
        first = snapshots.store(s, "2026-07", content | {"rules": 1}, None, now, "")
    world.do(
        correct, "chief", "2026-08-05 10:00", month="2026-07", reason="漏报",
        corrected=[Figure(1, 100)],
    )  # fmt: skip
    stored = world.rows(tables.snapshot)
    assert [row.rules for row in stored] == [1, 1]
    with world.db.read() as s:
        for row in stored:
            read = snapshots.load(s, "2026-07", row.edition)
            assert kept.differences(s, row.id, read.content, read.digest) == []
    before, after = compute.table(first.content), compute.table(read.content)
    assert before["closed", ZONE] == after["closed", ZONE]


def test_what_was_sent_back_in_its_month_counts_when_it_comes_again(world: World) -> None:
    """At the end of the first month it was no issue; it is one of the second, and of no third."""
    issue = world.reported("2026-07-28 10:00")
    world.do(discovery.send_back, "triage", "2026-07-30 10:00", issue=issue, reason="材料不全")
    world.do(discovery.submit_draft, "lucheng_reporter", "2026-08-03 10:00", issue=issue)
    found = {
        month: compute.table(gathered(world, month))["issues_reported", ZONE].n
        for month in ("2026-07", "2026-08", "2026-09")
    }
    assert found == {"2026-07": 0, "2026-08": 1, "2026-09": 0}


def test_what_was_sent_back_later_stays_reported_in_a_month_frozen_late(world: World) -> None:
    issue = world.reported("2026-07-28 10:00")
    at_once = gathered(world, "2026-07", at("2026-08-01 00:00"))
    world.do(discovery.send_back, "triage", "2026-08-04 10:00", issue=issue, reason="材料不全")
    late = gathered(world, "2026-07")
    assert [row["state"] for row in at_once["issues"]] == ["reported"]
    assert late["issues"] == at_once["issues"]
