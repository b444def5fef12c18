"""Changing one of the four fields after the dispatch: only by a ruling."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from config.i18n import gettext as _
from config.roles import Role
from models.db import Session
from models.directory import PersonInfo
from workflow.case import Record
from workflow.commands.asking import ask, open_request, rule
from workflow.commands.base import (
    Outcome,
    begin,
    clean,
    clean_moment,
    end,
    facts_of,
    permit,
    tell,
)
from workflow.commands.breakdown import find_unit, tell_withdrawn
from workflow.commands.extensions import redate
from workflow.commands.returns import reassign
from workflow.errors import Malformed, Reason
from workflow.telling import addressees
from workflow.transition import Work


def request_adjustment(
    s: Session,
    *,
    actor: PersonInfo,
    task: str,
    changes: dict[str, Any],
    reason: str,
    now: datetime,
    expected_version: int | None = None,
) -> Outcome:
    """Ask to change one of the four fields after the dispatch.

    `changes`: any of problem, measures (texts), lead_unit (code or name), due (aware datetime).
    """
    w, record = begin(s, actor=actor, now=now, task=task, expected_version=expected_version)
    wanted, reason = _wanted(w, changes), clean("reason", reason)
    noted = permit(
        w,
        "request_adjustment",
        facts_of(w, record, args={"kind": "adjust", "changes": wanted, "reason": reason}),
    )
    number = ask(
        w,
        record,
        "adjust",
        "request_adjustment",
        actor,
        noted=noted,
        reason=reason,
        changes=wanted,
        ruling_wd=w.policy(record).adjust.ruling_wd,
        tell_role=Role.OFFICE_CHIEF,
    )
    return end(w, record, number)


def _wanted(w: Work, changes: dict[str, Any]) -> dict[str, Any]:
    wanted: dict[str, Any] = {}
    for name, value in changes.items():
        if name == "lead_unit":
            wanted["lead_unit_id"] = find_unit(w, "lead_unit", str(value))
        elif name == "due":
            due = clean_moment("deadline", value)
            if due is None:
                raise Malformed(
                    Reason(
                        "deadline_missing",
                        _("A deadline is required."),
                        "deadline",
                        _("Give a date."),
                    )
                )
            wanted["due_at"] = due.astimezone(UTC).isoformat()
        else:
            wanted[name] = clean(name, str(value), needed=True)
    return wanted


def rule_adjustment(
    s: Session,
    *,
    actor: PersonInfo,
    task: str,
    granted: bool,
    opinion: str,
    now: datetime,
    expected_version: int | None = None,
) -> Outcome:
    """Rule on a change of the four fields. The old text stays in the history."""
    w, record = begin(s, actor=actor, now=now, task=task, expected_version=expected_version)
    request, opinion = open_request(w, record, "adjust"), clean("opinion", opinion)
    noted = permit(
        w,
        "rule_adjustment",
        facts_of(w, record, request=request, args={"opinion": opinion, "granted": granted}),
    )
    changes = dict(request.changes) if granted else {}
    old = {k: _old(record, k) for k in changes}
    rule(
        w,
        record,
        request,
        granted=granted,
        actor=actor,
        act="rule_adjustment",
        opinion=opinion,
        data=noted | {"old": old, "new": changes},
    )
    result = _apply_changes(w, record, changes, actor, opinion) if granted else record
    tell(
        w,
        "adjusted",
        addressees(w, ("responsible_person", "liaison", "unit_leader"), result),
        task=result,
        outcome="granted" if granted else "refused",
        opinion=opinion,
        reason=request.reason,
        occasion=f"event:{w.issue.chain_seq}",
    )
    if result is not record:
        tell_withdrawn(w, record, opinion)
    return end(w, result)


def _old(task: Record, name: str) -> Any:
    value = task.values[name]
    return value.isoformat() if isinstance(value, datetime) else value


def _apply_changes(
    w: Work, task: Record, changes: dict[str, Any], actor: PersonInfo, opinion: str
) -> Record:
    task.set(**{k: v for k, v in changes.items() if k in ("problem", "measures")})
    if "due_at" in changes:
        due = datetime.fromisoformat(changes["due_at"])
        task.set(fixed_due_at=due, frozen_at=None)
        redate(w, task, due, cause="adjust")
    if "lead_unit_id" in changes and changes["lead_unit_id"] != task.lead_unit_id:
        return reassign(w, task, changes["lead_unit_id"], by=actor, reason=opinion)
    return task
