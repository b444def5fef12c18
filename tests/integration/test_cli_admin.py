"""The program itself, database, units and people by command line; faults and exit codes."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.main import cli
from models import tables
from tests.databases import sqlite_url
from tests.terminal import Terminal, fresh_settings, xiaohao
from tests.world import World

ROOT = Path(__file__).parents[2]
VECTORS = ROOT / "examples" / "deadline_vectors.json"


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
        assert terminal.data("unit list") == []
    else:
        [reason] = terminal.refused(5, "unit list")
        assert "xiaohao db upgrade" in reason["remedy"]
        assert terminal("db status").exit_code == 5
    assert terminal.data("db upgrade")["ready"]
    assert terminal.data("db upgrade")["ready"]
    status = terminal.data("db status")
    assert status["current"] == status["head"]
    assert "password" not in status["url"]


# ------------------------------------------------------------ units and people


def test_rights_that_must_be_kept_apart_are_refused(terminal: Terminal) -> None:
    [reason] = terminal.refused(1, "person grant chief auditor", by="secadmin")
    assert reason["code"] == "roles_apart"
    assert terminal.refused(1, "person add x 某某 --unit jfj --role auditor --role reporter")


def test_administrators_do_only_what_is_theirs(terminal: Terminal) -> None:
    assert terminal.refused(3, "person grant triage inspector", by="sysadmin")
    assert terminal.refused(3, "unit add x 某局 --kind department", by="chief")
    terminal.ok("person grant triage inspector", by="secadmin")
    terminal.ok("person revoke triage inspector", by="secadmin")
    assert terminal.refused(1, "person revoke triage inspector", by="secadmin")
    terminal.ok("unit add x 某局 --kind department", by="sysadmin")
    assert terminal.refused(1, "unit add x 另一局 --kind department")
    assert terminal.refused(2, "person add y 某某 --unit nowhere")
    assert terminal.refused(4, "person grant nobody inspector")


def test_changes_of_people_are_in_the_systems_history(terminal: Terminal, world: World) -> None:
    terminal.ok("person add new 新人 --unit jfj", by="sysadmin")
    terminal.ok("person grant new reporter", by="secadmin")
    events = world.rows(tables.event, stream="system")
    assert [e.tag for e in events] == ["person.added", "person.granted"]
    assert [e.actor_id for e in events] == [world.people["sysadmin"], world.people["secadmin"]]
    assert terminal.data("audit verify")["ok"]


def test_people_record_their_own_absence(terminal: Terminal) -> None:
    terminal.ok(
        "person away chief --since 2026-03-02 --until 2026-03-09 --deputy director",
        by="chief",
        at="2026-03-01T09:00",
    )
    people = {p["username"]: p for p in terminal.data("person list", at="2026-03-04T09:00")}
    assert people["chief"]["away"]
    assert people["chief"]["deputy"] == "蒋明远"
    assert terminal.refused(3, "person away chief --since 2026-03-02", by="triage")
    assert terminal.refused(
        2, "person away chief --since 2026-03-09 --until 2026-03-02", by="chief"
    )
    assert terminal.refused(2, "person away chief --since 2026-03-02 --deputy chief", by="chief")


def test_settings_come_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XIAOHAO_DATABASE_URL", sqlite_url(tmp_path / "mine.db"))
    with fresh_settings():
        assert CliRunner().invoke(cli, ["unit", "list", "--json"]).exit_code == 0
    assert (tmp_path / "mine.db").exists()
