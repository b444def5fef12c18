"""What the clock does about lights each morning: sets them, proposes issues, tells people, once.

Setting is one transaction over all projects; each proposal and notice is one of its own, so that
a fault in one does not hold up the rest: the others are done, and the job is tried again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, func, select, update

from config.milestones import default_network
from config.roles import Role
from models import tables
from models.db import Database, Session
from models.directory import PersonInfo
from projects.access import answering_units
from projects.chasing import each
from projects.lights.board_tasks import tasks_by_board
from projects.lights.facts import gather, still_needed
from projects.lights.setting import follow_issues, ground, refresh, refresh_boards
from projects.lights.words import reason_word
from projects.milestones import proposals
from projects.milestones.permits import permit_name
from projects.telling import tell, voices
from workflow.context import context

_M, _P, _L, _PERMIT = tables.milestone, tables.project, tables.light_change, tables.permit
Act = Callable[[Session], None]
LOOK_AGAIN = timedelta(minutes=5)
_LOOKED: WeakKeyDictionary[Engine, tuple[int, datetime]] = WeakKeyDictionary()
"""By database: the newest event when `round_` last compared every project, and when that was."""


def run(db: Database, now: datetime) -> int:
    """The daily job: how many lights turned, issues were proposed and notices written."""
    with db.write() as s:
        turned = refresh(s, now)
    with db.read() as s:
        tasks = tasks_by_board(s, now)
    with db.write() as s:
        boards = refresh_boards(s, tasks, now)
    return turned.projects + turned.milestones + boards + _each(db, _todo(db, now))


def round_(db: Database, now: datetime) -> int:
    """Between the mornings: projects whose issues' lights have turned; how many.

    A light does not turn without an event, so that while there is none nothing is looked at; a
    full look comes now and then all the same, since an event with a lower number may be committed
    later. Idling writes nothing.
    """
    with db.read() as s:
        newest = s.execute(select(func.max(tables.event.c.id))).scalar() or 0
        known, at = _LOOKED.get(db.engine, (-1, now))
        if newest == known and at <= now < at + LOOK_AGAIN:
            return 0
        stale = follow_issues(s, now, only_look=True)
    if stale:
        with db.write() as s:
            stale = follow_issues(s, now)
    _LOOKED[db.engine] = (newest, now)
    return stale


def _each(db: Database, acts: Sequence[Act]) -> int:
    """Every act in a transaction of its own (see `projects.chasing`)."""

    def act(s: Session, n: int) -> bool:
        acts[n](s)
        return True

    return each(db, range(len(acts)), act)


def _todo(db: Database, now: datetime) -> list[Act]:
    with db.read() as s:
        here = ground(s, now)
        return [
            *(_proposing(row, now) for row in proposals.slipping(s)),
            *(_milestone(row, now) for row in _untold_milestones(s)),
            *(_permit(row, now) for row in _untold_permits(s, now)),
            *(_turned_red(row, here.today, now) for row in _untold_red(s)),
        ]


def _proposing(row: Any, now: datetime) -> Act:
    return lambda s: proposals.propose(s, row, now)


def _untold_milestones(s: Session) -> list[Any]:
    """Milestones that are due soon or overdue under a plan of which nobody was told so."""
    chosen = select(_M).where(
        _M.c.light.in_(("yellow", "red")), _M.c.actual_on.is_(None), _M.c.dropped_on.is_(None)
    )
    return [m for m in s.execute(chosen.order_by(_M.c.id)) if _about(m) and m.told != _occasion(m)]


def _about(m: Any) -> str:
    """A permit's light has a notice of its own."""
    known = {"milestone_due": "milestone_due", "milestone_overdue": "milestone_overdue"}
    return known.get(m.light_reason, "")


def _occasion(m: Any) -> str:
    return f"{_about(m).split('_')[1]}:{m.plan_version}"


def _milestone(m: Any, now: datetime) -> Act:
    def act(s: Session) -> None:
        project = _project(s, m.project_id)
        people = voices(s, m.unit_id) if m.unit_id is not None else []
        tell(
            s, _about(m), [*people, *_commissioner(s, project)],
            subject=f"milestone:{m.id}", occasion=_occasion(m), now=now,
            copies=_answering(s, project), title=m.name, project=project.name,
            path=f"/projects/{project.id}/plan", limit_at=m.plan_on.isoformat(),
        )  # fmt: skip
        s.execute(update(_M).where(_M.c.id == m.id).values(told=_occasion(m)))

    return act


def _untold_permits(s: Session, now: datetime) -> list[Any]:
    """Permits that run out soon, or have, while the milestone that uses them is still open."""
    here, network = ground(s, now), default_network()
    last = date.fromordinal(here.today.toordinal() + here.rules.permit_notice_days)
    soon = select(_PERMIT).where(
        _PERMIT.c.valid_until <= last, _PERMIT.c.withdrawn_on.is_(None), _PERMIT.c.told == ""
    )
    rows = list(s.execute(soon.order_by(_PERMIT.c.id)))
    if not rows:
        return []
    found = gather(s, here.today, {r.project_id for r in rows}, lock=False)
    pictures = {p.project.id: p for p in found}
    return [r for r in rows if still_needed(network, pictures[r.project_id], r.kind)]


def _permit(permit: Any, now: datetime) -> Act:
    def act(s: Session) -> None:
        project = _project(s, permit.project_id)
        tell(
            s, "permit_expiring", [*_answering(s, project), *_commissioner(s, project)],
            subject=f"permit:{permit.id}", occasion=f"until:{permit.valid_until}", now=now,
            title=permit_name(permit.kind), project=project.name, detail=permit.number,
            path=f"/projects/{project.id}/plan", limit_at=permit.valid_until.isoformat(),
        )  # fmt: skip
        s.execute(update(_PERMIT).where(_PERMIT.c.id == permit.id).values(told="expiring"))

    return act


def _untold_red(s: Session) -> list[Any]:
    chosen = select(_L).where(_L.c.told.is_(False)).order_by(_L.c.id)
    return list(s.execute(chosen))


def _turned_red(change: Any, today: date, now: datetime) -> Act:
    """A project that is no longer red when its turn comes is told of no more."""

    def act(s: Session) -> None:
        kind, number = change.subject.split(":")
        if kind == "project":
            project = _project(s, int(number))
            if project.light == "red":
                _tell_red(s, project, change, now)
        s.execute(update(_L).where(_L.c.id == change.id).values(told=True))

    return act


def _tell_red(s: Session, project: Any, change: Any, now: datetime) -> None:
    tell(
        s, "light_red", [*_answering(s, project), *_commissioner(s, project)],
        subject=f"project:{project.id}", occasion=f"red:{change.id}", now=now,
        title=project.name, project=project.name, reason=reason_word(project.light_reason),
        path=f"/projects/{project.id}/plan",
    )  # fmt: skip


def _project(s: Session, project_id: int) -> Any:
    return s.execute(select(_P).where(_P.c.id == project_id)).one()


def _answering(s: Session, project: Any) -> list[PersonInfo]:
    return [p for unit_id in sorted(answering_units(s, project)) for p in voices(s, unit_id)]


def _commissioner(s: Session, project: Any) -> list[PersonInfo]:
    person = context(s).directory.people.get(project.commissioner_id or 0)
    return [person] if person is not None and Role.COMMISSIONER in person.roles else []
