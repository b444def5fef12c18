"""Figures and bulletins by command line."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests.integration.test_bulletins import frozen
from tests.terminal import Terminal
from tests.world import World

pytestmark = pytest.mark.one_database


def terminal(world: World) -> Terminal:
    return Terminal(world.db.url)


def test_a_bulletin_is_drafted_signed_issued_and_made_again(world: World, tmp_path: Path) -> None:
    cli = terminal(frozen(world))
    at = "--at 2026-08-05T10:00"
    key = cli.data(f"bulletin draft 2026-07 {at}", by="triage")["id"]
    words = shlex.quote("累计销号率{销号率}。")
    cli.ok(f"bulletin edit {key} progress {words} {at}", by="triage")
    cli.ok(f"bulletin check {key} {at}", by="triage")
    cli.ok(f"bulletin sign {key} {at}", by="director")
    cli.ok(f"bulletin issue {key} {at}", by="triage")
    shown = cli.data(f"bulletin show {key} {at}", by="zjj_head")
    assert shown["state"] == "issued" and "n=" in shown["filled"]["progress"]
    out = tmp_path / "again.docx"
    again = cli.data(f"bulletin regenerate {key} --format docx --output {out} {at}", by="chief")
    assert again["same"] and out.read_bytes()[:2] == b"PK"
    assert [row["id"] for row in cli.data(f"bulletin list {at}", by="zjj_head")] == [key]


def test_figures_are_shown_checked_and_exported(world: World, tmp_path: Path) -> None:
    cli = terminal(frozen(world))
    at = "--at 2026-08-05T10:00"
    shown = cli.data(f"kpi show --month 2026-07 {at}", by="chief")
    assert {"month", "figure", "numerator", "denominator", "n"} <= shown[0].keys()
    own = cli.data(f"kpi show --month 2026-07 {at}", by="zgj_head")
    assert {row["unit"] for row in own} == {"资规分局"}
    assert cli.data(f"kpi check --month 2026-07 {at}", by="chief")["differences"] == []
    for name in ("figures.csv", "figures.xlsx"):
        cli.ok(f"kpi export {tmp_path / name} --month 2026-07 {at}", by="chief")
        assert (tmp_path / name).stat().st_size > 500
    cli.ok(f"kpi report zjj {tmp_path / 'r.pdf'} --month 2026-07 {at}", by="chief")
    assert (tmp_path / "r.pdf").read_bytes()[:4] == b"%PDF"


def test_outsiders_are_refused(world: World) -> None:
    cli = terminal(frozen(world, issues=2))
    at = "--at 2026-08-05T10:00"
    for line, by, code in (
        ("bulletin draft 2026-07", "zjj_head", "role_missing"),
        ("bulletin draft 2026-07", "sysadmin", "not_visible"),
        ("kpi show --month 2026-07", "auditor", "not_visible"),
        ("kpi check --month 2026-07", "zjj_head", "role_missing"),
    ):
        result = cli(f"{line} {at} --json", by=by)
        assert result.exit_code != 0 and code in result.stderr, (line, result.stderr)
    others = cli(f"kpi report sthj never.pdf --month 2026-07 {at}", by="zgj_head")
    assert others.exit_code != 0 and not Path("never.pdf").exists()
