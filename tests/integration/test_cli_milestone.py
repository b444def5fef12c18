"""Plans of projects from the command line."""

from __future__ import annotations

import pytest

from projects.lights import news as light_news
from tests.integration.milestone_kit import NAME, laid_out, project, rows
from tests.terminal import Terminal
from tests.world import World, at

pytestmark = pytest.mark.one_database
NOW = "2026-03-02T10:00"
LATE = "2026-10-08T10:00"


def test_a_plan_is_laid_out_read_and_made_anew(world: World, terminal: Terminal) -> None:
    project_id = project(world)
    terminal.ok(f"milestone lay-out {NAME}", by="commissioner", at=NOW)
    found = {m["key"]: m for m in terminal.data(f"milestone show {project_id}", by="chief")}
    assert found["start"]["plan_on"] == "2026-09-30"
    assert "开工" in terminal.ok(f"milestone show {NAME}", by="chief") or "Start" in terminal.ok(
        f"milestone show {NAME}", by="chief"
    )
    terminal.ok(f"milestone replan {project_id} --reason 调整 --start 2026-11-30",
                by="chief", at=NOW)  # fmt: skip
    again = {m["key"]: m for m in terminal.data(f"milestone show {project_id}", by="chief")}
    assert again["start"]["plan_on"] == "2026-11-30"
    assert again["start"]["baseline_on"] == "2026-09-30"
    m = again["environment"]["id"]
    moved = terminal.data(f"milestone date {m} 2026-12-01 --reason 补测", by="chief", at=NOW)
    assert moved["warnings"]


def test_a_completion_must_be_confirmed_and_outsiders_know_of_nothing(
    world: World, terminal: Terminal
) -> None:
    project_id = laid_out(world)
    m = rows(world, project_id)["land_transfer"].id
    act = f"milestone done {m} 2026-03-02"
    (reason,) = terminal.refused(1, act, by="chief", at=NOW)
    assert reason["code"] == "predecessors_open"
    terminal.ok(f"{act} --confirm", by="chief", at=NOW)
    assert terminal("milestone", "undo", m, "--reason x", by="lucheng_liaison").exit_code != 0
    terminal.ok(f"milestone undo {m} --reason 误报", by="chief", at=NOW)
    own = terminal.data(
        f"milestone add {project_id} 专线接入 5 --after start --unit gdgs", by="chief", at=NOW
    )
    terminal.ok(f"milestone drop {own['id']} --reason 不需要", by="chief", at=NOW)
    granted = terminal.data(
        f"milestone permit {project_id} construction_permit 2026-03-02 --number A1", by="chief",
        at=NOW,
    )  # fmt: skip
    terminal.ok(f"milestone withdraw {granted['id']} --reason 误报", by="chief", at=NOW)


def test_what_slips_is_listed_and_goes_into_the_loop(world: World, terminal: Terminal) -> None:
    project_id = laid_out(world)
    light_news.run(world.db, at("2026-10-08 10:00"))
    (red,) = terminal.data("milestone lights --light red", by="chief")
    assert red["id"] == project_id
    assert terminal.data("milestone lights --light red", by="lucheng_liaison") == []
    found = terminal.data("milestone proposals", by="yaoguan_liaison")
    first, second = (one["id"] for one in found[:2])
    made = terminal.data(f"milestone report {first}", by="yaoguan_liaison", at=LATE)
    assert made["issue"].startswith("WT-2026-")
    terminal.ok(f"milestone dismiss {second} --reason 已有安排", by="yaoguan_liaison", at=LATE)
    terminal.ok(f"milestone excuse {project_id} --reason 等指标 --until 2026-12-31",
                by="chief", at=LATE)  # fmt: skip
    link = f"milestone link {rows(world, project_id)['start'].id} {made['issue']}"
    terminal.ok(link, by="yaoguan_liaison", at=LATE)


def test_the_land_list_and_what_goes_beyond_it(world: World, terminal: Terminal) -> None:
    project_id = laid_out(world)
    terminal.ok(f"milestone land-list {project_id} 2026-03-01 --item '压覆矿产|zgj' --item 管线",
                by="zgj_liaison", at=NOW)  # fmt: skip
    beyond = terminal.data(f"milestone demand {project_id} 另做交评 2026-03-02",
                           by="yaoguan_liaison", at=NOW)  # fmt: skip
    made = terminal.data(f"milestone land-report {beyond['id']}", by="yaoguan_liaison", at=NOW)
    assert world.issue(made["issue"]).category == "用地清单外要求"


def test_the_default_network_is_shown(terminal: Terminal) -> None:
    assert len(terminal.data("milestone network")) == 20
    assert "construction_permit" in terminal.ok("milestone network")
