"""Importing a ledger: all of it or nothing, or the good rows; a repeat changes nothing."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from collections.abc import Mapping as ByName
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from models.db import Database, Session
from workflow.context import context, find_actor
from workflow.errors import Malformed, Reason, WorkflowError
from workflow.ledgers import comparing, exported
from workflow.ledgers.agreement import Agreement
from workflow.ledgers.check_code import changed_since
from workflow.ledgers.checks import Checks
from workflow.ledgers.decode import Decoder, Entry
from workflow.ledgers.faults import ImportReport, NewRow, RowFault
from workflow.ledgers.import_store import (
    database_errors,
    database_refusal,
    remember,
    replace,
    savepoint,
)
from workflow.ledgers.mapping import Mapping
from workflow.ledgers.reader import Row
from workflow.ledgers.refusing import faults_of, reasons_of, same_id
from workflow.ledgers.repeats import other_row, repeated_ids
from workflow.ledgers.taking import People, take, title_of
from workflow.ledgers.updating import apply_change, apply_to_line

BATCH = 500
"""Rows a transaction: group commit is worth a factor of ten, and locks stay short."""

FIRST = 50
"""So many new rows are named in the report: it must not grow with the ledger."""

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
    run.repeated = repeated_ids(mapping.open(path).rows, run.decode)
    batches = run.batches(ledger.rows, progress or (lambda _done: None))
    if dry_run:
        run.rehearse(batches)
    elif expect is not None:
        seen = functools.partial(run.expected, mapping.open(path).rows, expect)
        run.commit_all(batches, partial, seen)
    elif partial:
        run.commit_each(batches)
    else:
        run.commit_all(batches)
    run.report.digest = comparing.digest_of(run.report.differences)
    return run.report


class _Run:
    """One import under way."""

    def __init__(
        self, db: Database, mapping: Mapping, actors: dict[str, str], now: datetime, updates: bool
    ) -> None:
        self.db, self.mapping, self.actors, self.now = db, mapping, actors, now
        self.updates = updates
        self.report = ImportReport()
        self.repeated: dict[str, list[int]] = {}
        self.dated = self.shown = False
        self.agreement = Agreement()
        with db.read() as s:
            zone = mapping.zone(context(s).policy().policy.timezone)
            self._people(s)
        self.decode = Decoder(mapping, zone)

    # ------------------------------------------------------------ transactions

    def rehearse(self, batches: Iterator[list[Row]]) -> None:
        """Do everything and take it back."""
        for batch in batches:
            with self.db.engine.connect() as conn, conn.begin() as transaction:
                self.take(Session(conn), batch)
                transaction.rollback()

    def commit_each(self, batches: Iterator[list[Row]]) -> None:
        """Take the good rows, a batch a transaction."""
        for batch in batches:
            with self.db.write() as s:
                self.take(s, batch)
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
            with self.db.write() as s:
                first(s)
                for batch in batches:
                    self.take(s, batch)
                    self._stop_if_spoilt(partial)
                self._stop_if_spoilt(partial)
            self.report.written = True
        except _Spoilt:
            self.rehearse(batches)
            report = self.report
            report.held_back = report.taken + report.updated
            report.taken = report.updated = 0

    def expected(self, rows: Iterator[Row], digest: str, s: Session) -> None:
        """Compare the whole ledger, and keep it so. Raises `StaleVersion` for other differences
        than those with this digest."""
        entries = [e for e in map(self.decode, comparing.readable(rows)) if self._single(e)]
        report = self._people(s).report
        found = comparing.under_lock(s, entries, self.decode, report, self.now)
        comparing.refuse_unseen(found, digest)
        self.report.differences, self.shown = found, True

    def _single(self, entry: Entry) -> bool:
        other = other_row(self.repeated, entry.source_id, entry.row)
        return not entry.faults and other is None

    def _stop_if_spoilt(self, partial: bool) -> None:
        if self.report.refused and not partial:
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

    # ------------------------------------------------------------ rows

    def take(self, s: Session, batch: list[Row]) -> None:
        """Take one batch in the caller's transaction."""
        people, checks = self._people(s), Checks(s, self.now, self.mapping.plans)
        entries = [self.decode(row) for row in batch]
        before = comparing.before(s, entries, self.decode, people.report, self.now)
        fresh: list[Entry] = []
        for entry in entries:
            if self._sound(entry):
                self._row(s, entry, before.get(entry.source_id), checks, people, fresh)
        remember(s, self.mapping.source_system, fresh, self.now)

    def _people(self, s: Session) -> People:
        report = self.actors["report"]
        names = (report, self.actors.get("triage", report), self.actors.get("dispatch", report))
        return People(*(find_actor(s, name) for name in names))

    def _sound(self, entry: Entry) -> bool:
        """Whether the row could be decoded and is the only one with its id."""
        other = other_row(self.repeated, entry.source_id, entry.row)
        if other is not None:
            entry.faults += faults_of(self.decode, entry, [same_id(other)])
        self.report.refused += entry.faults
        return not entry.faults

    def _row(
        self, s: Session, entry: Entry, old: Any, checks: Checks, people: People, fresh: list[Entry]
    ) -> None:
        changed = comparing.changed_fields(old.payload, entry.payload) if old is not None else None
        if changed and not self.shown:
            self.report.differences += comparing.differences(entry, old)
        if self.mapping.exported_in and self._refuse(entry, self._of_export(entry, old, changed)):
            return
        if old is not None and not changed:
            self.report.unchanged += 1
            return
        if self._refuse(entry, checks.reasons(entry, changed)):
            return
        if changed is None:
            if self._attempt(
                s, entry, lambda: take(s, entry, self.mapping, checks, people, self.now)
            ):
                fresh.append(entry)
                self._take_note(entry)
        elif not self.updates:
            self.report.changed += 1
        elif self._attempt(s, entry, lambda: self._apply(s, entry, changed, old, checks, people)):
            self.report.updated += 1

    def _of_export(self, entry: Entry, old: Any, changed: set[str] | None) -> list[Reason]:
        """What stands against a line of an export, whatever may be said of its values."""
        if old is None or changed is None:
            return [exported.unknown(entry.source_id)]
        found = self.agreement.against(entry, old.number)
        rest = changed - {reason.field for reason in found}
        if rest and self.dated:
            found += changed_since(entry.check_code, old.check_code, rest, entry.source_id)
        return found

    def _apply(
        self, s: Session, entry: Entry, changed: set[str], old: Any, checks: Checks, people: People
    ) -> None:
        if self.mapping.exported_in:
            left = self.agreement.unwritten(old.number, changed)
            apply_to_line(s, entry, left, old, checks, people, self.now)
            self.agreement.wrote(old.number, left)
            return
        apply_change(s, entry, changed, old, self.mapping, checks, people, self.now)
        replace(s, old.id, entry, self.now)

    def _take_note(self, entry: Entry) -> None:
        self.report.taken += 1
        if len(self.report.first) < FIRST:
            title = title_of(entry)
            self.report.first.append(NewRow(entry.row, entry.source_id, title))

    def _attempt(self, s: Session, entry: Entry, act: Callable[[], None]) -> bool:
        """Run the commands of one row; what they refuse leaves no trace of it."""
        try:
            with savepoint(s):
                act()
        except WorkflowError as refusal:
            self._refuse(entry, reasons_of(refusal))
            return False
        except database_errors(s) as error:
            self._refuse(entry, [database_refusal(error)])
            return False
        return True

    def _refuse(self, entry: Entry, reasons: Any) -> bool:
        self.report.refused += faults_of(self.decode, entry, reasons)
        return bool(reasons)
