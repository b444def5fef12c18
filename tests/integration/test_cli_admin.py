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
from tests.databases import sqlite_url
from tests.terminal import Terminal, xiaohao

pytestmark = pytest.mark.one_database

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
    assert xiaohao("db", "upgrade", cwd=tmp_path, XIAOHAO_DATABASE_URL=url).returncode == 0
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


@pytest.mark.parametrize("words", ["unit list", "unit add x 某局 --kind department", "tick"])
def test_only_an_upgrade_makes_a_database(empty_db_url: str, tmp_path: Path, words: str) -> None:
    terminal = Terminal(empty_db_url)
    [reason] = terminal.refused(5, words)
    assert "xiaohao db upgrade" in reason["remedy"]
    assert terminal("db status").exit_code == 5
    assert list(tmp_path.rglob("*.db")) == []


def test_an_upgrade_may_be_repeated_and_says_what_comes_next(empty_db_url: str) -> None:
    terminal = Terminal(empty_db_url)
    assert "person add" in terminal.ok("db upgrade")
    terminal.ok("unit load")
    terminal.ok("person add root 曹工 --unit jfj --role sysadmin")
    assert "person add" not in terminal.ok("db upgrade")
    assert terminal.data("db upgrade")["ready"]
    status = terminal.data("db status")
    assert status["current"] == status["head"]
    assert "password" not in status["url"]
    if empty_db_url.startswith("sqlite"):
        assert status["url"].startswith("/")
