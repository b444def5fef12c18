"""Monthly figures: who reports them, until when, and what a frozen month promises."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import DatabaseError

from models import tables
from projects import months, snapshots
from projects.figures import freezing
from projects.figures.commands import Figure, report_figures
from projects.library import merging
from projects.snapshots import freeze, gather, latest_edition, load, of_month
from tests.world import World, at
from workflow.audit import verify
from workflow.context import find_actor
from workflow.errors import (
    GuardFailed,
    Malformed,
    NotAllowed,
    NotVisible,
    StaleVersion,
)

OCTOBER = "2026-10-09 10:00"
MONTH = "2026-09"


@pytest.fixture
def zone(world: World) -> World:
    """A project of Lucheng, one of Henglin that the construction bureau leads."""
    with world.db.write() as s:
        for name, board in (("潞城项目", "lucheng"), ("横林项目", "henglin")):
            s.execute(insert(tables.project).values(
                name=name, board_id=world.units[board], stage="started"
            ))  # fmt: skip
        s.execute(insert(tables.project_duty).values(
            project_id=2, role="lead_unit", unit_id=world.units["zjj"],
            since=at("2026-01-05 09:00").date(),
        ))  # fmt: skip
    return world


def reported(
    world: World, who: str, *figures: Figure, month: str = MONTH, now: str = OCTOBER
) -> Any:
    return world.do(report_figures, who, now, month=month, figures=figures)


def stored(world: World, project: int, month: str = MONTH) -> tuple[int | None, int | None]:
    row = world.row(tables.project_month, project_id=project, month=month)
    return row.reported_wan, row.statistical_wan


def test_a_unit_reports_both_investments_apart_and_they_are_exact(zone: World) -> None:
    assert reported(zone, "lucheng_liaison", Figure(1, 3501, 2999, "主体封顶")) == 1
    assert stored(zone, 1) == (3501, 2999)
    with zone.db.read() as s:
        content = gather(s, MONTH, at(OCTOBER), only=["figures"])
    assert content["figures"][0]["months"][MONTH] == {
        "reported": "0.3501", "statistical": "0.2999", "progress": "主体封顶",
    }  # fmt: skip


def test_the_same_figures_again_change_nothing(zone: World) -> None:
    reported(zone, "lucheng_liaison", Figure(1, 3500))
    assert reported(zone, "lucheng_liaison", Figure(1, 3500)) == 0
    assert [e.tag for e in zone.rows(tables.event, stream="project:1")] == ["figures.reported"]


@pytest.mark.parametrize(
    "who, project", [("lucheng_head", 1), ("triage", 2), ("zjj_liaison", 2), ("henglin_head", 2)]
)
def test_who_answers_for_a_project_reports_on_it(zone: World, who: str, project: int) -> None:
    assert reported(zone, who, Figure(project, 100)) == 1


@pytest.mark.parametrize(
    "who, project, error",
    [
        ("henglin_liaison", 1, NotVisible), ("lucheng_handler", 1, NotAllowed),
        ("sthj_head", 1, NotAllowed), ("principal", 1, NotAllowed),
        ("sysadmin", 1, NotVisible), ("auditor", 1, NotVisible), ("chief", 99, NotVisible),
    ],
)  # fmt: skip
def test_nobody_else_does(zone: World, who: str, project: int, error: Any) -> None:
    zone.refused(error, report_figures, who, OCTOBER, month=MONTH, figures=[Figure(project, 100)])


def test_one_fault_refuses_the_whole_form_and_all_faults_are_named(zone: World) -> None:
    figures = [Figure(1, 100), Figure(2, -5, progress="长" * 301)]
    codes = zone.refused(Malformed, report_figures, "chief", OCTOBER, month=MONTH, figures=figures)
    assert codes == ["figure", "figure"]


def test_a_form_that_is_out_of_date_is_refused(zone: World) -> None:
    reported(zone, "lucheng_liaison", Figure(1, 100, expected_version=0))
    zone.refused(
        StaleVersion, report_figures, "lucheng_head", OCTOBER, month=MONTH,
        figures=[Figure(1, 200, expected_version=0)],
    )  # fmt: skip
    assert reported(zone, "lucheng_head", Figure(1, 200, expected_version=1)) == 1


def test_no_month_ahead_is_reported(zone: World) -> None:
    assert zone.refused(
        GuardFailed, report_figures, "chief", OCTOBER, month="2026-11", figures=[Figure(1, 1)]
    ) == ["month_ahead"]


def test_only_the_chief_freezes_and_only_what_has_ended(zone: World) -> None:
    for who in ("triage", "director", "lucheng_head"):
        zone.refused(NotAllowed, freeze, who, OCTOBER, month=MONTH)
    assert zone.refused(GuardFailed, freeze, "chief", OCTOBER, month="2026-10") == ["month_running"]
    zone.refused(GuardFailed, freeze, "chief", "2026-09-30 23:59", month=MONTH)
    assert zone.do(freeze, "chief", "2026-10-01 00:01", month=MONTH).edition == 1


def frozen(world: World) -> World:
    reported(world, "lucheng_liaison", Figure(1, 3500, 3000))
    world.do(freeze, "chief", OCTOBER, month=MONTH)
    return world


def test_a_frozen_month_takes_no_report_and_no_second_freeze_without_a_reason(zone: World) -> None:
    frozen(zone)
    codes = zone.refused(
        GuardFailed, report_figures, "chief", OCTOBER, month=MONTH, figures=[Figure(1, 1)]
    )
    assert codes == ["month_frozen"]
    assert zone.refused(GuardFailed, freeze, "chief", OCTOBER, month=MONTH) == ["month_frozen"]


def test_a_frozen_month_answers_the_same_whatever_happens_afterwards(zone: World) -> None:
    frozen(zone)
    with zone.db.write() as s:
        s.execute(update(tables.project_month).values(reported_wan=1))
        s.execute(update(tables.project).values(name=tables.project.c.name + "改"))
    with zone.db.read() as s:
        content, month = of_month(s, MONTH, at("2026-12-01 10:00"))
    assert month is not None and month.edition == 1
    assert content["figures"][0]["months"][MONTH]["reported"] == "0.35"
    assert content["projects"][0]["name"] == "潞城项目"


def test_the_database_refuses_to_change_a_frozen_month(zone: World) -> None:
    frozen(zone)
    for statement in (update(tables.snapshot).values(reason="x"), tables.snapshot.delete()):
        with pytest.raises(DatabaseError), zone.db.write() as s:
            s.execute(statement)


def test_a_correction_is_a_new_edition_with_a_reason_that_differs_in_it_alone(zone: World) -> None:
    frozen(zone)
    args: dict[str, Any] = {"month": MONTH, "corrected": [Figure(1, 3600, 3000)]}
    zone.refused(NotAllowed, freezing.correct, "triage", OCTOBER, reason="统计核减", **args)
    zone.refused(Malformed, freezing.correct, "chief", OCTOBER, reason=" ", **args)
    assert zone.do(freezing.correct, "chief", OCTOBER, reason="统计核减", **args) == 2
    with zone.db.read() as s:
        first, second = load(s, MONTH, 1), load(s, MONTH)
    assert (second.edition, second.reason) == (2, "统计核减")
    changed = json.loads(json.dumps(first.content))
    changed["figures"][0]["months"][MONTH]["reported"] = "0.36"
    assert changed | {"as_of": ""} == second.content | {"as_of": ""}
    again = {**args, "reason": "再次"}
    assert zone.refused(GuardFailed, freezing.correct, "chief", OCTOBER, **again) == ["unchanged"]


def test_a_correction_reaches_the_later_frozen_months_of_the_year(zone: World) -> None:
    frozen(zone)
    zone.do(freeze, "chief", "2026-11-02 10:00", month="2026-10")
    zone.do(
        freezing.correct, "chief", "2026-11-03 10:00", month=MONTH, reason="核减",
        corrected=[Figure(1, 3000)],
    )  # fmt: skip
    with zone.db.read() as s:
        later = load(s, "2026-10")
    assert later.edition == 2 and MONTH in later.reason
    assert later.content["figures"][0]["months"][MONTH]["reported"] == "0.3"


def test_an_open_month_before_a_frozen_one_is_frozen_and_then_corrected(zone: World) -> None:
    august = "2026-08"
    reported(zone, "chief", Figure(1, 1000), month=august)
    zone.do(freeze, "chief", OCTOBER, month=MONTH)
    late = {"month": august, "figures": [Figure(1, 1500)]}
    codes = zone.refused(GuardFailed, report_figures, "lucheng_liaison", OCTOBER, **late)
    assert codes == ["month_behind"] and stored(zone, 1, august) == (1000, None)
    zone.do(freeze, "chief", OCTOBER, month=august)
    zone.do(freezing.correct, "chief", OCTOBER, month=august, reason="补报",
            corrected=[Figure(1, 1500)])  # fmt: skip
    for month in (august, MONTH):
        with zone.db.read() as s:
            [row] = load(s, month).content["figures"]
        assert row["months"][august]["reported"] == "0.15", month
    assert reported(zone, "chief", Figure(1, 1), month="2025-12") == 1  # another year's


def test_an_open_month_is_reported_not_corrected(zone: World) -> None:
    assert zone.refused(
        GuardFailed, freezing.correct, "chief", OCTOBER, month=MONTH, reason="x",
        corrected=[Figure(1, 5)],
    ) == ["month_open"]  # fmt: skip


def test_sums_of_the_year_before_are_exact_and_nothing_reported_is_not_zero(zone: World) -> None:
    with zone.db.write() as s:
        s.execute(insert(tables.project_month), [
            {"project_id": 1, "month": f"2025-{n:02d}", "reported_wan": 1001, "progress": "",
             "statistical_wan": None, "version": 1, "note": "", "reported_at": at(OCTOBER)}
            for n in range(1, 13)
        ])  # fmt: skip
    with zone.db.read() as s:
        [row] = gather(s, MONTH, at(OCTOBER), only=["figures"])["figures"]
    assert row["last_year"] == {"reported": "0.9009", "statistical": None}
    assert row["last_year_whole"] == {"reported": "1.2012", "statistical": None}


def test_the_clock_asks_once_before_and_once_after_and_not_for_a_frozen_month(zone: World) -> None:
    for day in ("2026-10-01", "2026-10-05", "2026-10-08", "2026-10-08", "2026-10-09"):
        freezing.run(zone.db, at(f"{day} 09:30"))
    asked = [n.facts["limit_at"] for n in zone.notices("lucheng_liaison")]
    assert len(asked) == 2 and len(set(asked)) == 1
    reported(zone, "lucheng_liaison", Figure(1, 1))
    zone.do(freeze, "chief", OCTOBER, month=MONTH)
    freezing.run(zone.db, at("2026-10-13 09:30"))
    assert len(zone.notices("lucheng_liaison")) == 2


def test_whoever_has_reported_is_not_asked(zone: World) -> None:
    reported(zone, "lucheng_liaison", Figure(1, 0))
    freezing.run(zone.db, at("2026-10-08 09:30"))
    assert zone.notices("lucheng_liaison") == []
    assert len(zone.notices("henglin_liaison")) == 1


def test_the_clock_freezes_on_the_day_of_the_policy(
    zone: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    freezing.run(zone.db, at("2026-10-20 09:30"))
    with zone.db.read() as s:
        assert latest_edition(s, MONTH) == 0  # the shipped policy leaves it to the chief
    day = at("2026-10-12 00:00").date()
    monkeypatch.setattr(freezing, "freeze_on", lambda _s, _month: day)
    freezing.run(zone.db, at("2026-10-11 09:30"))
    with zone.db.read() as s:
        assert latest_edition(s, MONTH) == 0
    for _twice in range(2):
        freezing.run(zone.db, at("2026-10-12 09:30"))
    with zone.db.read() as s:
        [edition] = snapshots.editions(s)
    assert (edition.month, edition.edition, edition.by_id) == (MONTH, 1, None)


def test_after_an_outage_the_clock_makes_up_for_every_month_in_order(
    zone: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was stopped from October to December leaves no month open for ever."""
    zone.do(freeze, "chief", OCTOBER, month=MONTH)
    monkeypatch.setattr(
        freezing, "freeze_on", lambda _s, month: months.first_day(months.moved(month, 1))
    )
    freezing.run(zone.db, at("2027-01-12 09:30"))
    with zone.db.read() as s:
        found = sorted((one.month, one.edition) for one in snapshots.editions(s))
    assert found == [(MONTH, 1), ("2026-10", 1), ("2026-11", 1), ("2026-12", 1)]
    assert freezing.run(zone.db, at("2027-01-12 10:30")) == 0


def test_a_correction_of_a_record_that_took_over_anothers_figure_counts_it_once(
    zone: World,
) -> None:
    with zone.db.write() as s:
        s.execute(insert(tables.project).values(name="潞城项目二期", stage="started"))
    reported(zone, "chief", Figure(2, 500), Figure(3, 300))
    with zone.db.write() as s:
        freeze(s, MONTH, find_actor(s, "chief"), at(OCTOBER))
        merged = merging.compare(s, actor=find_actor(s, "chief"), keep=1, other=3)
    choices = {d.field: "keep" for d in merged.differences if d.conflict}
    zone.do(merging.merge, "chief", OCTOBER, keep=1, other=3, choices=choices, expect=merged.digest)
    assert stored(zone, 1) == (300, None), "the figure moved to the kept record"
    zone.do(
        freezing.correct, "chief", OCTOBER, month=MONTH, reason="少报", corrected=[Figure(1, 700)]
    )
    with zone.db.read() as s:
        content = load(s, MONTH).content
    told = {row["id"]: row["months"].get(MONTH) for row in content["figures"]}
    assert {key: one["reported"] for key, one in told.items() if one} == {1: "0.07", 2: "0.05"}


def test_what_was_reported_and_frozen_is_in_chains_that_the_audit_verifies(zone: World) -> None:
    frozen(zone)
    with zone.db.read() as s:
        assert verify(s).faults == []
        tags = s.execute(
            select(tables.event.c.tag).where(tables.event.c.stream == f"month:{MONTH}")
        )
        assert list(tags.scalars()) == ["month.frozen"]


def test_commissioners_report_their_own(zone: World) -> None:
    with zone.db.write() as s:
        actor = find_actor(s, "commissioner")
        s.execute(update(tables.project).where(tables.project.c.id == 1).values(
            commissioner_id=actor.id
        ))  # fmt: skip
    assert reported(zone, "commissioner", Figure(1, 10)) == 1
    zone.refused(
        NotAllowed, report_figures, "commissioner", OCTOBER, month=MONTH, figures=[Figure(2, 1)]
    )
