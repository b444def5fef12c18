"""The library's filter as texts by name: one reading for pages, API, exports and commands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from config.i18n import gettext as _
from config.project_rules import project_rules
from config.projects import LISTS, STAGES
from models import tables
from models.directory import Directory
from models.queries.library import NO_BOARD, ProjectFilter
from models.queries.paging import LIGHTS
from projects.library import bands
from projects.library.fields import YEARS
from workflow.errors import Malformed, Reason

NAMES = ("list", "year", "stage", "light", "board", "chain", "tag", "band", "commissioner",
         "carried_over", "without_code", "q")  # fmt: skip
"""Every name that narrows the library."""
NO_BOARD_CODE = "-"


def read(people: Directory, asked: Mapping[str, list[str]]) -> ProjectFilter:
    """The filter of an address. Raises `Malformed` naming what cannot be read."""
    return ProjectFilter(
        lists=_known(asked, "list", LISTS),
        year=_year(asked.get("year", [])),
        stages=_known(asked, "stage", STAGES),
        lights=_known(asked, "light", LIGHTS),
        boards=tuple(_board(people, code) for code in asked.get("board", [])),
        chains=tuple(asked.get("chain", [])),
        tags=tuple(asked.get("tag", [])),
        commissioner_id=_person(people, asked.get("commissioner", [])),
        carried_over=_flag(asked, "carried_over"),
        without_code=bool(_flag(asked, "without_code")),
        text=" ".join(asked.get("q", []))[:100],
        band=_band(asked.get("band", [])),
    )


def _known(asked: Mapping[str, list[str]], name: str, known: Iterable[str]) -> tuple[str, ...]:
    values, allowed = asked.get(name, []), list(known)
    for value in values:
        if value not in allowed:
            raise _refused(name, value, allowed)
    return tuple(values)


def _year(values: list[str]) -> int | None:
    if not values:
        return None
    text = values[0]
    if not (text.isascii() and text.isdigit() and len(text) == 4 and int(text) in YEARS):
        raise _refused("year", text, ["2026"])
    return int(text)


def _board(people: Directory, code: str) -> int:
    unit = people.find_unit(code)
    if code == NO_BOARD_CODE:
        return NO_BOARD
    if unit is None or not unit.is_board:
        raise _refused("board", code, [u.code for u in people.units.values() if u.is_board])
    return unit.id


def _person(people: Directory, values: list[str]) -> int | None:
    if not values:
        return None
    person = people.by_username.get(values[0])
    if person is None:
        raise _refused("commissioner", values[0], [])
    return person.id


def _flag(asked: Mapping[str, list[str]], name: str) -> bool | None:
    values = _known(asked, name, ("1", "0"))
    return values[0] == "1" if values else None


def _band(values: list[str]) -> Any:
    if not values:
        return None
    band = project_rules().band(values[0])
    if band is None:
        raise _refused("band", values[0], [known.code for known in project_rules().bands])
    return bands.within(tables.project.c, band)


def _refused(name: str, value: str, allowed: list[str]) -> Malformed:
    message = _("{name}: unknown value {value}.").format(name=name, value=value[:40])
    remedy = _("Use one of: {names}.").format(names=", ".join(allowed)) if allowed else ""
    return Malformed(Reason(f"{name}_unknown", message, name, remedy))
