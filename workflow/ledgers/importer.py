"""Importing a ledger: all of it or nothing, or the good rows; a repeat changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from collections.abc import Mapping as ByName
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from config.i18n import gettext as _
from models.db import Database, Session
from workflow.context import context, find_actor
from workflow.errors import Malformed, Reason, WorkflowError
from workflow.ledgers import exported
from workflow.ledgers.checks import Checks
from workflow.ledgers.decode import Decoder, Entry
from workflow.ledgers.faults import Difference, ImportReport, NewRow, RowFault
from workflow.ledgers.import_store import (
    database_errors,
    database_refusal,
    known,
    remember,
    replace,
    savepoint,
)
from workflow.ledgers.mapping import Mapping
from workflow.ledgers.reader import Row
from workflow.ledgers.repeats import other_row, repeated_ids
from workflow.ledgers.taking import People, take, title_of
from workflow.ledgers.updating import apply_change, apply_to_line

BATCH = 500
"""Rows a transaction: group commit is worth a factor of ten, and locks stay short."""

FIRST = 50
"""So many new rows are named in the report: it must not grow with the ledger."""

_FIELDS = {
    "lead_unit": "lead",
    "problem": "description",
    "due": "deadline",
    "due_at": "deadline",
    "lead_unit_id": "lead",
    "changes": "",
    "actor": "",
    "tasks": "",
    "number": "",
}
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
    progress: Progress | None = None,
) -> ImportReport:
    """Take a ledger's rows as issues and say what became of each.

    `actors` gives usernames for `report`, `triage` and `dispatch`; the last two are `report`'s
    where they are missing. With any row refused nothing is written, unless `partial` takes the
    good ones. Rows that were imported before and have changed are only shown, unless `update`
    applies them. `progress` is told the number of rows handled so far. Raises `Malformed` for an
    unreadable file, `ConfigurationError` for a mapping that does not fit it, `NotVisible` for an
    unknown person; faults of rows are in the report.
    """
    ledger = mapping.open(path)
    mapping.check(ledger.headers)
    run = _Run(db, mapping, dict(actors), now, update)
    run.repeated = repeated_ids(mapping.open(path).rows, run.decode)
    batches = run.batches(ledger.rows, progress or (lambda _done: None))
    if dry_run:
        run.rehearse(batches)
    elif partial:
        run.commit_each(batches)
    else:
        run.commit_all(batches)
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

    def commit_all(self, batches: Iterator[list[Row]]) -> None:
        """Take every row in one transaction; after the first bad one only look for more."""
        try:
            with self.db.write() as s:
                for batch in batches:
                    self.take(s, batch)
                    self._stop_if_spoilt()
                self._stop_if_spoilt()
            self.report.written = True
        except _Spoilt:
            self.rehearse(batches)
            report = self.report
            report.held_back = report.taken + report.updated
            report.taken = report.updated = 0

    def _stop_if_spoilt(self) -> None:
        if self.report.refused:
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
        before = self._before(s, entries, people)
        fresh: list[Entry] = []
        for entry in entries:
            if self._sound(entry):
                self._row(s, entry, before.get(entry.source_id), checks, people, fresh)
        remember(s, self.mapping.source_system, fresh, self.now)

    def _before(self, s: Session, entries: list[Entry], people: People) -> dict[str, Any]:
        """What is known of these rows: from an earlier import, or as an export tells it now."""
        ids, spoken = [e.source_id for e in entries], self.mapping.exported_in
        if not spoken:
            return known(s, self.mapping.source_system, ids)
        for entry in entries:
            exported.canonical(s, entry)
        return exported.lines(s, people.report, ids, self.now, self.decode, spoken)

    def _people(self, s: Session) -> People:
        report = self.actors["report"]
        names = (report, self.actors.get("triage", report), self.actors.get("dispatch", report))
        return People(*(find_actor(s, name) for name in names))

    def _sound(self, entry: Entry) -> bool:
        """Whether the row could be decoded and is the only one with its id."""
        other = other_row(self.repeated, entry.source_id, entry.row)
        if other is not None:
            entry.faults.append(
                self.decode.fault(
                    entry,
                    "source_id",
                    Reason(
                        "source_id_repeated",
                        _("Row {row} has the same id.").format(row=other),
                        "source_id",
                        _("Give each row an id of its own."),
                    ),
                )
            )
        self.report.refused += entry.faults
        return not entry.faults

    def _row(
        self, s: Session, entry: Entry, old: Any, checks: Checks, people: People, fresh: list[Entry]
    ) -> None:
        changed = _changed(old.payload, entry.payload) if old is not None else None
        if old is not None and not changed:
            self.report.unchanged += 1
            return
        if changed:
            self._show(entry, old, changed)
        if old is None and self.mapping.exported_in:
            self._refuse(entry, [exported.unknown(entry.source_id)])
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

    def _apply(
        self, s: Session, entry: Entry, changed: set[str], old: Any, checks: Checks, people: People
    ) -> None:
        if self.mapping.exported_in:
            apply_to_line(s, entry, changed, old, checks, people, self.now)
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
            self._refuse(entry, refusal.reasons or (_unexplained(refusal),))
            return False
        except database_errors(s) as error:
            self._refuse(entry, [database_refusal(error)])
            return False
        return True

    def _refuse(self, entry: Entry, reasons: Any) -> bool:
        for reason in reasons:
            field = _FIELDS.get(reason.field, reason.field)
            self.report.refused.append(
                self.decode.fault(entry, field, reason)
                if field
                else RowFault.of(entry.row, "", "", reason)
            )
        return bool(reasons)

    def _show(self, entry: Entry, old: Any, changed: set[str]) -> None:
        self.report.differences += [
            Difference(
                entry.row,
                entry.source_id,
                old.number,
                field,
                old.payload.get(field, ""),
                entry.text(field),
            )
            for field in sorted(changed)
        ]


def _changed(old: dict[str, str], new: dict[str, str]) -> set[str]:
    return {f for f in {*old, *new} if old.get(f, "") != new.get(f, "")}


def _unexplained(refusal: WorkflowError) -> Reason:
    return Reason(refusal.code, _("The row was refused."))
