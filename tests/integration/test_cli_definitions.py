"""Policies, workflow definitions and the calendar by command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.main import cli
from config.policy import POLICY_FILE, shipped_policy
from config.workflow_definition import shipped_workflow
from tests.terminal import Terminal, xiaohao
from tests.world import World

ROOT = Path(__file__).parents[2]
VECTORS = ROOT / "examples" / "deadline_vectors.json"


def test_policy_check_passes_the_shipped_files_and_names_faults_in_others(tmp_path: Path) -> None:
    assert xiaohao("policy", "check", cwd=tmp_path).returncode == 0
    mine = tmp_path / "mine.toml"
    mine.write_text(
        shipped_policy().replace('to = ["unit_head"]', "to = []", 1), encoding="utf-8-sig"
    )
    done = xiaohao("policy", "check", "--policy", mine, "--json", cwd=tmp_path)
    assert done.returncode == 1
    [fault] = json.loads(done.stdout)["faults"]
    assert fault["file"] == str(mine)
    assert fault["key"] == "ladder.supervise.to"
    assert fault["remedy"]


def test_policy_check_of_a_missing_file_is_a_message(tmp_path: Path) -> None:
    done = xiaohao("policy", "check", "--policy", "none.toml", cwd=tmp_path)
    assert done.returncode == 5
    assert "none.toml" in done.stderr


def test_simulation_needs_no_database_and_makes_none(tmp_path: Path) -> None:
    done = xiaohao(
        "policy",
        "simulate",
        "--category",
        "杆线迁移",
        "--dispatched",
        "2026-09-28T10:00",
        "--json",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["deadline"] == "2026-10-23T17:30:00+08:00"
    assert list(tmp_path.iterdir()) == []


def test_simulation_uses_the_databases_calendar_and_people(terminal: Terminal) -> None:
    terminal.ok("calendar except --date 2026-10-23 --kind holiday --name 区运动会", by="chief")
    result = CliRunner().invoke(
        cli,
        [
            "policy",
            "simulate",
            "--category",
            "杆线迁移",
            "--dispatched",
            "2026-09-28T10:00",
            "--policy",
            str(POLICY_FILE),
            "--db",
            terminal.url,
            "--json",
        ],
    )
    data = json.loads(result.stdout)
    assert data["deadline"] == "2026-10-26T17:30:00+08:00"
    supervise = next(r for r in data["rungs"] if r["key"] == "supervise")
    assert supervise["to"][0]["people"] == ["孙建国"]


def test_simulation_as_text_shows_derivation_and_rungs(tmp_path: Path) -> None:
    done = xiaohao(
        "--lang",
        "en",
        "policy",
        "simulate",
        "--category",
        "紧急事项",
        "--dispatched",
        "2026-09-28T10:00",
        cwd=tmp_path,
    )
    assert "8 working hours" in done.stdout
    assert "does not fire" in done.stdout
    assert "Urging notice" in done.stdout


def test_a_policy_is_activated_for_what_comes_after(terminal: Terminal, tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(shipped_policy().replace("n = 15 ", "n = 10 "), encoding="utf-8")
    assert terminal.data(f"policy activate {mine}", by="sysadmin")["in_force"]
    assert [v["in_force"] for v in terminal.data("policy versions")] == [True, False]
    assert "n = 10 " in terminal.ok("policy show")
    assert "n = 15 " in terminal.ok("policy show --version 1")
    assert terminal.refused(3, f"policy activate {mine}", by="zjj_head")
    assert terminal.data("audit verify")["ok"]


def test_a_faulty_policy_is_not_activated(terminal: Terminal, tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(shipped_policy().replace('lead = "zgj"', 'lead = "nobody"'), encoding="utf-8")
    reasons = terminal.refused(2, f"policy activate {mine}", by="sysadmin")
    assert any("categories.用地.lead" in r["message"] for r in reasons)
    assert len(terminal.data("policy versions")) == 1


def test_a_workflow_is_drawn_activated_and_running_issues_migrate(
    terminal: Terminal, world: World, tmp_path: Path
) -> None:
    case = world.dispatched("2026-03-02 10:00")
    mine = tmp_path / "mine.toml"
    mine.write_text(shipped_workflow() + "\n# second edition\n", encoding="utf-8")
    assert terminal.data(f"workflow activate {mine}", by="chief")["id"] == 2
    planned = terminal.data("workflow migrate --dry-run", by="chief")
    assert [(v["issue_number"], v["verdict"]) for v in planned["verdicts"]] == [
        (case.issue, "lands")
    ]
    assert terminal.data("workflow migrate --apply", by="chief")["applied"]
    assert terminal.data("workflow migrate --dry-run", by="chief")["verdicts"] == []
    assert terminal("workflow migrate", by="chief").exit_code == 2


@pytest.mark.parametrize(
    ("form", "first"),
    [
        ("mermaid", "stateDiagram-v2"),
        ("dot", "digraph {"),
    ],
)
@pytest.mark.parametrize("machine", ["issue", "task"])
def test_the_diagram_shows_every_state_and_transition(form: str, first: str, machine: str) -> None:
    drawn = (
        CliRunner()
        .invoke(
            cli, ["workflow", "diagram", "--machine", machine, "--format", form, "--lang", "en"]
        )
        .stdout
    )
    assert drawn.splitlines()[0] == first
    for words in ("In progress", "withdraw" if machine == "task" else "await_approval"):
        assert words in drawn


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_calendar_check_passes_every_shared_vector(lang: str) -> None:
    done = CliRunner().invoke(cli, ["calendar", "check", str(VECTORS), "--lang", lang])
    assert done.exit_code == 0
    assert done.stdout.splitlines()[-1] == "121 passed, 0 failed"


def test_calendar_check_names_a_failure_with_both_values(tmp_path: Path) -> None:
    document = json.loads(VECTORS.read_text(encoding="utf-8"))
    document["vectors"] = document["vectors"][:3]
    vector = document["vectors"][1]
    right, vector["expected"] = vector["expected"], "1999-01-01"
    file = tmp_path / "vectors.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    done = CliRunner().invoke(cli, ["calendar", "check", str(file)])
    assert done.exit_code == 1
    assert vector["id"] in done.stdout
    assert "1999-01-01" in done.stdout
    assert str(right)[:10] in done.stdout
    assert done.stdout.splitlines()[-1] == "2 passed, 1 failed"


def test_calendar_check_of_no_vectors_is_a_message(tmp_path: Path) -> None:
    file = tmp_path / "empty.json"
    file.write_text("[]")
    done = CliRunner().invoke(cli, ["calendar", "check", str(file)])
    assert done.exit_code == 2
    assert "vectors" in done.stderr


def test_a_unit_keeps_a_day_of_its_own_and_its_tasks_are_redated(
    terminal: Terminal, world: World
) -> None:
    case = world.dispatched("2026-09-28 10:00")
    terminal.ok(
        "calendar except --unit zjj --date 2026-10-19 --kind holiday --name 搬迁",
        by="chief",
        at="2026-09-29T09:00",
    )
    planned = terminal.data("calendar recompute --dry-run", by="chief", at="2026-09-29T09:10")
    assert [t["task_number"] for t in planned["tasks"]] == [case.task]
    assert planned["tasks"][0]["notices_sent"] == ["dispatch"]
    assert terminal.data("calendar recompute --apply", by="chief", at="2026-09-29T09:20")["applied"]
    assert terminal.data("calendar recompute --dry-run", by="chief")["tasks"] == []
    shown = terminal.data("calendar show 2026 --unit zjj")
    assert shown["working_days"] == 247
    assert terminal.refused(3, "calendar except --date 2026-10-20 --kind holiday", by="zjj_head")


def test_a_year_is_shown_with_its_holidays(terminal: Terminal) -> None:
    text = terminal.ok("calendar show 2026")
    assert "248" in text
    assert "[1] [2] [3] *4" in text
    assert "国庆节" in text
    assert terminal.data("calendar show 2027")["status"] == "provisional"
