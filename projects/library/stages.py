"""The six stages 意向、签约、预备、开工、竣工、评估 (S2 2.1): a dated history for each project.

A step forward is a fact that has happened, reported by who answers for the project or by the
office; stages may be passed over (a project may come into the library late). A step back, or
another date for the same stage, is a correction: the office makes it, with a reason, and a new
row says so while the old ones stay. Rules of each stage:

* 开工 sets the day on which it started, 竣工 the day on which it was completed; a correction back
  behind them takes these days away again;
* 竣工 cannot lie before the start;
* 评估 takes a year of production (S2 2.7: 竣工投运一年后).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select

from config.i18n import gettext as _
from config.projects import STAGES, Stage
from models import tables
from models.db import Session
from models.directory import PersonInfo
from projects import access
from projects.access import OFFICE, not_allowed
from projects.library import records
from projects.library.records import Saved, opened, refuse_future, save
from workflow.commands.base import clean
from workflow.errors import GuardFailed, Malformed, Reason
from workflow.wording import word

ACTUAL = {Stage.STARTED: "actual_start_on", Stage.COMPLETED: "actual_finish_on"}
"""The day that a stage sets."""


@dataclass(frozen=True, slots=True)
class Step:
    """A row of the history. `standing`: no later correction has taken it back."""

    stage: str
    since: date
    recorded_at: datetime
    recorded_by_id: int | None
    note: str
    standing: bool


def reach(
    s: Session,
    *,
    actor: PersonInfo,
    project_id: int,
    stage: str,
    since: date,
    now: datetime,
    note: str = "",
    expected_version: int | None = None,
) -> Saved:
    """Record that a project is in a stage since a day; back or re-dated, it takes a reason.

    Raises `Malformed` for an unknown stage, a coming day or a missing reason, `GuardFailed` for
    what the stage's rules do not allow, `NotAllowed`, `NotVisible`, `StaleVersion`.
    """
    row = opened(s, actor, project_id, expected_version)
    access.require_reporter(s, actor, row)
    _known(stage)
    refuse_future(s, since, "since", now)
    text = clean("note", note, most=300)
    correction = order(stage) <= order(row.stage) and row.stage_since is not None
    if correction:
        text = _corrected(actor, row, stage, since, text)
    before = timeline(s, [row.id])[row.id]
    _check(before, row, stage, since)
    values = _values(row, stage, since)
    s.execute(insert(tables.project_stage).values(
        project_id=row.id, stage=stage, since=since, recorded_at=now, recorded_by_id=actor.id,
        note=text,
    ))  # fmt: skip
    said = {"stage": [row.stage, stage], "since": since, "note": text, "correction": correction}
    records.note(s, row.id, "project.stage", said, actor, now)
    return save(s, row, values, now)


def order(stage: str) -> int:
    """The stage's place in the order of S2."""
    return STAGES.index(stage)


def timeline(s: Session, projects: Iterable[int]) -> dict[int, list[Step]]:
    """The history of each project, oldest row first, with what still stands."""
    wanted = list(projects)
    t = tables.project_stage.c
    rows: dict[int, list[Any]] = {key: [] for key in wanted}
    for row in s.execute(
        select(tables.project_stage).where(t.project_id.in_(wanted)).order_by(t.id)
    ):
        rows[row.project_id].append(row)
    return {key: _steps(found) for key, found in rows.items()}


def _steps(rows: Sequence[Any]) -> list[Step]:
    """A row stands until a later one names its stage or an earlier one."""
    found = []
    for place, row in enumerate(rows):
        later = rows[place + 1 :]
        standing = all(order(other.stage) > order(row.stage) for other in later)
        found.append(Step(row.stage, row.since, row.recorded_at, row.recorded_by_id, row.note,
                          standing))  # fmt: skip
    return found


def _known(stage: str) -> None:
    if stage not in STAGES:
        message = _("Unknown value {value}.").format(value=stage[:40])
        remedy = _("Use one of: {names}.").format(names=", ".join(STAGES))
        raise Malformed(Reason("stage_unknown", message, "stage", remedy))


def _corrected(actor: PersonInfo, row: Any, stage: str, since: date, text: str) -> str:
    """The reason of a correction, which is the office's to make."""
    if not actor.roles & OFFICE:
        raise not_allowed(_("A recorded stage is corrected by the office (督办室)."))
    if (stage, since) == (row.stage, row.stage_since):
        message = _("That is recorded already.")
        raise GuardFailed(Reason("stage_same", message, "stage", _("Choose another stage or day.")))
    if len(text) < 4:
        message = _("A step back, or another date, needs a reason.")
        raise Malformed(Reason("reason_missing", message, "note", _("Say what was wrong.")))
    return text


def _check(before: Sequence[Step], row: Any, stage: str, since: date) -> None:
    """The rules of the stage, against the steps that will stand before it."""
    earlier = [step for step in before if step.standing and order(step.stage) < order(stage)]
    if earlier and since < earlier[-1].since:
        last = earlier[-1]
        message = _("The project is in the stage {stage} since {day} only.").format(
            stage=word("stage", last.stage), day=last.since
        )
        raise GuardFailed(Reason("stage_order", message, "since", _("Check both dates.")))
    if stage == Stage.COMPLETED and row.actual_start_on is not None:
        _refuse_before(row.actual_start_on, since)
    if stage == Stage.EVALUATION:
        _refuse_early(row, since)


def _refuse_before(start: date, since: date) -> None:
    if since < start:
        message = _("It was started on {day}; it cannot be completed before.").format(day=start)
        raise GuardFailed(Reason("completed_before_start", message, "since", _("Check the date.")))


def _refuse_early(row: Any, since: date) -> None:
    """Evaluation takes a whole year of production (S2 2.7)."""
    start: date | None = row.in_production_on
    if start is None:
        message = _("The evaluation takes a year of production; its start is not recorded.")
        remedy = _("Record the day on which production began.")
        raise GuardFailed(Reason("production_missing", message, "stage", remedy))
    if since < year_after(start):
        message = _("The year of production ends on {day}.").format(day=year_after(start))
        raise GuardFailed(Reason("production_short", message, "since", _("Wait until then.")))


def year_after(day: date) -> date:
    """The same day a year on; the last of February where that year has no 29th."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)


def _values(row: Any, stage: str, since: date) -> dict[str, Any]:
    """Stage and day, and the actual days that hang on them."""
    values: dict[str, Any] = {"stage": stage, "stage_since": since}
    for of, column in ACTUAL.items():
        if of == stage:
            values[column] = since
        elif order(stage) < order(of) and getattr(row, column) is not None:
            values[column] = None
    return values
