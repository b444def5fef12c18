"""Evaluations made by the clock, answered, graded; commitments attached, changed, checked."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert

from config.inspections import rules
from models import tables
from models.db import Database
from projects.evaluations import commands, commitments, making
from projects.evaluations.commands import Answer
from projects.evaluations.commitments import Pledge
from projects.evaluations.found import find, listed
from projects.library import commands as library
from tests.integration.inspection_world import NOW, change_project, history, with_sites
from tests.world import World, at
from workflow.context import find_actor
from workflow.errors import (
    GuardFailed,
    IllegalTransition,
    Malformed,
    NotAllowed,
    NotVisible,
)

FIGURES = {
    "invest_per_mu": "520", "output_per_mu": "680.5", "tax_per_mu": "35", "energy": "0.08",
    "emission": "1.2",
}  # fmt: skip


@pytest.fixture
def zone(world: World) -> tuple[World, dict[str, int]]:
    ids = with_sites(world)
    change_project(world, "潞城储能", in_production_on=date(2025, 9, 28))
    return world, ids


def made(world: World, now: str = NOW) -> int:
    making.run(world.db, at(now))
    return int(world.row(tables.evaluation).id)


def pledged(world: World, project: int, **form: Any) -> int:
    usual = {"op": ">=", "value": "600", "indicator": "output_per_mu", "agreement": "投资协议"}
    pledge = Pledge(**(usual | form))
    return int(world.do(commitments.attach, "triage", NOW, project=project, form=pledge).id)


def answered(world: World, key: int, **values: str) -> None:
    form = Answer(FIGURES | values)
    world.do(commands.answer, "lucheng_head", NOW, evaluation=key, form=form)


def commitment(world: World, key: int) -> Any:
    return world.row(tables.commitment, id=key)


def test_a_year_after_the_start_of_production_one_evaluation_is_made(
    database: Database, zone: Any
) -> None:
    world, ids = zone
    days = ("2026-09-27", "2026-09-28", "2026-09-28", "2026-09-29")
    assert [making.run(database, at(f"{day} 09:00")) for day in days] == [0, 1, 0, 0]
    row = world.row(tables.evaluation)
    assert (row.project_id, row.unit_id) == (ids["潞城储能"], world.units["lucheng"])
    assert row.due_on == date(2026, 9, 28) and row.limit_at > at("2026-10-20 17:00")
    assert len(world.notices("lucheng_liaison")) == 1
    change_project(world, "横林新城", in_production_on=date(2020, 1, 1))
    assert making.run(database, at("2026-09-30 09:00")) == 1  # learnt of late: made at once


def test_a_corrected_start_of_production_moves_an_open_evaluation(
    database: Database, zone: Any
) -> None:
    world, ids = zone
    key = made(world)
    before = world.row(tables.evaluation)
    edited = {"project_id": ids["潞城储能"], "values": {"in_production_on": "2025-12-01"}}
    world.do(library.edit, "triage", NOW, **edited)
    row = world.row(tables.evaluation)
    assert (row.id, row.production_on, row.due_on) == (key, date(2025, 12, 1), date(2026, 12, 1))
    assert row.limit_at > at("2026-12-01 17:30") and row.version == before.version + 1
    (event,) = world.rows(tables.event, stream=f"evaluation:{key}", tag="evaluation.moved")
    assert event.data["due_on"] == [before.due_on.isoformat(), "2026-12-01"]
    assert len(world.notices("lucheng_liaison")) == 2
    assert making.run(database, at("2026-11-02 09:00")) == 0, "not late before its new limit"
    change_project(world, "潞城储能", in_production_on=date(2025, 9, 1))
    assert making.run(database, at("2026-11-02 10:00")) == 1, "whoever wrote it, the clock follows"
    assert world.row(tables.evaluation).limit_at > at("2026-11-02 10:00")


def test_figures_that_were_given_stay_with_the_day_they_were_given_for(zone: Any) -> None:
    world, ids = zone
    answered(world, made(world))
    edited = {"project_id": ids["潞城储能"], "values": {"in_production_on": "2025-12-01"}}
    world.do(library.edit, "triage", NOW, **edited)
    row = world.row(tables.evaluation)
    assert (row.state, row.production_on) == ("answered", date(2025, 9, 28))


def test_the_lead_unit_is_asked_before_the_board(database: Database, zone: Any) -> None:
    world, ids = zone
    with world.db.write() as s:
        s.execute(
            insert(tables.project_duty).values(
                project_id=ids["潞城储能"], role="lead_unit", since=date(2025, 1, 1),
                unit_id=world.units["zjj"],
            )
        )  # fmt: skip
    making.run(database, at(NOW))
    assert world.row(tables.evaluation).unit_id == world.units["zjj"]
    assert len(world.notices("zjj_liaison")) == 1 and world.notices("lucheng_liaison") == []


def test_late_figures_are_chased_in_their_rhythm_and_copied_to_the_leader(
    database: Database, zone: Any
) -> None:
    world, _ids = zone
    key = made(world)
    limit = world.row(tables.evaluation).limit_at
    assert making.run(database, limit) == 0
    assert making.run(database, at("2026-11-02 09:00")) == 1
    assert making.run(database, at("2026-11-02 15:00")) == 0
    assert len(world.notices("lucheng_liaison")) == 2 and len(world.notices("director")) == 1
    assert history(world, f"evaluation:{key}") == ["evaluation.made", "evaluation.chased"]


def test_figures_are_given_exactly_and_a_blank_needs_its_reason(zone: Any) -> None:
    world, _ids = zone
    key = made(world)
    blank = Answer(FIGURES | {"tax_per_mu": ""})
    assert world.refused(
        Malformed, commands.answer, "lucheng_head", NOW, evaluation=key, form=blank
    ) == ["figure_missing"]
    wrong = Answer(FIGURES | {"energy": "0,08", "emission": "1.23456"})
    codes = world.refused(
        Malformed, commands.answer, "lucheng_head", NOW, evaluation=key, form=wrong
    )
    assert codes == ["figure_malformed"] * 2
    form = Answer(FIGURES | {"tax_per_mu": ""}, {"tax_per_mu": "年度汇算未完成"}, layout="合理")
    world.do(commands.answer, "lucheng_liaison", NOW, evaluation=key, form=form)
    found = {r.indicator: r.value for r in world.rows(tables.evaluation_figure)}
    assert found["output_per_mu"] == Decimal("680.5") and found["tax_per_mu"] is None
    assert world.row(tables.evaluation).layout == "合理"


@pytest.mark.parametrize(
    "who, error",
    [
        ("henglin_head", NotVisible), ("auditor", NotVisible), ("zjj_head", NotAllowed),
        ("lucheng_reporter", NotAllowed), ("principal", NotAllowed),
    ],
)  # fmt: skip
def test_who_does_not_answer_for_the_project_gives_no_figures(
    zone: Any, who: str, error: Any
) -> None:
    world, _ids = zone
    key = made(world)
    world.refused(error, commands.answer, who, NOW, evaluation=key, form=Answer(FIGURES))


def test_the_office_sends_figures_back_and_the_chief_grades(zone: Any) -> None:
    world, _ids = zone
    key = made(world)
    grade = {"evaluation": key, "grade": "B", "opinion": ""}
    world.refused(IllegalTransition, commands.grade, "chief", NOW, **grade)
    answered(world, key)
    world.refused(NotAllowed, commands.send_back, "lucheng_head", NOW, evaluation=key, reason="x")
    world.do(commands.send_back, "triage", NOW, evaluation=key, reason="口径不符")
    assert world.row(tables.evaluation).state == "open"
    answered(world, key)
    for who in ("triage", "lucheng_head", "inspector"):
        world.refused(NotAllowed, commands.grade, who, NOW, **grade)
    world.refused(Malformed, commands.grade, "chief", NOW, **(grade | {"grade": "Z"}))
    world.do(commands.grade, "chief", NOW, **grade)
    tag = world.row(tables.project_tag, kind="evaluation")
    assert tag.tag == "绩效评估B"
    row = world.row(tables.evaluation)
    assert row.facts["consequence"] == rules().evaluation.grade("B").consequence  # type: ignore[union-attr]
    world.refused(IllegalTransition, commands.grade, "chief", NOW, **grade)


def test_commitments_are_checked_with_their_figures_and_suggest_the_grade(zone: Any) -> None:
    world, ids = zone
    met = pledged(world, ids["潞城储能"])
    missed = pledged(world, ids["潞城储能"], indicator="tax_per_mu", value="40")
    jobs = pledged(world, ids["潞城储能"], indicator="", name="新增就业", unit="人", value="300")
    gone = pledged(world, ids["潞城储能"], indicator="energy", op="<=", value="0.05")
    world.do(commitments.withdraw, "triage", NOW, commitment=gone, reason="协议变更")
    key = made(world)
    form = Answer(FIGURES, {f"commitment:{jobs}": "企业未报"})
    world.do(commands.answer, "lucheng_head", NOW, evaluation=key, form=form)
    wanted = {"evaluation": key, "grade": "A"}
    assert world.refused(Malformed, commands.grade, "chief", NOW, opinion="", **wanted) == [
        "opinion_malformed"  # one of two kept suggests D: another grade takes an opinion
    ]
    world.do(commands.grade, "chief", NOW, grade="D", evaluation=key, opinion="")
    rows = {r.id: (r.result, r.reason, r.figure) for r in world.rows(tables.commitment)}
    assert rows == {
        met: ("met", "reached", Decimal("680.5")), missed: ("not_met", "missed", Decimal(35)),
        jobs: ("unknown", "no_figure", None), gone: ("", "", None),
    }  # fmt: skip
    assert world.row(tables.evaluation).facts["suggested"] == "D"


def test_a_promise_changes_only_with_a_reason_and_its_old_words_are_kept(zone: Any) -> None:
    world, ids = zone
    key = pledged(world, ids["潞城储能"])
    form = Pledge(">=", "550", "output_per_mu", agreement="补充协议")
    change = {"commitment": key, "form": form}
    world.refused(Malformed, commitments.change, "chief", NOW, reason="", **change)
    world.refused(NotAllowed, commitments.change, "lucheng_head", NOW, reason="降", **change)
    world.refused(NotVisible, commitments.change, "henglin_head", NOW, reason="降", **change)
    world.do(commitments.change, "chief", NOW, reason="经协商下调", **change)
    assert commitment(world, key).value == Decimal(550)
    event = world.rows(tables.event, stream=f"commitment:{key}")[-1]
    assert event.data["reason"] == "经协商下调"
    assert event.data["changed"]["value"] == ["600", "550"]
    same = {"commitment": key, "form": form, "reason": "再来"}
    assert world.refused(Malformed, commitments.change, "chief", NOW, **same) == ["unchanged"]


@pytest.mark.parametrize(
    "form, code",
    [
        ({"indicator": "moon"}, "indicator_unknown"), ({"op": "~"}, "op_unknown"),
        ({"value": ""}, "value_missing"), ({"value": "many"}, "figure_malformed"),
        ({"indicator": "", "unit": "人"}, "name_malformed"),
        ({"indicator": "", "name": "就业"}, "unit_malformed"),
    ],
)  # fmt: skip
def test_a_commitment_that_says_nothing_is_refused(zone: Any, form: Any, code: str) -> None:
    world, ids = zone
    usual = {"op": ">=", "value": "600", "indicator": "output_per_mu"}
    pledge = {"project": ids["潞城储能"], "form": Pledge(**(usual | form))}
    assert world.refused(Malformed, commitments.attach, "triage", NOW, **pledge) == [code]
    world.refused(NotAllowed, commitments.attach, "lucheng_head", NOW, **pledge)


def test_only_an_unmet_commitment_becomes_an_issue_and_once(zone: Any) -> None:
    world, ids = zone
    kept = pledged(world, ids["潞城储能"])
    missed = pledged(world, ids["潞城储能"], indicator="tax_per_mu", value="40")
    early = {"commitment": missed, "category": "其他"}
    world.refused(GuardFailed, commitments.raise_issue, "triage", NOW, **early)
    key = made(world)
    answered(world, key)
    world.do(commands.grade, "director", NOW, evaluation=key, grade="D", opinion="")
    world.refused(GuardFailed, commitments.raise_issue, "triage", NOW, commitment=kept,
                  category="其他")  # fmt: skip
    world.refused(NotAllowed, commitments.raise_issue, "lucheng_head", NOW, **early)
    issue = world.issue(world.do(commitments.raise_issue, "triage", NOW, **early).issue)
    assert issue.project_id == ids["潞城储能"] and "40" in issue.description
    assert commitment(world, missed).issue_id == issue.id
    world.refused(GuardFailed, commitments.raise_issue, "triage", NOW, **early)
    world.refused(IllegalTransition, commitments.withdraw, "triage", NOW, commitment=missed,
                  reason="晚")  # fmt: skip


def test_who_sees_which_evaluations(database: Database, zone: Any) -> None:
    world, _ids = zone
    key = made(world)

    def seen(name: str) -> int:
        with world.db.read() as s:
            return len(listed(s, find_actor(s, name)))

    names = ("chief", "principal", "zjj_head", "lucheng_head", "henglin_head", "auditor")
    assert [seen(name) for name in names] == [1, 1, 1, 1, 0, 0]
    with world.db.read() as s, pytest.raises(NotVisible):
        find(s, find_actor(s, "henglin_head"), key)


def test_nobody_is_chased_for_a_record_that_was_merged(zone: Any) -> None:
    """Where the kept record has an evaluation of its own, the other one stays and rests."""
    world, ids = zone
    change_project(world, "横林新城", in_production_on=date(2025, 9, 28))
    making.run(world.db, at(NOW))
    change_project(world, "横林新城", merged_into_id=ids["潞城储能"])
    making.run(world.db, at("2027-03-01 09:00"))
    chased = {row.project_id: row.chased for row in world.rows(tables.evaluation)}
    assert chased[ids["潞城储能"]] > 0 and chased[ids["横林新城"]] == 0
