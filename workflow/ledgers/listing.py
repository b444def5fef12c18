"""The rows of the bureau's ledger, read page by page and only as far as the actor may see."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypedDict

from sqlalchemy import ColumnElement, Select, func, select

from config.i18n import current_language
from config.i18n import gettext as _
from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries.scope import visible_issues
from workflow import lights
from workflow.context import Context, context
from workflow.errors import Malformed, Reason
from workflow.lights import ORDER as LIGHTS
from workflow.wording import state_name, word

PAGE = 500
"""Issues read at a time; each page costs the same four statements."""

_ENDED = ("closed", "rejected", "merged")
_I, _T, _E = tables.issue.c, tables.task.c, tables.event.c


class Filters(TypedDict, total=False):
    """What to leave out: empty means everything. Units by code or name, dates of finding."""

    states: Sequence[str]
    phases: Sequence[str]
    lights: Sequence[str]
    categories: Sequence[str]
    boards: Sequence[str]
    units: Sequence[str]
    projects: Sequence[str]
    found_from: date | None
    found_until: date | None
    open_only: bool
    listed_only: bool
    withdrawn: bool


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
    ctx = context(s)
    conditions = [visible_issues(actor), *_conditions(ctx, filters)]
    last = 0
    while page := list(s.execute(_page(conditions, last))):
        last = page[-1].id
        yield from _Page(s, ctx, page, now, filters).rows()


def _page(conditions: list[ColumnElement[bool]], after: int) -> Select[Any]:
    project = tables.project.c
    return (
        select(tables.issue, project.name.label("project_name"))
        .outerjoin(tables.project, project.id == _I.project_id)
        .where(_I.id > after, *conditions)
        .order_by(_I.id)
        .limit(PAGE)
    )


# ---------------------------------------------------------------- filters


def _conditions(ctx: Context, filters: Filters) -> Iterator[ColumnElement[bool]]:
    states = _states(ctx, filters)
    if states is not None:
        yield _I.state.in_(states)
    if filters.get("categories"):
        yield _I.category.in_(filters["categories"])
    if filters.get("boards"):
        yield _I.board_id.in_(_unit_ids(ctx, filters["boards"], "boards"))
    if filters.get("units"):
        led = select(_T.id).where(
            _T.issue_id == _I.id, _T.lead_unit_id.in_(_unit_ids(ctx, filters["units"], "units"))
        )
        yield led.exists()
    if filters.get("projects"):
        project = tables.project.c
        yield _I.project_id.in_(select(project.id).where(project.name.in_(filters["projects"])))
    yield from _plain_conditions(filters)


def _plain_conditions(filters: Filters) -> Iterator[ColumnElement[bool]]:
    if (first := filters.get("found_from")) is not None:
        yield _I.found_on >= first
    if (until := filters.get("found_until")) is not None:
        yield _I.found_on <= until
    if filters.get("open_only"):
        yield _I.state.not_in(_ENDED)
    if filters.get("listed_only"):
        yield _I.listed.is_(True)
    _known("lights", filters.get("lights"), LIGHTS)


def _states(ctx: Context, filters: Filters) -> list[str] | None:
    states, phases = filters.get("states"), filters.get("phases")
    known = ctx.workflow().issue.states
    _known("states", states, known)
    _known("phases", phases, {state.phase for state in known.values()})
    if not states and not phases:
        return None
    return [
        name
        for name, state in known.items()
        if (not states or name in states) and (not phases or state.phase in phases)
    ]


def _known(field: str, wanted: Sequence[str] | None, known: Any) -> None:
    for name in wanted or ():
        if name not in known:
            raise Malformed(
                Reason(
                    f"{field}_unknown",
                    _("Unknown value {name}.").format(name=name),
                    field,
                    _("Use one of: {names}.").format(names=", ".join(sorted(known))),
                )
            )


def _unit_ids(ctx: Context, names: Sequence[str], field: str) -> list[int]:
    units = {name: ctx.directory.find_unit(name) for name in names}
    for name, unit in units.items():
        if unit is None:
            raise Malformed(
                Reason(
                    f"{field}_unknown",
                    _("Unknown unit {name}.").format(name=name),
                    field,
                    _("Use the unit's code or full name."),
                )
            )
    return [unit.id for unit in units.values() if unit is not None]


# ---------------------------------------------------------------- one page


class _Page:
    """The issues of one page with everything their lines tell, read set-wise."""

    def __init__(
        self, s: Session, ctx: Context, issues: list[Any], now: datetime, filters: Filters
    ) -> None:
        self.ctx, self.issues, self.now, self.filters = ctx, issues, now, filters
        self.tasks = _tasks(s, [i.id for i in issues])
        task_ids = [t.id for tasks in self.tasks.values() for t in tasks]
        self.co_units = _co_units(s, task_ids)
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
            led = set(_unit_ids(self.ctx, self.filters["units"], "units"))
            return [t for t in live if t.lead_unit_id in led]
        return live or [None]

    def _light(self, issue: Any, task: Any) -> tuple[str, str]:
        if task is None or issue.state in (*_ENDED, "parked"):
            return lights.issue_light(issue, [])
        if issue.relapse_count and task.state not in ("verified", "withdrawn"):
            return "red", "relapsed"
        version = task.policy_version_id
        return lights.task_light(
            task, self.ctx.policy(version), self.ctx.calendar(task.lead_unit_id, version), self.now
        )

    def _issue(self, issue: Any) -> dict[str, Any]:
        people = self.ctx.directory
        machine = self.ctx.workflow(issue.workflow_version_id).issue
        phase = machine.states[issue.state].phase
        return {
            "project": issue.project_name or "",
            "board": people.unit_name(issue.board_id),
            "category": self._category(issue),
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

    def _category(self, issue: Any) -> str:
        known = self.ctx.policy(issue.policy_version_id).categories.get(issue.category)
        english = current_language() == "en" and known is not None
        return known.en if english and known is not None else str(issue.category)

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
        units = (people.unit_name(u) for u in self.co_units.get(task.id, ()))
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


def _co_units(s: Session, task_ids: list[int]) -> dict[int, list[int]]:
    co = tables.co_unit.c
    found: dict[int, list[int]] = {}
    chosen = select(co.task_id, co.unit_id).where(co.task_id.in_(task_ids)).order_by(co.id)
    for row in s.execute(chosen):
        found.setdefault(row.task_id, []).append(row.unit_id)
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
