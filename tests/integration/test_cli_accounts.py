"""Accounts and tokens by command line: what is printed, what is refused, who must be named."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.main import cli
from tests.terminal import Terminal
from tests.world import World, at
from workflow.accounts import signin, tokens
from workflow.accounts.signin import SignedIn

pytestmark = pytest.mark.one_database

GOOD, OTHER = "Correct-horse-7", "Battery-staple-8"
THEN = "2026-03-02T09:00"
MONDAY = at("2026-03-02 09:00")

pytestmark = pytest.mark.usefixtures("cheap_hashes")


def enters(world: World, username: str, password: str, now: datetime = MONDAY) -> bool:
    """Whether somebody gets in."""
    found = signin.sign_in(
        world.db, username=username, password=password, address="10.0.0.7", agent="", now=now
    )
    return isinstance(found, SignedIn)


def written(folder: Path, password: str) -> Path:
    """A file with a password in its first line."""
    path = folder / "password.txt"
    path.write_text(password + "\nthe rest is not read\n", encoding="utf-8")
    return path


def test_a_generated_password_is_printed_once_and_alone(terminal: Terminal, world: World) -> None:
    result = terminal("account create chief --generate", by="sysadmin", at=THEN)
    assert result.exit_code == 0, result.stderr
    (password,) = result.stdout.splitlines()
    assert password not in result.stderr
    assert enters(world, "chief", password)
    data = terminal.data("account create zjj_head --generate", by="sysadmin", at=THEN)
    assert enters(world, "zjj_head", data["password"])


def test_a_password_comes_from_a_file(terminal: Terminal, world: World, tmp_path: Path) -> None:
    file = written(tmp_path, GOOD)
    data = terminal.data(f"account create chief --password-file {file}", by="sysadmin", at=THEN)
    assert data == {"username": "chief"}
    assert enters(world, "chief", GOOD)


def test_a_password_is_asked_for_twice_and_not_shown(terminal: Terminal, world: World) -> None:
    words = ["account", "create", "chief", "--db", terminal.url, "--lang", "en", "--at", THEN]
    result = CliRunner().invoke(cli, [*words, "--as", "sysadmin"], input=f"{GOOD}\n{GOOD}\n")
    assert result.exit_code == 0, result.stderr
    assert GOOD not in result.output
    assert enters(world, "chief", GOOD)


def test_a_bad_password_is_refused_with_every_reason(terminal: Terminal, tmp_path: Path) -> None:
    words = f"account create chief --password-file {written(tmp_path, 'chief')}"
    reasons = terminal.refused(2, words, by="sysadmin", at=THEN)
    assert [r["code"] for r in reasons] == [
        "password_length", "password_simple", "password_personal",
    ]  # fmt: skip
    (both,) = terminal.refused(2, words, "--generate", by="sysadmin", at=THEN)
    assert both["code"] == "password_twice"


@pytest.mark.parametrize(("by", "code"), [("zjj_head", 3), ("secadmin", 3), (None, 2)])
def test_accounts_are_the_system_administrators(
    terminal: Terminal, by: str | None, code: int
) -> None:
    terminal.refused(code, "account create chief --generate", by=by, at=THEN)


def test_a_lock_is_seen_and_ended_and_a_reset_signs_out(
    terminal: Terminal, world: World, tmp_path: Path
) -> None:
    terminal.ok(
        f"account create chief --password-file {written(tmp_path, GOOD)}", by="sysadmin", at=THEN
    )
    for _n in range(5):
        assert not enters(world, "chief", "wrong")
    listed = terminal.data("account list", by="secadmin", at=THEN)
    (chief,) = [row for row in listed if row["username"] == "chief"]
    assert chief["locked_until"] == "2026-03-02T09:15:00+08:00"
    assert "2026-03-02 09:15" in terminal.ok("account list", by="secadmin", at=THEN)
    terminal.refused(3, "account unlock chief", by="sysadmin", at=THEN)
    terminal.ok("account unlock chief", by="secadmin", at=THEN)
    assert enters(world, "chief", GOOD)
    file = written(tmp_path, OTHER)
    terminal.ok(f"account reset chief --password-file {file}", by="sysadmin", at=THEN)
    assert terminal.data("account sessions", by="chief", at=THEN) == []
    assert enters(world, "chief", OTHER)


def test_sessions_are_listed_and_ended(terminal: Terminal, world: World, tmp_path: Path) -> None:
    file = written(tmp_path, GOOD)
    terminal.ok(f"account create chief --password-file {file}", by="sysadmin", at=THEN)
    assert enters(world, "chief", GOOD)
    (mine,) = terminal.data("account sessions", by="chief", at=THEN)
    assert (mine["address"], mine["expires_at"]) == ("10.0.0.7", "2026-03-02T21:00:00+08:00")
    assert "10.0.0.7" in terminal.ok("account sessions chief", by="secadmin", at=THEN)
    terminal.refused(3, "account sessions chief", by="zjj_head", at=THEN)
    terminal.refused(3, "account end-sessions chief", by="sysadmin", at=THEN)
    assert terminal.data("account end-sessions chief", by="secadmin", at=THEN)["ended"] == 1
    assert terminal.data("account sessions", by="chief", at=THEN) == []


def test_only_the_token_is_printed_on_standard_output(terminal: Terminal, world: World) -> None:
    result = terminal("token create --person chief", at=THEN)
    assert result.exit_code == 0, result.stderr
    (text,) = result.stdout.splitlines()
    assert text not in result.stderr
    assert "chief" in result.stderr and "2026-05-31" in result.stderr
    with world.db.read() as s:
        info = tokens.find_token(s, text, MONDAY)
    assert info is not None
    assert (info.person.username, sorted(info.scopes)) == ("chief", ["intake", "read", "write"])


def test_tokens_are_listed_and_revoked_by_their_owner_or_the_security_administrator(
    terminal: Terminal, world: World
) -> None:
    new = terminal.data("token create --person chief --scope read --name 报表 --days 7", at=THEN)
    (mine,) = terminal.data("token list", by="chief", at=THEN)
    assert (mine["id"], mine["name"], mine["scopes"]) == (new["id"], "报表", ["read"])
    assert new["token"] not in json.dumps(mine)
    assert "报表" in terminal.ok("token list --person chief", by="secadmin", at=THEN)
    terminal.refused(3, "token list --person chief", by="zjj_head", at=THEN)
    terminal.refused(4, f"token revoke {new['id']}", by="zjj_head", at=THEN)
    terminal.refused(2, f"token revoke {new['id']}", at=THEN)
    terminal.ok(f"token revoke {new['id']}", by="secadmin", at=THEN)
    terminal.refused(1, f"token revoke {new['id']}", by="chief", at=THEN)
    with world.db.read() as s:
        assert tokens.find_token(s, new["token"], MONDAY) is None


def test_a_token_that_cannot_be_is_refused(terminal: Terminal) -> None:
    terminal.refused(4, "token create --person nobody", at=THEN)
    terminal.refused(2, "token create --person chief --days 9999", at=THEN)
    assert terminal("token create --person chief --scope admin", at=THEN).exit_code == 2


@pytest.mark.parametrize("words", [["account"], ["token"], ["account", "reset"], ["token", "list"]])
def test_the_commands_explain_themselves(words: list[str]) -> None:
    shown = CliRunner().invoke(cli, ["--lang", "en", *words, "--help"])
    assert shown.exit_code == 0
    assert "Usage:" in shown.stdout
