"""Units side by side for the bulletin, ranked only among their like (domain rules, section 6)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select

from config.roles import UnitKind
from models import tables
from models.db import Session
from workflow.context import Context

FEWEST = 5
"""Units with fewer tasks are listed without a rank."""
OTHERS = "其他单位"
CLASSES = {
    UnitKind.TOWN: "镇",
    UnitKind.STREET: "街道",
    UnitKind.DEPARTMENT: "职能部门",
    UnitKind.BUREAU: "职能部门",
}


def standings(s: Session, ctx: Context, now: datetime) -> list[dict[str, Any]]:
    """Tasks handed over, verified, and overdue and open, per lead unit; fewest overdue first."""
    task = tables.task.c
    running = task.state.in_(("pending_ack", "in_progress"))
    chosen = (
        select(
            task.lead_unit_id,
            func.count().label("n"),
            func.sum(case((task.state == "verified", 1), else_=0)).label("verified"),
            func.sum(case((running & (task.due_at < now), 1), else_=0)).label("overdue"),
        )
        .where(task.dispatched_at.is_not(None), task.state != "withdrawn")
        .group_by(task.lead_unit_id)
    )
    return _ranked([_row(ctx, row) for row in s.execute(chosen)])


def _row(ctx: Context, row: Any) -> dict[str, Any]:
    unit = ctx.directory.units[row.lead_unit_id]
    return {
        "class": CLASSES.get(UnitKind(unit.kind), OTHERS),
        "unit": unit.name,
        "n": row.n,
        "verified": int(row.verified),
        "overdue": int(row.overdue),
        "rank": "—",
    }


def _ranked(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    order = [*dict.fromkeys(CLASSES.values()), OTHERS]
    found = sorted(
        rows,
        key=lambda r: (order.index(r["class"]), r["overdue"] / r["n"], -r["verified"] / r["n"],
                       r["unit"]),
    )  # fmt: skip
    places: dict[str, int] = {}
    for row in found:
        if row["n"] >= FEWEST:
            places[row["class"]] = places.get(row["class"], 0) + 1
            row["rank"] = str(places[row["class"]])
    return found
