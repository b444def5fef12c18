"""What an issue's page shows: everything once, in words, whatever the number of tasks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event, insert, select

from config.i18n import LANGUAGES, language, translate
from models import tables
from models.db import Session
from tests.integration import test_commands_rights as rights
from tests.integration.test_commands_rights import ACTS, NOW, THEN
from tests.world import World, at
from workflow import timeline_words
from workflow.case_file import case_file
from workflow.case_notices import NEWEST
from workflow.commands import closure, discovery, requests, supervision
from workflow.commands.breakdown import Plan
from workflow.context import context, find_actor
from workflow.errors import NotVisible
from workflow.timeline import timeline
from workflow.timeline_details import Teller

HAN = re.compile(r"[\u4e00-\u9fff]")
CODE = re.compile(r"[a-z]{2,}")
FILES = re.compile(r"\.(pdf|jpg)")


def read(world: World, number: str, username: str = "chief", now: str = THEN) -> dict[str, Any]:
    """The case file as somebody sees it."""
    with world.db.read() as s:
        return case_file(s, find_actor(s, username), number, at(now))


def entries(world: World, number: str, tag: str) -> list[dict[str, Any]]:
    """Entries of the history with a tag."""
    return [e for e in read(world, number)["timeline"] if e["tag"] == tag]


def told(entry: dict[str, Any]) -> dict[str, str]:
    """Particulars of an entry by their names."""
    return {d["name"]: d["text"] for d in entry["details"]}


def words_of(entry: dict[str, Any]) -> list[str]:
    """Every word of an entry that a reader sees."""
    return [
        entry["name"],
        *(text for change in entry["changes"] for text in change.values()),
        *(text for detail in entry["details"] for text in detail.values()),
    ]


# ------------------------------------------------------------------ statements


@contextmanager
def counted(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Every statement sent meanwhile, by Core or straight to the driver."""
    sent: list[str] = []

    def core(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    plain = Session.query

    def raw(self: Session, sql: str, values: Any) -> Any:
        sent.append(sql)
        return plain(self, sql, values)

    monkeypatch.setattr(Session, "query", raw)
    event.listen(world.db.engine, "before_cursor_execute", core)
    yield sent
    event.remove(world.db.engine, "before_cursor_execute", core)
    monkeypatch.undo()


def test_a_case_with_twelve_tasks_takes_no_more_statements_than_one_with_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = []
    for n in (1, 12):
        plans = [Plan(f"措施{i}", co_units=("gdgs",)) for i in range(n)]
        case = world.acknowledged(NOW, plans=plans)
        for task in case.tasks:
            world.do(
                closure.add_evidence, "zjj_liaison", NOW, task=task,
                proof=closure.Proof("photo", "现场.jpg"),
            )  # fmt: skip
        read(world, case.issue)  # what is cached is read once
        with counted(world, monkeypatch) as sent:
            found = read(world, case.issue)
        assert [len(t["evidence"]) for t in found["tasks"]] == [1] * n
        assert not any("FOR UPDATE" in text.upper() for text in sent)
        numbers.append(len(sent))
    assert numbers[0] == numbers[1] <= 14


# ------------------------------------------------------------------ contents


def test_each_task_has_its_own_rows_and_no_key(world: World) -> None:
    plans = (Plan("迁移杆线", co_units=("gdgs",)), Plan("恢复路面", co_units=("czj", "spj")))
    case = world.acknowledged(NOW, plans=plans)
    world.do(
        requests.request_park, "zjj_head", NOW, task=case.tasks[1], reason="待批",
        review_on=rights.REVIEW,
    )  # fmt: skip
    first, second = read(world, case.issue)["tasks"]
    assert "id" not in first
    assert [c["unit_code"] for c in first["co_units"]] == ["gdgs"]
    assert {c["unit_code"] for c in second["co_units"]} == {"czj", "spj"}
    assert (first["requests"], [r["reason"] for r in second["requests"]]) == ([], ["待批"])
    assert [d["n"] for d in first["deadlines"]] == [1]
    assert (first["lead_unit_code"], first["verifier_unit_code"]) == ("zjj", "jfj")


def test_the_head_names_units_by_code_too(world: World) -> None:
    found = read(world, rights.running(world).issue)
    assert (found["reporter_unit_code"], found["board_code"]) == ("lucheng", "lucheng")
    assert found["reporter_unit"] == found["board"] == "潞城街道"


def test_proof_has_a_key_to_fetch_it_by(world: World) -> None:
    case = rights.submitted(world)
    (task,) = read(world, case.issue)["tasks"]
    assert [e["id"] for e in task["evidence"]] == [row.id for row in world.rows(tables.evidence)]


def test_who_was_told_what_is_listed_newest_first(world: World) -> None:
    case = rights.running(world)
    found = read(world, case.issue)
    stored = [n for n in world.rows(tables.notice) if n.issue_id == world.issue(case.issue).id]
    assert found["notice_count"] == len(found["notices"]) == len(stored) > 0
    shown = [n for n in found["notices"] if n["channel"] == "inapp"]
    handed = next(n for n in shown if n["kind"] == "dispatch")
    assert (handed["task"], handed["unit"]) == (case.task, "建设局")
    assert handed["recipient"] in {"孙敏", "孙建国"}
    assert found["notices"][0]["created_at"] >= found["notices"][-1]["created_at"]


def test_notices_of_another_issue_are_not_listed(world: World) -> None:
    case, other = rights.running(world), rights.running(world)
    numbers = {n["task"] for n in read(world, case.issue)["notices"]}
    assert other.task not in numbers


def test_only_the_newest_notices_are_listed_but_all_are_counted(world: World) -> None:
    case = rights.running(world)
    issue = world.issue(case.issue)
    before = read(world, case.issue)["notice_count"]
    with world.db.write() as s:
        s.execute(
            insert(tables.notice),
            [
                {
                    "subject": f"issue:{issue.id}", "issue_id": issue.id, "kind": "todo",
                    "occasion": f"many:{n}", "recipient_id": world.people["chief"],
                    "channel": "inapp", "facts": {}, "not_before": at(THEN),
                    "created_at": at(THEN), "deadline_version": 0, "language": "zh_CN",
                    "urgent": False, "state": "sent", "reason": "",
                }
                for n in range(NEWEST + 5)
            ],
        )  # fmt: skip
    found = read(world, case.issue)
    assert len(found["notices"]) == NEWEST
    assert found["notice_count"] == before + NEWEST + 5


def test_outsiders_see_nothing_of_it(world: World) -> None:
    case = rights.running(world)
    for username in ("henglin_head", "sysadmin", "auditor"):
        with pytest.raises(NotVisible):
            read(world, case.issue, username)


# ------------------------------------------------------------------ the history


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
