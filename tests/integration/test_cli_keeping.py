"""Backup, restore and moving to another database by command line: runs, refusals, exit codes."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Update

from cli.main import cli as entry
from models import tables
from models.db import Database
from tests.databases import sqlite_url
from tests.terminal import Terminal, dispatched, found


@pytest.fixture
def elsewhere(tmp_path: Path) -> str:
    """An address where there is nothing yet."""
    return sqlite_url(tmp_path / "elsewhere" / "xiaohao.db")


@pytest.fixture
def file(cli: Terminal, tmp_path: Path) -> Path:
    """Where the backup of an office with an issue at work goes."""
    dispatched(cli)
    return tmp_path / "backups" / "office.xiaohao"


def at_address(cli: Terminal, url: str) -> Terminal:
    return Terminal(url, cli.lang)


def changed(cli: Terminal, statement: Update) -> None:
    """Rows written past every command."""
    database = Database(cli.url)
    with database.write() as s:
        s.execute(statement)
    database.close()


def copied(cli: Terminal, line: str) -> Result:
    """`db copy` names its databases itself, so that the terminal's own is not added."""
    return CliRunner().invoke(entry, ["--lang", cli.lang, "db", "copy", *line.split()])


def tampered(file: Path) -> None:
    """The same backup with another title in it; the manifest stays."""
    kept = io.BytesIO()
    with tarfile.open(file) as old, tarfile.open(fileobj=kept, mode="w") as new:
        for member in old.getmembers():
            source = old.extractfile(member)
            assert source is not None
            content = source.read()
            if member.name == "tables/issue.jsonl.gz":
                text = gzip.decompress(content).decode()
                assert "10千伏杆线" in text or "\\u" in text
                content = gzip.compress(text.replace("10", "11").encode())
            member.size = len(content)
            new.addfile(member, io.BytesIO(content))
    file.write_bytes(kept.getvalue())


def test_what_was_backed_up_comes_back_and_the_office_goes_on(
    cli: Terminal, file: Path, elsewhere: str
) -> None:
    made = cli.data(f"backup {file}")
    assert made["path"] == str(file)
    assert made["size"] == file.stat().st_size
    assert (made["files"], made["missing"], len(made["digest"])) == (0, [], 64)
    there = at_address(cli, elsewhere)
    back = there.data(f"restore {file} --digest {made['digest']}")
    assert (back["rows"], back["faults"]) == (made["rows"], [])
    assert back["events"] > 0
    assert there.data("audit verify")["ok"]
    shown = [t.data("issue list", by="chief") for t in (cli, there)]
    assert shown[0] == shown[1]


def test_both_say_in_words_what_they_did_and_the_digest_to_note_elsewhere(
    cli: Terminal, file: Path, elsewhere: str
) -> None:
    said = cli.ok(f"backup {file}")
    assert said.startswith(f"{file}: ")
    assert " rows and 0 files, " in said
    digest = said.strip().rpartition(" ")[2]
    told = at_address(cli, elsewhere).ok(f"restore {file} --digest {digest}")
    assert "Restored as of " in told
    assert " events verified, 0 files." in told


def test_messages_that_had_not_gone_out_are_told_with_the_command_that_shows_them(
    cli: Terminal, file: Path, elsewhere: str
) -> None:
    cli.ok("outbox deliver")
    changed(cli, tables.delivery.update().values(state="leased", leased_by="old:1"))
    cli.ok(f"backup {file}")
    there = at_address(cli, elsewhere)
    told = there.ok(f"restore {file}")
    assert "messages that had not gone out are held: xiaohao outbox held" in told
    assert there("outbox held").exit_code == 1


def test_a_passphrase_seals_the_file_and_without_it_nothing_comes_back(
    cli: Terminal, file: Path, elsewhere: str, tmp_path: Path
) -> None:
    key, other, empty = (tmp_path / name for name in ("key", "other", "empty"))
    key.write_text("四月的雨 in the zone\nnotes below are not part of it\n", encoding="utf-8")
    other.write_text("another one\n", encoding="utf-8")
    empty.write_text("\nsecond line\n", encoding="utf-8")
    [reason] = cli.refused(2, f"backup {file} --passphrase-file {empty}")
    assert (reason["code"], reason["field"]) == ("passphrase_empty", "passphrase_file")
    assert not file.exists()
    cli.ok(f"backup {file} --passphrase-file {key}")
    assert "10千伏".encode() not in file.read_bytes()
    there = at_address(cli, elsewhere)
    [reason] = there.refused(2, f"restore {file}")
    assert reason["code"] == "backup_refused"
    assert "encrypted" in reason["message"]
    [reason] = there.refused(2, f"restore {file} --passphrase-file {other}")
    assert reason["code"] == "backup_unreadable"
    assert there.data(f"restore {file} --passphrase-file {key}")["faults"] == []


def test_nothing_is_written_over(cli: Terminal, file: Path) -> None:
    cli.ok(f"backup {file}")
    [reason] = cli.refused(1, f"restore {file}")
    assert reason["code"] == "restore_not_empty"
    assert reason["remedy"]
    assert cli.data("audit verify")["ok"]


def test_a_changed_file_another_digest_and_no_backup_at_all_are_refused(
    cli: Terminal, file: Path, elsewhere: str, tmp_path: Path
) -> None:
    cli.ok(f"backup {file}")
    there = at_address(cli, elsewhere)
    [reason] = there.refused(2, f"restore {file} --digest {'0' * 64}")
    assert "digest" in reason["message"]
    tampered(file)
    [reason] = there.refused(2, f"restore {file}")
    assert "issue" in reason["message"]
    letter = tmp_path / "letter.txt"
    letter.write_text("no backup", encoding="utf-8")
    assert [r["code"] for r in there.refused(2, f"restore {letter}")] == ["backup_refused"]
    assert there("db status").exit_code == 5
    assert there(f"restore {tmp_path / 'missing'}").exit_code == 2


def test_an_office_that_does_not_hold_together_comes_back_only_when_told_to(
    cli: Terminal, file: Path, elsewhere: str
) -> None:
    changed(cli, tables.issue.update().values(chain_seq=tables.issue.c.chain_seq + 1))
    cli.ok(f"backup {file}")
    there = at_address(cli, elsewhere)
    done = there(f"restore {file}")
    assert done.exit_code == 5
    assert "Nothing was restored." in done.stderr
    assert "Restored as of" not in done.stdout
    done = there(f"restore {file} --despite-faults --json")
    assert done.exit_code == 5
    assert json.loads(done.stdout)["faults"]
    assert there("audit verify").exit_code == 1
    assert there.data("db status")["issues"] == 1


def test_a_backup_of_nothing_and_into_nowhere_is_refused(
    cli: Terminal, file: Path, elsewhere: str, tmp_path: Path
) -> None:
    assert at_address(cli, elsewhere)(f"backup {file}").exit_code == 5
    (tmp_path / "plain").write_text("a file, no folder", encoding="utf-8")
    assert cli(f"backup {tmp_path / 'plain' / 'office.xiaohao'}").exit_code == 5
    assert cli(f"backup {tmp_path}").exit_code == 2
    assert not file.exists()


def test_a_copy_is_compared_and_goes_on_where_it_stopped(
    cli: Terminal, file: Path, elsewhere: str
) -> None:
    line = f"--from {cli.url} --to {elsewhere}"
    done = json.loads(copied(cli, f"{line} --json").stdout)
    assert done["faults"] == []
    assert done["rows"] > 0 < done["events"]
    again = json.loads(copied(cli, f"{line} --json").stdout)
    assert (again["rows"], again["faults"]) == (done["rows"], [])
    said = copied(cli, line)
    assert (said.exit_code, said.stderr) == (0, "")
    assert said.stdout.startswith(f"{done['tables']} tables, {done['rows']} rows, ")
    assert at_address(cli, elsewhere).data("audit verify")["ok"]


def test_a_target_that_holds_another_state_is_refused_until_it_is_emptied(
    cli: Terminal, file: Path, elsewhere: str
) -> None:
    there = at_address(cli, elsewhere)
    found(there)
    dispatched(there)
    dispatched(there)
    line = f"--from {cli.url} --to {elsewhere}"
    done = copied(cli, f"{line} --json")
    assert (done.exit_code, done.stdout) == (1, "")
    [reason] = json.loads(done.stderr)["reasons"]
    assert reason["code"] == "copy_not_empty"
    assert copied(cli, f"{line} --anew").exit_code == 0
    assert there.data("db status")["issues"] == 1


def test_a_copy_needs_both_addresses_and_a_source_that_is_there(
    cli: Terminal, elsewhere: str
) -> None:
    assert copied(cli, f"--from {cli.url}").exit_code == 2
    assert copied(cli, f"--from {elsewhere} --to {cli.url}").exit_code == 5
