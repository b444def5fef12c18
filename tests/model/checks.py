"""What must hold after every step, read from the database."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, select

from models import tables
from models.directory import PersonInfo
from models.queries.scope import visible_issues
from tests.model.cast import PEOPLE
from tests.model.derivations import check_derivation
from tests.model.driver import Bench
from tests.model.rights import visible
from tests.model.snapshot import Snapshot, same
from tests.model.state import Task
from tests.model.steps import DAYS
from workflow import audit, balance
from workflow.context import find_actor
from workflow.watchdog import examine

LOOKERS = (
    *("principal", "lucheng_reporter", "henglin_liaison", "zjj_head", "gdgs_head"),
    *("spj_verifier", "auditor"),
)
"""People of every kind, to see who sees what."""


def check_all(bench: Bench) -> None:
    """Every invariant that holds at any moment."""
    seen = Snapshot(bench)
    for check in (
        states_are_the_models,
        deadlines_are_the_models,
        rungs_are_the_models,
        reminders_are_the_models,
        lights_are_the_models,
        steps_and_requests_are_the_models,
        notices_are_the_models,
        history_is_whole,
        closed_issues_were_proven,
        ledger_balances,
        nobody_sees_more,
    ):
        check(seen)


def states_are_the_models(seen: Snapshot) -> None:
    """Invariant 2, and what hangs on it."""
    models = seen.bench.model.issues
    same(
        {n: row.state for n, row in seen.issues.items()},
        {n: issue.state for n, issue in models.items()},
    )
    for number, issue in models.items():
        row = seen.issues[number]
        assert (row.listed, row.cycle, row.relapse_count) == (
            issue.listed,
            issue.cycle,
            issue.relapses,
        )
        for task in issue.tasks:
            row = seen.tasks[task.number]
            same(
                {f"{task.number} {k}": v for k, v in _task_facts(seen, row).items()},
                {f"{task.number} {k}": v for k, v in _model_facts(task).items()},
            )


def _task_facts(seen: Snapshot, row: Any) -> dict[str, Any]:
    code = seen.bench.world.code
    return {
        "state": row.state,
        "lead": code(row.lead_unit_id),
        "verifier": code(row.verifier_unit_id),
        "paused": row.paused_at,
        "frozen": row.frozen_at is not None,
        "dispatched": row.dispatched_at,
        "handler": seen.person(row.responsible_person_id),
        "submitted_by": seen.person(row.submitted_by_id),
        "verified_by": seen.person(row.verified_by_id),
        "level": row.level,
        "red": row.red_count,
        "yellow": row.yellow_count,
        "extensions": row.extension_count,
    }


def _model_facts(task: Task) -> dict[str, Any]:
    names = (
        *("state", "lead", "verifier", "paused", "frozen", "dispatched", "handler"),
        *("submitted_by", "verified_by", "level", "red", "yellow", "extensions"),
    )
    return {name: getattr(task, name) for name in names}


def deadlines_are_the_models(seen: Snapshot) -> None:
    """Invariant 7: every version is the model's, and its derivation gives it again."""
    expected = {
        (task.number, n): (d.due, d.cause, d.start)
        for issue in seen.bench.model.issues.values()
        for task in issue.tasks
        for n, d in enumerate(task.deadlines, 1)
    }
    same(
        {(seen.names[d.task_id], d.n): (d.due_at, d.cause, d.start_at) for d in seen.deadlines},
        expected,
    )
    for row in seen.deadlines:
        check_derivation(row)
    newest = {seen.names[d.task_id]: d.due_at for d in seen.deadlines}
    same({n: t.due_at for n, t in seen.tasks.items() if t.due_at is not None}, newest)


def rungs_are_the_models(seen: Snapshot) -> None:
    """Invariants 4 and 6: exactly these rungs, each once, with their logical times."""
    expected = {
        (task.number, version, key): found
        for issue in seen.bench.model.issues.values()
        for task in issue.tasks
        for (version, key), found in task.rungs.items()
    }
    rungs = [f for f in seen.firings if f.level is not None]
    actual = {
        (seen.names[int(f.subject[5:])], f.deadline_version, f.rung): (f.outcome, f.logical_at)
        for f in rungs
    }
    same(actual, expected)
    assert len(rungs) == len(actual)
    assert all(f.at >= f.logical_at for f in seen.firings)
    told = Counter(
        (seen.names[e.task_id], e.data["deadline_version"], e.data["rung"])
        for e in seen.events
        if e.tag == "ladder.rung"
    )
    same(told, Counter(actual.keys()))


def reminders_are_the_models(seen: Snapshot) -> None:
    """Passed limits of steps: each and every reminder once, without end, the newest one sent."""
    subjects = {f"issue:{row.id}": number for number, row in seen.issues.items()}
    subjects |= {f"task:{key}": number for key, number in seen.names.items()}
    found: Counter[Any] = Counter()
    for f in seen.firings:
        limit, _mark, again = f.rung.partition("#")
        name = limit.split(":")[0]
        if f.level is None and name in DAYS:
            found[subjects[f.subject], name, int(again or 0), f.logical_at, f.outcome] += 1
    expected = sum((i.reminders for i in seen.bench.model.issues.values()), Counter[Any]())
    same(found, expected)


def lights_are_the_models(seen: Snapshot) -> None:
    """Every light with its reason, as the last command or sweep has left it."""
    issues = seen.bench.model.issues
    lamps = {number: issue.light for number, issue in issues.items()}
    lamps |= {task.number: task.light for issue in issues.values() for task in issue.tasks}
    rows = (*seen.issues.values(), *seen.tasks.values())
    same({row.number: (row.light, row.light_reason) for row in rows}, lamps)


def steps_and_requests_are_the_models(seen: Snapshot) -> None:
    """Prepared steps wait for a person; at most one request of a kind is open."""
    tasks = [t for issue in seen.bench.model.issues.values() for t in issue.tasks]
    same(
        {(seen.names[p.task_id], p.deadline_version, p.rung): p.state for p in seen.prepared},
        {(t.number, *key): state for t in tasks for key, state in t.prepared.items()},
    )
    open_now = Counter((seen.names[r.task_id], r.kind) for r in seen.requests)
    same(open_now, Counter((t.number, kind) for t in tasks for kind in t.open))
    counted = Counter(number for number, _kind in open_now)
    assert all(row.open_requests == counted[n] for n, row in seen.tasks.items())


def notices_are_the_models(seen: Snapshot) -> None:
    """Invariant 5: one notice for each person and each thing told, and no other."""
    subjects = {f"issue:{row.id}": number for number, row in seen.issues.items()}
    subjects |= {f"task:{key}": number for key, number in seen.names.items()}
    told = Counter(
        (subjects[n.subject], n.kind, seen.people[n.recipient_id])
        for n in seen.notices
        if not n.occasion.startswith("limit:")
    )
    expected = sum((i.told for i in seen.bench.model.issues.values()), Counter[Any]())
    same(told, expected)
    limits = {
        (f.subject, f"limit:{f.rung}")
        for f in seen.firings
        if f.level is None and f.outcome == "fired"
    }
    assert limits == {
        (n.subject, n.occasion) for n in seen.notices if n.occasion.startswith("limit:")
    }


def history_is_whole(seen: Snapshot) -> None:
    """Invariant 3: every chain verifies, and every version of a row has its event."""
    with seen.bench.world.db.read() as s:
        report = audit.verify(s)
    assert report.ok, report.faults
    versions: dict[tuple[str, int | None], list[int]] = {}
    for e in sorted(seen.events, key=lambda e: (e.stream, e.seq)):
        if "v" in e.data:
            versions.setdefault((e.stream, e.task_id), []).append(e.data["v"])
    for row in seen.issues.values():
        assert versions[f"issue:{row.id}", None] == list(range(1, row.version + 1))
    for row in seen.tasks.values():
        events = versions.get((f"issue:{row.issue_id}", row.id), [])
        assert events == list(range(2, row.version + 1))


def closed_issues_were_proven(seen: Snapshot) -> None:
    """Invariant 8: verified by an outsider, with evidence, three persons; or overridden."""
    for row in seen.issues.values():
        if row.state != "closed":
            continue
        tasks = [t for t in seen.tasks.values() if t.issue_id == row.id]
        live = [t for t in tasks if t.state != "withdrawn"]
        assert live and all(t.state == "verified" for t in live)
        for task in live:
            verifier = PEOPLE[seen.people[task.verified_by_id]]
            assert verifier.unit != seen.bench.world.code(task.lead_unit_id)
            assert task.verified_by_id not in (task.submitted_by_id, task.responsible_person_id)
            proofs = [e for e in seen.evidence if (e.task_id, e.cycle) == (task.id, row.cycle)]
            hands = (task.verified_by_id, task.submitted_by_id, task.responsible_person_id)
            assert row.override_count or (proofs and row.approver_id not in hands)


def ledger_balances(seen: Snapshot) -> None:
    """Invariant 9, and the totals are the model's."""
    with seen.bench.world.db.read() as s:
        found = balance.reconcile(s)
    assert found.balanced, found.rows
    issues = [i for i in seen.bench.model.issues.values() if i.reports]
    ends = Counter(i.state for i in issues)
    total = found.total
    assert (total.opened, total.closed, total.rejected, total.merged) == (
        len(issues),
        ends["closed"],
        ends["rejected"],
        ends["merged"],
    )
    assert total.closures == sum(i.closures for i in issues)


def nobody_sees_more(seen: Snapshot) -> None:
    """Invariant 10: what the query shows is what the rule allows."""
    with seen.bench.world.db.read() as s:
        for username in LOOKERS:
            shown = s.execute(_shown_to(find_actor(s, username)))
            assert {row.number for row in shown} == {
                number
                for number, issue in seen.bench.model.issues.items()
                if visible(username, issue)
            }, username


@lru_cache(maxsize=len(LOOKERS))
def _shown_to(actor: PersonInfo) -> Select[tuple[str]]:
    """The question depends on who asks it alone, and it is asked after every step."""
    return select(tables.issue.c.number).where(visible_issues(actor))


def nothing_is_missed(bench: Bench, now: datetime) -> None:
    """Invariant 11: right after a sweep the watchdog has nothing to say."""
    assert examine(bench.world.db, now) == []
