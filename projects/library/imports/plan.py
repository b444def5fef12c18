"""What a list would do: each row a new project, the same as one, or different from one.

Rows meet records by the national code, then by the exact name with the exact owner (S0 0.10). A
row whose name is known but whose owner or code says otherwise is doubtful: the office says
whether it is the same project. Rows that name two records, or a record that another row names,
are refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from sqlalchemy import select

from config.i18n import gettext as _
from models import tables
from models.db import Session
from projects.library import comparing, listings, merging
from projects.library.comparing import Difference
from projects.library.imports.rows import Entry
from workflow.errors import Reason

Kind = Literal["new", "same", "different", "doubtful", "refused"]
KINDS: tuple[Kind, ...] = ("new", "same", "different", "doubtful", "refused")
_P, _L = tables.project.c, tables.project_listing.c


@dataclass(frozen=True, slots=True)
class Target:
    """The list that a file holds: which one, of which year, from which library, of which day."""

    list_code: str
    year: int
    library: str
    as_of: date


@dataclass(slots=True)
class RowPlan:
    """A row and what it would do. `project` is the record it meets, `version` as it was seen."""

    entry: Entry
    kind: Kind = "new"
    project: int | None = None
    name: str = ""
    version: int = 0
    lists: str = ""
    differences: list[Difference] = field(default_factory=list)
    listed: bool = False
    reasons: list[Reason] = field(default_factory=list)

    @property
    def conflicts(self) -> list[Difference]:
        """What the office has to choose."""
        return [one for one in self.differences if one.conflict]

    def mark(self) -> list[Any]:
        """What was shown of the row, for the digest."""
        told = [[d.field, d.ours, d.theirs] for d in self.differences]
        return [self.entry.number, self.kind, self.project, self.version, self.listed, told,
                sorted(self.entry.values.items())]  # fmt: skip


@dataclass(slots=True)
class Plan:
    """The whole list. `digest` stands for everything that was shown of it."""

    target: Target
    rows: list[RowPlan]
    digest: str

    def of(self, kind: Kind) -> list[RowPlan]:
        """The rows of a kind."""
        return [row for row in self.rows if row.kind == kind]

    @property
    def counts(self) -> dict[str, int]:
        """How many rows there are of each kind."""
        return {kind: len(self.of(kind)) for kind in KINDS}


def make(s: Session, entries: Iterable[Entry], target: Target, *, lock: bool = False) -> Plan:
    """Compare every row with the library; with `lock` its records stay as they are."""
    found = [RowPlan(entry, reasons=list(entry.faults)) for entry in entries]
    records = _Library(s, lock)
    for row in found:
        if row.reasons:
            row.kind = "refused"
        else:
            records.meet(row)
    _refuse_repeats(found)
    _compare(s, found, target, records)
    return Plan(target, found, comparing.digest(_plain(target), [row.mark() for row in found]))


def _plain(target: Target) -> list[Any]:
    return [target.list_code, target.year, target.library, target.as_of.isoformat()]


class _Library:
    """Every record by code and by name."""

    def __init__(self, s: Session, lock: bool) -> None:
        chosen = select(tables.project).where(_P.merged_into_id.is_(None)).order_by(_P.id)
        rows = list(s.execute(chosen.with_for_update() if lock else chosen))
        self.by_id = {row.id: row for row in rows}
        self.by_code = {row.code: row for row in rows if row.code}
        self.by_name = {row.name: row for row in rows}

    def meet(self, row: RowPlan) -> None:
        """Find the record that a row is about."""
        coded = self.by_code.get(row.entry.text("code"))
        named = self.by_name.get(row.entry.text("name"))
        if coded is not None and named is not None and coded.id != named.id:
            _refuse(row, _two_records(coded, named))
            return
        known = coded or named
        if known is None:
            return
        row.project, row.name, row.version = known.id, known.name, known.version
        row.kind = "different" if coded is not None or self._sure(row.entry, known) else "doubtful"

    def _sure(self, entry: Entry, known: Any) -> bool:
        """The same name is the same project unless owner or code say otherwise."""
        pairs = ((entry.text("owner"), known.owner), (entry.text("code"), known.code or ""))
        return all(not theirs or not ours or theirs == ours for theirs, ours in pairs)


def _two_records(coded: Any, named: Any) -> Reason:
    message = _("The code belongs to {one}, the name to another record.").format(one=coded.name)
    return Reason("two_records", message, "code", _("Merge the two records first, or correct one."))


def _refuse(row: RowPlan, reason: Reason) -> None:
    row.kind, row.project = "refused", None
    row.reasons.append(reason)


def _refuse_repeats(found: list[RowPlan]) -> None:
    """Of rows about one record, or with one name, code or id, only the first is taken."""
    seen: dict[tuple[str, Any], int] = {}
    for row in found:
        if row.kind == "refused":
            continue
        marks = [("project", row.project), *((n, row.entry.text(n)) for n in _UNIQUE)]
        for mark in marks:
            first = seen.setdefault(mark, row.entry.number) if mark[1] else row.entry.number
            if first != row.entry.number:
                message = _("The same project as row {row}.").format(row=first)
                _refuse(row, Reason("row_repeated", message, "", _("Remove one of the two.")))
                break


_UNIQUE = ("name", "code", "source_id")


def _compare(s: Session, found: list[RowPlan], target: Target, records: _Library) -> None:
    """Set the differences of every row that meets a record, and look at its place on the list."""
    keys = [row.project for row in found if row.project is not None]
    ours = merging.facts(s, [records.by_id[key] for key in keys])
    lists, entries = comparing.lists_of(s, keys), listings.of(s, keys)
    taken = _source_ids(s, target)
    for row in found:
        _refuse_taken_id(row, taken)
        if row.kind == "refused":
            continue
        theirs = _settled(row.entry.record, ours.get(row.project or 0, {}), target)
        if row.project is None:
            row.entry.values |= theirs
            continue
        row.differences = comparing.differences(ours[row.project], theirs)
        row.lists = lists[row.project]
        row.listed = _stands(entries[row.project], row.entry, target)
        if row.kind == "different" and not row.differences and row.listed:
            row.kind = "same"


def _settled(theirs: dict[str, str], ours: dict[str, str], target: Target) -> dict[str, str]:
    """A stage without a day: the list's own day, unless the record is in that stage anyway."""
    stage, _at, day = theirs.get("stage", "").partition("@")
    if stage and not day:
        before = ours.get("stage", "")
        same = before.partition("@")[0] == stage
        theirs = theirs | {"stage": before if same else f"{stage}@{target.as_of}"}
    return theirs


def entry_values(entry: Entry, target: Target) -> dict[str, Any]:
    """A row's place on the list as the columns of `project_listing` hold it."""
    listed_on = entry.text("listed_on")
    return {
        "library": target.library, "source_id": entry.text("source_id"),
        "carried_over": entry.text("carried_over") == "yes",
        "listed_on": date.fromisoformat(listed_on) if listed_on else None,
        "note": entry.text("listing_note"),
    }  # fmt: skip


def _stands(listed: list[Any], entry: Entry, target: Target) -> bool:
    """Whether the project stands on the list already, and the entry says the same."""
    wanted = entry_values(entry, target)
    return any(
        (one.list_code, one.year, one.removed_on) == (target.list_code, target.year, None)
        and all(getattr(one, name) == value for name, value in wanted.items())
        for one in listed
    )


def _source_ids(s: Session, target: Target) -> dict[str, int]:
    """Whom the library's ids of the year stand for."""
    chosen = select(_L.source_id, _L.project_id).where(
        _L.library == target.library, _L.year == target.year, _L.source_id != ""
    )
    return {row.source_id: row.project_id for row in s.execute(chosen)}


def _refuse_taken_id(row: RowPlan, taken: dict[str, int]) -> None:
    source_id = row.entry.text("source_id")
    holder = taken.get(source_id) if source_id else None
    if row.kind == "refused" or holder is None or holder == row.project:
        return
    message = _("The id {id} of this library stands for another project.").format(id=source_id)
    _refuse(row, Reason("source_id_taken", message, "source_id", _("Check the id.")))
