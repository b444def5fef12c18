"""`xiaohao inspection`, `instruction` and `evaluation`: the same commands, the same refusals."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from models import tables
from projects.evaluations import making
from tests.integration.inspection_world import DAY, change_project, with_sites
from tests.terminal import Terminal
from tests.world import World, at

AT = f"{DAY}T09:00"
pytestmark = pytest.mark.one_database


def test_an_inspection_by_command_line(world: World, terminal: Terminal, tmp_path: Path) -> None:
    ids = with_sites(world)
    plan = f"inspection plan 现场督查 --kind site --on {DAY} --rule lot --size 2"
    made = terminal.data(plan, by="inspector", at=AT)
    key = made["id"]
    assert terminal.data(f"inspection redraw {key}", by="inspector", at=AT)["same"] is True
    site = world.rows(tables.inspection_site)[0].project_id
    note = f"inspection note {key} --project {site} --title 围挡 --category 其他 --token entry-0001"
    first = terminal.data(note, by="inspector", at=AT)
    assert terminal.data(note, by="inspector", at=AT) == first | {"new": False}
    assert terminal.refused(3, f"inspection issues {key}", by="chief", at=AT)
    (raised,) = terminal.data(f"inspection issues {key}", by="inspector", at=AT)
    assert raised["issue"] == world.row(tables.issue).number
    terminal.ok(f"inspection close {key} --conclusion 已转办", by="inspector", at=AT)
    path = tmp_path / "report.docx"
    terminal.ok(f"inspection report {key} {path}", by="inspector", at=AT)
    assert path.read_bytes().startswith(b"PK")
    assert [r["number"] for r in terminal.data("inspection list", by="principal", at=AT)] == [
        made["number"]
    ]
    assert terminal.data("inspection samples 2026-09", by="inspector", at=AT) == []
    assert ids and terminal.refused(3, plan, by="zjj_head", at=AT)


def test_an_instruction_by_command_line(world: World, terminal: Terminal) -> None:
    project = with_sites(world)["潞城储能"]
    give = f"instruction give 一周内解决 --unit zjj --project {project}"
    key = terminal.data(give, by="principal", at=AT)["id"]
    terminal.ok(f"instruction answer {key} --text 已落实", by="zjj_head", at=AT)
    terminal.ok(f"instruction return {key} --reason 日期不明", by="inspector", at=AT)
    terminal.ok(f"instruction answer {key} --text 10月9日", by="zjj_head", at=AT)
    terminal.ok(f"instruction accept {key}", by="inspector", at=AT)
    raised = terminal.data(
        f"instruction raise {key} --title 滞后 --category 杆线迁移", by="inspector", at=AT
    )
    assert raised["issue"] == world.row(tables.issue).number
    assert terminal.data("instruction list --late", by="zjj_head", at=AT) == []
    assert "PS-2026-001" in terminal.ok("instruction list", by="zjj_head", at=AT)
    assert "PS-2026-001" in terminal.ok("instruction list", by="zjj_head")  # and without a moment
    assert terminal.refused(3, give, by="zjj_head", at=AT)


def test_an_evaluation_by_command_line(world: World, terminal: Terminal) -> None:
    project = with_sites(world)["潞城储能"]
    change_project(world, "潞城储能", in_production_on=date(2025, 9, 28))
    commit = f"evaluation commit {project} --indicator tax_per_mu --value 40"
    terminal.ok(commit, by="triage", at=AT)
    making.run(world.db, at(f"{DAY} 09:00"))
    key = terminal.data("evaluation list", by="lucheng_head", at=AT)[0]["id"]
    values = " ".join(f"--value {c}=12.5" for c in
                      ("invest_per_mu", "output_per_mu", "tax_per_mu", "energy"))  # fmt: skip
    assert terminal.refused(2, f"evaluation figures {key} {values}", by="lucheng_head", at=AT)
    figures = f"evaluation figures {key} {values} --note emission=未联网"
    terminal.ok(figures, by="lucheng_head", at=AT)
    terminal.ok(f"evaluation return {key} --reason 核对", by="triage", at=AT)
    terminal.ok(figures, by="lucheng_head", at=AT)
    terminal.ok(f"evaluation grade {key} D", by="chief", at=AT)
    (own,) = terminal.data(f"evaluation commitments {project}", by="lucheng_head", at=AT)
    assert (own["result"], own["figure"]) == ("not_met", "12.5")
    assert terminal.refused(3, commit, by="lucheng_head", at=AT)
