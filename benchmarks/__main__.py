"""`python -m benchmarks`: every figure as a ratio to bare SQL in this very run.

--sizes 10000,100000,1000000   open tasks under the sweep
--databases sqlite,postgresql  both by default
--rounds 5                     medians are over these
--pages                        the portal's pages instead; its options: `benchmarks.pages --help`
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from benchmarks import lives, pages, sweeping
from benchmarks.office import database, found_office

AIMS = {"sqlite": 0.35, "postgresql": 0.45}


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
        with database(kind) as db:
            office = found_office(db)
            sizes = tuple(int(size) for size in chosen.sizes.split(","))
            for figures in sweeping.measure(db, office, sizes, rounds=chosen.rounds):
                _print_sweep(kind, figures)


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--databases", default="sqlite,postgresql")
    parser.add_argument("--sizes", default="10000,100000,1000000")
    parser.add_argument("--lives", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=5)
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
        f"ratio {figures['ratio']:5.1f} (aim 3); idle tick {figures['idle_ms']:.3f} ms\n"
    )
    sys.stdout.flush()


if __name__ == "__main__":
    main()
