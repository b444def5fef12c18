"""What records that were merged into a project still hold, for the project's page: months that
both had figures of, a second plan or land-service list, and the like. Nothing of it counts."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from models import tables
from models.queries.library import with_merged
from models.queries.projects import visible_projects
from projects.figures.words import figure
from projects.library import comparing, registers
from projects.sections.shared import to_yi
from web.call import Call

_P, _M, _E = tables.project.c, tables.project_month.c, tables.evaluation.c


def facts_for(call: Call, project: Any) -> dict[str, Any]:
    """What `projects/_merged.html` shows; empty where nothing is left."""
    rows = _merged(call, project.id)
    held = registers.remaining(call.s, [row.id for row in rows])
    if not held:
        return {}
    months, keys = _months(call, list(held)), list(held)
    lists = comparing.lists_of(call.s, keys)
    evaluated = select(_E.project_id, _E.id).where(_E.project_id.in_(keys))
    evaluations = {row.project_id: row.id for row in call.s.execute(evaluated)}
    return {
        "records": [
            {
                "id": row.id, "name": row.name, "held": held[row.id],
                "months": months.get(row.id, []), "lists": lists[row.id],
                "evaluation": evaluations.get(row.id),
            }
            for row in rows if row.id in held
        ]
    }  # fmt: skip


def _merged(call: Call, project_id: int) -> list[Any]:
    """Records given up for this one, within what the reader may know of."""
    chosen = select(_P.id, _P.name).where(
        _P.id.in_(with_merged(project_id)), _P.id != project_id,
        visible_projects(call.person, call.directory),
    )  # fmt: skip
    return list(call.s.execute(chosen.order_by(_P.id)))


def _months(call: Call, keys: list[int]) -> dict[int, list[dict[str, str]]]:
    found: dict[int, list[dict[str, str]]] = {}
    chosen = select(_M.project_id, _M.month, _M.reported_wan, _M.statistical_wan)
    for row in call.s.execute(chosen.where(_M.project_id.in_(keys)).order_by(_M.month)):
        line = {
            "month": row.month, "reported": figure(to_yi(row.reported_wan)),
            "statistical": figure(to_yi(row.statistical_wan)),
        }  # fmt: skip
        found.setdefault(row.project_id, []).append(line)
    return found
