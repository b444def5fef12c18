"""Which issues a meeting should treat: found by rules, each with the reasons that hold for it.

S0 0.5 and 0.9, domain rules §5: unsolved at L2 for too long, several units at work, an element
that its board cannot balance, district or city departments needed, left over from the last
meeting, the red light of a listed project, and parked matters whose review is due. The rules only
propose; the office picks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import exists, func, or_, select, union

from config.i18n import N_
from config.i18n import gettext as _
from config.policy_parts import CoordinationRules
from models import tables
from models.db import Session
from models.directory import PersonInfo
from projects.access import sees_business
from projects.coordination.facts import standings
from projects.meetings import store
from workflow.case import not_visible
from workflow.context import context

REASONS: dict[str, str] = {
    "unsolved": N_("{n} working days at L2 without being solved"),
    "units": N_("{n} units at work"),
    "element": N_("element shortage: the board cannot balance it ({unit})"),
    "district": N_("departments of the district are needed ({unit})"),
    "city": N_("departments of the city are needed ({unit})"),
    "level": N_("stands at L{n}, and no meeting has decided on it yet"),
    "left_over": N_("left over from {meeting}"),
    "deferred": N_("deferred by {meeting}"),
    "called_off": N_("stood on the agenda of {meeting}, which was called off"),
    "overdue": N_("a decision of {meeting} is overdue"),
    "red_project": N_("the listed project has a red light"),
    "parked": N_("parked; its review is due on {day}"),
    "hand": N_("picked by hand"),
    "raised": N_("raised in the meeting by {unit}"),
}
"""Words for each code; the facts in braces are stored with it."""
OPEN = ("triaging", "dispatched", "in_progress", "parked")
REVIEW_AHEAD = timedelta(days=15)
"""A parked matter whose review falls into the half-month after the meeting is looked at in it."""
_I, _T = tables.issue.c, tables.task.c
_SETTLED = ("verified", "withdrawn", "submitted")
"""States of a task in which its unit owes nothing."""
Reasons = list[dict[str, Any]]


@dataclass(slots=True)
class Candidate:
    """An issue with the reasons for treating it; `state`: "" (new), picked or dropped."""

    issue: Any
    reasons: Reasons
    state: str = ""
    note: str = ""


@dataclass(slots=True)
class Found:
    """Reasons by issue, gathered rule by rule."""

    reasons: dict[int, Reasons] = field(default_factory=dict)

    def add(self, issue_id: int, code: str, **facts: Any) -> None:
        """One more reason, each code once."""
        known = self.reasons.setdefault(issue_id, [])
        if code not in {one["code"] for one in known}:
            known.append({"code": code, **facts})


def reason_text(reason: dict[str, Any]) -> str:
    """A stored reason in the present language."""
    words = REASONS.get(str(reason.get("code")), "")
    facts = {"n": "", "unit": "", "meeting": "", "day": ""} | reason
    return _(words).format(**facts) if words else str(reason.get("code"))


def candidates(s: Session, actor: PersonInfo, meeting: Any, now: datetime) -> list[Candidate]:
    """Every candidate of a meeting, those with most reasons first, those left out with their
    state. For who sees all issues; raises `NotVisible` for others, as the list tells of all."""
    if not (actor.sees_all and sees_business(actor)):
        raise not_visible(str(meeting.id))
    found = select_by_rules(s, meeting, now)
    known = {row.issue_id: row for row in store.items_of(s, actor, meeting.id, state=None)}
    rows = _issues(s, [*found.reasons, *known])
    shown = []
    for row in rows:
        item = known.get(row.id)
        reasons = found.reasons.get(row.id, []) or (list(item.reasons) if item else [])
        state, note = (item.state, item.note) if item is not None else ("", "")
        shown.append(Candidate(row, reasons, state, note))
    return sorted(shown, key=lambda c: (-len(c.reasons), c.issue.id))


def reasons_for(s: Session, meeting: Any, issue_id: int, now: datetime) -> Reasons:
    """The reasons of one issue, by the same rules."""
    return select_by_rules(s, meeting, now).reasons.get(issue_id, [])


def select_by_rules(s: Session, meeting: Any, now: datetime) -> Found:
    """All rules over all open issues, with a bounded number of statements."""
    found, rules = Found(), context(s).policy().coordination
    _unsolved(s, found, rules, now)
    _requested(s, found)
    _many_units(s, found, rules)
    _from_last_meeting(s, found, meeting, now)
    _called_off(s, found, meeting)
    _red_projects(s, found, now)
    _parked(s, found, meeting)
    still_open = {row.id for row in _open(s, found.reasons)}
    found.reasons = {key: value for key, value in found.reasons.items() if key in still_open}
    return found


def _unsolved(s: Session, found: Found, rules: CoordinationRules, now: datetime) -> None:
    """At L2 for longer than the policy allows; or at L3 and above, where a person has put it."""
    chosen = select(_I.id, _I.coordination_level).where(
        _I.coordination_level >= 2, _I.state.in_(OPEN)
    )
    rows = list(s.execute(chosen))
    calendar = context(s).calendar()
    consulted = [row.id for row in rows if row.coordination_level == 2]
    for key, standing in standings(s, consulted).items():
        days = standing.days_at_level(now, calendar)
        if days > rules.meeting_after_wd:
            found.add(key, "unsolved", n=days)
    high = {row.id: row.coordination_level for row in rows if row.coordination_level > 2}
    for key in sorted(high.keys() - _treated(s, high)):
        found.add(key, "level", n=high[key])


def _treated(s: Session, ids: Iterable[int]) -> set[int]:
    """Those that a meeting has decided on: they come back when that is overdue, not before."""
    chosen = select(store.I.issue_id).where(
        store.I.issue_id.in_(sorted(ids)), store.I.outcome == "decided"
    )
    return {row.issue_id for row in s.execute(chosen)}


def _requested(s: Session, found: Found) -> None:
    request, units = tables.coordination_request.c, context(s).directory
    chosen = select(request.issue_id, request.cause, request.unit_id).where(request.state == "open")
    for row in s.execute(chosen.order_by(request.id)):
        found.add(row.issue_id, row.cause, unit=units.unit_name(row.unit_id))


def _many_units(s: Session, found: Found, rules: CoordinationRules) -> None:
    co = tables.co_unit.c
    live = (_T.state != "withdrawn", _T.dispatched_at.is_not(None), _I.state.in_(OPEN))
    leads = select(_T.issue_id, _T.lead_unit_id.label("unit_id")).join(
        tables.issue, _I.id == _T.issue_id
    )
    supports = (
        select(_T.issue_id, co.unit_id)
        .join(tables.co_unit, co.task_id == _T.id)
        .join(tables.issue, _I.id == _T.issue_id)
    )
    both = union(leads.where(*live), supports.where(*live)).subquery()
    n = func.count(both.c.unit_id.distinct())
    chosen = select(both.c.issue_id, n.label("n")).group_by(both.c.issue_id)
    for row in s.execute(chosen.having(n >= rules.meeting_from_units)):
        found.add(row.issue_id, "units", n=row.n)


def _from_last_meeting(s: Session, found: Found, meeting: Any, now: datetime) -> None:
    """What the meeting before this one deferred or did not come to; and what it, or one before it,
    decided in vain so far."""
    if meeting.previous_id is None:
        return
    last = s.execute(select(store.M.number).where(store.M.id == meeting.previous_id)).scalar_one()
    items = select(tables.meeting_item).where(
        store.I.meeting_id == meeting.previous_id, store.I.state == "picked"
    )
    for row in s.execute(items):
        if row.outcome == "deferred":
            found.add(row.issue_id, "deferred" if row.note else "left_over", meeting=last)
    for key, number in _late_decisions(s, meeting, context(s).calendar().local_date(now), now):
        found.add(key, "overdue", meeting=number)


def _called_off(s: Session, found: Found, meeting: Any) -> None:
    """Items of meetings that were called off, until another meeting has had them before it."""
    later, its = tables.meeting_item.alias(), tables.meeting.alias()
    seen = (
        select(later.c.id)
        .join(its, its.c.id == later.c.meeting_id)
        .where(
            later.c.issue_id == store.I.issue_id, later.c.meeting_id != meeting.id,
            its.c.state != "called_off", later.c.added_at >= store.M.called_off_at,
        )
        .correlate(tables.meeting_item, tables.meeting)
    )  # fmt: skip
    chosen = (
        select(store.I.issue_id, store.M.number)
        .join(tables.meeting, store.M.id == store.I.meeting_id)
        .where(
            store.M.state == "called_off", store.I.state == "picked",
            store.I.meeting_id != meeting.id, ~exists(seen),
        )
        .order_by(store.M.id.desc())
    )  # fmt: skip
    for row in s.execute(chosen):
        found.add(row.issue_id, "called_off", meeting=row.number)


def _late_decisions(
    s: Session, meeting: Any, today: date, now: datetime
) -> Iterator[tuple[int, str]]:
    """Issues with an overdue decision, and the number of the meeting that took it, newest first."""
    d = store.D
    chosen = (
        select(store.I.issue_id, d.task_id, d.state, d.due_on, _T.state.label("task_state"))
        .add_columns(_T.due_at.label("task_due_at"), store.M.number)
        .join(tables.meeting_item, store.I.id == d.item_id)
        .join(tables.meeting, store.M.id == d.meeting_id)
        .outerjoin(tables.task, _T.id == d.task_id)
        .where(store.M.state == "closed", store.M.starts_at < meeting.starts_at)
        .where(or_(d.task_id.is_not(None), d.state != "done"))
        .where(or_(_T.id.is_(None), _T.state.not_in(_SETTLED)))
        .order_by(store.M.starts_at.desc(), d.id)
    )
    for row in s.execute(chosen.select_from(tables.meeting_decision)):
        if row.task_id is not None:
            late = row.task_due_at is not None and row.task_due_at < now
        else:
            late = row.due_on is not None and row.due_on < today
        if late:
            yield row.issue_id, row.number


def _red_projects(s: Session, found: Found, now: datetime) -> None:
    """Open issues of projects that stand on a list of this year and have a red light."""
    project, listing = tables.project.c, tables.project_listing.c
    listed = exists().where(
        listing.project_id == project.id,
        listing.year == context(s).calendar().local_date(now).year,
        listing.removed_on.is_(None),
    )
    chosen = (
        select(_I.id)
        .join(tables.project, project.id == _I.project_id)
        .where(project.light == "red", listed, _I.state.in_(OPEN))
    )
    for row in s.execute(chosen):
        found.add(row.id, "red_project")


def _parked(s: Session, found: Found, meeting: Any) -> None:
    until = context(s).calendar().local_date(meeting.starts_at) + REVIEW_AHEAD
    chosen = select(_I.id, _I.park_review_on).where(
        _I.state == "parked", _I.park_review_on.is_not(None), _I.park_review_on <= until
    )
    for row in s.execute(chosen):
        found.add(row.id, "parked", day=row.park_review_on.isoformat())


def _open(s: Session, ids: Iterable[int]) -> list[Any]:
    return list(s.execute(select(_I.id).where(_I.id.in_(sorted(ids)), _I.state.in_(OPEN))))


def _issues(s: Session, ids: Iterable[int]) -> list[Any]:
    names = ("id", "number", "title", "state", "category", "light", "light_reason", "board_id",
             "coordination_level", "listed", "major", "urgent", "dispatched_at")  # fmt: skip
    chosen = (
        select(*(_I[name] for name in names), tables.project.c.name.label("project_name"))
        .outerjoin(tables.project, tables.project.c.id == _I.project_id)
        .where(_I.id.in_(sorted(set(ids))))
        .order_by(_I.id)
    )
    return list(s.execute(chosen))
