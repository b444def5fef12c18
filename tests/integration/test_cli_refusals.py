"""What the command line refuses, with which exit code, and in which words it speaks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.terminal import REPORT, Terminal, acknowledged, closed, dispatched


def test_who_may_not_do_it_is_told_who_may(cli: Terminal) -> None:
    number = cli.data(REPORT, by="reporter", at="2026-03-02T09:00")["number"]
    [reason] = cli.refused(3, f"issue triage {number}", by="reporter", at="2026-03-02T09:10")
    assert reason["code"] == "not_allowed"
    assert "triage_officer" in reason["remedy"]


def test_every_reason_of_a_refusal_is_given(cli: Terminal) -> None:
    _number, task = acknowledged(cli, "--co-unit gdgs")
    reasons = cli.refused(1, f"task submit {task}", by="head", at="2026-03-04T10:00")
    assert {r["code"] for r in reasons} == {
        "result_missing",
        "evidence_missing",
        "co_input_missing",
    }


def test_a_stale_version_is_refused_naming_what_was_missed(cli: Terminal) -> None:
    number = cli.data(REPORT, by="reporter", at="2026-03-02T09:00")
    seen = number["version"]
    cli.ok(f"issue triage {number['number']}", by="triage", at="2026-03-02T09:30")
    [reason] = cli.refused(
        1,
        f"issue send-back {number['number']} --reason 缺少位置 --expect-version {seen}",
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
    assert cli.data("issue list", by="outsider") == {"total": 0, "issues": []}
    unknown = cli.refused(4, "issue show WT-2026-999999", by="outsider")
    assert unknown[0]["code"] == "not_visible"


def test_a_refused_command_leaves_the_database_as_it_was(cli: Terminal) -> None:
    number, task = acknowledged(cli)
    before = cli.data(f"issue show {number}", by="chief", at="2026-03-03T09:00")
    cli.refused(
        1,
        f"task submit {task} --result x --reference document=y --expect-version 1",
        by="head",
        at="2026-03-04T09:00",
    )
    cli.refused(
        2, f"issue plan {number} --measures x --lead nobody", by="triage", at="2026-03-04T09:00"
    )
    assert cli.data(f"issue show {number}", by="chief", at="2026-03-03T09:00") == before


@pytest.mark.parametrize("evidence", ["document", "=x", "document=/no/such/file", "document=/"])
def test_evidence_that_is_no_file_is_refused(cli: Terminal, evidence: str) -> None:
    _number, task = acknowledged(cli)
    [reason] = cli.refused(
        2, f"task evidence {task} --evidence {evidence}", by="head", at="2026-03-04T09:00"
    )
    assert reason["field"] == "evidence"


def test_dates_are_refused_with_an_example(cli: Terminal) -> None:
    number, _task = acknowledged(cli)
    [reason] = cli.refused(
        2, f"issue park {number} --reason x --review-on soon", by="chief", at="2026-03-04T09:00"
    )
    assert "2026-" in reason["remedy"]


def test_the_confirmation_says_state_deadline_and_what_comes_next(cli: Terminal) -> None:
    number = cli.data(REPORT, by="reporter", at="2026-03-02T09:00")["number"]
    cli.ok(f"issue triage {number}", by="triage", at="2026-03-02T09:30")
    cli.ok(f"issue plan {number} --measures 迁移", by="triage", at="2026-03-02T09:40")
    text = cli.ok(f"issue dispatch {number}", by="chief", at="2026-03-02T10:00")
    assert number in text
    assert "Dispatched" in text
    assert "2026-03-23 17:30" in text
    assert "receipt due" in text


def test_the_same_in_chinese(cli: Terminal) -> None:
    chinese = Terminal(cli.url, "zh_CN")
    number, _task = dispatched(chinese)
    text = chinese.ok(f"issue show {number}", by="chief", at="2026-03-02T11:00")
    for words in ("已交办", "待签收", "时限", "催办通知", "办理过程"):
        assert words in text, text


def test_show_prints_everything_about_an_issue(cli: Terminal, proof: Path) -> None:
    number, task = closed(cli, proof)
    text = cli.ok(f"issue show {number}", by="reporter", at="2026-03-10T13:00")
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


def test_what_the_state_forbids_is_told_in_words(cli: Terminal) -> None:
    number, _task = dispatched(cli)
    chinese = Terminal(cli.url, "zh_CN")
    [reason] = cli.refused(1, f"issue triage {number}", by="triage", at="2026-03-02T11:00")
    assert reason["code"] == "illegal_transition"
    assert "take up for breakdown (start_triage)" in reason["message"]
    assert "Dispatched" in reason["message"]
    [reason] = chinese.refused(1, f"issue triage {number}", by="triage", at="2026-03-02T11:00")
    assert "已交办" in reason["message"]
