"""The part of a project's page with its monthly figures (`projects/_figures.html`)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup
from sqlalchemy import select

from config.i18n import gettext as _
from models import tables
from projects import months
from projects.access import may_report
from projects.figures.words import figure
from projects.sections.shared import to_yi
from projects.targets.formulas import rate
from web.call import Call

NAMES = ("reported", "statistical")


def facts_for(call: Call, project: Any) -> dict[str, Any]:
    """The months of the year beside its plan, the years before, and what was said of progress."""
    m = tables.project_month.c
    rows = list(call.s.execute(
        select(m.month, m.reported_wan, m.statistical_wan, m.progress, m.note)
        .where(m.project_id == project.id).order_by(m.month)
    ))  # fmt: skip
    present = months.this_month(call.s, call.now)
    year = months.year_of(max((row.month for row in rows), default=present))
    table = _table({row.month: row for row in rows}, year, project.plan_year_invest_yi)
    words = {
        "reported": _("Reported investment"), "statistical": _("Statistical investment"),
        "plan": _("Plan by schedule"),
    }  # fmt: skip
    data = {"rows": table, "words": words}
    return {
        "year": year, "rows": table, "years": _years(rows), "any": bool(rows),
        "total": _total(rows, project.total_invest_yi),
        "reports": may_report(call.s, call.person, project),
        "data": Markup(htmlsafe_json_dumps(data)),
        "path": f"/figures?month={months.reported_now(call.s, call.now)}&project={project.id}",
    }  # fmt: skip


def _table(by_month: dict[str, Any], year: int, plan: Decimal | None) -> list[dict[str, Any]]:
    """A row a month: of the month and to date, in 亿元, as texts; blank where not reported."""
    found: list[dict[str, Any]] = []
    sums: dict[str, Decimal] = {}
    share = None if plan is None else figure((plan / 12).quantize(Decimal("0.0001")))
    for month in months.of_year(year):
        row = by_month.get(month)
        line = {"month": month, "plan": share or "", "progress": row.progress if row else ""}
        for name in NAMES:
            amount = to_yi(getattr(row, f"{name}_wan")) if row else None
            if amount is not None:
                sums[name] = sums.get(name, Decimal()) + amount
            line[name] = figure(amount)
            line[f"{name}_to_date"] = figure(sums.get(name)) if row else ""
        found.append(line)
    return found


def _years(rows: list[Any]) -> list[dict[str, Any]]:
    """The sums of each year, newest first."""
    found: dict[int, dict[str, int]] = {}
    for row in rows:
        sums = found.setdefault(months.year_of(row.month), {})
        for name in NAMES:
            amount = getattr(row, f"{name}_wan")
            if amount is not None:
                sums[name] = sums.get(name, 0) + amount
    return [
        {"year": year} | {name: figure(to_yi(found[year].get(name))) for name in NAMES}
        for year in sorted(found, reverse=True)
    ]  # fmt: skip


def _total(rows: list[Any], whole: Decimal | None) -> dict[str, str]:
    """All that was counted so far, and its share of the total investment."""
    stated = [row.statistical_wan for row in rows if row.statistical_wan is not None]
    done = to_yi(sum(stated)) if stated else None
    share = rate(done, whole) if done is not None and whole else None
    return {"done": figure(done), "whole": figure(whole), "share": figure(share)}
