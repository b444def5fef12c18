"""Re-dating running tasks after the calendar has changed: previewed, then applied as one batch.

What moves: deadlines counted in working days, calendar days or hours, from the start and the
number that their stored derivation names. What stays: dates set by a person (a fixed limit, an
extension, a ruling), and deadlines that parking has moved, which are listed with `left_alone`
when the new calendar has changed days they were counted over. The provisional mark follows the
new calendar in each case (domain rules §9: recompute on import and log it).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import String, bindparam, cast, select

from config.policy_parts import Limit
from models import tables
from models.db import Session
from models.directory import PersonInfo
from workflow import deadlines, system_events
from workflow.calendar import WorkCalendar
from workflow.calendar_store import refuse_others
from workflow.case import Record
from workflow.context import Context, context
from workflow.deadlines import Deadline
from workflow.escalation import catch_up
from workflow.notice_facts import local
from workflow.telling import addressees, tell
from workflow.transition import Work, flush

RUNNING = ("pending_ack", "in_progress", "submitted")
COUNTED = ("working_day", "calendar_day", "working_hour")
CHUNK = 500
_TASK, _ISSUE, _VERSION = tables.task.c, tables.issue.c, tables.deadline_version.c


@dataclass(slots=True)
class Redating:
    """What a new calendar does to one task. `unit` is the lead unit's code.

    `notices_sent` are kinds of notice that have already told the old date, `rungs_fired` keys of
    the ladder's rungs that have acted on it. `left_alone`: it stays as parking has left it, though
    days it was counted over have changed; somebody should look at it.
    """

    task_number: str
    issue_number: str
    unit: str
    old_due: datetime
    new_due: datetime
    provisional_before: bool
    provisional_after: bool
    left_alone: bool = False
    notices_sent: list[str] = field(default_factory=list)
    rungs_fired: list[str] = field(default_factory=list)

    @property
    def changes(self) -> bool:
        """Whether anything will be written."""
        return (self.old_due, self.provisional_before) != (self.new_due, self.provisional_after)


@dataclass(frozen=True, slots=True)
class Batch:
    """What was applied: the batch's id, each task as it was changed, and those left alone."""

    id: str
    redated: list[Redating]
    left_alone: list[Redating]


def plan_recompute(s: Session, now: datetime) -> list[Redating]:
    """Every running task whose date or provisional mark the present calendar changes.

    Reads only. `now` is the moment of the preview. Tasks that parking has moved are listed when
    they need a look (`left_alone`).
    """
    return [redating for _issue_id, redating in _plan(s)]


def _plan(s: Session) -> list[tuple[int, Redating]]:
    ctx = context(s)
    found: list[tuple[Any, Redating]] = []
    for row in s.execute(_CANDIDATES, {"edition": ctx.calendar_edition}):
        redating = _redating(ctx, row, row.issue_number, _present(ctx, row, row))
        if redating.changes or redating.left_alone:
            found.append((row, redating))
    _add_history(s, {row.id: redating for row, redating in found})
    return [(row.issue_id, redating) for row, redating in found]


def _candidates() -> Any:
    """Running tasks with the newest version of their deadline, made under an older calendar."""
    newest = (_VERSION.task_id == _TASK.id) & (_VERSION.n == _TASK.deadline_version)
    return (
        select(
            *(_TASK[name] for name in (
                "id", "issue_id", "number", "lead_unit_id", "policy_version_id", "due_at",
                "provisional",
            )),
            _VERSION.start_at, _VERSION.derivation, _ISSUE.number.label("issue_number"),
        )
        .join(tables.deadline_version, newest)
        .join(tables.issue, _ISSUE.id == _TASK.issue_id)
        .where(_TASK.state.in_(RUNNING), _TASK.dispatched_at.is_not(None))
        .where(_TASK.due_at.is_not(None), _VERSION.calendar_edition < bindparam("edition"))
        .order_by(_TASK.issue_id, _TASK.id)
    )  # fmt: skip


_CANDIDATES = _candidates()


def _present(ctx: Context, task: Any, version: Any) -> Deadline:
    """The deadline of a version under the present calendar."""
    calendar = ctx.calendar(task.lead_unit_id, task.policy_version_id)
    old = version.derivation
    if old.get("n") is None or old["unit"] not in COUNTED:
        return _same_date(task, version, calendar)
    return deadlines.compute(
        Limit(unit=old["unit"], n=old["n"]), old["limit_class"], version.start_at, calendar,
        ctx.policy(task.policy_version_id), cause="calendar",
    )  # fmt: skip


def _same_date(task: Any, version: Any, calendar: WorkCalendar) -> Deadline:
    """A date that stays, with the mark that it has under the present calendar."""
    first, last = calendar.local_date(version.start_at), calendar.local_date(task.due_at)
    provisional = calendar.touches_provisional(first, last)
    derivation = version.derivation | {
        "cause": "calendar", "provisional": provisional, "calendar_edition": calendar.edition,
    }  # fmt: skip
    return Deadline(version.start_at, task.due_at, provisional, derivation)


def _redating(ctx: Context, task: Any, issue_number: str, new: Deadline) -> Redating:
    assert new.due_at is not None
    return Redating(
        task.number, issue_number, ctx.directory.units[task.lead_unit_id].code,
        task.due_at, new.due_at, task.provisional, new.provisional,
        left_alone=_needs_a_look(ctx, task, new),
    )  # fmt: skip


def _needs_a_look(ctx: Context, task: Any, new: Deadline) -> bool:
    """Parking moved it, and the days it was counted over are no longer the same ones."""
    if "pause" not in new.derivation or new.due_at is None:
        return False
    calendar = ctx.calendar(task.lead_unit_id, task.policy_version_id)
    first = calendar.local_date(new.start_at) + timedelta(days=1)
    skipped = calendar.skipped_days(first, calendar.local_date(new.due_at))
    return [d.day.isoformat() for d in skipped] != [d["day"] for d in new.derivation["skipped"]]


def _add_history(s: Session, found: dict[int, Redating]) -> None:
    """What has already been told and done under the deadlines that would change."""
    notice, firing = tables.notice.c, tables.rung_firing.c
    for ids in _chunks(sorted(found)):
        subjects = [f"task:{task_id}" for task_id in ids]
        told = (
            select(notice.task_id, notice.kind).distinct()
            .join(tables.task, (_TASK.id == notice.task_id)
                  & (_TASK.deadline_version == notice.deadline_version))
            .where(notice.subject.in_(subjects)).order_by(notice.task_id, notice.kind)
        )  # fmt: skip
        for row in s.execute(told):
            found[row.task_id].notices_sent.append(row.kind)
        fired = (
            select(_TASK.id, firing.rung)
            .join(tables.task, (firing.subject == "task:" + cast(_TASK.id, String))
                  & (_TASK.deadline_version == firing.deadline_version))
            .where(firing.subject.in_(subjects), firing.level.is_not(None))
            .where(firing.outcome != "superseded").order_by(firing.id)
        )  # fmt: skip
        for row in s.execute(fired):
            found[row.id].rungs_fired.append(row.rung)


def _chunks(ids: list[int]) -> Iterable[list[int]]:
    return (ids[n : n + CHUNK] for n in range(0, len(ids), CHUNK))


def apply_recompute(s: Session, actor: PersonInfo, now: datetime) -> Batch:
    """Write what `plan_recompute` shows, as one batch that the system's history names.

    Each task is worked out again under its issue's lock, so that what changed since the preview
    counts. The ladder goes on where it stands: levels reached stay reached. Raises `NotAllowed`.
    """
    refuse_others(actor, "calendar.recompute")
    ctx, plan = context(s), _plan(s)
    batch = Batch(f"calendar-{ctx.calendar_edition}-{now:%Y%m%dT%H%M%S}", [], [])
    for ids in _chunks(sorted({issue_id for issue_id, _redating in plan})):
        works = _locked(s, ctx, now, actor, ids)
        versions = _versions(s, ids)
        for w in works:
            catch_up(w)  # what was due under the old dates has still happened
            _redate_issue(w, versions, batch)
            w.settle()
        flush(s, works)
    _take_history(batch, [redating for _issue_id, redating in plan])
    if batch.redated:
        system_events.append(s, "calendar.recomputed", _batch_facts(ctx, batch), actor, now)
    return batch


def _locked(
    s: Session, ctx: Context, now: datetime, actor: PersonInfo, ids: list[int]
) -> list[Work]:
    """Issues with their tasks, locked in the order of their ids."""
    issue, task = tables.issue, tables.task
    locked = list(s.execute(
        select(issue).where(issue.c.id.in_(ids)).order_by(issue.c.id).with_for_update()
    ))  # fmt: skip
    tasks: dict[int, list[Record]] = {}
    for row in s.execute(select(task).where(task.c.issue_id.in_(ids)).order_by(task.c.id)):
        tasks.setdefault(row.issue_id, []).append(Record(task, row))
    return [Work(s, ctx, now, actor, Record(issue, row), tasks.get(row.id, [])) for row in locked]


def _versions(s: Session, issue_ids: list[int]) -> dict[int, Any]:
    """Newest version of the deadline of each task of these issues."""
    newest = (_VERSION.task_id == _TASK.id) & (_VERSION.n == _TASK.deadline_version)
    rows = s.execute(
        select(tables.deadline_version).join(tables.task, newest)
        .where(_TASK.issue_id.in_(issue_ids))
    )  # fmt: skip
    return {row.task_id: row for row in rows}


def _redate_issue(w: Work, versions: dict[int, Any], batch: Batch) -> None:
    for task in w.tasks:
        version = versions.get(task.id)
        if task.state not in RUNNING or task.due_at is None or version is None:
            continue
        if version.calendar_edition >= w.ctx.calendar_edition:
            continue
        deadline = _present(w.ctx, task, version)
        redating = _redating(w.ctx, task, w.issue.number, deadline)
        if redating.left_alone:
            batch.left_alone.append(redating)
        if redating.changes:
            _redate(w, task, deadline, redating, batch)


def _redate(w: Work, task: Record, deadline: Deadline, redating: Redating, batch: Batch) -> None:
    w.set_deadline(task, deadline, reset=False)
    w.touch("task.redated", task, by=w.actor, data={
        "batch": batch.id, "old_due": redating.old_due.isoformat(),
        "new_due": redating.new_due.isoformat(), "provisional": redating.provisional_after,
        "deadline_version": task.deadline_version, "calendar_edition": w.ctx.calendar_edition,
    })  # fmt: skip
    calendar = w.calendar(task)
    tell(
        w, "adjusted", addressees(w, ("responsible_person", "liaison", "unit_leader"), task),
        task=task, old_deadline=local(redating.old_due, calendar),
        new_deadline=local(redating.new_due, calendar), occasion=f"event:{w.issue.chain_seq}",
    )  # fmt: skip
    batch.redated.append(redating)


def _take_history(batch: Batch, plan: list[Redating]) -> None:
    known = {redating.task_number: redating for redating in plan}
    for redating in (*batch.redated, *batch.left_alone):
        planned = known.get(redating.task_number, redating)
        redating.notices_sent, redating.rungs_fired = planned.notices_sent, planned.rungs_fired


def _batch_facts(ctx: Context, batch: Batch) -> dict[str, Any]:
    return {
        "batch": batch.id, "edition": ctx.calendar_edition, "tasks": len(batch.redated),
        "moved": sum(r.old_due != r.new_due for r in batch.redated),
        "left_alone": sorted(r.task_number for r in batch.left_alone),
    }  # fmt: skip
