"""Monthly figures at the command line: the board states one column, the office the other."""

from __future__ import annotations

import pytest
from sqlalchemy import insert

from models import tables
from tests.terminal import Terminal
from tests.world import World

AT = "2026-10-09T10:00"
REPORT = "figures report 潞城项目 --month 2026-09"


@pytest.fixture
def cli(world: World) -> Terminal:
    with world.db.write() as s:
        values = {"name": "潞城项目", "board_id": world.units["lucheng"], "stage": "started"}
        s.execute(insert(tables.project).values(values))
    return Terminal(world.db.url)


def stands(cli: Terminal) -> tuple[str | None, str | None, str]:
    [row] = cli.data("figures show --month 2026-09", by="triage", at=AT)
    return row["reported"], row["statistical"], row["progress"]


def test_who_states_one_amount_leaves_the_other_and_the_progress_alone(cli: Terminal) -> None:
    cli.ok(f"{REPORT} --reported 0.8 --progress 土方完成", by="lucheng_liaison", at=AT)
    cli.ok(f"{REPORT} --statistical 0.5", by="triage", at=AT)
    assert stands(cli) == ("0.8", "0.5", "土方完成")
    cli.ok(f"{REPORT} --reported ''", by="lucheng_liaison", at=AT)
    assert stands(cli) == (None, "0.5", "土方完成")


def test_a_correction_of_one_amount_of_a_frozen_month_keeps_the_other(cli: Terminal) -> None:
    cli.ok(f"{REPORT} --reported 0.8 --statistical 0.5", by="triage", at=AT)
    cli.ok("figures freeze --month 2026-09", by="chief", at=AT)
    cli.ok(f"{REPORT} --statistical 0.6 --reason 统计核增", by="chief", at=AT)
    assert stands(cli)[:2] == ("0.8", "0.6")
