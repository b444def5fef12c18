"""督办: progress, supporting units, manual urging, prepared steps, listing, coordination."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select, true, update

from config.i18n import gettext as _
from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries.scope import visible_issues
from workflow.case import not_visible
from workflow.commands.base import Outcome, begin, clean, end, facts_of, permit, related, tell
from workflow.errors import NotVisible, Reason
from workflow.telling import addressees
from workflow.transition import Work


def progress(
    s: Session,
    *,
    actor: PersonInfo,
    task: str,
    text: str,
    now: datetime,
    expected_version: int | None = None,
) -> Outcome:
    """Report progress; the reporting period starts anew."""
    w, record = begin(s, actor=actor, now=now, task=task, expected_version=expected_version)
    text = clean("text", text)
    noted = permit(w, "progress", facts_of(w, record, args={"text": text}))
    w.touch("task.progress", record, by=actor, data=noted | {"text": text}, last_progress_at=now)
    return end(w, record)


def co_input(
    s: Session,
    *,
    actor: PersonInfo,
    task: str,
    text: str,
    now: datetime,
    expected_version: int | None = None,
) -> Outcome:
    """A supporting unit answers the lead unit."""
    w, record = begin(s, actor=actor, now=now, task=task, expected_version=expected_version)
    text = clean("text", text)
    noted = permit(w, "co_input", facts_of(w, record, args={"text": text}))
    _answer(w, record.id, actor.unit_id, "given", text, actor)
    w.touch(
        "task.co_input",
        record,
        by=actor,
        data=noted | {"text": text, "unit": w.ctx.directory.unit_name(actor.unit_id)},
    )
    return end(w, record)


def waive_co_input(
    s: Session,
    *,
    actor: PersonInfo,
    task: str,
    unit: str,
    reason: str,
    now: datetime,
    expected_version: int | None = None,
) -> Outcome:
    """The office does without a supporting unit's input."""
    w, record = begin(s, actor=actor, now=now, task=task, expected_version=expected_version)
    reason = clean("reason", reason)
    noted = permit(w, "waive_co_input", facts_of(w, record, args={"reason": reason}))
    found = w.ctx.directory.find_unit(unit)
    _answer(w, record.id, found.id if found else 0, "waived", reason, actor)
    w.touch("task.waive_co_input", record, by=actor, data=noted | {"reason": reason, "unit": unit})
    return end(w, record)


def _answer(w: Work, task_id: int, unit_id: int, state: str, text: str, actor: PersonInfo) -> None:
    table = tables.co_unit
    done = w.s.execute(
        update(table)
        .where(table.c.task_id == task_id, table.c.unit_id == unit_id)
        .values(state=state, text=text, answered_at=w.now, answered_by_id=actor.id)
    ).rowcount
    if done != 1:
        raise NotVisible(
            Reason(
                "no_co_unit",
                _("This unit does not support the task."),
                "unit",
                _("Use the code or full name of a supporting unit."),
            )
        )
    w.co_units = None


def urge(
    s: Session,
    *,
    actor: PersonInfo,
    task: str,
    text: str,
    now: datetime,
    expected_version: int | None = None,
) -> Outcome:
    """催办 by hand, beside what the clock sends."""
    w, record = begin(s, actor=actor, now=now, task=task, expected_version=expected_version)
    text = clean("text", text)
    noted = permit(w, "urge", facts_of(w, record, args={"text": text}))
    w.touch("task.urge", record, by=actor, data=noted | {"text": text})
    tell(
        w,
        "urge",
        addressees(w, ("responsible_person", "liaison"), record),
        task=record,
        copies=addressees(w, ("deputy_head",), record),
        reason=text,
        level=record.level,
        occasion=f"event:{w.issue.chain_seq}",
    )
    return end(w, record)


def decide_prepared(
    s: Session,
    *,
    actor: PersonInfo,
    prepared_id: int,
    issue_it: bool,
    reason: str,
    now: datetime,
    expected_version: int | None = None,
) -> Outcome:
    """Issue or dismiss a step that the ladder prepared (levels 3-4: one click; 5-6: a decision)."""
    number = _task_of(s, prepared_id)
    try:
        w, record = begin(s, actor=actor, now=now, task=number, expected_version=expected_version)
    except NotVisible:
        raise not_visible(str(prepared_id)) from None
    row = related(s, tables.prepared_action, id=prepared_id)[0]
    reason = clean("reason", reason)
    noted = permit(
        w,
        "decide_prepared",
        facts_of(w, record, prepared=row, args={"reason": reason, "issue_it": issue_it}),
    )
    table = tables.prepared_action
    s.execute(
        update(table)
        .where(table.c.id == prepared_id, table.c.state == "prepared")
        .values(
            state="issued" if issue_it else "dismissed",
            decided_by_id=actor.id,
            decided_at=now,
            reason=reason,
        )
    )
    w.touch(
        "task.decide_prepared",
        record,
        by=actor,
        data=noted
        | {
            "prepared": prepared_id,
            "rung": row.rung,
            "level": row.level,
            "issued": issue_it,
            "reason": reason,
        },
    )
    if issue_it:
        rung = next(r for r in w.policy(record).ladder if r.key == row.rung)
        tell(
            w,
            rung.kind,
            addressees(w, rung.to, record),
            task=record,
            level=rung.level,
            copies=addressees(w, rung.copied, record),
            reason=reason,
            occasion=f"prepared:{prepared_id}",
        )
    return end(w, record)


def _task_of(s: Session, prepared_id: int) -> str:
    task, prepared = tables.task, tables.prepared_action
    row = s.execute(
        select(task.c.number)
        .join(prepared, prepared.c.task_id == task.c.id)
        .where(prepared.c.id == prepared_id)
    ).one_or_none()
    if row is None:
        raise not_visible(str(prepared_id))
    return str(row.number)


def set_listed(
    s: Session,
    *,
    actor: PersonInfo,
    issue: str,
    listed: bool,
    reason: str,
    now: datetime,
    expected_version: int | None = None,
) -> Outcome:
    """挂牌督办: put an issue on the leader-level list, or take it off."""
    w, _record = begin(s, actor=actor, now=now, issue=issue, expected_version=expected_version)
    name, reason = ("list" if listed else "unlist"), clean("reason", reason)
    noted = permit(w, name, facts_of(w, args={"reason": reason}))
    w.touch(f"issue.{name}", by=actor, data=noted | {"reason": reason}, listed=listed)
    if listed:
        people = [
            p
            for t in w.tasks
            if t.dispatched_at is not None and t.state != "withdrawn"
            for p in addressees(w, ("unit_head", "liaison"), t)
        ]
        office = addressees(w, w.policy().escalation.office, None)
        tell(
            w,
            "listed",
            people or office,
            copies=office,
            reason=reason,
            occasion=f"event:{w.issue.chain_seq}",
        )
    return end(w)


def coordinate(
    s: Session,
    *,
    actor: PersonInfo,
    issue: str,
    level: int,
    reason: str,
    now: datetime,
    expected_version: int | None = None,
) -> Outcome:
    """Set the coordination level (who can solve it), 1 to 4; apart from supervision levels."""
    w, record = begin(s, actor=actor, now=now, issue=issue, expected_version=expected_version)
    reason = clean("reason", reason)
    noted = permit(w, "coordinate", facts_of(w, args={"level": level, "reason": reason}))
    w.touch(
        "issue.coordinate",
        by=actor,
        coordination_level=level,
        data=noted
        | {
            "reason": reason,
            "old": record.coordination_level,
            "level": level,
        },
    )
    return end(w)


def open_prepared(s: Session, actor: PersonInfo | None = None) -> list[Any]:
    """Prepared steps that wait for a person, highest level first, with their task's number.

    With an actor only those of issues in that person's scope; without, all (the engine's view).
    """
    prepared, task = tables.prepared_action, tables.task
    scope = visible_issues(actor) if actor is not None else true()
    return list(
        s.execute(
            select(prepared, task.c.number.label("task_number"))
            .join(task, task.c.id == prepared.c.task_id)
            .join(tables.issue, tables.issue.c.id == task.c.issue_id)
            .where(prepared.c.state == "prepared", scope)
            .order_by(prepared.c.level.desc(), prepared.c.id)
        )
    )
