"""Proofs over a database after whatever was done to it. Each raises AssertionError by name.

`check(db, now)` may be used on any database whose sweeps have come up to `now`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from models import tables
from models.db import Database, Session
from notifications.channels.folder import file_name
from tests.smtp import Received
from workflow import audit, balance, ladder
from workflow.context import context
from workflow.watchdog import examine


def check(db: Database, now: datetime) -> None:
    """History, ladder, ledger and notices, after every sweep up to `now`."""
    with db.read() as s:
        history_is_whole(s)
        every_rung_fired_once(s, now)
        rungs_and_their_events_agree(s)
        only_the_highest_was_sent(s)
        every_rung_was_told(s)
        prepared_steps_are_complete(s)
        assert balance.reconcile(s).balanced
        assert _all(s, tables.deferral) == []


def _all(s: Session, table: Any) -> list[Any]:
    return list(s.execute(select(table).order_by(*table.primary_key.columns)))


def history_is_whole(s: Session) -> None:
    """Every chain verifies, and every version of a row has exactly one event."""
    report = audit.verify(s)
    assert report.ok, report.faults[:5]
    seen = Counter(
        (e.stream, e.task_id, e.data["v"]) for e in _all(s, tables.event) if "v" in e.data
    )
    assert seen.total() == len(seen), [key for key, n in seen.items() if n > 1]
    for row in _all(s, tables.task):
        versions = {v for stream, task, v in seen if task == row.id}
        assert versions == set(range(2, row.version + 1)), row.number


def every_rung_fired_once(s: Session, now: datetime) -> None:
    """The present deadline's rungs up to now, worked out purely, are those on record."""
    ctx, fired = context(s), defaultdict(list)
    for f in _rungs(s):
        fired[f.subject, f.deadline_version].append((f.rung, f.logical_at))
    lapsed = {r.task_id: r.asked_at for r in _all(s, tables.request) if _froze_to_the_end(r)}
    for task in _all(s, tables.task):
        until = _horizon(task, lapsed.get(task.id), now)
        if until is None:
            continue
        policy = ctx.policy(task.policy_version_id)
        calendar = ctx.calendar(task.lead_unit_id, task.policy_version_id)
        expected = [(m.key, m.at) for m in ladder.ladder(task, policy, calendar) if m.at <= until]
        found = fired[f"task:{task.id}", task.deadline_version]
        assert sorted(found) == sorted(expected), (task.number, found, expected)


def _rungs(s: Session) -> list[Any]:
    return [f for f in _all(s, tables.rung_firing) if f.level is not None]


def _limits_told(s: Session) -> list[Any]:
    """Side limits that somebody was reminded of; older reminders of an outage are superseded."""
    found = [f for f in _all(s, tables.rung_firing) if f.level is None]
    return [f for f in found if f.outcome == "fired"]


def _froze_to_the_end(request: Any) -> bool:
    """Whether an extension was still pending when the task was handed in."""
    return bool(request.kind == "extension" and request.state == "lapsed")


def _horizon(task: Any, lapsed: datetime | None, now: datetime) -> datetime | None:
    """Until when the ladder was climbed: it stands still while parked, frozen or handed in."""
    if task.dispatched_at is None or task.state in ("verified", "withdrawn"):
        return None
    ends = (now, task.submitted_at, task.paused_at, task.frozen_at, lapsed)
    return min(moment for moment in ends if moment is not None)


def rungs_and_their_events_agree(s: Session) -> None:
    """No rung without its event, no event without its rung, none twice."""
    events = Counter(
        (
            f"task:{e.task_id}",
            e.data["deadline_version"],
            e.data["rung"],
            e.data["outcome"],
            e.logical_at,
            e.at,
        )
        for e in _all(s, tables.event)
        if e.tag == "ladder.rung"
    )
    assert events == Counter(
        (f.subject, f.deadline_version, f.rung, f.outcome, f.logical_at, f.at) for f in _rungs(s)
    )
    limits = Counter(
        (e.stream if e.task_id is None else f"task:{e.task_id}", e.data["limit"], e.at)
        for e in _all(s, tables.event)
        if e.tag == "limit.passed"
    )
    assert limits == Counter((f.subject, f.rung, f.at) for f in _limits_told(s))


def only_the_highest_was_sent(s: Session) -> None:
    """Of the rungs that one sweep found due, those passed by are superseded (invariant 6)."""
    together = defaultdict(list)
    for f in _rungs(s):
        together[f.subject, f.deadline_version, f.at].append(f)
    for rungs in together.values():
        for rung in rungs:
            passed = any(f.logical_at > rung.logical_at and f.level >= rung.level for f in rungs)
            assert (rung.outcome == "superseded") == passed, (rung, rungs)


def every_rung_was_told(s: Session) -> None:
    """A rung that was not superseded has notices, a superseded one has none; limits have some."""
    told = {
        (n.subject, n.deadline_version, n.occasion)
        for n in _all(s, tables.notice)
        if n.occasion.startswith(("rung:", "limit:"))
    }
    expected = {
        (f.subject, f.deadline_version, f"rung:{f.rung}")
        for f in _rungs(s)
        if f.outcome != "superseded"
    }
    limits = {(f.subject, f"limit:{f.rung}") for f in _limits_told(s)}
    assert {key for key in told if key[2].startswith("rung:")} == expected
    assert {(a, c) for a, _b, c in told if c.startswith("limit:")} == limits


def prepared_steps_are_complete(s: Session) -> None:
    """What waits for a person is what the ladder prepared or proposed, each once."""
    assert Counter(
        (f"task:{p.task_id}", p.deadline_version, p.rung) for p in _all(s, tables.prepared_action)
    ) == Counter(
        (f.subject, f.deadline_version, f.rung)
        for f in _rungs(s)
        if f.outcome in ("prepared", "proposed")
    )


def check_delivery(db: Database, received: Iterable[Received], folder: Path) -> None:
    """Every notice was sent, in one message per person, channel and window."""
    with db.read() as s:
        notices, deliveries = _all(s, tables.notice), _all(s, tables.delivery)
    assert {n.state for n in notices} == {"sent"}
    assert {d.state for d in deliveries} == {"sent"}
    assert all(n.delivery_id for n in notices if n.channel != "inapp")
    one_message_a_window(deliveries, notices)
    by_mail = {d.message_id: d for d in deliveries if d.channel == "smtp"}
    mail_says_what_was_to_be_told(received, by_mail, notices)
    files = {file_name(d.message_id) for d in deliveries if d.channel == "folder"}
    assert {path.name for path in folder.glob("*.eml")} == files


def one_message_a_window(deliveries: list[Any], notices: list[Any]) -> None:
    """Nobody gets two messages of what is not urgent through one channel in one window."""
    urgent = {n.delivery_id for n in notices if n.urgent}
    windows = Counter(
        (d.recipient_id, d.channel, d.window_key) for d in deliveries if d.id not in urgent
    )
    assert windows.total() == len(windows)
    assert all(not key[2].startswith("urgent:") for key in windows)


def mail_says_what_was_to_be_told(
    received: Iterable[Received], by_mail: dict[str, Any], notices: list[Any]
) -> None:
    """Each message arrived, under its own Message-ID; one that came twice is the same twice."""
    arrived = defaultdict(set)
    for mail in received:
        message = mail.message
        arrived[str(message["Message-ID"])].add(
            (str(message["X-Xiaohao-Notice"]), message.as_string())
        )
    assert set(arrived) == set(by_mail)
    inside = defaultdict(list)
    for n in notices:
        inside[n.delivery_id].append(n.id)
    for message_id, copies in arrived.items():
        ((items, _text),) = copies
        assert sorted(map(int, items.split())) == sorted(inside[by_mail[message_id].id])


def watchdog_says(db: Database, now: datetime) -> set[str]:
    """Kinds of what the watchdog finds."""
    return {finding.kind for finding in examine(db, now)}
