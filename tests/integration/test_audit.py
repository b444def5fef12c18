"""Whoever gets past the database's refusal and changes history is found, and the place named."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import bindparam, delete, insert, select, text, update

from models import tables
from models.db import Database, Session
from tests.world import Case, World, at
from workflow import audit
from workflow.audit_report import AuditReport
from workflow.chain import event_hash
from workflow.sweep import tick
from workflow.system_events import append

event = tables.event


def unprotected(db: Database) -> None:
    """What somebody with full rights over the database can do."""
    with db.write() as s:
        if s.dialect == "sqlite":
            for verb in ("update", "delete", "replace"):
                s.execute(text(f"DROP TRIGGER event_no_{verb}"))
        else:
            for name in ("event_append_only", "event_archived"):
                s.execute(text(f"DROP TRIGGER {name} ON event"))


@pytest.fixture
def case(world: World) -> Case:
    """A life from report to closure, another issue beside it, and no protection any more."""
    found = world.closed("2026-03-02 10:00", then="2026-03-09 10:00")
    world.reported("2026-03-03 10:00")
    with world.db.write() as s:
        append(s, "calendar.changed", {"year": 2027}, None, found_at(world))
    unprotected(world.db)
    assert verified(world).ok
    return found


OF_ROWS = {"unprotected", "person", "overrides", "deadline", "rung", "evidence"}
"""Kinds of findings that come from comparing rows with their history."""


def found_at(world: World) -> Any:
    """Some moment."""
    return world.rows(event)[0].at


def verified(world: World, anchored: dict[str, Any] | None = None) -> AuditReport:
    """The whole history, walked. What the rows say beside it is looked at in tests of its own."""
    with world.db.read() as s:
        report = audit.verify(s, anchored)
    report.faults = [fault for fault in report.faults if fault.kind not in OF_ROWS]
    return report


def found(world: World) -> set[tuple[str, int, str]]:
    """Findings: number of the issue, number of the event, kind."""
    return {(f.issue_number, f.seq, f.kind) for f in verified(world).faults}


def change(world: World, row: Any, **values: Any) -> None:
    """Overwrite columns of an event."""
    with world.db.write() as s:
        s.execute(update(event).where(event.c.id == row.id).values(**values))


def forged(row: Any, **values: Any) -> dict[str, Any]:
    """An event with other facts and a hash that fits them."""
    facts = dict(row._mapping) | values
    return facts | {"hash": event_hash(facts)}


def remove(world: World, *rows: Any) -> None:
    """Delete events."""
    with world.db.write() as s:
        s.execute(delete(event).where(event.c.id.in_([row.id for row in rows])))


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("data", {"from": "draft", "to": "reported", "v": 2, "forged": True}),
        ("tag", "issue.forged"),
        ("actor_id", 1),
        ("task_id", 99),
    ],
)
@pytest.mark.parametrize("place", [0, 4, -1])
def test_an_edited_event_is_named(
    world: World, case: Case, place: int, column: str, value: Any
) -> None:
    row = world.events(case.issue)[place]
    change(world, row, **{column: value})
    assert (case.issue, row.seq, "edited") in found(world)
    (fault,) = [f for f in verified(world).faults if f.kind == "edited"]
    assert fault.event_id == row.id


@pytest.mark.parametrize("column", ["at", "logical_at"])
def test_an_event_moved_in_time_is_named(world: World, case: Case, column: str) -> None:
    row = world.events(case.issue)[6]
    change(world, row, **{column: row.at - timedelta(microseconds=1)})
    assert (case.issue, row.seq, "edited") in found(world)


def test_an_edit_with_a_fitting_hash_breaks_the_link_to_the_next(world: World, case: Case) -> None:
    row = world.events(case.issue)[4]
    change(world, row, **{k: forged(row, tag="issue.forged")[k] for k in ("tag", "hash")})
    assert found(world) == {(case.issue, row.seq + 1, "broken_link")}


def test_the_newest_event_with_a_fitting_hash_does_not_fit_the_head(
    world: World, case: Case
) -> None:
    row = world.events(case.issue)[-1]
    lie = forged(row, data=row.data | {"opinion": "不同意"})
    change(world, row, data=lie["data"], hash=lie["hash"])
    assert found(world) == {(case.issue, row.seq, "replaced")}


def test_a_removed_event_is_named_wherever_it_stood(world: World, case: Case) -> None:
    rows = world.events(case.issue)
    last = rows[-1].seq
    remove(world, rows[4])
    assert found(world) == {(case.issue, 5, "removed")}
    remove(world, rows[0])
    assert found(world) == {(case.issue, 1, "removed"), (case.issue, 5, "removed")}
    remove(world, rows[-1])
    assert (case.issue, last, "truncated") in found(world)


def test_a_chain_whose_tail_was_cut_off_is_named(world: World, case: Case) -> None:
    rows = world.events(case.issue)
    remove(world, *rows[-3:])
    assert (case.issue, rows[-3].seq, "truncated") in found(world)


def test_a_chain_that_was_deleted_as_a_whole_is_named(world: World, case: Case) -> None:
    remove(world, *world.events(case.issue))
    assert (case.issue, 1, "truncated") in found(world)
    with world.db.write() as s:
        s.execute(delete(event).where(event.c.stream == "system"))
    assert ("system", "truncated") in {(f.stream, f.kind) for f in verified(world).faults}


def push(s: Session, row: Any) -> None:
    """Make room behind an event: every later one gets the next number."""
    later = s.execute(
        select(event.c.id).where(event.c.stream == row.stream, event.c.seq > row.seq)
        .order_by(event.c.seq.desc())
    )  # fmt: skip
    for (key,) in later.all():
        s.execute(update(event).where(event.c.id == key).values(seq=event.c.seq + 1))


def test_an_event_inserted_in_the_middle_is_named(world: World, case: Case) -> None:
    row = world.events(case.issue)[4]
    new = forged(row, seq=row.seq + 1, tag="task.forged", prev_hash=row.hash)
    with world.db.write() as s:
        push(s, row)
        s.execute(insert(event).values({k: v for k, v in new.items() if k != "id"}))
    kinds = found(world)
    assert (case.issue, row.seq + 2, "broken_link") in kinds
    assert (case.issue, row.seq + 2, "edited") in kinds


def test_an_event_added_at_the_end_is_named(world: World, case: Case) -> None:
    row = world.events(case.issue)[-1]
    new = forged(row, seq=row.seq + 1, tag="issue.forged", prev_hash=row.hash)
    with world.db.write() as s:
        s.execute(insert(event).values({k: v for k, v in new.items() if k != "id"}))
    assert (case.issue, row.seq + 1, "inserted") in found(world)


def swap(world: World, column: str, one: Any, other: Any) -> None:
    """Exchange a column's values of two events, past whatever is unique."""
    renamed = update(event).where(event.c.id == bindparam("key")).values({column: bindparam("new")})
    a, b = getattr(one, column), getattr(other, column)
    keys = (one.id, other.id) if column != "id" else (-1, b)
    with world.db.write() as s:
        s.execute(renamed, {"key": one.id, "new": -1})
        s.execute(renamed, {"key": keys[1], "new": a})
        s.execute(renamed, {"key": keys[0], "new": b})


def test_two_events_with_each_others_numbers_are_named(world: World, case: Case) -> None:
    rows = world.events(case.issue)
    swap(world, "seq", rows[3], rows[4])
    kinds = found(world)
    assert {(case.issue, 4, "edited"), (case.issue, 5, "edited")} <= kinds
    assert (case.issue, 5, "reordered") in kinds


def test_two_events_with_each_others_keys_are_named(world: World, case: Case) -> None:
    rows = world.events(case.issue)
    swap(world, "id", rows[3], rows[4])
    assert found(world) == {(case.issue, 5, "reordered")}


def test_a_state_that_no_event_explains_is_named(world: World, case: Case) -> None:
    with world.db.write() as s:
        s.execute(update(tables.issue).where(tables.issue.c.number == case.issue).values(
            state="in_progress"))  # fmt: skip
        s.execute(update(tables.task).where(tables.task.c.number == case.task).values(
            state="submitted"))  # fmt: skip
    assert found(world) == {(case.issue, 0, "state"), (case.task, 0, "state")}
    details = {f.detail for f in verified(world).faults}
    assert "stands at in_progress, its history ends at closed" in details


def rewrite(world: World, issue: str) -> None:
    """Somebody with time: from the fifth event on, every hash fits again, the head's too."""
    with world.db.write() as s:
        previous = world.events(issue)[3].hash
        for row in world.events(issue)[4:]:
            data = row.data | ({"opinion": "伪造"} if "opinion" in row.data else {})
            lie = forged(row, data=data, prev_hash=previous)
            previous = lie["hash"]
            s.execute(update(event).where(event.c.id == row.id).values(
                data=data, prev_hash=lie["prev_hash"], hash=previous))  # fmt: skip
        s.execute(update(tables.issue).where(tables.issue.c.number == issue).values(
            chain_hash=previous))  # fmt: skip


def test_a_history_rewritten_from_its_middle_differs_from_the_anchored_copy(
    world: World, case: Case
) -> None:
    with world.db.read() as s:
        kept = json.loads(json.dumps(audit.anchor(s)))
    rewrite(world, case.issue)
    assert verified(world).ok, "the chain alone cannot tell"
    (fault,) = verified(world, kept).faults
    assert (fault.kind, fault.stream) == ("rewritten", f"issue:{world.issue(case.issue).id}")


def test_an_issue_that_vanished_altogether_is_missed_by_the_anchored_copy(
    world: World, case: Case
) -> None:
    number = world.reported("2026-03-04 10:00")
    key = world.issue(number).id
    with world.db.read() as s:
        kept = audit.anchor(s)
    remove(world, *world.events(number))
    with world.db.write() as s:
        s.execute(delete(tables.issue).where(tables.issue.c.id == key))
    assert verified(world).ok, "nothing is left that could tell"
    (fault,) = verified(world, kept).faults
    assert (fault.stream, fault.kind) == (f"issue:{key}", "removed")


def test_what_was_written_after_the_anchor_is_no_fault(world: World, case: Case) -> None:
    with world.db.read() as s:
        kept = audit.anchor(s)
    world.dispatched("2026-03-10 10:00")
    assert verified(world, kept).ok


def test_events_without_their_issue_are_named(world: World, case: Case) -> None:
    number = world.reported("2026-03-04 10:00")
    key = world.issue(number).id
    with world.db.write() as s:
        s.execute(delete(tables.issue).where(tables.issue.c.id == key))
    assert {(f.stream, f.kind) for f in verified(world).faults} == {(f"issue:{key}", "orphaned")}


@pytest.mark.parametrize(
    ("table", "values", "kind"),
    [
        (tables.task, {"due_at": at("2030-01-01 17:30")}, "deadline"),
        (tables.task, {"verified_by_id": 1}, "person"),
        (tables.issue, {"approver_id": 1}, "person"),
        (tables.issue, {"override_count": 7}, "overrides"),
        (tables.evidence, {"sha256": "0" * 64}, "evidence"),
    ],
)
def test_a_row_changed_behind_the_engine_is_named(
    world: World, table: Any, values: dict[str, Any], kind: str
) -> None:
    case = world.closed("2026-03-02 10:00")
    with world.db.read() as s:
        assert audit.verify(s).ok
    with world.db.write() as s:
        s.execute(update(table).values(**values))
    with world.db.read() as s:
        faults = audit.verify(s).faults
    assert kind in {fault.kind for fault in faults}
    assert any(fault.issue_number.startswith(case.issue) for fault in faults)


def test_a_rung_taken_off_the_record_is_named(world: World) -> None:
    world.acknowledged("2026-03-02 10:00")
    for day in ("2026-03-20 12:00", "2026-03-26 12:00"):
        tick(world.db, at(day))
    with world.db.write() as s:
        s.execute(delete(tables.rung_firing).where(tables.rung_firing.c.level.is_not(None)))
    with world.db.read() as s:
        assert {fault.kind for fault in audit.verify(s).faults} == {"rung"}


def test_a_trigger_taken_away_is_named(world: World) -> None:
    unprotected(world.db)
    with world.db.read() as s:
        faults = audit.verify(s).faults
    assert ("event", "unprotected") in {(fault.issue_number, fault.kind) for fault in faults}
