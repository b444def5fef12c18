"""What the clock does about evaluations: one for each project a year in production, exactly once,
moved where that day is corrected, and chasing where figures or a grade are late."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import insert, select, update

from config.i18n import DEFAULT_LANGUAGE, language
from config.i18n import gettext as _
from config.inspections import rules
from config.projects import Duty
from models import tables
from models.db import Database, Session
from models.directory import PersonInfo
from projects.chasing import each, step
from projects.evaluations.judging import due_on
from projects.history import changes, note
from projects.instructions.chasing import in_charge
from projects.telling import office, tell, voices
from workflow.context import context
from workflow.deadlines import side_limit

_E = tables.evaluation
_P = tables.project


def run(db: Database, now: datetime) -> int:
    """Make what is due, move what was corrected, chase what is late; how many were."""
    with db.read() as s:
        projects, moved = _due(s, now), _moved(s)
    made = each(db, projects, lambda s, key: make(s, key, now), makes=_E.name)
    made += each(db, moved, lambda s, key: follow_production(s, key, now))
    with db.read() as s:
        late = _late(s, now)
    return made + each(db, late, lambda s, key: chase(s, key, now))


def _due(s: Session, now: datetime) -> list[int]:
    """Projects a year in production without an evaluation."""
    today = context(s).calendar().local_date(now)
    months = rules().evaluation.after_months
    known = select(_E.c.project_id)
    rows = s.execute(
        select(_P.c.id, _P.c.in_production_on).where(
            _P.c.in_production_on.is_not(None), _P.c.merged_into_id.is_(None),
            _P.c.id.not_in(known),
        ).order_by(_P.c.id)
    )  # fmt: skip
    return [int(row.id) for row in rows if due_on(row.in_production_on, months) <= today]


def _moved(s: Session) -> list[int]:
    """Projects whose open evaluation hangs on another day than the one recorded now."""
    rows = s.execute(
        select(_P.c.id).join(_E, _E.c.project_id == _P.c.id).where(
            _E.c.state == "open", _P.c.in_production_on.is_not(None),
            _P.c.merged_into_id.is_(None),
            _P.c.in_production_on != _E.c.production_on,
        ).order_by(_P.c.id)
    )  # fmt: skip
    return [int(row.id) for row in rows]


def _late(s: Session, now: datetime) -> list[int]:
    """What a merged record was evaluated for is the kept record's by now."""
    rows = s.execute(
        select(_E.c.id).join(_P, _P.c.id == _E.c.project_id).where(
            _E.c.state != "graded", _E.c.limit_at < now, _P.c.merged_into_id.is_(None)
        )
    )  # fmt: skip
    return sorted(int(row.id) for row in rows)


def make(s: Session, project: int, now: datetime) -> bool:
    """Make a project's evaluation task, unless it has one; its unit is told."""
    row = s.execute(select(_P).where(_P.c.id == project).with_for_update()).one()
    there = s.execute(select(_E.c.id).where(_E.c.project_id == project)).first()
    if there is not None or row.in_production_on is None:
        return False
    ctx, wanted = context(s), rules().evaluation
    values: dict[str, Any] = {
        "project_id": project, "production_on": row.in_production_on,
        "due_on": due_on(row.in_production_on, wanted.after_months),
        "unit_id": _unit(s, row), "created_at": now, "facts": {},
        "limit_at": side_limit(now, wanted.limit_wd, ctx.calendar(), ctx.policy()),
    }  # fmt: skip
    made = int(s.execute(insert(_E).values(**values).returning(_E.c.id)).scalar_one())
    note(s, f"evaluation:{made}", "evaluation.made", values, None, now)
    notify(s, "evaluation_due", made, "made", now)
    return True


def follow_production(s: Session, project: int, now: datetime) -> bool:
    """Move a project's open evaluation after its first day in production was corrected.

    The unit has the whole limit from the day on which the evaluation is due, or from now where
    that is past; it is told. Figures that were given, and a grade, are left as they are.
    """
    row = s.execute(
        select(_E, _P.c.in_production_on).join(_P, _P.c.id == _E.c.project_id)
        .where(_E.c.project_id == project).with_for_update(of=_E)
    ).one_or_none()  # fmt: skip
    if row is None or row.state != "open" or row.in_production_on in (None, row.production_on):
        return False
    ctx, wanted = context(s), rules().evaluation
    day = due_on(row.in_production_on, wanted.after_months)
    begin = max(now, datetime.combine(day, time(), ctx.calendar().tz))
    values: dict[str, Any] = {
        "production_on": row.in_production_on, "due_on": day, "chased": 0,
        "limit_at": side_limit(begin, wanted.limit_wd, ctx.calendar(), ctx.policy()),
    }  # fmt: skip
    changed = changes(row, values)
    s.execute(update(_E).where(_E.c.id == row.id).values(version=row.version + 1, **values))
    note(s, f"evaluation:{row.id}", "evaluation.moved", changed, None, now)
    with language(DEFAULT_LANGUAGE):
        reason = _("The day on which production began was corrected.")
    notify(s, "evaluation_due", row.id, f"moved:{row.version + 1}", now, reason=reason)
    return True


def _unit(s: Session, project: Any) -> int | None:
    """Who gives the figures: the lead unit in force, else the board."""
    duty = tables.project_duty.c
    chosen = select(duty.unit_id).where(
        duty.project_id == project.id, duty.role == Duty.LEAD_UNIT, duty.until.is_(None),
        duty.unit_id.is_not(None),
    )  # fmt: skip
    lead = s.execute(chosen.order_by(duty.id.desc()).limit(1)).scalar()
    return lead if lead is not None else project.board_id  # type: ignore[no-any-return]


def chase(s: Session, key: int, now: datetime) -> bool:
    """Chase one, unless it was chased in this step of the rhythm already: the unit for figures,
    the office for the grade; the leader in charge gets a copy."""
    row = s.execute(select(_E).where(_E.c.id == key).with_for_update()).one()
    due = step(row.limit_at, now, rules().evaluation.chase_every_wd, context(s).calendar())
    if row.state == "graded" or due <= row.chased:
        return False
    s.execute(update(_E).where(_E.c.id == key).values(chased=due))
    occasion = f"late:{row.round}:{row.state}:{due}"
    notify(s, "evaluation_late", key, occasion, now, in_charge(s, row.project_id))
    note(s, f"evaluation:{key}", "evaluation.chased", {"step": due}, None, now)
    return True


def notify(
    s: Session, about: str, key: int, occasion: str, now: datetime,
    copies: tuple[PersonInfo, ...] = (), reason: str = "",
) -> int:  # fmt: skip
    """Tell whoever has to act next; how many notices were new."""
    row = s.execute(select(_E, _P.c.name).join(_P, _P.c.id == _E.c.project_id)
                    .where(_E.c.id == key)).one()  # fmt: skip
    unit = voices(s, row.unit_id) if row.unit_id is not None and row.state == "open" else []
    return tell(
        s, about, unit or office(s, now), subject=f"evaluation:{key}", occasion=occasion,
        title=row.name, path=f"/evaluations/{key}", now=now, copies=copies, project=row.name,
        reason=reason, detail=_detail(row.production_on),
        limit_at=row.limit_at.astimezone(context(s).calendar().tz).strftime("%Y-%m-%d %H:%M"),
    )  # fmt: skip


def _detail(production_on: date) -> str:
    return f"{production_on.year}年{production_on.month}月{production_on.day}日投产"
