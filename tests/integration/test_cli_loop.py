"""The closed loop by command line alone, from an empty file to a closed issue and its relapse."""

from __future__ import annotations

from pathlib import Path

from tests.terminal import REPORT, Terminal, acknowledged, closed


def test_an_issue_is_found_broken_down_handed_over_chased_and_closed(
    cli: Terminal, proof: Path, tmp_path: Path
) -> None:
    number, task = acknowledged(cli, "--co-unit gdgs")
    cli.ok(f"task progress {task} --text 已进场", by="liaison", at="2026-03-04T10:00")
    cli.ok(f"task co-input {task} --text 停电窗口在三月二十日", by="power", at="2026-03-04T11:00")
    asked = cli.data(
        f"request extension {task} --new-due 2026-03-30 --reason 停电窗口 --progress 已报停电计划",
        by="head",
        at="2026-03-16T09:00",
    )
    assert asked["request"] == 1
    ruled = cli.data(
        f"rule extension {task} --grant --opinion 同意", by="chief", at="2026-03-16T15:00"
    )
    assert ruled["tasks"][0]["due_at"] == "2026-03-30T17:30+08:00"
    cli.ok(
        f"task submit {task} --result 已迁移 --evidence document={proof}",
        "--reference acceptance=验〔2026〕1号",
        by="head",
        at="2026-03-20T09:00",
    )
    cli.ok(
        f"task verify {task} --opinion 属实 --site-check 已到现场核查",
        by="triage",
        at="2026-03-20T10:00",
    )
    end = cli.data(f"issue approve {number} --opinion 同意销号", by="chief", at="2026-03-20T11:00")
    assert end["state"] == "closed"

    case = cli.data(f"issue show {number}", by="reporter")
    [shown] = case["tasks"]
    assert [d["cause"] for d in shown["deadlines"]] == ["dispatch", "extension"]
    assert shown["deadlines"][0]["derivation"]["n"] == 15
    assert [e["kind"] for e in shown["evidence"]] == ["document", "acceptance"]
    assert shown["co_units"][0]["state"] == "given"
    assert case["timeline"][-1]["tag"] == "issue.approve"
    assert case["timeline"][-1]["actor"] == "钱永年"
    stored = tmp_path / "var" / "evidence"
    assert [p.read_bytes() for p in stored.rglob("*") if p.is_file()] == [proof.read_bytes()]
    assert cli.data("audit verify")["ok"]
    assert cli.data("ledger balance")["balanced"]


def test_a_relapse_runs_again_after_the_inspector_and_the_chief(cli: Terminal, proof: Path) -> None:
    number, _task = closed(cli, proof)
    cli.ok(
        f"issue lookback {number} --finding 线路又被占压 --relapse",
        by="inspector",
        at="2026-04-09T10:00",
    )
    again = cli.data(
        f"issue relapse {number} --new-due 2026-04-30 --reason 反弹",
        by="chief",
        at="2026-04-09T11:00",
    )
    assert (again["state"], again["light"]) == ("in_progress", "red")


def test_the_approver_may_refuse_and_the_unit_starts_again(cli: Terminal, proof: Path) -> None:
    number, task = acknowledged(cli)
    cli.ok(
        f"task submit {task} --result 已迁移 --evidence document={proof}",
        by="head",
        at="2026-03-10T10:00",
    )
    cli.ok(
        f"task reject {task} --opinion 未完成 --requirement 请补充现场前后对比照片",
        "--new-due 2026-03-20",
        by="triage",
        at="2026-03-10T11:00",
    )
    cli.ok(f"task submit {task} --result 已补充", by="head", at="2026-03-11T10:00")
    cli.ok(
        f"task verify {task} --opinion 属实 --site-check 已核查", by="triage", at="2026-03-11T11:00"
    )
    back = cli.data(
        f"issue reject-closure {number} --requirement 请补充产权单位的验收意见",
        "--new-due 2026-03-25T12:00",
        by="chief",
        at="2026-03-12T09:00",
    )
    assert back["state"] == "in_progress"
    assert back["tasks"][0]["due_at"] == "2026-03-25T12:00+08:00"


def test_intake_sends_back_corrects_rejects_and_merges(cli: Terminal) -> None:
    first, second, third = (
        cli.data(REPORT, by="reporter", at="2026-03-02T09:00")["number"] for _ in range(3)
    )
    cli.ok(f"issue send-back {first} --reason 缺少位置", by="triage", at="2026-03-02T10:00")
    cli.ok(f"issue edit {first} --description 地块北侧50米", by="reporter", at="2026-03-02T10:10")
    cli.ok(f"issue submit {first}", by="reporter", at="2026-03-02T10:20")
    cli.ok(
        f"issue propose-rejection {second} --reason 不属于受理范围",
        by="triage",
        at="2026-03-02T10:30",
    )
    cli.ok(f"issue reject {second} --reason 不予受理", by="chief", at="2026-03-02T10:40")
    cli.ok(f"issue merge {third} --into {first} --reason 重复", by="triage", at="2026-03-02T10:50")
    listed = cli.data("issue list", by="triage")
    assert [i["state"] for i in listed["issues"]] == ["merged", "rejected", "reported"]
    assert cli.data("issue list --open", by="triage")["total"] == 1
