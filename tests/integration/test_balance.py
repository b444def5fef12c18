"""The ledger balances, group by group, and says so when it does not (invariant 9)."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update

from models import tables
from tests.world import World, at
from workflow.balance import Balance, BalanceRow, reconcile
from workflow.commands import closure, discovery
from workflow.commands.discovery import Report

MARCH, APRIL = "2026-03-02 10:00", "2026-04-01 10:00"


def balance(world: World) -> Balance:
    """The reconciliation as it stands."""
    with world.db.read() as s:
        return reconcile(s)


def group(world: World, dimension: str, key: str) -> BalanceRow:
    """One of its groups."""
    (row,) = [r for r in balance(world).rows if (r.dimension, r.key) == (dimension, key)]
    return row


def numbers(row: BalanceRow) -> tuple[int, int, int, int, int]:
    """Opened, open, closed, rejected, merged."""
    return row.opened, row.open, row.closed, row.rejected, row.merged


def reject(world: World, issue: str, when: str) -> None:
    """A triage officer proposes, the chief confirms."""
    world.do(discovery.propose_rejection, "triage", when, issue=issue, reason="不属受理范围")
    world.do(discovery.reject, "chief", when, issue=issue, reason="不属受理范围")


def relapse(world: World, issue: str, when: str) -> None:
    """An inspector finds it, the chief confirms."""
    world.do(closure.record_lookback, "inspector", when, issue=issue, finding="又见", relapse=True)
    world.do(
        closure.relapse, "chief", when, issue=issue, reason="反弹",
        new_due=at(when) + timedelta(days=20),
    )  # fmt: skip


def test_an_empty_ledger_balances(world: World) -> None:
    assert balance(world).balanced
    assert numbers(balance(world).total) == (0, 0, 0, 0, 0)


def test_every_issue_is_counted_once_in_each_dimension(world: World) -> None:
    closed = world.closed(MARCH)
    world.dispatched(MARCH, board="henglin")
    reject(world, world.reported(APRIL, board="henglin"), APRIL)
    repeat = world.reported(APRIL, board="henglin")
    world.do(
        discovery.merge, "triage", APRIL, issue=repeat, reason="重复",
        into=world.reported(APRIL, board="dingyan"),
    )  # fmt: skip
    found = balance(world)
    assert found.balanced
    assert numbers(found.total) == (5, 2, 1, 1, 1)
    assert numbers(group(world, "unit", "潞城街道")) == (1, 0, 1, 0, 0)
    assert numbers(group(world, "unit", "横林镇")) == (3, 1, 0, 1, 1)
    assert numbers(group(world, "month", "2026-03")) == (2, 1, 1, 0, 0)
    assert numbers(group(world, "month", "2026-04")) == (3, 1, 0, 1, 1)
    for dimension in ("unit", "project", "month"):
        rows = [r for r in found.rows if r.dimension == dimension]
        assert sum(r.opened for r in rows) == found.total.opened
    assert world.issue(closed.issue).state == "closed"


def test_a_relapse_opens_again_what_was_closed_and_is_shown(world: World) -> None:
    case = world.closed(MARCH)
    relapse(world, case.issue, APRIL)
    total = balance(world).total
    assert (numbers(total), total.closures, total.relapses) == ((1, 1, 0, 0, 0), 1, 1)
    world.submit(case.task, "2026-04-02 10:00")
    world.verify(case.task, "2026-04-02 11:00")
    world.approve(case.issue, "2026-04-02 14:00")
    total = balance(world).total
    assert (numbers(total), total.closures, total.relapses) == ((1, 0, 1, 0, 0), 2, 1)
    assert balance(world).balanced


def test_a_report_sent_back_is_still_open_and_counted_once_when_filed_again(world: World) -> None:
    number = world.reported(MARCH)
    world.do(discovery.send_back, "triage", MARCH, issue=number, reason="请补充地块")
    assert numbers(balance(world).total) == (1, 1, 0, 0, 0)
    world.do(discovery.submit_draft, "lucheng_reporter", APRIL, issue=number)
    assert numbers(balance(world).total) == (1, 1, 0, 0, 0)
    assert balance(world).balanced


def test_a_draft_is_not_opened_yet(world: World) -> None:
    form = Report("问题", "妨碍施工", "其他", no_project_reason="片区", board="lucheng")
    world.do(discovery.report, "lucheng_reporter", MARCH, form=form, draft=True)
    assert numbers(balance(world).total) == (0, 0, 0, 0, 0)


def test_a_state_changed_past_the_engine_no_longer_balances(world: World) -> None:
    case = world.dispatched(MARCH)
    world.closed(MARCH)
    with world.db.write() as s:
        s.execute(update(tables.issue).where(tables.issue.c.number == case.issue).values(
            state="closed"))  # fmt: skip
    found = balance(world)
    assert not found.balanced
    assert not found.total.balanced
    assert found.total.to_json()["balanced"] is False
    assert [r.key for r in found.rows if not r.balanced] == ["", "潞城街道", "", "2026-03"]


def test_an_issue_without_a_report_event_no_longer_balances(world: World) -> None:
    number = world.reported(MARCH)
    with world.db.write() as s:
        # as if a row had been put in from outside
        row = dict(world.issue(number)._mapping) | {"number": "WT-2026-999999"}
        row = {k: v for k, v in row.items() if k != "id"}
        s.execute(tables.issue.insert().values(row | {"chain_seq": 0, "chain_hash": ""}))
    total = balance(world).total
    assert (total.opened, total.open, total.balanced) == (1, 2, False)
