"""Who acts in a replay: an office's service accounts, and a leader and a liaison in each unit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from config.i18n import gettext as _
from models.db import Session
from models.directory import PersonInfo
from models.queries.people import add_person, add_unit
from workflow.context import context

OFFICE = "jfj"


@dataclass(slots=True)
class Cast:
    """Service accounts by username, and the codes of the units by name."""

    people: dict[str, PersonInfo]
    unit_codes: dict[str, str]

    def leader(self, unit: str) -> PersonInfo:
        """The leader of a unit, by the unit's name."""
        return self.people[f"replay-{self.unit_codes[unit]}-leader"]


def gather(s: Session, units: list[str]) -> Cast:
    """Units and service accounts, added where missing."""
    directory = context(s).directory
    codes = {
        unit: (found.code if (found := directory.find_unit(unit)) else f"u{n:03d}")
        for n, unit in enumerate(units, len(directory.units) + 1)
    }
    wanted: list[tuple[str, str, tuple[Any, ...]]] = [
        (
            OFFICE,
            _("replay office"),
            (
                ("replay-reporter", "staff", ("reporter",)),
                ("replay-chief", "head", ("office_chief",)),
                ("replay-triage", "staff", ("triage_officer",)),
                ("replay-verifier", "staff", ("verifier",)),
                ("replay-deputy", "deputy_head", ("deputy_director",)),
                ("replay-principal", "staff", ("principal",)),
                ("replay-inspector", "staff", ("inspector",)),
            ),
        )
    ]
    wanted += [
        (
            code,
            unit,
            (
                (f"replay-{code}-leader", "head", ("unit_leader",)),
                (f"replay-{code}-liaison", "liaison", ("unit_liaison",)),
            ),
        )
        for unit, code in codes.items()
    ]
    for code, name, people in wanted:
        _add_cast(s, code, name, people)
    return Cast(dict(context(s).directory.by_username), codes)


def _add_cast(s: Session, code: str, name: str, people: Iterable[Any]) -> None:
    directory = context(s).directory
    unit = directory.by_code.get(code)
    unit_id = (
        unit.id
        if unit
        else add_unit(
            s, code=code, name=name or code, kind="bureau" if code == OFFICE else "department"
        )
    )
    for username, post, roles in people:
        if username not in directory.by_username:
            add_person(s, username=username, name=username, unit_id=unit_id, post=post, roles=roles)
