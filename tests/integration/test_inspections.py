"""Inspections: planned by rule or lot, findings noted on site, issues in bulk, the report."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from models import tables
from models.db import Database
from projects.inspections import findings, plan, quarterly, steps
from projects.inspections.choosing import Choice
from projects.inspections.findings import Noted
from projects.inspections.found import find, sites, visible
from projects.inspections.issues import raise_issues
from projects.inspections.lookbacks import sample
from projects.inspections.lots import draw
from projects.inspections.plan import Plan
from projects.inspections.report import findings_of, report_facts
from projects.instructions.commands import Order, give
from tests.integration.inspection_world import (
    DAY,
    NOW,
    change_project,
    history,
    inspection_row,
    noted,
    planned,
    with_sites,
)
from tests.world import World, at
from workflow import audit
from workflow.context import find_actor
from workflow.errors import (
    GuardFailed,
    IllegalTransition,
    Malformed,
    NotAllowed,
    NotVisible,
    StaleVersion,
)

EVENING = f"{DAY} 19:00"


@pytest.fixture
def zone(world: World) -> tuple[World, dict[str, int]]:
    return world, with_sites(world)


def chosen(world: World, key: int) -> list[int]:
    rows = sorted(world.rows(tables.inspection_site, inspection_id=key), key=lambda r: r.position)
    return [row.project_id for row in rows]


def test_named_sites_stand_in_the_order_given_and_their_units_are_told_once(zone: Any) -> None:
    world, ids = zone
    key = planned(world, ids["遥观传动"], ids["潞城储能"], members=("inspector", "zjj_handler"))
    assert chosen(world, key) == [ids["遥观传动"], ids["潞城储能"]]
    row = inspection_row(world, key)
    assert (row.number, row.state, row.ends_on) == ("DC-2026-001", "planned", date(2026, 9, 28))
    assert len(world.notices("yaoguan_liaison")) == len(world.notices("lucheng_liaison")) == 1
    assert world.notices("henglin_liaison") == []
    assert history(world, f"inspection:{key}") == ["inspection.planned", "inspection.sites"]


def test_a_visit_that_is_not_announced_is_told_to_nobody_and_shown_to_no_unit(zone: Any) -> None:
    world, ids = zone
    key = planned(world, ids["潞城储能"], announced=False, kind="patrol")
    assert world.notices() == []
    with world.db.read() as s:
        for name in ("lucheng_head", "zjj_head"):
            with pytest.raises(NotVisible):
                find(s, find_actor(s, name), key)
        assert find(s, find_actor(s, "principal"), key).id == key


def test_sites_by_light_and_by_what_was_not_visited_for_long(zone: Any) -> None:
    world, ids = zone
    change_project(world, "横林新城", light="red")
    change_project(world, "丁堰特材", light="yellow")
    red = planned(world, choice=Choice("red"))
    assert chosen(world, red) == [ids["横林新城"]]
    assert chosen(world, planned(world, choice=Choice("yellow"))) == [ids["丁堰特材"]]
    world.do(steps.visit, "inspector", NOW, inspection=red, project=ids["横林新城"])
    long = planned(world, choice=Choice("unvisited", days=30))
    assert set(chosen(world, long)) == set(ids.values()) - {ids["横林新城"]}
    later = "2026-10-29 09:00"
    again = planned(world, choice=Choice("unvisited", days=30), now=later)
    assert set(chosen(world, again)) == set(ids.values())
    only = planned(world, choice=Choice("unvisited", days=30, board="lucheng"), now=later)
    assert chosen(world, only) == [ids["潞城储能"]]


def test_a_lot_is_drawn_with_the_hash_of_the_plans_first_event(zone: Any) -> None:
    world, ids = zone
    key = planned(world, choice=Choice("lot", size=2))
    record = inspection_row(world, key).draw
    first = world.row(tables.event, stream=f"inspection:{key}", seq=1)
    assert record["seed"] == first.hash
    assert record["population"] == sorted(ids.values()) and record["size"] == 2
    again = draw(record["seed"], record["population"], record["size"])
    assert [one.id for one in again if one.chosen] == record["chosen"] == chosen(world, key)


def test_neither_a_lot_nor_a_light_leads_to_a_project_of_another_zone(zone: Any) -> None:
    world, ids = zone
    change_project(world, "潞城储能", zone="常州经开区")
    change_project(world, "横林新城", board_id=None, zone="常州经开区")
    change_project(world, "丁堰特材", board_id=None, zone="武进区", light="red")
    change_project(world, "遥观传动", light="red")
    key = planned(world, choice=Choice("lot", size=2))
    ours = sorted(set(ids.values()) - {ids["丁堰特材"]})
    assert inspection_row(world, key).draw["population"] == ours
    assert chosen(world, planned(world, choice=Choice("red"))) == [ids["遥观传动"]]
    named = planned(world, ids["丁堰特材"])
    assert chosen(world, named) == [ids["丁堰特材"]]  # who names it goes there


def test_sites_change_with_a_reason_and_what_was_visited_stays(zone: Any) -> None:
    world, ids = zone
    key = planned(world, choice=Choice("lot", size=2))
    drawn = chosen(world, key)
    other = next(i for i in ids.values() if i not in drawn)
    change = {"inspection": key, "projects": [other, drawn[0]]}
    assert world.refused(Malformed, plan.set_sites, "inspector", NOW, reason="", **change) == [
        "reason_malformed"
    ]
    world.do(plan.set_sites, "inspector", NOW, reason="企业停产", **change)
    assert chosen(world, key) == [other, drawn[0]]
    assert inspection_row(world, key).draw["chosen"] == drawn  # the record of the draw stays
    noted(world, key, other)
    away = {"inspection": key, "projects": [drawn[0]], "reason": "改期"}
    assert world.refused(GuardFailed, plan.set_sites, "inspector", NOW, **away) == ["site_visited"]


@pytest.mark.parametrize(
    "form, code",
    [
        ({"kind": "surprise"}, "kind_unknown"), ({"title": " "}, "title_malformed"),
        ({"ends_on": date(2026, 9, 27)}, "ends_before"), ({"leader": "nobody"}, None),
        ({"choice": Choice("moon")}, "rule_wrong"), ({"choice": Choice()}, "projects_wrong"),
        ({"choice": Choice(projects=(999,))}, "projects_wrong"),
        ({"choice": Choice("red")}, "projects_wrong"),
        ({"choice": Choice("lot", size=0)}, "size_wrong"),
        ({"choice": Choice("red", stage="moon")}, "stage_wrong"),
    ],
)  # fmt: skip
def test_a_plan_that_makes_no_sense_is_refused(zone: Any, form: Any, code: str | None) -> None:
    world, ids = zone
    usual = {
        "kind": "site", "title": "现场督查", "starts_on": date(2026, 9, 28),
        "choice": Choice(projects=(ids["潞城储能"],)),
    }  # fmt: skip
    wanted: Any = Malformed if code else NotVisible
    codes = world.refused(wanted, plan.plan, "inspector", NOW, form=Plan(**(usual | form)))
    assert codes == [code or "unknown_person"]


@pytest.mark.parametrize("who", ["lucheng_head", "zjj_head", "commissioner", "principal"])
def test_who_is_neither_inspector_nor_office_plans_nothing(zone: Any, who: str) -> None:
    world, ids = zone
    form = Plan("site", "现场督查", date(2026, 9, 28), choice=Choice(projects=(ids["潞城储能"],)))
    world.refused(NotAllowed, plan.plan, who, NOW, form=form)
    world.refused(NotVisible, plan.plan, "auditor", NOW, form=form)
    key = planned(world, ids["潞城储能"])
    world.refused(NotAllowed, steps.close, who if who != "zjj_head" else "lucheng_head", NOW,
                  inspection=key, conclusion="好")  # fmt: skip


def test_a_finding_begins_the_inspection_and_marks_the_site(zone: Any) -> None:
    world, ids = zone
    key = planned(world, ids["潞城储能"])
    noted(world, key, ids["潞城储能"])
    assert inspection_row(world, key).state == "under_way"
    site = world.row(tables.inspection_site, inspection_id=key)
    assert site.visited_on == date(2026, 9, 28)
    assert site.visited_by_id == world.people["inspector"]


def test_an_entry_sent_twice_is_one_finding_even_after_it_has_become_an_issue(zone: Any) -> None:
    world, ids = zone
    key = planned(world, ids["潞城储能"])
    form = Noted(ids["潞城储能"], "杆线", "杆线迁移", token="phone-entry-1")
    first = world.do(findings.record, "inspector", NOW, inspection=key, form=form)
    again = world.do(findings.record, "inspector", NOW, inspection=key, form=form)
    assert (first.new, again.new, again.id) == (True, False, first.id)
    world.do(raise_issues, "inspector", EVENING, inspection=key)
    world.do(steps.close, "inspector", EVENING, inspection=key, conclusion="已转办")
    late = world.do(findings.record, "inspector", EVENING, inspection=key, form=form)
    assert (late.new, late.state) == (False, "issue")
    assert len(world.rows(tables.finding)) == 1


@pytest.mark.parametrize(
    "form, code",
    [
        ({"title": ""}, "title_malformed"), ({"category": "没有"}, "category_unknown"),
        ({"token": "a1"}, "token_malformed"), ({"token": ""}, "token_missing"),
        ({"project": 999}, "site_unknown"),
    ],
)  # fmt: skip
def test_a_finding_that_cannot_be_kept_is_refused(zone: Any, form: Any, code: str) -> None:
    world, ids = zone
    key = planned(world, ids["潞城储能"])
    usual = {"project": ids["潞城储能"], "title": "杆线", "category": "杆线迁移", "token": "t" * 8}
    entry = Noted(**(usual | form))
    said = world.refused(Malformed, findings.record, "inspector", NOW, inspection=key, form=entry)
    assert said == [code]


def test_only_the_team_notes_findings(zone: Any) -> None:
    world, ids = zone
    key = planned(world, ids["潞城储能"], members=("zjj_handler",))
    form = Noted(ids["潞城储能"], "杆线", "杆线迁移", token="entry-no-1")
    world.refused(NotAllowed, findings.record, "zjj_head", NOW, inspection=key, form=form)
    world.refused(NotAllowed, findings.record, "lucheng_head", NOW, inspection=key, form=form)
    world.refused(NotVisible, findings.record, "henglin_head", NOW, inspection=key, form=form)
    world.refused(NotVisible, findings.record, "sysadmin", NOW, inspection=key, form=form)
    assert world.do(findings.record, "zjj_handler", NOW, inspection=key, form=form).new


def test_findings_become_issues_at_one_click_and_exactly_once(zone: Any) -> None:
    world, ids = zone
    key = planned(world, ids["潞城储能"], ids["遥观传动"])
    noted(world, key, ids["潞城储能"])
    noted(world, key, ids["遥观传动"], title="排水不畅", category="施工配套", detail="")
    done = world.do(raise_issues, "inspector", EVENING, inspection=key)
    assert len({one.issue for one in done}) == 2 and not any(one.refused for one in done)
    first, second = (world.issue(one.issue) for one in done)
    assert first.project_id == ids["潞城储能"] and first.board_id == world.units["lucheng"]
    assert first.reporter_id == world.people["inspector"] and first.state == "reported"
    assert (first.source_system, first.category) == ("inspection", "杆线迁移")
    assert second.description == second.title == "排水不畅"
    assert inspection_row(world, key).state == "sent"
    before = world.dump()
    assert world.do(raise_issues, "inspector", EVENING, inspection=key) == []
    assert world.dump() == before
    noted(world, key, ids["潞城储能"], title="又一个")  # found on the way back: it goes on
    assert inspection_row(world, key).state == "under_way"
    (more,) = world.do(raise_issues, "triage", EVENING, inspection=key)
    assert world.issue(more.issue).reporter_id == world.people["triage"]
    assert len(world.rows(tables.issue)) == 3


def test_one_that_the_loop_refuses_stays_with_its_reason_and_the_others_go_on(zone: Any) -> None:
    world, ids = zone
    key = planned(world, ids["潞城储能"], ids["遥观传动"])
    wrong = noted(world, key, ids["潞城储能"])
    noted(world, key, ids["遥观传动"])
    with world.db.write() as s:  # the category leaves the policy between noon and evening
        f = tables.finding
        s.execute(f.update().where(f.c.id == wrong).values(category="没有的类别"))
    refused, taken = world.do(raise_issues, "inspector", EVENING, inspection=key)
    assert [r.code for r in refused.refused] and taken.issue
    row = world.row(tables.finding, id=wrong)
    assert row.state == "open" and row.refusal[0]["message"]
    assert inspection_row(world, key).state == "under_way"
    assert len(world.rows(tables.issue)) == 1
    assert world.refused(
        GuardFailed, steps.close, "inspector", EVENING, inspection=key, conclusion="好"
    ) == ["findings_open"]
    world.do(findings.correct, "inspector", EVENING, finding=wrong, title="杆线", detail="",
             category="杆线迁移")  # fmt: skip
    (mended,) = world.do(raise_issues, "inspector", EVENING, inspection=key)
    assert mended.issue and inspection_row(world, key).state == "sent"


def test_only_who_may_report_makes_issues_of_findings(zone: Any) -> None:
    world, ids = zone
    key = planned(world, ids["潞城储能"], members=("zjj_handler",))
    noted(world, key, ids["潞城储能"])
    for who in ("zjj_handler", "chief", "principal", "henglin_head"):
        world.refused(NotAllowed, raise_issues, who, EVENING, inspection=key)
    world.refused(NotVisible, raise_issues, "sysadmin", EVENING, inspection=key)


def test_what_is_settled_on_the_spot_or_struck_out_becomes_no_issue(zone: Any) -> None:
    world, ids = zone
    key = planned(world, ids["潞城储能"])
    first, second = noted(world, key, ids["潞城储能"]), noted(world, key, ids["潞城储能"])
    assert world.refused(Malformed, findings.settle, "inspector", NOW, finding=first, note="")
    world.do(findings.settle, "inspector", NOW, finding=first, note="当场协调解决")
    world.do(findings.drop, "inspector", NOW, finding=second, reason="重复记录")
    world.refused(IllegalTransition, findings.settle, "inspector", NOW, finding=first, note="再")
    assert world.do(raise_issues, "inspector", EVENING, inspection=key) == []
    assert world.rows(tables.issue) == [] and inspection_row(world, key).state == "sent"


def test_who_saw_an_older_version_is_refused(zone: Any) -> None:
    world, ids = zone
    key = planned(world, ids["潞城储能"])
    world.do(steps.start, "inspector", NOW, inspection=key, expected_version=1)
    stale = {"inspection": key, "conclusion": "好", "expected_version": 1}
    assert world.refused(StaleVersion, steps.close, "inspector", NOW, **stale) == ["stale"]


def test_units_see_their_own_sites_and_what_was_sent_of_them(zone: Any) -> None:
    world, ids = zone
    key = planned(world, ids["潞城储能"], ids["遥观传动"])
    noted(world, key, ids["潞城储能"])
    noted(world, key, ids["遥观传动"])

    def seen(name: str) -> tuple[int, int]:
        with world.db.read() as s:
            actor = find_actor(s, name)
            row = find(s, actor, key)
            return len(sites(s, actor, key)), len(findings_of(s, actor, row))

    assert seen("lucheng_head") == (1, 0)  # nothing before it is sent
    world.do(raise_issues, "inspector", EVENING, inspection=key)
    assert seen("lucheng_head") == (1, 1)
    assert seen("zjj_head") == (2, 2)  # a department knows every project
    assert seen("inspector") == seen("principal") == (2, 2)
    with world.db.read() as s:
        for name in ("henglin_head", "auditor", "sysadmin"):
            shown = select(tables.inspection.c.id).where(visible(s, find_actor(s, name)))
            assert list(s.execute(shown)) == []


@pytest.mark.parametrize("close", [False, True])
def test_a_unit_reads_of_the_report_its_own_sites_and_instructions(zone: Any, close: bool) -> None:
    world, ids = zone
    key = planned(world, ids["遥观传动"], ids["潞城储能"])
    noted(world, key, ids["潞城储能"])
    noted(world, key, ids["遥观传动"], title="遥观的问题")
    settled = noted(world, key, ids["潞城储能"], title="现场办结的问题")
    world.do(findings.settle, "inspector", EVENING, finding=settled, note="已清理")
    for unit, text in (("lucheng", "限期整改"), ("yaoguan", "遥观镇专报")):
        order = Order(text, unit, leader_name="秦正", inspection=key)
        world.do(give, "inspector", EVENING, form=order)
    world.do(raise_issues, "inspector", EVENING, inspection=key)
    if close:
        world.do(steps.close, "inspector", EVENING, inspection=key, conclusion="已全部转办")

    def told(name: str) -> Any:
        with world.db.read() as s:
            actor = find_actor(s, name)
            return report_facts(s, actor, find(s, actor, key), at("2026-12-01 10:00"))

    own = told("lucheng_head")
    assert [site["project"] for site in own["sites"]] == ["潞城储能"]
    assert [one["title"] for one in own["sites"][0]["findings"]] == ["杆线影响施工"]
    assert [one["text"] for one in own["instructions"]] == ["限期整改"]
    assert own["totals"] == {
        "sites": 1, "visited": 1, "findings": 1, "issues": 1, "settled": 0, "open": 0,
        "same_day": 1,
    }  # fmt: skip
    assert "遥观" not in str(own)
    whole = told("principal")
    assert len(whole["sites"]) == 2 and len(whole["instructions"]) == 2
    assert whole["totals"]["settled"] == 1


def test_the_report_is_frozen_when_the_inspection_closes(zone: Any) -> None:
    world, ids = zone
    key = planned(world, ids["潞城储能"], ids["遥观传动"], leader="principal")
    noted(world, key, ids["潞城储能"])
    noted(world, key, ids["潞城储能"], now="2026-09-27 16:00", title="昨日发现")
    world.do(raise_issues, "inspector", EVENING, inspection=key)
    world.refused(Malformed, steps.close, "inspector", EVENING, inspection=key, conclusion=" ")
    world.do(steps.close, "inspector", EVENING, inspection=key, conclusion="问题已全部转办")

    def told() -> Any:
        with world.db.read() as s:
            actor = find_actor(s, "inspector")
            return report_facts(s, actor, find(s, actor, key), at("2026-12-01 10:00"))

    facts = told()
    assert facts["totals"] == {
        "sites": 2, "visited": 1, "findings": 2, "issues": 2, "settled": 0, "open": 0,
        "same_day": 1,
    }  # fmt: skip
    assert facts["leader"] == "秦正" and facts["conclusion"] == "问题已全部转办"
    change_project(world, "潞城储能", name="改名以后")
    assert told() == facts
    late = {"inspection": key, "form": Noted(ids["潞城储能"], "晚", "其他", token="t" * 9)}
    world.refused(IllegalTransition, findings.record, "inspector", EVENING, **late)


def test_the_clock_suggests_one_quarterly_inspection_a_quarter(
    database: Database, zone: Any
) -> None:
    world, ids = zone
    assert [quarterly.run(database, at(f"2026-{day} 09:05")) for day in ("07-01", "07-01", "08-03")
            ] == [1, 0, 0]  # fmt: skip
    row = world.row(tables.inspection)
    assert (row.state, row.period, row.title) == ("suggested", "2026-Q3", "2026年第三季度项目督查")
    assert len(world.notices("chief")) == 1
    form = Plan("quarterly", row.title, row.starts_on, row.ends_on,
                choice=Choice(projects=(ids["潞城储能"],)))  # fmt: skip
    done = world.do(plan.adopt, "inspector", NOW, inspection=row.id, form=form)
    assert done.state == "planned" and quarterly.run(database, at("2026-09-30 09:05")) == 0
    assert quarterly.run(database, at("2026-10-08 09:05")) == 1


def test_who_has_planned_a_quarters_inspection_gets_no_suggestion(
    database: Database, zone: Any
) -> None:
    world, ids = zone
    planned(world, ids["潞城储能"])
    assert quarterly.run(database, at("2026-09-29 09:05")) == 0
    key = planned(world, ids["潞城储能"], starts_on=date(2026, 11, 2))
    world.do(steps.drop, "inspector", NOW, inspection=key, reason="改期")
    assert quarterly.run(database, at("2026-10-09 09:05")) == 1


def test_a_suggestion_is_dropped_with_a_reason_and_not_made_again(
    database: Database, zone: Any
) -> None:
    world, _ids = zone
    quarterly.run(database, at("2026-07-01 09:05"))
    key = world.row(tables.inspection).id
    world.do(steps.drop, "chief", NOW, inspection=key, reason="与市级督查合并")
    assert quarterly.run(database, at("2026-07-02 09:05")) == 0


def test_the_look_back_sample_can_be_drawn_again_to_the_same_result(zone: Any) -> None:
    world, _ids = zone
    for _n in range(12):
        world.closed("2026-03-02 10:00")
    major = world.verified("2026-03-02 11:00", major=True)
    world.approve(major.issue, "2026-03-02 11:00", by="director")
    with world.db.read() as s:
        chief = find_actor(s, "chief")
        found = sample(s, chief, date(2026, 3, 1), date(2026, 3, 31))
        assert len(found.rows) == 13 and all(row.agrees for row in found.rows)
        assert found.rows[0].basis == "major"
        assert len(found.by_lot) == 12
        picked = {row.issue for row in found.chosen}
        rows = s.execute(
            select(tables.issue.c.number).join(
                tables.lookback, tables.lookback.c.issue_id == tables.issue.c.id
            )
        )
        assert {row.number for row in rows} == picked
        assert all((row.number < row.share) == (row.basis == "sample") for row in found.by_lot)
        assert (
            sample(s, find_actor(s, "henglin_head"), date(2026, 3, 1), date(2026, 3, 31)).rows == ()
        )
        assert sample(s, chief, date(2026, 4, 1), date(2026, 4, 30)).rows == ()


def test_the_history_of_an_inspection_is_audited(zone: Any) -> None:
    world, ids = zone
    key = planned(world, ids["潞城储能"])
    noted(world, key, ids["潞城储能"])
    world.do(raise_issues, "inspector", EVENING, inspection=key)
    with world.db.read() as s:
        assert audit.verify(s).ok
