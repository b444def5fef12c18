"""Closed issues go into files and come back: nothing is lost, and everything else still holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import DBAPIError

from models import tables
from models.db import Database
from models.queries.ledger import LedgerFilter, page
from models.queries.trend import trend
from projects import snapshots
from storage.archive import acts, moving, returning
from storage.archive.moving import Moved, run
from tests.portal import Portal
from tests.terminal import Terminal
from tests.world import World, at
from workflow import audit, balance
from workflow.case_file import case_file
from workflow.commands import closure
from workflow.context import find_actor
from workflow.errors import GuardFailed, Malformed, NotAllowed, NotVisible
from workflow.offers import offers
from workflow.sweep import tick

JANUARY, LATE = at("2026-01-12 10:00"), at("2026-02-10 10:00")
NOW = at("2026-11-20 10:00")
PASSPHRASE = "四月的雨 in the zone"
Dump = dict[str, list[tuple[Any, ...]]]


def quiet(_what: str, _done: int, _all: int) -> None:
    """Nobody watches the progress."""


def sent(world: World) -> None:
    """Every notice went out, each in a message of its own but for two that share one."""
    with world.db.write() as s:
        n, d = tables.notice.c, tables.delivery
        s.execute(delete(d))
        for number, row in enumerate(s.execute(select(tables.notice).order_by(n.id)).all()):
            key = 1 + number // 2
            if number % 2 == 0:
                s.execute(insert(d).values(
                    id=key, message_id=f"<{key}@example.org>", recipient_id=row.recipient_id,
                    channel=row.channel, window_key=str(key), state="sent",
                    next_attempt_at=NOW, created_at=NOW, sent_at=NOW,
                ))  # fmt: skip
            s.execute(
                update(tables.notice).where(n.id == row.id).values(state="sent", delivery_id=key)
            )


def frozen(world: World, *months: str) -> None:
    """These months are frozen, as far as archiving asks."""
    with world.db.write() as s:
        s.execute(insert(tables.snapshot), [
            {"kind": "month", "period": month, "at": NOW, "digest": "0" * 64, "content": b""}
            for month in months
        ])  # fmt: skip


@pytest.fixture
def office(world: World) -> World:
    """Three issues that were struck off in January, one of them late and one with two tasks; one
    refused; others of yesterday. The look-backs are done with."""
    world.closed(JANUARY)
    late = world.acknowledged(at("2026-01-05 10:00"))
    world.closed(JANUARY, urgent=True)
    tick(world.db, at("2026-01-29 10:00"))
    world.submit(late.task, at("2026-01-29 11:00"))
    world.verify(late.task, at("2026-01-29 12:00"))
    world.approve(late.issue, at("2026-01-29 14:00"))
    with world.db.write() as s:
        s.execute(delete(tables.lookback))
        s.execute(update(tables.issue).values(next_rung_at=None))
    world.closed(at("2026-10-10 10:00"))
    world.acknowledged(at("2026-10-10 10:00"))
    tick(world.db, at("2026-11-18 10:00"))
    frozen(world, "2026-01", "2026-02")
    sent(world)
    return world


def planned(world: World, months: int = 6) -> str:
    """The one archive that is planned and approved."""
    found = world.do(acts.plan, "sysadmin", NOW, months=months)
    [name] = found.archives
    world.do(acts.approve, "chief", NOW, name=name, reason="档案管理规定")
    return str(name)


def person(world: World, username: str) -> Any:
    """Somebody as the acts take them."""
    with world.db.read() as s:
        return find_actor(s, username)


def moved(world: World, folder: Path, name: str, passphrase: str = "") -> Moved:
    """The archive carried out."""
    return run(world.db, folder, name, person(world, "sysadmin"), NOW, quiet, passphrase)


def brought_back(world: World, folder: Path, name: str, **options: Any) -> returning.Returned:
    """The archive restored."""
    return returning.restore(
        world.db, folder, name, person(world, "sysadmin"), NOW, quiet,
        **{"reason": "复查"} | options,
    )  # fmt: skip


OWN = {"archive", "archived_issue", "archived_event", "event", "chain_head"}


def business(dump: Dump) -> Dump:
    """Rows without those that archiving itself adds."""
    found = {name: rows for name, rows in dump.items() if name not in OWN}
    found["event"] = [row for row in dump["event"] if row[1] != "system"]
    return found


def sound(world: World) -> None:
    """The audit finds nothing, and the ledger balances."""
    with world.db.read() as s:
        assert audit.verify(s).faults == []
        assert balance.reconcile(s).balanced


def test_what_was_archived_comes_back_row_by_row(office: World, tmp_path: Path) -> None:
    before = office.dump()
    name = planned(office)
    done = moved(office, tmp_path, name)
    assert (done.issues, done.left) == (3, 0)
    after = office.dump()
    gone = {n: len(before[n]) - len(after[n]) for n in before if len(before[n]) > len(after[n])}
    assert gone.keys() == {"event", "notice", "delivery", "rung_firing", "deadline_version"}
    assert done.rows == sum(gone.values()) + len(
        [r for r in after["event"] if r[1] == "system"]
    ) - (len([r for r in before["event"] if r[1] == "system"]))
    sound(office)
    back = brought_back(office, tmp_path, name)
    assert (back.issues, back.rows) == (3, done.rows)
    assert business(office.dump()) == business(before)
    sound(office)


def test_a_second_archiving_after_a_return_is_sound(office: World, tmp_path: Path) -> None:
    first = planned(office)
    moved(office, tmp_path, first)
    brought_back(office, tmp_path, first)
    with office.db.write() as s:
        later = NOW + timedelta(minutes=1)
        found = acts.plan(s, find_actor(s, "sysadmin"), later, 6)
    office.do(acts.approve, "chief", NOW, name=found.archives[0], reason="再次归档")
    assert moved(office, tmp_path, found.archives[0]).issues == 3
    sound(office)
    assert brought_back(office, tmp_path, first).issues == 0


def test_figures_lists_and_balance_say_the_same_as_before(office: World, tmp_path: Path) -> None:
    def said() -> Any:
        with office.db.read() as s:
            chief = find_actor(s, "chief")
            january = LedgerFilter(closed_from=at("2026-01-01"), closed_until=at("2026-02-01"))
            lead = page(s, find_actor(s, "zjj_head"), LedgerFilter(), now=NOW)
            periods = trend(s, chief, NOW, unit="month", periods=12)
            return (
                [row.issue.number for row in page(s, chief, january, now=NOW).rows],
                [row.issue.number for row in lead.rows],
                [(p.since, p.opened.count, p.closed.count, p.relapsed.count) for p in periods],
            )

    before = said()
    assert len(before[0]) == 3
    moved(office, tmp_path, planned(office))
    assert said() == before
    with office.db.read() as s:
        total = balance.reconcile(s).total
    assert (total.opened, total.open, total.closed, total.archived) == (5, 1, 1, 3)
    assert total.closures == 4


def test_an_archived_issue_is_shown_and_left_in_peace(office: World, tmp_path: Path) -> None:
    name = planned(office)
    moved(office, tmp_path, name)
    number = office.rows(tables.issue)[0].number
    with office.db.read() as s:
        case = case_file(s, find_actor(s, "chief"), number, NOW)
        assert case["archived"]["name"] == name
        assert (case["timeline"], len(case["tasks"])) == ([], 1)
        assert offers(s, find_actor(s, "chief"), number, NOW) == []
        with pytest.raises(NotVisible):
            case_file(s, find_actor(s, "zgj_head"), number, NOW)
    codes = office.refused(
        GuardFailed, closure.record_lookback, "inspector", NOW, issue=number, finding="又见",
        relapse=True,
    )  # fmt: skip
    assert codes == ["archived"]
    brought_back(office, tmp_path, name, numbers=[number])
    office.do(closure.record_lookback, "inspector", NOW, issue=number, finding="又见", relapse=True)
    sound(office)


def test_an_archive_shows_an_issue_to_those_who_may_see_it(office: World, tmp_path: Path) -> None:
    moved(office, tmp_path, planned(office), PASSPHRASE)
    issue = office.rows(tables.issue)[0]
    with office.db.read() as s:
        shown = returning.show(s, tmp_path, issue.number, find_actor(s, "chief"), PASSPHRASE)
        assert [e["seq"] for e in shown["rows"]["event"]] == list(range(1, issue.chain_seq + 1))
        assert shown["rows"]["issue"][0]["title"] == issue.title
        for outsider in ("sysadmin", "zgj_head"):
            with pytest.raises(NotVisible):
                returning.show(s, tmp_path, issue.number, find_actor(s, outsider), PASSPHRASE)


# ------------------------------------------------------------------ who and what


def test_who_plans_does_not_approve_and_who_approves_does_not_run(
    office: World, tmp_path: Path
) -> None:
    for outsider in ("chief", "secadmin", "triage"):
        office.refused(NotAllowed, acts.plan, outsider, NOW, months=6)
    name = office.do(acts.plan, "sysadmin", NOW, months=6).archives[0]
    for outsider in ("sysadmin", "director", "triage"):
        office.refused(NotAllowed, acts.approve, outsider, NOW, name=name, reason="x")
    assert office.refused(Malformed, acts.approve, "chief", NOW, name=name, reason=" ") == [
        "reason"
    ]
    with pytest.raises(GuardFailed):  # not approved yet
        moved(office, tmp_path, name)
    office.do(acts.approve, "chief", NOW, name=name, reason="档案管理规定")
    with pytest.raises(NotAllowed):
        run(office.db, tmp_path, name, person(office, "chief"), NOW, quiet)
    assert list(tmp_path.glob("*-archive")) == []
    assert office.refused(Malformed, acts.plan, "sysadmin", NOW, months=1) == ["months"]


def test_what_is_not_over_stays(office: World) -> None:
    def held() -> dict[str, int]:
        found = office.do(acts.preview, "sysadmin", NOW, months=6)
        assert sum(found.months.values()) + sum(found.held.values()) == 3
        return dict(found.held)

    first = office.rows(tables.issue)[0]
    task = office.rows(tables.task, issue_id=first.id)[0]
    assert held() == {}
    with office.db.write() as s:
        s.execute(
            update(tables.notice)
            .where(tables.notice.c.subject == f"task:{task.id}")
            .values(state="pending")
        )
    assert held() == {"notice": 1}
    with office.db.write() as s:
        s.execute(insert(tables.lookback).values(
            issue_id=first.id, cycle=1, day=30, due_at=NOW, basis="sample"))  # fmt: skip
    assert held() == {"lookback": 1}
    with office.db.write() as s:
        s.execute(update(tables.lookback).values(state="ok", done_at=NOW))
        s.execute(update(tables.notice).values(state="sent"))
    assert held() == {"recent": 1}
    with office.db.write() as s:
        s.execute(delete(tables.lookback))
        s.execute(update(tables.task).where(tables.task.c.id == task.id).values(
            original_due_at=at("2026-03-02 18:00")))  # fmt: skip
    assert held() == {"month_open": 1}
    frozen(office, "2026-03")
    assert held() == {}


def test_what_has_changed_since_the_file_was_written_stays(
    office: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = office.rows(tables.issue)[1].number
    write = moving._write

    def disturbed(*arguments: Any) -> None:
        write(*arguments)
        with office.db.write() as s:
            issue = tables.issue
            s.execute(update(issue).where(issue.c.number == number).values(title="改过的标题"))

    monkeypatch.setattr(moving, "_write", disturbed)
    done = moved(office, tmp_path, planned(office))
    assert (done.issues, done.left) == (2, 1)
    assert office.issue(number).archived_at is None
    assert office.events(number)
    sound(office)


def test_a_run_that_was_interrupted_goes_on(
    office: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = business(office.dump())
    name, calls, batch = planned(office), [0], moving._move_batch
    monkeypatch.setattr(moving, "BATCH", 1)

    def failing(*arguments: Any) -> None:
        batch(*arguments)
        calls[0] += 1
        if calls[0] == 2:
            raise ConnectionError("the line is cut")

    monkeypatch.setattr(moving, "_move_batch", failing)
    with pytest.raises(ConnectionError):
        moved(office, tmp_path, name)
    sound(office)
    monkeypatch.setattr(moving, "_move_batch", batch)
    assert moved(office, tmp_path, name).issues == 2
    assert office.row(tables.archive).issues == 3
    with pytest.raises(GuardFailed):
        moved(office, tmp_path, name)
    sound(office)
    brought_back(office, tmp_path, name)
    assert business(office.dump()) == before


# ------------------------------------------------------------------ tampering


def refused(db: Database, statement: Any) -> None:
    with pytest.raises(DBAPIError, match=r"append-only|keep what they say"), db.write() as s:
        s.execute(statement)


def test_history_leaves_its_tables_by_no_other_road(office: World, tmp_path: Path) -> None:
    moved(office, tmp_path, planned(office))
    stays = office.rows(tables.event)
    refused(office.db, delete(tables.event).where(tables.event.c.id == stays[0].id))
    refused(office.db, delete(tables.deadline_version))
    entry, counted, file = tables.archived_issue, tables.archived_event, tables.archive
    for statement in (
        delete(entry), update(entry).values(digest="0" * 64), delete(counted), delete(file),
        update(counted).values(tag="issue.reject"), update(file).values(digest="0" * 64),
        update(file).values(state="verified"),
    ):  # fmt: skip
        refused(office.db, statement)


def faults(world: World) -> list[str]:
    with world.db.read() as s:
        return [f"{f.kind}: {f.detail}" for f in audit.verify(s).faults]


def test_the_audit_tells_what_is_archived_from_what_is_missing(
    office: World, tmp_path: Path
) -> None:
    moved(office, tmp_path, planned(office))
    first, second = office.rows(tables.issue)[:2]
    sound(office)
    with office.db.write() as s:
        s.execute(
            update(tables.issue).where(tables.issue.c.id == first.id).values(state="rejected")
        )
    assert faults(office) == ["archive: the ledger no longer says what was archived"]
    with office.db.write() as s:
        s.execute(update(tables.issue).where(tables.issue.c.id == first.id).values(
            state=first.state, archived_at=None))  # fmt: skip
    assert "archive: an archive claims it, yet it is not marked as archived" in faults(office)
    with office.db.write() as s:
        s.execute(update(tables.issue).where(tables.issue.c.id == first.id).values(
            archived_at=first.archived_at))  # fmt: skip
        s.execute(
            update(tables.issue).where(tables.issue.c.number == office.rows(tables.issue)[4].number)
            .values(archived_at=NOW)
        )  # fmt: skip
    assert "archive: no archive holds it" in faults(office)
    assert second.archived_at == first.archived_at


def test_an_entry_that_was_put_in_by_hand_is_found(office: World, tmp_path: Path) -> None:
    moved(office, tmp_path, planned(office))
    open_one = office.rows(tables.issue)[4]
    known = dict(office.rows(tables.archived_issue)[0]._mapping)
    del known["id"]
    with office.db.write() as s:
        forged = known | {"issue_id": open_one.id, "stream": f"issue:{open_one.id}", "batch": 7}
        s.execute(insert(tables.archived_issue).values(forged))
    assert "archive: batch 7: its entries are not those that were written down" in faults(office)


@pytest.mark.parametrize("sealed", [False, True])
def test_a_file_that_was_changed_is_found_and_nothing_of_it_comes_back(
    office: World, tmp_path: Path, sealed: bool
) -> None:
    passphrase = PASSPHRASE if sealed else ""
    name = planned(office)
    moved(office, tmp_path, name, passphrase)
    with office.db.read() as s:
        assert returning.verify(s, tmp_path, name, passphrase, quiet).faults == []
    before = office.dump()
    content = bytearray((tmp_path / name).read_bytes())
    assert (b"issues.jsonl" in content) is not sealed
    content[len(content) // 3] ^= 1
    (tmp_path / name).write_bytes(content)
    with office.db.read() as s:
        try:
            found = returning.verify(s, tmp_path, name, passphrase, quiet).faults
        except Malformed as refusal:
            found = [reason.message for reason in refusal.reasons]
    assert found
    with pytest.raises(Malformed):
        brought_back(office, tmp_path, name, passphrase=passphrase)
    assert office.dump() == before


def test_a_file_of_another_office_is_not_taken(office: World, tmp_path: Path) -> None:
    name = planned(office)
    done = moved(office, tmp_path, name)
    with office.db.read() as s:
        row = acts.find(s, name)
        assert replace(done, path=tmp_path).digest == row.digest
    (tmp_path / name).write_bytes(b"another file")
    with pytest.raises(Malformed):
        brought_back(office, tmp_path, name)
    with pytest.raises(Malformed, match="WT-1999"):
        brought_back(office, tmp_path, name, numbers=["WT-1999-000001"])


def test_moments_are_those_of_the_zone(world: World) -> None:
    with world.db.read() as s:
        assert acts.cut(s, datetime.fromisoformat("2026-11-30T16:30:00+00:00"), 24) == at(
            "2024-12-01 00:00"
        )


# ------------------------------------------------------------------ pages, API, command line


@pytest.mark.one_database
def test_the_page_of_an_archived_issue_says_so_to_those_who_might_see_it(
    office: World, portal: Portal, tmp_path: Path
) -> None:
    name = planned(office)
    moved(office, tmp_path, name)
    number = office.rows(tables.issue)[0].number
    chief = portal.sign_in("chief")
    shown = chief.page(f"/issues/{number}")
    assert name in shown.text
    assert "已归档" in shown.text or "Archived" in shown.text
    assert not [link for link in shown.links if "/do/" in link]
    assert chief.get(f"/issues/{number}/history").status_code == 200
    assert chief.page("/issues").text.count(number) >= 1
    assert portal.sign_in("zgj_head").get(f"/issues/{number}").status_code == 404


@pytest.mark.one_database
def test_the_command_line_archives_and_brings_back(office: World, tmp_path: Path) -> None:
    cli, folder, key = Terminal(office.db.url), tmp_path / "files", tmp_path / "key"
    key.write_text(f"{PASSPHRASE}\n", encoding="utf-8")
    when = "2026-11-20T10:00"
    said = cli.ok("archive plan --months 6", by="sysadmin", at=when)
    assert "2026-01: 3" in said
    assert cli("archive plan --months 6 --propose", by="chief", at=when).exit_code == 3
    name = cli.data("archive plan --months 6 --propose", by="sysadmin", at=when)["archives"][0]
    assert name in cli.ok("archive list", by="sysadmin")
    options = f"--dir {folder} --passphrase-file {key}"
    [reason] = cli.refused(1, f"archive run {name} {options}", by="sysadmin", at=when)
    assert reason["code"] == "archive_state"
    cli.ok(f"archive approve {name} --reason 档案管理规定", by="chief", at=when)
    done = cli.data(f"archive run {name} {options}", by="sysadmin", at=when)
    assert (done["issues"], done["left"], len(done["digest"])) == (3, 0, 64)
    assert cli.data(f"archive verify {name} {options}", by="auditor")["faults"] == []
    number = office.rows(tables.issue)[0].number
    assert cli.data(f"archive show {number} {options}", by="chief")["number"] == number
    assert name in cli.ok(f"issue show {number}", by="chief")
    assert cli.data("audit verify")["ok"]
    assert cli.data("ledger balance")["rows"][0]["archived"] == 3
    [reason] = cli.refused(2, f"archive restore {name} {options}", by="sysadmin", at=when)
    assert reason["field"] == "reason"
    back = cli.data(f"archive restore {name} {options} --reason 复查", by="sysadmin", at=when)
    assert back["issues"] == 3
    (folder / name).write_bytes(b"x")
    assert cli(f"archive verify {name} {options}", by="auditor").exit_code in (1, 2)


@pytest.mark.one_database
def test_a_month_whose_issues_are_archived_is_not_gathered_again(
    office: World, tmp_path: Path
) -> None:
    name = planned(office)
    moved(office, tmp_path, name)
    [code] = office.refused(
        GuardFailed, snapshots.freeze, "chief", NOW, month="2026-01", reason="更正"
    )
    assert code == "archived"
    brought_back(office, tmp_path, name)
    office.do(snapshots.freeze, "chief", NOW, month="2026-01", reason="更正")


@pytest.mark.one_database
def test_a_month_that_is_frozen_afterwards_counts_what_was_archived(
    office: World, tmp_path: Path
) -> None:
    def gathered() -> Any:
        with office.db.read() as s:
            found = snapshots.gather(s, "2026-10", NOW)
        return {name: part for name, part in found.items() if name != "as_of"}

    before = gathered()
    moved(office, tmp_path, planned(office))
    assert gathered() == before


@pytest.mark.one_database
def test_no_document_is_prepared_about_an_archived_issue(
    office: World, portal: Portal, tmp_path: Path
) -> None:
    number = office.rows(tables.issue)[0].number
    chief = portal.sign_in("chief")
    path = f"/issues/{number}/documents/new"
    assert path in chief.page(f"/issues/{number}").links
    form = chief.page(f"{path}?kind=dispatch_order").form(path).values
    moved(office, tmp_path, planned(office))
    assert path not in chief.page(f"/issues/{number}").links
    before = office.dump()
    answer = chief.post(path, form | {"kind": "dispatch_order"})
    assert answer.status == 409
    assert "archive" in answer.text or "归档" in answer.text
    assert office.dump()["document"] == before["document"]
