"""The full-text index: it follows the ledger, is built anew alike, and finds what is alike."""

from __future__ import annotations

from sqlalchemy import select

from benchmarks.demands import accuracy, labelled, of_index, proposals, quality
from config.policy import parse_policy, shipped_policy
from models import tables
from models.db import Database, Session
from projects.demands.alike import alike
from projects.demands.base import find_demand
from projects.search import catching_up, index
from projects.search.finding import find
from tests.demands import TEXT, filed, taken_up
from tests.world import World, moment
from workflow.commands import discovery
from workflow.context import find_actor

NOW = "2026-09-28 10:00"
RECALL, MRR, FIRST_OF_LABELLED, AMONG_THREE_HELD_OUT = 0.84, 0.74, 0.93, 0.6
"""Floors somewhat below what benchmarks/demands.py printed when the way was chosen."""


def found(s: Session, text: str) -> list[tuple[str, int]]:
    return [(hit.kind, hit.ref_id) for hit in find(s, text)]


def contents(s: Session) -> list[tuple[str, int, str]]:
    doc = tables.search_doc.c
    rows = s.execute(select(doc.kind, doc.ref_id, doc.terms).order_by(doc.kind, doc.ref_id))
    return [(row.kind, row.ref_id, row.terms) for row in rows]


def caught_up(world: World) -> int:
    with world.db.write() as s:
        return catching_up.catch_up(s, moment(NOW))


def test_two_characters_find_what_holds_them(world: World) -> None:
    one = world.reported(NOW, title="喷涂线技改", description="环评批复未下")
    other = world.reported(NOW, title="路灯未装", description="夜间通行不便")
    assert caught_up(world) == 2
    with world.db.read() as s:
        assert found(s, "环评") == [("issue", world.issue(one).id)]
        assert found(s, "路灯") == [("issue", world.issue(other).id)]
        assert found(s, "…！") == found(s, "魑魅") == []


def test_signs_of_the_databases_own_language_are_only_text(world: World) -> None:
    world.reported(NOW, title="10kV AND OR NOT NEAR", description="用地 ' \" | & ! :* ()")
    caught_up(world)
    with world.db.read() as s:
        for text in ("'用地' | !\"", "NOT (10kV) AND", 'terms:"用地"*', "near/3 ^用地"):
            assert len(found(s, text)) == 1, text


def test_the_index_follows_reports_and_corrections(world: World) -> None:
    number = world.reported(NOW, title="原题", description="土地指标未落实")
    assert (caught_up(world), caught_up(world)) == (1, 0)
    world.do(discovery.edit, "triage", NOW, issue=number, title="改题", description="管网未接通")
    with world.db.read() as s:
        assert catching_up.behind(s)
    assert caught_up(world) == 1
    with world.db.read() as s:
        assert not catching_up.behind(s)
        assert found(s, "土地指标") == []
        assert found(s, "管网") == [("issue", world.issue(number).id)]


def test_the_telephone_of_who_called_is_not_indexed(world: World) -> None:
    world.reported(NOW, description="杆线待迁\n\n【来源联系信息】\n电话：051988880000")
    caught_up(world)
    with world.db.read() as s:
        assert found(s, "051988880000") == []
        assert len(found(s, "杆线")) == 1


def test_a_filed_demand_lets_the_index_catch_up_first(world: World) -> None:
    number = world.reported(NOW, title="高压线影响吊装", description="厂区北侧高压线待迁")
    filed(world, NOW)
    with world.db.read() as s:
        assert ("issue", world.issue(number).id) in found(s, TEXT)


def test_the_daily_job_finds_what_the_mark_has_missed(world: World) -> None:
    number = world.reported(NOW, title="高压线", description="厂区北侧高压线待迁")
    caught_up(world)
    with world.db.write() as s:
        index.clear(s)
    assert caught_up(world) == 0
    assert catching_up.run(world.db, moment(NOW)) == 1
    with world.db.read() as s:
        assert found(s, "高压线") == [("issue", world.issue(number).id)]
        counted = index.mark(s)
    assert counted is not None and counted.docs == 1


def test_a_rebuilt_index_is_the_same(world: World) -> None:
    for n in range(4):
        world.reported(NOW, title=f"杆线{n}", description="高压线影响施工" * (n + 1))
    filed(world, NOW)
    with world.db.write() as s:
        index.count(s, moment(NOW))
        before = contents(s)
        answers = found(s, TEXT)
    with world.db.write() as s:
        assert catching_up.rebuild(s, moment(NOW)) == 5
    with world.db.read() as s:
        assert (contents(s), found(s, TEXT)) == (before, answers)


def test_a_text_may_be_put_in_again_and_again(world: World) -> None:
    with world.db.write() as s:
        index.mark(s, lock=True)
        for text in ("土地", "管网", "", "土地"):
            index.put(s, "demand", 1, text)
        assert not index.put(s, "demand", 1, "土地")
        index.count(s, moment(NOW))
    with world.db.read() as s:
        assert found(s, "土地") == [("demand", 1)]
        assert found(s, "管网") == []


def test_like_demands_are_found_as_well_as_when_the_way_was_chosen(database: Database) -> None:
    known, policy = labelled(), parse_policy(shipped_policy())
    with database.write() as s:
        reached = quality(of_index(s, known), known)
        proposed = proposals(s, known, policy)
    assert reached.recall >= RECALL and reached.mrr >= MRR
    assert accuracy(proposed, [one for one in known if not one.held_out], 1) >= FIRST_OF_LABELLED
    assert accuracy(proposed, [one for one in known if one.held_out], 3) >= AMONG_THREE_HELD_OUT


def test_the_labelled_set_speaks_of_the_policys_categories() -> None:
    known = labelled()
    assert {one.category for one in known} == set(parse_policy(shipped_policy()).categories)
    assert len(known) >= 60 and len({one.id for one in known}) == len(known)


def test_a_repeat_that_waits_finds_the_issue_as_soon_as_the_first_demand_is_taken_up(
    world: World,
) -> None:
    repeat = filed(world, NOW, body="厂区北侧高压线还是没有迁，吊车不能用")
    _first, issue = taken_up(world, NOW)
    with world.db.read() as s:
        actor = find_actor(s, "triage")
        like = alike(s, actor, find_demand(s, actor, repeat.number))
    assert issue in {one.number for one in like}
