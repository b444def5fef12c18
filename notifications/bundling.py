"""From pending notices to messages: at most one per person, channel and delivery window."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import groupby
from typing import Any

from sqlalchemy import (
    Row,
    and_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from config.settings import settings
from models import tables
from models.db import Session
from notifications.channels.mail import domain_of
from notifications.faults import KIND
from notifications.storms import Guard

_N, _D = tables.notice.c, tables.delivery.c
Key = tuple[int, str, str]  # recipient, channel, window
_BUNDLING = 4_100_301  # an arbitrary number for the lock that bundling workers share

# State is written out, not bound: only then do both databases use the partial index.
_due = (
    select(_N.id, _N.recipient_id, _N.channel, _N.urgent, _N.not_before, _N.created_at, _N.kind)
    .where(literal_column("state = 'pending'"), _N.not_before <= bindparam("now"))
    .order_by(_N.recipient_id, _N.channel, _N.urgent, _N.not_before, _N.id)
    .limit(bindparam("size"))
    .with_for_update()
)
_link = (
    update(tables.notice)
    .where(_N.id == bindparam("notice"))
    .values(state="bundled", delivery_id=bindparam("delivery"))
)
_name = (
    update(tables.delivery)
    .where(_D.id == bindparam("delivery"))
    .values(message_id=bindparam("name"))
)


@dataclass(frozen=True, slots=True)
class _Group:
    key: Key
    urgent: bool
    notice_ids: list[int]
    fault: bool
    """It tells of a fault, which nothing may hold back."""


def bundle(
    s: Session,
    now: datetime,
    next_window: Callable[[datetime], datetime],
    *,
    batch: int = 2000,
    domain: str | None = None,
    guard: Guard | None = None,
) -> int:
    """Put a batch of due notices into messages; returns how many notices it dealt with (0 = none).

    What is not urgent shares one message per person and channel, named after the newest
    `not_before` in it, which is the start of a window; after an outage that is one message, not
    one a window. A late notice still joins its window's message while nobody has tried to send
    that. Afterwards it is not lost: its `not_before` moves to `next_window(now)`, the first start
    of a window after now (ValueError if it is not after). What is urgent never waits: each call
    gathers the urgent of the moment in a message of their own.

    One worker bundles at a time, since a group must be seen whole; another gets 0 at once.
    `domain` ends the Message-IDs (default: that of `mail_from`). What the `guard` objects to is
    bundled all the same, but held; what tells of faults never is.
    """
    if not _alone(s):
        return 0
    due = s.execute(_due, {"now": now, "size": batch}).fetchall()
    full = len(due) == batch
    groups = _groups(due, full=full)
    if not groups:
        return 0
    if guard is not None:
        guard.watch(s, now, sum(not group.fault for group in groups), more=full)
    name = domain or domain_of(settings().mail_from)
    chosen = _deliveries(s, groups, now, name, guard.opened if guard is not None else None)
    links = [
        {"notice": n, "delivery": chosen[group.key]}
        for group in groups
        if group.key in chosen
        for n in group.notice_ids
    ]
    if links:
        s.execute(_link, links)
    late = [n for group in groups if group.key not in chosen for n in group.notice_ids]
    _postpone(s, late, now, next_window)
    return len(links) + len(late)


def message_id(delivery_id: int, key: Key, domain: str) -> str:
    """`<xiaohao.12.0a1b2c3d4e@domain>`, the same for every try of a message."""
    mark = sha256("|".join(map(str, key)).encode()).hexdigest()[:10]
    return f"<xiaohao.{delivery_id}.{mark}@{domain}>"


def _alone(s: Session) -> bool:
    """SQLite's writing transactions are alone anyway."""
    if s.dialect != "postgresql":
        return True
    return bool(s.execute(select(func.pg_try_advisory_xact_lock(_BUNDLING))).scalar_one())


def _groups(due: Iterable[Row[Any]], *, full: bool) -> list[_Group]:
    """Rows of one person, channel and urgency together; a full batch may have cut the last."""
    found = [
        _group(list(rows))
        for _key, rows in groupby(due, key=lambda row: (row.recipient_id, row.channel, row.urgent))
    ]
    return found[:-1] if full and len(found) > 1 else found


def _group(rows: list[Row[Any]]) -> _Group:
    first = min(rows, key=lambda row: row.id)
    if first.urgent:
        earliest = min(row.created_at for row in rows)
        window = f"urgent:{earliest.isoformat()}:{first.id}"
    else:
        window = max(row.not_before for row in rows).isoformat()
    key = (first.recipient_id, first.channel, window)
    return _Group(
        key, first.urgent, [row.id for row in rows], any(row.kind == KIND for row in rows)
    )


def _deliveries(
    s: Session, groups: list[_Group], now: datetime, domain: str, hold: int | None
) -> dict[Key, int]:
    """The message of each group that is new, or that nobody has tried to send yet.

    New ones are held under `hold`; a message that is held already takes nothing more in.
    """
    new = postgresql.insert if s.dialect == "postgresql" else sqlite.insert
    rows = [_row(group.key, now, None if group.fault else hold) for group in groups]
    s.execute(new(tables.delivery).on_conflict_do_nothing(), rows)
    keys = tuple_(_D.recipient_id, _D.channel, _D.window_key)
    found = s.execute(
        select(_D.id, _D.recipient_id, _D.channel, _D.window_key, _D.message_id)
        .where(keys.in_([group.key for group in groups]))
        # A message that was tried may have arrived: whatever joined it now could be taken for
        # a repeat and dropped on the way.
        .where(_D.attempts == 0, _D.last_error == "")
        .where(or_(_D.state == "pending", and_(_D.state == "held", _D.hold_id == hold)))
        .order_by(_D.id)
        .with_for_update()  # a worker that is taking it just now is waited for
    ).fetchall()
    ids = {(row.recipient_id, row.channel, row.window_key): row for row in found}
    unnamed = [(key, row.id) for key, row in ids.items() if row.message_id == _draft_name(key)]
    if unnamed:
        names = [{"delivery": n, "name": message_id(n, key, domain)} for key, n in unnamed]
        s.execute(_name, names)
    return {key: row.id for key, row in ids.items()}


def _row(key: Key, now: datetime, hold: int | None) -> dict[str, Any]:
    recipient, channel, window = key
    return {
        "message_id": _draft_name(key),
        "recipient_id": recipient,
        "channel": channel,
        "window_key": window,
        "state": "pending" if hold is None else "held",
        "hold_id": hold,
        "next_attempt_at": now,
        "created_at": now,
    }


def _draft_name(key: Key) -> str:
    """Stands in for the Message-ID, which holds an id that the insert has yet to give."""
    return "|".join(map(str, key))


def _postpone(
    s: Session, notice_ids: list[int], now: datetime, next_window: Callable[[datetime], datetime]
) -> None:
    if not notice_ids:
        return
    moment = next_window(now)
    if moment == now:  # a window that opens this very moment is the one that was missed
        moment = next_window(now + timedelta(microseconds=1))
    if moment <= now:
        raise ValueError(f"the next window {moment} is not after {now}")
    s.execute(
        update(tables.notice).where(_N.id == bindparam("notice")).values(not_before=moment),
        [{"notice": n} for n in notice_ids],
    )
