"""Requests and rulings, parking, the ladder, listing and withdrawing, by command line."""

from __future__ import annotations

from tests.terminal import REPORT, Terminal, acknowledged, dispatched


def test_a_return_moves_the_task_to_the_unit_it_belongs_to(cli: Terminal) -> None:
    _number, task = dispatched(cli)
    cli.ok(
        f"request return {task} --reason 不属本单位职责 --basis 三定方案第五条 --suggest zgj",
        by="liaison",
        at="2026-03-02T14:00",
    )
    moved = cli.data(
        f"rule return {task} --reassign-to 资规分局 --opinion 成立 --at 2026-03-02T15:00",
        by="chief",
    )
    assert moved["tasks"][0]["lead_unit"] == "资规分局"
    assert [t["number"] for t in cli.data("task mine", by="outsider")] == [
        moved["tasks"][0]["number"]
    ]


def test_an_adjustment_changes_a_field_only_with_a_ruling(cli: Terminal) -> None:
    _number, task = acknowledged(cli)
    cli.ok(
        f"request adjust {task} --measures 改为入地敷设 --reason 规划调整",
        by="head",
        at="2026-03-03T09:00",
    )
    assert cli.data(f"task show {task}", by="head")["measures"] == "协调产权单位迁移"
    cli.ok(f"rule adjust {task} --grant --opinion 同意", by="chief", at="2026-03-03T10:00")
    assert cli.data(f"task show {task}", by="head")["measures"] == "改为入地敷设"


def test_a_request_may_be_taken_back(cli: Terminal) -> None:
    _number, task = acknowledged(cli)
    cli.ok(
        f"request park {task} --reason 涉诉 --review-on 2026-04-10",
        by="head",
        at="2026-03-03T09:00",
    )
    cli.ok(f"request withdraw {task} --kind park", by="head", at="2026-03-03T09:30")
    [request] = cli.data(f"task show {task}", by="head")["requests"]
    assert request["state"] == "withdrawn"


def test_parking_stops_the_clock_until_it_is_resumed(cli: Terminal) -> None:
    number, task = acknowledged(cli)
    parked = cli.data(
        f"issue park {number} --reason 等待上级批复 --review-on 2026-04-10",
        by="chief",
        at="2026-03-03T09:00",
    )
    assert (parked["state"], parked["light"]) == ("parked", "grey")
    cli.ok(
        f"issue review-park {number} --reason 仍未批复 --review-on 2026-04-20",
        by="chief",
        at="2026-04-09T09:00",
    )
    cli.ok(f"issue resume {number} --reason 已批复", by="chief", at="2026-04-13T09:00")
    shown = cli.data(f"task show {task}", by="head")
    assert shown["deadlines"][-1]["cause"] == "park_resume"
    text = cli.ok(f"task show {task}", by="head")
    assert "stood still" in text


def test_the_ladder_prepares_and_the_chief_issues(cli: Terminal) -> None:
    number, task = acknowledged(cli)
    swept = cli.data("tick --simulate", at="2026-03-26T09:00")
    assert sum(swept["rungs"].values()) == 1  # only the highest of those that were due
    [step] = cli.data("rung list", by="chief")
    assert (step["task"], step["level"]) == (task, 3)
    assert cli.data("rung list", by="outsider") == []
    cli.ok(f"rung issue {step['id']} --reason 逾期三日", by="chief", at="2026-03-26T10:00")
    assert cli.data("rung list", by="chief") == []
    assert cli.data("tick --simulate", at="2026-03-26T10:00")["rungs"] == {}
    assert cli.data(f"issue show {number}", by="chief")["light"] == "red"


def test_listing_coordinating_urging_and_waiving(cli: Terminal) -> None:
    number, task = acknowledged(cli, "--co-unit 供电公司")
    cli.ok(
        f"issue list-supervision {number} --reason 重点项目", by="director", at="2026-03-03T09:00"
    )
    cli.ok(
        f"issue coordinate {number} --level 3 --reason 涉及三家单位",
        by="chief",
        at="2026-03-03T09:10",
    )
    cli.ok(f"task urge {task} --text 请抓紧", by="triage", at="2026-03-03T09:20")
    cli.ok(f"task waive {task} --unit gdgs --reason 无需配合", by="chief", at="2026-03-03T09:30")
    cli.ok(
        f"task waive-evidence {task} --reason 产权单位直接验收",
        by="director",
        at="2026-03-03T09:40",
    )
    case = cli.data(f"issue show {number}", by="director")
    assert case["listed"]
    assert case["coordination_level"] == 3
    assert case["override_count"] == 1
    cli.ok(f"issue unlist {number} --reason 已缓解", by="director", at="2026-03-04T09:00")
    assert "Urging notice" in cli.ok("inbox", by="liaison", at="2026-03-04T09:00")


def test_a_task_is_withdrawn_only_while_another_remains(cli: Terminal) -> None:
    number, task = dispatched(cli)
    [reason] = cli.refused(
        1, f"task withdraw {task} --reason 重复", by="chief", at="2026-03-02T11:00"
    )
    assert reason["code"] == "last_task"
    cli.ok(
        f"issue plan {number} --measures 另行安排 --due 2026-04-01",
        by="triage",
        at="2026-03-02T11:10",
    )
    cli.ok(f"issue dispatch {number}", by="chief", at="2026-03-02T11:20")
    cli.ok(f"task withdraw {task} --reason 重复", by="chief", at="2026-03-02T11:30")
    assert cli.data(f"issue show {number}", by="chief")["tasks"][0]["state"] == "withdrawn"


def test_a_draft_is_filed_later(cli: Terminal) -> None:
    number = cli.data(REPORT, "--draft", by="reporter", at="2026-03-02T09:00")["number"]
    assert (
        cli.data(f"issue submit {number}", by="reporter", at="2026-03-02T10:00")["state"]
        == "reported"
    )
