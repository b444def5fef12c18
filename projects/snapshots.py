"""Frozen months: the facts of a month, from which every figure of it can be worked out again.

A month's content is a plain dict of sections (`projects.sections`). Figures are pure functions
over it, so that a frozen month always answers the same; a live month is gathered now. A freeze
stores canonical JSON with its SHA-256; the database refuses to change a row. What has to be
corrected afterwards becomes a new edition with a reason (`projects.figures.freezing`).
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from threading import Lock
from typing import Any

from sqlalchemy import insert, select

from config.i18n import gettext as _
from config.roles import UnitKind
from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.heads import forget_head
from projects import months
from projects.access import CHIEF, require
from projects.history import note
from projects.kpi.kept import keep
from projects.sections import SECTIONS
from projects.sections.concerned import reading_once
from workflow.archived import refuse_gathering
from workflow.chain import canonical, instant
from workflow.context import context
from workflow.errors import GuardFailed, NotVisible, Reason

RULES = 2
"""Version of the shape of a content and of the formulas over it. 1 held every issue that was ever
reported, 2 those that the month concerns, and how many were struck off before."""
KIND = "month"
KEPT = 6
Content = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Frozen:
    """A frozen month. `content` is shared between readers and must not be changed."""

    content: Content
    digest: str
    at: datetime
    edition: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Edition:
    """A frozen month without its content."""

    month: str
    edition: int
    at: datetime
    by_id: int | None
    reason: str
    size: int
    digest: str


def gather(s: Session, month: str, now: datetime, only: Iterable[str] | None = None) -> Content:
    """The facts of a month as they stand now; `only` names sections, all by default."""
    month = months.checked(month)
    wanted = SECTIONS if only is None else {name: SECTIONS[name] for name in only}
    with reading_once(s):
        sections = {name: section(s, month, now) for name, section in wanted.items()}
    return {
        "rules": RULES, "month": month, "as_of": instant(now), "units": _units(s), **sections,
    }  # fmt: skip


def _units(s: Session) -> list[dict[str, Any]]:
    """Every unit by id; `class`: the group of like units within which figures are compared."""
    units = sorted(context(s).directory.units.values(), key=lambda u: u.id)
    return [
        {
            "id": u.id, "code": u.code, "name": u.name, "name_en": u.name_en, "kind": u.kind,
            "is_board": u.is_board, "class": "board" if u.is_board else _class(u.kind),
            "active": u.active,
        }
        for u in units
    ]  # fmt: skip


def _class(kind: str) -> str:
    return "department" if kind == UnitKind.DEPARTMENT else str(kind)


def freeze(
    s: Session, month: str, actor: PersonInfo | None, now: datetime, reason: str = ""
) -> Frozen:
    """Freeze a month that has ended: the chief, or the clock (`actor` None).

    A month that is frozen already is frozen again only for a reason, as a new edition. Raises
    `NotAllowed`, and `GuardFailed` for a month that has not ended or a missing reason.
    """
    if actor is not None:
        require(actor, CHIEF, _("Only the office chief freezes a month."))
    month = months.checked(month)
    if months.last_day(month) >= months.today(s, now):
        raise GuardFailed(_unfinished(month))
    exclude_reports(s)
    if latest_edition(s, month):
        zone = context(s).calendar().tz
        refuse_gathering(s, datetime.combine(months.first_day(month), time(), zone))
    return store(s, month, gather(s, month, now), actor, now, reason)


def _unfinished(month: str) -> Reason:
    message = _("{month} has not ended yet.").format(month=month)
    return Reason("month_running", message, "month", _("Freeze it after its last day."))


def store(
    s: Session, month: str, content: Content, actor: PersonInfo | None, now: datetime, reason: str
) -> Frozen:
    """Store a content as the month's next edition; the caller has checked who and why."""
    before = latest_edition(s, month)
    if before and not reason.strip():
        message = _("{month} is frozen already.").format(month=month)
        raise GuardFailed(
            Reason("month_frozen", message, "reason", _("Give the reason for a new edition."))
        )
    text = canonical(content).encode()
    digest, edition = hashlib.sha256(text).hexdigest(), before + 1
    s.execute(insert(tables.snapshot), {
        "kind": KIND, "period": month, "edition": edition, "at": now,
        "by_id": actor.id if actor else None, "reason": reason.strip()[:300],
        "rules": content["rules"], "size": len(text), "digest": digest,
        "content": zlib.compress(text, 6),
    })  # fmt: skip
    facts = {"month": month, "edition": edition, "digest": digest, "reason": reason.strip()}
    note(s, f"month:{month}", "month.frozen", facts, actor, now)
    frozen: Content = json.loads(text)
    keep(s, month, edition, frozen)
    return Frozen(frozen, digest, now, edition, reason.strip())


def load(s: Session, month: str, edition: int | None = None) -> Frozen:
    """A frozen month: its newest edition, or the one that is named. Raises `NotVisible`.

    Raises `RuntimeError` when what is stored does not match its digest.
    """
    t = tables.snapshot.c
    chosen = select(t.id, t.edition, t.at, t.reason, t.digest).where(
        t.kind == KIND, t.period == month
    )
    if edition is not None:
        chosen = chosen.where(t.edition == edition)
    row = s.execute(chosen.order_by(t.edition.desc()).limit(1)).first()
    if row is None:
        raise NotVisible(_not_frozen(month))
    content = _CACHE.get(row.digest) or _CACHE.put(row.digest, _content(s, row))
    return Frozen(content, row.digest, row.at, row.edition, row.reason)


def _not_frozen(month: str) -> Reason:
    message = _("{month} is not frozen.").format(month=month[:20])
    return Reason("month_not_frozen", message, "month", _("Choose a frozen month."))


def _content(s: Session, row: Any) -> Content:
    stored = s.execute(select(tables.snapshot.c.content).where(tables.snapshot.c.id == row.id))
    text = zlib.decompress(stored.scalar_one())
    if hashlib.sha256(text).hexdigest() != row.digest:
        raise RuntimeError(f"snapshot {row.id} does not match its digest")
    content: Content = json.loads(text)
    return content


def of_month(
    s: Session, month: str, now: datetime, only: Iterable[str] | None = None
) -> tuple[Content, Frozen | None]:
    """What a month's figures are worked out from: the frozen month, or what stands now."""
    if latest_edition(s, months.checked(month)):
        frozen = load(s, month)
        return frozen.content, frozen
    return gather(s, month, now, only), None


def latest_edition(s: Session, month: str) -> int:
    """The number of a month's newest edition; 0: not frozen."""
    t = tables.snapshot.c
    chosen = select(t.edition).where(t.kind == KIND, t.period == month)
    return int(s.execute(chosen.order_by(t.edition.desc()).limit(1)).scalar() or 0)


def frozen_after(s: Session, month: str) -> str:
    """The first frozen month of the same year that lies after this one; empty for none."""
    t = tables.snapshot.c
    last = months.of_year(months.year_of(month))[-1]
    chosen = select(t.period).where(t.kind == KIND, t.period > month, t.period <= last)
    return str(s.execute(chosen.order_by(t.period).limit(1)).scalar() or "")


def editions(s: Session, year: int | None = None) -> list[Edition]:
    """Frozen months with all their editions, newest month and edition first."""
    t = tables.snapshot.c
    chosen = select(t.period, t.edition, t.at, t.by_id, t.reason, t.size, t.digest)
    chosen = chosen.where(t.kind == KIND)
    if year is not None:
        chosen = chosen.where(t.period.like(f"{year:04d}-%"))
    rows = s.execute(chosen.order_by(t.period.desc(), t.edition.desc()))
    return [Edition(*tuple(row)) for row in rows]


def exclude_reports(s: Session) -> None:
    """Wait for figures that are being written, and keep others out until this freeze is stored."""
    s.execute(select(tables.engine_head).with_for_update())
    forget_head(s)


def exclude_freezes(s: Session) -> None:
    """Keep a freeze out while figures are written: none falls between its look and its store."""
    s.execute(select(tables.engine_head).with_for_update(read=True))
    forget_head(s)


class _Cache:
    """The contents read last, by digest: what a digest names never changes."""

    def __init__(self) -> None:
        self.kept: OrderedDict[str, Content] = OrderedDict()
        self.lock = Lock()

    def get(self, digest: str) -> Content | None:
        """The content, if it is held."""
        with self.lock:
            return self.kept.get(digest)

    def put(self, digest: str, content: Content) -> Content:
        """Hold a content, and let go of the oldest."""
        with self.lock:
            self.kept[digest] = content
            while len(self.kept) > KEPT:
                self.kept.popitem(last=False)
        return content


_CACHE = _Cache()
