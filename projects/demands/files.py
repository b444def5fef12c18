"""Files that came with a demand: who sees the demand may save them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from config.i18n import gettext as _
from config.settings import settings
from models import tables
from models.db import Session
from models.directory import PersonInfo
from projects.demands.base import find_demand
from workflow.case import not_visible
from workflow.errors import NotVisible, Reason
from workflow.evidence_safety import Opened
from workflow.evidence_safety.kinds import UNKNOWN_TYPE, by_ending
from workflow.evidence_safety.names import clean_name, ending
from workflow.evidence_store import locate

_F = tables.demand_file.c


def files_of(s: Session, demand_id: int) -> list[Any]:
    """The files of a demand that is within scope, in order."""
    return list(
        s.execute(select(tables.demand_file).where(_F.demand_id == demand_id).order_by(_F.id))
    )


def open_file(s: Session, actor: PersonInfo, number: str, file_id: int) -> Opened:
    """Where a file lies. Raises `NotVisible` outside the scope and for a file that is gone."""
    demand = find_demand(s, actor, number)
    chosen = select(tables.demand_file).where(_F.id == file_id, _F.demand_id == demand.id)
    row = s.execute(chosen).one_or_none()
    if row is None:
        raise not_visible(str(file_id))
    path = locate(settings().var_dir / "evidence", row.sha256)
    if not path.is_file():
        raise NotVisible(
            Reason(
                "evidence_gone",
                _("The file {name} is no longer in the store.").format(name=row.name),
                "file",
                _("Tell the system administrator; a backup may have it."),
            )
        )
    name = clean_name(row.name)
    kind = by_ending(ending(name))
    return Opened(path, name, kind.media_type if kind else UNKNOWN_TYPE, row.size)
