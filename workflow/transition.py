"""The one writer of state. A `Work` gathers what a command changes and writes it all at its end.

Nothing reaches the database before `finish` except new rows that need an id; the edge commits.
So state, version, event, deadline version and notices stand or fall together (invariant 1).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import update

from models import tables
from models.db import Session
from models.directory import PersonInfo
from notifications.intent import Intent
from workflow import lights, side_limits
from workflow.case import Record
from workflow.chain import GENESIS, canonical, event_hash
from workflow.deadlines import Deadline
from workflow.firings import already_fired
from workflow.flushing import flush
from workflow.machine import loop
from workflow.reading import Reading

__all__ = ["RUNNING", "WHOLE_ISSUE", "Work", "already_fired", "flush", "void_prepared"]

WHOLE_ISSUE = 0
"""In `Work.revisit`: look at the issue's own agenda again."""

RUNNING = ("pending_ack", "in_progress")
"""States in which a task lies with its unit, so that the ladder climbs."""


@dataclass(slots=True)
class Work(Reading):
    """One command, or one issue's part of a sweep."""

    events: list[dict[str, Any]] = field(default_factory=list)
    intents: list[Intent] = field(default_factory=list)
    deadlines: list[dict[str, Any]] = field(default_factory=list)
    prepared: list[dict[str, Any]] = field(default_factory=list)
    revisit: set[int] = field(default_factory=set)
    scheduled: dict[int, datetime | None] = field(default_factory=dict)
    chain_seq: int = 0
    tellings: list[Any] | None = None
    """Where it is only worked out what is to be told, not yet to whom (`workflow.alike`)."""

    def __post_init__(self) -> None:
        self.chain_seq = self.issue.chain_seq

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
            "spelled": canonical(data or {}),
            "prev_hash": self.issue.chain_hash or GENESIS,
        }
        row["hash"] = event_hash(row, row["spelled"])
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
        fired = self.on_record(task).get(task.deadline_version, frozenset())
        return (after & fired) | set(filter(None, task.climbed.split(",")))

    def _void_prepared(self, task: Record) -> set[str]:
        """Void what waits for a click or a decision; the keys of those rungs."""
        unwritten = [p for p in self.prepared if p["task_id"] == task.id]
        for row in unwritten:
            row["state"] = "void"
        return {row["rung"] for row in unwritten} | void_prepared(self.s, task.id, self.now)

    def finish(self) -> None:
        """Write everything. Raises `StaleVersion` if somebody else changed the issue meanwhile."""
        self.settle()
        flush(self.s, [self])

    def settle(self, *, by_clock: bool = False) -> None:
        """Bring lights and next moments up to date with what was changed; writes nothing.

        When only the clock has acted (`by_clock`), a light that turned, or is what it is for
        another reason, is an event of its own: lists go by either, and what is remembered of them
        stands as long as nothing is appended. The moments that firing has worked out stand.
        """
        self._lights(by_clock)
        self._agendas(by_clock)

    def _lights(self, by_clock: bool) -> None:
        turned = False
        for task in self.tasks:
            light = lights.task_light(
                task,
                self.policy(task),
                self.calendar(task),
                self.now,
                step_late=side_limits.passed(self.limits(task), self.now),
            )
            if by_clock and light != (task.light, task.light_reason):
                self._turned("task.light", task, light)
                turned = True
            task.set(light=light[0], light_reason=light[1])
        self._own_light(by_clock and not turned)

    def _own_light(self, by_itself: bool) -> None:
        """The issue's light follows its tasks' (whose events tell it) or its own late step."""
        late = side_limits.passed(self.own_limits(), self.now)
        light = lights.issue_light(self.issue, self.tasks, step_late=late)
        if by_itself and light != (self.issue.light, self.issue.light_reason):
            self._turned("issue.light", None, light)
        self.issue.set(light=light[0], light_reason=light[1])

    def _turned(self, tag: str, task: Record | None, light: lights.Light) -> None:
        before = (task or self.issue).light
        self.event(tag, task, data={"from": before, "to_light": light[0], "reason": light[1]})

    def _agendas(self, by_clock: bool) -> None:
        for task in self.tasks:
            if by_clock and task.id in self.scheduled:
                task.set(next_rung_at=self.scheduled[task.id])
            elif task.changed or task.id in self.revisit:
                task.set(next_rung_at=self._next(task))
        fired = by_clock and WHOLE_ISSUE in self.scheduled and "state" not in self.issue.changed
        if not fired and (self.issue.changed or WHOLE_ISSUE in self.revisit):
            self.issue.set(next_rung_at=self.look_at(None, self.own_agenda()))

    def _next(self, task: Record) -> datetime | None:
        return self.look_at(task, self.agenda(task))


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
