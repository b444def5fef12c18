"""The fields of a project's record (domain rules §10): kinds, lengths, labels, and their reading.

Forms, the API, the command line, imports and exports all use this one list. A blank field is
"not stated", never zero.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from config.i18n import N_
from config.i18n import gettext as _
from config.projects import NATURES
from projects.library import codes
from projects.written import decimal_written
from workflow.commands.base import clean
from workflow.errors import Malformed, Reason
from workflow.typed import parse_date
from workflow.words import WORDS

Kind = Literal["line", "text", "code", "amount", "date", "year", "choice", "yes_no", "project"]
PLACES = 4
MOST = Decimal(10) ** 10
YEARS = range(2000, 2101)


@dataclass(frozen=True, slots=True)
class Field:
    """A field: column, label, kind, greatest length; `reported`: who answers may fill it in."""

    name: str
    label: str
    kind: Kind = "line"
    most: int = 0
    help: str = ""
    group: str = "what"
    reported: bool = False

    @property
    def column(self) -> str:
        """The column that it is kept in."""
        return "parent_id" if self.kind == "project" else self.name


FIELDS: tuple[Field, ...] = (
    Field("name", N_("Project name"), most=200),
    Field("code", N_("Project code"), "code", 40,
          N_("24 characters, GB/T 40058; empty before filing.")),
    Field("parent", N_("Part of the project"), "project", 200,
          N_("The name of the larger project, if this is one of its parts.")),
    Field("nature", N_("Nature"), "choice"),
    Field("industry", N_("Industry"), most=8, help=N_("Class of GB/T 4754, e.g. C3670.")),
    Field("content", N_("What is built, and how much"), "text", 2000),
    Field("capacity", N_("Added capacity"), most=300),
    Field("attributes", N_("Features"), most=500),
    Field("owner", N_("Project owner"), most=200, group="who"),
    Field("owner_credit_code", N_("Owner's credit code"), most=18, group="who",
          help=N_("Unified social credit code, 18 characters.")),
    Field("contact", N_("Contact"), most=60, group="who", reported=True),
    Field("contact_phone", N_("Contact's telephone"), most=30, group="who", reported=True,
          help=N_("Shown only to the office and to those who answer for the project.")),
    Field("address", N_("Site address"), most=200, group="where", reported=True),
    Field("park", N_("Industrial park"), most=80, group="where"),
    Field("land_mu", N_("Land (mu)"), "amount", group="where"),
    Field("total_invest_yi", N_("Total investment (100 million yuan)"), "amount", group="money"),
    Field("total_invest_usd_wan", N_("Total investment (10,000 dollars)"), "amount", group="money"),
    Field("foreign_funded", N_("Foreign-funded"), "yes_no", group="money"),
    Field("plan_year_invest_yi", N_("Investment planned this year (100 million yuan)"), "amount",
          group="money"),
    Field("year", N_("Plan year"), "year", group="time"),
    Field("plan_start_on", N_("Planned start"), "date", group="time"),
    Field("plan_finish_on", N_("Planned completion"), "date", group="time"),
    Field("in_production_on", N_("In production since"), "date", group="time"),
    Field("in_statistics_on", N_("In statistics since"), "date", group="time"),
    Field("physical_progress", N_("Visible progress"), most=300, group="time", reported=True),
    Field("note", N_("Note"), most=500, group="time", reported=True),
)  # fmt: skip
BY_NAME = {field.name: field for field in FIELDS}
REPORTED = frozenset(field.name for field in FIELDS if field.reported)
PAST = ("in_production_on", "in_statistics_on")
"""Days that must have come."""

GROUPS = {
    "what": N_("The project"),
    "who": N_("Owner and contact"),
    "where": N_("Place"),
    "money": N_("Amounts"),
    "time": N_("Time and progress"),
}
_CREDIT = re.compile(r"[0-9A-HJ-NP-RT-UW-Y]{18}")
_INDUSTRY = re.compile(r"[A-T]([0-9]{2,4})?")
_YES = {"yes", "true", "1", "是", "外资"}
_NO = {"no", "false", "0", "否", "内资"}
_NATURES = {"新建": "new", "扩建": "expansion", "改扩建": "expansion", "技改": "renovation"}


def parse(values: Mapping[str, str]) -> dict[str, Any]:
    """The fields given, as their columns hold them (`parent` stays a name).

    Raises `Malformed` with every fault, each beside its field.
    """
    found: dict[str, Any] = {}
    wrong: list[Reason] = []
    for name, text in values.items():
        field = BY_NAME.get(name)
        if field is None:
            wrong.append(_unknown(name))
            continue
        try:
            found[name] = value_of(field, text)
        except Malformed as error:
            wrong += error.reasons
    wrong += _order(found, "plan_start_on", "plan_finish_on")
    if wrong:
        raise Malformed(*wrong)
    return found


def value_of(field: Field, text: str) -> Any:
    """One field's value from its text. Raises `Malformed` naming the field."""
    reader = _READERS.get(field.kind)
    if reader is not None:
        return reader(field, text.strip()) if text.strip() else None
    if field.kind == "choice":
        return _choice(field, text.strip())
    found = clean(field.name, text, most=field.most, needed=field.name == "name")
    if field.kind == "line":
        found = " ".join(found.split())
    _check_shape(field.name, found)
    return found


def shown(field: Field, value: Any) -> str:
    """A value as `value_of` reads it back."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return value.isoformat() if isinstance(value, date) else str(value)


def _amount(field: Field, text: str) -> Decimal:
    value = decimal_written(text.replace(",", "").replace("，", ""))
    if value is None or not 0 <= value < MOST:
        raise _bad(field, _("{text} is no amount.").format(text=text[:40]),
                   _("Write digits with at most one decimal point."))  # fmt: skip
    if value != round(value, PLACES):
        raise _bad(field, _("{text} has too many decimal places.").format(text=text[:40]),
                   _("Give at most {n} decimal places.").format(n=PLACES))  # fmt: skip
    return value


def _year(field: Field, text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) == 4 and int(text) in YEARS:
        return int(text)
    raise _bad(field, _("{text} is no year.").format(text=text[:40]), _("Write e.g. 2026."))


def _yes_no(field: Field, text: str) -> bool:
    if text.lower() in _YES | _NO:
        return text.lower() in _YES
    raise _bad(field, _("{text} is neither yes nor no.").format(text=text[:40]),
               _("Write yes or no, or leave it empty."))  # fmt: skip


def _choice(field: Field, text: str) -> str:
    words = {_(word): code for code, word in WORDS["nature"].items()}
    found = words.get(text) or _NATURES.get(text, text)
    if found and found not in NATURES:
        raise _bad(field, _("Unknown value {value}.").format(value=text[:40]),
                   _("Use one of: {names}.").format(names=", ".join(NATURES)))  # fmt: skip
    return found


_READERS: dict[str, Callable[[Field, str], Any]] = {
    "code": lambda field, text: codes.check(clean(field.name, text, most=field.most)),
    "amount": _amount,
    "year": _year,
    "yes_no": _yes_no,
    "date": lambda field, text: parse_date(text, field.name),
    "project": lambda field, text: clean(field.name, text, most=field.most) or None,
}


def _check_shape(name: str, text: str) -> None:
    field = BY_NAME[name]
    if name == "owner_credit_code" and text and not _CREDIT.fullmatch(text):
        raise _bad(field, _("{text} is no unified social credit code.").format(text=text),
                   _("It has 18 digits and capital letters, without I, O, S, V, Z."))  # fmt: skip
    if name == "industry" and text and not _INDUSTRY.fullmatch(text):
        raise _bad(field, _("{text} is no class of GB/T 4754.").format(text=text),
                   _("Write a letter from A to T and up to four digits, e.g. C3670."))  # fmt: skip


def _order(found: Mapping[str, Any], first: str, last: str) -> list[Reason]:
    if found.get(first) and found.get(last) and found[first] > found[last]:
        message = _("The completion lies before the start.")
        return [Reason("dates_reversed", message, last, _("Check both dates."))]
    return []


def _unknown(name: str) -> Reason:
    message = _("Unknown field {name}.").format(name=name[:40])
    return Reason("field_unknown", message, name,
                  _("Use one of: {names}.").format(names=", ".join(BY_NAME)))  # fmt: skip


def _bad(field: Field, message: str, remedy: str) -> Malformed:
    return Malformed(Reason(f"{field.name}_malformed", message, field.name, remedy))
