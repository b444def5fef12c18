"""Who is asked for monthly figures, and when (the notice `figures_due`)."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, true

from config.i18n import gettext as _
from models import tables
from models.db import Session
from models.directory import PersonInfo
from projects import months, snapshots
from projects.access import answered_by
from projects.telling import tell, voices
from workflow.context import context

NAMED = 10
"""So many projects are named in a notice."""


def expected(s: Session, month: str) -> list[Any]:
    """Projects whose figures of a month are asked for, by id.

    Those under construction by then, and those on a list of that year, unless they were completed
    before the month began.
    """
    p = tables.project.c
    chosen = select(p.id, p.name, p.board_id, p.commissioner_id).where(is_expected(month))
    return list(s.execute(chosen.order_by(p.id)))


def is_expected(month: str) -> ColumnElement[bool]:
    """A condition on `project`: its figures of the month are asked for."""
    p, listing = tables.project.c, tables.project_listing.c
    on = (
        select(listing.id)
        .where(
            listing.project_id == p.id, listing.year == months.year_of(month),
            or_(listing.removed_on.is_(None), listing.removed_on >= months.first_day(month)),
        )
        .correlate(tables.project)
    )  # fmt: skip
    under_way = or_(p.actual_finish_on.is_(None), p.actual_finish_on >= months.first_day(month))
    building = and_(p.stage == "started", not_begun_later(month))
    return and_(p.merged_into_id.is_(None), under_way, or_(exists(on), building))


def not_begun_later(month: str) -> ColumnElement[bool]:
    """A condition on `project`: as far as is known it had begun by the end of the month."""
    start = tables.project.c.actual_start_on
    return or_(start.is_(None), start <= months.last_day(month))


def missing(s: Session, month: str) -> list[Any]:
    """Of these projects those of which nothing is reported for the month."""
    p = tables.project.c
    chosen = select(p.id, p.name, p.board_id, p.commissioner_id)
    return list(s.execute(chosen.where(is_expected(month), ~is_reported(month)).order_by(p.id)))


def missing_for(s: Session, month: str, actor: PersonInfo) -> list[Any]:
    """Of these projects those that the person answers for, or oversees, by id."""
    p = tables.project.c
    mine = true() if actor.sees_all else answered_by(actor)
    chosen = select(p.id, p.name, p.board_id, p.commissioner_id)
    wanted = chosen.where(is_expected(month), ~is_reported(month), mine)
    return list(s.execute(wanted.order_by(p.id)))


def missing_of(s: Session, month: str, actor: PersonInfo) -> int:
    """How many of them the person answers for (as `commands.answered`), in one statement."""
    p = tables.project.c
    chosen = select(func.count(p.id))
    wanted = chosen.where(is_expected(month), ~is_reported(month), answered_by(actor))
    return int(s.execute(wanted).scalar_one())


def is_reported(month: str) -> ColumnElement[bool]:
    """A condition on `project`: an amount is reported for the month; words alone are not."""
    m = tables.project_month.c
    mine = and_(m.project_id == tables.project.c.id, m.month == month)
    return exists(select(m.id).where(mine, amount_stands()).correlate(tables.project))


def amount_stands() -> ColumnElement[bool]:
    """A condition on `project_month`: it holds an amount; nought is one."""
    m = tables.project_month.c
    return or_(m.reported_wan.is_not(None), m.statistical_wan.is_not(None))


def remind(s: Session, month: str, due: date, now: datetime) -> int:
    """Ask for missing figures: once before they are due, once after; how many notices were new.

    Nobody is asked for a month that is frozen.
    """
    if snapshots.latest_edition(s, month):
        return 0
    ctx = context(s)
    calendar, today = ctx.calendar(), months.today(s, now)
    early = calendar.add_working_days(due, -ctx.policy().figures.remind_wd)
    if today < early:
        return 0
    occasion = f"{'late' if today > due else 'due'}:{due.isoformat()}"
    return sum(
        _ask(s, month, who, people, rows, occasion, due, now)
        for who, people, rows in _groups(s, missing(s, month))
    )


def _groups(s: Session, rows: list[Any]) -> list[tuple[str, list[PersonInfo], list[Any]]]:
    """By unit its contacts, and by commissioner; what answers to nobody goes to the office."""
    people = context(s).directory.people
    units, persons = defaultdict(list), defaultdict(list)
    for row in rows:
        if row.commissioner_id is not None:
            persons[row.commissioner_id].append(row)
        units[row.board_id or 0].append(row)
    return [
        (f"u{unit}", voices(s, unit) if unit else [], found)
        for unit, found in sorted(units.items())
    ] + [(f"p{key}", [people[key]], found) for key, found in sorted(persons.items())]


def _ask(
    s: Session, month: str, who: str, people: list[PersonInfo], rows: list[Any], occasion: str,
    due: date, now: datetime,
) -> int:  # fmt: skip
    names = _(", ").join(row.name for row in rows[:NAMED])
    more = len(rows) - NAMED
    detail = _("{names} and {n} more").format(names=names, n=more) if more > 0 else names
    return tell(
        s, "figures_due", people, subject=f"figures:{month}:{who}", occasion=occasion,
        title=_("Monthly figures of {month}: {n} projects").format(month=month, n=len(rows)),
        path=f"/figures?month={month}", now=now, detail=detail, limit_at=due.isoformat(),
    )  # fmt: skip
