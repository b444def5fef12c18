"""Texts of notices as administrators keep them: drafts, publishing after a check, going back.

They are kept by whoever keeps policy and calendar (system administrator, office chief). A version
never changes; what is put in force or taken out of it enters the system's history.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update

from config.i18n import gettext as _
from models import tables
from models.db import Session
from models.directory import PersonInfo
from notifications.published import DIRTY, MOST_SOURCE, Own, in_force
from notifications.template_check import check_candidate
from notifications.template_faults import Key, RenderError, file_name
from workflow import system_events
from workflow.administrators import require
from workflow.calendar_store import KEEPERS
from workflow.errors import Malformed, Reason, StaleVersion
from workflow.template_versions import (
    IN_FORCE,
    SHIPPED,
    of_key,
    require_known,
    source_of,
    version_in_force,
)

SENT = 50
"""How many notices that really went out a text is tried on,"""
RECENT = 20_000
"""and among how many of the newest they are looked for."""
_TABLE, _T = tables.notice_template, tables.notice_template.c


def check(s: Session, key: Key, text: str) -> list[RenderError]:
    """What is wrong with a text: tried on every example and on what was really sent."""
    require_known(key)
    return check_candidate(Own(key, _clean(text)), in_force(s), _sent(s, key[0]))


@dataclass(frozen=True, slots=True)
class Vetted:
    """A text with what the check found, which holds as long as nothing else is put in force."""

    key: Key
    text: str
    edition: int
    faults: tuple[RenderError, ...]


def vet(s: Session, key: Key, text: str) -> Vetted:
    """As `check`, in a transaction that reads, for `publish` and `revert`: trying a text takes
    seconds, in which their lock would keep everybody waiting. Raises `Malformed`, `NotVisible`."""
    edition = _edition(s)
    return Vetted(key, _clean(text), edition, tuple(check(s, key, text)))


def save_draft(s: Session, key: Key, text: str, *, actor: PersonInfo | None, now: datetime) -> int:
    """Keep a text without putting it in force; returns its version. Raises `NotAllowed`."""
    require(s, actor, *KEEPERS)
    require_known(key)
    return _store(s, key, _clean(text), actor, now)


def publish(
    s: Session,
    key: Key,
    text: str,
    *,
    actor: PersonInfo | None,
    now: datetime,
    expected: int | None = None,
    vetted: Vetted | None = None,
) -> int:
    """Put a text in force for every notice that is rendered from now on; returns its version.

    `expected` is the version in force that the author has seen; a text that was `vetted` is not
    tried again unless something else has been put in force since. Raises `Malformed` with every
    fault that the check finds, `StaleVersion`, `NotAllowed`, `NotVisible`.
    """
    require(s, actor, *KEEPERS)
    require_known(key)
    before = version_in_force(s, key)
    _refuse_stale(key, before, expected)
    text = _clean(text)
    if before and source_of(s, key) == text:
        return before
    _refuse_faulty(_tried(s, key, text, vetted).faults)
    version = _store(s, key, text, actor, now)
    _retire(s, key, actor, now)
    change = update(_TABLE).where(*of_key(key), _T.version == version)
    s.execute(change.values(published_at=now, published_by_id=_id(actor)))
    _changed(s, "template.published", key, actor, now, version=version, before=before)
    return version


def revert(
    s: Session,
    key: Key,
    to: int,
    *,
    actor: PersonInfo | None,
    now: datetime,
    expected: int | None = None,
    vetted: Vetted | None = None,
) -> int:
    """Go back to an older version's text, or to the shipped one (0); returns what is in force.

    An older text passes the same check and comes back as a new version. Raises as `publish`.
    """
    require(s, actor, *KEEPERS)
    if to != SHIPPED:
        text = source_of(s, key, to)
        return publish(s, key, text, actor=actor, now=now, expected=expected, vetted=vetted)
    require_known(key)
    before = version_in_force(s, key)
    _refuse_stale(key, before, expected)
    if before != SHIPPED:
        _retire(s, key, actor, now)
        _changed(s, "template.withdrawn", key, actor, now, version=SHIPPED, before=before)
    return SHIPPED


def _tried(s: Session, key: Key, text: str, vetted: Vetted | None) -> Vetted:
    """What the check says of the text now."""
    if vetted and (vetted.key, vetted.text, vetted.edition) == (key, text, _edition(s)):
        return vetted
    return vet(s, key, text)


def _edition(s: Session) -> int:
    """Grows with whatever is put in force or taken out of it."""
    edition = s.execute(select(tables.engine_head.c.template_edition)).scalar_one_or_none()
    return int(edition or 0)


def _clean(text: str) -> str:
    """As it is stored: plain line ends, one at the end. Raises `Malformed` for one too long."""
    if len(text) > MOST_SOURCE:
        message = _("A template has at most {n} characters.").format(n=MOST_SOURCE)
        raise Malformed(Reason("too_long", message, "text", _("Shorten your entry.")))
    if any(ord(c) < 32 and c not in "\r\n\t" for c in text):
        message = _("The text holds control characters.")
        raise Malformed(Reason("control_characters", message, "text", _("Remove them.")))
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip() + "\n"


def _sent(s: Session, kind: str) -> Iterable[dict[str, Any]]:
    """Facts of the newest notices of a kind."""
    notice = tables.notice.c
    recent = select(func.coalesce(func.max(notice.id), 0) - RECENT).scalar_subquery()
    chosen = select(notice.facts).where(notice.kind == kind, notice.id > recent)
    chosen = chosen.order_by(notice.id.desc())
    return [dict(row.facts) for row in s.execute(chosen.limit(SENT))]


def _store(s: Session, key: Key, text: str, actor: PersonInfo | None, now: datetime) -> int:
    """The newest draft if it says just that, else a new version."""
    newest = select(_T.version, _T.text, _T.published_at).where(*of_key(key))
    row = s.execute(newest.order_by(_T.version.desc()).limit(1)).one_or_none()
    if row is not None and row.published_at is None and row.text == text:
        return int(row.version)
    number = int(row.version) + 1 if row is not None else 1
    kind, part, language = key
    s.execute(
        insert(_TABLE).values(
            kind=kind,
            part=part,
            language=language,
            version=number,
            text=text,
            author_id=_id(actor),
            created_at=now,
            failure="",
        )
    )
    return number


def _retire(s: Session, key: Key, actor: PersonInfo | None, now: datetime) -> None:
    values = {"retired_at": now, "retired_by_id": _id(actor)}
    s.execute(update(_TABLE).where(*of_key(key), *IN_FORCE).values(**values))


def _changed(
    s: Session, tag: str, key: Key, actor: PersonInfo | None, now: datetime, **data: int
) -> None:
    """Other processes read the texts anew; the history says who did it."""
    head = tables.engine_head
    s.execute(update(head).values(template_edition=func.coalesce(head.c.template_edition, 0) + 1))
    s.memo[DIRTY] = True
    system_events.append(s, tag, {"template": file_name(key), **data}, actor, now)


def _id(actor: PersonInfo | None) -> int | None:
    return actor.id if actor is not None else None


def _refuse_stale(key: Key, current: int, expected: int | None) -> None:
    if expected is None or expected == current:
        return
    message = _("{name} has changed meanwhile: version {n} is in force.")
    raise StaleVersion(
        Reason(
            "template_stale",
            message.format(name=file_name(key), n=current),
            "text",
            _("Compare your text with that version, then publish again."),
        )
    )


def _refuse_faulty(faults: Iterable[RenderError]) -> None:
    remedy = _("Mend the text and publish again; nothing was changed.")
    reasons = [Reason("template_fault", str(f), "text", remedy) for f in faults]
    if reasons:
        raise Malformed(*reasons)
