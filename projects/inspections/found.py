"""Inspections that somebody may know of, with their parts; who may do what with one.

Who oversees the zone sees every inspection. Others see those with a site among the projects they
may know of, once it is announced to them or its findings are sent; of those only their own sites.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, select, true

from config.i18n import gettext as _
from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries.projects import visible_projects
from projects.access import INSPECTORS, not_allowed, sees_business
from workflow.case import not_visible
from workflow.context import context
from workflow.errors import IllegalTransition, Reason

_I = tables.inspection
_S = tables.inspection_site
_P = tables.project
SENT = ("sent", "closed")
ALIVE = ("planned", "under_way", "sent")


def visible(s: Session, actor: PersonInfo) -> ColumnElement[bool]:
    """A condition on `inspection`."""
    if actor.sees_all:
        return true()
    if not sees_business(actor):
        return false()
    own = select(_S.c.inspection_id).join(_P, _P.c.id == _S.c.project_id)
    known = _I.c.id.in_(own.where(visible_projects(actor, context(s).directory)))
    told = and_(_I.c.announced, _I.c.state.in_(("planned", "under_way")))
    return or_(and_(known, or_(told, _I.c.state.in_(SENT))), member_of(actor))


def member_of(actor: PersonInfo) -> ColumnElement[bool]:
    """A condition on `inspection`: the person is of its team."""
    team = tables.inspection_member.c
    return _I.c.id.in_(select(team.inspection_id).where(team.person_id == actor.id))


def find(s: Session, actor: PersonInfo, inspection: int, *, lock: bool = False) -> Any:
    """The inspection's row. Raises `NotVisible` for what the actor may not know of."""
    statement = select(_I).where(_I.c.id == inspection, visible(s, actor))
    row = s.execute(statement.with_for_update(of=_I) if lock else statement).first()
    if row is None:
        raise not_visible(str(inspection))
    return row


def is_member(s: Session, actor: PersonInfo, inspection: int) -> bool:
    """Whether the person is of the team, or oversees inspections anyway."""
    team = tables.inspection_member.c
    if actor.roles & INSPECTORS:
        return True
    chosen = select(team.id).where(team.inspection_id == inspection, team.person_id == actor.id)
    return s.execute(chosen).first() is not None


def require_member(s: Session, actor: PersonInfo, inspection: int) -> None:
    """Raise `NotAllowed` for who is not of the team."""
    if not is_member(s, actor, inspection):
        raise not_allowed()


def refuse_state(row: Any, *allowed: str) -> None:
    """Raise `IllegalTransition` unless the row is in one of these states."""
    if row.state not in allowed:
        text = _("This is no longer possible, or not yet.")
        raise IllegalTransition(Reason("state", text, "state", _("Look at it again.")))


def sites(s: Session, actor: PersonInfo, inspection: int) -> list[Any]:
    """The sites that the actor may know of, in visiting order, with their project."""
    team = is_member(s, actor, inspection)
    mine = true() if team else visible_projects(actor, context(s).directory)
    chosen = (
        select(
            _S, _P.c.name, _P.c.board_id, _P.c.light, _P.c.light_reason, _P.c.stage,
            _P.c.address,
        )
        .join(_P, _P.c.id == _S.c.project_id)
        .where(_S.c.inspection_id == inspection, mine)
        .order_by(_S.c.position, _S.c.id)
    )  # fmt: skip
    return list(s.execute(chosen))


def members(s: Session, inspection: int) -> list[int]:
    """Ids of the team."""
    team = tables.inspection_member.c
    chosen = select(team.person_id).where(team.inspection_id == inspection).order_by(team.id)
    return [int(row.person_id) for row in s.execute(chosen)]
