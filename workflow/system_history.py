"""The system's own history as the auditor reads it: who changed people, rights, rules, calendar.

Events of issues are not among them: administrators and auditors see no business (三员分立).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from config.i18n import gettext as _
from config.roles import Role
from models import tables
from models.db import Session
from models.directory import Directory, PersonInfo
from workflow import system_events
from workflow.accounts.access import require_to_look
from workflow.context import context
from workflow.system_words import AREAS, FACTS, TAGS
from workflow.wording import role_names, unit_label, word

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
