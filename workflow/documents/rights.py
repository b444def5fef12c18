"""Who may do what with a document: rights of its kind, in the unit that it takes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from config.documents import document_rules
from config.i18n import gettext as _
from config.roles import Role
from models import tables
from models.db import Session
from models.directory import PersonInfo, UnitInfo
from notifications.documents.kinds import KINDS, Kind
from workflow.context import context
from workflow.documents import store
from workflow.documents.asking import refuse_unless

RECEIVERS = (
    Role.UNIT_LIAISON,
    Role.UNIT_LEADER,
    Role.TRIAGE_OFFICER,
    Role.OFFICE_CHIEF,
    Role.DEPUTY_DIRECTOR,
    Role.PRINCIPAL,
)
"""Who may sign for what arrives at a unit."""


def refuse_signing(s: Session, actor: PersonInfo, row: Any, kind: Kind) -> None:
    """Raise `NotAllowed` unless the actor is the signer that the document takes."""
    unit = context(s).directory.units[row.issuer_unit_id]
    roles = signer_roles(s, row, kind, unit)
    refuse_unless(actor, roles, actor.unit_id == row.issuer_unit_id, _("sign the document"))


def signer_roles(s: Session, row: Any, kind: Kind, issuer: UnitInfo) -> tuple[str, ...]:
    """Who signs: the kind's signers; the principal where the leaders' office issues it; the one
    who approves for the closure notice of a weighty issue."""
    if kind.issuer == "bureau" and issuer.kind in document_rules().may_direct:
        return (Role.PRINCIPAL,)
    if kind.name == "closure_notice" and _weighty(s, row.id):
        return (context(s).policy().closure.major_approver,)
    return kind.signers


def _weighty(s: Session, document_id: int) -> bool:
    """Whether the issue is major, listed or coordinated at a high level."""
    issue, subject = tables.issue.c, tables.document_subject.c
    rows = s.execute(
        select(issue.major, issue.listed, issue.coordination_level)
        .join(tables.document_subject, subject.issue_id == issue.id)
        .where(subject.document_id == document_id)
    )
    level = context(s).policy().closure.major_from_level
    return any(row.major or row.listed or row.coordination_level >= level for row in rows)


def preparing_unit(s: Session, row: Any) -> int:
    """The unit in which the document was prepared; it also issues what another office signs."""
    return context(s).directory.people[row.prepared_by_id].unit_id


def prepares(s: Session, actor: PersonInfo, row: Any, kind: Kind) -> bool:
    """Whether the actor could have prepared it."""
    return bool(actor.roles & set(kind.preparers)) and actor.unit_id == preparing_unit(s, row)


def may(s: Session, actor: PersonInfo, row: Any) -> dict[str, bool]:
    """What the actor may do with a document now, for buttons; commands ask again."""
    kind = KINDS[row.kind]
    unit = context(s).directory.units[row.issuer_unit_id]
    signs = actor.unit_id == unit.id and actor.roles & set(signer_roles(s, row, kind, unit))
    issues = actor.unit_id in (unit.id, preparing_unit(s, row)) and actor.roles & {
        *kind.preparers,
        *kind.signers,
        Role.PRINCIPAL,
    }
    own = own_copy(s, actor, row.id)
    waits = own is not None and own.received_at is None
    voids = signs or (row.state == "prepared" and prepares(s, actor, row, kind))
    return {
        "sign": row.state == "prepared" and bool(signs),
        "issue": row.state == "signed" and bool(issues),
        "receive": row.state == "issued" and waits and bool(actor.roles & set(RECEIVERS)),
        "void": row.state != "void" and bool(voids),
    }


def own_copy(s: Session, actor: PersonInfo, document_id: int) -> Any:
    """The place of the actor's unit among the addressees, or None."""
    addressed = store.addressees_of(s, [document_id]).get(document_id, [])
    return next((a for a in addressed if a.unit_id == actor.unit_id), None)


def kinds_for(actor: PersonInfo) -> list[Kind]:
    """Kinds that the actor's rights allow to prepare."""
    return [kind for kind in KINDS.values() if actor.roles & set(kind.preparers)]
