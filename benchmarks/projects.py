"""`python -m benchmarks.projects`: how fast the pages of the project side answer.

--projects 350 --milestones 20 --months 60   what the library holds
--issues 1750                                 what the loop holds: about 2,500 tasks
--databases sqlite,postgresql                both by default; made, filled and removed again
--rounds 30                                  medians and 95th percentiles are over these

Each page is asked by one client of one server process and set beside the bare SQL of the same
page; the CPU time of the server tells what a busy machine hides. "anew": the same page once the
figures of the running month must be worked out again. What a person may not open is named.
"""

from __future__ import annotations

import argparse
import sys
import time
from statistics import median
from urllib.parse import quote

from benchmarks import pages_bare
from benchmarks.bureau import NOW, found_bureau
from benchmarks.office import database
from benchmarks.pages import sign_in
from benchmarks.pages_load import Ask, Server, press, serving
from benchmarks.projects_around import Around, surround
from benchmarks.projects_data import LAST, YEAR, fill
from config.settings import Settings
from models import migrate
from models.db import Database
from models.queries import edition
from projects import months, snapshots
from projects.kpi.compute import table
from web.server import create_app

AIM = 150.0
"""Milliseconds at the median, for every page."""
LEVEL, METRIC = quote("区重点产业项目"), quote("年度列统投资")


def main(arguments: list[str] | None = None) -> None:
    """Measure and print; never judges, so it never fails for being slow."""
    chosen = _arguments(arguments)
    for kind in chosen.databases.split(","):
        with database(kind) as db:
            migrate.upgrade(db.url)
            found_bureau(db)
            plan = fill(db, chosen.projects, chosen.milestones, chosen.months)
            around = surround(db, chosen.issues, LAST)
            _measure(db, kind, addresses(plan, around), chosen.rounds)
            _anew(db, kind)


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.projects", description=__doc__)
    parser.add_argument("--databases", default="sqlite,postgresql")
    parser.add_argument("--projects", type=int, default=350)
    parser.add_argument("--milestones", type=int, default=20)
    parser.add_argument("--months", type=int, default=60)
    parser.add_argument("--issues", type=int, default=1750)
    parser.add_argument("--rounds", type=int, default=30)
    return parser.parse_args(arguments)


def addresses(plan: int, around: Around) -> list[str]:
    """Pages of the project side; whoever adds a page adds its address."""
    before = months.moved(LAST, -1)
    frozen = f"{YEAR}-02"
    behind = f"/bulletins/figures/rows?kpi=closed&scope=zone&month={LAST}"
    return [
        "/targets",
        f"/targets/{plan}",
        f"/targets/{plan}?level=*",
        f"/targets/{plan}?level=*&month={frozen}",
        f"/targets/{plan}/figure?level={LEVEL}&metric={METRIC}&month={before}",
        f"/targets/{plan}/edit",
        f"/targets/{plan}/actuals",
        f"/figures?month={before}",
        "/figures/months",
        f"/figures/table.csv?month={before}",
        "/projects",
        "/projects?stage=started",
        "/projects/7",
        "/projects/7/plan",
        "/projects/7/land",
        "/projects/wall",
        "/projects/chains",
        "/projects/export.csv",
        "/task-forces",
        "/meetings",
        f"/meetings/{around.meeting}",
        f"/meetings/{around.meeting}/candidates",
        "/bulletins",
        f"/bulletins/{around.bulletin}",
        "/bulletins/figures",
        f"/bulletins/figures?month={LAST}",
        f"/bulletins/figures?month={LAST}&group=projects",
        behind,
        f"/bulletins/figures/rows?kpi=closed&scope=zone&month={frozen}",
        "/bulletins/figures/trend?kpi=closed",
        f"/bulletins/figures/export.csv?month={LAST}",
        "/inspections",
        f"/inspections/{around.inspection}",
        "/inspections/samples",
        "/inspections/instructions",
        "/evaluations",
        "/demands",
        f"/demands/{around.demand}",
        "/demands/recurring",
    ]


def _measure(db: Database, kind: str, paths: list[str], rounds: int) -> None:
    secrets = {name: sign_in(db, name) for name in ("chief", "lucheng_head")}
    with serving(db.url, 1) as server:
        for path in paths:
            for name, secret in secrets.items():
                sys.stdout.write(f"{kind:10} {name:12} {path[:60]:60} ")
                sys.stdout.write(_line(db, server, (path, secret), rounds) + "\n")
                sys.stdout.flush()


def _line(db: Database, server: Server, ask: Ask, rounds: int) -> str:
    app = create_app(db, Settings(), with_worker=False)
    edition.forget(db.engine)
    try:
        pages_bare.statements(app, db, *ask)
        sent = pages_bare.statements(app, db, *ask)
    except Exception as answered:  # a page that is not there, or not this person's
        return f"left out ({type(answered).__name__}: {answered})"
    bare = pages_bare.milliseconds(db, sent, 9)
    load = press(server, [ask], 1, rounds)
    return (
        f"median {load.median:6.1f} ms, p95 {load.p95:6.1f} ms, CPU {load.cpu_ms:6.1f} ms "
        f"(aim {AIM:.0f}{'' if load.median < AIM else ': OVER'}) = "
        f"{load.median / bare:5.1f} × its SQL ({len(sent)} statements, {bare:.1f} ms)"
    )


def _anew(db: Database, kind: str) -> None:
    """The running month's figures, worked out without anything kept."""
    times = []
    for _round in range(5):
        with db.read() as s:
            begun = time.process_time()
            table(snapshots.gather(s, LAST, NOW))
            times.append((time.process_time() - begun) * 1000)
    sys.stdout.write(f"{kind:10} figures of {LAST}, anew: {median(times):.0f} ms of CPU\n")


if __name__ == "__main__":
    main()
