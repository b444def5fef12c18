"""The project library on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.library_kit import CODE
from tests.terminal import Terminal

pytestmark = pytest.mark.one_database
AT = "2026-09-28T10:00"


def test_a_project_is_added_changed_shown_and_listed(terminal: Terminal) -> None:
    key = terminal.data(
        f"project add 甲项目 --board lucheng --set code={CODE} --set total_invest_yi=12.5",
        by="chief",
    )["id"]
    terminal.ok(f"project edit {key} --set owner=甲公司 --set land_mu=", by="triage")
    terminal.ok(f"project stage {key} started --since 2026-03-01", by="lucheng_head", at=AT)
    terminal.ok(f"project list-on {key} city 2026 --library 市库 --source-id C-1", by="chief")
    again = f"project list-on {key} city 2026"
    terminal.ok(f"{again} --carried-over --on 2026-03-01 --note 备案", by="chief", at=AT)
    terminal.ok(f"{again} --library 市库二", by="chief")
    found = terminal.data(f"project show {key}", by="chief")
    entry = found["listings"][0]
    assert (entry["library"], entry["source_id"], entry["note"]) == ("市库二", "C-1", "备案")
    assert (entry["carried_over"], entry["listed_on"]) == (True, "2026-03-01")
    terminal.ok(f"{again} --not-carried-over --note= --on=", by="chief")
    entry = terminal.data(f"project show {key}", by="chief")["listings"][0]
    assert (entry["carried_over"], entry["listed_on"], entry["note"]) == (False, None, "")
    assert found["record"]["owner"] == "甲公司"
    assert found["record"]["stage"] == "started@2026-03-01"
    assert found["listings"][0]["source_id"] == "C-1"
    text = terminal.ok(f"project show {key}", by="chief")
    assert CODE in text
    listed = terminal.data("project list --list city --year 2026", by="lucheng_head")
    assert [p["id"] for p in listed] == [key]
    assert terminal.data("project list --stage completed", by="chief") == []
    assert "甲项目" in terminal.ok("project list", by="chief")


def test_parts_of_the_chain_tags_lists_and_attribution_are_given_and_taken(
    terminal: Terminal,
) -> None:
    key = terminal.data("project add 甲项目 --board lucheng", by="chief")["id"]
    made = terminal.data(f"project duty {key} lead_unit --unit zjj --since 2026-09-01",
                         by="chief", at=AT)  # fmt: skip
    stale = f"project tag {key} other 绿岛 --expect-version {made['version'] - 1}"
    assert terminal.refused(1, stale, by="chief")
    terminal.ok(f"project tag {key} other 绿岛 --expect-version {made['version']}", by="chief")
    terminal.ok(f"project list-on {key} city 2026", by="chief")
    terminal.ok(f"project attribute {key} --board henglin --reason 园区归属", by="chief")
    found = terminal.data(f"project show {key}", by="chief")
    assert {d["role"] for d in found["duties"]} == {"board", "lead_unit"}
    assert found["tags"] == [{"kind": "other", "tag": "绿岛"}]
    entry = found["listings"][0]["id"]
    terminal.ok(f"project list-off {key} {entry} --on 2026-09-27 --reason 调出年度清单",
                by="chief", at=AT)  # fmt: skip
    terminal.ok(f"project untag {key} other 绿岛", by="chief")
    terminal.ok(f"project duty-end {key} lead_unit --until 2026-09-20", by="chief", at=AT)
    found = terminal.data(f"project show {key}", by="chief")
    assert found["tags"] == []
    assert found["listings"][0]["removed_on"] == "2026-09-27"
    assert [d["until"] for d in found["duties"] if d["role"] == "lead_unit"] == ["2026-09-20"]
    assert terminal.refused(3, f"project tag {key} other x", by="lucheng_head")
    assert terminal.refused(4, f"project untag {key} other x", by="secadmin")


def test_what_is_wrong_is_said_with_its_exit_code(terminal: Terminal) -> None:
    key = terminal.data("project add 甲项目 --board lucheng", by="chief")["id"]
    assert [r["code"] for r in terminal.refused(2, f"project edit {key} --set code=24", by="chief")]
    assert terminal.refused(2, f"project edit {key} --set owner", by="chief")
    assert terminal.refused(1, "project add 甲项目", by="chief")
    assert terminal.refused(3, "project add 乙项目", by="lucheng_head")
    assert terminal.refused(4, f"project show {key}", by="henglin_head")
    assert terminal.refused(4, "project add 乙项目", by="sysadmin")
    assert terminal.refused(2, "project list --year x", by="chief")


def test_records_are_compared_before_they_are_merged(terminal: Terminal) -> None:
    keys = [
        terminal.data(f"project add {name} --board lucheng --set owner={name}公司", by="chief")[
            "id"
        ]
        for name in ("甲", "乙")
    ]
    words = f"project merge {keys[0]} {keys[1]}"
    found = terminal.data(words, by="chief")
    assert [d["field"] for d in found["differences"]] == ["name", "owner"]
    assert "--expect" in terminal.ok(words, by="chief")
    assert terminal.refused(2, f"{words} --expect {found['digest']}", by="chief")
    chosen = "--choose name=keep --choose owner=take"
    terminal.ok(f"{words} --expect {found['digest']} {chosen}", by="chief")
    assert terminal.data(f"project show {keys[0]}", by="chief")["record"]["owner"] == "乙公司"
    assert terminal.data(f"project show {keys[1]}", by="chief")["merged_into"] == keys[0]


def test_a_list_is_compared_before_it_is_taken_and_written_again(
    terminal: Terminal, tmp_path: Path
) -> None:
    terminal.ok("project add 甲 --board lucheng --set owner=甲公司", by="chief")
    file = tmp_path / "list.csv"
    file.write_text(
        "项目名称,建设单位,总投资,备注列\n甲,甲集团,12,x\n乙,乙公司,3,\n", encoding="utf-8"
    )
    words = f"project import {file} --list city --year 2026 --library 市库 --as-of 2026-09-01"
    found = terminal.data(words, by="chief", at=AT)
    assert found["counts"]["doubtful"] == found["counts"]["new"] == 1
    assert found["unknown"] == ["备注列"]
    assert "备注列" in terminal.ok(words, by="chief", at=AT)
    take = f"{words} --expect {found['digest']}"
    assert terminal.refused(2, take, by="chief", at=AT)
    done = terminal.data(f"{take} --doubtful 2=same --choose 2:owner=take", by="chief", at=AT)
    assert (done["added"], done["changed"]) == (1, 1)
    out = tmp_path / "out.csv"
    terminal.ok(f"project export --format csv --out {out} --list city", by="chief")
    text = out.read_text(encoding="utf-8-sig")
    assert "甲集团" in text
    assert "乙公司" in text
