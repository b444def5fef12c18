"""Telling people of the project side, through the same outbox as everything else."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from config.roles import Role
from config.settings import settings
from models.db import Session
from models.directory import PersonInfo
from notifications.intent import Intent
from workflow.context import context
from workflow.reaching import send
from workflow.telling import contacts
from workflow.windows import next_window

KIND = "project_news"


def tell(
    s: Session,
    about: str,
    people: Iterable[PersonInfo],
    *,
    subject: str,
    occasion: str,
    title: str,
    path: str,
    now: datetime,
    copies: Iterable[PersonInfo] = (),
    urgent: bool = False,
    **facts: Any,
) -> int:
    """Write a notice of kind `project_news` for each person, once each; how many were new.

    `about` is one of `notifications.project_news.ABOUTS`; `subject` and `occasion` make the key
    under which a repeat is none, e.g. ("milestone:7", "overdue:2026-09-30"), at most 40 and 60
    characters; `path` is the portal's page ("/projects/7"). Further facts as
    `notifications.kinds.DEFAULTS` has them: project, detail, reason, limit_at, actor, ...
    Deputies stand in for the absent; with nobody left to tell, the office is told instead.
    """
    ctx = context(s)
    main = _standing(s, people, now) or office(s, now)
    told = {p.id for p in main}
    copied = [p for p in _standing(s, copies, now) if p.id not in told]
    frozen = {
        "about": about, "title": title, "link": settings().base_url.rstrip("/") + path, **facts,
    }  # fmt: skip
    moment = now if urgent else next_window(now, ctx.policy(), ctx.calendar())
    intents = [
        Intent(subject, KIND, occasion, p, frozen | {"role": role}, None, None, 0, urgent, moment)
        for role, group in (("to", main), ("copy", copied))
        for p in group
    ]
    return send(s, ctx, intents, now)


def voices(s: Session, unit_id: int) -> list[PersonInfo]:
    """A unit's contacts: its liaisons, or who stands for them."""
    return list(contacts(context(s).directory, unit_id))


def office(s: Session, now: datetime) -> list[PersonInfo]:
    """The office chiefs, or their deputies."""
    return _standing(s, context(s).directory.with_role(Role.OFFICE_CHIEF), now)


def _standing(s: Session, people: Iterable[PersonInfo], now: datetime) -> list[PersonInfo]:
    directory = context(s).directory
    present = (directory.standing_in(p, now) for p in people if p.active)
    return list({p.id: p for p in present if p.active}.values())
