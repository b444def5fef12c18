"""The one writer of state. A `Work` gathers what a command changes and writes it all at its end.

Nothing reaches the database before `finish` except new rows that need an id; the edge commits.
So state, version, event, deadline version and notices stand or fall together (invariant 1).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update

from config.policy import Policy
from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.statements import PerDialect, Statement, among, insertion
from notifications.intent import Intent
from notifications.outbox import enqueue
from workflow import ladder, lights
from workflow.calendar import WorkCalendar
from workflow.case import Record
from workflow.chain import GENESIS, event_hash
from workflow.conflicts import stale
from workflow.context import Context
from workflow.deadlines import Deadline
from workflow.ladder import Moment
from workflow.machine import loop
from workflow.source_news import tell_sources

WHOLE_ISSUE = 0
"""In `Work.revisit`: look at the issue's own agenda again."""

RUNNING = ("pending_ack", "in_progress")
"""States in which a task lies with its unit, so that the ladder climbs."""

_EVENT = insertion(tables.event)
_DEADLINE = insertion(tables.deadline_version)
_FIRING = insertion(tables.rung_firing)
_PREPARED = insertion(tables.prepared_action, "decided_by_id", "decided_at")
_NEW = {c.name: f"new_{c.name}" for table in (tables.issue, tables.task) for c in table.columns}
_UPDATES: dict[tuple[str, frozenset[str], bool], Statement] = {}


Fired = dict[str, frozenset[tuple[int, str]]]
"""Rungs and limits on record, by subject: deadline version and key."""
_FIRED = PerDialect(
    lambda dialect: select(
        tables.rung_firing.c.subject,
        tables.rung_firing.c.deadline_version,
        tables.rung_firing.c.rung,
    ).where(among(tables.rung_firing.c.subject, dialect))
)


def already_fired(s: Session, subjects: list[str]) -> Fired:
    """What is on record for these subjects. The stored pointer only says when to look.

    So neither a clock that is behind another machine's, nor a calendar that moved a limit, nor
    time that stood still can make anything fire twice or not at all.
    """
    found: dict[str, set[tuple[int, str]]] = {subject: set() for subject in subjects}
    for row in _FIRED.all(s, {"keys": json.dumps(subjects)}) if subjects else ():
        found[row["subject"]].add((row["deadline_version"], row["rung"]))
    return {subject: frozenset(keys) for subject, keys in found.items()}


@dataclass(slots=True)
class Work:
    """One command, or one issue's part of a sweep."""

    s: Session
    ctx: Context
    now: datetime
    actor: PersonInfo | None
    issue: Record
    tasks: list[Record]
    requests: list[Any] | None = None
    co_units: list[Any] | None = None
    events: list[dict[str, Any]] = field(default_factory=list)
    intents: list[Intent] = field(default_factory=list)
    deadlines: list[dict[str, Any]] = field(default_factory=list)
    firings: list[dict[str, Any]] = field(default_factory=list)
    prepared: list[dict[str, Any]] = field(default_factory=list)
    revisit: set[int] = field(default_factory=set)
    scheduled: dict[int, datetime | None] = field(default_factory=dict)
    calendars: dict[int | None, WorkCalendar] = field(default_factory=dict)
    fired: Fired = field(default_factory=dict)
    chain_seq: int = 0

    def __post_init__(self) -> None:
        self.chain_seq = self.issue.chain_seq

    def policy(self, task: Record | None = None) -> Policy:
        """The policy a task (or the issue) runs under."""
        return self.ctx.policy((task or self.issue).policy_version_id)

    def calendar(self, task: Record | None = None) -> WorkCalendar:
        """The calendar of a task's lead unit, or the common one."""
        key = task.id if task is not None else None
        found = self.calendars.get(key)
        if found is None:
            record, unit = (task, task.lead_unit_id) if task is not None else (self.issue, None)
            found = self.calendars[key] = self.ctx.calendar(unit, record.policy_version_id)
        return found

    def fire(
        self,
        trigger: str,
        task: Record | None = None,
        *,
        by: PersonInfo | None = None,
        data: dict[str, Any] | None = None,
        logical_at: datetime | None = None,
        **changes: Any,
    ) -> None:
        """Move the issue or a task through the machine, with its event and other changes."""
        record, kind = (task, "task") if task is not None else (self.issue, "issue")
        machine = loop(self.ctx.workflow(record.workflow_version_id), kind)
        old = record.state
        new = machine.fire(old, trigger)
        record._write({"state": new, "state_since": self.now, "version": record.version + 1})
        record.set(**changes)
        if task is not None and task.level and new not in RUNNING:
            self._void_prepared(task)
        self.event(
            f"{kind}.{trigger}",
            task,
            by=by,
            logical_at=logical_at,
            data={"from": old, "to": new, "v": record.version} | (data or {}),
        )

    def touch(
        self,
        tag: str,
        task: Record | None = None,
        *,
        by: PersonInfo | None = None,
        data: dict[str, Any] | None = None,
        **changes: Any,
    ) -> None:
        """Change columns without changing the state, with an event and a new version."""
        record = task if task is not None else self.issue
        record._write({"version": record.version + 1})
        record.set(**changes)
        self.event(tag, task, by=by, data={"v": record.version} | (data or {}))

    def remap(
        self, to_version: int, states: dict[str, tuple[str, str]], *, by: PersonInfo, batch: str
    ) -> None:
        """Put the issue and its tasks under another workflow definition (`workflow.migration`).

        `states`: "issue" or a task's number -> (old, new). What a state's clock started from
        (`state_since`) stays, so that no limit starts anew.
        """
        old_version = self.issue.workflow_version_id
        for record, label in [(self.issue, "issue"), *((t, t.number) for t in self.tasks)]:
            old, new = states.get(label, (record.state, record.state))
            record._write(
                {
                    "state": new,
                    "workflow_version_id": to_version,
                    "version": record.version + 1,
                }
            )
            moved = {"from": old, "to": new, "v": record.version, "batch": batch}
            if record is self.issue:
                self.event(
                    "issue.migrated",
                    by=by,
                    data=moved
                    | {
                        "from_version": old_version,
                        "to_version": to_version,
                        "states": {name: list(change) for name, change in states.items()},
                    },
                )
            elif old != new:
                self.event("task.migrated", record, by=by, data=moved)

    def event(
        self,
        tag: str,
        task: Record | None = None,
        *,
        by: PersonInfo | None = None,
        data: dict[str, Any] | None = None,
        logical_at: datetime | None = None,
    ) -> int:
        """Append a fact to the issue's chain; returns its number in the chain."""
        seq = self.issue.chain_seq + 1
        row = {
            "stream": f"issue:{self.issue.id}",
            "seq": seq,
            "tag": tag,
            "task_id": task.id if task is not None else None,
            "actor_id": by.id if by else None,
            "at": self.now,
            "logical_at": logical_at or self.now,
            "data": data or {},
            "prev_hash": self.issue.chain_hash or GENESIS,
        }
        row["hash"] = event_hash(row)
        self.issue.set(chain_seq=seq, chain_hash=row["hash"])
        self.events.append(row)
        return int(seq)

    def set_deadline(self, task: Record, deadline: Deadline, *, reset: bool = True) -> None:
        """Give a task a new version of its deadline; `reset` lets the ladder start again at 0.

        Without it, what was climbed stays climbed, except for steps that still waited for a
        person: they are void with the old date and are prepared anew under the new one.
        """
        voided = self._void_prepared(task) if task.deadline_version else set()
        climbed = set() if reset else self._climbed(task) - voided
        task.set(
            deadline_version=task.deadline_version + 1,
            due_at=deadline.due_at,
            deadline_since=self.now,
            provisional=deadline.provisional,
            level=0 if reset else task.level,
            climbed=",".join(sorted(climbed)),
        )
        if task.original_due_at is None:
            task.set(original_due_at=deadline.due_at)
        self.deadlines.append(
            {
                "task_id": task.id,
                "n": task.deadline_version,
                "cause": deadline.derivation["cause"],
                "start_at": deadline.start_at,
                "due_at": deadline.due_at,
                "provisional": deadline.provisional,
                "calendar_edition": self.ctx.calendar_edition,
                "derivation": deadline.derivation,
                "created_at": self.now,
            }
        )
        self.revisit.add(task.id)

    def _climbed(self, task: Record) -> set[str]:
        """Keys of the rungs after the deadline that have fired since the ladder last began."""
        after = {rung.key for rung in self.policy(task).ladder if rung.offset > 0}
        fired = {key for version, key in self.on_record(task) if version == task.deadline_version}
        return (fired & after) | set(filter(None, task.climbed.split(",")))

    def _void_prepared(self, task: Record) -> set[str]:
        """Void what waits for a click or a decision; the keys of those rungs."""
        unwritten = [p for p in self.prepared if p["task_id"] == task.id]
        for row in unwritten:
            row["state"] = "void"
        return {row["rung"] for row in unwritten} | void_prepared(self.s, task.id, self.now)

    def on_record(self, task: Record | None) -> frozenset[tuple[int, str]]:
        """What has fired for a task (or the issue), this work's own firings included."""
        subject = f"task:{task.id}" if task is not None else f"issue:{self.issue.id}"
        if subject not in self.fired:
            self.fired |= already_fired(self.s, [subject])
        own = {(f["deadline_version"], f["rung"]) for f in self.firings if f["subject"] == subject}
        return self.fired[subject] | own if own else self.fired[subject]

    def outstanding(self, task: Record | None, agenda: list[Moment]) -> list[Moment]:
        """Rungs and limits up to now that are not on record: a rung under this deadline, a limit
        ever (its key names the event that started it)."""
        past = [m for m in agenda if m.at <= self.now and m.sort != "light"]
        if not past:
            return []
        record = self.on_record(task)
        version = task.deadline_version if task is not None else self.issue.cycle
        limits = {key for _version, key in record}
        return [
            m
            for m in past
            if ((version, m.key) not in record if m.rung is not None else m.key not in limits)
        ]

    def finish(self) -> None:
        """Write everything. Raises `StaleVersion` if somebody else changed the issue meanwhile."""
        self.settle()
        flush(self.s, [self])

    def settle(self, *, by_clock: bool = False) -> None:
        """Bring lights and next moments up to date with what was changed; writes nothing.

        When only the clock has acted (`by_clock`), a light that turned is an event of its own,
        and the moments that firing has already worked out stand.
        """
        self._lights(by_clock)
        self._agendas(by_clock)

    def _lights(self, by_clock: bool) -> None:
        for task in self.tasks:
            colour, reason = lights.task_light(
                task, self.policy(task), self.calendar(task), self.now
            )
            if by_clock and colour != task.light:
                self.event(
                    "task.light",
                    task,
                    data={"from": task.light, "to_light": colour, "reason": reason},
                )
            task.set(light=colour, light_reason=reason)
        colour, reason = lights.issue_light(self.issue, self.tasks)
        self.issue.set(light=colour, light_reason=reason)

    def _agendas(self, by_clock: bool) -> None:
        for task in self.tasks:
            if by_clock and task.id in self.scheduled:
                task.set(next_rung_at=self.scheduled[task.id])
            elif task.changed or task.id in self.revisit:
                task.set(next_rung_at=self._next(task))
        if self.issue.changed or WHOLE_ISSUE in self.revisit:
            agenda = ladder.issue_agenda(
                self.issue, self.lookbacks(), self.policy(), self.calendar()
            )
            self.issue.set(next_rung_at=self._look_at(None, agenda))

    def _next(self, task: Record) -> datetime | None:
        return self._look_at(task, self.agenda(task))

    def agenda(self, task: Record) -> list[Moment]:
        """What the clock has to do for a task, in order of time."""
        if task.dispatched_at is None:
            later = self.issue.dispatched_at is not None and task.state == "pending_ack"
            return ladder.hand_over_agenda(task, self.policy(), self.calendar()) if later else []
        return ladder.task_agenda(
            task,
            [r for r in self.open_requests() if r.task_id == task.id],
            [c for c in self.awaited_co_units() if c.task_id == task.id],
            self.policy(task),
            self.calendar(task),
        )

    def _look_at(self, task: Record | None, agenda: list[Moment]) -> datetime | None:
        """When the clock must look again: at once, if a change has left something outstanding."""
        if self.outstanding(task, agenda):
            return self.now
        return ladder.next_moment(agenda, self.now)

    def open_requests(self) -> list[Any]:
        """Open requests of the issue's tasks, read once and only when a task counts any."""
        if self.requests is None:
            some = any(t.open_requests for t in self.tasks)
            self.requests = _OPEN_REQUESTS.rows(self.s, {"key": self.issue.id}) if some else []
        return self.requests

    def awaited_co_units(self) -> list[Any]:
        """Supporting units of the issue's tasks, read once and only when a task counts any."""
        if self.co_units is None:
            some = any(t.co_unit_count for t in self.tasks)
            self.co_units = _CO_UNITS.rows(self.s, {"key": self.issue.id}) if some else []
        return self.co_units

    def lookbacks(self) -> list[Any]:
        """Planned look-backs; only a closed issue has any."""
        if self.issue.state != "closed":
            return []
        return _LOOKBACKS.rows(self.s, {"key": self.issue.id, "cycle": self.issue.cycle})


def void_prepared(s: Session, task_id: int, now: datetime) -> set[str]:
    """Void the steps prepared under an older deadline, or for a task that no longer runs.

    Returns the keys of their rungs.
    """
    table = tables.prepared_action
    voided = s.execute(
        update(table)
        .where(table.c.task_id == task_id, table.c.state == "prepared")
        .values(state="void", decided_at=now)
        .returning(table.c.rung)
    )
    return {str(row.rung) for row in voided}


_ISSUE_KEY = tables.task.c.issue_id == bindparam("key")
_OPEN_REQUESTS = Statement(
    select(tables.request)
    .join(tables.task, tables.task.c.id == tables.request.c.task_id)
    .where(_ISSUE_KEY, tables.request.c.state == "open")
    .order_by(tables.request.c.id)
)
_CO_UNITS = Statement(
    select(tables.co_unit)
    .join(tables.task, tables.task.c.id == tables.co_unit.c.task_id)
    .where(_ISSUE_KEY)
    .order_by(tables.co_unit.c.id)
)
_LOOKBACKS = Statement(
    select(tables.lookback)
    .where(
        tables.lookback.c.issue_id == bindparam("key"),
        tables.lookback.c.cycle == bindparam("cycle"),
    )
    .order_by(tables.lookback.c.id)
)


def flush(s: Session, works: list[Work]) -> None:
    """Write the changes of one or many works, one statement per kind of row.

    Every issue is written by compare-and-swap on the chain number that was read.
    """
    _update_all(s, [task for w in works for task in w.tasks], None)
    _update_all(s, [w.issue for w in works], {id(w.issue): w.chain_seq for w in works})
    for statement, rows in (
        (_EVENT, [row for w in works for row in w.events]),
        (_DEADLINE, [row for w in works for row in w.deadlines]),
        (_FIRING, [row for w in works for row in w.firings]),
        (_PREPARED, [row for w in works for row in w.prepared]),
    ):
        if rows:
            statement.run(s, rows)
    intents = [intent for w in works for intent in w.intents]
    if intents:
        enqueue(s, intents, works[0].now, works[0].ctx.channels)
    tell_sources(s, works)


def _update_all(s: Session, records: list[Record], expected: dict[int, int] | None) -> None:
    grouped: dict[frozenset[str], list[Record]] = {}
    for record in records:
        if record.changed:
            grouped.setdefault(frozenset(record.changed), []).append(record)
    for names, group in grouped.items():
        rows = [_values(record, names, expected) for record in group]
        won = _update(group[0], names, expected is not None).run(s, rows)
        if won != len(group):
            raise stale(s, group[0], (expected or {}).get(id(group[0]), 0))
        for record in group:
            record.changed.clear()


def _values(
    record: Record, names: Iterable[str], expected: dict[int, int] | None
) -> dict[str, Any]:
    kept = record.values
    values = {_NEW[name]: kept[name] for name in names}
    values["row_id"] = kept["id"]
    if expected is not None:
        values["expected"] = expected[id(record)]
    return values


def _update(record: Record, names: frozenset[str], guarded: bool) -> Statement:
    key = (record.table.name, names, guarded)
    if key not in _UPDATES:
        table = record.table
        statement = update(table).where(table.c.id == bindparam("row_id"))
        if guarded:
            statement = statement.where(table.c.chain_seq == bindparam("expected"))
        _UPDATES[key] = Statement(
            statement.values({name: bindparam(f"new_{name}") for name in sorted(names)})
        )
    return _UPDATES[key]
