"""A zone with some forty issues in every state, and the links that a page gives for numbers."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

from sqlalchemy import insert

from models import tables
from tests.portal import Browser
from tests.world import Case, World, at
from workflow.commands import closure, discovery, parking, requests, supervision
from workflow.commands.breakdown import Plan
from workflow.sweep import tick

BEGIN = at("2026-03-02 09:00")
MARCH = at("2026-03-02 10:00")
NOW = at("2026-04-20 10:00")
"""When most has happened; some deadlines are weeks ago, some lie ahead."""
KINDS_OF_USERS = (
    "chief", "triage", "director", "inspector", "principal", "commissioner",
    "lucheng_head", "yaoguan_liaison", "zjj_head", "zjj_liaison", "gdgs_liaison",
    "jfj_verifier", "lucheng_reporter",
)  # fmt: skip
BOARDS = ("lucheng", "yaoguan", "henglin", None)
CATEGORIES = ("杆线迁移", "用地", "拆迁", "节能审批")


def crowded(world: World) -> None:
    """Fill the zone; the last sweep is that of the day before `NOW`."""
    for n in range(4):
        _early(world, n)
        _running(world, n)
        _late(world, n)
    tick(world.db, NOW - timedelta(days=1))


def _form(n: int, **more: Any) -> dict[str, Any]:
    return {
        "title": f"问题{n}", "board": BOARDS[n], "category": CATEGORIES[n], "urgent": n == 1,
    } | more  # fmt: skip


def _early(world: World, n: int) -> None:
    """Reported, in breakdown, planned, sent back, rejected, merged."""
    when = BEGIN + timedelta(days=7 * n)
    world.reported(when, **_form(n))
    world.triaged(when, **_form(n))
    world.planned(when, **_form(n))
    back = world.reported(when, **_form(n))
    world.do(discovery.send_back, "triage", when, issue=back, reason="请补充材料")
    first = world.reported(when, **_form(n))
    other = world.reported(when, **_form(n, title="同一问题"))
    world.do(discovery.merge, "triage", when, issue=other, into=first, reason="重复上报")


def _running(world: World, n: int) -> None:
    """Handed over, received, with an open request, parked, on the list, supported."""
    when = BEGIN + timedelta(days=10 * n)
    world.dispatched(when, plans=[Plan("协调迁移", co_units=("gdgs",))], **_form(n))
    case = world.acknowledged(when, **_form(n, major=n == 2))
    lead, due = world.lead_of(case.task), world.task(case.task).due_at
    world.do(
        requests.request_extension, f"{lead}_head", when + timedelta(hours=1), task=case.task,
        new_due=due + timedelta(days=5), reason="产权单位排期", progress="已完成六成",
    )  # fmt: skip
    listed = world.acknowledged(when, **_form(n))
    world.do(
        supervision.set_listed, "director", when, issue=listed.issue, listed=True, reason="久拖"
    )
    world.do(parking.park, "chief", when, issue=world.acknowledged(when, **_form(n)).issue,
             reason="上级调整规划", review_on=(when + timedelta(days=20 + n)).date())  # fmt: skip


def _late(world: World, n: int) -> None:
    """Handed in, waiting for approval, closed, closed and broken out again."""
    when = BEGIN + timedelta(days=3 * n)
    then = when + timedelta(days=2)
    world.submitted(when, then=then, **_form(n))
    world.verified(when, then=then, **_form(n))
    world.closed(when, then=then, **_form(n))
    back = world.closed(when, then=then, **_form(n))
    _relapse(world, back, n)


def _relapse(world: World, case: Case, n: int) -> None:
    when = BEGIN + timedelta(days=30 + n)
    world.do(
        closure.record_lookback, "inspector", when, issue=case.issue, finding="又出现", relapse=True
    )
    if n % 2:
        return
    world.do(
        closure.relapse, "chief", when, issue=case.issue, reason="问题又出现",
        new_due=at("2026-05-29 17:30"),
    )  # fmt: skip


def numbered_links(html: str) -> list[tuple[int, str]]:
    """Every number of a page that is a link to a list: the number, the address."""
    content = html[html.index("<main") :]
    found = re.findall(
        r'<a\b[^>]*\bhref="(/issues[^"]*)"[^>]*>\s*(?:<strong>)?(\d+)(?:</strong>|</a>)', content
    )
    return [(int(n), unescape(path)) for path, n in found]


def total(browser: Browser, path: str) -> int:
    """The total that a list of the ledger states."""
    found = re.search(r'data-total="(\d+)"', browser.page(path).text)
    assert found, path
    return int(found[1])


def varied(world: World) -> dict[str, str]:
    """Issues that differ in what filters ask for, by name, on 20 April."""
    with world.db.write() as s:
        s.execute(insert(tables.project), [{"name": "万洋众创城"}])
    found = {
        "plain": world.reported(MARCH),
        "town": world.reported(MARCH, board="yaoguan", title="围墙"),
        "nowhere": world.reported(MARCH, by="zjj_reporter", board=None),
        "land": world.reported(MARCH, category="用地"),
        "project": world.reported(MARCH, project="万洋众创城", no_project_reason=""),
        "urgent": world.reported(MARCH, urgent=True),
        "later": world.reported("2026-03-10 10:00"),
        "triaged": world.triaged(MARCH),
        "handed": world.dispatched(MARCH).issue,
        "supported": world.dispatched(MARCH, plans=[Plan("x", co_units=("gdgs",))]).issue,
        "late": world.acknowledged(MARCH, urgent=True).issue,
        "closed": world.closed(MARCH, then="2026-03-04 10:00").issue,
    }
    world.do(
        supervision.set_listed, "director", MARCH, issue=found["handed"], listed=True, reason="久拖"
    )
    world.do(
        supervision.coordinate, "chief", MARCH, issue=found["handed"], level=2, reason="意见不一"
    )
    tick(world.db, at("2026-04-20 09:00"))
    return found
