"""A person's deadlines, for a calendar that subscribes to them.

Which rulings, verifications and approvals are a person's is the ledger's rule
(`models.queries.waiting`), so that the feed and the workbench say the same. Every kind is one
statement, whatever the number of rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select

from config.i18n import gettext as _
from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries.definitions import Definitions, definitions
from models.queries.running import is_running, literally
from models.queries.scope import visible_issues
from models.queries.waiting import kinds_of, waiting
from workflow import deadlines
from workflow.context import context
from workflow.wording import word

MOST = 500
"""So many entries of each kind at most, the nearest first: a calendar is no ledger."""
_I, _T, _C = tables.issue.c, tables.task.c, tables.co_unit.c
_R, _L = tables.request.c, tables.lookback.c


@dataclass(frozen=True, slots=True)
class Due:
    """One deadline. `uid` stays the same when its date moves; `text` has no personal data."""

    uid: str
    number: str
    issue_number: str
    text: str
    at: datetime
    changed: datetime
    provisional: bool = False


def deadlines_of(s: Session, person: PersonInfo, now: datetime) -> list[Due]:
    """What is due from the person and the person's unit, the nearest first."""
    rules = definitions(s)
    kinds = set(kinds_of(person, rules))
    found = _led(s, person) + _supported(s, person)
    for kind, load in (
        ("verify", _verified),
        ("rule", _requests),
        ("approve", _approvals),
        ("lookback", _lookbacks),
    ):
        if kind in kinds:
            found += load(s, person, rules, now)
    return sorted(found, key=lambda due: (due.at, due.uid))


def _tasks(*more: Any) -> Any:
    columns = (_T.id, _T.number, _T.due_at, _T.provisional, _T.state_since, _T.submitted_at)
    own = (_T.policy_version_id, _T.lead_unit_id, _T.deadline_since, _T.resumed_at)
    issue = (_I.number.label("issue_number"), _I.title)
    return select(*columns, *own, *issue, *more).join(tables.issue, _I.id == _T.issue_id)


def _led(s: Session, person: PersonInfo) -> list[Due]:
    """Running tasks that the person's unit leads, their clock not at rest."""
    chosen = _tasks().where(
        is_running(_T),
        _T.lead_unit_id == person.unit_id,
        _T.due_at.is_not(None),
        _T.paused_at.is_(None),
        visible_issues(person),
    )
    return [
        _due("task", row, _("Deadline"), row.due_at, _newest(row.deadline_since, row.state_since),
             row.provisional)
        for row in s.execute(chosen.order_by(_T.due_at, _T.id).limit(MOST))
    ]  # fmt: skip


def _supported(s: Session, person: PersonInfo) -> list[Due]:
    """Inputs that the person's unit still owes as a supporting unit."""
    chosen = (
        _tasks(_C.id.label("co_id"), _C.due_at.label("co_due"))
        .join(tables.co_unit, _C.task_id == _T.id)
        .where(
            _C.unit_id == person.unit_id,
            _C.state == "awaited",
            _C.due_at.is_not(None),
            is_running(_T),
            _T.paused_at.is_(None),
            visible_issues(person),
        )
    )
    return [
        _due(f"co-{row.co_id}", row, _("Input as supporting unit"), row.co_due, row.state_since)
        for row in s.execute(chosen.order_by(_C.due_at, _C.id).limit(MOST))
    ]


def _verified(s: Session, person: PersonInfo, rules: Definitions, now: datetime) -> list[Due]:
    """Tasks handed in that the person may verify, with the verifier's own limit."""
    chosen = _tasks().where(
        literally(_T.state, ("submitted",)),
        _T.verifier_unit_id == person.unit_id,
        _T.submitted_at.is_not(None),
        waiting("verify", person, rules, now),
    )
    return [
        _due("verify", row, _("Verification"),
             _side(s, row, _newest(row.state_since, row.resumed_at), "verify"), row.submitted_at)
        for row in s.execute(chosen.order_by(_T.submitted_at, _T.id).limit(MOST))
    ]  # fmt: skip


def _requests(s: Session, person: PersonInfo, rules: Definitions, now: datetime) -> list[Due]:
    """Open requests of others on issues where the person may rule."""
    chosen = (
        _tasks(_R.id.label("request_id"), _R.kind, _R.ruling_due_at, _R.asked_at)
        .join(tables.request, _R.task_id == _T.id)
        .where(
            literally(_R.state, ("open",)),
            _R.ruling_due_at.is_not(None),
            _R.asked_by_id != person.id,
            waiting("rule", person, rules, now),
        )
    )
    return [
        _due(f"request-{row.request_id}", row,
             _("Ruling: {request}").format(request=word("request", row.kind)),
             row.ruling_due_at, row.asked_at)
        for row in s.execute(chosen.order_by(_R.ruling_due_at, _R.id).limit(MOST))
    ]  # fmt: skip


def _approvals(s: Session, person: PersonInfo, rules: Definitions, now: datetime) -> list[Due]:
    """Closures that wait for the person's approval, with the approver's own limit."""
    columns = (_I.number.label("number"), _I.title, _I.state_since, _I.policy_version_id)
    chosen = select(_I.id, *columns, _I.number.label("issue_number")).where(
        waiting("approve", person, rules, now)
    )
    return [
        _due("approve", row, _("Approval of the closure"),
             _side(s, row, row.state_since, "approve"), row.state_since)
        for row in s.execute(chosen.order_by(_I.state_since, _I.id).limit(MOST))
    ]  # fmt: skip


def _lookbacks(s: Session, person: PersonInfo, rules: Definitions, now: datetime) -> list[Due]:
    """Planned re-checks, also those whose day is still to come."""
    may = rules.may("issue", "record_lookback", person, _I)
    chosen = (
        select(_L.id, _L.due_at, _I.number, _I.number.label("issue_number"), _I.title, _I.closed_at,
               _I.state_since)
        .join(tables.issue, and_(_I.id == _L.issue_id, _I.cycle == _L.cycle))
        .where(literally(_L.state, ("planned",)), may, visible_issues(person))
    )  # fmt: skip
    return [
        _due("lookback", row, _("Look-back"), row.due_at, row.closed_at or row.state_since)
        for row in s.execute(chosen.order_by(_L.due_at, _L.id).limit(MOST))
    ]


def _due(
    kind: str, row: Any, what: str, at: datetime, changed: datetime, provisional: bool = False
) -> Due:
    """`kind` makes the identity together with the row's id (of a task, issue or look-back)."""
    text = f"{what} {row.number} {row.title}"
    uid = f"{kind}-{row.id}"
    return Due(uid, row.number, row.issue_number, text, at, changed, bool(provisional))


def _side(s: Session, row: Any, since: datetime, name: str) -> datetime:
    """The end of a side limit that began at `since`, under the row's own policy."""
    ctx = context(s)
    policy = ctx.policy(row.policy_version_id)
    days: int = getattr(policy, name).limit_wd
    calendar = ctx.calendar(row._mapping.get("lead_unit_id"), row.policy_version_id)
    return deadlines.side_limit(since, days, calendar, policy)


def _newest(*moments: datetime | None) -> datetime:
    return max(moment for moment in moments if moment is not None)
