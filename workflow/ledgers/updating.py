"""A changed row is applied to its issue: by correction before the dispatch, by ruling after it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select

from config.i18n import gettext as _
from models import tables
from models.db import Session
from workflow.commands import amending, breakdown, discovery, requests
from workflow.errors import Malformed, Reason
from workflow.ledgers.agreement import TITLES
from workflow.ledgers.checks import Checks
from workflow.ledgers.decode import TASK_FIELDS, Entry
from workflow.ledgers.exported import Line
from workflow.ledgers.mapping import Mapping
from workflow.ledgers.taking import People, plan_of

CORRECTED = ("title", "description", "category", "no_project_reason")
"""Fields that `discovery.edit` corrects before the dispatch."""

AMENDED = {
    "description": "problem",
    "measures": "measures",
    "lead": "lead",
    "co_units": "co_units",
    "deadline": "due",
}
"""Fields of an exported line that are its planned task's."""

ADJUSTED = {
    "description": "problem",
    "measures": "measures",
    "lead": "lead_unit",
    "deadline": "due",
}
"""The four fields, which change after the dispatch by request and ruling alone (S0 0.2)."""

ENDED = ("closed", "rejected", "merged")


def apply_change(
    s: Session,
    entry: Entry,
    changed: set[str],
    issue: Any,
    mapping: Mapping,
    checks: Checks,
    people: People,
    now: datetime,
) -> None:
    """Bring an issue in line with its row. Raises `WorkflowError` with every reason against it."""
    if issue.state in ENDED:
        raise Malformed(*(_refused(field, _ended(issue)) for field in sorted(changed)))
    if issue.dispatched_at is None:
        _correct(s, entry, changed, issue, mapping, checks, people, now)
    else:
        _adjust(s, entry, changed, issue, checks, people, now)


def apply_to_line(
    s: Session,
    entry: Entry,
    changed: set[str],
    line: Line,
    checks: Checks,
    people: People,
    now: datetime,
) -> None:
    """Bring a line of an export in line with its row: the row speaks for one task, or for an
    issue that has none. Raises `WorkflowError` with every reason against it."""
    if line.state in ENDED:
        raise Malformed(*(_refused(field, _ended(line)) for field in sorted(changed)))
    if line.dispatched_at is not None:
        _only(changed, ADJUSTED, _after_dispatch())
        _rule(s, entry, changed, line.task, checks, people, now)
        return
    _only(
        changed,
        (*TITLES, *(AMENDED if line.task else ("description",))),
        _("Change it by hand on the issue itself."),
    )
    of_issue = {f for f in changed if f in TITLES or not line.task}
    if of_issue:
        texts: dict[str, Any] = {f: entry.text(f) for f in of_issue}
        discovery.edit(s, actor=people.report, issue=line.number, now=now, **texts)
    if rest := changed - of_issue:
        plan = {AMENDED[f]: _planned(entry, f, checks) for f in rest}
        amending.amend_task(s, actor=people.triage, task=line.task, changes=plan, now=now)


def _planned(entry: Entry, field: str, checks: Checks) -> Any:
    if field == "co_units":
        return entry.units()
    return checks.due(entry) if field == "deadline" else entry.text(field)


def _correct(
    s: Session,
    entry: Entry,
    changed: set[str],
    issue: Any,
    mapping: Mapping,
    checks: Checks,
    people: People,
    now: datetime,
) -> None:
    _only(changed, (*CORRECTED, *TASK_FIELDS), _("Change it by hand on the issue itself."))
    texts: dict[str, Any] = {f: entry.text(f) for f in CORRECTED if f in changed}
    if texts:
        discovery.edit(s, actor=people.report, issue=issue.number, now=now, **texts)
    tasks = _live_tasks(s, issue)
    if mapping.plans and tasks and changed & {*TASK_FIELDS, "description", "category"}:
        _plan_again(s, entry, issue, tasks, checks, people, now)


def _plan_again(
    s: Session,
    entry: Entry,
    issue: Any,
    tasks: list[Any],
    checks: Checks,
    people: People,
    now: datetime,
) -> None:
    """A planned task gives way to one as the row now has it."""
    breakdown.plan_task(
        s, actor=people.triage, issue=issue.number, form=plan_of(entry, checks), now=now
    )
    breakdown.drop_task(
        s,
        actor=people.dispatch,
        task=_single(tasks).number,
        now=now,
        reason=_("Planned anew: row {row} of the imported ledger has changed.").format(
            row=entry.row
        ),
    )


def _adjust(
    s: Session,
    entry: Entry,
    changed: set[str],
    issue: Any,
    checks: Checks,
    people: People,
    now: datetime,
) -> None:
    _only(changed, ADJUSTED, _after_dispatch())
    _rule(s, entry, changed, _single(_live_tasks(s, issue)).number, checks, people, now)


def _rule(
    s: Session,
    entry: Entry,
    changed: set[str],
    task: str,
    checks: Checks,
    people: People,
    now: datetime,
) -> None:
    why = _("Row {row} of the imported ledger has changed.").format(row=entry.row)
    requests.request_adjustment(
        s,
        actor=people.triage,
        task=task,
        changes=_wanted(entry, changed, checks),
        reason=why,
        now=now,
    )
    requests.rule_adjustment(
        s, actor=people.dispatch, task=task, granted=True, opinion=why, now=now
    )


def _after_dispatch() -> str:
    return _(
        "After the dispatch only problem, measures, unit and deadline can change; "
        "change anything else by hand."
    )


def _wanted(entry: Entry, changed: set[str], checks: Checks) -> dict[str, Any]:
    blank = [field for field in changed if not entry.text(field)]
    if blank:
        raise Malformed(
            *(
                _refused(field, _("After the dispatch none of the four fields may become blank."))
                for field in sorted(blank)
            )
        )
    values: dict[str, Any] = {ADJUSTED[field]: entry.text(field) for field in changed}
    return values | ({"due": checks.due(entry)} if "due" in values else {})


def _live_tasks(s: Session, issue: Any) -> list[Any]:
    task = tables.task
    return list(
        s.execute(
            select(task.c.number)
            .where(task.c.issue_id == issue.issue_id, task.c.state != "withdrawn")
            .order_by(task.c.id)
        )
    )


def _single(tasks: list[Any]) -> Any:
    if len(tasks) == 1:
        return tasks[0]
    raise Malformed(
        Reason(
            "several_tasks",
            _("The issue has {n} tasks; a row can only speak for one.").format(n=len(tasks)),
            remedy=_("Change it by hand on the issue itself."),
        )
    )


def _only(changed: set[str], allowed: Iterable[str], remedy: str) -> None:
    beyond = changed - set(allowed)
    if beyond:
        message = _("This field cannot be changed by an import.")
        raise Malformed(*(_refused(field, message, remedy) for field in sorted(beyond)))


def _ended(issue: Any) -> str:
    return _("Issue {number} is no longer open.").format(number=issue.number)


def _refused(field: str, message: str, remedy: str = "") -> Reason:
    return Reason("not_updated", message, field, remedy or _("Put the old value back."))
