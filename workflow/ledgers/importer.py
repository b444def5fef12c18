"""Importing a ledger: all of it or nothing, or the good rows; a repeat changes nothing."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from collections.abc import Mapping as ByName
from contextlib import ExitStack, contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from models.behind import Behind
from models.db import Database, Session
from workflow.errors import Malformed
from workflow.ledgers import comparing
from workflow.ledgers.decode import Entry
from workflow.ledgers.faults import ImportReport, RowFault
from workflow.ledgers.mapping import Mapping
from workflow.ledgers.reader import Row
from workflow.ledgers.repeats import ids_of
from workflow.ledgers.rowwise import Taking

BATCH = 500
"""Rows a transaction: group commit is worth a factor of ten, and locks stay short."""

Progress = Callable[[int], None]


class _Spoilt(Exception):
    """A row was refused: the transaction that held all rows is rolled back."""


def import_ledger(
    db: Database,
    path: Path | str,
    mapping: Mapping,
    *,
    actors: ByName[str, str],
    now: datetime,
    dry_run: bool = False,
    partial: bool = False,
    update: bool = False,
    expect: str | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Take a ledger's rows as issues and say what became of each.

    `actors` gives usernames for `report`, `triage` and `dispatch`; the last two are `report`'s
    where they are missing. With any row refused nothing is written, unless `partial` takes the
    good ones. Rows that were imported before and have changed are only shown, unless `update`
    applies them. With `expect`, the digest of an earlier report, everything is taken in one
    transaction, and only while the differences are still those. `progress` is told the number of
    rows handled so far. Raises `Malformed` for an unreadable file, `ConfigurationError` for a
    mapping that does not fit it, `NotVisible` for an unknown person, `StaleVersion` where the
    differences are not the expected ones; faults of rows are in the report.
    """
    ledger = mapping.open(path)
    mapping.check(ledger.headers)
    run = _Run(db, mapping, dict(actors), now, update)
    run.dated = mapping.dated(ledger.headers)
    run.report.undated = bool(mapping.exported_in) and not run.dated
    run.ids, run.repeated = ids_of(mapping.open(path).rows, run.decode)
    batches = run.batches(ledger.rows, progress or (lambda _done: None))
    with run.road:
        if dry_run:
            run.rehearse(batches)
        elif expect is not None:
            run.commit_all(batches, partial, functools.partial(run.expected, path, expect))
        elif partial:
            run.commit_each(batches)
        else:
            run.commit_all(batches)
    run.report.refused.sort(key=lambda fault: fault.row)
    run.report.digest = comparing.digest_of(run.report.differences)
    return run.report


class _Run(Taking):
    """The transactions of one import under way."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._before = ExitStack()
        """What ends the transaction of the batch before, where it is only rehearsed."""

    def rehearse(self, batches: Iterator[list[Row]]) -> None:
        """Do everything and take it back, a batch a transaction. On PostgreSQL the next one begins
        while the last rows of a batch are on their way."""
        with ExitStack() as ends:
            ends.push(lambda *raised: self._before.__exit__(*raised))
            for batch in batches:
                with ExitStack() as own:
                    self.take(own.enter_context(self._rehearsal()), batch)
                    self._before = own.pop_all()
                if self.db.engine.dialect.name != "postgresql":
                    self.settle()
            self.settle()

    @contextmanager
    def _rehearsal(self) -> Iterator[Behind]:
        with self.db.engine.connect() as conn, conn.begin() as transaction:
            with Behind(conn) as s:
                yield s
            transaction.rollback()

    def settle(self) -> None:
        """As for any import. What is only rehearsed ends before anything else is written: the next
        batch must not meet its locks."""
        super().settle()
        self._before.close()

    def commit_each(self, batches: Iterator[list[Row]]) -> None:
        """Take the good rows, a batch a transaction."""
        for batch in batches:
            with self.db.write() as plain, Behind(plain.conn, plain.memo) as s:
                self.take(s, batch)
                self.settle()
        self.report.written = True

    def commit_all(
        self,
        batches: Iterator[list[Row]],
        partial: bool = False,
        first: Callable[[Session], None] = lambda _s: None,
    ) -> None:
        """Take every row in one transaction, which begins with `first`; unless it is `partial`,
        only look for more after the first bad one."""
        try:
            with self.db.write() as plain, Behind(plain.conn, plain.memo) as s:
                first(s)
                for batch in batches:
                    self.take(s, batch)
                    self._stop_if_spoilt(partial)
                self.settle()
                self._stop_if_spoilt(partial)
            self.report.written = True
        except _Spoilt:
            self.rehearse(batches)
            report = self.report
            report.held_back = report.taken + report.updated
            report.taken = report.updated = 0

    def expected(self, path: Path | str, digest: str, s: Session) -> None:
        """Compare the whole ledger, and keep it so. Raises `StaleVersion` for other differences
        than those with this digest."""

        def read(row: Row) -> Entry | None:
            entry = self.decode(row)
            return entry if self.single(entry) else None

        report = self.people(s).report
        rows = comparing.readable(self.mapping.open(path).rows)
        found = comparing.under_lock(s, self.ids, rows, read, self.decode, report, self.now)
        comparing.refuse_unseen(found, digest)
        self.report.differences, self.shown = found, True

    def _stop_if_spoilt(self, partial: bool) -> None:
        if self.report.refused and not partial:
            self.settle()
            raise _Spoilt

    def batches(self, rows: Iterator[Row], progress: Progress) -> Iterator[list[Row]]:
        """Rows in batches. A file that breaks off is one more fault, after its last good row."""
        done = last = 0
        while True:
            batch: list[Row] = []
            try:
                for row in islice(rows, BATCH):
                    batch.append(row)
            except Malformed as broken:
                last = batch[-1].number if batch else last
                self.report.refused += [
                    RowFault.of(last + 1, "", "", reason) for reason in broken.reasons
                ]
            if not batch:
                return
            last = batch[-1].number
            yield batch
            done += len(batch)
            progress(done)
