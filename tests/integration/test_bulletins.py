"""The monthly bulletin: figures of the frozen month alone, three sections, signed, kept."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from models import tables
from projects import snapshots
from projects.bulletins import commands, reading, words
from projects.bulletins.annexes import tables as annexes
from tests.kpi_stories import play
from tests.world import World, at
from workflow import audit
from workflow.commands import supervision
from workflow.context import find_actor
from workflow.documents import commands as documents
from workflow.errors import (
    GuardFailed,
    IllegalTransition,
    NotAllowed,
    NotVisible,
    StaleVersion,
)
from workflow.sweep import tick

FREEZE = at("2026-08-03 09:30")
DAY = at("2026-08-05 10:00")


def frozen(world: World, seed: int = 5, issues: int = 6) -> World:
    """July 2026 with a little of everything, frozen by the chief."""
    play(world, seed, issues, days=31)
    world.do(freeze, "chief", FREEZE, month="2026-07")
    return world


def freeze(s: Any, *, actor: Any, now: datetime, month: str, reason: str = "") -> Any:
    return snapshots.freeze(s, month, actor, now, reason)


def drafted(world: World) -> int:
    return int(world.do(commands.draft, "triage", DAY, month="2026-07"))


def issued(world: World) -> int:
    key = drafted(world)
    world.do(commands.check, "triage", DAY, bulletin=key)
    world.do(commands.sign, "director", DAY, bulletin=key)
    world.do(commands.issue, "triage", DAY, bulletin=key)
    return key


def line_of(world: World, key: int, username: str = "chief") -> reading.Line:
    with world.db.read() as s:
        return reading.find(s, find_actor(s, username), key)


def regenerated(world: World, key: int, form: str) -> reading.Regenerated:
    with world.db.read() as s:
        return reading.regenerate(s, find_actor(s, "chief"), key, form)


def sheet_of(world: World, key: int) -> dict[str, Any]:
    found: dict[str, Any] = line_of(world, key).document.facts["sheet"]
    return found


def test_a_bulletin_goes_from_the_frozen_month_to_every_unit(world: World) -> None:
    key = issued(frozen(world))
    line = line_of(world, key)
    assert (line.state, line.document.number) == ("issued", "常经开经通报〔2026〕1号")
    sheet = sheet_of(world, key)
    heads = [p["text"] for p in sheet["paragraphs"] if p["level"] == 1]
    assert heads == ["一、重点项目开竣工情况", "二、投资完成情况", "三、问题进展情况"]
    assert not re.search(r"[{}]", str([p["text"] for p in sheet["paragraphs"]]))
    assert world.notices("zjj_liaison", kind="document")
    assert world.notices("principal", kind="project_news")
    with world.db.read() as s:
        assert not audit.verify(s).faults


@pytest.mark.parametrize("form", ["docx", "pdf"])
def test_a_bulletin_made_again_from_its_snapshot_is_byte_equal(world: World, form: str) -> None:
    key = issued(frozen(world))
    play(world, 11, 3, days=10, first="2026-08-06")  # what comes later changes nothing
    world.do(freeze, "chief", "2026-08-20 10:00", month="2026-07", reason="补录投资")
    again = regenerated(world, key, form)
    assert again.same and again.content[:4] in (b"%PDF", b"PK\x03\x04")
    assert again.digest == line_of(world, key).document.facts["facts"]["bulletin"]["snapshot"]


@pytest.mark.one_database
def test_a_bulletin_whose_words_were_tampered_with_is_noticed(world: World) -> None:
    key = issued(frozen(world))
    with world.db.write() as s:
        table = tables.bulletin
        s.execute(update(table).where(table.c.id == key).values(progress="一切正常。"))
    assert not regenerated(world, key, "docx").same


@pytest.mark.one_database
def test_without_a_frozen_month_there_is_no_bulletin(world: World) -> None:
    codes = world.refused(GuardFailed, commands.draft, "triage", DAY, month="2026-07")
    assert codes == ["month_not_frozen"]


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("销号率达到98.5%。", "figure_typed"),
        ("完成投资12.5亿元。", "figure_typed"),
        ("解决问题15个。", "figure_typed"),
        ("销号率达到百分之九十。", "figure_typed"),
        ("本月开工项目九个。", "figure_typed"),
        ("本月开工十二个项目，形势平稳。", "figure_typed"),
        ("完成投资三亿元。", "figure_typed"),
        ("解决问题两件；", "figure_typed"),
        ("超过七成。", "figure_typed"),
        ("销号率{清零指数}。", "placeholder_unknown"),
        ("{火星镇.销号率}", "placeholder_unknown"),
        ("", "section_missing"),
    ],
)
def test_figures_cannot_be_typed_over(world: World, text: str, code: str) -> None:
    key = drafted(frozen(world, issues=2))
    world.do(commands.edit, "triage", DAY, bulletin=key, words={"progress": text})
    assert world.refused(GuardFailed, commands.check, "triage", DAY, bulletin=key) == [code]


@pytest.mark.one_database
def test_a_figure_of_a_unit_stands_with_its_n_and_names_of_roads_may_be_typed(world: World) -> None:
    key = drafted(frozen(world))
    text = "312国道沿线请在5个工作日内完成。建设局按时办结率{建设局.按时办结率}，镇{镇.销号率}。"
    world.do(commands.edit, "triage", DAY, bulletin=key, words={"progress": text})
    world.do(commands.check, "triage", DAY, bulletin=key)
    (told,) = [p["text"] for p in sheet_of(world, key)["paragraphs"] if "312" in p["text"]]
    assert re.search(r"建设局按时办结率\S*（n=\d+）", told)


@pytest.mark.one_database
def test_a_text_above_4000_characters_is_refused(world: World) -> None:
    key = drafted(frozen(world, issues=2))
    words_ = {"progress": "推进有力。" * 790, "investment": "推进有力。" * 20}
    world.do(commands.edit, "triage", DAY, bulletin=key, words=words_)
    assert world.refused(GuardFailed, commands.check, "triage", DAY, bulletin=key) == ["too_long"]


@pytest.mark.one_database
def test_units_with_few_cases_have_no_rank(world: World) -> None:
    play(world, 21, 14, days=31)
    world.do(freeze, "chief", FREEZE, month="2026-07")
    key = drafted(world)
    with world.db.read() as s:
        source = reading.source(s, reading.find(s, find_actor(s, "chief"), key))
    table = next(t for t in annexes(source) if "按时办结率排名" in t.columns)
    for row in table.rows:
        n = int(re.search(r"n=(\d+)", row[3].text + "n=0")[1])  # type: ignore[index]
        assert (row[2].text == "—") == (n < 5 or row[0].text == "其他单位"), row


def test_overdue_tasks_named_for_the_month_stand_in_the_bulletin(world: World) -> None:
    case = world.acknowledged("2026-07-01 10:00", category="环评", plans=())
    due = world.task(case.task).due_at
    for day in range(12):
        tick(world.db, due + timedelta(days=day))
    (step,) = world.rows(tables.prepared_action, kind="bulletin")
    when = step.prepared_at + timedelta(hours=2)
    world.do(
        supervision.decide_prepared,
        "chief",
        when,
        prepared_id=step.id,
        issue_it=True,
        reason="列入",
    )
    month = f"{when:%Y-%m}"
    later = when + timedelta(days=35)
    world.do(freeze, "chief", later, month=month)
    key = int(world.do(commands.draft, "chief", later, month=month))
    world.do(commands.check, "chief", later, bulletin=key)
    annex = next(a for a in sheet_of(world, key)["annexes"] if "列入通报" in a["title"])
    assert [row[2] for row in annex["grid"]["rows"]] == [case.task]
    step = world.row(tables.prepared_action, id=step.id)
    assert step.document_id == line_of(world, key).document.id


@pytest.mark.one_database
def test_year_on_year_stands_beside_where_that_month_was_frozen(world: World) -> None:
    frozen(world)
    key = drafted(world)
    line = line_of(world, key)
    assert line.row.compared_id is None
    with world.db.read() as s:
        assert "上年同月无可比数据" in words.filled("{同比.销号率}", reading.source(s, line))
    with world.db.write() as s:
        content = snapshots.gather(s, "2025-07", at("2026-08-06 10:00"))
        snapshots.store(s, "2025-07", content, None, at("2026-08-06 10:00"), "")
    world.do(commands.refresh, "triage", at("2026-08-06 11:00"), bulletin=key)
    world.do(commands.check, "triage", at("2026-08-06 11:00"), bulletin=key)
    assert any("同比" in a["title"] for a in sheet_of(world, key)["annexes"])
    assert regenerated(world, key, "docx").same


@pytest.mark.one_database
def test_only_the_office_writes_and_only_the_deputy_director_signs(world: World) -> None:
    key = drafted(frozen(world, issues=2))
    for person in ("principal", "inspector"):
        assert world.refused(NotAllowed, commands.draft, person, DAY, month="2026-07")
        assert world.refused(NotAllowed, commands.edit, person, DAY, bulletin=key, words={})
    for person in ("zjj_head", "lucheng_liaison", "sysadmin", "auditor"):
        world.refused(NotVisible, commands.edit, person, DAY, bulletin=key, words={})
        world.refused(NotVisible, commands.sign, person, DAY, bulletin=key)
    world.do(commands.check, "triage", DAY, bulletin=key)
    for person in ("triage", "chief", "principal"):
        assert world.refused(NotAllowed, commands.sign, person, DAY, bulletin=key)
    world.do(commands.sign, "director", DAY, bulletin=key)
    assert world.refused(NotAllowed, commands.issue, "inspector", DAY, bulletin=key)


@pytest.mark.one_database
def test_a_unit_sees_a_bulletin_only_once_it_is_issued(world: World) -> None:
    key = drafted(frozen(world, issues=2))
    with pytest.raises(NotVisible):
        line_of(world, key, "lucheng_head")
    world.do(commands.check, "triage", DAY, bulletin=key)
    world.do(commands.sign, "director", DAY, bulletin=key)
    with pytest.raises(NotVisible):
        line_of(world, key, "lucheng_head")
    world.do(commands.issue, "triage", DAY, bulletin=key)
    assert line_of(world, key, "lucheng_head").state == "issued"
    with pytest.raises(NotVisible):
        line_of(world, key, "sysadmin")


@pytest.mark.one_database
def test_steps_out_of_order_and_stale_callers_are_refused(world: World) -> None:
    key = drafted(frozen(world, issues=2))
    assert world.refused(IllegalTransition, commands.sign, "director", DAY, bulletin=key)
    assert world.refused(
        StaleVersion, commands.check, "triage", DAY, bulletin=key, expected_version=7
    )
    assert world.refused(GuardFailed, commands.draft, "chief", DAY, month="2026-07") == [
        "bulletin_exists"
    ]
    world.do(commands.check, "triage", DAY, bulletin=key)
    assert world.refused(IllegalTransition, commands.edit, "triage", DAY, bulletin=key, words={})
    world.do(commands.reopen, "triage", DAY, bulletin=key, reason="补充文字")
    assert line_of(world, key).state == "draft"
    world.do(commands.edit, "triage", DAY, bulletin=key, words={"starts": "推进有力。"})
    world.do(commands.check, "triage", DAY, bulletin=key)


@pytest.mark.one_database
def test_a_month_frozen_again_must_be_taken_into_the_draft_first(world: World) -> None:
    key = drafted(frozen(world, issues=2))
    world.do(freeze, "chief", "2026-08-06 10:00", month="2026-07", reason="补录投资")
    assert world.refused(GuardFailed, commands.check, "triage", DAY, bulletin=key) == [
        "edition_old"
    ]
    world.do(commands.refresh, "triage", DAY, bulletin=key)
    world.do(commands.check, "triage", DAY, bulletin=key)


@pytest.mark.one_database
def test_a_month_frozen_again_after_the_check_is_not_signed_as_it_was(world: World) -> None:
    frozen(world)
    key = drafted(world)
    world.do(commands.check, "triage", DAY, bulletin=key)
    world.do(freeze, "chief", DAY, month="2026-07", reason="补录")
    refused = world.refused(GuardFailed, commands.sign, "director", DAY, bulletin=key)
    assert refused == ["edition_old"]
    world.do(commands.reopen, "triage", DAY, bulletin=key, reason="数据有更正")
    world.do(commands.refresh, "triage", DAY, bulletin=key)
    world.do(commands.check, "triage", DAY, bulletin=key)
    world.do(commands.sign, "director", DAY, bulletin=key)


@pytest.mark.one_database
def test_a_correction_is_a_new_bulletin_that_says_so(world: World) -> None:
    key = issued(frozen(world))
    assert world.refused(GuardFailed, commands.draft, "chief", DAY, month="2026-07")
    world.do(freeze, "chief", "2026-08-06 10:00", month="2026-07", reason="补录投资")
    later = at("2026-08-07 10:00")
    new = int(world.do(commands.correct, "chief", later, bulletin=key, reason="投资漏报"))
    world.do(commands.check, "chief", later, bulletin=new)
    sheet = sheet_of(world, new)
    assert sheet["title"].replace("\n", "").startswith("关于更正2026年7月")
    first = sheet["paragraphs"][0]["text"]
    assert "更正常经开经通报〔2026〕1号" in first and "投资漏报" in first
    assert regenerated(world, new, "docx").same and regenerated(world, key, "docx").same


@pytest.mark.one_database
def test_what_is_required_of_towns_is_issued_by_the_leaders_office(world: World) -> None:
    key = drafted(frozen(world, issues=2))
    asked = {"requirements": "请各镇抓紧办理逾期事项。"}
    world.do(commands.edit, "triage", DAY, bulletin=key, words=asked)
    assert world.refused(GuardFailed, commands.check, "triage", DAY, bulletin=key) == [
        "addressee_refused"
    ]
    world.do(commands.check, "triage", DAY, bulletin=key, issuer="dzb")
    assert world.refused(NotAllowed, commands.sign, "director", DAY, bulletin=key)
    world.do(commands.sign, "principal", DAY, bulletin=key)
    heads = [p["text"] for p in sheet_of(world, key)["paragraphs"] if p["level"] == 1]
    assert heads[3:] == ["四、下一步要求"]


@pytest.mark.one_database
def test_one_issued_from_the_page_of_documents_is_told_of_by_the_clock_once(world: World) -> None:
    key = drafted(frozen(world, issues=2))
    document = int(world.do(commands.check, "triage", DAY, bulletin=key))
    world.do(documents.sign, "director", DAY, document=document)
    world.do(documents.issue, "triage", DAY, document=document)
    assert line_of(world, key).state == "issued"
    assert commands.tell_issued(world.db, DAY + timedelta(days=1)) > 0
    told = {row.recipient_id for row in world.notices(kind="project_news")}
    assert told == {world.people["principal"], world.people["director"]}
    assert commands.tell_issued(world.db, DAY + timedelta(days=2)) == 0
