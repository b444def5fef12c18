"""`xiaohao replay`: a historical ledger played through the engine."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import accumulate, repeat
from pathlib import Path
from typing import Any

import click

from cli.kit import Command, Common, db_option, json_option, option, with_common
from config.i18n import N_
from config.i18n import gettext as _

_FILE = click.Path(path_type=Path)


@click.command(cls=Command, help=N_("Play a historical ledger through the engine."))
@click.argument("file", metavar="LEDGER", type=_FILE)
@option("--mapping", type=_FILE, required=True, help=N_("TOML that maps the file's headers."))
@option("--out", type=_FILE, required=True, metavar="REPORT.json", help=N_("Where to."))
@with_common(db_option, json_option)
def replay(common: Common, file: Path, mapping: Path, out: Path) -> None:
    """Without --db in a database of its own that is thrown away; exit code 1 with bad rows."""
    from cli.files import needed
    from cli.output import print_json
    from cli.progress import bar
    from models.db import Database
    from workflow.ledgers.mapping import load_mapping
    from workflow.replay import replay as play

    needed(file, mapping)
    known = load_mapping(mapping)
    with _database(common.db_url) as url:
        db = Database(url)
        try:
            with bar(_("Replay"), None) as progress:
                done = accumulate(repeat(1))
                report = play(db, file, known, progress=lambda _step: progress(next(done)))
        finally:
            db.close()
    report.write(out)
    if common.as_json:
        print_json(report)
    else:
        _print_replay(report, out)
    if report.skipped:
        raise click.exceptions.Exit(1)


@contextmanager
def _database(db_url: str | None) -> Iterator[str]:
    """The database named, or one that lasts as long as the replay."""
    from cli.session import database_url

    if db_url:
        yield database_url(db_url)
        return
    with tempfile.TemporaryDirectory(prefix="xiaohao-replay-") as folder:
        yield f"sqlite:///{folder}/replay.db"


def _print_replay(report: Any, out: Path) -> None:
    from cli.output import print_row_faults

    print_row_faults(report.faults)
    counted: dict[str, int] = {}
    for verdict in report.verdicts.values():
        counted[verdict] = counted.get(verdict, 0) + 1
    words = {"on_time": _("on time"), "overdue": _("overdue"), "no_deadline": _("no deadline")}
    verdicts = ", ".join(f"{words.get(k, k)} {n}" for k, n in sorted(counted.items()))
    rungs = ", ".join(f"{level}: {n}" for level, n in sorted(report.rungs.items())) or "-"
    click.echo(
        _(
            "Cases: {cases} ({verdicts}). Rungs by level: {rungs}. Transitions: "
            "{transitions}. Notices: {notices}. Seconds: {seconds:.1f}."
        ).format(
            cases=report.cases,
            verdicts=verdicts,
            rungs=rungs,
            transitions=report.transitions,
            notices=report.notices,
            seconds=report.seconds,
        )
    )
    if report.skipped:
        click.echo(_("Rows left out: {n}").format(n=report.skipped))
    click.echo(_("The report is in {path}.").format(path=out))
