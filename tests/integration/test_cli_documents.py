"""`xiaohao document`: from the draft to the file."""

from __future__ import annotations

from pathlib import Path

from tests import papers
from tests.terminal import Terminal
from tests.world import World

NOW = "2026-09-28T10:00"


def test_a_document_s_life_on_the_command_line(world: World, db_url: str, tmp_path: Path) -> None:
    task = world.acknowledged("2026-09-01 10:00").task
    run = Terminal(db_url)
    given = " ".join(
        f"--set '{name}={value}'" for name, value in papers.typed("supervision_order").items()
    )
    made = run.data("document", "prepare", "supervision_order", "--task", task, given,
                    by="triage", at=NOW)  # fmt: skip
    assert (made["state"], made["number"]) == ("prepared", None)
    key = made["id"]
    (reason,) = run.refused(3, "document", "sign", key, by="triage", at=NOW)
    assert reason["code"] == "not_allowed"
    assert "常经开经督〔2026〕1号" in run.ok("document", "sign", key, by="chief", at=NOW)
    assert run.data("document", "issue", key, by="chief", at=NOW)["state"] == "issued"
    run.ok("document", "receive", key, by="zjj_liaison", at=NOW)
    assert "issued" in run.ok("document", "list", by="zjj_head", at=NOW)
    assert run.data("document", "list", by="zgj_head", at=NOW) == []
    words = ("--format", "docx", "--format", "pdf", "--output", tmp_path / "out")
    run.ok("document", "render", key, *words, by="chief", at=NOW)
    assert sorted(p.suffix for p in (tmp_path / "out").iterdir()) == [".docx", ".pdf"]
    before = {p.name: p.read_bytes() for p in (tmp_path / "out").iterdir()}
    run.ok("document", "render", key, *words, by="director", at="2027-01-05T10:00")
    assert {p.name: p.read_bytes() for p in (tmp_path / "out").iterdir()} == before
    run.ok("document", "render", key, "--zip", "--output", tmp_path, by="chief", at=NOW)
    assert (tmp_path / "文书-20260928.zip").is_file()
    run.ok("document", "render", key, "--merged", "--output", tmp_path, by="chief", at=NOW)
    assert (tmp_path / "文书-20260928.pdf").read_bytes().startswith(b"%PDF")
    run.ok("document", "void", key, "--reason", "文号有误", by="chief", at=NOW)
    assert run.data("document", "list", "--state", "void", by="chief", at=NOW)[0]["number"]


def test_the_kinds_are_listed_with_their_fields(world: World, db_url: str) -> None:
    kinds = Terminal(db_url).data("document", "kinds")
    assert {"kind": "closure_refusal", "form": "form"}.items() <= {
        key: kinds[8][key] for key in ("kind", "form")
    }.items()
    assert kinds[8]["fields"] == ["reasons", "requirements", "new_date"]
