"""`python -m benchmarks.start`: how long the program takes to start, and to read and write ledgers.

--rows 100000     rows of the ledger that is imported and exported
--rounds 5        starts measured; medians are over these
--only a,b        of: help, serve, import, export

Whole processes as the system accounts for them: seconds that passed, seconds of processor (which
other work on the machine stretches less), and the most memory held. Bytecode is there, as after an
installation, whatever the environment says: each start is made once before any is measured.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.http_servers import ROOT
from benchmarks.office import found_office
from benchmarks.pages_load import free_port, running
from models.db import Database

PROGRAM = [sys.executable, "-m", "cli.main"]
WHAT = ("help", "serve", "import", "export")
COLUMNS = (
    "编号",
    "问题名称",
    "问题描述",
    "类别",
    "无项目说明",
    "所属板块",
    "对策措施",
    "牵头单位",
    "时限类别",
)
MAPPING = """
source_system = "bench"
[columns]
source_id = "编号"
title = "问题名称"
description = "问题描述"
category = "类别"
no_project_reason = "无项目说明"
board = "所属板块"
measures = "对策措施"
lead = "牵头单位"
limit = "时限类别"
[values.limit]
"一般" = "ordinary"
[import]
dispatch = true
"""


@dataclass(frozen=True, slots=True)
class Run:
    """A process that has ended."""

    seconds: float
    cpu: float
    megabytes: float


def main(arguments: list[str] | None = None) -> None:
    """Measure and print; never judges."""
    chosen = _arguments(arguments)
    wanted = chosen.only.split(",")
    with TemporaryDirectory() as made:
        folder = Path(made)
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")
        db = Database(f"sqlite:///{folder / 'start.db'}")
        found_office(db)
        db.close()
        if "help" in wanted:
            _starts("xiaohao --help", 0.4, chosen.rounds, lambda: run([*PROGRAM, "--help"]))
        if "serve" in wanted:
            _starts("serve until ready", 2, chosen.rounds, lambda: _ready(db.url, folder))
        if "import" in wanted:
            for handed_over in (False, True):
                _imported(folder, chosen.rows, handed_over)
        if "export" in wanted:
            _exported(folder, chosen.rows)


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.start", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default=",".join(WHAT))
    return parser.parse_args(arguments)


def run(command: list[str]) -> Run:
    """Run it to its end. Raises RuntimeError when it fails."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    _pid, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command} ended with {process.returncode}")
    seconds = time.perf_counter() - begun
    return Run(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def _ready(url: str, folder: Path) -> Run:
    """From the call to the first answer, all processes of the service together."""
    port, begun = free_port(), time.perf_counter()
    env = os.environ | {"XIAOHAO_VAR_DIR": str(folder), "XIAOHAO_LOG_LEVEL": "WARNING"}
    with running([*PROGRAM, "serve", "--port", str(port), "--db", url], port, env) as server:
        return Run(time.perf_counter() - begun, server.cpu(), 0)


def _starts(what: str, aim: float, rounds: int, start: Callable[[], Run]) -> None:
    start()
    runs = [start() for _ in range(rounds)]
    seconds, cpu = median(r.seconds for r in runs), median(r.cpu for r in runs)
    _say(f"{what:28} {seconds:6.2f} s (aim {aim} s), {cpu:5.2f} s of processor")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}; load {os.getloadavg()[0]:.1f}\n")
    sys.stdout.flush()


def _imported(folder: Path, rows: int, handed_over: bool) -> None:
    name = "dispatched" if handed_over else "reported"
    url = f"sqlite:///{folder / f'{name}.db'}"
    db = Database(url)
    found_office(db)
    db.close()
    mapping, ledger = folder / "mapping.toml", folder / f"{name}.csv"
    mapping.write_text(MAPPING, encoding="utf-8")
    _write_ledger(ledger, rows, handed_over)
    who = ["--as", "reporter", "--triage-as", "triage", "--dispatch-as", "chief"]
    done = run([*PROGRAM, "import", str(ledger), "--mapping", str(mapping), "--db", url, *who])
    _say(
        f"import of {rows:,} rows, {name:10} {done.seconds:6.1f} s (aim 60 s), "
        f"{done.cpu:6.1f} s of processor, {done.megabytes:.0f} MB"
    )


def _write_ledger(path: Path, rows: int, handed_over: bool) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        rest = ("协调产权单位完成迁移", "建设局", "一般") if handed_over else ("", "", "")
        for n in range(rows):
            title = f"第{n}号杆线影响厂房施工"
            what = "地块北侧10千伏杆线横穿拟建厂房，桩基无法施工。"
            writer.writerow((f"B-{n:06}", title, what, "杆线迁移", "片区", "潞城街道", *rest))


def _exported(folder: Path, rows: int) -> None:
    """Of what was imported and handed over, beside the export of an office without any issue."""
    for fmt in ("csv", "xlsx"):
        empty, done = _export(folder, "start", fmt), _export(folder, "dispatched", fmt)
        _say(
            f"export of {rows:,} rows, {fmt:10} {done.seconds:6.1f} s (aim 30 s), "
            f"{done.cpu:6.1f} s of processor, {done.megabytes:.0f} MB "
            f"({empty.megabytes:.0f} MB for no rows)"
        )


def _export(folder: Path, name: str, fmt: str) -> Run:
    out, url = folder / f"{name}.{fmt}", f"sqlite:///{folder / f'{name}.db'}"
    words = ["export", "ledger", "--format", fmt, "--out", str(out), "--db", url]
    return run([*PROGRAM, *words, "--as", "chief"])


if __name__ == "__main__":
    main()
