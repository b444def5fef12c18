"""A project's network as it is stored, read for many projects in a few statements."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import select

from config.i18n import current_language
from config.milestones import default_network
from models import tables
from models.db import Session
from projects.milestones.network import Node, ordered, without

ANCHORS = ("start", "finish")
_CHUNK = 400


@dataclass(slots=True)
class Plan:
    """The milestones of a project with their edges; `schedule` None: nothing was laid out."""

    project_id: int
    schedule: Any = None
    milestones: list[Any] = field(default_factory=list)
    edges: list[tuple[str, str]] = field(default_factory=list)

    @property
    def by_key(self) -> dict[str, Any]:
        """Milestones by key, dropped ones too."""
        return {m.key: m for m in self.milestones}

    @property
    def live(self) -> list[Any]:
        """Milestones that were not dropped."""
        return [m for m in self.milestones if m.dropped_on is None]

    def nodes(self) -> dict[str, Node]:
        """The network without what was dropped, in order."""
        before: dict[str, list[str]] = {m.key: [] for m in self.milestones}
        for first, then in self.edges:
            before[then].append(first)
        every = [Node(m.key, m.days, tuple(before[m.key]), m.actual_on) for m in self.milestones]
        return ordered(without(every, [m.key for m in self.milestones if m.dropped_on]))

    def targets(self) -> dict[str, date]:
        """The dates to be kept, by the milestones that they are of."""
        if self.schedule is None:
            return {}
        dates = {"start": self.schedule.start_on, "finish": self.schedule.finish_on}
        return {m.key: day for m in self.live if (day := dates.get(m.anchor)) is not None}


def load_plan(s: Session, project_id: int) -> Plan:
    """One project's network."""
    return load_plans(s, [project_id])[project_id]


def load_plans(s: Session, ids: Collection[int] | None = None) -> dict[int, Plan]:
    """Networks by project; with `ids` one for each of them, empty or not, else all there are."""
    found = {project_id: Plan(project_id) for project_id in ids or ()}
    keys: dict[int, str] = {}
    for row in _rows(s, tables.schedule, ids):
        found.setdefault(row.project_id, Plan(row.project_id)).schedule = row
    for row in _rows(s, tables.milestone, ids):
        keys[row.id] = row.key
        found.setdefault(row.project_id, Plan(row.project_id)).milestones.append(row)
    for row in _rows(s, tables.milestone_edge, ids):
        found[row.project_id].edges.append((keys[row.before_id], keys[row.after_id]))
    for plan in found.values():
        plan.milestones.sort(key=lambda m: (m.position, m.id))
    return found


def _rows(s: Session, table: Any, ids: Collection[int] | None) -> Iterable[Any]:
    chosen = select(table).order_by(table.c.id)
    if ids is None:
        return list(s.execute(chosen))
    wanted = sorted(ids)
    return [
        row
        for n in range(0, len(wanted), _CHUNK)
        for row in s.execute(chosen.where(table.c.project_id.in_(wanted[n : n + _CHUNK])))
    ]


def milestone_name(row: Any) -> str:
    """A milestone in the present language; a project's own have the name they were given."""
    known = default_network().by_key.get(row.key)
    return known.en if known is not None and current_language() == "en" else str(row.name)
