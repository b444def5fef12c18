"""What an issue's page shows: everything once, in words, whatever the number of tasks."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import insert

from models import tables
from tests.integration import test_commands_rights as rights
from tests.integration.test_commands_rights import NOW, THEN
from tests.statements import asked_of
from tests.world import World, at
from workflow.case_file import case_file
from workflow.case_notices import NEWEST
from workflow.commands import closure, requests
from workflow.commands.breakdown import Plan
from workflow.context import find_actor
from workflow.errors import NotVisible

HAN = re.compile(r"[\u4e00-\u9fff]")
CODE = re.compile(r"[a-z]{2,}")
FILES = re.compile(r"\.(pdf|jpg)")
MOST = {"sqlite": 11, "postgresql": 1}
"""Statements of a case file: each table by itself, or all at once where that saves round trips."""


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


def test_a_case_with_twelve_tasks_takes_no_more_statements_than_one_with_one(world: World) -> None:
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
        with asked_of(world.db) as sent:
            found = read(world, case.issue)
        assert [len(t["evidence"]) for t in found["tasks"]] == [1] * n
        assert not any("FOR UPDATE" in text.upper() for text in sent)
        numbers.append(len(sent))
    assert numbers[0] == numbers[1] <= MOST[world.db.engine.dialect.name]


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
