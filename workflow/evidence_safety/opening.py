"""The one way out for a file of evidence: to who may see its issue, as what it was taken for."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from config.i18n import gettext as _
from config.settings import settings
from models.db import Session
from models.directory import PersonInfo
from models.queries.evidence import find_evidence
from workflow.case import not_visible
from workflow.errors import NotVisible, Reason
from workflow.evidence_safety.kinds import UNKNOWN_TYPE, by_ending
from workflow.evidence_safety.names import clean_name, ending
from workflow.evidence_store import locate

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Opened:
    """A stored file, the name to offer it under and its media type. Serve it as an attachment,
    with `nosniff`."""

    path: Path
    name: str
    media_type: str
    size: int


def open_evidence(s: Session, actor: PersonInfo, evidence_id: int) -> Opened:
    """Where a piece of evidence lies. Raises `NotVisible` for what the actor may not see, for
    proof that is kept elsewhere and only named here, and for a file that is gone."""
    row = find_evidence(s, actor, evidence_id)
    if row is None:
        raise not_visible(str(evidence_id))
    if row.sha256 is None:
        raise NotVisible(
            Reason(
                "evidence_elsewhere",
                _("{name} is kept elsewhere and only named here.").format(name=row.name),
                "evidence",
                _("Ask the unit that named it."),
            )
        )
    path = locate(settings().var_dir / "evidence", row.sha256)
    try:
        size = path.stat().st_size
    except OSError:
        log.error("evidence %s is gone", evidence_id, extra={"action": "evidence.gone"})
        raise _gone(row.name) from None
    name = clean_name(row.name)
    kind = by_ending(ending(name))
    return Opened(path, name, kind.media_type if kind else UNKNOWN_TYPE, size)


def _gone(name: str) -> NotVisible:
    return NotVisible(
        Reason(
            "evidence_gone",
            _("The file {name} is no longer in the store.").format(name=name),
            "evidence",
            _("Tell the system administrator; a backup may have it."),
        )
    )
