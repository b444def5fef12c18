"""Formulas over projects: starts, completions, investment. A project counts for the board in whose
figures it is counted (S0 annex 4, note 1); what is not stated is left out, never zero."""

from __future__ import annotations

import calendar
from decimal import Decimal
from typing import Any

from projects.kpi.base import ONE, ZERO, Month, Part, hit

Row = dict[str, Any]


def started(m: Month) -> list[Part]:
    """新建项目开工率: projects new on a list of this year, and those without a list that are to
    start this year; hits have started by the end of the month."""
    return [
        _project(p, _by(m, p["actual_start_on"]))
        for p in _ours(m)
        if _is_new(m, p) and (_listings(m, p) or _due_here(m, p, "start"))
    ]


def finished(m: Month) -> list[Part]:
    """竣工率: projects carried over on a list of this year, and those that are to be completed
    this year; hits are by the end of the month, within the year."""
    return [
        _project(p, _this_year(m, p["actual_finish_on"]) and _by(m, p["actual_finish_on"]))
        for p in _ours(m)
        if (_listings(m, p) and not _is_new(m, p)) or _due_here(m, p, "finish")
    ]


def _ours(m: Month) -> list[Row]:
    """The library also holds projects of other zones, named by the sources: they are not ours. A
    zone is ours where a project of one of our boards names it (by rules 1 where a plan did)."""
    found = m.rows("projects")
    if m.rules > 1:
        zones = {p["zone"] for p in found if p["counted_board_id"] is not None}
    else:
        zones = {plan["whole"] for plan in m.rows("targets")}
    return [p for p in found if p["counted_board_id"] is not None or p["zone"] in ("", *zones)]


def _listings(m: Month, p: Row) -> list[Row]:
    """Its places on lists of the year, as the lists stood at the end of the month."""
    last = _last_day(m)
    return [
        one
        for one in p["listings"]
        if one["year"] == int(m.name[:4])
        and (one["listed_on"] is None or one["listed_on"] <= last)
        and (one["removed_on"] is None or one["removed_on"] > last)
    ]


def _is_new(m: Month, p: Row) -> bool:
    """As the lists of the year say; the record's own flag follows its newest lists, which may be
    those of the next year by the day of the freeze (rules 1 took it all the same)."""
    listings = _listings(m, p)
    flag = p["carried_over"] and not (listings and m.rules > 1)
    return not flag and not any(one["carried_over"] for one in listings)


def _planned(m: Month, p: Row) -> Decimal:
    """What is planned for the month's year; a plan of another year says nothing (by rules 1 it
    was taken for this one's)."""
    other = p.get("year") not in (None, int(m.name[:4]))
    return ZERO if other and m.rules > 1 else Decimal(p["plan_year_invest_yi"] or 0)


def _due_here(m: Month, p: Row, step: str) -> bool:
    """Planned for this year; or done this year though nobody had planned it."""
    plan, actual = p[f"plan_{step}_on"], p[f"actual_{step}_on"]
    return _this_year(m, plan) or (plan is None and _this_year(m, actual))


def starts(m: Month) -> list[Part]:
    """Projects that started in the month."""
    return [_project(p, True) for p in _ours(m) if _in(m, p["actual_start_on"])]


def finishes(m: Month) -> list[Part]:
    """Projects that were completed in the month."""
    return [_project(p, True) for p in _ours(m) if _in(m, p["actual_finish_on"])]


def invested(m: Month) -> list[Part]:
    """Reported investment of the year so far, of what is planned for the year, in 亿元."""
    return _investment(m, "reported")


def counted_investment(m: Month) -> list[Part]:
    """The same as the statistics office counts it (列统投资)."""
    return _investment(m, "statistical")


def invested_in_month(m: Month) -> list[Part]:
    """Reported investment of the month alone, in 亿元."""
    found = []
    figures = {row["id"]: row["months"] for row in m.rows("figures")}
    for p in _ours(m):
        amount = figures.get(p["id"], {}).get(m.name, {}).get("reported")
        if amount is not None:
            found.append(_amount(p, Decimal(amount), ONE))
    return found


def _investment(m: Month, column: str) -> list[Part]:
    figures = {row["id"]: row["months"] for row in m.rows("figures")}
    found = []
    for p in _ours(m):
        plan = _planned(m, p)
        amounts = _stated(figures.get(p["id"], {}), column)
        if plan > 0:
            done = sum(amounts, ZERO)
            units = frozenset(_units(p))
            found.append(Part(f"project:{p['id']}", units, done, plan, stated=bool(amounts)))
    return found


def _stated(of_months: dict[str, Row], column: str) -> list[Decimal]:
    return [Decimal(one[column]) for one in of_months.values() if one[column] is not None]


def _project(p: Row, is_hit: bool) -> Part:
    return hit(f"project:{p['id']}", _units(p), is_hit)


def _amount(p: Row, above: Decimal, below: Decimal) -> Part:
    return Part(f"project:{p['id']}", frozenset(_units(p)), above, below)


def _units(p: Row) -> list[int]:
    return [p["counted_board_id"]] if p["counted_board_id"] is not None else []


def _by(m: Month, day: str | None) -> bool:
    return day is not None and day <= _last_day(m)


def _in(m: Month, day: str | None) -> bool:
    return day is not None and day[:7] == m.name and day <= _last_day(m)


def _this_year(m: Month, day: str | None) -> bool:
    return day is not None and day[:4] == m.name[:4]


def _last_day(m: Month) -> str:
    year, month = int(m.name[:4]), int(m.name[5:])
    return f"{m.name}-{calendar.monthrange(year, month)[1]:02d}"
