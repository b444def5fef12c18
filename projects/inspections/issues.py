"""Findings become issues in bulk, each exactly once, through the loop's own door.

Each is reported by whoever clicks (`workflow.commands.discovery.report`: an inspector or triage
officer), for the project of its site, with source `inspection` and the finding's id. One that the
loop refuses stays open and says why; the others go on. That is chosen over all or nothing,
because on the evening of an inspection one wrong category must not hold up sixteen other issues.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from models import tables
from models.db import Session
from models.directory import PersonInfo
from projects.access import INSPECTORS, require
from projects.inspections.found import ALIVE, find, refuse_state
from projects.inspections.plan import advance
from workflow.commands.discovery import Report, report
from workflow.context import context
from workflow.errors import GuardFailed, IllegalTransition, Malformed, Reason

_F = tables.finding
SOURCE = "inspection"


@dataclass(frozen=True, slots=True)
class Raised:
    """What became of one finding: the number of its issue, or why there is none."""

    finding: int
    issue: str = ""
    refused: tuple[Reason, ...] = ()


def raise_issues(
    s: Session, *, actor: PersonInfo, inspection: int, now: datetime,
    findings: Sequence[int] | None = None, expected_version: int | None = None,
) -> list[Raised]:  # fmt: skip
    """Make issues of all open findings, or of those named. A second call finds nothing to do.

    The inspection is then `sent`, unless something stays open. Raises `NotAllowed` for who may not
    report issues; that is no fault of a finding.
    """
    require(actor, INSPECTORS)
    row = find(s, actor, inspection, lock=True)
    open_ = select(_F, tables.project.c.name).join(
        tables.project, tables.project.c.id == _F.c.project_id
    )
    open_ = open_.where(_F.c.inspection_id == row.id, _F.c.state == "open").order_by(_F.c.id)
    if findings is not None:
        open_ = open_.where(_F.c.id.in_(list(findings)))
    found = list(s.execute(open_))
    if not found and row.state in ("sent", "closed"):
        return []
    refuse_state(row, *ALIVE)
    done = [_raise_one(s, actor, row, one, now) for one in found]
    _advance(s, actor, row, done, now)
    return done


def _raise_one(s: Session, actor: PersonInfo, row: Any, one: Any, now: datetime) -> Raised:
    try:
        with s.conn.begin_nested():
            made = report(s, actor=actor, form=report_form(s, one), now=now)
            _link(s, one, made.issue_number, now)
    except (Malformed, GuardFailed, IllegalTransition) as error:
        said = [{"code": r.code, "message": r.message, "remedy": r.remedy} for r in error.reasons]
        s.execute(update(_F).where(_F.c.id == one.id).values(refusal=said))
        return Raised(one.id, refused=error.reasons)
    return Raised(one.id, made.issue_number)


def report_form(s: Session, one: Any) -> Report:
    """A finding as the loop takes it."""
    return Report(
        title=one.title, description=one.detail or one.title, category=one.category,
        project=one.name, urgent=one.urgent or None,
        found_on=context(s).calendar().local_date(one.found_at),
        source_system=SOURCE, source_id=f"finding:{one.id}",
    )  # fmt: skip


def _link(s: Session, one: Any, number: str, now: datetime) -> None:
    issue = tables.issue.c
    key = s.execute(select(issue.id).where(issue.number == number)).scalar_one()
    values = {"state": "issue", "issue_id": key, "issue_at": now, "refusal": []}
    s.execute(update(_F).where(_F.c.id == one.id).values(version=one.version + 1, **values))


def _advance(
    s: Session, actor: PersonInfo, row: Any, done: Sequence[Raised], now: datetime
) -> None:
    issues = {str(one.finding): one.issue for one in done if one.issue}
    refused = {str(one.finding): [r.code for r in one.refused] for one in done if one.refused}
    left = select(_F.c.id).where(_F.c.inspection_id == row.id, _F.c.state == "open").limit(1)
    sent = s.execute(left).first() is None
    values: dict[str, Any] = {"state": "sent", "sent_at": now} if sent else {"state": "under_way"}
    data = {"issues": issues, "refused": refused}
    advance(s, actor, row, "inspection.issues", data, now, **values)
