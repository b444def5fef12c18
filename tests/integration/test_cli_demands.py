"""Demands by the command line."""

from __future__ import annotations

import pytest

from tests.demands import filed, finish, row, taken_up
from tests.terminal import Terminal
from tests.world import LINES, World

pytestmark = pytest.mark.one_database

MORNING = "2026-09-28 10:00"
AT = "2026-09-28T11:00"


def test_a_demand_is_listed_shown_and_taken_up(world: World) -> None:
    one = filed(world, MORNING)
    cli = Terminal(world.db.url)
    listed = cli.data(
        "demand list --view waiting --board lucheng --month 2026-09", by="triage", at=AT
    )
    assert [item["number"] for item in listed["items"]] == [one.number]
    assert one.number in cli.ok("demand list", by="triage", at=AT)
    shown = cli.ok(f"demand show {one.number}", by="triage", at=AT)
    assert "Received" in shown and f"Proposed category and unit: {LINES}" in shown
    done = cli.data(
        f"demand take-up {one.number} --category {LINES} --expect-version 1", by="triage", at=AT
    )
    assert done["issue"].startswith("WT-") and row(world, one.number).state == "taken_up"
    again = filed(world, MORNING)
    text = cli.ok(f"demand link {again.number} {done['issue']}", by="triage", at=AT)
    assert again.number in text and row(world, again.number).repeat


def test_answer_decline_and_a_new_address(world: World) -> None:
    one, other = filed(world, MORNING), filed(world, MORNING)
    cli = Terminal(world.db.url)
    cli.ok(f"demand answer {one.number} --text 请到窗口办理", by="chief", at=AT)
    cli.ok(f"demand decline {other.number} --reason 合同纠纷", by="chief", at=AT)
    assert [row(world, d.number).state for d in (one, other)] == ["answered", "declined"]
    made = cli.data(f"demand address {one.number}", by="chief", at=AT)
    assert "/enterprise/" in made["address"]


def test_the_list_settles_first_what_a_closure_has_answered(world: World) -> None:
    one, issue = taken_up(world, MORNING)
    finish(world, issue, "2026-09-28 10:30")
    listed = Terminal(world.db.url).data("demand list --view answered", by="triage", at=AT)
    assert [(i["number"], i["state"]) for i in listed["items"]] == [(one.number, "answered")]


def test_others_are_refused_and_wrong_words_named(world: World) -> None:
    one = filed(world, MORNING)
    cli = Terminal(world.db.url)
    for name, status in (("zjj_head", "not_visible"), ("lucheng_head", "role_missing")):
        result = cli(f"demand decline {one.number} --reason 不受理", by=name, at=AT)
        assert result.exit_code not in (0, 1), status
    assert cli("demand list --view nothing", by="triage", at=AT).exit_code != 0
    assert cli("demand list --month 2026-13", by="triage", at=AT).exit_code != 0
    assert cli("demand list --board zjj", by="triage", at=AT).exit_code != 0
    assert row(world, one.number).state == "received"


def test_the_index_is_built_anew(world: World) -> None:
    filed(world, MORNING)
    world.reported(MORNING)
    cli = Terminal(world.db.url)
    assert cli.data("search rebuild") == {"texts": 2}
    assert "2" in cli.ok("search rebuild")
