"""The broad road of a sweep writes the very rows that the ordinary one writes, whatever comes."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from models import tables
from models.db import Session
from models.queries.people import bump_organisation
from tests.trying import tried
from tests.world import World, at
from workflow import audit
from workflow.alike.road import Done, Road
from workflow.calendar_admin import apply_recompute, set_exception
from workflow.commands import (
    assignment,
    breakdown,
    closure,
    parking,
    requests,
    supervision,
)
from workflow.commands.breakdown import Plan
from workflow.context import find_actor
from workflow.due import COLUMNS, claim, next_due
from workflow.errors import WorkflowError
from workflow.sweep import BATCH, sweep_issues, tick

TABLES = (
    tables.issue, tables.task, tables.event, tables.rung_firing, tables.prepared_action,
    tables.notice, tables.callback,
)  # fmt: skip
NUMBERED = {"event", "rung_firing", "prepared_action", "notice", "callback"}
"""Tables whose ids only say in which order rows were written."""
TEXTS = (
    "10千伏杆线影响施工", "“引号”与'撇号'", '两行\n"JSON" \\ 与 100%s %d {}', "🚧 \u2028 尾",
    "\ue0000\ue001", "x" * 180,
)  # fmt: skip
MONDAY = at("2026-03-02 08:00")


def written(s: Session) -> dict[str, Any]:
    """Every row of the tables that a sweep writes."""
    found = {}
    for table in TABLES:
        columns = [c for c in table.columns if c.name != "id" or table.name not in NUMBERED]
        found[table.name] = Counter(repr(tuple(row)) for row in s.execute(select(*columns)))
    return found


def swept(world: World, now: datetime, road: Road | None) -> tuple[dict[str, Any], Done]:
    """What a sweep at `now` writes by the broad road, or by the ordinary one alone."""
    done = Done()
    with tried(world) as s:
        for name in COLUMNS:
            ids = claim(s, name, now, BATCH, ())
            if road is not None:
                taken, ids = road.take(s, ids, now)
                done.issues += taken.issues
                done.notices += taken.notices
                done.outcomes += taken.outcomes
            works = sweep_issues(s, ids, now)
            done.issues += len(works)
            done.notices += sum(len(w.intents) for w in works)
            done.outcomes += Counter((f["outcome"], f["level"]) for w in works for f in w.firings)
        rows = written(s)
    return rows, done


def same_by_both_roads(world: World, now: datetime) -> int:
    """Try both, compare, sweep for good; returns how many issues took the broad road."""
    ordinary, counted = swept(world, now, None)
    road = Counting(worth=1)
    broad, also_counted = swept(world, now, road)
    for name, rows in ordinary.items():
        assert broad[name] == rows, (name, rows - broad[name], broad[name] - rows)
    assert (also_counted.issues, also_counted.notices, also_counted.outcomes) == (
        counted.issues, counted.notices, counted.outcomes,
    )  # fmt: skip
    assert tick(world.db, now).deferred == []
    return road.issues


class Counting(Road):
    """Counts the issues for which there was a plan."""

    __slots__ = ("issues",)

    def __init__(self, worth: int) -> None:
        super().__init__(worth)
        self.issues = 0

    def take(self, s: Session, ids: list[int], now: datetime) -> tuple[Done, list[int]]:
        done, rest = super().take(s, ids, now)
        self.issues += done.issues
        return done, rest


class Office:
    """Does at random what people may do; what is refused is left."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.dice = world, random.Random(seed)

    def moment(self, day: int) -> datetime:
        """Some time of a day, to the microsecond."""
        seconds = self.dice.randrange(0, 9 * 3600)
        return MONDAY + timedelta(
            days=day, seconds=seconds, microseconds=self.dice.randrange(10**6)
        )

    def plan(self) -> Plan:
        pick = self.dice.choice
        return Plan(
            pick(TEXTS), problem=pick(("", *TEXTS)), standard=pick(("", *TEXTS)),
            days=pick((None, None, 3, 7, 20)), urgent=pick((None, None, True)),
            lead=pick((None, None, "zgj", "spj")),
            co_units=pick(((), (), (), ("gdgs",))),
        )  # fmt: skip

    def open_one(self, day: int) -> None:
        """A new issue, as far along as it happens to be."""
        world, pick, now = self.world, self.dice.choice, self.moment(day)
        given: dict[str, Any] = {
            "plans": [self.plan() for _ in range(pick((1, 1, 1, 2)))], "title": pick(TEXTS),
            "description": pick(TEXTS), "major": pick((False, False, True)),
        }  # fmt: skip
        far = pick((world.dispatched, world.acknowledged, world.acknowledged))
        if self.dice.random() < 0.1:
            world.reported(now, title=given["title"])
            return
        case = far(now, **given)
        for task in case.tasks:
            if self.dice.random() < 0.2:
                with suppress(WorkflowError):  # a supporting unit may still be awaited
                    world.submit(task, now + timedelta(minutes=30))
            self.go_on(case.issue, task, now + timedelta(hours=1))

    def go_on(self, issue: str, task: str, now: datetime) -> None:
        """One of the things that happen to a running task, or nothing."""
        lead, day = self.world.lead_of(task), now.date()
        far = now + timedelta(days=40)
        acts: tuple[tuple[Any, str, dict[str, Any]], ...] = (
            (supervision.progress, f"{lead}_liaison", {"task": task, "text": "已进场"}),
            (supervision.progress, f"{lead}_liaison", {"task": task, "text": "过半"}),
            (requests.request_extension, f"{lead}_head", {
                "task": task, "reason": "材料未到", "progress": "过半", "new_due": far,
            }),
            (parking.park, "chief", {
                "issue": issue, "reason": "等待批复", "review_on": day + timedelta(days=20),
            }),
            (parking.resume, "chief", {"issue": issue, "reason": "已批复"}),
            (breakdown.plan_task, "triage", {"issue": issue, "form": self.plan()}),
            (assignment.dispatch, "chief", {"issue": issue}),
            (assignment.acknowledge, f"{lead}_liaison", {
                "task": task, "responsible_leader": f"{lead}_deputy",
                "responsible_person": f"{lead}_handler",
            }),
            (closure.submit_task, f"{lead}_head", {
                "task": task, "result": "完成", "evidence": [closure.Proof("document", "单.pdf")],
            }),
            (closure.reject_submission, "jfj_verifier", {
                "task": task, "opinion": "不属实", "requirement": "补充整改要求：补齐佐证材料",
                "new_due": far,
            }),
            (supervision.coordinate, "chief", {"issue": issue, "level": 3, "reason": "需会商"}),
        )  # fmt: skip
        if self.dice.random() < 0.7:
            command, who, values = self.dice.choice(acts)
            with suppress(WorkflowError):
                self.world.do(command, who, now, **values)

    def disturb(self, day: int) -> None:
        """Something happens to each running issue, or nothing."""
        for row in self.world.rows(tables.task):
            if row.state in ("pending_ack", "in_progress", "submitted") and row.dispatched_at:
                self.go_on(row.number.rsplit("-", 1)[0], row.number, self.moment(day))


@pytest.mark.parametrize("seed", range(8))
def test_any_mixture_of_issues_is_swept_alike_by_both_roads(world: World, seed: int) -> None:
    office, alike, day = Office(world, seed), 0, 0
    for _ in range(8):
        office.open_one(0)
    for _ in range(9):
        with world.db.read() as s:
            due = next_due(s)
        if due is None:
            break
        leap = office.dice.choice((0, 0, 1, 3, 10, 40))
        now = due + timedelta(days=leap, seconds=office.dice.choice((0, 0, 7)))
        alike += same_by_both_roads(world, now)
        day = (now - MONDAY).days + 1
        if office.dice.random() < 0.4:
            office.disturb(day)
            office.open_one(day)
    assert alike > 0
    with world.db.read() as s:
        assert audit.verify(s).faults == []


def test_issues_of_one_shape_keep_what_is_their_own(world: World) -> None:
    """Six that differ in texts and in the minute share a plan; each notice tells of its own."""
    cases = [
        world.acknowledged(
            at("2026-03-02 10:00") + timedelta(minutes=n), title=text, description=text,
            plans=[Plan(text, problem=text, standard=text)],
        )
        for n, text in enumerate(TEXTS)
    ]  # fmt: skip
    with tried(world) as s:
        road, now = Road(), at("2026-04-10 09:00")
        ids = claim(s, "task", now, BATCH, ())
        done, rest = road.take(s, ids, now)
        assert (done.issues, rest) == (len(TEXTS), [])
        assert len(road.stock.plans) == 1
        n = tables.notice.c
        for case, text in zip(cases, TEXTS, strict=True):
            key = world.task(case.task).id
            told = s.execute(select(n.facts).where(n.task_id == key, n.created_at == now)).scalars()
            for facts in told:
                assert (facts["task_number"], facts["measures"]) == (case.task, text.strip())
    assert same_by_both_roads(world, now) == len(TEXTS)


def test_people_without_an_address_are_told_by_others_on_both_roads(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XIAOHAO_CHANNELS", "inapp,smtp")
    for n in range(3):
        world.acknowledged(at("2026-03-02 10:00") + timedelta(minutes=n))
    with world.db.write() as s:
        s.execute(update(tables.person).values(email=None).where(
            tables.person.c.username.in_(["zjj_handler", "zjj_deputy"])
        ))  # fmt: skip
        bump_organisation(s)
    assert same_by_both_roads(world, at("2026-04-10 09:00")) == 3


def test_a_calendar_that_changes_between_two_batches_makes_the_plans_anew(world: World) -> None:
    for n in range(4):
        world.acknowledged(at("2026-03-02 10:00") + timedelta(minutes=n))
    road, now = Road(worth=1), at("2026-03-25 09:00")
    with tried(world) as s:
        road.take(s, claim(s, "task", now, 2, ()), now)
    with world.db.write() as s:
        actor, then = find_actor(s, "sysadmin"), at("2026-03-24 18:00")
        set_exception(s, None, date(2026, 3, 26), "holiday", "停电", actor, then)
        apply_recompute(s, actor, then)
    ordinary, _counted = swept(world, now, None)
    broad, done = swept(world, now, road)
    assert broad == ordinary
    assert done.issues == 4


def test_an_issue_with_something_of_its_own_going_on_takes_the_ordinary_road(world: World) -> None:
    reported = world.reported(at("2026-03-02 10:00"))
    asked = world.acknowledged(at("2026-03-02 10:00")).task
    world.do(
        requests.request_extension, "zjj_head", "2026-03-03 09:00", task=asked, reason="材料未到",
        progress="过半", new_due=at("2026-03-31 17:30"),
    )  # fmt: skip
    with tried(world) as s:
        ids = [world.issue(reported).id, world.task(asked).issue_id]
        done, rest = Road(worth=1).take(s, ids, at("2026-04-10 09:00"))
    assert (done.issues, rest) == (0, sorted(ids))
