"""The ledger's filter as an address: one reading and one writing for portal and API.

A name may repeat for several values. Units and boards are codes ("-" for a board means none),
projects names or ids. A date alone begins (`..._from`) or ends (`..._until`) with that whole day
in the policy's zone; a moment is taken exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from datetime import datetime, time, timedelta
from functools import partial
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import select

from config.i18n import gettext as _
from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries.ledger import LedgerFilter
from models.queries.paging import ORDERS
from models.queries.projects import visible_projects
from models.queries.waiting import KINDS
from web.ledger_values import flag, number, one_of, refused, unknown
from workflow.context import context
from workflow.errors import Malformed
from workflow.typed import lone_date, parse_moment

LISTS = {
    "phase": "phases",
    "state": "states",
    "light": "lights",
    "category": "categories",
    "source": "sources",
}
UNITS = {
    "board": "boards",
    "unit": "units",
    "co_unit": "co_units",
    "reporter_unit": "reporter_units",
}
NUMBERS = {"level": "levels", "coordination": "coordination_levels"}
FLAGS = {
    "listed": "listed",
    "relapsed": "relapsed",
    "urgent": "urgent",
    "major": "major",
    "running": "running",
    "overdue": "overdue",
    "open": "open_only",
}
MOMENTS = (
    "due_from",
    "due_until",
    "overdue_at",
    "opened_from",
    "opened_until",
    "closed_from",
    "closed_until",
    "relapsed_from",
    "relapsed_until",
)
NAMES = (
    *LISTS, *UNITS, *NUMBERS, *FLAGS, *MOMENTS, "project", "level_from", "q", "waiting",
)  # fmt: skip
"""Every name that narrows the ledger."""
OF_ISSUES = tuple(
    n for n in NAMES
    if n not in {"unit", "level", "level_from", "running", "overdue", *MOMENTS}
)  # fmt: skip
"""Those that speak neither of tasks nor of times: figures and trends can be narrowed by them."""

NO_BOARD = "-"


class Query(Protocol):
    """What is asked of a query string."""

    def getlist(self, key: str) -> list[str]:
        """Every value of a name."""


def read(s: Session, actor: PersonInfo, query: Query) -> LedgerFilter:
    """The filter that an address means to somebody.

    Raises `Malformed` naming every value without meaning; a project that the person may not know
    of has none.
    """
    given = {name: [v.strip() for v in query.getlist(name) if v.strip()] for name in NAMES}
    if not any(given.values()):
        return LedgerFilter()
    _refuse_controls(given)
    found: dict[str, Any] = {LISTS[n]: tuple(given[n]) for n in LISTS}
    reasons = unknown(s, actor, given)
    steps: tuple[Callable[[], dict[str, Any]], ...] = (
        (lambda: {UNITS[n]: tuple(_unit(s, n, v) for v in given[n]) for n in UNITS}),
        (lambda: {NUMBERS[n]: tuple(number(s, n, v) for v in given[n]) for n in NUMBERS}),
        (lambda: {"projects": tuple(_project(s, actor, v) for v in given["project"])}),
        (lambda: {n: _moment(s, n, _last(given[n])) for n in MOMENTS if given[n]}),
        (lambda: {"level_from": number(s, "level_from", _last(given["level_from"]))}
         if given["level_from"] else {}),
        (lambda: {"waiting": _waiting(_last(given["waiting"]))}),
        *(partial(_flag, name, _last(given[name])) for name in FLAGS),
    )  # fmt: skip
    for step in steps:
        try:
            found |= step()
        except Malformed as error:
            reasons += error.reasons
    if reasons:
        raise Malformed(*reasons)
    return LedgerFilter(**found, text=_last(given["q"])[:100])


def order(query: Query) -> str:
    """The order that an address asks for, else the newest first. Raises `Malformed`."""
    asked = _last([v.strip() for v in query.getlist("sort")])
    if asked and asked not in ORDERS:
        raise refused("sort", asked, one_of(ORDERS))
    return asked or "newest"


def write(s: Session, wanted: LedgerFilter) -> dict[str, list[str]]:
    """The query that means this filter, exactly; what narrows nothing is left out."""
    people = context(s).directory
    found: dict[str, list[str]] = {n: list(getattr(wanted, f)) for n, f in LISTS.items()}
    for name, field in UNITS.items():
        found[name] = [people.units[k].code if k else NO_BOARD for k in getattr(wanted, field)]
    found |= {n: [str(v) for v in getattr(wanted, f)] for n, f in NUMBERS.items()}
    found |= {n: ["1"] if getattr(wanted, f) else [] for n, f in FLAGS.items()}
    for name in MOMENTS:
        value = getattr(wanted, name)
        found[name] = [value.isoformat()] if value is not None else []
    found["project"] = [str(key) for key in wanted.projects]
    found["level_from"] = [str(wanted.level_from)] if wanted.level_from is not None else []
    found["q"], found["waiting"] = [wanted.text], [wanted.waiting]
    return {name: [v for v in values if v] for name, values in found.items() if any(values)}


def _refuse_controls(given: Mapping[str, list[str]]) -> None:
    """PostgreSQL cannot take NUL in a text, and no database a lone surrogate."""
    wrong = [
        refused(name, repr(value), _("Leave out control characters.")).reasons[0]
        for name, values in given.items()
        for value in values
        if any(ord(c) < 32 or 0xD800 <= ord(c) <= 0xDFFF for c in value)
    ]
    if wrong:
        raise Malformed(*wrong)


def _last(values: Iterable[str]) -> str:
    return [*values][-1] if values else ""


def _unit(s: Session, name: str, text: str) -> int:
    if name == "board" and text == NO_BOARD:
        return 0
    unit = context(s).directory.find_unit(text)
    if unit is None:
        raise refused(name, text, _("Use the unit's code or full name."))
    return unit.id


def _project(s: Session, actor: PersonInfo, text: str) -> int:
    if text == "0":
        return 0
    project = tables.project.c
    known = project.name == text
    if text.isascii() and text.isdigit() and len(text) < 10:
        known = known | (project.id == int(text))
    chosen = select(project.id).where(known, visible_projects(actor, context(s).directory))
    key = s.execute(chosen.limit(1)).scalar()
    if key is None:
        raise refused("project", text, _("Use the project's name as it stands in the library."))
    return int(key)


def _flag(name: str, text: str) -> dict[str, Any]:
    return {FLAGS[name]: flag(name, text)}


def _moment(s: Session, name: str, text: str) -> datetime:
    moment = parse_moment(text, context(s).calendar().tz, name, "00:00")
    whole_day = name.endswith("_until") and lone_date(text) is not None
    return moment + timedelta(days=whole_day)


def _waiting(text: str) -> str:
    if text and text not in KINDS:
        raise refused("waiting", text, one_of(KINDS))
    return text


def shown_day(moment: datetime | None, zone: ZoneInfo, *, until: bool = False) -> str:
    """A bound as the form's date input shows it; an `until` at midnight is the day before."""
    if moment is None:
        return ""
    local = moment.astimezone(zone)
    if until and local.time() == time():
        local -= timedelta(days=1)
    return local.date().isoformat()


def narrowed(wanted: LedgerFilter) -> bool:
    """Whether the filter leaves anything out."""
    return any(getattr(wanted, f.name) for f in fields(wanted))


def merged(query: Mapping[str, list[str]], **changes: str | None) -> dict[str, list[str]]:
    """A query with some names replaced (or left out, with None): links that keep the rest."""
    found = {k: v for k, v in query.items() if k not in changes}
    return found | {k: [v] for k, v in changes.items() if v}
