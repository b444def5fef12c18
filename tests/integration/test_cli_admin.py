"""The program itself, database, units and people by command line; faults and exit codes."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.main import cli
from config.policy import POLICY_FILE
from config.workflow_definition import WORKFLOW_FILE
from models import tables
from tests.databases import sqlite_url
from tests.terminal import Terminal, fresh_settings, xiaohao
from tests.world import FOUNDED, World
from workflow import organisation, rights
from workflow.context import find_actor
from workflow.errors import GuardFailed, Malformed, NotAllowed, WorkflowError

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


# ------------------------------------------------------------ units and people


def test_rights_that_must_be_kept_apart_are_refused(terminal: Terminal) -> None:
    [reason] = terminal.refused(1, "person grant chief auditor", by="secadmin")
    assert reason["code"] == "roles_apart"
    terminal.ok("person revoke auditor auditor", by="secadmin")
    terminal.ok("person grant auditor inspector", by="secadmin")
    assert terminal.refused(1, "person grant auditor auditor", by="secadmin")


def test_administrators_do_only_what_is_theirs(terminal: Terminal) -> None:
    assert terminal.refused(3, "person grant triage inspector", by="sysadmin")
    assert terminal.refused(3, "unit add x 某局 --kind department", by="chief")
    terminal.ok("person grant triage inspector", by="secadmin")
    terminal.ok("person revoke triage inspector", by="secadmin")
    assert terminal.refused(1, "person revoke triage inspector", by="secadmin")
    terminal.ok("unit add x 某局 --kind department", by="sysadmin")
    assert terminal.refused(1, "unit add x 另一局 --kind department", by="sysadmin")
    assert terminal.refused(2, "person add y 某某 --unit nowhere", by="sysadmin")
    assert terminal.refused(4, "person grant nobody inspector", by="secadmin")
    [reason] = terminal.refused(3, "person add y 某某 --unit jfj --role reporter", by="sysadmin")
    assert "person grant" in reason["remedy"]


@pytest.mark.parametrize(
    "words",
    [
        "unit add x 某局 --kind department",
        "unit load",
        "person add x 某某 --unit jfj",
        "person add x 某某 --unit jfj --role secadmin",
        "person grant chief sysadmin",
        "person revoke secadmin secadmin",
        "person away chief --since 2026-03-02",
        "policy activate {policy}",
        "workflow activate {workflow}",
    ],
)
def test_nobody_administers_once_there_are_administrators(terminal: Terminal, words: str) -> None:
    files = {"policy": POLICY_FILE, "workflow": WORKFLOW_FILE}
    [reason] = terminal.refused(2, words.format(**files))
    assert reason["code"] == "actor_missing"
    assert "--as" in reason["remedy"]


def test_the_first_administrators_are_made_by_nobody_and_by_each_other(empty_db_url: str) -> None:
    terminal = Terminal(empty_db_url)
    terminal.ok("db upgrade")
    terminal.ok("unit add jfj 经济发展局 --kind bureau")
    terminal.ok("person add root 曹工 --unit jfj --role sysadmin")
    assert terminal.refused(2, "person add sec 严守 --unit jfj --role secadmin")
    assert terminal.refused(3, "person add x 某某 --unit jfj --role inspector", by="root")
    terminal.ok("person add sec 严守 --unit jfj --role secadmin", by="root")
    assert terminal.refused(3, "person add two 某某 --unit jfj --role secadmin", by="root")
    terminal.ok("person add chief 钱永年 --unit jfj --post head", by="root")
    assert terminal.refused(3, "person grant chief office_chief", by="root")
    terminal.ok("person grant chief office_chief", by="sec")


@pytest.mark.parametrize("role", ["inspector", "no_such_role"])
def test_an_outsider_does_not_learn_from_a_grant_which_roles_there_are(
    world: World, role: str
) -> None:
    known: dict[str, type[WorkflowError]] = {"zjj_head": NotAllowed, "sysadmin": NotAllowed}
    if role == "no_such_role":
        known["secadmin"] = Malformed
    for username, refusal in known.items():
        with world.db.write() as s, pytest.raises(refusal):
            actor = find_actor(s, username)
            rights.grant(s, username="lucheng_reporter", role=role, actor=actor, now=FOUNDED)


def test_two_grants_at_once_do_not_mix_what_is_kept_apart(world: World) -> None:
    refused: list[str] = []

    def grant(role: str) -> None:
        try:
            with world.db.write() as s:
                actor = find_actor(s, "secadmin")
                together.wait(timeout=30) if s.dialect == "postgresql" else None
                rights.grant(s, username="newcomer", role=role, actor=actor, now=FOUNDED)
        except GuardFailed as refusal:
            refused.extend(reason.code for reason in refusal.reasons)

    together = threading.Barrier(2)
    with world.db.write() as s:
        sysadmin = find_actor(s, "sysadmin")
        organisation.add_person(
            s, username="newcomer", name="新人", unit="jfj", actor=sysadmin, now=FOUNDED
        )
    both = [threading.Thread(target=grant, args=(role,)) for role in ("auditor", "inspector")]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(timeout=60)
    assert refused == ["roles_apart"]
    assert len(world.rows(tables.role_grant, person_id=_id_of(world, "newcomer"))) == 1


def _id_of(world: World, username: str) -> int:
    [row] = world.rows(tables.person, username=username)
    return int(row.id)


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
        assert CliRunner().invoke(cli, ["db", "upgrade"]).exit_code == 0
        assert CliRunner().invoke(cli, ["unit", "list", "--json"]).exit_code == 0
    assert (tmp_path / "mine.db").exists()
