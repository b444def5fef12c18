"""Monthly figures of projects: 上报投资 and 列统投资 apart, of the month, never cumulative.

Whoever answers for a project reports them while the month is open; once it is frozen, the chief
alone corrects them, with a reason, as a new edition (`projects.figures.freezing`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from config.i18n import gettext as _
from config.roles import Role
from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries.projects import visible_projects
from projects import months, snapshots
from projects.access import OFFICE, UNIT_VOICES, not_allowed, sees_business
from projects.history import note
from projects.lights.following import follow
from projects.sections.shared import yi_text
from workflow.case import not_visible
from workflow.context import context
from workflow.errors import GuardFailed, Malformed, Reason, StaleVersion, WorkflowError

COLUMNS = ("reported_wan", "statistical_wan", "progress", "note")
LONGEST = 300


@dataclass(frozen=True, slots=True)
class Figure:
    """A project's figures of a month; amounts in whole 万元, None: not reported.

    `expected_version` None: whatever stands there; 0: nothing was shown.
    """

    project_id: int
    reported_wan: int | None = None
    statistical_wan: int | None = None
    progress: str = ""
    note: str = ""
    expected_version: int | None = None
    row: int = 0
    """The row of a table that it came from, named in faults."""


def report_figures(
    s: Session, *, month: str, figures: Sequence[Figure], actor: PersonInfo, now: datetime
) -> int:
    """Write the figures of an open month, all or none; how many projects changed.

    Raises `NotVisible`, `NotAllowed`, `Malformed`, `StaleVersion`, and `GuardFailed` for a month
    that is frozen or has not begun.
    """
    month = months.checked(month)
    snapshots.exclude_freezes(s)
    refuse_closed(s, month, now)
    hold(s, [f.project_id for f in figures])
    projects = reportable(s, actor, [f.project_id for f in figures])
    return len(write(s, month, figures, projects, actor, now))


def hold(s: Session, ids: Iterable[int]) -> None:
    """Keep others from changing these projects (merging them, say) until the transaction ends."""
    p = tables.project.c
    s.execute(select(p.id).where(p.id.in_(sorted(set(ids)))).order_by(p.id).with_for_update())


def refuse_closed(s: Session, month: str, now: datetime) -> None:
    """Raise `GuardFailed` for a month that is frozen, lies ahead, or lies before a frozen month of
    its year, whose figures to date already hold it."""
    if month > months.this_month(s, now):
        message = _("{month} has not begun.").format(month=month)
        raise GuardFailed(Reason("month_ahead", message, "month", _("Choose an earlier month.")))
    if snapshots.latest_edition(s, month):
        message = _("{month} is frozen.").format(month=month)
        remedy = _("Ask the office chief for a correction, which needs a reason.")
        raise GuardFailed(Reason("month_frozen", message, "month", remedy))
    later = snapshots.frozen_after(s, month)
    if later:
        message = _("{later} is frozen, and its figures to date hold {month} as it stood.").format(
            later=later, month=month
        )
        remedy = _("Ask the office chief to freeze {month}, too, and then to correct it.").format(
            month=month
        )
        raise GuardFailed(Reason("month_behind", message, "month", remedy))


def reportable(s: Session, actor: PersonInfo, ids: Iterable[int]) -> dict[int, Any]:
    """The projects by id, after making sure that the person answers for each of them.

    Three statements for any number. Raises `NotVisible` and `NotAllowed`.
    """
    wanted = set(ids)
    found = {row.id: row for row in _visible(s, actor) if row.id in wanted}
    unknown = wanted - found.keys()
    if unknown or not sees_business(actor):
        raise not_visible(", ".join(str(key) for key in sorted(unknown)))
    mine = answered(s, actor, found.values())
    if wanted - mine:
        raise not_allowed(_("Only those who answer for the project, or the office, may do this."))
    return found


def answered(s: Session, actor: PersonInfo, rows: Iterable[Any]) -> set[int]:
    """Of these projects those that the person answers for (as `access.may_report`, in bulk)."""
    rows = list(rows)
    if actor.roles & OFFICE:
        return {row.id for row in rows}
    found = set()
    if Role.COMMISSIONER in actor.roles:
        found |= {row.id for row in rows if row.commissioner_id == actor.id}
    if actor.roles & UNIT_VOICES:
        duty = tables.project_duty.c
        led = select(duty.project_id).where(
            duty.role == "lead_unit", duty.until.is_(None), duty.unit_id == actor.unit_id
        )
        leading = set(s.execute(led).scalars())
        found |= {r.id for r in rows if r.board_id == actor.unit_id or r.id in leading}
    return found


def _visible(s: Session, actor: PersonInfo) -> list[Any]:
    p = tables.project.c
    condition = visible_projects(actor, context(s).directory)
    wanted = select(p.id, p.name, p.board_id, p.commissioner_id, p.plan_year_invest_yi)
    return list(s.execute(wanted.where(condition, p.merged_into_id.is_(None)).order_by(p.id)))


def write(
    s: Session, month: str, figures: Sequence[Figure], projects: dict[int, Any],
    actor: PersonInfo | None, now: datetime,
) -> list[Figure]:  # fmt: skip
    """Store what differs and note it in each project's history; lights follow at once. The caller
    has checked who, and holds the projects."""
    _check(figures, projects)
    present = standing(s, month, projects)
    stale = [projects[f.project_id].name for f in figures if _stale(f, present)]
    if stale:
        raise _changed_meanwhile(stale)
    changed = [f for f in figures if _write(s, month, f, present.get(f.project_id), actor, now)]
    follow(s, now, {f.project_id for f in changed})
    return changed


def standing(s: Session, month: str, ids: Iterable[int]) -> dict[int, Any]:
    """The rows of a month by project, of those projects that have one."""
    m = tables.project_month
    wanted = set(ids)
    rows = s.execute(select(m).where(m.c.month == month))
    return {row.project_id: row for row in rows if row.project_id in wanted}


def completed(s: Session, month: str, project_id: int, given: dict[str, Any]) -> Figure:
    """A project's figure of a month with what is given, the rest as it stands: who states one
    column leaves the others alone. To be written before anybody changes it."""
    return completed_all(s, month, [(project_id, given)])[0]


def completed_all(
    s: Session, month: str, given: Sequence[tuple[int, dict[str, Any]]]
) -> list[Figure]:
    """As `completed`, for many projects in one statement; an `expected_version` that is given is
    the one that holds."""
    present = standing(s, month, [key for key, _values in given])
    return [_completed(key, present.get(key), values) for key, values in given]


def _completed(project_id: int, row: Any, given: dict[str, Any]) -> Figure:
    stands: dict[str, Any] = {"expected_version": 0}
    if row is not None:
        stands = {name: getattr(row, name) for name in COLUMNS}
        stands["expected_version"] = row.version
    return Figure(project_id, **(stands | given))


def _write(
    s: Session, month: str, figure: Figure, row: Any, actor: PersonInfo | None, now: datetime
) -> bool:
    m = tables.project_month
    values = {name: getattr(figure, name) for name in COLUMNS}
    who = {"reported_at": now, "reported_by_id": actor.id if actor else None}
    if row is None:
        if all(value in (None, "") for value in values.values()):
            return False
        s.execute(insert(m).values(project_id=figure.project_id, month=month, **values, **who))
        before: dict[str, Any] = dict.fromkeys(COLUMNS)
    else:
        before = {name: getattr(row, name) for name in COLUMNS}
        if before == values:
            return False
        _swap(s, row, values | who)
    facts = {"month": month, "from": _told(before), "to": _told(values)}
    note(s, f"project:{figure.project_id}", "figures.reported", facts, actor, now)
    return True


def _swap(s: Session, row: Any, values: dict[str, Any]) -> None:
    m = tables.project_month
    done = s.execute(
        update(m).where(m.c.id == row.id, m.c.version == row.version)
        .values(version=row.version + 1, **values)
    )  # fmt: skip
    if done.rowcount != 1:
        raise _changed_meanwhile([str(row.project_id)])


def _told(values: dict[str, Any]) -> dict[str, Any]:
    """The figures in 亿元, as an event keeps them."""
    return {
        "reported": yi_text(values["reported_wan"]),
        "statistical": yi_text(values["statistical_wan"]),
        "progress": values["progress"] or "",
        "note": values["note"] or "",
    }


def _stale(figure: Figure, present: dict[int, Any]) -> bool:
    if figure.expected_version is None:
        return False
    row = present.get(figure.project_id)
    return figure.expected_version != (row.version if row else 0)


def _changed_meanwhile(names: list[str]) -> StaleVersion:
    message = _("Somebody has changed the figures of {names} meanwhile.").format(
        names=_(", ").join(names[:5])
    )
    remedy = _("Look at them again, then repeat what is still wanted.")
    return StaleVersion(Reason("stale", message, "version", remedy))


def _check(figures: Sequence[Figure], projects: dict[int, Any]) -> None:
    """Every fault of every figure, in one refusal. Raises `Malformed`."""
    faults = [
        reason for figure in figures for reason in _faults(figure, projects[figure.project_id].name)
    ]
    seen: set[int] = set()
    for figure in figures:
        if figure.project_id in seen:
            name = projects[figure.project_id].name
            message = _("{project} stands there twice.").format(project=name)
            faults.append(_fault(figure, "project", message, _("Remove one of the two.")))
        seen.add(figure.project_id)
    if faults:
        raise Malformed(*faults)


def _faults(figure: Figure, name: str) -> Iterable[Reason]:
    amounts = (("reported", figure.reported_wan), ("statistical", figure.statistical_wan))
    for field, amount in amounts:
        if amount is not None and amount < 0 and not figure.note.strip():
            message = _("{project}: a negative figure takes back what was reported before.")
            yield _fault(figure, field, message.format(project=name), _("Say why in the note."))
    for field, text in (("progress", figure.progress), ("note", figure.note)):
        if len(text) > LONGEST:
            message = _("{project}: the text is longer than {n} characters.")
            yield _fault(figure, field, message.format(project=name, n=LONGEST), _("Shorten it."))


def _fault(figure: Figure, field: str, message: str, remedy: str) -> Reason:
    if figure.row:
        message = _("Row {row}: {message}").format(row=figure.row, message=message)
        return Reason("figure", message, field, remedy)
    return Reason("figure", message, f"{field}_{figure.project_id}", remedy)


def collect(faults: list[Reason], error: WorkflowError, row: int) -> None:
    """Add an error's reasons to the faults of a table, each with its row."""
    for reason in error.reasons:
        message = _("Row {row}: {message}").format(row=row, message=reason.message)
        faults.append(Reason(reason.code, message, reason.field, reason.remedy))
