"""Every figure of the loop against a slow, obvious reckoning, on histories made by chance."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from config.documents import document_rules
from projects import snapshots
from projects.kpi import compute
from projects.kpi.scopes import ZONE
from tests.kpi_reference import Reference
from tests.kpi_stories import play
from tests.world import World, at

MONTHS = {
    "2026-07": (at("2026-07-01 00:00"), at("2026-07-31 23:59:59.999999")),
    "2026-08": (at("2026-08-01 00:00"), at("2026-08-31 23:59:59.999999")),
    "2026-09": (at("2026-09-01 00:00"), at("2026-09-30 23:59:59.999999")),
}
LATE = at("2026-10-09 10:00")
LOOP = ("issues", "tasks", "lookbacks", "orders")


def gathered(world: World, month: str, now: datetime = LATE) -> dict[str, Any]:
    with world.db.read() as s:
        return snapshots.gather(s, month, now)


def told(figure: Any) -> tuple[Decimal, Decimal, int]:
    return figure.numerator, figure.denominator, figure.n


@pytest.mark.one_database
@pytest.mark.parametrize("seed", range(6))
def test_each_figure_is_what_the_history_says(world: World, seed: int) -> None:
    play(world, seed, 14)
    seen: Counter[str] = Counter()
    for month, (begin, until) in MONTHS.items():
        found = compute.table(gathered(world, month))
        reference = Reference(world, begin, until, answer_wd=document_rules().feedback_days)
        for unit in (None, *(world.units[code] for code in ("zjj", "zgj", "sthj", "henglin"))):
            scope = ZONE if unit is None else f"unit:{unit}"
            wanted = reference.figures(None if unit is None else {unit})
            for key, plain in wanted.items():
                assert told(found[key, scope]) == plain, (month, scope, key)
                seen[key] += plain[2]
    assert min(seen[key] for key in ("ack", "on_time", "overdue", "handling", "closed")) > 20


def test_the_reckoning_holds_on_both_databases(world: World) -> None:
    play(world, 99, 8, days=45)
    begin, until = MONTHS["2026-07"]
    found = compute.table(gathered(world, "2026-07"))
    reference = Reference(world, begin, until, answer_wd=document_rules().feedback_days)
    for key, plain in reference.figures(None).items():
        assert told(found[key, ZONE]) == plain, key


@pytest.mark.one_database
def test_a_month_that_is_frozen_late_says_what_was_so_at_its_end(world: World) -> None:
    play(world, 7, 12, days=31)
    at_once = gathered(world, "2026-07", at("2026-08-01 00:00"))
    play(world, 8, 6, days=45, first="2026-08-01")  # July's issues go on, and others come
    late = gathered(world, "2026-07")
    for section in LOOP:
        assert at_once[section] and late[section] == at_once[section], section
    assert gathered(world, "2026-08")["tasks"] != at_once["tasks"]


@pytest.mark.one_database
def test_a_running_month_shows_what_has_happened_by_now(world: World) -> None:
    case = world.dispatched("2026-07-06 10:00", category="环评")
    early = gathered(world, "2026-07", at("2026-07-07 09:00"))
    world.acknowledge(case.task, "2026-07-07 10:00")
    after = gathered(world, "2026-07", at("2026-07-07 10:00"))
    assert [row["state"] for row in early["tasks"]] == ["pending_ack"]
    assert [row["state"] for row in after["tasks"]] == ["in_progress"]
    assert compute.table(early)["ack", ZONE].n == 0  # its limit has not ended yet
