"""The system's own history as the auditor reads it: who changed people, rights, rules, calendar.

Events of issues are not among them: administrators and auditors see no business (三员分立).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from config.i18n import N_
from config.i18n import gettext as _
from config.roles import Role
from models import tables
from models.db import Session
from models.directory import Directory, PersonInfo
from workflow import system_events
from workflow.accounts.access import require_to_look
from workflow.context import context
from workflow.wording import role_names, unit_label, word

AREAS = {
    "account": N_("Signing in and accounts"),
    "token": N_("API tokens"),
    "feed": N_("Calendar feeds"),
    "person": N_("People and roles"),
    "unit": N_("Units"),
    "calendar": N_("Calendar"),
    "policy": N_("Policy"),
    "workflow": N_("Workflow"),
    "source": N_("Other platforms"),
    "audit": N_("Audit"),
    "ledger": N_("Imported ledgers"),
    "demo": N_("Demonstration"),
    "document": N_("Documents"),
    "outbox": N_("Deliveries"),
    "template": N_("Notice templates"),
}
TAGS = {
    "account.address_throttled": N_("too many failed sign-ins from an address"),
    "account.created": N_("account created"),
    "account.locked": N_("account locked"),
    "account.password_changed": N_("own password changed"),
    "account.password_refused": N_("change of password refused"),
    "account.reset": N_("password set anew"),
    "account.sessions_ended": N_("sessions ended"),
    "account.sign_in_failed": N_("sign-in failed"),
    "account.signed_in": N_("signed in"),
    "account.signed_out": N_("signed out"),
    "account.unlocked": N_("account unlocked"),
    "audit.verified": N_("history verified"),
    "calendar.exception": N_("day of the calendar changed"),
    "calendar.imported": N_("calendar imported"),
    "calendar.recomputed": N_("deadlines re-dated by the calendar"),
    "calendar.status": N_("status of a year changed"),
    "document.issued": N_("document issued"),
    "document.prepared": N_("document prepared"),
    "document.received": N_("document received"),
    "document.signed": N_("document signed"),
    "document.void": N_("document voided"),
    "demo.founded": N_("demonstration founded"),
    "feed.created": N_("calendar feed created"),
    "feed.revoked": N_("calendar feed revoked"),
    "ledger.import_begun": N_("import of a ledger begun"),
    "ledger.imported": N_("ledger imported"),
    "person.added": N_("person added"),
    "person.away": N_("absence recorded"),
    "person.changed": N_("person changed"),
    "person.deactivated": N_("person deactivated"),
    "person.channels": N_("channels chosen"),
    "person.granted": N_("role granted"),
    "person.moved": N_("person moved to another unit"),
    "person.reactivated": N_("person taken back"),
    "person.revoked": N_("role taken away"),
    "outbox.bounce_cleared": N_("address taken into use again"),
    "outbox.dropped": N_("held messages dropped"),
    "outbox.released": N_("held messages released"),
    "outbox.retried": N_("failed messages sent again"),
    "outbox.tested": N_("channels tested"),
    "policy.activated": N_("policy put in force"),
    "source.changed": N_("platform changed"),
    "source.registered": N_("platform registered"),
    "template.published": N_("notice template published"),
    "template.withdrawn": N_("notice template withdrawn for the shipped one"),
    "token.created": N_("API token created"),
    "token.revoked": N_("API token revoked"),
    "unit.added": N_("unit added"),
    "unit.changed": N_("unit changed"),
    "unit.deactivated": N_("unit deactivated"),
    "unit.duty": N_("duty contact named"),
    "unit.reactivated": N_("unit taken back"),
    "workflow.activated": N_("workflow put in force"),
    "workflow.migrated": N_("running issues moved to another workflow"),
}
FACTS = {
    "document": N_("document"),
    "title": N_("title"),
    "sha256": N_("digest"),
    "number": N_("number"),
    "reason": N_("reason"),
    "person": N_("person"),
    "username": N_("username"),
    "address": N_("address"),
    "session": N_("session"),
    "sessions": N_("sessions"),
    "sessions_ended": N_("sessions ended"),
    "token": N_("token"),
    "name": N_("name"),
    "scopes": N_("scopes"),
    "days": N_("days"),
    "role": N_("role"),
    "roles": N_("roles"),
    "since": N_("since"),
    "until": N_("until"),
    "deputy": N_("deputy"),
    "unit": N_("unit"),
    "code": N_("code"),
    "kind": N_("kind"),
    "old": N_("before"),
    "new": N_("after"),
    "year": N_("year"),
    "years": N_("years"),
    "day": N_("day"),
    "edition": N_("edition"),
    "file": N_("file"),
    "added": N_("added"),
    "removed": N_("removed"),
    "tasks": N_("tasks"),
    "moved": N_("moved"),
    "left_alone": N_("left alone"),
    "batch": N_("batch"),
    "version": N_("version"),
    "before": N_("before"),
    "source": N_("platform"),
    "events": N_("events"),
    "streams": N_("chains"),
    "faults": N_("faults"),
    "active": N_("active"),
    "channel": N_("channel"),
    "channels": N_("channels"),
    "deliveries": N_("messages"),
    "hold": N_("hold"),
    "notices": N_("notices"),
    "wanted": N_("switched on"),
    "unwanted": N_("switched off"),
    "worked": N_("worked"),
    "template": N_("template"),
    "contact": N_("contact details"),
    "partial": N_("good rows only"),
    "update": N_("changes applied"),
    "written": N_("written"),
    "taken": N_("new"),
    "unchanged": N_("unchanged"),
    "changed": N_("changed"),
    "updated": N_("updated"),
    "held_back": N_("held back"),
    "refused": N_("rows refused"),
    "demo": N_("demonstration"),
    "name_en": N_("English name"),
    "parent_id": N_("unit above"),
    "is_board": N_("town or street"),
    "unit_id": N_("unit"),
    "person_id": N_("person"),
    "deputy_id": N_("deputy"),
    "post": N_("post"),
    "email": N_("mail address"),
    "phone": N_("telephone"),
    "language": N_("language"),
    "away_from": N_("absent from"),
    "away_until": N_("absent until"),
    "wecom_userid": N_("WeCom account"),
    "callback_url": N_("call-back address"),
    "secret_name": N_("name of the secret"),
    "status": N_("status"),
    "to_version": N_("to version"),
    "mapping": N_("mapping"),
    "left": N_("left alone"),
    "issue": N_("issues"),
    "task": N_("tasks"),
}
PEOPLE = frozenset({"person", "person_id", "deputy_id"})
UNITS = frozenset({"unit", "unit_id", "parent_id"})
WORDED = {"kind": "kind", "post": "post", "scopes": "scope"}
"""Facts whose values are codes, with the group of words that has them."""
MOST_FACTS = 12
_E = tables.event.c


@dataclass(frozen=True, slots=True)
class Asked:
    """What an auditor looks for. `since` counts in, `until` does not."""

    area: str = ""
    username: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One fact of the system. `who` is empty for the machine itself."""

    seq: int
    at: datetime
    tag: str
    what: str
    who: str
    facts: tuple[str, ...]


def entries(
    s: Session,
    *,
    actor: PersonInfo | None,
    asked: Asked,
    before: int | None = None,
    limit: int = 50,
) -> tuple[list[Entry], int | None]:
    """Entries, newest first, from the one before `before` on; and where the next page begins.

    For the auditor; raises `NotAllowed`. An unknown username finds nothing.
    """
    require_to_look(s, actor, Role.AUDITOR)
    chosen = select(_E.seq, _E.at, _E.tag, _E.actor_id, _E.data).where(
        _E.stream == system_events.STREAM, *_conditions(s, asked)
    )
    if before is not None:
        chosen = chosen.where(_E.seq < before)
    rows = list(s.execute(chosen.order_by(_E.seq.desc()).limit(limit + 1)))
    shown = [_entry(s, row) for row in rows[:limit]]
    return shown, shown[-1].seq if len(rows) > limit else None


def _conditions(s: Session, asked: Asked) -> list[Any]:
    found: list[Any] = []
    if asked.area in AREAS:
        found.append(_E.tag.startswith(f"{asked.area}.", autoescape=True))
    if asked.username:
        person = context(s).directory.by_username.get(asked.username.strip())
        found.append(_E.actor_id == (person.id if person is not None else 0))
    if asked.since is not None:
        found.append(_E.at >= asked.since)
    if asked.until is not None:
        found.append(_E.at < asked.until)
    return found


def _entry(s: Session, row: Any) -> Entry:
    people = context(s).directory
    return Entry(
        row.seq,
        row.at,
        row.tag,
        _(TAGS[row.tag]) if row.tag in TAGS else row.tag,
        people.person_name(row.actor_id),
        tuple(facts(row.data, people)[:MOST_FACTS]),
    )


def facts(data: Mapping[str, Any], people: Directory) -> list[str]:
    """The facts of an event in words, one text each; lists by their length when they are long."""
    return [f"{_key(key)}: {_named(key, value, people)}" for key, value in data.items()]


def _key(key: str) -> str:
    return _(FACTS[key]) if key in FACTS else key


def _named(key: str, value: Any, people: Directory) -> str:
    """People and units by their names; the history itself keeps their ids."""
    if key in PEOPLE and value in people.people:
        return f"{people.people[value].name} ({value})"
    if key in UNITS and value in people.units:
        return f"{unit_label(people.units[value])} ({value})"
    if key in ("role", "roles"):
        return role_names([value] if isinstance(value, str) else value) or "-"
    if isinstance(value, Mapping):
        return (
            ", ".join(f"{_key(str(k))}={_named(str(k), v, people)}" for k, v in value.items())
            or "-"
        )
    if key in WORDED and isinstance(value, (str, list)):
        codes = value.split() if isinstance(value, str) else [str(v) for v in value]
        return ", ".join(word(WORDED[key], code) for code in codes) or "-"
    return _text(value)


def _text(value: Any) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list) and len(value) > 5:
        return _("{n} entries").format(n=len(value))
    if isinstance(value, list):
        return ", ".join(_text(v) for v in value) or "-"
    return str(value)[:200]
