"""The project side on the workbench: each number leads to a list of as many, for whoever looks."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from typing import Any

import pytest

from models import tables
from projects.figures.commands import Figure, report_figures
from projects.instructions import commands as instructions
from projects.instructions.commands import Order
from projects.library import duties
from projects.milestones import commands as milestones
from projects.snapshots import freeze
from tests import demands, meetings
from tests.acceptance.test_page_statements import asked
from tests.integration.ledger_world import KINDS_OF_USERS, total
from tests.integration.library_kit import added
from tests.integration.milestone_kit import laid_out, rows
from tests.portal import Browser, Portal
from tests.world import World
from workflow.context import find_actor

SPRING, AUTUMN = "2026-03-02 10:00", "2026-09-14 10:00"
NOW = "2026-10-20 10:00"
"""Dates of plans, decisions, instructions and figures have passed."""
SIDE = ("/projects", "/meetings", "/figures", "/inspections", "/demands")


def busy(world: World) -> None:
    """Something of every kind waits, for several units."""
    plan = laid_out(world)
    laid_out(
        world, name="横林新城", board_id=world.units["henglin"], plan_finish_on=date(2026, 12, 1)
    )
    merged = laid_out(world, name="并入的项目")
    for n, board in enumerate(("lucheng", "lucheng", "yaoguan")):
        key = added(world, f"在建{n}", board=board)
        world.do(
            duties.assign,
            "chief",
            SPRING,
            project_id=key,
            role="lead_unit",
            unit="zjj",
            since=date(2026, 3, 2),
        )
    table = tables.project
    with world.db.write() as s:
        s.execute(table.update().where(table.c.id == merged).values(merged_into_id=plan))
        s.execute(table.update().where(table.c.id > merged).values(stage="started"))
    number = world.acknowledged("2026-09-01 10:00").issue
    key = meetings.in_session(world, [number])
    item = meetings.item_of(world, key, number)
    meetings.decided(world, key, item=item)
    meetings.decided(world, key, kind="follow", lead="lucheng", due=date(2026, 12, 1), item=item)
    meetings.closed(world, key)
    meetings.planned(world, AUTUMN, "2026-10-30 14:30")
    for unit, when in (("zjj", SPRING), ("zjj", NOW), ("lucheng", NOW)):
        form = Order(text=f"尽快解决{when}", unit=unit, project=plan)
        world.do(instructions.give, "principal", when, form=form)
    answered = world.do(
        instructions.give, "principal", SPRING, form=Order(text="报结果", unit="zjj", project=plan)
    )
    world.do(instructions.answer, "zjj_head", SPRING, instruction=answered.id, text="已经解决")
    demands.filed(world, SPRING)
    demands.filed(world, NOW, credit_code="")


def numbers(browser: Browser, path: str = "/") -> dict[str, int]:
    """The numbers of the project side on a page, by the address that each leads to."""
    shown = browser.page(path).text
    found = re.findall(
        r'<a class="number[^"]*" href="([^"]*)"[^>]*><strong>(\d+)</strong>',
        shown[shown.index("<main") :],
    )
    return {unescape(p): int(n) for p, n in found if p.startswith(SIDE)}


def totals(browser: Browser, shown: dict[str, int]) -> dict[str, int]:
    return {path: total(browser, path) for path in shown}


def test_every_number_is_the_total_of_its_list(portal: Portal, world: World) -> None:
    busy(world)
    portal.at(NOW)
    for username in KINDS_OF_USERS:
        browser = portal.sign_in(username)
        shown = numbers(browser)
        assert shown == totals(browser, shown), username
        assert shown, username


def test_each_person_sees_what_waits_for_them(portal: Portal, world: World) -> None:
    busy(world)
    portal.at(NOW)
    chief = numbers(portal.sign_in("chief"))
    assert chief["/meetings/decisions"] == 2 and chief["/meetings/decisions?late=1"] == 1
    assert chief["/demands?view=waiting"] == 2 and chief["/demands?view=late"] == 1
    assert chief["/inspections/instructions?state=answered"] == 1
    assert chief["/projects"] == 5, "a merged record is no project of its own"
    head = numbers(portal.sign_in("zjj_head"))
    assert head["/meetings/decisions?unit=zjj"] == 1
    assert head["/inspections/instructions?state=open&unit=zjj"] == 2
    assert head["/inspections/instructions?state=late&unit=zjj"] == 1
    assert head["/figures?month=2026-09&missing=1"] == 3, "those that it leads"
    assert not any(path.startswith("/demands") for path in head)
    board = numbers(portal.sign_in("lucheng_head"))
    assert board["/meetings/decisions?unit=lucheng"] == 1
    assert board["/figures?month=2026-09&missing=1"] == 2
    assert "/inspections/instructions?state=answered" not in board


def test_milestones_are_everybodys_own_but_for_those_who_oversee(
    portal: Portal, world: World
) -> None:
    busy(world)
    portal.at(NOW)
    every = numbers(portal.sign_in("chief"))["/projects/milestones?due=late"]
    ours = {
        name: numbers(portal.sign_in(name))["/projects/milestones?due=late&mine=1"]
        for name in ("yaoguan_head", "henglin_head", "lucheng_head")
    }
    assert every == sum(ours.values()) > ours["yaoguan_head"] > 0 == ours["lucheng_head"]


def test_what_was_done_waits_no_longer(portal: Portal, world: World) -> None:
    busy(world)
    head = portal.at(NOW).sign_in("zjj_head")
    before = numbers(head)
    assert before["/figures?month=2026-09&missing=1"] == 3
    keys = sorted({row.project_id for row in world.rows(tables.project_duty, role="lead_unit")})
    told = [Figure(keys[0], reported_wan=100), Figure(keys[1], progress="正在打桩")]
    world.do(report_figures, "zjj_head", NOW, month="2026-09", figures=told)
    assert numbers(head)["/figures?month=2026-09&missing=1"] == 2, "words are no figure"
    (one, *_others) = world.rows(tables.instruction, state="open")
    world.do(instructions.answer, "zjj_head", NOW, instruction=one.id, text="办好了")
    after = numbers(head)
    assert after["/inspections/instructions?state=open&unit=zjj"] == 1
    assert after == totals(head, after)
    with world.db.write() as s:
        freeze(s, "2026-09", find_actor(s, "chief"), portal.now)
    assert not any(path.startswith("/figures") for path in numbers(head)), "the month is frozen"


def test_the_milestone_that_is_done_leaves_the_list(portal: Portal, world: World) -> None:
    key = laid_out(world)
    liaison = portal.at(NOW).sign_in("yaoguan_liaison")
    where = "/projects/milestones?due=late&mine=1"
    before = numbers(liaison)[where]
    late = min(
        (m for m in rows(world, key).values() if m.plan_on is not None), key=lambda m: m.plan_on
    )
    assert late.name in liaison.page(where).words
    world.do(
        milestones.record, "yaoguan_liaison", NOW, milestone_id=late.id, actual_on=date(2026, 10, 9)
    )
    assert numbers(liaison)[where] == before - 1 == total(liaison, where)


def test_the_next_meeting_is_named_to_those_who_attend_it(portal: Portal, world: World) -> None:
    meetings.planned(world, AUTUMN, "2026-10-30 14:30", units=("zjj",))
    meetings.planned(world, AUTUMN, "2026-11-16 14:30")
    portal.at(NOW)
    assert "HY-2026-01" in portal.sign_in("zjj_head").page("/").words
    later = portal.sign_in("gdgs_liaison").page("/").words
    assert "HY-2026-02" in later and "HY-2026-01" not in later
    assert "HY-2026" not in portal.sign_in("jfj_reporter").page("/").words.replace("HY-2026-01", "")


def test_a_list_shows_nobody_what_they_may_not_know_of(portal: Portal, world: World) -> None:
    busy(world)
    portal.at(NOW)
    other = portal.sign_in("hengshanqiao_head")
    assert "在建0" not in other.page("/projects/milestones").words
    assert total(other, "/projects/milestones") == 0
    assert total(other, "/meetings/decisions") == 0
    assert total(other, "/meetings/decisions?unit=zjj") == 0
    for username in ("sysadmin", "secadmin", "auditor"):
        admin = portal.sign_in(username)
        admin.page("/projects/milestones", 403)
        admin.page("/meetings/decisions", 403)


def test_the_lists_are_narrowed_and_paged(portal: Portal, world: World) -> None:
    plans = [laid_out(world, name=f"项目{n}") for n in range(5)]
    chief = portal.at(NOW).sign_in("chief")
    every = total(chief, "/projects/milestones")
    assert every > 50 and every == len(
        [m for m in world.rows(tables.milestone) if m.plan_on is not None]
    )
    first = chief.page("/projects/milestones")
    (following,) = [path for path in first.links if path.endswith("n=2")]
    assert chief.page(following).text.count("data-label") < first.text.count("data-label")
    parts = [total(chief, f"/projects/milestones?due={due}") for due in ("late", "soon", "later")]
    assert sum(parts) == every and all(n < every for n in parts)
    assert total(chief, "/projects/milestones?board=henglin") == 0
    unit = world.rows(tables.milestone, project_id=plans[0])[0].unit_id
    code = next(code for code, key in world.units.items() if key == unit)
    assert 0 < total(chief, f"/projects/milestones?unit={code}") < every
    assert total(chief, "/projects/milestones?due=nonsense&board=nowhere") == every


@pytest.mark.one_database
def test_the_workbench_costs_the_same_however_much_waits(portal: Portal, world: World) -> None:
    def cost() -> dict[str, int]:
        paths = ("/", "/projects/milestones", "/meetings/decisions", "/inspections/instructions")
        return {
            f"{name} {path}": asked(portal, portal.sign_in(name), path)
            for name in ("chief", "zjj_head", "lucheng_head", "commissioner")
            for path in paths
        }

    busy(world)
    portal.at(NOW)
    counts = []
    for many in (1, 20):
        for n in range(many):
            laid_out(world, name=f"更多{many}-{n}", stage="started")
            demands.filed(world, NOW, body=f"第{many}-{n}件：厂区门口道路积水，请协调处理。")
            form: Any = Order(text=f"办理第{many}-{n}件", unit="zjj", project=1)
            world.do(instructions.give, "principal", SPRING, form=form)
        counts.append(cost())
    few, more = counts
    assert more == few
    assert max(n for name, n in few.items() if name.endswith(" /")) <= 20, few
