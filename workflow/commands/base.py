"""What every command does first and last."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from config.i18n import gettext as _
from config.roles import Role
from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries.calendar_days import FIRST_YEAR, LAST_YEAR
from models.queries.scope import may_see
from workflow.archived import refuse_archived
from workflow.authority import facts_of, permit
from workflow.case import Record, load_case, not_visible
from workflow.conflicts import refuse_stale
from workflow.context import context
from workflow.errors import Malformed, Reason
from workflow.escalation import catch_up
from workflow.telling import addressees, approvers, tell
from workflow.transition import Work

__all__ = [
    "Outcome",
    "begin",
    "clean",
    "end",
    "facts_of",
    "permit",
    "tell",
    "to_role",
]

MAX_TEXT = 20_000
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_TURNS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command leaves behind: enough to answer the caller without another query."""

    issue_number: str
    issue_state: str
    issue_version: int
    task_number: str | None = None
    task_state: str | None = None
    task_version: int | None = None
    due_at: datetime | None = None
    request_id: int | None = None


def begin(
    s: Session,
    *,
    actor: PersonInfo,
    now: datetime,
    issue: str | None = None,
    task: str | None = None,
    expected_version: int | None = None,
) -> tuple[Work, Record]:
    """Load and lock the issue (and the task named), let the clock catch up, refuse stale callers.

    Returns the work and the record that the command is about. Whatever was due by `now` fires
    first, so that a late scheduler never changes what a command means. Raises `NotVisible` for
    what the actor may not see, `StaleVersion` when `expected_version` is not the present one.
    """
    ctx = context(s)
    found, tasks = load_case(s, issue=issue, task=task)
    w = Work(s, ctx, now, actor, found, tasks)
    if not _visible(w, actor):
        raise not_visible(task or issue or "")
    refuse_archived(found)
    record = found if task is None else next(t for t in tasks if t.number == task)
    refuse_stale(s, record, "issue" if task is None else "task", expected_version, found.id)
    if any(r.next_rung_at is not None and r.next_rung_at <= now for r in (found, *tasks)):
        catch_up(w)
    return w, record


def _visible(w: Work, actor: PersonInfo) -> bool:
    if may_see(actor, w.issue, w.tasks, set(), False):
        return True
    given_out = {t.id for t in w.tasks if t.dispatched_at is not None}
    supporting = {c.unit_id for c in w.awaited_co_units() if c.task_id in given_out}
    return may_see(actor, w.issue, w.tasks, supporting, _is_commissioner(w, actor))


def _is_commissioner(w: Work, actor: PersonInfo) -> bool:
    if Role.COMMISSIONER not in actor.roles or w.issue.project_id is None:
        return False
    column = tables.project.c.commissioner_id
    row = w.s.execute(select(column).where(tables.project.c.id == w.issue.project_id)).one()
    return bool(row.commissioner_id == actor.id)


def end(w: Work, task: Record | None = None, request_id: int | None = None) -> Outcome:
    """Roll the issue up, write everything, and say what came out."""
    roll_up(w)
    w.finish()
    issue = w.issue
    if task is None:
        return Outcome(issue.number, issue.state, issue.version, request_id=request_id)
    return Outcome(
        issue.number,
        issue.state,
        issue.version,
        task.number,
        task.state,
        task.version,
        task.due_at,
        request_id,
    )


def roll_up(w: Work) -> None:
    """The issue follows its tasks by itself (domain rules, transition 15)."""
    live = [t for t in w.tasks if t.state != "withdrawn"]
    states = {t.state for t in live if t.dispatched_at is not None}
    if any(t.dispatched_at is None for t in live):
        states.add("planned")  # what is not handed over yet is not done either
    if w.issue.state == "dispatched" and states - {"pending_ack", "planned"}:
        w.fire("start")
    if w.issue.state == "verifying" and not states <= {"submitted", "verified"}:
        w.fire("back_to_work")
    if w.issue.state in ("in_progress", "verifying") and states == {"verified"}:
        w.fire("await_approval")
        tell(
            w,
            "todo",
            approvers(w),
            occasion=f"approve:{w.issue.chain_seq}",
            todo="approve",
        )
    elif w.issue.state == "in_progress" and states and states <= {"submitted", "verified"}:
        w.fire("await_verification")


def to_role(w: Work, role: str, unit_id: int | None = None) -> list[PersonInfo]:
    """Holders of a role; the unit's head where a unit has none."""
    found = w.ctx.directory.with_role(role, unit_id)
    if found or unit_id is None:
        return found
    return addressees(w, ("office_chief",), None)


def clean(field: str, value: str, *, most: int = MAX_TEXT, needed: bool = False) -> str:
    """A text as it may be stored: trimmed, without control characters, of bounded length.

    Raises `Malformed` naming the field. NUL and lone surrogates are refused because neither
    database nor file could keep them. Marks that turn the direction of writing come along with
    pasted texts, unseen, and would let a title pass for another: they are left out.
    """
    text = _TURNS.sub("", value).strip()
    bad = _CONTROLS.search(text) is not None
    if bad or len(text) > most or (needed and not text):
        raise Malformed(
            Reason(
                f"{field}_malformed",
                _text_fault(text, most, bad),
                field,
                _("Enter plain text of at most {n} characters.").format(n=most),
            )
        )
    return text


def clean_moment(field: str, moment: datetime | None) -> datetime | None:
    """A date as given, if any; `Malformed` naming the field when it has no time zone."""
    if moment is not None and not FIRST_YEAR < moment.year < LAST_YEAR - 1:
        raise Malformed(
            Reason(
                "date_far",
                _("The date lies outside of the calendar."),
                field,
                _("Choose a nearer date."),
            )
        )
    if moment is not None and moment.utcoffset() is None:
        raise Malformed(
            Reason(
                "due_naive",
                _("The deadline has no time zone."),
                field,
                _("Give a date with its zone."),
            )
        )
    return moment


def _text_fault(text: str, most: int, bad: bool) -> str:
    if bad:
        return _("The text contains control characters.")
    if len(text) > most:
        return _("The text is too long ({n} characters).").format(n=len(text))
    return _("The text is empty.")


def related(s: Session, table: Any, **where: Any) -> list[Any]:
    """Rows of a table by equal columns, in order of creation."""
    statement = select(table).order_by(table.c.id)
    for name, value in where.items():
        statement = statement.where(table.c[name] == value)
    return list(s.execute(statement))
