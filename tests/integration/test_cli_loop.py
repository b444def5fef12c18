"""The closed loop by command line alone, from an empty file to a closed issue and its relapse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import sqlite_url
from tests.terminal import Terminal, fresh_settings

REPORT = (
    "issue",
    "report",
    "--title",
    "10千伏杆线影响施工",
    "--description",
    "地块北侧杆线需迁移",
    "--category",
    "杆线迁移",
    "--no-project-reason",
    "片区共性问题",
    "--board",
    "lucheng",
)
PEOPLE = (
    ("reporter", "周静", "lucheng", "staff", ("reporter",)),
    ("triage", "李文", "jfj", "staff", ("triage_officer", "verifier")),
    ("chief", "钱永年", "jfj", "head", ("office_chief",)),
    ("director", "蒋明远", "jfj", "deputy_head", ("deputy_director",)),
    ("inspector", "沈严", "jfj", "staff", ("inspector",)),
    ("head", "孙建国", "zjj", "head", ("unit_leader",)),
    ("liaison", "孙敏", "zjj", "liaison", ("unit_liaison",)),
    ("power", "何敏", "gdgs", "liaison", ("unit_liaison",)),
    ("outsider", "胡敏", "zgj", "liaison", ("unit_liaison",)),
)


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    """An embedded database that is not there yet, and the people of a small zone."""
    monkeypatch.setenv("XIAOHAO_VAR_DIR", str(tmp_path / "var"))
    terminal = Terminal(sqlite_url(tmp_path / "new" / "xiaohao.db"))
    with fresh_settings():
        for code, name, kind in (
            ("jfj", "经济发展局", "bureau"),
            ("lucheng", "潞城街道", "street"),
            ("zjj", "建设局", "department"),
            ("zgj", "资规分局", "department"),
            ("gdgs", "供电公司", "external"),
        ):
            terminal.ok("unit", "add", code, name, "--kind", kind)
        for username, name, unit, post, roles in PEOPLE:
            rights = [word for role in roles for word in ("--role", role)]
            terminal.ok("person", "add", username, name, "--unit", unit, "--post", post, *rights)
        yield terminal


def dispatched(cli: Terminal, *plan: str) -> tuple[str, str]:
    """Numbers of an issue that was handed over on 2026-03-02, and of its task."""
    number = cli.data(*REPORT, by="reporter", at="2026-03-02T09:00")["number"]
    cli.ok("issue", "triage", number, by="triage", at="2026-03-02T09:30")
    done = cli.data(
        "issue",
        "plan",
        number,
        "--measures",
        "协调产权单位迁移",
        *plan,
        by="triage",
        at="2026-03-02T09:40",
    )
    cli.ok("issue", "dispatch", number, by="chief", at="2026-03-02T10:00")
    return number, done["tasks"][0]["number"]


def acknowledged(cli: Terminal, *plan: str) -> tuple[str, str]:
    number, task = dispatched(cli, *plan)
    cli.ok(
        "task",
        "ack",
        task,
        "--leader",
        "head",
        "--person",
        "liaison",
        by="liaison",
        at="2026-03-02T11:00",
    )
    return number, task


def closed(cli: Terminal, proof: Path) -> tuple[str, str]:
    number, task = acknowledged(cli)
    cli.ok(
        "task",
        "submit",
        task,
        "--result",
        "已迁移",
        "--evidence",
        f"document={proof}",
        by="head",
        at="2026-03-10T10:00",
    )
    cli.ok(
        "task",
        "verify",
        task,
        "--opinion",
        "属实",
        "--site-check",
        "已到现场核查",
        by="triage",
        at="2026-03-10T11:00",
    )
    cli.ok("issue", "approve", number, "--opinion", "同意销号", by="chief", at="2026-03-10T12:00")
    return number, task


@pytest.fixture
def proof(tmp_path: Path) -> Path:
    path = tmp_path / "验收单.pdf"
    path.write_bytes(b"%PDF-1.7 accepted")
    return path


def test_an_issue_is_found_broken_down_handed_over_chased_and_closed(
    cli: Terminal, proof: Path, tmp_path: Path
) -> None:
    number, task = acknowledged(cli, "--co-unit", "gdgs")
    cli.ok("task", "progress", task, "--text", "已进场", by="liaison", at="2026-03-04T10:00")
    cli.ok(
        "task",
        "co-input",
        task,
        "--text",
        "停电窗口在三月二十日",
        by="power",
        at="2026-03-04T11:00",
    )
    asked = cli.data(
        "request",
        "extension",
        task,
        "--new-due",
        "2026-03-30",
        "--reason",
        "停电窗口",
        "--progress",
        "已报停电计划",
        by="head",
        at="2026-03-16T09:00",
    )
    assert asked["request"] == 1
    ruled = cli.data(
        "rule", "extension", task, "--grant", "--opinion", "同意", by="chief", at="2026-03-16T15:00"
    )
    assert ruled["tasks"][0]["due_at"] == "2026-03-30T17:30+08:00"
    cli.ok(
        "task",
        "submit",
        task,
        "--result",
        "已迁移",
        "--evidence",
        f"document={proof}",
        "--reference",
        "acceptance=验〔2026〕1号",
        by="head",
        at="2026-03-20T09:00",
    )
    cli.ok(
        "task",
        "verify",
        task,
        "--opinion",
        "属实",
        "--site-check",
        "已到现场核查",
        by="triage",
        at="2026-03-20T10:00",
    )
    end = cli.data(
        "issue", "approve", number, "--opinion", "同意销号", by="chief", at="2026-03-20T11:00"
    )
    assert end["state"] == "closed"

    case = cli.data("issue", "show", number, by="reporter")
    [shown] = case["tasks"]
    assert [d["cause"] for d in shown["deadlines"]] == ["dispatch", "extension"]
    assert shown["deadlines"][0]["derivation"]["n"] == 15
    assert [e["kind"] for e in shown["evidence"]] == ["document", "acceptance"]
    assert shown["co_units"][0]["state"] == "given"
    assert case["timeline"][-1]["tag"] == "issue.approve"
    assert case["timeline"][-1]["actor"] == "钱永年"
    stored = tmp_path / "var" / "evidence"
    assert [p.read_bytes() for p in stored.rglob("*") if p.is_file()] == [proof.read_bytes()]
    assert cli.data("audit", "verify")["ok"]
    assert cli.data("ledger", "balance")["balanced"]


def test_a_relapse_runs_again_after_the_inspector_and_the_chief(cli: Terminal, proof: Path) -> None:
    number, _task = closed(cli, proof)
    cli.ok(
        "issue",
        "lookback",
        number,
        "--finding",
        "线路又被占压",
        "--relapse",
        by="inspector",
        at="2026-04-09T10:00",
    )
    again = cli.data(
        "issue",
        "relapse",
        number,
        "--new-due",
        "2026-04-30",
        "--reason",
        "反弹",
        by="chief",
        at="2026-04-09T11:00",
    )
    assert (again["state"], again["light"]) == ("in_progress", "red")


def test_the_approver_may_refuse_and_the_unit_starts_again(cli: Terminal, proof: Path) -> None:
    number, task = acknowledged(cli)
    cli.ok(
        "task",
        "submit",
        task,
        "--result",
        "已迁移",
        "--evidence",
        f"document={proof}",
        by="head",
        at="2026-03-10T10:00",
    )
    cli.ok(
        "task",
        "reject",
        task,
        "--opinion",
        "未完成",
        "--requirement",
        "请补充现场前后对比照片",
        "--new-due",
        "2026-03-20",
        by="triage",
        at="2026-03-10T11:00",
    )
    cli.ok("task", "submit", task, "--result", "已补充", by="head", at="2026-03-11T10:00")
    cli.ok(
        "task",
        "verify",
        task,
        "--opinion",
        "属实",
        "--site-check",
        "已核查",
        by="triage",
        at="2026-03-11T11:00",
    )
    back = cli.data(
        "issue",
        "reject-closure",
        number,
        "--requirement",
        "请补充产权单位的验收意见",
        "--new-due",
        "2026-03-25T12:00",
        by="chief",
        at="2026-03-12T09:00",
    )
    assert back["state"] == "in_progress"
    assert back["tasks"][0]["due_at"] == "2026-03-25T12:00+08:00"


def test_intake_sends_back_corrects_rejects_and_merges(cli: Terminal) -> None:
    first, second, third = (
        cli.data(*REPORT, by="reporter", at="2026-03-02T09:00")["number"] for _ in range(3)
    )
    cli.ok("issue", "send-back", first, "--reason", "缺少位置", by="triage", at="2026-03-02T10:00")
    cli.ok(
        "issue",
        "edit",
        first,
        "--description",
        "地块北侧50米",
        by="reporter",
        at="2026-03-02T10:10",
    )
    cli.ok("issue", "submit", first, by="reporter", at="2026-03-02T10:20")
    cli.ok(
        "issue",
        "propose-rejection",
        second,
        "--reason",
        "不属于受理范围",
        by="triage",
        at="2026-03-02T10:30",
    )
    cli.ok("issue", "reject", second, "--reason", "不予受理", by="chief", at="2026-03-02T10:40")
    cli.ok(
        "issue",
        "merge",
        third,
        "--into",
        first,
        "--reason",
        "重复",
        by="triage",
        at="2026-03-02T10:50",
    )
    listed = cli.data("issue", "list", by="triage")
    assert [i["state"] for i in listed["issues"]] == ["merged", "rejected", "reported"]
    assert cli.data("issue", "list", "--open", by="triage")["total"] == 1


def test_a_return_moves_the_task_to_the_unit_it_belongs_to(cli: Terminal) -> None:
    _number, task = dispatched(cli)
    cli.ok(
        "request",
        "return",
        task,
        "--reason",
        "不属本单位职责",
        "--basis",
        "三定方案第五条",
        "--suggest",
        "zgj",
        by="liaison",
        at="2026-03-02T14:00",
    )
    moved = cli.data(
        "rule",
        "return",
        task,
        "--reassign-to",
        "资规分局",
        "--opinion",
        "成立",
        "--at",
        "2026-03-02T15:00",
        by="chief",
    )
    assert moved["tasks"][0]["lead_unit"] == "资规分局"
    assert [t["number"] for t in cli.data("task", "mine", by="outsider")] == [
        moved["tasks"][0]["number"]
    ]


def test_an_adjustment_changes_a_field_only_with_a_ruling(cli: Terminal) -> None:
    _number, task = acknowledged(cli)
    cli.ok(
        "request",
        "adjust",
        task,
        "--measures",
        "改为入地敷设",
        "--reason",
        "规划调整",
        by="head",
        at="2026-03-03T09:00",
    )
    assert cli.data("task", "show", task, by="head")["measures"] == "协调产权单位迁移"
    cli.ok(
        "rule", "adjust", task, "--grant", "--opinion", "同意", by="chief", at="2026-03-03T10:00"
    )
    assert cli.data("task", "show", task, by="head")["measures"] == "改为入地敷设"


def test_a_request_may_be_taken_back(cli: Terminal) -> None:
    _number, task = acknowledged(cli)
    cli.ok(
        "request",
        "park",
        task,
        "--reason",
        "涉诉",
        "--review-on",
        "2026-04-10",
        by="head",
        at="2026-03-03T09:00",
    )
    cli.ok("request", "withdraw", task, "--kind", "park", by="head", at="2026-03-03T09:30")
    [request] = cli.data("task", "show", task, by="head")["requests"]
    assert request["state"] == "withdrawn"


def test_parking_stops_the_clock_until_it_is_resumed(cli: Terminal) -> None:
    number, task = acknowledged(cli)
    parked = cli.data(
        "issue",
        "park",
        number,
        "--reason",
        "等待上级批复",
        "--review-on",
        "2026-04-10",
        by="chief",
        at="2026-03-03T09:00",
    )
    assert (parked["state"], parked["light"]) == ("parked", "grey")
    cli.ok(
        "issue",
        "review-park",
        number,
        "--reason",
        "仍未批复",
        "--review-on",
        "2026-04-20",
        by="chief",
        at="2026-04-09T09:00",
    )
    cli.ok("issue", "resume", number, "--reason", "已批复", by="chief", at="2026-04-13T09:00")
    shown = cli.data("task", "show", task, by="head")
    assert shown["deadlines"][-1]["cause"] == "park_resume"
    text = cli.ok("task", "show", task, by="head")
    assert "stood still" in text


def test_the_ladder_prepares_and_the_chief_issues(cli: Terminal) -> None:
    number, task = acknowledged(cli)
    swept = cli.data("tick", at="2026-03-26T09:00")
    assert sum(swept["rungs"].values()) == 1  # only the highest of those that were due
    [step] = cli.data("rung", "list", by="chief")
    assert (step["task"], step["level"]) == (task, 3)
    assert cli.data("rung", "list", by="outsider") == []
    cli.ok("rung", "issue", step["id"], "--reason", "逾期三日", by="chief", at="2026-03-26T10:00")
    assert cli.data("rung", "list", by="chief") == []
    assert cli.data("tick", at="2026-03-26T10:00")["rungs"] == {}
    assert cli.data("issue", "show", number, by="chief")["light"] == "red"


def test_listing_coordinating_urging_and_waiving(cli: Terminal) -> None:
    number, task = acknowledged(cli, "--co-unit", "供电公司")
    cli.ok(
        "issue",
        "list-supervision",
        number,
        "--reason",
        "重点项目",
        by="director",
        at="2026-03-03T09:00",
    )
    cli.ok(
        "issue",
        "coordinate",
        number,
        "--level",
        "3",
        "--reason",
        "涉及三家单位",
        by="chief",
        at="2026-03-03T09:10",
    )
    cli.ok("task", "urge", task, "--text", "请抓紧", by="triage", at="2026-03-03T09:20")
    cli.ok(
        "task",
        "waive",
        task,
        "--unit",
        "gdgs",
        "--reason",
        "无需配合",
        by="chief",
        at="2026-03-03T09:30",
    )
    cli.ok(
        "task",
        "waive-evidence",
        task,
        "--reason",
        "产权单位直接验收",
        by="director",
        at="2026-03-03T09:40",
    )
    case = cli.data("issue", "show", number, by="director")
    assert case["listed"]
    assert case["coordination_level"] == 3
    assert case["override_count"] == 1
    cli.ok("issue", "unlist", number, "--reason", "已缓解", by="director", at="2026-03-04T09:00")
    assert "Urging notice" in cli.ok("inbox", by="liaison", at="2026-03-04T09:00")


def test_a_task_is_withdrawn_only_while_another_remains(cli: Terminal) -> None:
    number, task = dispatched(cli)
    [reason] = cli.refused(
        1, "task", "withdraw", task, "--reason", "重复", by="chief", at="2026-03-02T11:00"
    )
    assert reason["code"] == "last_task"
    cli.ok(
        "issue",
        "plan",
        number,
        "--measures",
        "另行安排",
        "--due",
        "2026-04-01",
        by="triage",
        at="2026-03-02T11:10",
    )
    cli.ok("issue", "dispatch", number, by="chief", at="2026-03-02T11:20")
    cli.ok("task", "withdraw", task, "--reason", "重复", by="chief", at="2026-03-02T11:30")
    assert cli.data("issue", "show", number, by="chief")["tasks"][0]["state"] == "withdrawn"


def test_a_draft_is_filed_later(cli: Terminal) -> None:
    number = cli.data(*REPORT, "--draft", by="reporter", at="2026-03-02T09:00")["number"]
    assert (
        cli.data("issue", "submit", number, by="reporter", at="2026-03-02T10:00")["state"]
        == "reported"
    )


# ------------------------------------------------------------ refusals


def test_who_may_not_do_it_is_told_who_may(cli: Terminal) -> None:
    number = cli.data(*REPORT, by="reporter", at="2026-03-02T09:00")["number"]
    [reason] = cli.refused(3, "issue", "triage", number, by="reporter", at="2026-03-02T09:10")
    assert reason["code"] == "not_allowed"
    assert "triage_officer" in reason["remedy"]


def test_every_reason_of_a_refusal_is_given(cli: Terminal) -> None:
    _number, task = acknowledged(cli, "--co-unit", "gdgs")
    reasons = cli.refused(1, "task", "submit", task, by="head", at="2026-03-04T10:00")
    assert {r["code"] for r in reasons} == {
        "result_missing",
        "evidence_missing",
        "co_input_missing",
    }


def test_a_stale_version_is_refused_naming_what_was_missed(cli: Terminal) -> None:
    number = cli.data(*REPORT, by="reporter", at="2026-03-02T09:00")
    seen = number["version"]
    cli.ok("issue", "triage", number["number"], by="triage", at="2026-03-02T09:30")
    [reason] = cli.refused(
        1,
        "issue",
        "send-back",
        number["number"],
        "--reason",
        "缺少位置",
        "--expect-version",
        seen,
        by="triage",
        at="2026-03-02T09:40",
    )
    assert reason["code"] == "stale_version"
    assert "李文" in reason["message"]


def test_an_outsider_learns_nothing(cli: Terminal) -> None:
    number, task = acknowledged(cli)
    for words in (
        ("issue", "show", number),
        ("task", "show", task),
        ("task", "progress", task, "--text", "x"),
        ("issue", "dispatch", number),
    ):
        [reason] = cli.refused(4, *words, by="outsider", at="2026-03-03T09:00")
        assert reason["code"] == "not_visible"
    assert cli.data("issue", "list", by="outsider") == {"total": 0, "issues": []}
    unknown = cli.refused(4, "issue", "show", "WT-2026-999999", by="outsider")
    assert unknown[0]["code"] == "not_visible"


def test_a_refused_command_leaves_the_database_as_it_was(cli: Terminal) -> None:
    number, task = acknowledged(cli)
    before = cli.data("issue", "show", number, by="chief", at="2026-03-03T09:00")
    cli.refused(
        1,
        "task",
        "submit",
        task,
        "--result",
        "x",
        "--reference",
        "document=y",
        "--expect-version",
        "1",
        by="head",
        at="2026-03-04T09:00",
    )
    cli.refused(
        2,
        "issue",
        "plan",
        number,
        "--measures",
        "x",
        "--lead",
        "nobody",
        by="triage",
        at="2026-03-04T09:00",
    )
    assert cli.data("issue", "show", number, by="chief", at="2026-03-03T09:00") == before


@pytest.mark.parametrize("evidence", ["document", "=x", "document=/no/such/file", "document=/"])
def test_evidence_that_is_no_file_is_refused(cli: Terminal, evidence: str) -> None:
    _number, task = acknowledged(cli)
    [reason] = cli.refused(
        2, "task", "evidence", task, "--evidence", evidence, by="head", at="2026-03-04T09:00"
    )
    assert reason["field"] == "evidence"


def test_dates_are_refused_with_an_example(cli: Terminal) -> None:
    number, _task = acknowledged(cli)
    [reason] = cli.refused(
        2,
        "issue",
        "park",
        number,
        "--reason",
        "x",
        "--review-on",
        "soon",
        by="chief",
        at="2026-03-04T09:00",
    )
    assert "2026-" in reason["remedy"]


# ------------------------------------------------------------ words


def test_the_confirmation_says_state_deadline_and_what_comes_next(cli: Terminal) -> None:
    number = cli.data(*REPORT, by="reporter", at="2026-03-02T09:00")["number"]
    cli.ok("issue", "triage", number, by="triage", at="2026-03-02T09:30")
    cli.ok("issue", "plan", number, "--measures", "迁移", by="triage", at="2026-03-02T09:40")
    text = cli.ok("issue", "dispatch", number, by="chief", at="2026-03-02T10:00")
    assert number in text
    assert "Dispatched" in text
    assert "2026-03-23 17:30" in text
    assert "receipt due" in text


def test_the_same_in_chinese(cli: Terminal) -> None:
    chinese = Terminal(cli.url, "zh_CN")
    number, _task = dispatched(chinese)
    text = chinese.ok("issue", "show", number, by="chief", at="2026-03-02T11:00")
    for words in ("已交办", "待签收", "时限", "催办通知", "办理过程"):
        assert words in text, text


def test_show_prints_everything_about_an_issue(cli: Terminal, proof: Path) -> None:
    number, task = closed(cli, proof)
    text = cli.ok("issue", "show", number, by="reporter", at="2026-03-10T13:00")
    for words in (
        "Closure / Closed",
        task,
        "建设局",
        "Day zero",
        "验收单.pdf",
        "Timeline",
        "closure approved",
        "钱永年",
    ):
        assert words in text, text
