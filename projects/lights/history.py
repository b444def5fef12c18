"""How lights have stood over time, from the history of their changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import String, and_, cast, literal, select

from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries.library import standing
from models.queries.projects import visible_projects
from workflow.context import context

_L, _P = tables.light_change, tables.project
COLOURS = ("red", "yellow", "green", "grey")


@dataclass(frozen=True, slots=True)
class Standing:
    """How many projects had each light at the end of a day."""

    day: date
    counts: dict[str, int]


def changes_of(s: Session, subject: str, limit: int = 50) -> list[Any]:
    """How a light has turned, the newest first."""
    chosen = select(_L).where(_L.c.subject == subject).order_by(_L.c.id.desc()).limit(limit)
    return list(s.execute(chosen))


def trend(s: Session, actor: PersonInfo, days: Sequence[date]) -> list[Standing]:
    """The lights of the projects that the actor sees at the end of each of these days; records
    merged into others are none.

    A project had the light of its last change by then; before its first change, the one from which
    that change turned; without any change, the one that it has.
    """
    visible = and_(visible_projects(actor, context(s).directory), standing())
    lights = {row.id: row.light for row in s.execute(select(_P.c.id, _P.c.light).where(visible))}
    name = literal("project:") + cast(_P.c.id, String)
    turned: dict[int, list[Any]] = {}
    rows = s.execute(
        select(_P.c.id.label("project_id"), _L.c.since, _L.c.was, _L.c.light)
        .join(_P, _L.c.subject == name)
        .where(visible)
        .order_by(_L.c.id)
    )
    for row in rows:
        turned.setdefault(row.project_id, []).append(row)
    found = []
    for day in sorted(days):
        counts = Counter(_at(turned.get(key, []), now_is, day) for key, now_is in lights.items())
        found.append(Standing(day, dict(counts)))
    return found


def _at(changes: list[Any], now_is: str, day: date) -> str:
    past = [row.light for row in changes if row.since <= day]
    if past:
        return str(past[-1])
    return str(changes[0].was) if changes else now_is
