"""The rows of the bureau's ledger, read page by page and only as far as the actor may see."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from config.i18n import gettext as _
from config.policy import Policy
from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries.scope import visible_issues
from workflow import lights, side_limits
from workflow.calendar import WorkCalendar
from workflow.context import Context, context
from workflow.ledgers.check_code import check_code
from workflow.ledgers.filters import ENDED, Filters, conditions, unit_ids
from workflow.wording import category_name, state_name, word

__all__ = ["Filters", "LedgerRow", "ledger_rows", "lines_of"]

PAGE = 500
"""Issues read at a time; each page costs the same five statements."""

_I, _T, _E = tables.issue.c, tables.task.c, tables.event.c


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One line: values by column key (texts, numbers, local dates and times) and the light."""

    values: dict[str, Any]
    light: str


def ledger_rows(
    s: Session, actor: PersonInfo, now: datetime, filters: Filters
) -> Iterator[LedgerRow]:
    """A line per task, and one for an issue without any, by number; withdrawn tasks on request.

    Lights are those of `now`. Raises `Malformed` for a filter that names what does not exist.
    """
    chosen = [visible_issues(actor), *conditions(context(s), filters)]
    yield from lines_of(s, _by_number(s, chosen), now, filters)


def lines_of(
    s: Session, issues: Iterable[Any], now: datetime, filters: Filters | None = None
) -> Iterator[LedgerRow]:
    """The lines of these issues in their order, some hundred issues in memory at a time.

    Issues are rows of `issue` with their `project_name`, all of them visible to whoever asks.
    Of the filters only those count here that choose among lines: lights, units, withdrawn.
    """
    ctx, rest = context(s), iter(issues)
    while page := list(islice(rest, PAGE)):
        yield from _Page(s, ctx, page, now, filters or {}).rows()


def _by_number(s: Session, chosen: list[ColumnElement[bool]]) -> Iterator[Any]:
    last = 0
    while page := list(s.execute(_page(chosen, last))):
        last = page[-1].id
        yield from page


def _page(conditions: list[ColumnElement[bool]], after: int) -> Select[Any]:
    project = tables.project.c
    return (
        select(tables.issue, project.name.label("project_name"))
        .outerjoin(tables.project, project.id == _I.project_id)
        .where(_I.id > after, *conditions)
        .order_by(_I.id)
        .limit(PAGE)
    )


class _Page:
    """The issues of one page with everything their lines tell, read set-wise."""

    def __init__(
        self, s: Session, ctx: Context, issues: list[Any], now: datetime, filters: Filters
    ) -> None:
        self.ctx, self.issues, self.now, self.filters = ctx, issues, now, filters
        self.tasks = _tasks(s, [i.id for i in issues])
        task_ids = [t.id for tasks in self.tasks.values() for t in tasks]
        self.co_units = _by_task(s, tables.co_unit, task_ids)
        self.requests = _by_task(s, tables.request, task_ids, tables.request.c.state == "open")
        self.progress = _progress(s, [i.id for i in issues])
        self.zone = ctx.calendar().tz

    def rows(self) -> Iterator[LedgerRow]:
        """The lines of the page."""
        wanted = self.filters.get("lights")
        for issue in self.issues:
            for task in self._lines(issue):
                colour, reason = self._light(issue, task)
                if not wanted or colour in wanted:
                    values = self._issue(issue) | self._closure(issue) | self._task(issue, task)
                    values["check_code"] = check_code(values, issue.category)
                    yield LedgerRow(
                        values
                        | {
                            "light": word("light", colour),
                            "light_reason": word("reason", reason),
                        },
                        colour,
                    )

    def _lines(self, issue: Any) -> list[Any]:
        found = self.tasks.get(issue.id, [])
        live = [t for t in found if t.state != "withdrawn" or self.filters.get("withdrawn")]
        if self.filters.get("units"):
            led = set(unit_ids(self.ctx, self.filters["units"], "units"))
            return [t for t in live if t.lead_unit_id in led]
        return live or [None]

    def _light(self, issue: Any, task: Any) -> tuple[str, str]:
        if task is None or issue.state in (*ENDED, "parked"):
            return lights.issue_light(issue, [], step_late=self._late(issue))
        if issue.relapse_count and task.state not in ("verified", "withdrawn"):
            return "red", "relapsed"
        if task.state != "withdrawn" and self._late(issue):
            return lights.STEP_LATE  # nothing but the breakdown or the approval is waited for
        version = task.policy_version_id
        policy = self.ctx.policy(version)
        calendar = self.ctx.calendar(task.lead_unit_id, version)
        late = side_limits.passed(self._limits(issue, task, policy, calendar), self.now)
        return lights.task_light(task, policy, calendar, self.now, step_late=late)

    def _late(self, issue: Any) -> bool:
        """Whether the issue's own step is late; with look-backs its light would be grey anyway."""
        policy = self.ctx.policy(issue.policy_version_id)
        calendar = self.ctx.calendar(None, issue.policy_version_id)
        return side_limits.passed(side_limits.of_issue(issue, (), policy, calendar), self.now)

    def _limits(
        self, issue: Any, task: Any, policy: Policy, calendar: WorkCalendar
    ) -> list[side_limits.Limit]:
        if task.dispatched_at is None:
            version = issue.policy_version_id
            common = self.ctx.calendar(None, version)
            return side_limits.of_planned(issue, task, self.ctx.policy(version), common)
        requests, co_units = self.requests.get(task.id, []), self.co_units.get(task.id, [])
        return side_limits.of_task(task, requests, co_units, policy, calendar)

    def _issue(self, issue: Any) -> dict[str, Any]:
        people = self.ctx.directory
        machine = self.ctx.workflow(issue.workflow_version_id).issue
        phase = machine.states[issue.state].phase
        return {
            "project": issue.project_name or "",
            "board": people.unit_name(issue.board_id),
            "category": category_name(self.ctx.policy(issue.policy_version_id), issue.category),
            "found_by": people.person_name(issue.reporter_id),
            "found_on": issue.found_on,
            "state": state_name(machine, issue.state),
            "phase": word("phase", phase),
            "listed": _("Yes") if issue.listed else "",
            "relapses": issue.relapse_count,
            "overrides": issue.override_count,
            "title": issue.title,
            "source": ":".join(filter(None, (issue.source_system, issue.source_id))),
        }

    def _closure(self, issue: Any) -> dict[str, Any]:
        return {
            "closed_at": self._local(issue.closed_at),
            "closed_by": self.ctx.directory.person_name(issue.approver_id),
        }

    def _task(self, issue: Any, task: Any) -> dict[str, Any]:
        if task is None:
            return {
                "number": issue.number,
                "problem": issue.description,
                "task_state": "",
                "level": 0,
            }
        people = self.ctx.directory
        machine = self.ctx.workflow(task.workflow_version_id).task
        units = (people.unit_name(c.unit_id) for c in self.co_units.get(task.id, ()))
        planned = task.dispatched_at is None
        return {
            "number": task.number,
            "problem": task.problem,
            "measures": task.measures,
            "lead": people.unit_name(task.lead_unit_id),
            "co_units": "、".join(units),
            "leader": people.person_name(task.responsible_leader_id),
            "person": people.person_name(task.responsible_person_id),
            "due": self._local(task.fixed_due_at if planned else task.due_at),
            "provisional": _("Yes") if task.provisional else "",
            "progress": self._progress(task),
            "level": task.level,
            "task_state": _("Planned") if planned else state_name(machine, task.state),
        }

    def _progress(self, task: Any) -> str:
        if task.state in ("submitted", "verified"):
            return str(task.result)
        found = self.progress.get(task.id)
        if found is None:
            return ""
        return f"{found.at.astimezone(self.zone):%Y-%m-%d} {found.data.get('text', '')}"

    def _local(self, moment: datetime | None) -> datetime | None:
        """Wall time of the policy's zone, as a spreadsheet stores it: without a zone."""
        return moment.astimezone(self.zone).replace(tzinfo=None) if moment else None


def _tasks(s: Session, issue_ids: list[int]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in s.execute(select(tables.task).where(_T.issue_id.in_(issue_ids)).order_by(_T.id)):
        found.setdefault(row.issue_id, []).append(row)
    return found


def _by_task(s: Session, table: Any, task_ids: list[int], *chosen: Any) -> dict[int, list[Any]]:
    """Rows that belong to these tasks, by task."""
    found: dict[int, list[Any]] = {}
    wanted = select(table).where(table.c.task_id.in_(task_ids), *chosen).order_by(table.c.id)
    for row in s.execute(wanted):
        found.setdefault(row.task_id, []).append(row)
    return found


def _progress(s: Session, issue_ids: list[int]) -> dict[int, Any]:
    """The newest progress report of each task."""
    streams = [f"issue:{i}" for i in issue_ids]
    newest = (
        select(_E.stream, func.max(_E.seq).label("seq"))
        .where(_E.stream.in_(streams), _E.tag == "task.progress")
        .group_by(_E.stream, _E.task_id)
        .subquery()
    )
    chosen = select(_E.task_id, _E.at, _E.data).join(
        newest, (newest.c.stream == _E.stream) & (newest.c.seq == _E.seq)
    )
    return {row.task_id: row for row in s.execute(chosen)}
