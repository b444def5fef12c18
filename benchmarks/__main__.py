"""`python -m benchmarks`: every figure as a ratio to bare SQL in this very run.

--sizes 10000,100000,1000000   open tasks under the sweep
--databases sqlite,postgresql  both by default
--rounds 5                     medians are over these
--due 100000                   tasks that are due at once after an outage; 0 leaves it out
--crowd 8                      writers, and clients of PostgreSQL, at once; 0 leaves it out
--pages                        the portal's pages instead; its options: `benchmarks.pages --help`
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from benchmarks import crowd, lives, outage, pages, sweeping, writers
from benchmarks.office import database, found_office
from models.db import Database

AIMS = {"sqlite": 0.6, "postgresql": 1.2}
CROWD_AIMS = {1: 0.6, 8: 0.5}
SWEEP_AIM, IDLE_AIM_MS, OUTAGE_AIM_US, WAIT_AIM = 2, 1.0, 150, 0.3


def main(arguments: list[str] | None = None) -> None:
    """Measure and print; never judges, so it never fails for being slow."""
    given = sys.argv[1:] if arguments is None else arguments
    if "--pages" in given:
        pages.main([word for word in given if word != "--pages"])
        return
    chosen = _arguments(given)
    for kind in chosen.databases.split(","):
        with database(kind) as db:
            office = found_office(db)
            _print_lives(kind, lives.measure(db, office, chosen.lives, chosen.rounds))
            if chosen.crowd:
                _print_crowd(kind, db, chosen.crowd)
        with database(kind) as db:
            office = found_office(db)
            sizes = tuple(int(size) for size in chosen.sizes.split(","))
            for figures in sweeping.measure(db, office, sizes, rounds=chosen.rounds):
                _print_sweep(kind, figures)
        if chosen.due:
            with database(kind) as db:
                _print_outage(kind, chosen.due, outage.measure(db, chosen.due))


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--databases", default="sqlite,postgresql")
    parser.add_argument("--sizes", default="10000,100000,1000000")
    parser.add_argument("--lives", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--due", type=int, default=100_000)
    parser.add_argument("--crowd", type=int, default=8)
    return parser.parse_args(arguments)


def _print_lives(kind: str, figures: dict[str, Any]) -> None:
    sys.stdout.write(
        f"{kind:11} lives: {figures['lives_per_second']:7.1f}/s, bare SQL "
        f"{figures['bare_per_second']:7.1f}/s, ratio {figures['ratio']:.2f} "
        f"(aim {AIMS[kind]:.2f}); {figures['transactions']} durable transactions, "
        f"{figures['rows']} rows written a life, one client\n"
    )
    sys.stdout.flush()


def _print_sweep(kind: str, figures: dict[str, Any]) -> None:
    sys.stdout.write(
        f"{kind:11} sweep of {figures['due']} due among {figures['open']:>9,}: "
        f"{figures['sweep_ms']:7.1f} ms, set-wise bare SQL {figures['bare_ms']:6.1f} ms, "
        f"ratio {figures['ratio']:5.1f} (aim {SWEEP_AIM}), CPU {figures['sweep_cpu_ms']:.1f} ms "
        f"and {figures['bare_cpu_ms']:.1f} ms; idle tick {figures['idle_ms']:.3f} ms"
        f" (aim {IDLE_AIM_MS:.0f})\n"
    )
    sys.stdout.flush()


def _print_outage(kind: str, due: int, found: outage.CaughtUp) -> None:
    sys.stdout.write(
        f"{kind:11} {due:,} of a mixture due at once: {found.wall:.1f} s, CPU of this process "
        f"{found.cpu:.1f} s and of the server {found.server:.1f} s, that is "
        f"{(found.cpu + found.server) / due * 1e6:.0f} us each (aim {OUTAGE_AIM_US}); "
        f"memory {found.before:.0f} MiB before, {found.peak:.0f} MiB at the peak\n"
    )
    sys.stdout.flush()


def _print_crowd(kind: str, db: Database, clients: int) -> None:
    if kind == "postgresql":
        for number in (1, clients):
            found = crowd.measure(db.url, number)
            aim = CROWD_AIMS.get(number, CROWD_AIMS[8])
            sys.stdout.write(
                f"{kind:11} {number} clients: {found['engine']:.1f} lives/s, one statement a "
                f"transition {found['joined']:.1f}/s, ratio {found['ratio']:.2f} (aim {aim})\n"
            )
        return
    work = writers.tasks(db, clients)
    told = (
        ("threads of one process", writers.in_threads(db.url, work)),
        ("processes", writers.in_processes(db.url, work)),
        ("bare processes", writers.bare(db.url, clients)),
    )
    for name, waits in told:
        sys.stdout.write(
            f"{kind:11} {clients} {name} writing: {waits.rate:.0f}/s, usual wait "
            f"{waits.usual * 1e3:.0f} ms, longest {waits.worst:.2f} s (aim {WAIT_AIM})\n"
        )
    sys.stdout.flush()


if __name__ == "__main__":
    main()
