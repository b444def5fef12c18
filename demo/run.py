"""The whole demonstration: fresh database, zone, half a year, public ledger, summary."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from time import perf_counter

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy.engine import make_url

from config.i18n import gettext as _
from config.settings import settings
from demo import coverage, replayed, story
from demo.cards import open_accounts, write_cards
from demo.clockwork import Clockwork, clear_folder
from demo.figures import Share, Summary, count
from demo.fresh import fresh_database
from demo.people import add_people
from demo.report import render
from demo.script import Script
from models.db import Database
from projects import seeds
from workflow.context import context
from workflow.setup import install

DEFAULT_URL = "sqlite:///var/demo/xiaohao.db"
GOVERNING_PLAN = "000_a502fd6c91fffced.txt"
Step = Callable[[int], None]


def run(
    db_url: str = DEFAULT_URL, *, now: datetime | None = None, out: Callable[[str], None] = print,
    replay: bool = True, progress: bool = True,
) -> Summary:  # fmt: skip
    """Play the demonstration into `db_url` and hand its summary to `out`, table by table.

    `now` lets the clock run on alone after the story's last evening, so that a portal that is
    opened later does not find months of sweeps undone; by default it stops there. Raises
    `NotADemo` for a database that holds anything else.
    """
    begun = perf_counter()
    folder = home(db_url)
    summary = Summary(db_url, str(folder / "notices"))
    with _bars(progress) as bar:
        db = _found(db_url, summary)
        try:
            _play(db, summary, now, bar)
        finally:
            db.close()
        if replay:
            _replay(folder, summary, bar)
    summary.seconds = perf_counter() - begun
    out(render(summary, colour=out is print and sys.stdout.isatty()))
    return summary


def home(db_url: str) -> Path:
    """Where notices and the replayed ledger go: beside the database file, or under `var`."""
    url = make_url(db_url)
    if url.get_backend_name() == "sqlite" and url.database:
        return Path(url.database).parent
    return settings().var_dir / "demo"


def _found(db_url: str, summary: Summary) -> Database:
    """The zone in a fresh database."""
    opening = story.opening()
    db = fresh_database(db_url, opening)
    clear_folder(Path(summary.notices_folder))
    with db.write() as s:
        install(s, opening)
        seeds.load_zone(s, opening)
        seeds.load_projects(s, now=opening)
        seeds.load_targets(s, now=opening)
        totals = seeds.annex_totals(s, GOVERNING_PLAN)
        summary.annexes = Share(sum(total.agrees is True for total in totals), len(totals))
        summary.accounts = add_people(s, opening)
    summary.cards = open_accounts(db, summary.accounts, opening)
    summary.cards_file = str(write_cards(Path(summary.notices_folder).parent, summary.cards))
    return db


def _play(db: Database, summary: Summary, now: datetime | None, bar: Callable[..., Step]) -> None:
    """The half-year, act by act, the clock running in between."""
    with db.read() as s:
        script = Script(context(s).calendar())
    story.write(script)
    ending = max(now or story.ending(script), story.ending(script))
    clock = Clockwork(db, Path(summary.notices_folder), story.outages(script))
    step = bar(_("Half a year of a sample ledger"), len(script.acts))
    for _moment in script.play(clock):
        step(1)
    clock.run_until(story.ending(script))
    _cover(db, summary)  # as the story leaves it: time alone changes the lights afterwards
    clock.run_until(ending)
    summary.messages = clock.messages
    count(summary, db, ending)


def _cover(db: Database, summary: Summary) -> None:
    with db.read() as s:
        summary.missing = coverage.missing(s)
    wanted = len(coverage.COVERAGE)
    summary.covered = Share(wanted - len(summary.missing), wanted)


def _replay(folder: Path, summary: Summary, bar: Callable[..., Step]) -> None:
    """The public ledger, in a database of its own: its clock is not the zone's."""
    url = f"sqlite:///{folder / 'boston311.db'}"
    step = bar(_("Replay of a public ledger"), replayed.steps())
    summary.replayed, summary.disagreements = replayed.replay_public(url, story.opening(), step)


@contextmanager
def _bars(shown: bool) -> Iterator[Callable[[str, int], Step]]:
    """A way to open progress bars on standard error; without `shown` they count for nobody."""
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True), disable=not shown) as bars:

        def open_bar(text: str, total: int) -> Step:
            task = bars.add_task(text, total=total)
            return lambda n: bars.advance(task, n)

        yield open_bar
