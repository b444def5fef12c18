"""Lists that a project stands on, several at once: 省、市、区 and 工业列统 (S0 0.10).

A place on a list belongs to a year. It names the library that the list came from and the
project's id there, whether the project was carried over (结转), and when it left the list. The
project's own plan year and flag follow its newest lists.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, update

from config.i18n import gettext as _
from config.projects import LISTS
from models import tables
from models.db import Session
from models.directory import PersonInfo
from projects.access import OFFICE, require
from projects.library import records
from projects.library.fields import YEARS
from projects.library.records import Saved, opened, refuse_future, save
from workflow.commands.base import clean
from workflow.errors import GuardFailed, Malformed, NotVisible, Reason
from workflow.wording import word

_L = tables.project_listing.c
STAYS: Any = object()
"""What is not named: it stays as the entry has it, or is empty where there is none yet."""
EMPTY: dict[str, Any] = {
    "library": "", "source_id": "", "carried_over": False, "listed_on": None, "note": "",
}  # fmt: skip


def enlist(
    s: Session,
    *,
    actor: PersonInfo,
    project_id: int,
    list_code: str,
    year: int,
    now: datetime,
    library: str = STAYS,
    source_id: str = STAYS,
    carried_over: bool = STAYS,
    listed_on: date | None = STAYS,
    note: str = STAYS,
    expected_version: int | None = None,
) -> Saved:
    """Put a project on a year's list, put it back on one it had left, or correct its entry, of
    which what is not named stays.

    Raises `GuardFailed` where the library's id belongs to another project, `Malformed`.
    """
    require(actor, OFFICE)
    row = opened(s, actor, project_id, expected_version)
    check(list_code, year)
    given: dict[str, Any] = {
        "library": library, "source_id": source_id, "carried_over": carried_over,
        "listed_on": listed_on, "note": note,
    }  # fmt: skip
    given = _standing(s, row.id, list_code, year) | {
        name: value for name, value in given.items() if value is not STAYS
    }
    if given["listed_on"] is not None:
        refuse_future(s, given["listed_on"], "listed_on", now)
    values: dict[str, Any] = {
        "library": clean("library", given["library"], most=60),
        "source_id": clean("source_id", given["source_id"], most=80),
        "carried_over": given["carried_over"], "listed_on": given["listed_on"],
        "removed_on": None, "note": clean("note", given["note"], most=300),
    }  # fmt: skip
    _refuse_foreign(s, row.id, values["library"], values["source_id"], year, list_code)
    key = _write(s, row.id, list_code, year, values)
    said = {"list": list_code, "year": year, **values}
    records.note(s, row.id, "project.listed", said, actor, now)
    return save(s, row, mirrored(s, row.id), now, key)


def delist(
    s: Session,
    *,
    actor: PersonInfo,
    project_id: int,
    listing_id: int,
    removed_on: date,
    reason: str,
    now: datetime,
    expected_version: int | None = None,
) -> Saved:
    """Take a project off a list from a day on, with the reason; the entry stays in the record."""
    require(actor, OFFICE)
    row = opened(s, actor, project_id, expected_version)
    refuse_future(s, removed_on, "removed_on", now)
    found = _entry(s, row.id, listing_id)
    if found.listed_on is not None and removed_on < found.listed_on:
        message = _("It is on the list since {day} only.").format(day=found.listed_on)
        raise GuardFailed(Reason("removed_early", message, "removed_on", _("Check the date.")))
    why = records.needed_reason(reason)
    s.execute(update(tables.project_listing).where(_L.id == found.id).values(removed_on=removed_on))
    said = {"list": found.list_code, "year": found.year, "removed_on": removed_on, "reason": why}
    records.note(s, row.id, "project.delisted", said, actor, now)
    return save(s, row, mirrored(s, row.id), now, found.id)


def of(s: Session, projects: Iterable[int]) -> dict[int, list[Any]]:
    """Every entry of each project, newest year first, lists in the order of `LISTS`."""
    wanted = list(projects)
    found: dict[int, list[Any]] = {key: [] for key in wanted}
    for row in s.execute(select(tables.project_listing).where(_L.project_id.in_(wanted))):
        found[row.project_id].append(row)
    for rows in found.values():
        rows.sort(key=lambda r: (-r.year, LISTS.index(r.list_code)))
    return found


def check(list_code: str, year: int) -> None:
    """Raise `Malformed` for a list or a year that is none."""
    if list_code not in LISTS:
        message = _("Unknown value {value}.").format(value=list_code[:40])
        remedy = _("Use one of: {names}.").format(names=", ".join(LISTS))
        raise Malformed(Reason("list_unknown", message, "list_code", remedy))
    if year not in YEARS:
        message = _("{text} is no year.").format(text=year)
        raise Malformed(Reason("year_malformed", message, "year", _("Write e.g. 2026.")))


def _refuse_foreign(
    s: Session, project_id: int, library: str, source_id: str, year: int, list_code: str
) -> None:
    """A library's id names one project, and stands once in a year."""
    if not source_id:
        return
    if not library:
        message = _("An id needs the name of the library that it is from.")
        raise Malformed(Reason("library_missing", message, "library", _("Name the library.")))
    p = tables.project.c
    held = (
        select(_L.project_id, _L.list_code, p.name)
        .join(tables.project, p.id == _L.project_id)
        .where(_L.library == library, _L.source_id == source_id, _L.year == year)
    )
    other = s.execute(held).first()
    if other is None or (other.project_id, other.list_code) == (project_id, list_code):
        return
    message = _("In {year} this id of the library stands for {name} ({list}).").format(
        year=year, name=other.name, list=word("list", other.list_code)
    )
    remedy = _("Check the id; merge the records if both are the same project.")
    raise GuardFailed(Reason("source_id_taken", message, "source_id", remedy))


def _standing(s: Session, project_id: int, list_code: str, year: int) -> dict[str, Any]:
    entry = (_L.project_id == project_id, _L.list_code == list_code, _L.year == year)
    row = s.execute(select(tables.project_listing).where(*entry)).first()
    return {name: EMPTY[name] if row is None else getattr(row, name) for name in EMPTY}


def _write(s: Session, project_id: int, list_code: str, year: int, values: dict[str, Any]) -> int:
    entry = (_L.project_id == project_id, _L.list_code == list_code, _L.year == year)
    known = s.execute(select(_L.id).where(*entry)).scalar()
    if known is not None:
        s.execute(update(tables.project_listing).where(_L.id == known).values(**values))
        return int(known)
    fresh = {"project_id": project_id, "list_code": list_code, "year": year, **values}
    made = s.execute(insert(tables.project_listing).values(**fresh).returning(_L.id))
    return int(made.scalar_one())


def _entry(s: Session, project_id: int, listing_id: int) -> Any:
    chosen = select(tables.project_listing).where(
        _L.id == listing_id, _L.project_id == project_id, _L.removed_on.is_(None)
    )
    found = s.execute(chosen).first()
    if found is None:
        message = _("The project is not on that list.")
        raise NotVisible(Reason("not_found", message, "listing_id", _("Load the page again.")))
    return found


def mirrored(s: Session, project_id: int) -> dict[str, Any]:
    """The plan year and the flag 结转 of the newest lists; as they are where there is none."""
    entries = s.execute(
        select(_L.year, _L.carried_over).where(_L.project_id == project_id, _L.removed_on.is_(None))
    ).all()
    if not entries:
        return {}
    newest = max(entry.year for entry in entries)
    carried = any(entry.carried_over for entry in entries if entry.year == newest)
    return {"year": newest, "carried_over": carried}
