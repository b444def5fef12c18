"""Keeping the named projects of the sources in the library, beside what the office has changed.

A column that the office has corrected, a stage it has recorded, a list it has taken a project off
and a part in the chain of responsibility that it has given are its own and stay.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, update

from models import tables
from models.db import Session
from projects import history
from projects.library import duties
from projects.library.records import stream
from projects.library.seed_records import SOURCES, place_of, stage_of
from projects.lights.following import follow

_P = tables.project.c
_OFFICE = {
    "project.duty": ("board_id", "commissioner_id"),
    "project.duty_ended": ("board_id", "commissioner_id"),
    "project.attributed": ("attributed_board_id", "attribution_reason"),
}
"""Columns that these acts of the office make its own."""
Values = dict[str, Any]


class Kept:
    """What the office has made its own: columns by project, and names that it has changed."""

    def __init__(self, s: Session) -> None:
        event = tables.event.c
        chosen = select(event.stream, event.tag, event.data).where(
            event.stream.startswith("project:"), event.actor_id.is_not(None)
        )
        self.columns: dict[int, set[str]] = {}
        self.renamed: dict[str, int] = {}
        for row in s.execute(chosen.order_by(event.id)):
            self._keep(int(row.stream.partition(":")[2]), row.tag, row.data)
        self.merged = set(s.execute(select(_P.id).where(_P.merged_into_id.is_not(None))).scalars())

    def _keep(self, key: int, tag: str, data: Values) -> None:
        own = self.columns.setdefault(key, set())
        own.update(_OFFICE.get(tag, ()))
        changes: dict[str, list[Any]] = data.get("changes", {})
        own.update(changes)
        if "name" in changes:
            self.renamed.setdefault(changes["name"][0], key)
        if tag == "project.merged_away":
            own.add("*")

    def leaves(self, key: int, values: Values) -> Values:
        """The values that a load may write."""
        own = self.columns.get(key, set())
        return {} if key in self.merged else {n: v for n, v in values.items() if n not in own}


def store(s: Session, wanted: list[Values]) -> tuple[list[int], int, int]:
    """Add what is missing, correct what differs; the ids in the order of `wanted`, and how many
    were added and changed."""
    kept = Kept(s)
    rows = {row.id: row for row in s.execute(select(tables.project))}
    by_name = {row.name: row for row in rows.values()}
    found, added, changed = [], 0, 0
    for values in wanted:
        row = by_name.get(values["name"]) or rows.get(kept.renamed.get(values["name"], 0))
        if row is None:
            made = s.execute(insert(tables.project).values(**values).returning(_P.id))
            found.append(int(made.scalar_one()))
            added += 1
            continue
        found.append(row.id)
        free = kept.leaves(row.id, values)
        if any(row._mapping[name] != value for name, value in free.items()):
            s.execute(update(tables.project).where(_P.id == row.id).values(free))
            changed += 1
    return found, added, changed


def settle(s: Session, keys: list[int], now: datetime) -> None:
    """Set lists, stage with its history, and the board's part in the chain, where none is there."""
    chosen = select(tables.project).where(_P.id.in_(keys), _P.merged_into_id.is_(None))
    listed, staged, held = _listed(s), _having(s, tables.project_stage), _boards(s)
    for row in s.execute(chosen.order_by(_P.id)).all():
        day = SOURCES.get(row.source)
        if day is None:
            continue
        done = _enlist(s, row, listed)
        done |= _stage(s, row, day, now) if row.id not in staged else {}
        if row.board_id is not None and row.id not in held:
            duties.begin(s, row.id, "board", day, unit_id=row.board_id)
            done["board"] = row.board_id
        if done:
            said = done | {"source": row.source}
            history.note(s, stream(row.id), "project.seeded", said, None, now)
    follow(s, now, keys)


def _listed(s: Session) -> set[tuple[int, str, int]]:
    entry = tables.project_listing.c
    return {tuple(r) for r in s.execute(select(entry.project_id, entry.list_code, entry.year))}


def _having(s: Session, table: Any) -> set[int]:
    return set(s.execute(select(table.c.project_id).distinct()).scalars())


def _boards(s: Session) -> set[int]:
    duty = tables.project_duty.c
    return set(s.execute(select(duty.project_id).where(duty.role == "board").distinct()).scalars())


def _enlist(s: Session, row: Any, listed: set[tuple[int, str, int]]) -> Values:
    place = place_of(row.level, row.source)
    if place is None or (row.id, place.list_code, place.year) in listed:
        return {}
    s.execute(insert(tables.project_listing).values(
        project_id=row.id, list_code=place.list_code, year=place.year, library="", source_id="",
        carried_over=place.carried_over, note=place.note,
    ))  # fmt: skip
    values = {"year": place.year, "carried_over": place.carried_over}
    s.execute(update(tables.project).where(_P.id == row.id).values(**values))
    return {"list": place.list_code, "year": place.year}


def _stage(s: Session, row: Any, day: date, now: datetime) -> Values:
    stage = stage_of(row.stated_stage)
    if stage is None:
        return {}
    s.execute(insert(tables.project_stage).values(
        project_id=row.id, stage=str(stage), since=day, recorded_at=now, note=row.stated_stage,
    ))  # fmt: skip
    values = {"stage": str(stage), "stage_since": day}
    s.execute(update(tables.project).where(_P.id == row.id).values(**values))
    return {"stage": str(stage), "since": day}
