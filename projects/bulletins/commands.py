"""Commands on the monthly bulletin. None commits.

drafted from a frozen month -> edited -> checked (its document is prepared) -> signed by the deputy
director -> issued to every unit. What was issued never changes: a correction is a new bulletin
that says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NoReturn

from sqlalchemy import func, insert, select

from config.i18n import gettext as _
from models import tables
from models.db import Session
from models.directory import PersonInfo
from projects.access import require
from projects.bulletins.checking import check, refuse_old
from projects.bulletins.reading import DRAFT, Line, find
from projects.bulletins.source import frozen_by_id, ids_for
from projects.bulletins.stepping import WRITERS, begin, change, refuse_state, seen, state_word
from projects.bulletins.telling import tell_issued, tell_leaders
from projects.bulletins.words import DRAFT as FIRST_WORDS
from projects.bulletins.words import HEADS
from projects.history import note
from projects.twins import refusing_twins
from workflow.commands.base import clean
from workflow.documents import commands as documents
from workflow.errors import GuardFailed, Reason

__all__ = [
    "LENGTHS", "WRITERS", "check", "correct", "draft", "edit", "issue", "refresh", "reopen",
    "sign", "state_word", "tell_issued",
]  # fmt: skip
LENGTHS = {"starts": 4000, "investment": 4000, "progress": 4000, "requirements": 2000}
_B = tables.bulletin.c


def draft(s: Session, *, actor: PersonInfo, month: str, now: datetime) -> int:
    """Draft the bulletin of a frozen month; its key. One that stands already is gone on with."""
    require(actor, WRITERS, _("Only the office drafts bulletins."))
    snapshot, compared = ids_for(s, month)
    if any(line.state != "void" for line in _of_month(s, actor, month)):
        _refuse_second(month)
    return _add(s, actor, now, month, snapshot, compared, FIRST_WORDS, None, "")


def _refuse_second(month: str) -> NoReturn:
    raise GuardFailed(
        Reason(
            "bulletin_exists",
            _("There is a bulletin of {month} already.").format(month=month),
            "month",
            _("Edit that one; if it was issued, correct it."),
        )
    )


def correct(s: Session, *, actor: PersonInfo, bulletin: int, reason: str, now: datetime) -> int:
    """Draft a bulletin that corrects an issued one, from the month's newest edition; its key."""
    require(actor, WRITERS, _("Only the office drafts bulletins."))
    line = find(s, actor, bulletin, lock=True)
    refuse_state(line, ("issued",))
    reason = clean("reason", reason, most=300, needed=True)
    after = [one for one in _of_month(s, actor, line.row.month) if one.row.n > line.row.n]
    if any(one.state != "void" for one in after):
        message = _("A later bulletin of the month stands already.")
        raise GuardFailed(Reason("bulletin_exists", message, "month", _("Go on with that one.")))
    snapshot, compared = ids_for(s, line.row.month)
    words = {name: getattr(line.row, name) for name in HEADS}
    return _add(s, actor, now, line.row.month, snapshot, compared, words, line.row.id, reason)


def _of_month(s: Session, actor: PersonInfo, month: str) -> list[Line]:
    keys = s.execute(select(_B.id).where(_B.month == month).order_by(_B.n)).scalars()
    return [find(s, actor, key) for key in list(keys)]


def _add(
    s: Session, actor: PersonInfo, now: datetime, month: str, snapshot: int, compared: int | None,
    words: Mapping[str, str], corrects: int | None, reason: str,
) -> int:  # fmt: skip
    last = s.execute(select(func.coalesce(func.max(_B.n), 0)).where(_B.month == month))
    values = {
        "version": 1, "month": month, "n": int(last.scalar_one()) + 1, "snapshot_id": snapshot,
        "compared_id": compared, "corrects_id": corrects, "correction": reason,
        "drafted_by_id": actor.id, "drafted_at": now, **{name: words[name] for name in HEADS},
    }  # fmt: skip
    with refusing_twins(s, tables.bulletin.name, lambda: _refuse_second(month)):
        made = s.execute(insert(tables.bulletin).values(values).returning(_B.id))
        key = int(made.scalar_one())
    told = {"month": month, "snapshot": snapshot, "compared": compared, "corrects": corrects}
    note(s, f"bulletin:{key}", "bulletin.drafted", told | {"reason": reason}, actor, now)
    return key


def edit(
    s: Session, *, actor: PersonInfo, bulletin: int, words: Mapping[str, str], now: datetime,
    expected_version: int | None = None,
) -> int:  # fmt: skip
    """Change the words of a draft; its new version. Figures stay placeholders: what was typed is
    kept, and refused when the draft is checked."""
    line = begin(s, actor, bulletin, expected_version, (DRAFT,))
    texts = {name: clean(name, words[name], most=LENGTHS[name]) for name in HEADS if name in words}
    texts = {name: text.replace("\r\n", "\n") for name, text in texts.items()}
    changed = sorted(name for name, text in texts.items() if text != getattr(line.row, name))
    version = change(s, line, **texts)
    note(s, f"bulletin:{bulletin}", "bulletin.edited", {"sections": changed}, actor, now)
    return version


def refresh(
    s: Session, *, actor: PersonInfo, bulletin: int, now: datetime,
    expected_version: int | None = None,
) -> int:  # fmt: skip
    """Take the newest edition of the month into a draft; its new version."""
    line = begin(s, actor, bulletin, expected_version, (DRAFT,))
    snapshot, compared = ids_for(s, line.row.month)
    version = change(s, line, snapshot_id=snapshot, compared_id=compared)
    told = {"snapshot": snapshot, "compared": compared}
    note(s, f"bulletin:{bulletin}", "bulletin.refreshed", told, actor, now)
    return version


def reopen(
    s: Session, *, actor: PersonInfo, bulletin: int, reason: str, now: datetime,
    expected_version: int | None = None,
) -> int:  # fmt: skip
    """Take a checked bulletin back into editing: its document, not signed yet, is void."""
    line = begin(s, actor, bulletin, expected_version, ("prepared",))
    documents.void(s, actor=actor, document=line.document.id, reason=reason, now=now)
    version = change(s, line, document_id=None)
    told = {"document": line.document.id, "reason": reason.strip()[:300]}
    note(s, f"bulletin:{bulletin}", "bulletin.reopened", told, actor, now)
    return version


def sign(
    s: Session, *, actor: PersonInfo, bulletin: int, now: datetime,
    expected_version: int | None = None,
) -> str:  # fmt: skip
    """Sign a checked bulletin: it gets its number and date. The deputy director (or, where 党政办
    issues it, the principal); its number."""
    line = seen(s, actor, bulletin, expected_version, ("prepared",))
    refuse_old(s, line)
    signed = documents.sign(s, actor=actor, document=line.document.id, now=now)
    change(s, line)
    told = {"document": line.document.id, "number": signed.number}
    note(s, f"bulletin:{bulletin}", "bulletin.signed", told, actor, now)
    return signed.number or ""


def issue(
    s: Session, *, actor: PersonInfo, bulletin: int, now: datetime,
    expected_version: int | None = None,
) -> int:  # fmt: skip
    """Issue a signed bulletin to every unit; it stands from now on as its snapshot has it."""
    line = seen(s, actor, bulletin, expected_version, ("signed",))
    documents.issue(s, actor=actor, document=line.document.id, now=now)
    version = change(s, line)
    digest = frozen_by_id(s, line.row.snapshot_id).digest
    told = {"document": line.document.id, "digest": digest}
    note(s, f"bulletin:{bulletin}", "bulletin.issued", told, actor, now)
    tell_leaders(s, find(s, actor, bulletin), now)
    return version
