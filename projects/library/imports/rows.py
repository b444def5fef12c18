"""A row of a list as the fields of a project, or why it cannot be."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from config.i18n import current_language
from config.i18n import gettext as _
from config.projects import STAGES
from models.directory import Directory
from projects.library import fields
from projects.library.imports.headers import BESIDE, STAGE, Column, scaled
from projects.library.stages import order
from workflow.errors import Malformed, Reason
from workflow.ledgers.reader import Row
from workflow.typed import parse_date
from workflow.words import WORDS

_STAGE_WORDS = {
    "意向": "intention", "签约": "signed", "预备": "preparing", "前期": "preparing",
    "开工": "started", "在建": "started", "续建": "started", "竣工": "completed",
    "评估": "evaluation",
}  # fmt: skip
_DATES = (".", "/", "年", "月")


def _last(parts: list[str]) -> int:
    """The last day of a month; of what is no month, none that a calendar has."""
    plain = all(part.isascii() and part.isdigit() and len(part) < 5 for part in parts)
    year, month = (int(part) for part in parts) if plain else (0, 0)
    return monthrange(year, month)[1] if 1 <= month <= 12 and year else 0


_PLANNED: dict[str, Callable[[list[str]], int]] = {
    "plan_start_on": lambda parts: 1,
    "plan_finish_on": _last,
}


@dataclass(slots=True)
class Entry:
    """A row read: texts by field as `fields.shown` writes them, and what is wrong with it."""

    number: int
    values: dict[str, str] = field(default_factory=dict)
    faults: list[Reason] = field(default_factory=list)

    def text(self, name: str) -> str:
        """A field's text, empty where the row leaves it blank."""
        return self.values.get(name, "")

    @property
    def record(self) -> dict[str, str]:
        """What the record would say: fields, chain of responsibility, stage."""
        wanted = (*fields.BY_NAME, *BESIDE, "stage")
        return {name: self.values[name] for name in wanted if self.values.get(name)}


def entries(rows: Iterable[Row], columns: list[Column], people: Directory) -> Iterator[Entry]:
    """Every row of the file."""
    for row in rows:
        yield _entry(row, columns, people)


def _entry(row: Row, columns: list[Column], people: Directory) -> Entry:
    found = Entry(row.number)
    if row.fault is not None:
        found.faults.append(row.fault)
        return found
    for column in columns:
        text = scaled(column, row.values.get(column.heading, "").strip())
        if text:
            _take(found, column.field, text, people)
    if not found.text("name"):
        found.faults.append(Reason("name_missing", _("The row names no project."), "name",
                                   _("Fill the name in.")))  # fmt: skip
    _settle_stage(found)
    return found


def _take(found: Entry, name: str, text: str, people: Directory) -> None:
    try:
        found.values[name] = _plain(name, text, people)
    except Malformed as error:
        found.faults += error.reasons


def _plain(name: str, text: str, people: Directory) -> str:
    """A cell as the record would show it. Raises `Malformed` naming the field."""
    known = fields.BY_NAME.get(name)
    if known is not None:
        ready = _dashed(text, name) if known.kind == "date" else text
        return fields.shown(known, fields.value_of(known, ready))
    if name in ("listed_on", "stage_since", "actual_start_on", "actual_finish_on"):
        return parse_date(_dashed(text, name), name).isoformat()
    if name == "carried_over":
        return "yes" if fields.value_of(fields.BY_NAME["foreign_funded"], text) else "no"
    if name == "stage":
        return _stage(text)
    if name in ("board", "lead_unit"):
        return _unit(name, text, people)
    return " ".join(text.split())[:80]


def _dashed(text: str, name: str) -> str:
    """2026.3.1, 2026/3/1 and 2026年3月1日 as 2026-03-01.

    A plan may name its month alone: it begins with the first day and ends with the last.
    """
    plain = text.replace("日", "").replace("号", "").strip()[:10]
    for mark in _DATES:
        plain = plain.replace(mark, "-")
    parts = [part for part in plain.split("-") if part]
    if len(parts) == 2 and name in _PLANNED:
        parts.append(str(_PLANNED[name](parts)))
    if len(parts) == 3 and all(part.isascii() and part.isdigit() for part in parts):
        return f"{parts[0]:0>4}-{parts[1]:0>2}-{parts[2]:0>2}"
    return text


def _stage(text: str) -> str:
    own = {_(word): code for code, word in WORDS["stage"].items()}
    found = _STAGE_WORDS.get(text) or own.get(text) or text
    if found not in STAGES:
        message = _("Unknown value {value}.").format(value=text[:40])
        names = [*_STAGE_WORDS] if current_language() != "en" else [*STAGES]
        remedy = _("Use one of: {names}.").format(names=", ".join(names))
        raise Malformed(Reason("stage_unknown", message, "stage", remedy))
    return found


def _unit(name: str, text: str, people: Directory) -> str:
    unit = people.find_unit(text)
    if unit is None or (name == "board" and not unit.is_board):
        message = _("Unknown unit {name}.").format(name=text[:60])
        raise Malformed(Reason("unit_unknown", message, name,
                               _("Use the unit's code or full name.")))  # fmt: skip
    return unit.code


def _settle_stage(found: Entry) -> None:
    """One stage out of the four columns that may speak of it, as `stage@day`: the latest counts.

    Where no day is told nothing follows the `@`; the list's own day stands for it then.
    """
    told = {name: found.values.pop(name, "") for name in STAGE}
    days = {"started": told["actual_start_on"], "completed": told["actual_finish_on"]}
    stated = {stage: day for stage, day in days.items() if day}
    if told["stage"]:
        stated[told["stage"]] = told["stage_since"] or stated.get(told["stage"], "")
    if stated:
        latest = max(stated, key=order)
        found.values["stage"] = f"{latest}@{stated[latest]}"
