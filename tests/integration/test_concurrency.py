"""Many at once over one database: one wins, the others are told who; nothing is done twice."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest

from models import tables
from models.db import Database
from tests.world import Case, World, at
from workflow import ladder
from workflow.commands import discovery, requests, supervision
from workflow.commands.base import Outcome
from workflow.commands.breakdown import Plan
from workflow.context import find_actor
from workflow.errors import GuardFailed, StaleVersion, WorkflowError
from workflow.sweep import tick
from workflow.watchdog import examine

NOW = at("2026-03-03 10:00")
THREADS = 8


Press = tuple[Callable[..., Any], str, dict[str, Any]]


def at_once(url: str, command: Callable[..., Any], username: str, **given: Any) -> list[Any]:
    """Eight people press the same button; what each was answered."""
    return together(url, [(command, username, given)] * THREADS)


def together(url: str, presses: list[Press]) -> list[Any]:
    """Everybody presses at the same moment, each over a connection of their own."""
    answers: list[Any] = []
    ready = Barrier(len(presses))

    def press(command: Callable[..., Any], username: str, given: dict[str, Any]) -> None:
        db = Database(url)
        ready.wait()
        try:
            with db.write() as s:
                answers.append(command(s, actor=find_actor(s, username), now=NOW, **given))
        except WorkflowError as refusal:
            answers.append(refusal)
        db.close()

    threads = [Thread(target=press, args=each) for each in presses]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


def test_of_eight_with_the_same_version_one_wins_and_the_others_learn_who(
    world: World, db_url: str
) -> None:
    task = world.acknowledged("2026-03-02 10:00").task
    version = world.task(task).version
    answers = at_once(
        db_url, supervision.progress, "zjj_liaison", task=task, text="已进场",
        expected_version=version,
    )  # fmt: skip
    (won,) = [a for a in answers if isinstance(a, Outcome)]
    lost = [a for a in answers if isinstance(a, StaleVersion)]
    assert len(lost) == THREADS - 1
    assert all("孙敏" in str(a) and "task.progress" in str(a) for a in lost)
    assert won.task_version == world.task(task).version == version + 1
    assert len(world.events(won.issue_number, "task.progress")) == 1


def test_without_a_version_each_of_eight_reports_is_kept(world: World, db_url: str) -> None:
    task = world.acknowledged("2026-03-02 10:00").task
    answers = at_once(db_url, supervision.progress, "zjj_liaison", task=task, text="已进场")
    assert sorted(a.task_version for a in answers) == list(range(4, 4 + THREADS))


def test_of_eight_requests_of_a_kind_one_is_open(world: World, db_url: str) -> None:
    task = world.acknowledged("2026-03-02 10:00").task
    answers = at_once(
        db_url, requests.request_extension, "zjj_head", task=task, reason="材料未到",
        progress="过半", new_due=at("2026-03-25 17:30"),
    )  # fmt: skip
    assert Counter(type(a) for a in answers) == {Outcome: 1, GuardFailed: THREADS - 1}
    assert len(world.rows(tables.request, state="open")) == 1


def test_of_eight_rulings_one_is_given(world: World, db_url: str) -> None:
    task = world.acknowledged("2026-03-02 10:00").task
    world.do(
        requests.request_extension, "zjj_head", NOW, task=task, reason="材料未到",
        progress="过半", new_due=at("2026-03-25 17:30"),
    )  # fmt: skip
    answers = at_once(
        db_url, requests.rule_extension, "chief", task=task, granted=True, opinion="同意"
    )
    assert Counter(type(a) for a in answers) == {Outcome: 1, GuardFailed: THREADS - 1}
    assert world.task(task).deadline_version == 2
    assert len(world.notices("zjj_head", kind="extension_ruling")) == 1


def test_of_two_who_merge_crosswise_one_wins_and_the_other_is_told_why(
    world: World, db_url: str
) -> None:
    for _ in range(6):
        one, other = (world.triaged("2026-03-02 10:00") for _ in range(2))
        answers = together(
            db_url,
            [
                (discovery.merge, "triage", {"issue": a, "into": b, "reason": "重复"})
                for a, b in ((one, other), (other, one))
            ],
        )
        assert Counter(type(a) for a in answers) == {Outcome: 1, GuardFailed: 1}
        assert sorted(world.issue(n).state for n in (one, other)) == ["merged", "triaging"]


def many(world: World, issues: int, each: int) -> list[Case]:
    """Issues with tasks due on Wednesday 2026-03-11, written in one transaction."""
    cases = []
    with world.db.write() as s:
        s.memo["channels"] = ("inapp",)
        inside, plans = Inside(world, s), [Plan("迁移", days=7)] * each
        for _ in range(issues):
            cases.append(inside.dispatched("2026-03-02 10:00", plans=plans))
    return cases


class Inside(World):
    """A world whose commands share one transaction that is already open."""

    def __init__(self, world: World, s: Any) -> None:
        super().__init__(world.db, world.units, world.people)
        self.s = s

    def do(self, command: Callable[..., Any], username: str, now: Any, **kwargs: Any) -> Any:
        """Run a command as somebody; nothing is committed."""
        return command(self.s, actor=find_actor(self.s, username), now=at(now), **kwargs)


def sweep_in_a_process(url: str, when: str) -> None:
    """What a process of its own does."""
    db = Database(url)
    tick(db, at(when), batch=7, channels=("inapp",))
    db.close()


def test_several_sweeps_at_once_fire_four_hundred_rungs_exactly(world: World, db_url: str) -> None:
    many(world, 40, 10)
    tick(world.db, at("2026-03-10 12:00"), channels=("inapp",))
    fresh = multiprocessing.get_context("spawn")  # a forked connection would be shared
    sweepers = [
        fresh.Process(target=sweep_in_a_process, args=(db_url, "2026-03-12 09:00"))
        for _ in range(4)
    ]
    for sweeper in sweepers:
        sweeper.start()
    for sweeper in sweepers:
        sweeper.join(120)
    assert [sweeper.exitcode for sweeper in sweepers] == [0] * 4
    urged = world.rows(tables.rung_firing, rung="urge")
    assert Counter(row.outcome for row in urged) == {"fired": 400}
    told = Counter((n.subject, n.recipient_id) for n in world.rows(tables.notice, kind="urge"))
    assert told == Counter(
        (row.subject, world.people[who]) for row in urged for who in ("zjj_liaison", "zjj_deputy")
    )
    events = [e for e in world.rows(tables.event, tag="ladder.rung") if e.data["rung"] == "urge"]
    assert Counter(f"task:{e.task_id}" for e in events) == Counter(row.subject for row in urged)


def test_an_issue_that_raises_is_put_off_and_shown_and_the_rest_go_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    poisoned, *others = many(world, 5, 1)
    sick, honest = world.task(poisoned.task).id, ladder.task_agenda

    def agenda(task: Any, *rest: Any) -> Any:
        if task.id == sick or task.id < 0:  # or the one that stands for all that are alike
            raise ZeroDivisionError("this row cannot be worked out")
        return honest(task, *rest)

    monkeypatch.setattr(ladder, "task_agenda", agenda)
    when, subject = at("2026-03-12 09:00"), f"issue:{world.issue(poisoned.issue).id}"
    report = tick(world.db, when, channels=("inapp",))
    assert report.deferred == [subject]
    assert report.rungs == {2: len(others)}
    (deferral,) = world.rows(tables.deferral)
    assert (deferral.subject, deferral.attempts) == (subject, 1)
    assert "ZeroDivisionError: this row cannot be worked out" in deferral.error
    shown = [f for f in examine(world.db, when) if f.kind == "deferred"]
    assert [f.subject for f in shown] == [subject]

    half, full = when + timedelta(minutes=30), when + timedelta(hours=1)
    assert tick(world.db, half).idle
    assert tick(world.db, full).deferred == [subject]
    assert tick(world.db, full).idle
    assert world.row(tables.deferral, subject=subject).attempts == 2

    monkeypatch.undo()
    report = tick(world.db, full + timedelta(hours=1), channels=("inapp",))
    assert report.deferred == [] and report.rungs == {2: 1}
    assert world.rows(tables.deferral) == []
    (urge,) = world.rows(tables.rung_firing, subject=f"task:{sick}", rung="urge")
    assert urge.logical_at == when
    assert examine(world.db, full + timedelta(hours=1)) == []


def test_a_sweep_leaves_alone_what_a_command_is_working_on(world: World) -> None:
    if world.db.engine.dialect.name == "sqlite":
        return  # there, a second writer waits
    first, second = many(world, 2, 1)
    with world.db.write() as s:
        chief, now = find_actor(s, "chief"), at("2026-03-11 10:00")
        supervision.urge(s, actor=chief, now=now, task=first.task, text="请抓紧")
        report = tick(world.db, at("2026-03-12 09:00"))
    assert report.rungs == {2: 1}
    assert tick(world.db, at("2026-03-12 09:00")).rungs == {2: 1}
    fired = {r.subject for r in world.rows(tables.rung_firing, rung="urge")}
    assert fired == {f"task:{world.task(c.task).id}" for c in (first, second)}
