"""Telling addressees of a document, through the outbox like everything else."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from config.i18n import gettext as _
from config.roles import Post
from config.settings import settings
from models.db import Session
from models.directory import Directory, PersonInfo
from notifications.documents.kinds import Kind
from notifications.intent import Intent
from workflow.context import context
from workflow.documents import store
from workflow.errors import GuardFailed, Reason
from workflow.reaching import send
from workflow.telling import contacts
from workflow.windows import next_window

_MOMENTS = ("feedback_by", "new_date", "when")
"""What is typed in for a document that tells by when, or when."""


def tell_addressees(s: Session, row: Any, kind: Kind, actor: PersonInfo, now: datetime) -> None:
    """A notice with the document's link to each unit's liaison, and to its head where it is the
    addressee. Raises `GuardFailed` naming the units that have nobody."""
    _send(s, row, kind, actor, now, outcome="issued", reason="")


def tell_of_voiding(
    s: Session, row: Any, kind: Kind, actor: PersonInfo, now: datetime, reason: str
) -> None:
    """Whoever has the document must know that it is void."""
    _send(s, row, kind, actor, now, outcome="void", reason=reason)


def _send(
    s: Session, row: Any, kind: Kind, actor: PersonInfo, now: datetime, *, outcome: str, reason: str
) -> None:
    ctx, people = context(s), context(s).directory
    addressed = store.addressees_of(s, [row.id]).get(row.id, [])
    found = {a.unit_id: _people(people, a, now) for a in addressed}
    _refuse_nobody(people, [unit for unit, several in found.items() if not several])
    issues = store.issues_of(s, row.id)
    facts = {
        "document_kind": kind.zh,
        "document_kind_en": kind.en,
        "document_title": row.title,
        "document_number": row.number or "",
        "link": f"{settings().base_url}/documents/{row.id}",
        "actor": actor.name,
        "actor_unit": people.unit_name(row.issuer_unit_id),
        "outcome": outcome,
        "reason": reason,
        **_particulars(s, row),
    }
    copied = facts | {"role": "copy"}
    policy, calendar = ctx.policy(), ctx.calendar()
    urgent = "document" in policy.delivery.urgent_kinds
    moment = now if urgent else next_window(now, policy, calendar)
    intents = [
        Intent(
            f"document:{row.id}", "document", outcome, person,
            copied if a.role == "copy" else facts,
            issues[0][0] if len(issues) == 1 else None, None, 0, urgent, moment,
        )
        for a in addressed
        for person in found[a.unit_id]
    ]  # fmt: skip
    send(s, ctx, intents, now)


def _particulars(s: Session, row: Any) -> dict[str, Any]:
    """What the document is about and when something is to be done, in the words frozen with it."""
    about, frozen = store.subjects_of(s, [row.id])[row.id], row.facts["facts"]
    given = frozen.get("given", {})
    only = frozen["issues"][0] if len(about.issues) == 1 else {"number": "", "title": ""}
    return {
        "document_about": about.tasks or about.issues,
        "issue_number": only["number"],
        "issue_title": only["title"],
        "limit_at": next((given[name] for name in _MOMENTS if given.get(name)), ""),
    }


def _people(people: Directory, addressed: Any, now: datetime) -> list[PersonInfo]:
    unit = addressed.unit_id
    wanted = contacts(people, unit)
    if addressed.role == "to":
        wanted = [*wanted, *people.posts(unit, Post.HEAD)]
    standing = (people.standing_in(p, now) for p in wanted)
    return list({p.id: p for p in standing if p.active}.values())


def _refuse_nobody(people: Directory, units: list[int]) -> None:
    if units:
        names = "、".join(people.unit_name(unit) for unit in units)
        raise GuardFailed(
            Reason(
                "nobody_there",
                _("Nobody in {units} could receive it.").format(units=names),
                "to",
                _("Give the unit a liaison or a head first."),
            )
        )
