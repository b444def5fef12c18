"""A step that nobody takes: it is urged for ever, and a light says so until it is taken."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text, update

from config import clock
from config.i18n import language
from config.policy import parse_policy, shipped_policy
from models import migrate, tables
from models.queries.ledger import LedgerFilter, count
from tests.model.days import end_of, local, step
from tests.sweeping import sweep_until
from tests.world import World, at
from workflow import audit, definitions
from workflow.calendar_admin import set_exception
from workflow.case_file import case_file
from workflow.checks import check_policy
from workflow.commands import (
    assignment,
    breakdown,
    lookbacks,
    parking,
    requests,
    supervision,
)
from workflow.commands.breakdown import Plan
from workflow.context import find_actor
from workflow.ledgers.listing import ledger_rows
from workflow.recompute import apply_recompute
from workflow.sweep import tick
from workflow.watchdog import examine

LATE = ("yellow", "step_late")
MONDAY = "2026-03-02 10:00"
FAR = [Plan("甲", due=at("2026-06-30 17:30"))]
"""A deadline that no test here comes near, so that only its steps are late."""


def light(row: Any) -> tuple[str, str]:
    return row.light, row.light_reason


def lights(world: World, task: str) -> tuple[tuple[str, str], tuple[str, str]]:
    """A task's light, and its issue's."""
    return light(world.task(task)), light(world.issue(task.rsplit("-", 1)[0]))


def turns(world: World, issue: str, tag: str) -> list[tuple[str, str, str, datetime]]:
    return [
        (e.data["from"], e.data["to_light"], e.data["reason"], e.at)
        for e in world.events(issue, tag)
    ]


def passed(world: World, subject: str) -> list[Any]:
    """Limits and reminders on record for a subject, in order of time."""
    found = [f for f in world.rows(tables.rung_firing, subject=subject) if f.level is None]
    return sorted(found, key=lambda f: f.logical_at)


def told(world: World, key: str) -> set[str]:
    """Who was told of a limit."""
    names = {n: username for username, n in world.people.items()}
    return {names[n.recipient_id] for n in world.notices(occasion=f"limit:{key}")}


def sound(world: World) -> None:
    with world.db.read() as s:
        assert audit.verify(s).faults == []


# ------------------------------------------------------------ reminders without end


def test_what_nobody_takes_up_is_urged_for_ever_in_a_slower_rhythm(world: World) -> None:
    issue = f"issue:{world.issue(world.reported(MONDAY)).id}"
    sweep_until(world, "2026-12-31 12:00")
    found = passed(world, issue)
    limit = step(date(2026, 3, 2), 2)
    days = [0, *(5 * n for n in range(1, 13)), *(60 + 20 * n for n in range(1, 40))]
    expected = [end_of(step(limit, n) if n else limit) for n in days]
    ahead = [moment for moment in expected if moment > at("2026-12-31 12:00")]
    assert [local(f.logical_at) for f in found] == expected[: -len(ahead)]
    assert len(found) > 18
    assert [f.rung.partition("#")[2] for f in found] == ["", *map(str, range(1, len(found)))]
    assert world.row(tables.issue).next_rung_at == ahead[0]
    unsent = {"outbox_stuck"}  # nobody delivers messages here
    assert {f.kind for f in examine(world.db, at("2026-12-31 12:00"))} == unsent


def test_the_late_reminders_reach_the_decider_and_the_next_higher_person(world: World) -> None:
    subject = f"issue:{world.issue(world.reported(MONDAY)).id}"
    sweep_until(world, "2026-12-31 12:00")
    keys = [f.rung for f in passed(world, subject)]
    assert told(world, keys[0]) == {"triage", "triage2", "chief"}
    assert told(world, keys[1]) == told(world, keys[12]) == told(world, keys[0]) | {"director"}
    assert told(world, keys[13]) == told(world, keys[12]) | {"principal"}
    assert told(world, keys[-1]) == told(world, keys[13])


def test_a_reminder_tells_by_when_the_step_was_to_be_taken(world: World) -> None:
    subject = f"issue:{world.issue(world.reported(MONDAY)).id}"
    sweep_until(world, "2026-03-20 12:00")
    keys = [f.rung for f in passed(world, subject)]
    assert len(keys) == 3
    for key in keys:
        facts = [n.facts for n in world.notices("triage", occasion=f"limit:{key}")]
        assert [f["limit_at"] for f in facts] == ["2026-03-04 17:30"]


def test_a_step_taken_after_a_year_is_urged_no_more(world: World) -> None:
    task = world.dispatched(MONDAY, plans=[Plan("甲", due=at("2026-12-31 17:30"))]).task
    sweep_until(world, "2026-12-20 12:00")
    world.acknowledge(task, "2026-12-21 10:00")
    before = len(passed(world, f"task:{world.task(task).id}"))
    sweep_until(world, "2027-03-20 12:00")
    assert len(passed(world, f"task:{world.task(task).id}")) == before


def test_after_a_long_outage_only_the_newest_late_reminder_is_sent(world: World) -> None:
    subject = f"issue:{world.issue(world.reported(MONDAY)).id}"
    tick(world.db, at("2026-12-31 12:00"))
    found = passed(world, subject)
    assert [f.outcome for f in found[:-1]] == ["superseded"] * (len(found) - 1)
    assert found[-1].outcome == "fired"
    assert told(world, found[-1].rung) >= {"triage", "principal"}
    assert [told(world, f.rung) for f in found[:-1]] == [set()] * (len(found) - 1)
    assert tick(world.db, at("2026-12-31 12:00")).idle
    sound(world)


def test_what_lies_ahead_is_shown_and_has_an_end(world: World) -> None:
    number = world.reported(MONDAY)
    for now, shown in ((MONDAY, 14), ("2026-12-31 12:00", 1)):
        sweep_until(world, now)
        with world.db.read() as s:
            ahead = case_file(s, find_actor(s, "chief"), number, at(now))["ahead"]
        assert len(ahead) == shown
    assert datetime.fromisoformat(ahead[0]["at"]) == world.issue(number).next_rung_at


def test_without_close_reminders_the_slow_ones_begin_at_once(world: World) -> None:
    source = shipped_policy().replace("repeat_limit_max = 12 ", "repeat_limit_max = 0 ")
    world.do(
        definitions.activate, "sysadmin", MONDAY, what="policy", source=source, file="policy.toml"
    )
    subject = f"issue:{world.issue(world.reported(MONDAY)).id}"
    sweep_until(world, "2026-06-30 12:00")
    limit = step(date(2026, 3, 2), 2)
    assert [local(f.logical_at) for f in passed(world, subject)] == [
        end_of(limit), *(end_of(step(limit, 20 * n)) for n in (1, 2, 3))
    ]  # fmt: skip
    keys = [f.rung for f in passed(world, subject)]
    assert "principal" in told(world, keys[1])


def test_what_had_gone_quiet_before_is_named_and_wakes_when_it_is_looked_at(world: World) -> None:
    """A ledger of an older program: twelve reminders, then no pointer, and green all the while."""
    number = world.reported(MONDAY)
    now = at("2026-06-20 12:00")
    sweep_until(world, "2026-06-05 12:00")
    issue = update(tables.issue).where(tables.issue.c.number == number)
    with world.db.write() as s:
        s.execute(issue.values(next_rung_at=None, light="green", light_reason="on_course"))
    assert ("no_next_moment", number) in {(f.kind, f.subject) for f in examine(world.db, now)}
    with world.db.write() as s:
        s.execute(issue.values(next_rung_at=now))
    tick(world.db, now)
    assert light(world.issue(number)) == LATE
    assert world.issue(number).next_rung_at > now
    sound(world)


def test_an_upgrade_wakes_what_an_older_program_had_let_go_quiet(world: World) -> None:
    number = world.reported(MONDAY)
    with world.db.write() as s:
        s.execute(update(tables.issue).values(next_rung_at=None))
        s.execute(text("UPDATE alembic_version SET version_num = '0008'"))
    migrate.upgrade(world.db.url, "0009")
    tick(world.db, clock.now() + timedelta(days=1))  # an upgrade goes by the real clock
    assert light(world.issue(number)) == LATE


# ------------------------------------------------------------ the policy


def test_a_policy_from_before_the_slower_rhythm_is_still_read() -> None:
    lines = shipped_policy().splitlines()
    old = [line for line in lines if not line.startswith("repeat_late_")]
    assert len(lines) - len(old) == 2
    rules = parse_policy("\n".join(old)).escalation
    assert (rules.repeat_late_wd, rules.repeat_late_copy) == (20, ("principal",))
    assert check_policy("\n".join(old), "policy.toml") == []


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("repeat_late_wd = 4", "escalation.repeat_late_wd"),
        ("repeat_late_wd = 0", "escalation.repeat_late_wd"),
        ('repeat_late_copy = ["mayor"]', "escalation.repeat_late_copy.0"),
    ],
)
def test_a_rhythm_that_makes_no_sense_is_named(line: str, key: str) -> None:
    name = line.split(" ")[0]
    source = "\n".join(
        line if known.startswith(f"{name} ") else known for known in shipped_policy().splitlines()
    )
    assert [fault.key for fault in check_policy(source, "policy.toml")] == [key]


# ------------------------------------------------------------ the light


def test_a_breakdown_that_is_late_turns_the_issue_yellow_until_the_dispatch(world: World) -> None:
    case = world.planned(MONDAY, plans=FAR)
    limit = at("2026-03-04 17:30")
    tick(world.db, limit - timedelta(seconds=1))
    assert light(world.issue(case.issue))[0] == "green"
    tick(world.db, limit)
    assert light(world.issue(case.issue)) == LATE
    tick(world.db, limit)
    tick(world.db, limit + timedelta(days=1))
    assert turns(world, case.issue, "issue.light") == [("green", *LATE, limit)]
    assert turns(world, case.issue, "task.light") == []
    sound(world)
    world.do(assignment.dispatch, "chief", "2026-03-06 10:00", issue=case.issue)
    assert lights(world, case.task) == (("green", "on_course"), ("green", "on_course"))
    sound(world)


def test_a_receipt_that_is_late_turns_task_and_issue_yellow_until_it_comes(world: World) -> None:
    case = world.dispatched(MONDAY, plans=FAR)
    limit = at("2026-03-03 17:30")
    tick(world.db, limit)
    assert lights(world, case.task) == (LATE, LATE)
    assert turns(world, case.issue, "task.light") == [("green", *LATE, limit)]
    assert turns(world, case.issue, "issue.light") == []  # the task's event tells it
    world.acknowledge(case.task, "2026-03-04 10:00")
    assert lights(world, case.task) == (("green", "on_course"), ("green", "on_course"))
    sound(world)


def test_a_verification_that_is_late_turns_what_was_in_time_yellow(world: World) -> None:
    case = world.submitted(MONDAY, plans=FAR)
    assert lights(world, case.task)[0] == ("green", "submitted_in_time")
    tick(world.db, at("2026-03-05 17:30"))
    assert lights(world, case.task) == (LATE, LATE)
    world.verify(case.task, "2026-03-06 10:00")
    assert lights(world, case.task) == (("grey", "verified"), ("green", "all_verified"))
    tick(world.db, at("2026-03-10 17:30"))  # the approver's two days
    assert lights(world, case.task) == (("grey", "verified"), LATE)
    world.approve(case.issue, "2026-03-11 10:00")
    assert light(world.issue(case.issue)) == ("grey", "closed")
    sound(world)


def test_a_ruling_that_is_late_turns_the_task_yellow_until_it_is_given(world: World) -> None:
    case = world.acknowledged(MONDAY, plans=FAR)
    asked = {"reason": "停电窗口推迟", "progress": "已办手续"}
    world.do(
        requests.request_extension, "zjj_head", MONDAY, task=case.task,
        new_due=at("2026-07-10 17:30"), **asked,
    )  # fmt: skip
    tick(world.db, at("2026-03-03 17:30"))
    assert lights(world, case.task) == (LATE, LATE)
    world.do(
        requests.rule_extension, "chief", "2026-03-04 10:00", task=case.task, granted=False,
        opinion="按期完成",
    )  # fmt: skip
    assert lights(world, case.task) == (("green", "on_course"), ("green", "on_course"))
    sound(world)


def test_an_input_that_is_late_turns_the_task_yellow_until_it_is_waived(world: World) -> None:
    case = world.acknowledged(
        MONDAY, plans=[Plan("甲", due=at("2026-06-30 17:30"), co_units=("gdgs", "czj"))]
    )
    tick(world.db, at("2026-03-05 17:30"))
    assert lights(world, case.task) == (LATE, LATE)
    when = "2026-03-06 10:00"
    world.do(supervision.co_input, "gdgs_liaison", when, task=case.task, text="已确认停电窗口")
    assert lights(world, case.task) == (LATE, LATE)  # the other one is still waited for
    world.do(
        supervision.waive_co_input, "chief", when, task=case.task, unit="czj", reason="已当面答复"
    )
    assert lights(world, case.task) == (("green", "on_course"), ("green", "on_course"))
    sound(world)


def test_a_hand_over_that_is_late_turns_the_planned_task_yellow(world: World) -> None:
    case = world.acknowledged(MONDAY, plans=FAR)
    world.do(
        breakdown.plan_task, "triage", MONDAY, issue=case.issue,
        form=Plan("乙", due=at("2026-06-30 17:30")),
    )  # fmt: skip
    planned = f"{case.issue}-02"
    tick(world.db, at("2026-03-04 17:30"))
    assert lights(world, planned) == (LATE, LATE)
    sound(world)
    world.do(assignment.dispatch, "chief", "2026-03-05 10:00", issue=case.issue)
    assert lights(world, planned) == (("green", "on_course"), ("green", "on_course"))


def test_graver_lights_stay_what_they_are(world: World) -> None:
    """Red of a deadline or a relapse, and the deadline's own yellow, outrank a late step."""
    late = world.acknowledged(MONDAY, plans=[Plan("甲", limit="ordinary")]).task
    sweep_until(world, "2026-03-12 12:00")
    world.submit(late, "2026-03-12 14:00")
    soon = world.dispatched(MONDAY, plans=[Plan("乙", due=at("2026-03-05 17:30"))]).task
    tick(world.db, at("2026-03-05 09:00"))
    assert lights(world, soon)[0] == ("yellow", "due_soon")
    sweep_until(world, "2026-03-20 12:00")
    assert lights(world, late) == (("red", "overdue"), ("red", "overdue"))
    assert any(f.rung.startswith("verify:") for f in passed(world, f"task:{world.task(late).id}"))
    sound(world)


def test_a_relapse_stays_red_while_its_receipt_or_approval_is_late(world: World) -> None:
    case = world.closed(MONDAY, plans=FAR)
    world.do(
        lookbacks.record_lookback, "inspector", "2026-04-02 10:00", issue=case.issue,
        finding="杆线仍在原处", relapse=True,
    )  # fmt: skip
    sweep_until(world, "2026-04-20 12:00")
    assert light(world.issue(case.issue)) == ("grey", "closed")  # though nobody has confirmed it
    world.do(
        lookbacks.relapse, "chief", "2026-04-20 14:00", issue=case.issue, reason="情况属实",
        new_due=at("2026-06-30 17:30"),
    )  # fmt: skip
    world.submit(case.task, "2026-04-21 10:00")
    sweep_until(world, "2026-05-20 12:00")
    assert lights(world, case.task) == (LATE, ("red", "relapsed"))
    sound(world)


def test_parked_and_closed_issues_stay_grey_and_are_urged_all_the_same(world: World) -> None:
    case = world.acknowledged(MONDAY, plans=FAR)
    world.do(
        parking.park, "chief", "2026-03-03 10:00", issue=case.issue, reason="等待上级批复",
        review_on=date(2026, 4, 10),
    )  # fmt: skip
    sweep_until(world, "2026-12-01 12:00")
    assert lights(world, case.task) == (("grey", "parked"), ("grey", "parked"))
    reviews = passed(world, f"issue:{world.issue(case.issue).id}")
    assert len(reviews) > 15
    assert "principal" in told(world, reviews[-1].rung)


def test_a_limit_that_the_calendar_moves_gives_the_light_back_and_takes_it_again(
    world: World,
) -> None:
    case = world.submitted(MONDAY, plans=[Plan("甲", limit="hard")])
    tick(world.db, at("2026-03-05 17:30"))
    assert lights(world, case.task) == (LATE, LATE)
    with world.db.write() as s:
        actor, now = find_actor(s, "sysadmin"), at("2026-03-05 18:00")
        for day in (5, 6):
            set_exception(s, None, date(2026, 3, day), "holiday", "停电", actor, now)
        apply_recompute(s, actor, now)
    assert lights(world, case.task)[0] == ("green", "submitted_in_time")
    sound(world)
    sweep_until(world, "2026-03-09 17:29")
    assert lights(world, case.task)[0] == ("green", "submitted_in_time")
    sweep_until(world, "2026-03-09 17:30")
    assert lights(world, case.task) == (LATE, LATE)
    assert len(passed(world, f"task:{world.task(case.task).id}")) == 1  # told once
    sound(world)


# ------------------------------------------------------------ who sees it


def test_lists_figures_and_the_ledger_count_late_steps_as_yellow(world: World) -> None:
    number = world.reported(MONDAY)
    waiting = world.verified(MONDAY, plans=FAR)
    now = at("2026-03-04 17:30")
    yellow = LedgerFilter(lights=("yellow",))
    with world.db.read() as s:
        assert count(s, find_actor(s, "chief"), yellow, now) == 0
    tick(world.db, now)
    with world.db.read() as s:
        chief = find_actor(s, "chief")
        assert count(s, chief, yellow, now) == 2
        rows = list(ledger_rows(s, chief, now, {"lights": ["yellow"]}))
        assert {row.values["number"] for row in rows} == {number, waiting.task}
        assert {row.light for row in rows} == {"yellow"}
        told_in_time = list(ledger_rows(s, chief, at(MONDAY), {"lights": ["yellow"]}))
    assert told_in_time == []


def test_an_export_shows_the_planned_tasks_of_a_late_breakdown_yellow(world: World) -> None:
    case = world.planned(MONDAY, plans=FAR)
    with world.db.read() as s:
        lines = [
            list(ledger_rows(s, find_actor(s, "chief"), now, {"lights": ["yellow"]}))
            for now in (at("2026-03-04 17:29"), at("2026-03-04 17:30"))
        ]
    assert [[row.values["number"] for row in rows] for rows in lines] == [[], [case.task]]


def test_the_history_tells_why_the_light_turned(world: World) -> None:
    number = world.reported(MONDAY)
    tick(world.db, at("2026-03-04 17:30"))
    with world.db.read() as s:
        case = case_file(s, find_actor(s, "chief"), number, at("2026-03-04 18:00"))
    assert (case["light"], case["light_reason"]) == LATE
    (entry,) = [e for e in case["timeline"] if e["tag"] == "issue.light"]
    assert datetime.fromisoformat(entry["logical_at"]) == at("2026-03-04 17:30")
    with language("en"):
        reasons = [detail["text"] for detail in told_details(world, number)]
    assert "a step is past its limit" in reasons


def told_details(world: World, number: str) -> list[dict[str, str]]:
    with world.db.read() as s:
        case = case_file(s, find_actor(s, "chief"), number, at("2026-03-04 18:00"))
    return [d for e in case["timeline"] if e["tag"] == "issue.light" for d in e["details"]]


# ------------------------------------------------------------ the audit


@pytest.mark.parametrize("step_of", ["task", "issue"])
def test_a_light_that_hides_a_late_step_or_invents_one_is_found(world: World, step_of: str) -> None:
    if step_of == "task":
        number, table, limit = world.submitted(MONDAY, plans=FAR).task, tables.task, "03-05 17:30"
    else:
        number, table, limit = world.reported(MONDAY), tables.issue, "03-04 17:30"

    def paint(colour: str, reason: str) -> set[tuple[str, str]]:
        with world.db.write() as s:
            chosen = update(table).where(table.c.number == number)
            s.execute(chosen.values(light=colour, light_reason=reason))
        with world.db.read() as s:
            return {(f.issue_number, f.kind) for f in audit.verify(s).faults}

    assert paint(*LATE) >= {(number, "light")}  # none is late yet
    assert paint("green", "on_course") == set()
    tick(world.db, at(f"2026-{limit}"))
    sound(world)
    assert (number, "light") in paint("green", "on_course")
    assert paint(*LATE) == set()


def test_a_late_step_that_a_command_finds_first_is_left_to_the_sweep(world: World) -> None:
    """Days of rest that are worked bring a limit forward, and nobody has swept since."""
    case = world.submitted("2026-03-05 10:00", plans=FAR)  # until Tuesday, 10 March
    with world.db.write() as s:
        actor, now = find_actor(s, "sysadmin"), at("2026-03-05 11:00")
        for day in (7, 8):
            set_exception(s, None, date(2026, 3, day), "workday", "调休", actor, now)
    when = "2026-03-09 10:00"
    world.do(supervision.coordinate, "chief", when, issue=case.issue, level=2, reason="需会商")
    assert lights(world, case.task) == (LATE, LATE)
    assert passed(world, f"task:{world.task(case.task).id}") == []
    sound(world)
    tick(world.db, at(when))
    assert [f.logical_at for f in passed(world, f"task:{world.task(case.task).id}")] == [
        at("2026-03-08 17:30")
    ]
    assert lights(world, case.task) == (LATE, LATE)
    sound(world)
