"""Documents in the database: who may see which, and what they are laid out with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, func, insert, or_, select, true

from config.i18n import gettext as _
from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries.scope import BUSINESS_ROLES
from workflow.errors import NotVisible, Reason

_D, _A = tables.document.c, tables.document_addressee.c
_SINCE = func.coalesce(_D.signed_at, _D.prepared_at)
_PLACE = func.coalesce(_D.n, 0)
"""Of two documents that were signed at the same moment the higher number is the newer."""


def visible_documents(actor: PersonInfo) -> ColumnElement[bool]:
    """A condition on `document`: the bureau and the leaders see all, a unit what it issues and
    what was issued to it. Administrators and auditors see no business."""
    if actor.sees_all:
        return true()
    if not actor.roles & BUSINESS_ROLES:
        return false()
    reached = exists().where(_A.document_id == _D.id, _A.unit_id == actor.unit_id)
    return or_(_D.issuer_unit_id == actor.unit_id, _D.issued_at.is_not(None) & reached)


def find_document(s: Session, actor: PersonInfo, document_id: int, *, lock: bool = False) -> Any:
    """The row. Raises `NotVisible` for what does not exist or is outside the scope."""
    chosen = select(tables.document).where(_D.id == document_id, visible_documents(actor))
    row = s.execute(chosen.with_for_update() if lock else chosen).one_or_none()
    if row is None:
        raise NotVisible(
            Reason(
                "not_visible",
                _("Document {number} was not found.").format(number=document_id),
                "document",
                _("Check the number, and whether it is in your scope."),
            )
        )
    return row


def list_documents(
    s: Session,
    actor: PersonInfo,
    *,
    kind: str = "",
    state: str = "",
    issue_id: int | None = None,
    issuer_id: int | None = None,
    unreceived: bool = False,
    before_id: int | None = None,
    limit: int = 50,
) -> list[Any]:
    """Documents within the scope, those first that were signed, or else prepared, last; those of an
    issue, a kind, a state, an issuer if given; with `unreceived` those issued ones that the actor's
    unit has yet to sign for. They go on behind the document `before_id`."""
    chosen = select(_D.id).where(visible_documents(actor))
    for column, value in ((_D.kind, kind), (_D.state, state)):
        chosen = chosen.where(column == value) if value else chosen
    if issue_id is not None:
        subject = tables.document_subject.c
        about = exists().where(subject.document_id == _D.id, subject.issue_id == issue_id)
        chosen = chosen.where(about)
    if issuer_id is not None:
        chosen = chosen.where(_D.issuer_unit_id == issuer_id)
    if unreceived:
        own = (_A.unit_id == actor.unit_id, _A.received_at.is_(None))
        waits = exists().where(_A.document_id == _D.id, *own)
        chosen = chosen.where(_D.state == "issued", waits)
    if before_id is not None:
        chosen = chosen.where(_behind(s, actor, before_id))
    keys = chosen.order_by(_SINCE.desc(), _PLACE.desc(), _D.id.desc()).limit(limit)
    ids = list(s.execute(keys).scalars())  # narrow rows are sorted, the wide ones fetched by key
    rows = s.execute(select(tables.document).where(_D.id.in_(ids)))
    return sorted(rows, key=lambda row: ids.index(row.id))


def _behind(s: Session, actor: PersonInfo, before_id: int) -> ColumnElement[bool]:
    """A condition: behind that document in the list; nothing is behind one out of sight."""
    own = select(_SINCE.label("since"), _PLACE.label("place"))
    last = s.execute(own.where(_D.id == before_id, visible_documents(actor))).one_or_none()
    if last is None:
        return false()
    same_time, same_place = last.since == _SINCE, last.place == _PLACE
    return or_(
        last.since > _SINCE,
        and_(same_time, last.place > _PLACE),
        and_(same_time, same_place, _D.id < before_id),
    )


def addressees_of(s: Session, document_ids: Sequence[int]) -> dict[int, list[Any]]:
    """Units that documents go to, by document, in order."""
    rows = s.execute(
        select(tables.document_addressee)
        .where(_A.document_id.in_(document_ids))
        .order_by(_A.document_id, _A.id)
    )
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.document_id, []).append(row)
    return found


def issues_of(s: Session, document_id: int) -> list[tuple[int, str]]:
    """Ids and numbers of the issues that a document is about, in order of their ids."""
    subject, issue = tables.document_subject.c, tables.issue.c
    chosen = (
        select(issue.id, issue.number)
        .join(tables.document_subject, subject.issue_id == issue.id)
        .where(subject.document_id == document_id)
        .distinct()
        .order_by(issue.id)
    )
    return [(row.id, row.number) for row in s.execute(chosen)]


@dataclass(frozen=True, slots=True)
class Subjects:
    """Numbers of the issues, and of those of their tasks, that a document is about."""

    issues: list[str] = field(default_factory=list)
    tasks: list[str] = field(default_factory=list)


def subjects_of(s: Session, document_ids: Sequence[int]) -> dict[int, Subjects]:
    """What documents are about, by document, in the order of ids."""
    subject, issue, task = tables.document_subject.c, tables.issue.c, tables.task.c
    rows = s.execute(
        select(subject.document_id, issue.number.label("issue"), task.number.label("task"))
        .join(tables.issue, issue.id == subject.issue_id)
        .outerjoin(tables.task, task.id == subject.task_id)
        .where(subject.document_id.in_(document_ids))
        .order_by(subject.document_id, issue.id, task.id)
    )
    found = {document_id: Subjects() for document_id in document_ids}
    for row in rows:
        about = found[row.document_id]
        about.issues.extend([] if row.issue in about.issues else [row.issue])
        about.tasks.extend([row.task] if row.task else [])
    return found


def keep_template(s: Session, name: str, content: bytes, now: datetime) -> str:
    """Keep a template by its content; returns its SHA-256."""
    digest = hashlib.sha256(content).hexdigest()
    table = tables.document_template
    known = s.execute(select(table.c.sha256).where(table.c.sha256 == digest)).first()
    if known is None:
        values = {"sha256": digest, "name": name, "content": content, "created_at": now}
        s.execute(_insert_unless_there(s).values(values))
    return digest


def _insert_unless_there(s: Session) -> Any:
    """Two who prepare at once may both bring a new template: the second finds it there."""
    if s.dialect == "sqlite":
        from sqlalchemy.dialects.sqlite import insert as upsert

        return upsert(tables.document_template).on_conflict_do_nothing()
    from sqlalchemy.dialects.postgresql import insert as upsert_pg

    return upsert_pg(tables.document_template).on_conflict_do_nothing()


def template_content(s: Session, digest: str) -> bytes:
    """A kept template."""
    table = tables.document_template
    return bytes(s.execute(select(table.c.content).where(table.c.sha256 == digest)).scalar_one())


def digest_of(facts: Any) -> str:
    """SHA-256 of frozen facts, which the history keeps: a changed word would show."""
    plain = json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()


def add(s: Session, values: dict[str, Any]) -> int:
    """A new document; returns its id."""
    made = insert(tables.document).values(values).returning(tables.document.c.id)
    return int(s.execute(made).scalar_one())
