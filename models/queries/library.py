"""The project library as lists and totals, always within what the reader may know of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, false, func, or_, select

from models import tables
from models.db import Session
from models.directory import Directory, PersonInfo
from models.queries.paging import LIGHTS, BadCursor
from models.queries.projects import visible_projects
from models.queries.running import is_open
from models.queries.scope import visible_ids

_P, _L = tables.project.c, tables.project_listing.c
_T, _D = tables.project_tag.c, tables.project_duty.c
WORDS = 5
NO_BOARD = 0
"""Stands for "no town or street" among boards."""
_RANK: Any = case({light: n for n, light in enumerate(LIGHTS)}, value=_P.light, else_=len(LIGHTS))


@dataclass(frozen=True, slots=True)
class ProjectFilter:
    """What narrows the library. Several values of one kind mean "one of them".

    `year` counts with `lists` or alone: on any list of that year. `boards` are where projects
    lie; `larger` are conditions of a size band, built by whoever knows the bands.
    """

    lists: tuple[str, ...] = ()
    year: int | None = None
    stages: tuple[str, ...] = ()
    lights: tuple[str, ...] = ()
    boards: tuple[int, ...] = ()
    chains: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    commissioner_id: int | None = None
    ids: tuple[int, ...] | None = None
    carried_over: bool | None = None
    without_code: bool = False
    text: str = ""
    band: ColumnElement[bool] | None = None


@dataclass(frozen=True, slots=True)
class LibraryPage:
    """A page of projects, worst light first, and how many there are."""

    rows: list[Any]
    total: int
    next_cursor: str | None


def page(
    s: Session,
    actor: PersonInfo,
    people: Directory,
    wanted: ProjectFilter,
    *,
    cursor: str | None = None,
    limit: int = 50,
) -> LibraryPage:
    """A page of the library. Raises `BadCursor` for a place that is none of ours."""
    condition = within(actor, people, wanted)
    total = s.execute(select(func.count()).select_from(tables.project).where(condition)).scalar()
    chosen = select(tables.project, _RANK.label("rank")).where(condition)
    if cursor is not None:
        rank, key = _place(cursor)
        chosen = chosen.where(_beyond(_RANK, rank, key))
    rows = list(s.execute(chosen.order_by(_RANK, _P.id).limit(limit + 1)))
    shown, more = rows[:limit], len(rows) > limit
    return LibraryPage(shown, int(total or 0), f"{shown[-1].rank}.{shown[-1].id}" if more else None)


def everything(
    s: Session, actor: PersonInfo, people: Directory, wanted: ProjectFilter
) -> list[Any]:
    """Every project of the filter, in the order of its pages."""
    chosen = select(tables.project).where(within(actor, people, wanted))
    return list(s.execute(chosen.order_by(_RANK, _P.id)))


def totals(
    s: Session, actor: PersonInfo, people: Directory, wanted: ProjectFilter
) -> Counter[tuple[str, str]]:
    """Projects by stage and light, under everything of the filter but stage and light."""
    condition = within(actor, people, replace(wanted, stages=(), lights=()))
    chosen = select(_P.stage, _P.light, func.count()).where(condition)
    rows: Any = s.execute(chosen.group_by(_P.stage, _P.light))
    return Counter({(row[0], row[1]): row[2] for row in rows})


def by_chain(s: Session, actor: PersonInfo, people: Directory) -> Counter[str]:
    """How many projects that the actor may know of belong to each industrial chain."""
    seen = [visible_projects(actor, people), standing(), _T.kind == "chain"]
    rows: Any = s.execute(
        select(_T.tag, func.count())
        .join(tables.project, _P.id == _T.project_id)
        .where(*seen)
        .group_by(_T.tag)
    )
    return Counter({row[0]: row[1] for row in rows})


def years(s: Session) -> list[int]:
    """Years that have lists, newest first."""
    return list(s.execute(select(_L.year).distinct().order_by(_L.year.desc())).scalars())


def standing() -> ColumnElement[bool]:
    """A condition on `project`: the record was not merged into another one."""
    return _P.merged_into_id.is_(None)


def within(actor: PersonInfo, people: Directory, wanted: ProjectFilter) -> ColumnElement[bool]:
    """The filter as a condition on `project`, within what the actor may know of."""
    found = [visible_projects(actor, people), standing()]
    for values, column in ((wanted.stages, _P.stage), (wanted.lights, _P.light)):
        if values:
            found.append(column.in_(values))
    if wanted.lists or wanted.year is not None:
        found.append(_listed(wanted))
    if wanted.boards:
        found.append(_lies(wanted.boards))
    found += [_tagged("chain", wanted.chains)] if wanted.chains else []
    found += [_tagged(None, wanted.tags)] if wanted.tags else []
    if wanted.commissioner_id is not None:
        found.append(_P.commissioner_id == wanted.commissioner_id)
    if wanted.ids is not None:
        found.append(_P.id.in_(wanted.ids))
    if wanted.carried_over is not None:
        found.append(_P.carried_over.is_(wanted.carried_over))
    if wanted.without_code:
        found.append(_P.code.is_(None))
    if wanted.band is not None:
        found.append(wanted.band)
    return and_(*found, *_named(wanted.text))


def _listed(wanted: ProjectFilter) -> ColumnElement[bool]:
    on = [_L.project_id == _P.id, _L.removed_on.is_(None)]
    if wanted.lists:
        on.append(_L.list_code.in_(wanted.lists))
    if wanted.year is not None:
        on.append(_L.year == wanted.year)
    return exists(select(_L.id).where(*on).correlate(tables.project))


def _lies(boards: Iterable[int]) -> ColumnElement[bool]:
    named = [board for board in boards if board != NO_BOARD]
    found = _P.board_id.in_(named) if named else false()
    return or_(found, _P.board_id.is_(None)) if NO_BOARD in boards else found


def _tagged(kind: str | None, names: tuple[str, ...]) -> ColumnElement[bool]:
    on = [_T.project_id == _P.id, _T.tag.in_(names)]
    on += [_T.kind == kind] if kind is not None else [_T.kind != "chain"]
    return exists(select(_T.id).where(*on).correlate(tables.project))


def _named(text: str) -> list[ColumnElement[bool]]:
    columns = (_P.name, _P.code, _P.owner, _P.content)
    words = text.split()[:WORDS]
    return [or_(*(column.icontains(word, autoescape=True) for column in columns)) for word in words]


def _beyond(column: ColumnElement[int], rank: int, key: int) -> ColumnElement[bool]:
    return or_(column > rank, and_(column == rank, _P.id > key))


def _place(cursor: str) -> tuple[int, int]:
    rank, _dot, key = cursor.partition(".")
    if not all(part.isascii() and part.isdigit() and len(part) < 10 for part in (rank, key)):
        raise BadCursor(cursor)
    return int(rank), int(key)


def answering(actor: PersonInfo) -> ColumnElement[bool]:
    """A condition on `project`: the actor's unit or the actor answers for it (no role is asked)."""
    leads = select(_D.id).where(
        _D.project_id == _P.id,
        _D.role == "lead_unit",
        _D.unit_id == actor.unit_id,
        _D.until.is_(None),
    )
    return or_(
        _P.board_id == actor.unit_id,
        _P.commissioner_id == actor.id,
        exists(leads.correlate(tables.project)),
    )


def merged(s: Session, projects: Iterable[int]) -> dict[int, list[int]]:
    """Each project's id with those of the records merged into it, whose issues count with it."""
    wanted = list(projects)
    found = {key: [key] for key in wanted}
    chosen = select(_P.id, _P.merged_into_id).where(_P.merged_into_id.in_(wanted))
    for row in s.execute(chosen.order_by(_P.id)):
        found[row.merged_into_id].append(row.id)
    return found


def with_merged(project_id: int) -> Select[tuple[int]]:
    """The ids of a project and of the records merged into it, as a subquery."""
    return select(_P.id).where(or_(_P.id == project_id, _P.merged_into_id == project_id))


def open_issues(s: Session, actor: PersonInfo, projects: Iterable[int]) -> dict[int, Counter[str]]:
    """Open issues that the actor sees, by light, of each project with its merged records."""
    groups = merged(s, projects)
    owner = {key: kept for kept, keys in groups.items() for key in keys}
    issue, seen = tables.issue.c, visible_ids(actor)
    chosen = select(issue.project_id, issue.light, func.count()).where(
        issue.project_id.in_(owner), is_open(issue)
    )
    if seen is not None:
        chosen = chosen.where(issue.id.in_(seen))
    found: dict[int, Counter[str]] = {kept: Counter() for kept in groups}
    rows: Any = s.execute(chosen.group_by(issue.project_id, issue.light))
    for row in rows:
        found[owner[row[0]]][row[1]] += row[2]
    return found
