"""What of the project side waits for a person, and how their projects stand: for the workbench.

Every figure is the total of a list that its reader can open. A few statements, however much there
is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select

from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries import milestones
from models.queries.library import standing
from models.queries.milestones import MilestoneFilter
from models.queries.projects import known_projects
from projects import months, snapshots
from projects.access import INSPECTORS, OFFICE, UNIT_VOICES, sees_business
from projects.demands import listing as demands
from projects.figures import reminders
from projects.figures.dates import due_on
from projects.instructions import found as instructions
from projects.meetings import store
from projects.meetings.followup import open_decisions
from projects.milestones.horizon import horizon
from workflow.context import context


@dataclass(frozen=True, slots=True)
class Standing:
    """How the projects stand that the person may know of. `ours`: milestones are counted for the
    person's own projects and unit alone, since the zone is not theirs to oversee."""

    lights: dict[str, int]
    milestones: dict[str, int]
    ours: bool
    meeting: Any


@dataclass(frozen=True, slots=True)
class Waiting:
    """One kind of work: how much, how much of it is late, and by when where it has one date.

    `kind`: figures, decisions, demands, instructions (to answer) or answers (to rule on).
    """

    kind: str
    count: int
    late: int = 0
    due: date | None = None
    month: str = ""
    unit_id: int | None = None


def standing_of(s: Session, actor: PersonInfo, now: datetime) -> Standing:
    """Lights, milestones and the next meeting within the person's scope."""
    p, seen = tables.project.c, known_projects(s, actor, context(s).directory)
    lights: Any = s.execute(select(p.light, func.count()).where(seen, standing()).group_by(p.light))
    ours, when = not actor.sees_all, horizon(s, now)
    return Standing(
        {row[0]: row[1] for row in lights},
        milestones.counts(s, actor, seen, when, MilestoneFilter(mine=ours)),
        ours,
        store.next_meeting(s, actor, now),
    )


def waiting_for(s: Session, actor: PersonInfo, now: datetime) -> list[Waiting]:
    """What waits for the person's word, without kinds of which nothing does."""
    if not sees_business(actor):
        return []
    found = [_decisions(s, actor, now), _figures(s, actor, now), *_instructions(s, actor, now)]
    if actor.roles & OFFICE:
        counted = demands.counts(s, actor, now)
        found.append(Waiting("demands", counted["waiting"], counted["late"]))
    return [one for one in found if one.count]


def _decisions(s: Session, actor: PersonInfo, now: datetime) -> Waiting:
    """Of meetings: whoever oversees the zone follows all of them, a unit carries out its own."""
    unit = None if actor.sees_all else actor.unit_id
    found = open_decisions(s, actor, now, unit_id=unit)
    late = sum(one.status == "overdue" for one in found)
    return Waiting("decisions", len(found), late, unit_id=unit)


def _figures(s: Session, actor: PersonInfo, now: datetime) -> Waiting:
    """Of the last month, until it is frozen; late when the day to report is past."""
    month = months.reported_now(s, now)
    n = reminders.missing_of(s, month, actor)
    if not n or snapshots.latest_edition(s, month):
        return Waiting("figures", 0)
    due = due_on(s, month)
    return Waiting("figures", n, n if months.today(s, now) > due else 0, due, month)


def _instructions(s: Session, actor: PersonInfo, now: datetime) -> list[Waiting]:
    found = []
    if actor.roles & UNIT_VOICES:
        unit = actor.unit_id
        n = instructions.count(s, actor, state="open", unit_id=unit)
        late = instructions.count(s, actor, late_before=now, unit_id=unit) if n else 0
        found.append(Waiting("instructions", n, late, unit_id=unit))
    if actor.roles & INSPECTORS:
        found.append(Waiting("answers", instructions.count(s, actor, state="answered")))
    return found
