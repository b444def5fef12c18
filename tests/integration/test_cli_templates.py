"""Texts of notices by command line."""

from __future__ import annotations

from pathlib import Path

from tests.terminal import Terminal

GOOD = "请办理{{ task_number }}，时限{{ deadline|zh_moment or '未设定' }}。\n{{ link }}\n"


def test_a_text_is_shown_checked_published_and_put_back(terminal: Terminal, tmp_path: Path) -> None:
    shipped = terminal.ok("template show urge body zh_CN")
    assert "_parts/identity.zh_CN.j2" in shipped
    file = tmp_path / "urge.j2"
    file.write_text(GOOD, encoding="utf-8")
    assert "No faults" in terminal.ok("template check urge body zh_CN", file)
    assert terminal.data("template publish urge body zh_CN", file, by="chief") == {"version": 1}
    assert terminal.ok("template show urge body zh_CN") == GOOD
    assert terminal.ok("template show urge body zh_CN --version 0") == shipped
    [entry] = [e for e in terminal.data("template list") if e["version"]]
    assert (entry["kind"], entry["part"], entry["language"]) == ("urge", "body", "zh_CN")
    [version] = terminal.data("template versions urge body zh_CN")
    assert (version["version"], version["state"], version["text"]) == (1, "in_force", GOOD)
    assert "in force" in terminal.ok("template versions urge body zh_CN")
    assert "shipped" in terminal.ok("template list")
    said = terminal.ok("template revert urge body zh_CN --to 0", by="chief")
    assert "shipped text is in force" in said
    assert terminal.ok("template show urge body zh_CN") == shipped
    said = terminal.ok("template revert urge body zh_CN --to 1", by="chief")
    assert "Version 2 is in force" in said


def test_a_broken_text_is_refused_with_its_line(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "urge.j2"
    file.write_text(GOOD + "{{ dedline }}", encoding="utf-8")
    found = terminal("template check urge body zh_CN", file)
    assert found.exit_code == 1
    assert "urge/body.zh_CN.j2, line 3: dedline is no known fact" in found.stdout
    [reason] = terminal.refused(2, "template publish urge body zh_CN", file, by="chief")
    assert reason["code"] == "template_fault"
    assert terminal.data("template versions urge body zh_CN") == []


def test_only_keepers_publish(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "urge.j2"
    file.write_text(GOOD, encoding="utf-8")
    for words in (("publish urge body zh_CN", file), ("revert urge body zh_CN --to 0",)):
        terminal.refused(3, "template", *words, by="triage")
    terminal.refused(4, "template show gossip body zh_CN")
    terminal.refused(4, "template show urge body zh_CN --version 9")
