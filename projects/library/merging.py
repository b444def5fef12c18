"""Two records of one project become one (S0 0.10): every differing field is chosen by the office.

The record that is given up stays, pointing to the one that is kept; its issues stay with it, and
their rights follow the kept record. Lists, tags and task forces are joined, parts of the chain of
responsibility are taken where the kept record has none. What becomes of the entries of other
registers (plan, permits, land list, figures, inspections ...): see `projects.library.registers`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, select, update

from config.i18n import gettext as _
from models import tables
from models.db import Session
from models.directory import PersonInfo
from projects.access import OFFICE, find_project, require
from projects.library import commands as library
from projects.library import comparing, duties, fields, listings, records, registers, stages
from projects.library.comparing import Difference
from projects.library.records import Saved, opened
from projects.lights.following import follow, together
from workflow.context import context
from workflow.errors import GuardFailed, Malformed, Reason

_P = tables.project.c


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two records side by side. `lists` says what each rests on, by project."""

    kept: Any
    other: Any
    differences: list[Difference]
    lists: dict[int, str]
    digest: str


def compare(s: Session, *, actor: PersonInfo, keep: int, other: int) -> Comparison:
    """What the record `other` says otherwise than `keep`. Raises as `merge` does."""
    require(actor, OFFICE)
    _refuse_itself(keep, other)
    return _compared(s, find_project(s, actor, keep), find_project(s, actor, other))


def merge(
    s: Session,
    *,
    actor: PersonInfo,
    keep: int,
    other: int,
    choices: Mapping[str, str],
    expect: str,
    now: datetime,
) -> Saved:
    """Merge `other` into `keep`; `choices` says "keep" or "take" for every field in conflict.

    `expect` is the digest of the comparison that was shown. Raises `StaleVersion` where either
    record has changed since, `Malformed` for fields still open, `GuardFailed` for two different
    codes (two filed projects) and for a part and its whole.
    """
    require(actor, OFFICE)
    _refuse_itself(keep, other)
    rows = {key: opened(s, actor, key) for key in sorted((keep, other))}  # one order of locks
    found = _compared(s, rows[keep], rows[other])
    comparing.refuse_unseen(found.digest, expect)
    _refuse_circle(s, found)
    taken = comparing.chosen(found.differences, choices)
    moved = registers.move(s, keep, other)
    with together(s, now):
        _give_up(s, found.other, keep)
        _write(s, actor, keep, taken, now)
        _join(s, keep, other)
        done = _note(s, actor, found, taken, moved, now)
        follow(s, now, [other])
    return done


def _note(
    s: Session, actor: PersonInfo, found: Comparison, taken: dict[str, str],
    moved: registers.Moved, now: datetime,
) -> Saved:  # fmt: skip
    keep, other = found.kept.id, found.other.id
    left = {d.field: d.theirs for d in found.differences if d.field not in taken}
    said = {"into": keep, "from": other, "taken": taken, "left": left,
            "moved": moved.moved, "stay": moved.stay}  # fmt: skip
    records.note(s, keep, "project.merged", said, actor, now)
    records.note(s, other, "project.merged_away", {"into": keep}, actor, now)
    final = find_project(s, actor, keep)
    _follow(s, final)
    return records.save(s, final, listings.mirrored(s, keep), now)


def _refuse_itself(keep: int, other: int) -> None:
    if keep == other:
        message = _("A record cannot be merged with itself.")
        raise Malformed(Reason("merge_itself", message, "other", _("Choose another record.")))


def _compared(s: Session, kept: Any, other: Any) -> Comparison:
    for row in (kept, other):
        if row.merged_into_id is not None:
            message = _("{name} was merged into another record already.").format(name=row.name)
            raise GuardFailed(Reason("project_merged", message, "other",
                                     _("Choose another record.")))  # fmt: skip
    if kept.code and other.code and kept.code != other.code:
        message = _("The records have different project codes: two projects were filed.")
        remedy = _("Correct the wrong code first.")
        raise GuardFailed(Reason("codes_differ", message, "other", remedy))
    sides = facts(s, [kept, other])
    found = comparing.differences(sides[kept.id], sides[other.id])
    lists = comparing.lists_of(s, [kept.id, other.id])
    mark = comparing.digest(kept.id, kept.version, other.id, other.version, found)
    return Comparison(kept, other, found, lists, mark)


def facts(s: Session, rows: list[Any]) -> dict[int, dict[str, str]]:
    """Everything comparable of these records, as texts."""
    people, chains = context(s).directory, duties.chain(s, [r.id for r in rows], all_of_them=False)
    above = [row.parent_id for row in rows if row.parent_id is not None]
    names = {r.id: r.name for r in s.execute(select(_P.id, _P.name).where(_P.id.in_(above)))}
    found = {}
    for row in rows:
        beside = {duty.role: _holder(duty, people) for duty in chains[row.id]}
        if row.board_id is not None:
            beside["board"] = people.units[row.board_id].code
        if row.stage_since is not None:
            beside["stage"] = f"{row.stage}@{row.stage_since}"
        found[row.id] = comparing.values_of(row, names.get(row.parent_id, "")) | beside
    return found


def _holder(duty: Any, people: Any) -> str:
    if duty.role in duties.UNITS_ONLY:
        return str(people.units[duty.unit_id].code) if duty.unit_id else ""
    person = people.people.get(duty.person_id)
    if person is not None:
        return str(person.username)
    return str(duty.name or people.unit_name(duty.unit_id))


def _refuse_circle(s: Session, found: Comparison) -> None:
    """A part and its whole are not the same project, however many lie between them."""
    if found.kept.id in _above(s, found.other) or found.other.id in _above(s, found.kept):
        message = _("One of the records is a part of the other.")
        raise GuardFailed(Reason("merge_parent", message, "other", _("Take them apart first.")))


def _above(s: Session, row: Any) -> set[int]:
    found: set[int] = set()
    key: int | None = row.parent_id
    while key is not None and key not in found:
        found.add(key)
        key = s.execute(select(_P.parent_id).where(_P.id == key)).scalar()
    return found


def _give_up(s: Session, other: Any, keep: int) -> None:
    """The record points to the kept one, whose name and code it no longer holds; parts move."""
    mark = _(" (merged into no. {id})").format(id=keep)
    name = f"{other.name[: 200 - len(mark) - 8]}{mark}"
    taken = s.execute(select(_P.id).where(_P.name == name)).first()
    values = {"merged_into_id": keep, "code": None, "parent_id": None, "version": other.version + 1}
    name = f"{name} {other.id}" if taken else name
    s.execute(update(tables.project).where(_P.id == other.id).values(**values, name=name))
    s.execute(
        update(tables.project).where(_P.merged_into_id == other.id).values(merged_into_id=keep)
    )
    s.execute(update(tables.project).where(_P.parent_id == other.id).values(parent_id=keep))


def _write(s: Session, actor: PersonInfo, keep: int, taken: dict[str, str], now: datetime) -> None:
    """What was taken, through the very commands that people use."""
    plain = {name: text for name, text in taken.items() if name in fields.BY_NAME}
    if plain:
        library.edit(s, actor=actor, project_id=keep, values=plain, now=now)
    for role, text in taken.items():
        if role in comparing.BESIDE:
            write_beside(s, actor, keep, role, text, records.today(s, now), now)


def write_beside(
    s: Session, actor: PersonInfo, project_id: int, name: str, text: str, day: date, now: datetime
) -> None:
    """Write what is no field of the form: the stage, or a part in the chain of responsibility."""
    if name == "stage":
        stage, _at, since = text.partition("@")
        stages.reach(
            s, actor=actor, project_id=project_id, stage=stage, since=date.fromisoformat(since),
            note=_("taken from another record or list"), now=now,
        )  # fmt: skip
        return
    people = context(s).directory
    holder: dict[str, Any] = {"person": text} if text in people.by_username else {"name": text}
    if name in duties.UNITS_ONLY:
        holder = {"unit": text}
    standing = [d for d in duties.chain(s, [project_id], all_of_them=False)[project_id]
                if d.role == name]  # fmt: skip
    since = max([day, *(d.since for d in standing)])
    duties.assign(s, actor=actor, project_id=project_id, role=name, since=since, now=now, **holder)


def _join(s: Session, keep: int, other: int) -> None:
    """Lists, tags and task forces of both, each once."""
    for table, columns in (
        (tables.project_listing, ("list_code", "year")),
        (tables.project_tag, ("kind", "tag")),
        (tables.task_force_project, ("task_force_id",)),
    ):
        own = {tuple(row) for row in s.execute(_of(table, columns, keep))}
        for row in s.execute(_of(table, ("id", *columns), other)).all():
            if tuple(row)[1:] in own:
                continue
            s.execute(update(table).where(table.c.id == row.id).values(project_id=keep))
    s.execute(delete(tables.task_force_project)
              .where(tables.task_force_project.c.project_id == other))  # fmt: skip


def _of(table: Any, columns: tuple[str, ...], project_id: int) -> Any:
    return select(*(table.c[name] for name in columns)).where(table.c.project_id == project_id)


def _follow(s: Session, kept: Any) -> None:
    """Issues stay with the record that they were reported on; their rights come from this one."""
    values = {"board_id": kept.board_id, "commissioner_id": kept.commissioner_id}
    s.execute(update(tables.project).where(_P.merged_into_id == kept.id).values(**values))
