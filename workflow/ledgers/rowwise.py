"""What becomes of each row of a ledger, in the transaction of its batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from models.behind import Behind
from models.db import Database, Session
from workflow.context import context, find_actor
from workflow.errors import Reason, WorkflowError
from workflow.ledgers import comparing, exported
from workflow.ledgers.agreement import Agreement
from workflow.ledgers.check_code import changed_since
from workflow.ledgers.checks import Checks
from workflow.ledgers.decode import Decoder, Entry
from workflow.ledgers.faults import ImportReport, NewRow
from workflow.ledgers.import_store import (
    RELEASE,
    SAVEPOINT,
    TAKE_BACK,
    Fresh,
    database_errors,
    database_refusal,
    remembered,
    replace,
    savepoint,
)
from workflow.ledgers.mapping import Mapping
from workflow.ledgers.reader import Row
from workflow.ledgers.refusing import faults_of, reasons_of, same_id
from workflow.ledgers.repeats import other_row
from workflow.ledgers.taking import People, take, title_of
from workflow.ledgers.together.road import Batch, Road
from workflow.ledgers.updating import apply_change, apply_to_line

FIRST = 50
"""So many new rows are named in the report: it must not grow with the ledger."""


@dataclass(slots=True)
class _Turn:
    """One batch under way in a transaction. `fresh`: its rows that became issues; `last`: no row
    of it is left to be taken."""

    s: Behind
    checks: Checks
    people: People
    together: Batch | None
    fresh: Fresh = field(default_factory=list)
    last: bool = False


class Taking:
    """One import under way: its people, what it knows and what it reports."""

    def __init__(
        self, db: Database, mapping: Mapping, actors: dict[str, str], now: datetime, updates: bool
    ) -> None:
        self.db, self.mapping, self.actors, self.now = db, mapping, actors, now
        self.updates = updates
        self.report = ImportReport()
        self.ids: list[str] = []
        self.repeated: dict[str, list[int]] = {}
        self.dated = self.shown = False
        self.agreement = Agreement()
        self.road = Road(mapping, now)
        self._handed_over: _Turn | None = None
        with db.read() as s:
            zone = mapping.zone(context(s).policy().policy.timezone)
            self.people(s)
        self.decode = Decoder(mapping, zone)

    def single(self, entry: Entry) -> bool:
        """Whether the row has no fault so far and is the only one with its id."""
        other = other_row(self.repeated, entry.source_id, entry.row)
        return not entry.faults and other is None

    def take(self, s: Behind, batch: list[Row]) -> None:
        """Take one batch in the caller's transaction. Its last rows may still be on their way
        when this returns: see `settle`."""
        people, checks = self.people(s), Checks(s, self.now, self.mapping.plans)
        entries = [self.decode(row) for row in batch]
        before = comparing.before(s, entries, self.decode, people.report, self.now)
        turn = _Turn(s, checks, people, self.road.batch(s, checks, people, len(entries)))
        if turn.together is not None:
            turn.together.look_up(entries)
        for entry in entries:
            if self._sound(entry):
                self._row(turn, entry, before.get(entry.source_id))
        turn.last = True
        self._write_together(turn)

    def settle(self) -> None:
        """Wait for what is on its way; where the database refuses it, take it row by row, so that
        the refusal names its row."""
        turn = self._handed_over
        if turn is None:
            return
        turn.s.wait()
        if self._handed_over is turn:  # else it was refused, and is done
            self._handed_over = None
            assert turn.together is not None
            for entry, issue in turn.together.written():
                self._take_note(turn, entry, issue)

    def people(self, s: Session) -> People:
        """Who imports. Raises `NotVisible` for an unknown person."""
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

    def _row(self, turn: _Turn, entry: Entry, old: Any) -> None:
        changed = comparing.changed_fields(old.payload, entry.payload) if old is not None else None
        if changed and not self.shown:
            self.report.differences += comparing.differences(entry, old)
        if self.mapping.exported_in and self._refuse(entry, self._of_export(entry, old, changed)):
            return
        if old is not None and not changed:
            self.report.unchanged += 1
            return
        if self._refuse(entry, turn.checks.reasons(entry, changed)):
            return
        if changed is None:
            if turn.together is None or not turn.together.add(entry):
                self._write_together(turn)
                self._take_alone(turn, entry)
        elif not self.updates:
            self.report.changed += 1
        else:
            self._write_together(turn)
            if self._attempt(turn.s, entry, lambda: self._apply(turn, entry, changed, old)):
                self.report.updated += 1

    def _take_alone(self, turn: _Turn, entry: Entry) -> None:
        def act() -> None:
            take(turn.s, entry, self.mapping, turn.checks, turn.people, self.now)

        if self._attempt(turn.s, entry, act):
            self._take_note(turn, entry)

    def _write_together(self, turn: _Turn) -> None:
        """Write the rows that wait for it, in their order, and whatever is handed over before
        them. The last ones of a batch are left on their way."""
        self.settle()
        if not turn.together:
            self._remember(turn)
        elif not turn.together.number():
            self._take_each_alone(turn)
        else:
            self._hand_over(turn, turn.together)
            if not turn.last:
                self.settle()

    def _hand_over(self, turn: _Turn, batch: Batch) -> None:
        def refused(error: Exception) -> None:
            self._handed_over = None
            if not isinstance(error, database_errors(turn.s)):
                raise error
            turn.s.send(TAKE_BACK, [()])
            turn.s.send(RELEASE, [()])
            self._take_each_alone(turn)

        whole = [*turn.fresh, *batch.issues()] if turn.last else []
        end = [*self._remembered(turn, whole), (RELEASE, [()])]
        # from here on nothing may be asked before all of it is handed over
        self._handed_over = turn
        turn.s.hand_over([(SAVEPOINT, [()])], refused)
        for piece in batch.pieces():
            turn.s.hand_over(piece, refused)
        turn.s.hand_over(end, refused)

    def _take_each_alone(self, turn: _Turn) -> None:
        for entry in turn.together.taken() if turn.together else ():
            self._take_alone(turn, entry)
        self._remember(turn)

    def _remember(self, turn: _Turn) -> None:
        """At the end of a batch, record the rows that became issues."""
        for statement in self._remembered(turn, turn.fresh) if turn.last else ():
            turn.s.send(*statement)

    def _remembered(self, turn: _Turn, fresh: Fresh) -> list[tuple[str, list[Any]]]:
        return remembered(turn.s, self.mapping.source_system, fresh, self.now)

    def _of_export(self, entry: Entry, old: Any, changed: set[str] | None) -> list[Reason]:
        """What stands against a line of an export, whatever may be said of its values."""
        if old is None or changed is None:
            return [exported.unknown(entry.source_id)]
        found = self.agreement.against(entry, old.number)
        rest = changed - {reason.field for reason in found}
        if rest and self.dated:
            found += changed_since(entry.check_code, old.check_code, rest, entry.source_id)
        return found

    def _apply(self, turn: _Turn, entry: Entry, changed: set[str], old: Any) -> None:
        s, checks, people = turn.s, turn.checks, turn.people
        if self.mapping.exported_in:
            left = self.agreement.unwritten(old.number, changed)
            apply_to_line(s, entry, left, old, checks, people, self.now)
            self.agreement.wrote(old.number, left)
            return
        apply_change(s, entry, changed, old, self.mapping, checks, people, self.now)
        replace(s, old.id, entry, self.now)

    def _take_note(self, turn: _Turn, entry: Entry, issue: int | None = None) -> None:
        turn.fresh.append((entry, issue))
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
