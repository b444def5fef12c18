"""Database, definitions, calendar, units and people by command line; faults and exit codes."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.main import cli
from config.policy import POLICY_FILE, shipped_policy
from config.workflow_definition import shipped_workflow
from models import tables
from tests.databases import sqlite_url
from tests.terminal import Terminal, fresh_settings
from tests.world import World

ROOT = Path(__file__).parents[2]
VECTORS = ROOT / "examples" / "deadline_vectors.json"


def xiaohao(*words: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The program as a process of its own."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("XIAOHAO_")}
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *map(str, words)],
        cwd=cwd,
        text=True,
        capture_output=True,
        check=False,
        encoding="utf-8",
        env=kept | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"} | environment,
    )


@pytest.fixture
def terminal(world: World) -> Terminal:
    """The zone's command line, over a database of each kind in turn."""
    return Terminal(world.db.engine.url.render_as_string(hide_password=False))


# ------------------------------------------------------------ the program


def test_help_needs_neither_database_nor_engine(tmp_path: Path) -> None:
    script = (
        "import sys\nfrom cli.main import cli\ntry: cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        "print([m for m in ('sqlalchemy', 'pydantic', 'rich', 'jinja2') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        text=True,
        capture_output=True,
        check=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["db"],
        ["policy"],
        ["workflow"],
        ["calendar"],
        ["unit"],
        ["person"],
        ["issue"],
        ["task"],
        ["request"],
        ["rule"],
        ["rung"],
        ["outbox"],
        ["audit"],
        ["ledger"],
        ["export"],
        ["issue", "report"],
        ["task", "submit"],
        ["request", "extension"],
        ["rule", "return"],
        ["tick"],
        ["worker"],
        ["serve"],
        ["watchdog"],
        ["inbox"],
        ["import"],
        ["replay"],
        ["demo"],
    ],
)
def test_every_command_explains_itself_in_both_languages(words: list[str]) -> None:
    english = CliRunner().invoke(cli, ["--lang", "en", *words, "--help"])
    chinese = CliRunner().invoke(cli, [*words, "--help"], env={"XIAOHAO_LANG": "zh_CN"})
    assert (english.exit_code, chinese.exit_code) == (0, 0)
    assert "Usage:" in english.stdout
    assert "用法" in chinese.stdout
    assert "Options" not in chinese.stdout


def test_mistakes_of_usage_are_told_in_the_users_language() -> None:
    wrong = CliRunner().invoke(cli, ["issue", "nonsense"], env={"XIAOHAO_LANG": "zh_CN"})
    assert wrong.exit_code == 2
    assert "没有" in wrong.stderr
    option = CliRunner().invoke(cli, ["issue", "list", "--lang", "en", "--nonsense"])
    assert option.exit_code == 2
    assert "No such option" in option.stderr


def test_an_unknown_language_is_refused() -> None:
    assert CliRunner().invoke(cli, ["--lang", "fr", "db", "status"]).exit_code == 2


def test_exit_codes_of_the_real_program(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "x.db")
    codes = {
        0: ["unit", "add", "jfj", "经济发展局", "--kind", "bureau"],
        1: ["unit", "add", "jfj", "经济发展局", "--kind", "bureau"],
        2: ["issue", "list"],
        4: ["issue", "list", "--as", "nobody"],
    }
    for code, words in codes.items():
        done = xiaohao(*words, cwd=tmp_path, XIAOHAO_DATABASE_URL=url)
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "mysql://root@localhost/x",
        "postgresql://nobody@127.0.0.1:9/none",
        "sqlite:////proc/none/x.db",
        "sqlite:///{folder}",
        "sqlite:///{garbage}",
        "sqlite:///{other}",
    ],
)
def test_a_database_that_cannot_be_used_is_a_message_and_no_traceback(
    tmp_path: Path, url: str
) -> None:
    garbage, other = tmp_path / "garbage.db", tmp_path / "other.db"
    garbage.write_text("this is no database")
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE somebody_elses (x)")
    connection.close()
    done = xiaohao(
        "issue",
        "list",
        "--as",
        "chief",
        "--lang",
        "en",
        "--db",
        url.format(folder=tmp_path, garbage=garbage, other=other),
        cwd=tmp_path,
    )
    assert done.returncode == 5
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert "->" in done.stderr


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    done = xiaohao("issue", "list", "--as", "x", cwd=tmp_path, XIAOHAO_SMTP_PORT="abc")
    assert done.returncode == 2
    assert "XIAOHAO_SMTP_PORT" in done.stderr


# ------------------------------------------------------------ database


def test_an_embedded_database_is_made_and_a_served_one_must_have_been_prepared(
    empty_db_url: str,
) -> None:
    terminal = Terminal(empty_db_url)
    if empty_db_url.startswith("sqlite"):
        assert terminal.data("unit", "list") == []
    else:
        [reason] = terminal.refused(5, "unit", "list")
        assert "xiaohao db upgrade" in reason["remedy"]
        assert terminal("db", "status").exit_code == 5
    assert terminal.data("db", "upgrade")["ready"]
    assert terminal.data("db", "upgrade")["ready"]
    status = terminal.data("db", "status")
    assert status["current"] == status["head"]
    assert "password" not in status["url"]


# ------------------------------------------------------------ definitions


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
    terminal.ok(
        "calendar",
        "except",
        "--date",
        "2026-10-23",
        "--kind",
        "holiday",
        "--name",
        "区运动会",
        by="chief",
    )
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
    assert terminal.data("policy", "activate", mine, by="sysadmin")["in_force"]
    assert [v["in_force"] for v in terminal.data("policy", "versions")] == [True, False]
    assert "n = 10 " in terminal.ok("policy", "show")
    assert "n = 15 " in terminal.ok("policy", "show", "--version", 1)
    assert terminal.refused(3, "policy", "activate", mine, by="zjj_head")
    assert terminal.data("audit", "verify")["ok"]


def test_a_faulty_policy_is_not_activated(terminal: Terminal, tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(shipped_policy().replace('lead = "zgj"', 'lead = "nobody"'), encoding="utf-8")
    reasons = terminal.refused(2, "policy", "activate", mine, by="sysadmin")
    assert any("categories.用地.lead" in r["message"] for r in reasons)
    assert len(terminal.data("policy", "versions")) == 1


def test_a_workflow_is_drawn_activated_and_running_issues_migrate(
    terminal: Terminal, world: World, tmp_path: Path
) -> None:
    case = world.dispatched("2026-03-02 10:00")
    mine = tmp_path / "mine.toml"
    mine.write_text(shipped_workflow() + "\n# second edition\n", encoding="utf-8")
    assert terminal.data("workflow", "activate", mine, by="chief")["id"] == 2
    planned = terminal.data("workflow", "migrate", "--dry-run", by="chief")
    assert [(v["issue_number"], v["verdict"]) for v in planned["verdicts"]] == [
        (case.issue, "lands")
    ]
    assert terminal.data("workflow", "migrate", "--apply", by="chief")["applied"]
    assert terminal.data("workflow", "migrate", "--dry-run", by="chief")["verdicts"] == []
    assert terminal("workflow", "migrate", by="chief").exit_code == 2


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


# ------------------------------------------------------------ calendar


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
        "calendar",
        "except",
        "--unit",
        "zjj",
        "--date",
        "2026-10-19",
        "--kind",
        "holiday",
        "--name",
        "搬迁",
        by="chief",
        at="2026-09-29T09:00",
    )
    planned = terminal.data("calendar", "recompute", "--dry-run", by="chief", at="2026-09-29T09:10")
    assert [t["task_number"] for t in planned["tasks"]] == [case.task]
    assert planned["tasks"][0]["notices_sent"] == ["dispatch"]
    assert terminal.data("calendar", "recompute", "--apply", by="chief", at="2026-09-29T09:20")[
        "applied"
    ]
    assert terminal.data("calendar", "recompute", "--dry-run", by="chief")["tasks"] == []
    shown = terminal.data("calendar", "show", 2026, "--unit", "zjj")
    assert shown["working_days"] == 247
    assert terminal.refused(
        3, "calendar", "except", "--date", "2026-10-20", "--kind", "holiday", by="zjj_head"
    )


def test_a_year_is_shown_with_its_holidays(terminal: Terminal) -> None:
    text = terminal.ok("calendar", "show", 2026)
    assert "248" in text
    assert "[1] [2] [3] *4" in text
    assert "国庆节" in text
    assert terminal.data("calendar", "show", 2027)["status"] == "provisional"


# ------------------------------------------------------------ units and people


def test_rights_that_must_be_kept_apart_are_refused(terminal: Terminal) -> None:
    [reason] = terminal.refused(1, "person", "grant", "chief", "auditor", by="secadmin")
    assert reason["code"] == "roles_apart"
    assert terminal.refused(
        1, "person", "add", "x", "某某", "--unit", "jfj", "--role", "auditor", "--role", "reporter"
    )


def test_administrators_do_only_what_is_theirs(terminal: Terminal) -> None:
    assert terminal.refused(3, "person", "grant", "triage", "inspector", by="sysadmin")
    assert terminal.refused(3, "unit", "add", "x", "某局", "--kind", "department", by="chief")
    terminal.ok("person", "grant", "triage", "inspector", by="secadmin")
    terminal.ok("person", "revoke", "triage", "inspector", by="secadmin")
    assert terminal.refused(1, "person", "revoke", "triage", "inspector", by="secadmin")
    terminal.ok("unit", "add", "x", "某局", "--kind", "department", by="sysadmin")
    assert terminal.refused(1, "unit", "add", "x", "另一局", "--kind", "department")
    assert terminal.refused(2, "person", "add", "y", "某某", "--unit", "nowhere")
    assert terminal.refused(4, "person", "grant", "nobody", "inspector")


def test_changes_of_people_are_in_the_systems_history(terminal: Terminal, world: World) -> None:
    terminal.ok("person", "add", "new", "新人", "--unit", "jfj", by="sysadmin")
    terminal.ok("person", "grant", "new", "reporter", by="secadmin")
    events = world.rows(tables.event, stream="system")
    assert [e.tag for e in events] == ["person.added", "person.granted"]
    assert [e.actor_id for e in events] == [world.people["sysadmin"], world.people["secadmin"]]
    assert terminal.data("audit", "verify")["ok"]


def test_people_record_their_own_absence(terminal: Terminal) -> None:
    terminal.ok(
        "person",
        "away",
        "chief",
        "--since",
        "2026-03-02",
        "--until",
        "2026-03-09",
        "--deputy",
        "director",
        by="chief",
        at="2026-03-01T09:00",
    )
    people = {p["username"]: p for p in terminal.data("person", "list", at="2026-03-04T09:00")}
    assert people["chief"]["away"]
    assert people["chief"]["deputy"] == "蒋明远"
    assert terminal.refused(3, "person", "away", "chief", "--since", "2026-03-02", by="triage")
    assert terminal.refused(
        2, "person", "away", "chief", "--since", "2026-03-09", "--until", "2026-03-02", by="chief"
    )
    assert terminal.refused(
        2, "person", "away", "chief", "--since", "2026-03-02", "--deputy", "chief", by="chief"
    )


def test_settings_come_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XIAOHAO_DATABASE_URL", sqlite_url(tmp_path / "mine.db"))
    with fresh_settings():
        assert CliRunner().invoke(cli, ["unit", "list", "--json"]).exit_code == 0
    assert (tmp_path / "mine.db").exists()
