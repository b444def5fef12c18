"""A new calendar re-dates what is running: previewed, applied as one batch, and never twice."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from models import tables
from tests.world import Case, World, at
from workflow.audit import verify
from workflow.calendar_admin import import_days, set_exception
from workflow.commands import closure, parking, requests
from workflow.commands.breakdown import Plan
from workflow.errors import NotAllowed
from workflow.recompute import Batch, Redating, apply_recompute, plan_recompute

NOW = "2026-12-10 10:00"
LATER = "2026-12-11 10:00"
NEW_YEAR = """\
day,kind,name,unit,year,status
,,,,2027,official
2027-01-01,休,元旦,,,
2027-01-04,休,元旦调休,,,
2027-01-10,班,元旦调休,,,
"""
ORDINARY: dict[str, Any] = {"category": "其他"}
"""Seven working days, led by the issue's own street."""


def publish(world: World, folder: Path, text: str = NEW_YEAR, now: str = LATER) -> None:
    """The schedule of 2027 arrives."""
    path = folder / "2027.csv"
    path.write_text(text, encoding="utf-8")
    world.do(import_days, "sysadmin", now, path=path)


def plan(world: World, now: str = LATER) -> dict[str, Redating]:
    """The preview by task."""
    with world.db.read() as s:
        return {r.task_number: r for r in plan_recompute(s, at(now))}


def apply(world: World, now: str = LATER, by: str = "sysadmin") -> Batch:
    """Apply the re-dating."""
    batch: Batch = world.do(apply_recompute, by, now)
    return batch


def due(world: World, task: str) -> datetime | None:
    """A task's deadline."""
    found: datetime | None = world.task(task).due_at
    return found


def versions(world: World, task: str) -> list[Any]:
    """Every version of a task's deadline."""
    return world.rows(tables.deadline_version, task_id=world.task(task).id)


def over_new_year(world: World, **form: Any) -> Case:
    """Handed over on 2026-12-24 with 7 working days: over a year that is not published."""
    return world.dispatched("2026-12-24 10:00", **(ORDINARY | form))


AFTER = "2026-12-25 10:00"


def test_the_preview_names_old_and_new_date_and_what_was_already_told(
    world: World, tmp_path: Path
) -> None:
    case = over_new_year(world)
    publish(world, tmp_path, now=AFTER)
    before = world.dump()
    found = plan(world, AFTER)[case.task]
    assert world.dump() == before
    assert (found.issue_number, found.unit) == (case.issue, "lucheng")
    # unpublished, 1 January counted as a Friday like any other
    assert (found.old_due, found.new_due) == (at("2027-01-04 17:30"), at("2027-01-06 17:30"))
    assert (found.provisional_before, found.provisional_after) == (True, False)
    assert (found.notices_sent, found.rungs_fired, found.left_alone) == (["dispatch"], [], False)


def test_applying_moves_the_deadline_with_cause_event_and_notice(
    world: World, tmp_path: Path
) -> None:
    case = over_new_year(world)
    publish(world, tmp_path, now=AFTER)
    batch = apply(world, AFTER)
    assert [r.task_number for r in batch.redated] == [case.task]
    task = world.task(case.task)
    assert (task.due_at, task.provisional) == (at("2027-01-06 17:30"), False)
    assert (task.original_due_at, task.deadline_version) == (at("2027-01-04 17:30"), 2)
    newest = versions(world, case.task)[-1]
    assert (newest.cause, newest.derivation["n"], newest.derivation["unit"]) == (
        "calendar", 7, "working_day",
    )  # fmt: skip
    assert {"day": "2027-01-01", "cause": "holiday", "name": "元旦"} in newest.derivation["skipped"]
    (event,) = world.events(case.issue, "task.redated")
    assert (event.data["batch"], event.actor_id) == (batch.id, world.people["sysadmin"])
    assert event.data["v"] == task.version
    told = {n.recipient_id for n in world.notices(kind="adjusted", task_id=task.id)}
    assert told == {world.people[f"lucheng_{post}"] for post in ("liaison", "head", "deputy")}
    facts = world.notices("lucheng_head", kind="adjusted")[0].facts
    assert (facts["old_deadline"], facts["new_deadline"]) == (
        "2027-01-04 17:30",
        "2027-01-06 17:30",
    )
    assert facts["derivation"]["cause"] == "calendar"


def test_the_batch_is_a_fact_of_the_system_and_the_history_stays_whole(
    world: World, tmp_path: Path
) -> None:
    over_new_year(world)
    publish(world, tmp_path, now=AFTER)
    batch = apply(world, AFTER, by="chief")
    event = world.rows(tables.event, stream="system")[-1]
    assert (event.tag, event.data["batch"]) == ("calendar.recomputed", batch.id)
    assert (event.data["tasks"], event.data["moved"]) == (1, 1)
    with world.db.read() as s:
        assert verify(s).ok


def test_a_second_application_finds_nothing_to_do(world: World, tmp_path: Path) -> None:
    over_new_year(world)
    publish(world, tmp_path, now=AFTER)
    apply(world, AFTER)
    before = world.dump()
    assert plan(world, AFTER) == {}
    assert apply(world, AFTER).redated == []
    assert world.dump() == before


def test_a_date_that_stays_only_loses_its_mark(world: World, tmp_path: Path) -> None:
    case = over_new_year(world)
    publish(world, tmp_path, "day,kind,year,status\n,,2027,official\n", now=AFTER)
    found = plan(world, AFTER)[case.task]
    assert (found.old_due, found.provisional_after) == (found.new_due, False)
    apply(world, AFTER)
    assert (world.task(case.task).provisional, versions(world, case.task)[-1].n) == (False, 2)


def test_a_year_taken_back_makes_its_deadlines_provisional_again(
    world: World, tmp_path: Path
) -> None:
    publish(world, tmp_path, now=NOW)
    case = over_new_year(world)
    assert not world.task(case.task).provisional
    publish(world, tmp_path, NEW_YEAR.replace("official", "provisional"), now=AFTER)
    assert plan(world, AFTER)[case.task].provisional_after


def test_what_does_not_reach_into_the_new_year_is_not_listed(world: World, tmp_path: Path) -> None:
    world.dispatched(NOW, **ORDINARY)
    publish(world, tmp_path)
    assert plan(world) == {}


def test_dates_set_by_a_person_do_not_move_and_lose_the_mark(world: World, tmp_path: Path) -> None:
    fixed = world.dispatched(NOW, plans=[Plan("限期完成", due=at("2027-01-04 17:30"))])
    extended = world.acknowledged(NOW, category="杆线迁移")
    world.do(
        requests.request_extension, "zjj_head", NOW, task=extended.task, reason="管线未迁",
        progress="已完成六成", new_due=at("2027-01-04 17:30"),
    )  # fmt: skip
    world.do(
        requests.rule_extension, "chief", NOW, task=extended.task, granted=True, opinion="同意"
    )
    publish(world, tmp_path)
    found = plan(world)
    assert set(found) == {fixed.task, extended.task}
    apply(world)
    for task in (fixed.task, extended.task):
        assert (due(world, task), world.task(task).provisional) == (at("2027-01-04 17:30"), False)


def test_calendar_days_and_hours_are_counted_again_too(world: World, tmp_path: Path) -> None:
    plans = [Plan("法定期限", limit="statutory_20"), Plan("应急处置", limit="emergency_8h")]
    case = world.dispatched("2026-12-15 10:00", plans=plans[:1])
    urgent = world.dispatched("2026-12-31 14:00", plans=plans[1:])
    assert due(world, case.task) == at("2027-01-04 17:30")
    assert due(world, urgent.task) == at("2027-01-01 14:30")
    publish(world, tmp_path, now="2026-12-31 15:00")
    apply(world, "2026-12-31 15:00")
    assert due(world, case.task) == at("2027-01-05 17:30")
    assert due(world, urgent.task) == at("2027-01-05 14:30")


def test_a_unit_s_own_day_moves_only_its_own_tasks(world: World) -> None:
    own = world.dispatched(NOW, category="杆线迁移")
    other = world.dispatched(NOW, category="环评")
    world.do(
        set_exception, "chief", LATER, unit="zjj", day=date(2026, 12, 15), kind="休", name="停办"
    )
    assert set(plan(world)) == {own.task}
    old = due(world, own.task)
    assert old is not None and due(world, other.task) == old
    apply(world)
    new = due(world, own.task)
    assert new is not None and new > old
    assert due(world, other.task) == old


def test_what_parking_has_moved_is_left_alone_and_said(world: World, tmp_path: Path) -> None:
    case = world.acknowledged("2026-12-14 10:00", category="杆线迁移")
    world.do(
        parking.park, "chief", "2026-12-16 10:00", issue=case.issue, reason="待上级批复",
        review_on=date(2027, 1, 20),
    )  # fmt: skip
    world.do(parking.resume, "chief", "2026-12-18 10:00", issue=case.issue, reason="批复已到")
    old = due(world, case.task)
    publish(world, tmp_path, now="2026-12-21 10:00")
    found = plan(world, "2026-12-21 10:00")[case.task]
    assert (found.left_alone, found.old_due) == (True, found.new_due)
    batch = apply(world, "2026-12-21 10:00")
    assert [r.task_number for r in batch.left_alone] == [case.task]
    assert (due(world, case.task), world.task(case.task).provisional) == (old, False)
    event = world.rows(tables.event, stream="system")[-1]
    assert event.data["left_alone"] == [case.task]


def test_a_parked_task_is_dated_anew_before_it_goes_on(world: World, tmp_path: Path) -> None:
    case = world.acknowledged("2026-12-24 10:00", **ORDINARY)
    world.do(
        parking.park, "chief", "2026-12-25 10:00", issue=case.issue, reason="待上级批复",
        review_on=date(2027, 1, 20),
    )  # fmt: skip
    publish(world, tmp_path, now=AFTER)
    apply(world, AFTER)
    assert due(world, case.task) == at("2027-01-06 17:30")
    assert world.task(case.task).next_rung_at is None


def test_done_and_withdrawn_tasks_are_history(world: World, tmp_path: Path) -> None:
    world.verified("2026-12-24 10:00", category="其他")
    world.closed("2026-12-24 10:00", category="其他")
    submitted = world.submitted("2026-12-24 10:00", category="其他")
    publish(world, tmp_path, now=AFTER)
    assert set(plan(world, AFTER)) == {submitted.task}


def test_a_task_that_changed_since_the_preview_is_taken_as_it_is_then(
    world: World, tmp_path: Path
) -> None:
    first, second = over_new_year(world), world.submitted("2026-12-24 10:00", **ORDINARY)
    publish(world, tmp_path, now=AFTER)
    assert set(plan(world, AFTER)) == {first.task, second.task}
    world.do(
        closure.verify_task, "jfj_verifier", AFTER, task=second.task, opinion="属实", site_check=""
    )
    assert [r.task_number for r in apply(world, AFTER).redated] == [first.task]


@pytest.mark.parametrize("username", ["triage", "director", "auditor", "zjj_head"])
def test_only_the_system_administrator_and_the_chief_apply_it(
    world: World, tmp_path: Path, username: str
) -> None:
    over_new_year(world)
    publish(world, tmp_path, now=AFTER)
    before = world.dump()
    with pytest.raises(NotAllowed):
        apply(world, AFTER, by=username)
    assert world.dump() == before
