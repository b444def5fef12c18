"""What the pages of the targets share: the month's content, its name, cells as pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Query

from projects import months, snapshots
from projects.figures.words import LIGHTS, figure, meant, points, state_word
from projects.snapshots import Frozen
from projects.targets.attainment import Board, Cell, board
from projects.targets.commands import find_plan
from projects.targets.live import standing
from web.call import Call
from web.templating import url
from workflow.case import not_visible

LIVE = "live"
MonthText = Annotated[str, Query(max_length=7)]
EditionText = Annotated[str, Query(max_length=6, pattern=r"^(live|[0-9]*)$")]
Data = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shown:
    """A plan at a month: its row, the figures, and the frozen month if they come from one."""

    plan: Any
    board: Board
    frozen: Frozen | None
    edition: str

    @property
    def month(self) -> str:
        """The month that is shown."""
        return self.board.month

    def path(self, part: str = "", **query: Any) -> str:
        """An address of this plan at this month and edition."""
        return url(
            f"/targets/{self.plan.id}{part}", month=self.month, edition=self.edition, **query
        )


def shown(call: Call, plan_id: int, month: str, edition: str) -> Shown:
    """The plan at a month of its year: frozen where it is, else as it stands now.

    `edition` names an edition, or `live` for what stands now. Raises `NotVisible`.
    """
    plan = find_plan(call.s, plan_id)
    month = months.checked(month) if month else usual_month(call, plan.year)
    if months.year_of(month) != plan.year:
        raise not_visible(month)
    frozen = _frozen(call, month, edition)
    if frozen is not None:
        found = board(frozen.content, plan_id)
    else:
        found = standing(call.s, plan_id, month, call.now)
    if found is None:
        raise not_visible(str(plan_id))  # the plan is younger than the frozen month
    return Shown(plan, found, frozen, edition)


def _frozen(call: Call, month: str, edition: str) -> Frozen | None:
    if edition == LIVE:
        return None
    if edition:
        return snapshots.load(call.s, month, min(int(edition), 2**31 - 1))
    return snapshots.load(call.s, month) if snapshots.latest_edition(call.s, month) else None


def usual_month(call: Call, year: int) -> str:
    """The month that a plan opens with: the last that ended, within its year."""
    every = months.of_year(year)
    return min(max(months.reported_now(call.s, call.now), every[0]), every[-1])


def month_links(call: Call, it: Shown) -> list[Data]:
    """The months of the plan's year with whether they are frozen, none ahead of today."""
    now = months.this_month(call.s, call.now)
    newest = {e.month: e.edition for e in reversed(snapshots.editions(call.s, it.plan.year))}
    return [
        {
            "month": month, "frozen": newest.get(month, 0), "current": month == it.month,
            "path": url(f"/targets/{it.plan.id}", month=month),
        }
        for month in months.of_year(it.plan.year) if month <= now
    ]  # fmt: skip


def cell_facts(it: Shown, cell: Cell, kind: str) -> Data:
    """A cell as a page shows it: texts, state, and the bar's lengths in hundredths."""
    return {
        "region": cell.region,
        "target": meant(cell.op, cell.target, cell.target_to),
        "actual": figure(cell.actual),
        "attainment": figure(cell.attainment),
        "due": figure(cell.due),
        "gap": points(cell.gap),
        "state": cell.state,
        "light": LIGHTS[cell.state],
        "word": state_word(cell.state),
        "rank": cell.rank,
        "unit": cell.unit,
        "bar": _bar(cell.attainment),
        "mark": _bar(cell.due),
        "path": it.path(
            "/figure", level=cell.level, metric=cell.metric, kind=kind, region=cell.region
        ),
    }


def _bar(value: Decimal | None) -> int:
    """A length on a bar of 100; longer ones end there."""
    return 0 if value is None else max(0, min(100, int(value)))
