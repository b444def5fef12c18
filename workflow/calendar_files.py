"""Reading a file of calendar days. Every fault of every row is collected, none stops the reading.

A file lists days that differ from their weekday and says which years it is the schedule of:

- `day`: YYYY-MM-DD
- `kind`: holiday (or 休) | workday (or 班: a make-up workday)
- `name`: why, at most 80 characters; may be empty
- `unit`: code or full name of a unit that alone keeps the day; empty for everybody
- `year`, `status`: a year, and official | provisional (its schedule is published, or is not)

CSV has these as columns (日期, 类型, 名称, 单位, 年份, 状态 are read too); a row gives a day, or a
year, or both; lines that begin with # are skipped. TOML and JSON have `year` and `status` at the
top (or a list `years` of both) and a list `days` of the rest; their rows count from 1 in each list,
and what stands at the top is row 0.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from config.i18n import gettext as _
from models.queries.calendar_days import FIRST_YEAR, LAST_YEAR
from workflow.errors import Malformed, Reason

COLUMNS = {
    "day": "day", "kind": "kind", "name": "name", "unit": "unit", "year": "year",
    "status": "status", "日期": "day", "类型": "kind", "名称": "name", "单位": "unit",
    "年份": "year", "状态": "status",
}  # fmt: skip
KINDS = {"holiday": "holiday", "休": "holiday", "workday": "workday", "班": "workday"}
STATUSES = ("official", "provisional")
MAX_NAME = 80


@dataclass(frozen=True, slots=True)
class DayLine:
    """One day of a file. `unit` is text as written, empty for everybody's day."""

    row: int
    day: date
    kind: str
    name: str
    unit: str


@dataclass(slots=True)
class CalendarFile:
    """What a file says, and every fault found in it. `sha256` is that of its bytes."""

    name: str
    sha256: str
    years: dict[int, str] = field(default_factory=dict)
    days: list[DayLine] = field(default_factory=list)
    faults: list[Reason] = field(default_factory=list)

    def fault(self, row: int, column: str, value: object, message: str, remedy: str) -> None:
        """Note a fault with its place."""
        text = _("Row {row}, column {column}, value {value}: {message}").format(
            row=row, column=column, value=repr(value), message=message
        )
        self.faults.append(Reason(f"calendar_{column}", text, column, remedy))


def read_calendar(path: Path) -> CalendarFile:
    """Read a .csv, .toml or .json file (UTF-8 with or without BOM, or GB18030).

    Raises `Malformed` when the file as a whole cannot be read; faults of rows are in the result.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise _unreadable(path, str(error.strerror)) from error
    found = CalendarFile(path.name, hashlib.sha256(raw).hexdigest())
    for row, values in _rows(path, _decoded(raw)):
        _read_row(found, row, values)
    _refuse_unknown_years(found)
    return found


def _unreadable(path: Path, detail: str) -> Malformed:
    return Malformed(Reason(
        "calendar_file", _("{file} cannot be read: {detail}").format(file=path.name, detail=detail),
        "file", _("Give a .csv, .toml or .json file as the documentation shows."),
    ))  # fmt: skip


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("gb18030", errors="replace")


def _rows(path: Path, text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Row numbers (lines of a CSV, places in a list) with their values as text."""
    if path.suffix.lower() == ".csv":
        return _csv_rows(path, text)
    try:
        if path.suffix.lower() == ".toml":
            return _listed_rows(path, tomllib.loads(text))
        if path.suffix.lower() == ".json":
            return _listed_rows(path, json.loads(text))
    except (tomllib.TOMLDecodeError, json.JSONDecodeError) as error:
        raise _unreadable(path, str(error)) from error
    raise _unreadable(path, _("unknown kind of file {suffix}").format(suffix=path.suffix))


def _csv_rows(path: Path, text: str) -> Iterator[tuple[int, dict[str, str]]]:
    # skipped lines stay as empty ones, so that the numbers of the rest are those of the file
    lines = ("" if line.startswith("#") else line for line in text.splitlines())
    reader = csv.reader(lines)
    header: list[str] | None = None
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        if header is None:
            header = _header(path, cells)
            continue
        values = dict(zip(header, (cell.strip() for cell in cells), strict=False))
        if len(cells) > len(header):
            values["extra"] = ",".join(cells[len(header) :])
        yield reader.line_num, values
    if header is None:
        raise _unreadable(path, _("it is empty"))


def _header(path: Path, cells: list[str]) -> list[str]:
    names = [cell.strip().lower() for cell in cells]
    unknown = [name for name in names if name not in COLUMNS]
    if unknown or len({COLUMNS[n] for n in names}) < len(names):
        detail = _("unknown or repeated columns in the first row: {names}").format(
            names=", ".join(unknown or names)
        )
        raise _unreadable(path, detail)
    return [COLUMNS[name] for name in names]


def _listed_rows(path: Path, content: Any) -> Iterator[tuple[int, dict[str, str]]]:
    listed = content if isinstance(content, dict) else {}
    years, days = listed.get("years", []), listed.get("days", [])
    wrong = not isinstance(content, dict) or set(listed) - {"year", "status", "years", "days"}
    if wrong or not isinstance(years, list) or not isinstance(days, list):
        raise _unreadable(path, _("it must hold year, status and a list of days"))
    if "year" in listed or "status" in listed:
        yield 0, _texts({key: listed[key] for key in ("year", "status") if key in listed})
    for entries in (years, days):
        for number, entry in enumerate(entries, 1):
            yield number, _texts(entry if isinstance(entry, dict) else {"extra": entry})


def _texts(entry: dict[str, Any]) -> dict[str, str]:
    return {str(k): "" if v is None else str(v).strip() for k, v in entry.items()}


def _read_row(found: CalendarFile, row: int, values: dict[str, str]) -> None:
    for column in sorted(set(values) - set(COLUMNS.values())):
        found.fault(row, column, values[column], _("this is not a known column."), _("Remove it."))
    if not any(values.get(column) for column in ("year", "status", "day", "kind")):
        found.fault(row, "day", "", _("the row names no day and no year."), _("Remove the row."))
        return
    if values.get("year") or values.get("status"):
        _read_year(found, row, values.get("year", ""), values.get("status", ""))
    if any(values.get(column) for column in ("day", "kind", "name", "unit")):
        _read_day(found, row, values)


def _read_year(found: CalendarFile, row: int, year: str, status: str) -> None:
    good = re.fullmatch(r"[0-9]{4}", year) and FIRST_YEAR <= int(year) < LAST_YEAR
    if not good:
        message = _("this is not a year from {first} to {last}.").format(
            first=FIRST_YEAR, last=LAST_YEAR - 1
        )
        found.fault(row, "year", year, message, _("Write it with four digits."))
    if status not in STATUSES:
        message = _("this is not a known status.")
        remedy = _("Use one of: {names}.").format(names=", ".join(STATUSES))
        found.fault(row, "status", status, message, remedy)
    elif good and found.years.setdefault(int(year), status) != status:
        message = _("the year has another status in an earlier row.")
        found.fault(row, "status", status, message, _("Give each year one status."))


def _read_day(found: CalendarFile, row: int, values: dict[str, str]) -> None:
    text, kind, name = (values.get(column, "") for column in ("day", "kind", "name"))
    day = _date(text)
    if day is None:
        found.fault(row, "day", text, _("this is not a date."), _("Write it as YYYY-MM-DD."))
    if kind not in KINDS:
        remedy = _("Use one of: {names}.").format(names=", ".join(KINDS))
        found.fault(row, "kind", kind, _("this is not a known kind of day."), remedy)
    bad_name = len(name) > MAX_NAME or not name.isprintable()
    if bad_name:
        remedy = _("Enter plain text of at most {n} characters.").format(n=MAX_NAME)
        found.fault(row, "name", name, _("this is too long or holds control characters."), remedy)
    if day is not None and kind in KINDS and not bad_name:
        found.days.append(DayLine(row, day, KINDS[kind], name, values.get("unit", "")))


def _date(text: str) -> date | None:
    """Only YYYY-MM-DD: the shorter ISO forms are more often typing mistakes."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _refuse_unknown_years(found: CalendarFile) -> None:
    """Days lie in a declared year, or in the December before it or the January after it.

    A State Council notice may make a day of the old year a workday (2018-12-29 came with 2019's).
    """
    if not found.years and not found.faults:
        message = _("the file declares no year.")
        found.fault(0, "year", "", message, _("State year and status."))
    for line in found.days:
        if any(belongs_to(line.day, year) for year in found.years) or not found.years:
            continue
        message = _("the day lies in no year that the file declares.")
        found.fault(line.row, "day", line.day.isoformat(), message, _("State its year and status."))


def belongs_to(day: date, year: int) -> bool:
    """Whether a year's schedule may speak of a day: its own, and the months beside it."""
    first, last = date(year - 1, 12, 1), date(year + 1, 1, 31)
    return first <= day <= last


def refuse_repeats(found: CalendarFile, units: dict[str, int | None]) -> None:
    """Note days listed twice for the same unit; `units` gives the id of each text written."""
    seen: dict[tuple[date, int | None], DayLine] = {}
    for line in found.days:
        earlier = seen.setdefault((line.day, units[line.unit]), line)
        if earlier is line:
            continue
        if earlier.kind != line.kind:
            message = _("the day is a holiday and a workday at once (see row {row}).")
        else:
            message = _("the day is listed already in row {row}.")
        text = message.format(row=earlier.row)
        found.fault(line.row, "day", line.day.isoformat(), text, _("Keep one of the rows."))
