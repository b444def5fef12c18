"""The history of an issue, told in words."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from config.i18n import LANGUAGES, language, translate
from models import tables
from tests.integration import test_commands_rights as rights
from tests.integration.test_case_file import CODE, FILES, HAN, entries, read, told, words_of
from tests.integration.test_commands_rights import ACTS, NOW, THEN
from tests.world import World
from workflow import timeline_words
from workflow.commands import closure, discovery, requests, supervision
from workflow.context import context
from workflow.timeline import timeline
from workflow.timeline_details import Teller


def every_case(world: World) -> Iterator[str]:
    """Numbers of issues on which every act of the definition has been done."""
    for act in ACTS:
        case = act.stage(world)
        world.do(act.command, act.by, act.now, **act.arguments(world, case))
        yield case.issue


@pytest.fixture
def histories(world: World) -> list[str]:
    """Issues with every kind of event that a person brings about."""
    return list(every_case(world))


def test_nobody_reads_a_code_or_a_key_in_either_language(
    world: World, histories: list[str]
) -> None:
    codes = set(world.units) | set(world.people)
    for lang in LANGUAGES:
        for number in histories:
            with language(lang):
                found = read(world, number)["timeline"]
            for entry in found:
                for text in words_of(entry):
                    assert not text.isdigit(), (entry["tag"], entry["data"], text)
                    assert text not in codes, (entry["tag"], text)
                    assert "_" not in text, (entry["tag"], text)
                if lang == "zh_CN":
                    shown = " ".join(words_of(entry))
                    assert not CODE.search(FILES.sub("", shown)), (entry["tag"], shown)
                else:
                    labels = [entry["name"], *(d["name"] for d in entry["details"])]
                    assert not HAN.search(" ".join(labels)), (entry["tag"], labels)


def test_every_particular_that_commands_record_has_a_name_of_its_own(
    world: World, histories: list[str]
) -> None:
    known = set(timeline_words.LABELS) | timeline_words.HIDDEN
    told_as_pairs = {"from", "to", "to_light", "old", "new", "limit_n"}
    for number in histories:
        for row in world.events(number):
            assert set(row.data) <= known | told_as_pairs, (row.tag, row.data)


def test_every_word_has_its_chinese() -> None:
    texts = {*timeline_words.LABELS.values(), "Further particulars"}
    for group in timeline_words.VALUES.values():
        texts |= set(group.values())
    assert [t for t in sorted(texts) if not HAN.search(translate(t, "zh_CN"))] == []


def test_a_change_of_state_says_from_what_to_what(world: World) -> None:
    case = rights.submitted(world)
    with language("en"):
        (entry,) = entries(world, case.issue, "task.submit")
    assert {"name": "State", "before": "In progress", "after": "Submitted"} in entry["changes"]
    assert told(entry)["Result"] == "已全部完成"
    assert told(entry)["Evidence"] == "document 验收单.pdf"
    assert (entry["actor"], entry["actor_unit"], entry["task"]) == ("孙建国", "建设局", case.task)


def test_a_hand_over_says_due_and_cause(world: World) -> None:
    case = rights.dispatched(world)
    with language("en"):
        (entry,) = entries(world, case.issue, "task.dispatched")
    due = world.task(case.task).due_at.astimezone(ZoneInfo("Asia/Shanghai"))
    assert told(entry)["Deadline"] == f"{due:%Y-%m-%d %H:%M}"
    assert told(entry)["Cause"] == "dispatch"
    assert told(entry)["Lead unit"] == "建设局"


def test_a_granted_extension_says_both_deadlines(world: World) -> None:
    case = rights.extension_asked(world)
    before = world.task(case.task).due_at.astimezone(ZoneInfo("Asia/Shanghai"))
    world.do(requests.rule_extension, "chief", THEN, task=case.task, granted=True, opinion="同意")
    with language("en"):
        (entry,) = entries(world, case.issue, "task.rule_extension")
    assert entry["changes"] == [
        {
            "name": "Deadline",
            "before": f"{before:%Y-%m-%d %H:%M}",
            "after": "2026-03-27 17:30",
        }
    ]
    assert (told(entry)["Ruling"], told(entry)["Opinion"]) == ("granted", "同意")


def test_an_adjustment_names_the_unit_and_the_old_text(world: World) -> None:
    case = rights.running(world)
    world.do(
        requests.request_adjustment, "zjj_head", NOW, task=case.task, reason="职责调整",
        changes={"lead_unit": "zgj", "measures": "改为入地"},
    )  # fmt: skip
    with language("en"):
        (asked,) = entries(world, case.issue, "task.request_adjustment")
        (request,) = read(world, case.issue)["tasks"][0]["requests"]
    wanted = [{"name": "Measures", "text": "改为入地"}, {"name": "Lead unit", "text": "资规分局"}]
    assert request["wanted"] == wanted
    shown = [d["text"] for d in asked["details"] if d["name"] == "Change asked for"]
    assert shown == ["Measures: 改为入地", "Lead unit: 资规分局"]
    world.do(requests.rule_adjustment, "chief", THEN, task=case.task, granted=True, opinion="同意")
    with language("en"):
        (ruled,) = entries(world, case.issue, "task.rule_adjustment")
    assert {"name": "Lead unit", "before": "建设局", "after": "资规分局"} in ruled["changes"]
    assert {
        "name": "Measures", "before": "协调产权单位迁移杆线", "after": "改为入地"
    } in ruled["changes"]  # fmt: skip


def test_a_corrected_report_shows_the_old_text(world: World) -> None:
    number = world.reported(NOW)
    world.do(discovery.edit, "lucheng_liaison", THEN, issue=number, title="更正", category="拆迁")
    with language("en"):
        (entry,) = entries(world, number, "issue.edit")
    assert {c["name"]: (c["before"], c["after"]) for c in entry["changes"]} == {
        "Title": ("10千伏杆线影响施工", "更正"),
        "Category": ("Utility line relocation", "Demolition"),
    }


def test_a_level_that_stays_the_same_is_no_change(world: World) -> None:
    case = rights.running(world)
    for level in (2, 2):
        world.do(
            supervision.coordinate, "triage", THEN, issue=case.issue, level=level, reason="市级协调"
        )
    first, again = entries(world, case.issue, "issue.coordinate")
    assert [(c["before"], c["after"]) for c in first["changes"]] == [("L1", "L2")]
    assert again["changes"] == []


def test_a_light_that_turned_says_why(world: World) -> None:
    case = rights.step_prepared(world)
    with language("en"):
        turned = entries(world, case.issue, "task.light")
        steps = entries(world, case.issue, "ladder.rung")
    assert [e["changes"] for e in turned] == [
        [{"name": "Light", "before": "green", "after": "red"}]
    ]
    assert told(turned[0]) == {"Reason": "past the deadline"}
    assert all(e["name"] == "light changed" for e in turned)
    assert all("Kind" in told(e) and "Step" not in told(e) for e in steps)


def test_what_was_waived_is_named_in_words(world: World) -> None:
    case = rights.running(world)
    world.do(closure.waive_evidence, "director", NOW, task=case.task, reason="材料已归档")
    world.do(closure.submit_task, "zjj_head", NOW, task=case.task, result="已完成")
    world.verify(case.task, NOW)
    world.do(
        closure.approve, "director", THEN, issue=case.issue, opinion="同意", override="无第三人"
    )
    with language("en"):
        (entry,) = entries(world, case.issue, "issue.approve")
    assert told(entry)["Rules waived"] == "approver, verifier and handler are different persons"
    assert told(entry)["Reason for the waiver"] == "无第三人"


SYSTEM = [
    ("task.redated", {
        "batch": "b-1", "old_due": "2026-03-02T17:30:00+08:00",
        "new_due": "2026-03-03T17:30:00+08:00", "provisional": True, "deadline_version": 2,
        "calendar_edition": 3,
    }, ["Deadline: 2026-03-02 17:30 > 2026-03-03 17:30", "Provisional: yes"]),
    ("issue.migrated", {
        "from": "gone", "to": "in_progress", "v": 4, "batch": "b", "from_version": 1,
        "to_version": 2, "states": {"issue": ["gone", "in_progress"]},
    }, ["State: a state of another definition > In progress",
        "Workflow definition: version 1 > version 2"]),
    ("limit.passed", {"limit": "rule_extension:7#1"}, ["Time limit: ruling on the extension due"]),
    ("limit.passed", {"limit": "triage#1"}, ["Time limit: breakdown due"]),
    ("notice.no_addressee", {"kind": "urge", "occasion": "rung:urge"}, ["Kind: Urging notice"]),
    ("issue.plan_task", {"limit_class": "ordinary", "limit_n": 3}, ["Time limit: 3 working days"]),
    ("issue.plan_task", {"limit_class": "gone", "limit_n": None},
     ["Time limit: a time limit of another policy"]),
    ("task.decide_prepared", {"rung": "gone", "level": 3, "issued": False, "prepared": 9},
     ["Decision: dismissed", "Level: level 3", "Step: a step of another policy"]),
    ("task.withdraw", {"replaced_by": "WT-2026-000001-02"},
     ["Replaced by task: WT-2026-000001-02"]),
]  # fmt: skip


def test_events_that_nobody_brings_about_are_told_too(world: World) -> None:
    issue = world.issue(rights.running(world).issue)
    with world.db.read() as s, language("en"):
        teller = Teller(context(s), ZoneInfo("Asia/Shanghai"), issue, {})
        for tag, data, expected in SYSTEM:
            found = teller.told(SimpleNamespace(tag=tag, task_id=None, data=data))
            shown = [f"{c['name']}: {c['before']} > {c['after']}" for c in found.changes]
            shown += [f"{d['name']}: {d['text']}" for d in found.details]
            assert sorted(shown) == sorted(expected), tag


def test_an_event_of_an_unknown_kind_is_still_told(world: World) -> None:
    case = rights.running(world)
    issue = world.issue(case.issue)
    with world.db.read() as s, language("en"):
        ctx = context(s)
        teller = Teller(ctx, ZoneInfo("Asia/Shanghai"), issue, {})
        odd = SimpleNamespace(
            tag="issue.odd", task_id=None,
            data={"v": 3, "weather": "rain", "kept": True, "many": ["a", {"b": "c"}]},
        )  # fmt: skip
        found = teller.told(odd)
    assert found.changes == []
    assert [d["text"] for d in found.details] == ["yes", "a, c", "rain"]
    assert {d["name"] for d in found.details} == {"Further particulars"}
    with language("en"):
        assert timeline_words.event_name("issue.odd") == "entered in the history"


def test_the_history_comes_in_pages(world: World) -> None:
    case = rights.closed(world)
    with world.db.read() as s:
        issue = s.execute(select(tables.issue).where(tables.issue.c.number == case.issue)).one()
        tasks = list(s.execute(select(tables.task)))
        ctx, pages, after = context(s), [], 0
        while page := timeline(s, ctx, issue, tasks, after_seq=after, limit=3):
            assert len(page) <= 3
            pages += page
            after = page[-1]["seq"]
        assert pages == timeline(s, ctx, issue, tasks)
    assert [e["seq"] for e in pages] == list(range(1, len(pages) + 1))
