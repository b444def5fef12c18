"""Whether a filled database says the same as the one it came from, and holds together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from models.db import Database, Session
from storage import rows
from workflow import audit, balance

Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done and how much there is."""
Fingerprint = dict[str, tuple[int, str]]
"""By table: how many rows, and the SHA-256 over them."""
SHOWN = 20


@dataclass(slots=True)
class Soundness:
    """What the comparison found; `faults` empty: the two say the same and hold together."""

    tables: int = 0
    rows: int = 0
    events: int = 0
    faults: list[str] = field(default_factory=list)


def fingerprint(s: Session, progress: Progress) -> Fingerprint:
    """Count and digest of every table, as this transaction sees them."""
    every, found = rows.all_tables(), {}
    for n, table in enumerate(every):
        progress("read", n, len(every))
        found[table.name] = (rows.count(s, table), rows.digest(s, table))
    progress("read", len(every), len(every))
    return found


def compare(told: Fingerprint, target: Database, progress: Progress) -> Soundness:
    """Compare a database with what the other one said of itself, then audit and balance it."""
    with target.read() as s:
        here = fingerprint(s, progress)
        found = Soundness(len(here), sum(n for n, _digest in here.values()))
        found.faults += [
            f"{name}: {told.get(name, (0, ''))[0]} rows there, {n} here, or they differ"
            for name, (n, digest) in here.items()
            if told.get(name) != (n, digest)
        ]
        report = audit.verify(s)
        found.events = report.events
        found.faults += [f"{f.stream} {f.seq}: {f.kind} {f.detail}" for f in report.faults[:SHOWN]]
        if not balance.reconcile(s).balanced:
            found.faults.append("the ledger does not balance")
    return found
