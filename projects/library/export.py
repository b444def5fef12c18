"""The project library as a file, within what the reader may see; headings are those that an import
knows again. Texts can never be formulas (`workflow.ledgers.inert`)."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter
from sqlalchemy import select

from config.i18n import N_
from config.i18n import gettext as _
from models import tables
from models.db import Session
from models.directory import Directory, PersonInfo
from models.queries import library
from models.queries.library import ProjectFilter
from projects.access import OFFICE, UNIT_VOICES
from projects.library import bands, comparing, duties, fields, tags
from workflow.context import context
from workflow.errors import Malformed, Reason
from workflow.ledgers.inert import inert
from workflow.wording import unit_name, word

FORMATS = ("xlsx", "csv")
_P = tables.project.c
_HEADINGS = {
    "lists": N_("Project lists"), "board": N_("Town or street"), "attributed": N_("Counted in"),
    "stage": N_("Stage"), "stage_since": N_("In this stage since"), "light": N_("Light"),
    "actual_start_on": N_("Actual start"), "actual_finish_on": N_("Actual completion"),
    "carried_over": N_("Carried over"), "band": N_("Size band"), "tags": N_("Tags"),
    "chain": N_("Industrial chain"),
}  # fmt: skip
_AHEAD = ("lists", "board", "attributed", "stage", "stage_since", "light", "band")
_BEHIND = ("actual_start_on", "actual_finish_on", "carried_over", "chain", "tags")
_DUTIES = ("sponsor", "lead_unit", "in_charge", "responsible", "commissioner")


@dataclass(frozen=True, slots=True)
class Sheet:
    """Headings and rows, ready to be written."""

    headings: list[str]
    rows: list[list[Any]]


def may_phone(actor: PersonInfo) -> bool:
    """Whether the actor sees the telephones of every project: the office alone."""
    return bool(actor.roles & OFFICE)


def phones(s: Session, actor: PersonInfo, wanted: ProjectFilter | None = None) -> set[int] | None:
    """Projects whose contact may be telephoned by the actor; None: all of them."""
    if may_phone(actor):
        return None
    if not actor.roles & (UNIT_VOICES | {"commissioner"}):
        return set()
    people = context(s).directory
    own = [library.within(actor, people, wanted or ProjectFilter()), library.answering(actor)]
    found = s.execute(select(tables.project).where(*own))
    return {row.id for row in found if _answers(actor, row)}


def _answers(actor: PersonInfo, row: Any) -> bool:
    return bool(actor.roles & UNIT_VOICES) or row.commissioner_id == actor.id


def sheet(s: Session, actor: PersonInfo, wanted: ProjectFilter) -> Sheet:
    """The projects of a filter, as the actor may read them."""
    people = context(s).directory
    rows = library.everything(s, actor, people, wanted)
    facts = _Facts(s, actor, wanted, [row.id for row in rows])
    names = [*(f.name for f in fields.FIELDS)]
    order = ["name", "code", *_AHEAD, *_DUTIES, *(n for n in names if n not in ("name", "code")),
             *_BEHIND]  # fmt: skip
    return Sheet(
        [_heading(name) for name in order],
        [[facts.cell(row, name, people) for name in order] for row in rows],
    )


def _heading(name: str) -> str:
    if name in _HEADINGS:
        return _(_HEADINGS[name])
    return comparing.label(name)


class _Facts:
    """What stands beside the records, read once for all of them."""

    def __init__(
        self, s: Session, actor: PersonInfo, wanted: ProjectFilter, keys: list[int]
    ) -> None:
        self.lists = comparing.lists_of(s, keys)
        self.tags = tags.of(s, keys)
        self.chain = duties.chain(s, keys, all_of_them=False)
        self.phones = phones(s, actor, wanted)
        self.parents = dict(_names(s, actor))

    def cell(self, row: Any, name: str, people: Directory) -> Any:
        """A cell, as people read it; amounts and days stay what they are."""
        if name == "contact_phone" and self.phones is not None and row.id not in self.phones:
            return ""
        if name in _DUTIES:
            return self._holder(row.id, name, people)
        told = {
            "lists": lambda: self.lists[row.id],
            "board": lambda: unit_name(people, row.board_id),
            "attributed": lambda: unit_name(people, row.attributed_board_id),
            "stage": lambda: word("stage", row.stage),
            "light": lambda: word("light", row.light),
            "band": lambda: band.name if (band := bands.band_of(row)) else "",
            "carried_over": lambda: _("yes") if row.carried_over else _("no"),
            "chain": lambda: self._tagged(row.id, chain=True),
            "tags": lambda: self._tagged(row.id, chain=False),
            "parent": lambda: self.parents.get(row.parent_id, ""),
            "nature": lambda: word("nature", row.nature),
        }.get(name)  # fmt: skip
        if told is not None:
            return told()
        value = getattr(row, name)
        return {True: _("yes"), False: _("no")}[value] if isinstance(value, bool) else value

    def _tagged(self, key: int, *, chain: bool) -> str:
        return _(", ").join(t.tag for t in self.tags[key] if (t.kind == "chain") == chain)

    def _holder(self, key: int, role: str, people: Directory) -> str:
        held = next((duty for duty in self.chain[key] if duty.role == role), None)
        if held is None:
            return ""
        if role == "lead_unit":
            return unit_name(people, held.unit_id)
        return people.person_name(held.person_id) or held.name or unit_name(people, held.unit_id)


def _names(s: Session, actor: PersonInfo) -> Iterator[tuple[int, str]]:
    people = context(s).directory
    known = library.within(actor, people, ProjectFilter())
    yield from ((r.id, r.name) for r in s.execute(select(_P.id, _P.name).where(known)))


def write(
    s: Session, actor: PersonInfo, wanted: ProjectFilter, path: Path | str, fmt: str, now: datetime
) -> int:
    """Write the library to a file and return the number of projects. Raises `Malformed`."""
    if fmt not in FORMATS:
        message = _("Unknown format {name}.").format(name=fmt[:20])
        remedy = _("Use one of: {names}.").format(names=", ".join(FORMATS))
        raise Malformed(Reason("format_unknown", message, "format", remedy))
    found = sheet(s, actor, wanted)
    (_write_csv if fmt == "csv" else _write_xlsx)(found, Path(path), now)
    return len(found.rows)


def _write_csv(found: Sheet, path: Path, _now: datetime) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\r\n")
        writer.writerow(found.headings)
        writer.writerows([_plain(value) for value in row] for row in found.rows)


def _plain(value: Any) -> str | int:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, int) else inert(value)


def _write_xlsx(found: Sheet, path: Path, now: datetime) -> None:
    book = xlsxwriter.Workbook(str(path), {
        "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
        "strings_to_numbers": False, "default_date_format": "yyyy-mm-dd",
    })  # fmt: skip
    book.set_properties({"created": now.replace(tzinfo=None), "title": _("Key projects")})
    page = book.add_worksheet(_("Key projects")[:31])
    page.freeze_panes(1, 1)
    page.set_column(0, 0, 36)
    page.set_column(1, len(found.headings), 16)
    _line(page, 0, found.headings)
    for number, row in enumerate(found.rows, 1):
        _line(page, number, row)
    page.autofilter(0, 0, len(found.rows), len(found.headings) - 1)
    book.close()


def _line(page: Any, number: int, row: Sequence[Any]) -> None:
    for column, value in enumerate(row):
        if value is None or value == "":
            continue
        if isinstance(value, date):
            page.write_datetime(number, column, datetime(value.year, value.month, value.day))  # noqa: DTZ001
        elif isinstance(value, (int, Decimal)):
            page.write_number(number, column, value)
        else:
            page.write_string(number, column, value)
