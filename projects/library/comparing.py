"""Two sides of a project's record, field by field: what differs, what one fills in, who says so."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from typing import Any

from config.i18n import N_
from config.i18n import gettext as _
from models.db import Session
from models.directory import Directory
from projects.library import fields, listings
from workflow.errors import Malformed, Reason, StaleVersion
from workflow.wording import word

KEEP, TAKE = "keep", "take"
CHOICES = (KEEP, TAKE)
BESIDE = {
    "board": N_("Town or street"),
    "stage": N_("Stage"),
    "lead_unit": N_("Unit that leads the project"),
    "sponsor": N_("Sponsoring leader"),
    "in_charge": N_("Leader in charge"),
    "responsible": N_("Person responsible"),
    "commissioner": N_("Project commissioner"),
}
"""What is compared although it is no field of the form: it is written by commands of its own."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that the two sides say differently. `ours` empty: the other side fills it in."""

    field: str
    ours: str
    theirs: str

    @property
    def conflict(self) -> bool:
        """Whether somebody has to choose."""
        return bool(self.ours)


def label(field: str) -> str:
    """A field's name for people."""
    return _(BESIDE[field]) if field in BESIDE else _(fields.BY_NAME[field].label)


def told(field: str, text: str, people: Directory) -> str:
    """A value as people read it; `text` as `fields.shown` gives it."""
    if not text:
        return ""
    if field == "stage":
        stage, _at, day = text.partition("@")
        return f"{word('stage', stage)} {day}".strip()
    if field in ("board", "lead_unit"):
        unit = people.by_code.get(text)
        return unit.name if unit is not None else text
    if field == "commissioner":
        person = people.by_username.get(text)
        return person.name if person is not None else text
    if field == "nature":
        return word("nature", text)
    return {"yes": _("yes"), "no": _("no")}.get(text, text)


def values_of(row: Any, parent: str = "") -> dict[str, str]:
    """A record's fields as texts."""
    found = {f.name: fields.shown(f, getattr(row, f.column)) for f in fields.FIELDS}
    return found | {"parent": parent}


def differences(ours: Mapping[str, str], theirs: Mapping[str, str]) -> list[Difference]:
    """What the other side says otherwise; what it leaves blank is not said.

    The plan year follows the lists (`projects.library.listings`): it is filled in, never
    fought over.
    """
    order = [*fields.BY_NAME, *BESIDE]
    names = sorted((n for n in theirs if theirs[n]), key=order.index)
    return [
        Difference(name, ours.get(name, ""), theirs[name])
        for name in names
        if ours.get(name, "") != theirs[name] and not (name == "year" and ours.get(name))
    ]


def chosen(
    found: Iterable[Difference], choices: Mapping[str, str], rest: str = ""
) -> dict[str, str]:
    """What is to be written of the other side: what it fills in, and what was chosen.

    `rest` decides what nobody chose. Raises `Malformed` naming every field still open.
    """
    taken: dict[str, str] = {}
    still_open: list[Reason] = []
    for one in found:
        choice = choices.get(one.field) or rest
        if not one.conflict or choice == TAKE:
            taken[one.field] = one.theirs
        elif choice != KEEP:
            message = _("{field}: choose one of the two sides.").format(field=label(one.field))
            still_open.append(Reason("choice_missing", message, one.field))
    if still_open:
        raise Malformed(*still_open)
    return taken


def lists_of(s: Session, projects: Iterable[int]) -> dict[int, str]:
    """The lists that each project stands on, in words: what its values rest on."""
    found = listings.of(s, projects)
    return {
        key: _(", ").join(list_name(e.list_code, e.year) for e in rows if e.removed_on is None)
        for key, rows in found.items()
    }


def list_name(list_code: str, year: int) -> str:
    """A list of a year in words."""
    return _("{list} {year}").format(list=word("list", list_code), year=year)


def digest(*parts: Any) -> str:
    """The digest of what was shown; dataclasses count by their values."""
    plain = json.dumps(parts, ensure_ascii=False, sort_keys=True, default=astuple)
    return hashlib.sha256(plain.encode()).hexdigest()


def refuse_unseen(now: str, expected: str) -> None:
    """Raise `StaleVersion` unless what was shown is still so."""
    if now != expected.strip():
        raise StaleVersion(
            Reason("preview_outdated",
                   _("A record has changed since the preview; nothing was written."), "expect",
                   _("Look through the differences as they are now, and apply them again."))
        )  # fmt: skip
