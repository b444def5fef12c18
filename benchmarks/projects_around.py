"""What stands around the library, for measuring pages: issues, a bulletin, a meeting, demands."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select

from benchmarks import pages_data
from benchmarks.bureau import NOW
from models import tables
from models.db import Database, Session
from models.directory import PersonInfo
from projects import months, snapshots
from projects.bulletins import commands as bulletins
from projects.demands.filing import DemandForm, file
from projects.inspections.choosing import Choice
from projects.inspections.plan import Plan
from projects.inspections.plan import plan as plan_inspection
from projects.meetings.planning import Invitation
from projects.meetings.planning import plan as plan_meeting
from workflow.context import context, find_actor

FROZEN = 3
"""Months of the year before that are frozen, besides the first ones of this year."""
DEMANDS = 200
NEEDS = ("用电容量不足，影响投产", "施工许可迟迟未办", "周边道路积水", "招工困难", "融资成本高")


@dataclass(frozen=True, slots=True)
class Around:
    """Keys of what has a page of its own."""

    bulletin: int
    meeting: int
    inspection: int
    demand: str


def surround(db: Database, issues: int, last: str) -> Around:
    """Fill the loop, freeze months, and found one of each; `last` is the running month."""
    pages_data.fill(db, issues, now=NOW)
    with db.write() as s:
        chief = find_actor(s, "chief")
        frozen = _freeze(s, chief, last)
        key = bulletins.draft(s, actor=chief, month=frozen, now=NOW)
    with db.write() as s:
        return Around(key, _meeting(s, chief), _inspection(s, chief), _demands(s))


def _freeze(s: Session, chief: PersonInfo, last: str) -> str:
    year = months.year_of(last)
    wanted = [*months.of_year(year - 1)[-FROZEN:], *months.of_year(year)[:3]]
    for month in wanted:
        snapshots.freeze(s, month, chief, NOW)
    return wanted[-1]


def _meeting(s: Session, chief: PersonInfo) -> int:
    form = Invitation(NOW + timedelta(days=5), "第一会议室", "director", ("lucheng", "zjj"))
    return int(plan_meeting(s, actor=chief, form=form, now=NOW).id)


def _inspection(s: Session, chief: PersonInfo) -> int:
    ids = s.execute(select(tables.project.c.id).order_by(tables.project.c.id).limit(8)).scalars()
    form = Plan("quarterly", "季度督查", NOW.date(), choice=Choice(projects=tuple(ids)))
    plan_inspection(s, actor=chief, form=form, now=NOW)
    return int(s.execute(select(func.max(tables.inspection.c.id))).scalar_one())


def _demands(s: Session) -> str:
    boards = [unit.code for unit in context(s).directory.units.values() if unit.is_board]
    for n in range(DEMANDS):
        form = DemandForm(
            f"企业{n}", "王经理", f"138000{n:05d}", f"{NEEDS[n % len(NEEDS)]}（{n}）",
            board=boards[n % len(boards)],
        )  # fmt: skip
        number = file(s, form, NOW, secret=secrets.token_hex(32)).number
    return number
