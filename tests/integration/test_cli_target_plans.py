"""Plans of targets and industrial chains on the command line."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.terminal import Terminal

pytestmark = pytest.mark.one_database
NOW = "2026-10-09T10:00"


def made(terminal: Terminal) -> int:
    """A plan with two rows."""
    words = "target add 2026年目标 --year 2026 --whole 全区 --behind 15"
    plan = int(terminal.data(words, by="triage", at=NOW)["id"])
    for region, value in (("全区", "5"), ("潞城街道", "2-3")):
        row = f"target row {plan} --region {region} --metric 开工数 --unit 个 --value {value}"
        terminal.ok(row, by="triage", at=NOW)
    return plan


def test_rows_are_added_corrected_in_part_and_removed(terminal: Terminal) -> None:
    plan = made(terminal)
    found = terminal.data(f"target sheet {plan}", by="chief")
    assert [(r["region"], r["value"], r["op"]) for r in found["rows"]] == [
        ("全区", "5", "="), ("潞城街道", "2-3", "range")]  # fmt: skip
    row, seen = found["rows"][1]["id"], found["version"]
    words = f"target row {plan} --row {row} --note 含续建 --expect-version"
    done = terminal.data(f"{words} {seen}", by="triage", at=NOW)
    assert (done["of"], done["version"]) == (row, seen + 1)
    assert [r["code"] for r in terminal.refused(1, f"{words} {seen}", by="triage")] == ["stale"]
    terminal.ok(f"target row {plan} --row {row} --value ''", by="triage", at=NOW)
    [_first, second] = terminal.data(f"target sheet {plan}", by="chief")["rows"]
    assert (second["value"], second["op"], second["note"]) == ("", "=", "含续建")
    terminal.ok(f"target row-remove {plan} {row}", by="triage", at=NOW)
    assert len(terminal.data(f"target sheet {plan}", by="chief")["rows"]) == 1
    terminal.refused(4, f"target row-remove {plan} {row}", by="triage", at=NOW)


def test_head_formulas_monthly_tasks_and_gates_are_set(terminal: Terminal) -> None:
    plan = made(terminal)
    terminal.ok(f"target edit {plan} --note 调整后", by="chief", at=NOW)
    words = f"target formula {plan} 开工数 --formula started --list city"
    terminal.ok(words, by="chief", at=NOW)
    terminal.ok(f"target shares {plan} --share 6=45 --share 12=100", by="chief", at=NOW)
    gate = f"target gate {plan} 上半年开工率 --by 6 --formula start_rate --list city --threshold"
    terminal.ok(f"{gate} 80", by="chief", at=NOW)
    found = terminal.data(f"target sheet {plan}", by="lucheng_head")
    head = found["head"]
    assert (head["note"], Decimal(head["behind_points"])) == ("调整后", Decimal(15))
    assert [m["formula"] for m in found["metrics"]] == ["started"]
    assert [s["month"] for s in found["shares"]] == [6, 12]
    text = terminal.ok(f"target sheet {plan}", by="chief")
    assert "上半年开工率 6: 80" in text
    terminal.ok(f"target gate-remove {plan} {found['gates'][0]['id']}", by="chief", at=NOW)
    assert terminal.data(f"target sheet {plan}", by="chief")["gates"] == []
    copy = f"target add 2027年目标 --year 2027 --whole 全区 --copy-of {plan}"
    key = terminal.data(copy, by="chief", at=NOW)["id"]
    assert len(terminal.data(f"target sheet {key}", by="chief")["rows"]) == 2


def test_a_figure_that_no_formula_knows_is_entered(terminal: Terminal) -> None:
    plan = made(terminal)
    row = terminal.data(f"target sheet {plan}", by="chief")["rows"][0]["id"]
    terminal.ok(f"target enter {row} 3 --month 2026-09", by="triage", at=NOW)
    cells = terminal.data(f"target list {plan} --month 2026-09", by="chief", at=NOW)
    assert [Decimal(c["actual"]) for c in cells if c["region"] == "全区"] == [3]


def test_tables_tell_a_target_with_its_operator_and_both_ends_of_a_range(
    terminal: Terminal,
) -> None:
    plan = made(terminal)
    row = f"target row {plan} --region 全区 --metric 能耗 --unit % --value 3 --op <="
    terminal.ok(row, by="triage", at=NOW)
    shown = (terminal.ok(f"target sheet {plan}", by="chief"),
             terminal.ok(f"target list {plan} --month 2026-09", by="chief", at=NOW))  # fmt: skip
    for text in shown:
        assert "≤3" in text and "2–3" in text
    key = terminal.data(f"target sheet {plan}", by="chief")["rows"][-1]["id"]
    terminal.ok(f"target enter {key} 3.1 --month 2026-09", by="triage", at=NOW)
    cells = terminal.data(f"target list {plan} --month 2026-09", by="chief", at=NOW)
    (limit,) = [c for c in cells if c["metric"] == "能耗" and c["region"] == "全区"]
    assert (limit["op"], limit["state"], limit["attainment"]) == ("<=", "over", None)


def test_whoever_is_not_of_the_office_edits_no_plan(terminal: Terminal) -> None:
    plan = made(terminal)
    for words in (
        f"target edit {plan} --far x", f"target row {plan} --row 1 --value 9",
        f"target row-remove {plan} 1", f"target formula {plan} 开工数",
        f"target shares {plan} --share x=1", "target enter 1 9 --month 2026-09",
        f"target gate {plan} x --by 6 --formula x --threshold x",
        f"target gate-remove {plan} 1", "target add 乙 --year 2026 --whole 全区",
        "project chain 新能源",
    ):  # fmt: skip
        terminal.refused(3, words, by="director", at=NOW)
        terminal.refused(4, words, by="auditor", at=NOW)
    terminal.refused(3, f"target sheet {plan}", by="auditor")
    assert terminal.refused(2, f"target shares {plan} --share 6", by="chief", at=NOW)
    assert terminal.refused(2, f"target shares {plan} --share 6=1 --share 6=2", by="chief", at=NOW)


def test_chains_are_kept_with_their_leaders(terminal: Terminal) -> None:
    terminal.ok("project chain 新能源 --leader director", by="chief")
    terminal.ok("project chain 新能源 --leader-name 某领导 --closed", by="chief")
    [line] = terminal.data("project chains", by="zjj_head")
    assert (line["name"], line["leader"], line["active"]) == ("新能源", "某领导", False)
    assert "新能源" in terminal.ok("project chains", by="chief")
    terminal.refused(3, "project chains", by="auditor")
