"""`python -m benchmarks.peers`: lives a second of this engine and of others, side by side.

--databases sqlite,postgresql   both by default
--peers django-fsm,...          all by default: django-fsm, viewflow, spiffworkflow
--lives 30                      lives in each round
--rounds 5                      everybody takes turns; medians are over these

Ratios are to the bare driver that does the peers' work, round by round.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from benchmarks import lives
from benchmarks.capture import recording
from benchmarks.office import OPENING, database, found_office
from benchmarks.peers.environments import PEERS, peer, python
from models.db import Database

Worker = Callable[[int], tuple[float, float]]
"""Does so many lives and says how many seconds they took, in all and of its own processor."""


def main(arguments: list[str] | None = None) -> None:
    """Measure and print; never judges."""
    chosen = _arguments(arguments)
    names = chosen.peers.split(",")
    for name in names:
        python(name)  # installed before anything is measured
    for kind in chosen.databases.split(","):
        with database(kind) as db, TemporaryDirectory() as folder, ExitStack() as stack:
            workers = _ours(stack, db)
            for name in ("bare", *names):
                running = stack.enter_context(peer(name, _database(db, Path(folder), name)))
                workers[name] = running.seconds
            _print(kind, _rounds(workers, chosen.lives, chosen.rounds))


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("--databases", default="sqlite,postgresql")
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--lives", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args(arguments)


def _ours(stack: ExitStack, db: Database) -> dict[str, Worker]:
    """This engine, and the driver alone repeating the writes of one of its lives."""
    found_office(db)
    lives.live(db, OPENING)
    with recording(db.engine) as recorded:
        lives.live(db, OPENING + timedelta(minutes=20))
    bare, days = lives.Bare(db, recorded), count(1)
    stack.callback(bare.raw.close)
    bare.live()

    def engine(n: int) -> tuple[float, float]:
        start = OPENING + timedelta(days=next(days))
        return _timed(lambda: lives.live(db, start), n)

    return {"xiaohao": engine, "its rows, bare": lambda n: _timed(bare.live, n)}


def _timed(work: Callable[[], None], n: int) -> tuple[float, float]:
    begun, busy = time.perf_counter(), time.process_time()
    for _ in range(n):
        work()
    return time.perf_counter() - begun, time.process_time() - busy


def _database(db: Database, folder: Path, name: str) -> dict[str, Any]:
    """A fresh database of a peer's own, on the same disk or the same server."""
    if db.engine.dialect.name == "sqlite":
        return {"kind": "sqlite", "path": str(folder / f"{name}.db")}
    own = f"peer_{name.replace('-', '_')}"
    with _without_transaction(db.url) as conn:
        conn.execute(text(f"CREATE DATABASE {own}"))
    url = make_url(db.url)
    host = url.query.get("host") or url.host
    return {"kind": "postgresql", "name": own, "user": url.username, "host": host}


@contextmanager
def _without_transaction(url: str) -> Iterator[Any]:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        yield conn
    engine.dispose()


Seen = dict[str, list[tuple[float, float]]]
"""Of each round: lives a second, and milliseconds of the peer's own processor a life."""


def _rounds(workers: dict[str, Worker], n: int, rounds: int) -> Seen:
    seen: Seen = {name: [] for name in workers}
    names = list(workers)
    for turn in range(rounds):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            took, busy = workers[name](n)
            seen[name].append((n / took, busy / n * 1000))
    return seen


def _print(kind: str, seen: Seen) -> None:
    for name, found in seen.items():
        rate, busy = (median(values) for values in zip(*found, strict=True))
        to_bare = median(a[0] / b[0] for a, b in zip(found, seen["bare"], strict=True))
        to_ours = median(a[0] / b[0] for a, b in zip(seen["xiaohao"], found, strict=True))
        sys.stdout.write(
            f"{kind:10} {name:14} {rate:6.1f} lives/s, {to_bare:5.2f} of bare; xiaohao is "
            f"{to_ours:5.2f} times as fast; {busy:5.1f} ms of its own processor a life; "
            f"load {os.getloadavg()[0]:.1f}\n"
        )
    sys.stdout.flush()


if __name__ == "__main__":
    main()
