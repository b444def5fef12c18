"""Evaluations and commitments that somebody may know of: those of the projects they know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, select

from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries.projects import visible_projects
from projects.history import Entry
from workflow.case import not_visible
from workflow.context import context

_E = tables.evaluation
_C = tables.commitment
_P = tables.project
_G = tables.evaluation_figure


def _known(s: Session, actor: PersonInfo) -> ColumnElement[bool]:
    return visible_projects(actor, context(s).directory)


def find(s: Session, actor: PersonInfo, evaluation: int, *, lock: bool = False) -> Any:
    """The evaluation's row with its project's name and board. Raises `NotVisible`."""
    chosen = (
        select(_E, _P.c.name.label("project"), _P.c.board_id, _P.c.commissioner_id)
        .join(_P, _P.c.id == _E.c.project_id)
        .where(_E.c.id == evaluation, _known(s, actor))
    )
    row = s.execute(chosen.with_for_update(of=_E) if lock else chosen).first()
    if row is None:
        raise not_visible(str(evaluation))
    return row


def listed(
    s: Session, actor: PersonInfo, *, state: str = "", grade: str = "",
    project_id: int | None = None, before_id: int | None = None, limit: int = 50,
) -> list[Any]:  # fmt: skip
    """Evaluations of visible projects, newest first."""
    conditions = [_known(s, actor)]
    conditions += [_E.c.state == state] if state else []
    conditions += [_E.c.grade == grade] if grade else []
    conditions += [_E.c.project_id == project_id] if project_id is not None else []
    conditions += [_E.c.id < before_id] if before_id is not None else []
    chosen = (
        select(_E, _P.c.name.label("project"), _P.c.board_id)
        .join(_P, _P.c.id == _E.c.project_id)
        .where(and_(*conditions))
        .order_by(_E.c.id.desc())
        .limit(limit)
    )
    return list(s.execute(chosen))


def figures(s: Session, evaluation: int) -> Mapping[str, Any]:
    """By indicator: the rows of an evaluation's figures."""
    rows = s.execute(select(_G).where(_G.c.evaluation_id == evaluation).order_by(_G.c.id))
    return {row.indicator: row for row in rows}


def commitments(s: Session, project: int, *, active: bool = False) -> list[Any]:
    """The commitments of a project, oldest first, with the issue that one has raised."""
    issue = tables.issue.c
    chosen = (
        select(_C, issue.number.label("issue_number"), issue.light.label("issue_light"))
        .join(tables.issue, issue.id == _C.c.issue_id, isouter=True)
        .where(_C.c.project_id == project)
        .order_by(_C.c.id)
    )
    if active:
        chosen = chosen.where(_C.c.active)
    return list(s.execute(chosen))


def find_commitment(s: Session, actor: PersonInfo, commitment: int, *, lock: bool = False) -> Any:
    """A commitment's row with its project's name. Raises `NotVisible`."""
    chosen = (
        select(_C, _P.c.name.label("project"))
        .join(_P, _P.c.id == _C.c.project_id)
        .where(_C.c.id == commitment, _known(s, actor))
    )
    row = s.execute(chosen.with_for_update(of=_C) if lock else chosen).first()
    if row is None:
        raise not_visible(str(commitment))
    return row


def histories(s: Session, subjects: Sequence[str]) -> Mapping[str, list[Entry]]:
    """The events of several subjects by their stream, newest first, in one statement."""
    event = tables.event.c
    columns = (event.stream, event.seq, event.tag, event.actor_id, event.at, event.data)
    rows = s.execute(select(*columns).where(event.stream.in_(subjects)).order_by(event.seq.desc()))
    found: dict[str, list[Entry]] = {subject: [] for subject in subjects}
    for row in rows:
        found[row.stream].append(Entry(row.seq, row.tag, row.actor_id, row.at, row.data))
    return found
