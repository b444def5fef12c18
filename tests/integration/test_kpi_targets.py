"""The annexes' targets among the figures of a month, page and file: a blank cell stays blank."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert

from models import tables
from projects import snapshots
from projects.kpi import targets
from projects.kpi.scopes import ZONE
from projects.seed_files import DATA
from projects.seeds import load_targets
from tests.portal import Portal
from tests.world import World, at

NOW = at("2026-10-09 10:00")
WHOLE = "常州经开区"
GOVERNING = "常州经开区2024年重点产业项目推进攻坚实施意见"
MONTH = "2024-12"


def founded(world: World) -> None:
    """The plans of the sources, and on the district's list of the year a project each of two
    boards, one of them without any target."""
    with world.db.write() as s:
        load_targets(s, now=NOW)
        for board in ("lucheng", "qishuyan"):
            _listed(s, world.units[board], board)


def _listed(s: Any, board: int, name: str) -> None:
    key = s.execute(insert(tables.project).values(
        name=name, board_id=board, zone=WHOLE, total_invest_yi=Decimal(10),
    )).inserted_primary_key[0]  # fmt: skip
    s.execute(insert(tables.project_listing).values(
        project_id=key, list_code="district", year=2024, carried_over=False,
    ))  # fmt: skip
    s.execute(insert(tables.project_month).values(
        project_id=key, month="2024-05", reported_wan=12_500, statistical_wan=12_500,
        reported_at=NOW,
    ))  # fmt: skip


def shipped(region: str) -> list[Decimal]:
    """The targets of a region in the governing plan, from the shipped file itself."""
    with (DATA / "seed_targets.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["plan"] == GOVERNING]
    return sorted(
        Decimal(r["value"]) for r in rows
        if r["region"] == region and r["kind"] == "target" and Decimal(r["value"])
    )  # fmt: skip


def test_the_figures_of_the_annexes_stand_against_the_targets_of_the_shipped_file(
    world: World,
) -> None:
    founded(world)
    with world.db.read() as s:
        content = snapshots.gather(s, MONTH, NOW)
    of_plan = {n.key for n in targets.names(content).values() if n.plan == GOVERNING}
    found = [one for one in targets.figures(content) if one.kpi in of_plan]
    for name, scope in (("潞城街道", f"unit:{world.units['lucheng']}"), (WHOLE, ZONE)):
        told = sorted(one.denominator for one in found if one.scope == scope)
        assert told and set(told) <= set(shipped(name)), name
    invested = [
        one for one in found
        if targets.names(content)[one.kpi].metric == "年度列统投资" and one.numerator
    ]  # fmt: skip
    amounts = {(one.scope, f"{Decimal(str(one.numerator)):.2f}") for one in invested}
    assert (ZONE, "2.50") in amounts


def test_qishuyan_has_no_target_and_so_no_figure_whatever_it_reports(world: World) -> None:
    founded(world)
    assert shipped("戚墅堰街道") == []
    with world.db.read() as s:
        found = targets.figures(snapshots.gather(s, MONTH, NOW))
    assert [one for one in found if one.scope == f"unit:{world.units['qishuyan']}"] == []
    assert [one for one in found if one.scope == f"unit:{world.units['lucheng']}"]


@pytest.mark.one_database
def test_page_and_file_of_the_month_leave_it_out(portal: Portal) -> None:
    founded(portal.world)
    portal.at("2026-10-09 10:00")
    browser = portal.sign_in("chief")
    text = browser.get(f"/bulletins/figures/export.csv?month={MONTH}").text
    lines = list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))
    attained = [line for line in lines if any("年度列统投资" in cell for cell in line.values())]
    told = [tuple(line.values())[2:5] for line in lines]  # class, unit, figure
    assert len(set(told)) == len(told), "no two lines are called the same"
    assert any("潞城街道" in line.values() for line in attained)
    assert not any("戚墅堰街道" in line.values() for line in attained)
    page = browser.page(f"/bulletins/figures?month={MONTH}").text
    assert "潞城街道" in page
