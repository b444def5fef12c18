"""From a row's texts to the fields of a report and a task, every fault named."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo

from config.i18n import gettext as _
from workflow.commands.base import clean
from workflow.errors import Malformed, Reason
from workflow.ledgers.faults import RowFault
from workflow.ledgers.mapping import Mapping
from workflow.ledgers.moments import parse_moment
from workflow.ledgers.reader import Row

TASK_FIELDS = ("measures", "lead", "co_units", "verifier", "limit", "days", "deadline")
_LONGEST = {
    "source_id": 120,
    "title": 200,
    "no_project_reason": 300,
    "category": 60,
    "project": 200,
    "board": 120,
    "lead": 120,
    "verifier": 120,
    "limit": 40,
    "check_code": 120,
}
KEPT = 500
"""Texts of a field whose meaning is remembered: towns and categories are few, titles are not."""
_BETWEEN_UNITS = re.compile(r"[、,;，；\n]+")
_YES = frozenset({"是", "有", "√", "true", "yes", "y", "1"})
_NO = frozenset({"否", "无", "×", "false", "no", "n", "0"})


@dataclass(slots=True)
class Entry:
    """A row as it is compared and taken. `payload` holds normal texts, blank fields left out.

    Dates are ISO; a deadline with a time carries its offset. Id and check code are no part of the
    payload. `cells` are the file's own texts.
    """

    row: int
    source_id: str = ""
    check_code: str = ""
    payload: dict[str, str] = field(default_factory=dict)
    cells: dict[str, str] = field(default_factory=dict)
    faults: list[RowFault] = field(default_factory=list)

    def text(self, name: str) -> str:
        """A field's normal text, or an empty one."""
        return self.payload.get(name, "")

    def flag(self, name: str) -> bool | None:
        """A yes or no; None where the row says nothing."""
        return self.payload[name] == "true" if name in self.payload else None

    def units(self) -> tuple[str, ...]:
        """The supporting units."""
        return tuple(self.text("co_units").split("、")) if self.text("co_units") else ()


class Decoder:
    """Decodes rows by a mapping; times without offset are in `zone`."""

    def __init__(self, mapping: Mapping, zone: tzinfo) -> None:
        self.mapping = mapping
        self.zone = zone
        self.fields = mapping.fields()
        self._headers = {name: tuple(mapping.headers(name)) for name in self.fields}
        self._meant: dict[str, dict[str, str]] = {name: {} for name in self.fields}
        self._readers: dict[str, Callable[[str, str], str]] = {
            "urgent": self._flag,
            "major": self._flag,
            "days": self._days,
            "found_on": self._date,
            "deadline": self._deadline,
            "co_units": self._units,
        }

    def __call__(self, row: Row) -> Entry:
        """The row's fields, or its faults."""
        entry = Entry(row.number)
        if row.fault is not None:
            entry.faults.append(RowFault.of(row.number, "", "", row.fault))
            return entry
        cells, payload = entry.cells, entry.payload
        for name, headers in self._headers.items():
            found = cells[name] = self.mapping.joined(row, headers)
            value = self._meant[name].get(found)
            if value is None:
                value = self._field(entry, name, found)
            if value:
                payload[name] = value
        self._identity(entry)
        return entry

    def identity(self, row: Row) -> str:
        """The row's id alone, read as the whole row would be; empty where it has none."""
        try:
            found = self.mapping.joined(row, self._headers.get("source_id", ()))
            return self._text("source_id", self.mapping.meant("source_id", found))
        except Malformed:
            return ""

    def fault(self, entry: Entry, name: str, reason: Reason) -> RowFault:
        """A fault in a field, named by the file's header and value."""
        column = " + ".join(self.mapping.headers(name)) or name
        return RowFault.of(entry.row, column, entry.cells.get(name, ""), reason)

    def _field(self, entry: Entry, name: str, found: str) -> str:
        """A field's normal text, kept for other rows that say the same; what is wrong with it is
        told of each row anew."""
        text = self.mapping.meant(name, found)
        try:
            value = self._readers.get(name, self._text)(name, text) if text.strip() else ""
        except Malformed as refusal:
            entry.faults += [self.fault(entry, name, reason) for reason in refusal.reasons]
            return ""
        known = self._meant[name]
        if len(known) >= KEPT:
            known.clear()
        known[found] = value
        return value

    def _identity(self, entry: Entry) -> None:
        entry.source_id = entry.payload.pop("source_id", "")
        entry.check_code = entry.payload.pop("check_code", "")
        if not entry.source_id and not entry.faults:
            entry.faults.append(
                self.fault(
                    entry,
                    "source_id",
                    Reason(
                        "source_id_missing",
                        _("The row has no id."),
                        "source_id",
                        _("Give each row an id that stays the same."),
                    ),
                )
            )

    def _text(self, name: str, text: str) -> str:
        return clean(name, text, most=_LONGEST.get(name, 20_000))

    def _flag(self, name: str, text: str) -> str:
        word = text.strip().lower()
        if word in _YES | _NO:
            return "true" if word in _YES else "false"
        raise Malformed(
            Reason(
                f"{name}_malformed",
                _("{value} is neither yes nor no.").format(value=text),
                name,
                _("Write 是 or 否, or map the values in the mapping."),
            )
        )

    def _days(self, name: str, text: str) -> str:
        if re.fullmatch(r"[0-9]{1,4}", text.strip()) and 1 <= int(text) <= 1000:
            return str(int(text))
        raise Malformed(
            Reason(
                "days_malformed",
                _("The number of days must lie between 1 and 1000."),
                name,
                _("Correct the number."),
            )
        )

    def _units(self, name: str, text: str) -> str:
        names = (part.strip() for part in _BETWEEN_UNITS.split(text))
        return clean(name, "、".join(dict.fromkeys(n for n in names if n)), most=2000)

    def _date(self, name: str, text: str) -> str:
        found = self._moment(name, text)
        return (
            found.astimezone(self.zone).date() if isinstance(found, datetime) else found
        ).isoformat()

    def _deadline(self, name: str, text: str) -> str:
        found = self._moment(name, text)
        if isinstance(found, datetime):
            return found.astimezone(self.zone).isoformat(timespec="minutes")
        return found.isoformat()

    def _moment(self, name: str, text: str) -> date | datetime:
        try:
            return parse_moment(text, self.zone, self.mapping.formats)
        except ValueError as error:
            raise Malformed(
                Reason(
                    f"{name}_malformed",
                    _("{value} is not a date.").format(value=text[:40]),
                    name,
                    _("Write it like 2026-03-02, or name its format in the mapping."),
                )
            ) from error
