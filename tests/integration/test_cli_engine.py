"""The clock's work, the history, notices and ledgers by command line."""

from __future__ import annotations

import csv
import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path
from time import sleep
from urllib.request import urlopen

import httpx
import pytest
from click.testing import CliRunner
from sqlalchemy import text

from cli.main import cli
from models import migrate, tables
from models.db import Database
from models.revisions import newest
from tests.terminal import Terminal, fresh_settings, xiaohao
from tests.world import World, found_zone

ROOT = Path(__file__).parents[2]


def test_one_sweep_fires_what_is_due_and_a_second_does_nothing(
    terminal: Terminal, world: World
) -> None:
    world.dispatched("2026-03-02 10:00")
    first = terminal.data("tick --simulate", at="2026-03-18T09:00")
    assert first["rungs"] == {"1": 1}
    assert first["notices"] > 0
    assert "Nothing was due." in terminal.ok("tick --simulate", at="2026-03-18T09:00")
    # the time of `tick` is local, or carries an offset
    assert terminal.data("tick --simulate", at="2026-03-20T01:00+00:00")["rungs"] == {"1": 1}


def test_the_watchdog_exits_with_an_error_until_the_sweep_has_been(
    terminal: Terminal, world: World
) -> None:
    world.dispatched("2026-03-02 10:00")
    assert terminal("watchdog", at="2026-03-25T12:00").exit_code == 1
    findings = json.loads(terminal("watchdog --json", at="2026-03-25T12:00").stdout)
    assert {f["kind"] for f in findings["findings"]} >= {"not_swept"}
    terminal.ok("tick --simulate", at="2026-03-25T12:00")
    found = json.loads(terminal("watchdog --json", at="2026-03-25T12:00").stdout)["findings"]
    assert not [f for f in found if f["kind"] in ("not_swept", "not_escalated")]


def test_an_anchor_kept_elsewhere_is_compared(
    terminal: Terminal, world: World, tmp_path: Path
) -> None:
    world.reported("2026-03-02 10:00")
    anchor = tmp_path / "anchor.json"
    terminal.ok(f"audit anchor --out {anchor}")
    assert terminal.data(f"audit verify --anchor {anchor}")["ok"]
    kept = json.loads(anchor.read_text())
    stream = next(iter(kept))
    anchor.write_text(json.dumps(kept | {stream: [kept[stream][0], "0" * 64]}))
    assert terminal(f"audit verify --anchor {anchor}").exit_code == 1
    anchor.write_text('{"issue:1": 3}')
    assert terminal.refused(2, f"audit verify --anchor {anchor}")


def test_a_removed_event_is_found(terminal: Terminal, world: World) -> None:
    number = world.reported("2026-03-02 10:00")
    with world.db.write() as s:
        s.execute(tables.issue.update().values(chain_seq=tables.issue.c.chain_seq + 1))
    done = terminal("audit verify")
    assert done.exit_code == 1
    assert number in done.stdout


def test_the_ledger_balances(terminal: Terminal, world: World) -> None:
    world.closed("2026-03-02 10:00", then="2026-03-03 10:00")
    world.reported("2026-03-04 10:00")
    rows = terminal.data("ledger balance")["rows"]
    assert (rows[0]["opened"], rows[0]["open"], rows[0]["closed"]) == (2, 1, 1)
    assert "The ledger balances." in terminal.ok("ledger balance")


def test_notices_are_read_by_whom_they_are_for(terminal: Terminal, world: World) -> None:
    case = world.dispatched("2026-03-02 10:00")
    [notice] = terminal.data("inbox", by="zjj_liaison")["notices"]
    assert case.task in notice["subject"]
    assert "deadline" in terminal.ok("inbox --full", by="zjj_liaison").lower()
    terminal.ok("inbox --mark-read", by="zjj_liaison")
    assert terminal.data("inbox", by="zjj_liaison")["unread"] == 0
    assert terminal.data("inbox", by="zgj_liaison")["notices"] == []


def test_the_outbox_is_counted_delivered_and_retried(
    terminal: Terminal, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XIAOHAO_CHANNELS", "inapp,folder")
    monkeypatch.setenv("XIAOHAO_FOLDER_DIR", str(tmp_path / "notices"))
    with fresh_settings():
        world.dispatched("2026-03-02 10:00")
        sent = terminal.data("outbox deliver", at="2026-03-02T15:00")
        assert sent["sent"] > 0
        assert len(list((tmp_path / "notices").iterdir())) == sent["sent"]
        counted = terminal.data("outbox list")
        assert {"kind": "dispatch", "channel": "folder", "state": "sent", "n": 2} in counted
        assert terminal.data("outbox failed") == []
        assert terminal.data("outbox retry --all --as chief")["notices"] == 0
        assert terminal("outbox retry --as chief").exit_code == 2


def test_the_ledger_is_exported_within_the_actors_scope(
    terminal: Terminal, world: World, tmp_path: Path
) -> None:
    world.dispatched("2026-03-02 10:00")
    out = tmp_path / "ledger.csv"
    assert terminal.data(f"export ledger --format csv --out {out}", by="chief")["lines"] == 1
    with out.open(encoding="utf-8-sig", newline="") as file:
        [_header, line] = list(csv.reader(file))
    assert "建设局" in line
    assert terminal.data(f"export ledger --format csv --out {out}", by="zgj_head")["lines"] == 0
    xlsx = tmp_path / "ledger.xlsx"
    terminal.ok(f"export ledger --out {xlsx}", by="chief")
    assert xlsx.read_bytes().startswith(b"PK")


def test_a_ledger_is_imported_once_and_bad_rows_are_named(
    terminal: Terminal, tmp_path: Path
) -> None:
    mapping, ledger = tmp_path / "map.toml", tmp_path / "ledger.csv"
    mapping.write_text(
        'source_system = "test"\n[columns]\nsource_id = "编号"\ntitle = "问题"\n'
        'description = "描述"\ncategory = "类别"\nboard = "板块"\n'
        'no_project_reason = "说明"\n',
        encoding="utf-8",
    )
    rows = [
        "编号,问题,描述,类别,板块,说明",
        "1,杆线,需迁移,杆线迁移,潞城街道,片区",
        "2,道路,需贯通,不存在,潞城街道,片区",
    ]
    ledger.write_text("\n".join(rows) + "\n", encoding="gb18030")
    words = ("import", ledger, "--mapping", mapping)
    refused = terminal(*words, by="triage")
    assert refused.exit_code == 1
    assert "类别" in refused.stdout
    assert "不存在" in refused.stdout
    assert terminal.data("issue list", by="triage")["total"] == 0

    ledger.write_text("\n".join(rows[:2]) + "\n", encoding="utf-8")
    assert terminal.data(*words, "--dry-run", by="triage")["written"] is False
    assert terminal.data(*words, by="triage")["taken"] == 1
    assert terminal.data(*words, by="triage")["unchanged"] == 1
    assert terminal.data("issue list", by="triage")["total"] == 1
    assert terminal.refused(2, *words)[0]["field"] == "actor"

    many = [f"M-{n},杆线,{n}处需迁移,杆线迁移,潞城街道,片区" for n in range(60)]
    ledger.write_text("\n".join([rows[0], *many, rows[2]]) + "\n", encoding="utf-8")
    refused = terminal(*words, by="triage")
    assert refused.exit_code == 1
    assert "62" in refused.stdout and "不存在" in refused.stdout
    assert terminal.data("issue list", by="triage")["total"] == 1
    ledger.write_text("\n".join([rows[0], *many]) + "\n", encoding="utf-8")
    assert terminal.data(*words, by="triage")["taken"] == 60
    assert terminal.data("issue list", by="triage")["total"] == 61


def test_a_historical_ledger_is_replayed_in_a_database_of_its_own(tmp_path: Path) -> None:
    ledger = tmp_path / "small.csv"
    lines = (ROOT / "examples" / "boston311.csv").read_text(encoding="utf-8").splitlines()
    ledger.write_text("\n".join(lines[:41]) + "\n", encoding="utf-8")
    out = tmp_path / "report.json"
    done = CliRunner().invoke(
        cli,
        [
            "replay",
            str(ledger),
            "--mapping",
            str(ROOT / "examples" / "boston311.toml"),
            "--out",
            str(out),
            "--json",
        ],
    )
    assert done.exit_code == 0, done.stderr
    report = json.loads(out.read_text(encoding="utf-8"))
    assert report["cases"] == 40
    assert set(report) == {
        "cases",
        "verdicts",
        "rungs",
        "transitions",
        "notices",
        "seconds",
        "skipped",
        "faults",
    }
    assert (report["skipped"], report["faults"]) == (0, [])
    with ledger.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            city = {"ONTIME": "on_time", "OVERDUE": "overdue"}[row["OnTime_Status"]]
            expected = city if row["TARGET_DT"] else "no_deadline"
            assert report["verdicts"][row["CASE_ENQUIRY_ID"]] == expected


def test_the_outbox_without_a_command_is_an_overview(terminal: Terminal, world: World) -> None:
    world.dispatched("2026-03-02 10:00")
    text = terminal.ok("outbox")
    assert "Dispatch order" in text
    assert "No message has failed." in text


def test_a_sweep_in_the_future_needs_to_be_meant(terminal: Terminal, world: World) -> None:
    world.dispatched("2026-03-02 10:00")
    before = world.dump()
    [reason] = terminal.refused(2, "tick", at="2149-01-04T09:00")
    assert (reason["code"], reason["field"]) == ("at_in_future", "at")
    assert "--simulate" in reason["remedy"]
    assert world.dump() == before
    terminal.ok("tick", at="2001-01-04T09:00")


def test_findings_are_sentences_with_local_times(terminal: Terminal, world: World) -> None:
    case = world.dispatched("2026-03-02 10:00")
    lines = terminal("watchdog", at="2026-03-25T12:00").stdout.splitlines()
    [line] = [line for line in lines if "not_swept" in line and case.task in line]
    assert "no sweep has looked at it" in line
    assert "since 2026-03-" in line
    assert "+00:00" not in line


def test_an_input_file_that_is_missing_is_told_alike_everywhere(
    terminal: Terminal, tmp_path: Path
) -> None:
    gone, mapping = tmp_path / "none.csv", tmp_path / "map.toml"
    mapping.write_text('source_system = "x"\n[columns]\nsource_id = "编号"\n', encoding="utf-8")
    for words in (
        f"import {gone} --mapping {mapping}",
        f"import {mapping} --mapping {gone}",
        f"calendar import {gone}",
        f"policy activate {gone}",
    ):
        assert terminal.refused(5, words, by="chief")[0]["code"] == "file"
    for without in (["calendar", "check", str(gone)], ["policy", "check", "--policy", str(gone)]):
        assert CliRunner().invoke(cli, without).exit_code == 5


@pytest.mark.parametrize("port", ["0x", "70000", "taken"])
def test_a_port_that_cannot_be_had_is_a_message(terminal: Terminal, port: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        wanted = str(other.getsockname()[1]) if port == "taken" else port
        words = ["serve", "--port", wanted, "--db", terminal.url, "--lang", "en"]
        done = CliRunner().invoke(cli, words)
    assert done.exit_code == (2 if port == "0x" else 5)
    assert done.stderr
    assert "APScheduler" not in [thread.name for thread in threading.enumerate()]


def test_serving_ends_in_order_when_it_is_told_to(sqlite_db_url: str, tmp_path: Path) -> None:
    db = Database(sqlite_db_url)
    with db.write() as s:
        found_zone(s)
    db.close()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    words = [sys.executable, "-m", "cli.main", "serve", "--port", str(port), "--db", sqlite_db_url]
    with subprocess.Popen(
        words, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}
    ) as service:
        try:
            _wait_for(port)
            service.terminate()
            assert service.wait(60) == 0
        finally:
            service.kill()


def test_an_enterprises_link_leads_to_where_the_portal_is_served(
    sqlite_db_url: str, tmp_path: Path
) -> None:
    db = Database(sqlite_db_url)
    with db.write() as s:
        found_zone(s)
    db.close()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    words = [sys.executable, "-m", "cli.main", "serve", "--port", str(port), "--db", sqlite_db_url]
    here = f"http://127.0.0.1:{port}"
    demand = {
        "enterprise": "甲公司",
        "body": "门前道路破损",
        "contact": "王",
        "phone": "13900000000",
    }
    with subprocess.Popen(
        words, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}
    ) as service:
        try:
            _wait_for(port)
            sent = httpx.post(
                f"{here}/enterprise", data=demand, headers={"origin": here}, follow_redirects=True
            )
            assert f"{here}/enterprise/" in sent.text
            service.terminate()
            assert service.wait(60) == 0
        finally:
            service.kill()


def test_a_database_of_an_older_program_is_not_touched_and_a_newer_one_is_served(
    terminal: Terminal, world: World
) -> None:
    def revision(number: str) -> None:
        with world.db.write() as s:
            s.execute(text("UPDATE alembic_version SET version_num = :n"), {"n": number})

    before = world.dump()
    revision("0009")
    for words, by in (("tick", None), ("issue list", "chief"), ("watchdog", None)):
        assert terminal.refused(5, words, by=by)[0]["code"] == "database_behind"
    revision("9999")
    terminal.ok("issue list", by="chief")
    revision(newest())
    terminal.ok("issue list", by="chief")
    assert world.dump() == before
    assert newest() == migrate.head()


def _wait_for(port: int) -> None:
    for _try in range(600):
        try:
            with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
                return
        except OSError:
            sleep(0.1)
    raise AssertionError("it does not serve")


@pytest.mark.parametrize(
    ("setting", "value", "known"),
    [("XIAOHAO_CHANNELS", "inapp,pigeon", "folder"), ("XIAOHAO_LANG", "fr", "zh_CN")],
)
def test_a_setting_that_names_something_unknown_is_refused(
    tmp_path: Path, setting: str, value: str, known: str
) -> None:
    done = xiaohao("policy", "check", cwd=tmp_path, **{setting: value})
    assert done.returncode == 2
    assert setting in done.stderr
    assert known in done.stderr
    assert xiaohao("policy", "check", "--help", cwd=tmp_path, **{setting: value}).returncode == 0
