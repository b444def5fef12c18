"""Meetings in the database: who may see which, and which of their items.

The bureau and the leaders see all. A unit sees the meetings that it attends, and those whose
standing agenda treats an issue that it may see, and of either only its own items and decisions.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select, true

from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries.scope import BUSINESS_ROLES, visible_issues
from workflow.case import not_visible
from workflow.errors import IllegalTransition, Reason

M, U = tables.meeting.c, tables.meeting_unit.c
I, D = tables.meeting_item.c, tables.meeting_decision.c  # noqa: E741
STATES = ("planned", "fixed", "session", "closed", "called_off")
STANDING = ("fixed", "session", "closed")
"""States in which units see the agenda; of one that was called off, if it had stood."""
MOST_HEIRS = 9
"""So often a task may have been handed on before it is lost sight of."""


def visible_meetings(actor: PersonInfo) -> ColumnElement[bool]:
    """A condition on `meeting`."""
    if actor.sees_all:
        return true()
    if not actor.roles & BUSINESS_ROLES:
        return false()
    unit, meeting = actor.unit_id, tables.meeting
    attends = select(U.id).where(U.meeting_id == M.id, U.unit_id == unit).correlate(meeting)
    treats = (
        select(I.id)
        .join(tables.issue, tables.issue.c.id == I.issue_id)
        .where(I.meeting_id == M.id, I.state == "picked", visible_issues(actor))
        .correlate(meeting)
    )
    decides = select(D.id).where(D.meeting_id == M.id, D.lead_unit_id == unit).correlate(meeting)
    return or_(exists(attends), _stood() & or_(exists(treats), exists(decides)))


def _stood() -> ColumnElement[bool]:
    return or_(M.state.in_(STANDING), and_(M.state == "called_off", M.fixed_at.is_not(None)))


def visible_items(actor: PersonInfo) -> ColumnElement[bool]:
    """A condition on `meeting_item` joined to its meeting and its issue."""
    if actor.sees_all:
        return true()
    return and_(I.state == "picked", _stood(), visible_issues(actor))


def visible_decisions(actor: PersonInfo) -> ColumnElement[bool]:
    """A condition on `meeting_decision`: the unit's own, and those on items that it sees."""
    if actor.sees_all:
        return true()
    seen = (
        select(I.id)
        .join(tables.issue, tables.issue.c.id == I.issue_id)
        .where(I.id == D.item_id, I.state == "picked", visible_issues(actor))
        .correlate(tables.meeting_decision)
    )
    return or_(D.lead_unit_id == actor.unit_id, exists(seen))


def find_meeting(s: Session, actor: PersonInfo, meeting_id: int, *, lock: bool = False) -> Any:
    """The row. Raises `NotVisible` for what the actor may not know of."""
    chosen = select(tables.meeting).where(M.id == meeting_id, visible_meetings(actor))
    row = s.execute(chosen.with_for_update() if lock else chosen).one_or_none()
    if row is None:
        raise not_visible(str(meeting_id))
    return row


def by_number(s: Session, actor: PersonInfo, number: str) -> Any:
    """The meeting of a number such as HY-2026-01. Raises `NotVisible`."""
    chosen = select(tables.meeting).where(M.number == number, visible_meetings(actor))
    row = s.execute(chosen).one_or_none()
    if row is None:
        raise not_visible(number)
    return row


def list_meetings(
    s: Session, actor: PersonInfo, *, year: int | None = None, before_id: int | None = None,
    limit: int = 50,
) -> list[Any]:  # fmt: skip
    """Meetings within the scope, the latest first, those behind `before_id`."""
    chosen = select(tables.meeting).where(visible_meetings(actor))
    if year is not None:
        chosen = chosen.where(M.year == year)
    if before_id is not None:
        last = s.execute(select(M.starts_at).where(M.id == before_id)).scalar()
        same = and_(M.starts_at == last, M.id < before_id)
        chosen = chosen.where(or_(M.starts_at < last, same) if last is not None else false())
    return list(s.execute(chosen.order_by(M.starts_at.desc(), M.id.desc()).limit(limit)))


def years(s: Session, actor: PersonInfo) -> list[int]:
    """Years in which there were meetings, newest first."""
    rows = s.execute(select(M.year).where(visible_meetings(actor)).distinct())
    return sorted((row.year for row in rows), reverse=True)


def units_of(s: Session, meeting_ids: Sequence[int]) -> dict[int, list[Any]]:
    """Attending units by meeting, in the order of the list."""
    found: dict[int, list[Any]] = {}
    chosen = select(tables.meeting_unit).where(U.meeting_id.in_(meeting_ids)).order_by(U.id)
    for row in s.execute(chosen):
        found.setdefault(row.meeting_id, []).append(row)
    return found


_ISSUE = ("number", "title", "state", "category", "light", "light_reason", "board_id",
          "project_id", "coordination_level", "description", "listed", "major")  # fmt: skip


def items_of(
    s: Session, actor: PersonInfo, meeting_id: int, *, state: str | None = "picked"
) -> list[Any]:
    """Items with their issues' facts, in the agenda's order; None for those left out, too."""
    issue = tables.issue.c
    chosen = (
        select(
            tables.meeting_item,
            *(issue[name].label(f"issue_{name}") for name in _ISSUE),
            tables.project.c.name.label("project_name"),
        )
        .join(tables.meeting, M.id == I.meeting_id)
        .join(tables.issue, issue.id == I.issue_id)
        .outerjoin(tables.project, tables.project.c.id == issue.project_id)
        .where(I.meeting_id == meeting_id, visible_items(actor))
    )
    if state is not None:
        chosen = chosen.where(I.state == state)
    return list(s.execute(chosen.order_by(I.place, I.id)))


def find_item(s: Session, actor: PersonInfo, item_id: int) -> Any:
    """An item's row. Raises `NotVisible`."""
    row = s.execute(
        select(tables.meeting_item, tables.issue.c.number.label("issue_number"))
        .join(tables.meeting, M.id == I.meeting_id)
        .join(tables.issue, tables.issue.c.id == I.issue_id)
        .where(I.id == item_id, visible_items(actor))
    ).one_or_none()
    if row is None:
        raise not_visible(str(item_id))
    return row


def positions_of(s: Session, item_ids: Sequence[int]) -> dict[int, list[Any]]:
    """What units have said, by item."""
    position = tables.meeting_position
    found: dict[int, list[Any]] = {}
    chosen = select(position).where(position.c.item_id.in_(item_ids)).order_by(position.c.id)
    for row in s.execute(chosen):
        found.setdefault(row.item_id, []).append(row)
    return found


def decisions_of(s: Session, actor: PersonInfo, meeting_ids: Sequence[int]) -> list[Any]:
    """Decisions within the scope with their tasks and issues, in the order of recording."""
    return decisions_where(s, actor, D.meeting_id.in_(meeting_ids))


def unsettled_decisions(s: Session, actor: PersonInfo, unit_id: int | None = None) -> list[Any]:
    """Decisions of all meetings within the scope, of one unit if it is given, that were neither
    marked as carried out nor have their task verified, as `decisions_of` gives them."""
    waits = or_(
        and_(D.task_id.is_(None), D.state != "done"), tables.task.c.state != "verified"
    )  # fmt: skip
    own = [D.lead_unit_id == unit_id] if unit_id is not None else []
    return decisions_where(s, actor, waits, visible_meetings(actor), *own)


def decisions_where(s: Session, actor: PersonInfo, *wanted: ColumnElement[bool]) -> list[Any]:
    """As `decisions_of`, by conditions on `meeting_decision`, its meeting and its task."""
    issue, task = tables.issue.c, tables.task.c
    chosen = (
        select(
            tables.meeting_decision, I.issue_id, issue.number.label("issue_number"),
            issue.title.label("issue_title"), issue.state.label("issue_state"),
            task.number.label("task_number"), task.state.label("task_state"),
            task.due_at.label("task_due_at"), task.verified_at.label("task_verified_at"),
            task.submitted_at.label("task_submitted_at"), task.id.label("current_task_id"),
            M.number.label("meeting_number"), M.state.label("meeting_state"),
        )
        .join(tables.meeting, M.id == D.meeting_id)
        .outerjoin(tables.meeting_item, I.id == D.item_id)
        .outerjoin(tables.issue, issue.id == I.issue_id)
        .outerjoin(tables.task, task.id == D.task_id)
        .where(*wanted, visible_decisions(actor))
    )  # fmt: skip
    rows = s.execute(chosen.order_by(D.meeting_id, D.n))
    return _with_heirs(s, [SimpleNamespace(**row._mapping) for row in rows])


def _with_heirs(s: Session, rows: list[Any]) -> list[Any]:
    """A task that was given to another unit is followed in the task that replaced it."""
    task = tables.task.c
    for _round in range(MOST_HEIRS):
        gone = {row.current_task_id: row for row in rows if row.task_state == "withdrawn"}
        chosen = select(
            task.id, task.number, task.state, task.due_at, task.verified_at, task.submitted_at,
            task.predecessor_id,
        ).where(task.predecessor_id.in_(sorted(gone)))  # fmt: skip
        heirs = list(s.execute(chosen)) if gone else []
        for heir in heirs:
            row = gone[heir.predecessor_id]
            row.current_task_id = heir.id
            for name in ("number", "state", "due_at", "verified_at", "submitted_at"):
                setattr(row, f"task_{name}", getattr(heir, name))
        if not heirs:
            break
    return rows


def find_decision(s: Session, actor: PersonInfo, decision_id: int, *, lock: bool = False) -> Any:
    """A decision's row. Raises `NotVisible`."""
    chosen = (
        select(tables.meeting_decision)
        .join(tables.meeting, M.id == D.meeting_id)
        .where(D.id == decision_id, visible_meetings(actor), visible_decisions(actor))
    )
    locked = chosen.with_for_update(of=tables.meeting_decision) if lock else chosen
    row = s.execute(locked).one_or_none()
    if row is None:
        raise not_visible(str(decision_id))
    return row


def counts(s: Session, actor: PersonInfo, meeting_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """Items, decisions and those done, by meeting and within the scope."""
    found = {key: {"items": 0, "decisions": 0, "done": 0} for key in meeting_ids}
    items = (
        select(I.meeting_id, func.count().label("n"))
        .join(tables.meeting, M.id == I.meeting_id)
        .join(tables.issue, tables.issue.c.id == I.issue_id)
        .where(I.meeting_id.in_(meeting_ids), I.state == "picked", visible_items(actor))
        .group_by(I.meeting_id)
    )
    for row in s.execute(items):
        found[row.meeting_id]["items"] = row.n
    for row in decisions_of(s, actor, meeting_ids):
        found[row.meeting_id]["decisions"] += 1
        found[row.meeting_id]["done"] += int(is_done(row))
    return found


def is_done(decision: Any) -> bool:
    """Whether a decision (see `decisions_of`) is carried out: its task verified, or marked."""
    if decision.task_id is not None:
        return bool(decision.task_state == "verified" or decision.issue_state == "closed")
    return bool(decision.state == "done")


def refuse_state(meeting: Any, states: Sequence[str], message: str, remedy: str = "") -> None:
    """Raise `IllegalTransition` unless the meeting is in one of the states."""
    if meeting.state not in states:
        raise IllegalTransition(Reason("meeting_state", message, "state", remedy))


def next_meeting(s: Session, actor: PersonInfo, after: datetime) -> Any:
    """The meeting within the scope that begins first from a moment on, or is in session; or
    None."""
    ahead = or_(and_(M.state.in_(("planned", "fixed")), M.starts_at >= after), M.state == "session")
    chosen = select(tables.meeting).where(ahead, visible_meetings(actor))
    return s.execute(chosen.order_by(M.starts_at, M.id).limit(1)).one_or_none()


def last_before(s: Session, starts_at: datetime, own_id: int | None = None) -> Any:
    """The latest closed meeting before a moment, or None."""
    chosen = select(tables.meeting).where(M.starts_at < starts_at, M.state == "closed")
    if own_id is not None:
        chosen = chosen.where(M.id != own_id)
    return s.execute(chosen.order_by(M.starts_at.desc(), M.id.desc()).limit(1)).one_or_none()
