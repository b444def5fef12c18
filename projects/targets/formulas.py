"""How actual figures are worked out from the library. Named formulas, pure over a snapshot.

Each formula lists the projects that it counts, so that every figure can be followed to its rows.
Basis: the metrics of S0's annexes 1 to 4 and of S2 2.3 / S3 3.7.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from config.i18n import N_
from config.i18n import gettext as _
from projects.sections.shared import decimal
from projects.targets.library_view import LibraryView, Project, Span

ONE = Decimal(1)
BIG_YI, BIG_USD_WAN = Decimal(10), Decimal(10_000)
"""超10亿元或1亿美元: 亿元 and 万美元, the bound itself included."""


@dataclass(frozen=True, slots=True)
class Row:
    """A project in a figure: `amount` of the numerator (None: not reported), `of` the
    denominator where the figure is a rate."""

    project: Project
    amount: Decimal | None
    of: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Formula:
    """A named formula. `kind`: count, sum (亿元) or rate (percent)."""

    name: str
    kind: str
    rows: Callable[[LibraryView, str, Span], Iterable[Row]]

    @property
    def label(self) -> str:
        """The name in the request's language."""
        return _(self.name)


def evaluate(view: LibraryView, formula: str, list_code: str, span: Span) -> list[Row] | None:
    """The projects that a formula counts; None where the library does not hold the list."""
    if formula not in FORMULAS or not view.carried(list_code, span.year):
        return None
    return list(FORMULAS[formula].rows(view, list_code, span))


def total(formula: str, rows: list[Row] | None) -> Decimal | None:
    """The figure of these rows. None: not known (nobody reported, or nothing to divide by)."""
    if rows is None:
        return None
    stated = [row.amount for row in rows if row.amount is not None]
    if FORMULAS[formula].kind == "rate":
        return rate(sum(stated, Decimal()), sum((row.of or Decimal() for row in rows), Decimal()))
    return None if rows and not stated else sum(stated, Decimal())


def rate(part: Decimal, whole: Decimal) -> Decimal | None:
    """A percentage to two places; None where there is nothing to divide by."""
    if not whole:
        return None
    return (part / whole * 100).quantize(Decimal("0.01"), ROUND_HALF_UP)


# ---------------------------------------------------------------- what is counted


def _started(view: LibraryView, code: str, span: Span) -> Iterable[Row]:
    return [Row(p, ONE) for p, _l in view.on_list(code, span) if span.holds(p["actual_start_on"])]


def _started_new(view: LibraryView, code: str, span: Span) -> Iterable[Row]:
    return [
        Row(p, ONE)
        for p, listing in view.on_list(code, span)
        if not listing["carried_over"] and span.holds(p["actual_start_on"])
    ]


def _completed(view: LibraryView, code: str, span: Span) -> Iterable[Row]:
    return [Row(p, ONE) for p, _l in view.on_list(code, span) if span.holds(p["actual_finish_on"])]


def _in_production(view: LibraryView, code: str, span: Span) -> Iterable[Row]:
    return [Row(p, ONE) for p, _l in view.on_list(code, span) if span.holds(p["in_production_on"])]


def _listed_new(view: LibraryView, code: str, span: Span) -> Iterable[Row]:
    return [Row(p, ONE) for p, listing in view.on_list(code, span) if not listing["carried_over"]]


def _carried(view: LibraryView, code: str, span: Span) -> Iterable[Row]:
    return [Row(p, ONE) for p, listing in view.on_list(code, span) if listing["carried_over"]]


def _listed_big(view: LibraryView, code: str, span: Span) -> Iterable[Row]:
    return [row for row in _listed_new(view, code, span) if big(row.project)]


def big(project: Project) -> bool:
    """Whether a project is of at least 10 亿元 or 1 亿美元, in whichever currency is stated."""
    yi, usd = decimal(project["total_invest_yi"]), decimal(project["total_invest_usd_wan"])
    return (yi is not None and yi >= BIG_YI) or (usd is not None and usd >= BIG_USD_WAN)


def _in_statistics(view: LibraryView, code: str, span: Span) -> Iterable[Row]:
    entered = (p for p, _l in view.on_list(code, span) if span.reached(p["in_statistics_on"]))
    return [Row(p, ONE) for p in entered]


def _band(low: str, high: str | None) -> Callable[[LibraryView, str, Span], Iterable[Row]]:
    """Projects in the statistics whose total lies from `low` to below `high`, in 亿元."""
    bottom, top = Decimal(low), None if high is None else Decimal(high)

    def rows(view: LibraryView, code: str, span: Span) -> Iterable[Row]:
        for row in _in_statistics(view, code, span):
            yi = decimal(row.project["total_invest_yi"])
            if yi is not None and yi >= bottom and (top is None or yi < top):
                yield row

    return rows


def _invested(
    which: str, nature: str = ""
) -> Callable[[LibraryView, str, Span], Iterable[Row]]:  # fmt: skip
    def rows(view: LibraryView, code: str, span: Span) -> Iterable[Row]:
        for project, _listing in view.on_list(code, span):
            if not nature or project["nature"] == nature:
                yield Row(project, view.invested(project["id"], which, span))

    return rows


# ---------------------------------------------------------------- rates (S2 2.3, S3 3.7)


def _start_rate(view: LibraryView, code: str, span: Span) -> Iterable[Row]:
    """新建项目开工率: of the projects new on the list, those that have started."""
    for project, listing in view.on_list(code, span):
        if not listing["carried_over"]:
            yield Row(project, _yes(span.reached(project["actual_start_on"])), ONE)


def _finish_rate(view: LibraryView, code: str, span: Span) -> Iterable[Row]:
    """续建项目竣工率: of the projects carried over, those completed this year."""
    for project, listing in view.on_list(code, span):
        if listing["carried_over"]:
            yield Row(project, _yes(span.holds(project["actual_finish_on"])), ONE)


def _invest_rate(view: LibraryView, code: str, span: Span) -> Iterable[Row]:
    """投资计划完成率: statistical investment to date of what is planned for the year; a plan of
    another year says nothing (but in snapshots of rules 1)."""
    found = _share_of("plan_year_invest_yi", view, code, span)
    if view.content.get("rules", 2) == 1:
        return found
    return [row for row in found if row.project.get("year") in (None, span.year)]


def _total_share(view: LibraryView, code: str, span: Span) -> Iterable[Row]:
    """当年完成投资占总投资比重."""
    return _share_of("total_invest_yi", view, code, span)


def _share_of(column: str, view: LibraryView, code: str, span: Span) -> Iterable[Row]:
    for project, _listing in view.on_list(code, span):
        whole = decimal(project[column])
        if whole is not None:
            yield Row(project, view.invested(project["id"], "statistical", span), whole)


def _yes(held: bool) -> Decimal:
    return ONE if held else Decimal()


FORMULAS: dict[str, Formula] = {
    "started": Formula(N_("Projects started this year"), "count", _started),
    "started_new": Formula(N_("New projects of the list started this year"), "count", _started_new),
    "completed": Formula(N_("Projects completed this year"), "count", _completed),
    "in_production": Formula(N_("Projects in production since this year"), "count", _in_production),
    "listed_new": Formula(N_("Projects new on the list"), "count", _listed_new),
    "listed_big": Formula(
        N_("New on the list, 1 billion yuan or 100 million dollars and more"), "count", _listed_big
    ),
    "carried": Formula(N_("Projects carried over on the list"), "count", _carried),
    "in_statistics": Formula(N_("Projects in the statistics"), "count", _in_statistics),
    "band_5m_20m": Formula(
        N_("In the statistics, 5 to 20 million yuan"), "count", _band("0.05", "0.2")
    ),
    "band_20m_50m": Formula(
        N_("In the statistics, 20 to 50 million yuan"), "count", _band("0.2", "0.5")
    ),
    "band_50m": Formula(
        N_("In the statistics, 50 million yuan and more"), "count", _band("0.5", None)
    ),
    "statistical": Formula(N_("Statistical investment to date"), "sum", _invested("statistical")),
    "statistical_renovation": Formula(
        N_("Statistical investment of renovations to date"), "sum",
        _invested("statistical", "renovation"),
    ),
    "reported": Formula(N_("Reported investment to date"), "sum", _invested("reported")),
    "start_rate": Formula(N_("Rate of new projects started"), "rate", _start_rate),
    "finish_rate": Formula(N_("Rate of carried-over projects completed"), "rate", _finish_rate),
    "invest_rate": Formula(N_("Rate of the year's planned investment"), "rate", _invest_rate),
    "total_share": Formula(N_("Share of the total investment this year"), "rate", _total_share),
}  # fmt: skip
"""By code; a plan's metric names one of them, or none where the office enters the figure."""
