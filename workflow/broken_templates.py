"""Telling the office of a published template that could not be rendered: once for each version.

Nothing waits for it: the shipped text has gone out in its place. What failed is noted in the
process that rendered; a writing transaction of its own puts it on record and into the outbox.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError

from config.roles import Role
from config.settings import settings
from models import tables
from models.db import Database, Session
from models.directory import PersonInfo
from notifications.intent import Intent
from notifications.published import noted
from notifications.routing import office
from workflow.context import Context, context
from workflow.reaching import send
from workflow.windows import next_window

_TABLE, _T = tables.notice_template, tables.notice_template.c


def tell_office(db: Database, now: datetime, *, hurry: bool = False) -> int:
    """Put on record what has failed in this process; returns how many versions were new.

    With `hurry` it is left for another time where somebody else writes: a page waits for nobody.
    """
    failures = noted(db.engine)
    waiting = dict(failures.waiting)
    if not waiting:
        return 0
    try:
        with db.write_unless_busy() if hurry else db.write() as s:
            told = record(s, waiting, now)
    except SQLAlchemyError:
        if not hurry:
            raise
        return 0
    failures.settle(waiting)
    return told


def record(s: Session, failures: Mapping[int, str], now: datetime) -> int:
    """Write down which versions failed and why, and a notice of each; what is known is left."""
    told = 0
    for template_id, reason in sorted(failures.items()):
        mark = update(_TABLE).where(_T.id == template_id, _T.failed_at.is_(None))
        values = {"failed_at": now, "failure": reason[:300]}
        if s.execute(mark.values(**values)).rowcount:
            _tell(s, template_id, reason, now)
            told += 1
    return told


def broken(s: Session) -> list[tuple[str, str]]:
    """Templates in force that have failed since they were published, with the reasons."""
    chosen = select(_TABLE).where(
        _T.published_at.is_not(None), _T.retired_at.is_(None), _T.failed_at.is_not(None)
    )
    return [(_name(row), row.failure) for row in s.execute(chosen.order_by(_T.id))]


def _tell(s: Session, template_id: int, reason: str, now: datetime) -> None:
    row = s.execute(select(_TABLE).where(_T.id == template_id)).one()
    ctx = context(s)
    path = f"{row.kind}/{row.part}/{row.language}"
    facts = {
        "fault": "template",
        "detail": f"{_name(row)}: {reason}"[:400],
        "link": f"{settings().base_url}/admin/templates/{path}",
    }
    when = next_window(now, ctx.policy(), ctx.calendar())
    subject = f"template:{template_id}"
    intents = [
        Intent(subject, "fault", subject, person, facts, None, None, 0, False, when)
        for person in _office(ctx, row.author_id, now)
    ]
    send(s, ctx, intents, now)


def _office(ctx: Context, author_id: int | None, now: datetime) -> list[PersonInfo]:
    """The office and the author; where neither is left, the system administrators."""
    people = ctx.directory
    found = list(office(people, now))
    author = people.people.get(author_id or 0)
    found += [author] if author is not None and author.active else []
    present = (people.standing_in(p, now) for p in found or people.with_role(Role.SYSADMIN))
    return list({person.id: person for person in present if person.active}.values())


def _name(row: Any) -> str:
    return f"{row.kind}/{row.part}.{row.language} v{row.version}"
