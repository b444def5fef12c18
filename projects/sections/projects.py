"""Snapshot section `projects`: the library with its lists, stages, tags and lead units."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from sqlalchemy import Table, select

from models import tables
from models.db import Session
from projects import months
from projects.sections.plan_of_year import PLAN, plans_then
from projects.sections.shared import columns
from workflow.context import context

COLUMNS = (
    "id", "name", "code", "board_id", "attributed_board_id", "commissioner_id", "region", "zone",
    "level", "stage", "stage_since", "nature", "foreign_funded", "carried_over", "year",
    "total_invest_yi", "total_invest_usd_wan", "plan_year_invest_yi", "land_mu", "plan_start_on",
    "actual_start_on", "plan_finish_on", "actual_finish_on", "in_production_on",
    "in_statistics_on", "light", "light_reason",
)  # fmt: skip
LISTING = ("list_code", "year", "carried_over", "listed_on", "removed_on")


def gather(s: Session, month: str, now: datetime) -> list[dict[str, Any]]:
    """Every project that is not merged into another, by id.

    `counted_board_id` is the board whose figures it counts in: the attributed one where the
    office has overridden it (S0 annex 4, note 1), else where it lies. `year` and the plan are
    those of the month's year, as far as the history tells (`plan_of_year`).
    """
    p = tables.project
    chosen = select(*(p.c[name] for name in COLUMNS)).where(p.c.merged_into_id.is_(None))
    listings = _by_project(s, tables.project_listing, LISTING)
    stages = _by_project(s, tables.project_stage, ("stage", "since"))
    tags = _by_project(s, tables.project_tag, ("kind", "tag"))
    leads = _lead_units(s)
    units = context(s).directory.units
    found = []
    for row in s.execute(chosen.order_by(p.c.id)).all():
        board = row.attributed_board_id or row.board_id
        found.append(columns(row, COLUMNS) | {
            "counted_board_id": board,
            "counted_board": units[board].name if board else "",
            "listings": listings.get(row.id, []),
            "stages": stages.get(row.id, []),
            "tags": tags.get(row.id, []),
            "lead_unit_ids": leads.get(row.id, []),
        })  # fmt: skip
    return _of_the_year(s, found, months.year_of(month))


def _of_the_year(s: Session, found: list[dict[str, Any]], year: int) -> list[dict[str, Any]]:
    """A record that has gone on to a later year still tells what was planned for this one."""
    then = plans_then(s, found, year)
    for row in found:
        if row["id"] in then:
            row |= {"year": year, PLAN: then[row["id"]]}
    return found


def _by_project(s: Session, table: Table, names: tuple[str, ...]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    wanted = [table.c.project_id, *(table.c[name] for name in names)]
    for row in s.execute(select(*wanted).order_by(table.c.id)).all():
        found[row.project_id].append(columns(row, names))
    return found


def _lead_units(s: Session) -> dict[int, list[int]]:
    duty = tables.project_duty.c
    chosen = select(duty.project_id, duty.unit_id).where(
        duty.role == "lead_unit", duty.until.is_(None), duty.unit_id.is_not(None)
    )
    found: dict[int, list[int]] = defaultdict(list)
    for row in s.execute(chosen.order_by(duty.id)):
        found[row.project_id].append(row.unit_id)
    return found
