"""What every command on a plan does first and last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, update

from config.i18n import gettext as _
from models import tables
from models.db import Session
from models.directory import PersonInfo
from projects import history
from projects.access import find_project, refuse_merged, refuse_stale, require_reporter
from projects.lights.setting import refresh
from workflow.case import not_visible
from workflow.commands.base import clean
from workflow.context import context
from workflow.errors import GuardFailed, Malformed, Reason

FIRST, LAST = date(2000, 1, 1), date(2100, 1, 1)
_M, _S = tables.milestone, tables.schedule


@dataclass(frozen=True, slots=True)
class Planned:
    """What a command on a plan leaves behind; `warnings` hinder nothing."""

    project_id: int
    version: int
    edition: int
    warnings: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Changed:
    """What a command on one row leaves behind."""

    id: int
    project_id: int
    version: int
    warnings: tuple[Reason, ...] = ()


def today_of(s: Session, now: datetime) -> date:
    """The local day of a moment."""
    return context(s).calendar().local_date(now)


def begin(s: Session, actor: PersonInfo, project_id: int) -> Any:
    """The project's row, locked, for somebody who answers for it."""
    project = find_project(s, actor, project_id, lock=True)
    require_reporter(s, actor, project)
    refuse_merged(project)
    return project


def schedule_of(s: Session, project_id: int) -> Any:
    """The project's schedule, made when it is missing."""
    chosen = select(_S).where(_S.c.project_id == project_id)
    row = s.execute(chosen).first()
    if row is None:
        s.execute(insert(_S).values(project_id=project_id, version=1, edition=0))
        row = s.execute(chosen).one()
    return row


def milestone_of(
    s: Session, actor: PersonInfo, milestone_id: int, expected_version: int | None = None
) -> tuple[Any, Any]:
    """(milestone, project) for somebody who answers for the project. Raises `NotVisible`,
    `NotAllowed`, `StaleVersion`."""
    known = s.execute(select(_M.c.project_id).where(_M.c.id == milestone_id)).first()
    if known is None:
        raise not_visible(str(milestone_id))
    project = begin(s, actor, known.project_id)
    row = s.execute(select(_M).where(_M.c.id == milestone_id)).one()
    refuse_stale(row, expected_version)
    return row, project


def finish(
    s: Session, project_id: int, tag: str, data: dict[str, Any], actor: PersonInfo, now: datetime
) -> None:
    """Append the event and set the project's lights."""
    history.note(s, f"project:{project_id}", tag, data, actor, now)
    refresh(s, now, [project_id])


def change(s: Session, table: Any, row: Any, **values: Any) -> int:
    """Write columns of a row under its next version, which is returned."""
    s.execute(
        update(table).where(table.c.id == row.id).values(values | {"version": row.version + 1})
    )
    return int(row.version) + 1


def needed(field: str, text: str, most: int = 300) -> str:
    """A text that must be given."""
    return clean(field, text, most=most, needed=True)


def day(field: str, value: date | None) -> date | None:
    """A date within the calendar, if any. Raises `Malformed`."""
    if value is not None and not FIRST <= value < LAST:
        raise Malformed(
            Reason(
                "date_far", _("The date lies outside of the calendar."), field,
                _("Choose a nearer date."),
            )
        )  # fmt: skip
    return value


def past_day(field: str, value: date, today: date) -> date:
    """A date that has come. Raises `Malformed`."""
    day(field, value)
    if value > today:
        raise Malformed(
            Reason(
                "date_ahead", _("The date lies in the future."), field,
                _("Record what has happened; what is planned belongs in the plan."),
            )
        )  # fmt: skip
    return value


def refuse(code: str, message: str, remedy: str, field: str = "") -> GuardFailed:
    """A refusal by the rules."""
    return GuardFailed(Reason(code, message, field, remedy))


def refuse_resting(m: Any) -> None:
    """Raise `GuardFailed` for a milestone that is done, or was taken out of its plan."""
    if m.dropped_on is not None:
        raise refuse(
            "milestone_dropped", _("The milestone was taken out of the plan."),
            _("Add another one if it is needed after all."),
        )  # fmt: skip
    if m.actual_on is not None:
        raise refuse(
            "milestone_done", _("The milestone is done already."),
            _("Take its completion back first if it was wrong."),
        )  # fmt: skip
