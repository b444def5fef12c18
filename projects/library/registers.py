"""What other registers hold of a record that is merged into another one (S0 0.10).

* Single entries (permits, commitments, findings, instructions) all move to the kept record.
* Figures of months and sites of inspections move one by one, unless the kept record has an entry
  of the same month or inspection: its own counts, the other stays with the record given up.
* Sets that a project has once (its plan, its land-service list with the demands, its evaluation)
  move as a whole where the kept record has none; else both stay where they are.

Nothing is deleted: what stays is shown beside the kept record (`remaining`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Column, delete, exists, func, select, update
from sqlmodel import SQLModel

from models import tables
from models.db import Session

SINGLE = ("permit", "commitment", "finding", "instruction")
BY_ENTRY = {"project_month": "month", "inspection_site": "inspection_id"}
"""Tables whose rows are unique within a project by this column."""
SETS = {
    "plan": ("schedule", "schedule_edition", "milestone", "milestone_edge", "milestone_proposal"),
    "land_list": ("land_list", "land_demand"),
    "evaluation": ("evaluation",),
}
"""What a project has once, by its name, with the tables that hold it; the first one tells."""
BY_RULE = ("project_listing", "project_stage", "project_duty", "project_tag",
           "task_force_project", "issue", "project")  # fmt: skip
"""Tables that `projects.library.merging` joins itself, or leaves as they are."""


@dataclass(slots=True)
class Moved:
    """Names of the registers whose entries moved, and of those that stay, wholly or in part."""

    moved: list[str] = field(default_factory=list)
    stay: list[str] = field(default_factory=list)


def columns() -> dict[str, Column[Any]]:
    """The column that names a project, by table, of every other register."""
    key = tables.project.c.id
    return {
        table.name: column
        for table in SQLModel.metadata.sorted_tables
        for column in table.columns
        if table.name not in BY_RULE and any(one.column is key for one in column.foreign_keys)
    }


def move(s: Session, keep: int, other: int) -> Moved:
    """Move what `other` holds to `keep`, as the rules above say."""
    done, known = Moved(), columns()
    for name in SINGLE:
        if _has(s, known[name], other):
            _move(s, known[name], keep, other)
            done.moved.append(name)
    for name, within in BY_ENTRY.items():
        _by_entry(s, name, known[name], within, keep, other, done)
    for name, held in SETS.items():
        _set(s, name, [known[table] for table in held], keep, other, done)
    return done


def _has(s: Session, column: Column[Any], project_id: int) -> bool:
    return bool(s.execute(select(exists().where(column == project_id))).scalar())


def _move(s: Session, column: Column[Any], keep: int, other: int) -> None:
    s.execute(update(column.table).where(column == other).values({column.name: keep}))


def _by_entry(
    s: Session, name: str, column: Column[Any], within: str, keep: int, other: int, done: Moved
) -> None:
    table = column.table
    own = select(table.c[within]).where(column == keep)
    free = update(table).where(column == other, table.c[within].not_in(own.scalar_subquery()))
    taken = set(s.execute(own).scalars())
    theirs = set(s.execute(select(table.c[within]).where(column == other)).scalars())
    if theirs - taken:
        s.execute(free.values({column.name: keep}))
        done.moved.append(name)
    if theirs & taken:
        done.stay.append(name)


def _set(
    s: Session, name: str, held: list[Column[Any]], keep: int, other: int, done: Moved
) -> None:
    if not any(_has(s, column, other) for column in held):
        return
    if name == "plan" and not _make_room(s, keep, other):
        done.stay.append(name)
        return
    if name != "plan" and any(_has(s, column, keep) for column in held):
        done.stay.append(name)
        return
    for column in held:
        _move(s, column, keep, other)
    done.moved.append(name)


def _make_room(s: Session, keep: int, other: int) -> bool:
    """Whether the other plan can come: the kept record has no plan, at most the excuse of a late
    start, which the plan that comes takes over unless it has its own."""
    t = tables.schedule
    rows = {row.project_id: row for row in s.execute(
        select(t).where(t.c.project_id.in_((keep, other)))
    )}  # fmt: skip
    own, theirs = rows.get(keep), rows.get(other)
    if own is None:
        return True
    if own.edition or theirs is None or not theirs.edition:
        return False
    if own.excuse and not theirs.excuse:
        values = {"excuse": own.excuse, "excused_until": own.excused_until}
        s.execute(update(t).where(t.c.id == theirs.id).values(values))
    s.execute(delete(t).where(t.c.id == own.id))
    return True


def remaining(s: Session, merged: Iterable[int]) -> dict[int, dict[str, int]]:
    """How many entries each merged record still holds, by table; records without any are left
    out."""
    wanted = sorted(merged)
    found: dict[int, dict[str, int]] = {}
    if not wanted:
        return found
    known = columns() | {"project_listing": tables.project_listing.c.project_id}
    for name in (*BY_ENTRY, *(held[0] for held in SETS.values()), "project_listing"):
        column = known[name]
        counted = select(column, func.count()).where(column.in_(wanted)).group_by(column)
        rows: Any = s.execute(counted)
        for row in rows:
            found.setdefault(row[0], {})[name] = row[1]
    return found
