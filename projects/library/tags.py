"""Tags of projects: industrial chains (产业链) with their leaders, actions (行动), and others.

S1 1.1: 行动/条线 slice the reports; S3 3.4: 链长制. A tag of the kind `evaluation` is the result of
an evaluation and is written by that register alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from config.i18n import gettext as _
from config.projects import TAG_KINDS
from models import tables
from models.db import Session
from models.directory import PersonInfo
from projects import history
from projects.access import OFFICE, require
from projects.library.records import Saved, note, opened, save
from workflow.commands.base import clean
from workflow.context import context
from workflow.errors import GuardFailed, Malformed, NotVisible, Reason

_T, _C = tables.project_tag.c, tables.chain.c
BY_HAND = tuple(kind for kind in TAG_KINDS if kind != "evaluation")


def put(
    s: Session,
    *,
    actor: PersonInfo,
    project_id: int,
    kind: str,
    tag: str,
    now: datetime,
    expected_version: int | None = None,
) -> Saved:
    """Tag a project. A chain must be one of the chains that are kept. A repeat changes nothing."""
    require(actor, OFFICE)
    row = opened(s, actor, project_id, expected_version)
    text = _checked(s, kind, tag)
    same = (_T.project_id == row.id, _T.kind == kind, _T.tag == text)
    if s.execute(select(_T.id).where(*same)).first() is not None:
        return Saved(row.id, row.version)
    s.execute(insert(tables.project_tag).values(project_id=row.id, kind=kind, tag=text))
    note(s, row.id, "project.tagged", {"kind": kind, "tag": text}, actor, now)
    return save(s, row, {}, now)


def drop(
    s: Session,
    *,
    actor: PersonInfo,
    project_id: int,
    kind: str,
    tag: str,
    now: datetime,
    expected_version: int | None = None,
) -> Saved:
    """Take a tag off a project."""
    require(actor, OFFICE)
    row = opened(s, actor, project_id, expected_version)
    _by_hand(kind)
    same = (_T.project_id == row.id, _T.kind == kind, _T.tag == tag)
    if s.execute(delete(tables.project_tag).where(*same)).rowcount == 0:
        message = _("The project has no such tag.")
        raise NotVisible(Reason("not_found", message, "tag", _("Load the page again.")))
    note(s, row.id, "project.untagged", {"kind": kind, "tag": tag}, actor, now)
    return save(s, row, {}, now)


def keep_chain(
    s: Session,
    *,
    actor: PersonInfo,
    name: str,
    now: datetime,
    leader: str = "",
    leader_name: str = "",
    active: bool = True,
) -> int:
    """Add an industrial chain or change who leads it (链长): a person by username, or a name."""
    require(actor, OFFICE)
    text = clean("name", name, most=60, needed=True)
    person = _leader(s, leader) if leader.strip() else None
    values = {
        "leader_id": person.id if person else None,
        "leader": person.name if person else clean("leader_name", leader_name, most=60),
        "active": active,
    }
    key = s.execute(select(_C.id).where(_C.name == text)).scalar()
    if key is None:
        made = s.execute(insert(tables.chain).values(name=text, **values).returning(_C.id))
        key = made.scalar_one()
    else:
        s.execute(update(tables.chain).where(_C.id == key).values(**values))
    history.note(s, f"chain:{key}", "chain.kept", {"name": text, **values}, actor, now)
    return int(key)


def of(s: Session, projects: Iterable[int]) -> dict[int, list[Any]]:
    """The tags of each project, by kind and name."""
    wanted = list(projects)
    found: dict[int, list[Any]] = {key: [] for key in wanted}
    chosen = select(tables.project_tag).where(_T.project_id.in_(wanted))
    for row in s.execute(chosen.order_by(_T.kind, _T.tag)):
        found[row.project_id].append(row)
    return found


def chains(s: Session, *, active: bool = False) -> list[Any]:
    """Every chain by name; with `active` those that may be given to a project."""
    chosen = select(tables.chain).order_by(_C.name)
    return list(s.execute(chosen.where(_C.active) if active else chosen))


def known_tags(s: Session, kind: str) -> list[str]:
    """Tags of a kind that are in use."""
    chosen = select(_T.tag, func.count()).where(_T.kind == kind).group_by(_T.tag)
    return [row.tag for row in s.execute(chosen.order_by(_T.tag))]


def _checked(s: Session, kind: str, tag: str) -> str:
    _by_hand(kind)
    text = clean("tag", tag, most=60, needed=True)
    if kind == "chain" and text not in {row.name for row in chains(s, active=True)}:
        message = _("There is no industrial chain {name}.").format(name=text)
        raise GuardFailed(
            Reason("chain_unknown", message, "tag", _("Add the chain first, with its leader."))
        )
    return text


def _by_hand(kind: str) -> None:
    if kind not in BY_HAND:
        message = _("Unknown value {value}.").format(value=kind[:40])
        remedy = _("Use one of: {names}.").format(names=", ".join(BY_HAND))
        raise Malformed(Reason("kind_unknown", message, "kind", remedy))


def _leader(s: Session, username: str) -> PersonInfo:
    found = context(s).directory.by_username.get(username.strip())
    if found is None or not found.active:
        message = _("There is no active person {name}.").format(name=username.strip()[:60])
        raise Malformed(Reason("person_unknown", message, "leader", _("Choose another person.")))
    return found
