"""The ladder: which rungs must have fired for which deadline, and which were passed over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tests.model.cast import PEOPLE, with_role
from tests.model.days import FIRE_AT, local, on, step
from tests.model.state import Issue, Task


@dataclass(frozen=True)
class Rung:
    """A rung: working days from the deadline, and the same for urgent tasks."""

    key: str
    level: int
    days: int
    urgent_days: int
    outcome: str
    kind: str


RUNGS = (
    Rung("remind-3", 1, -3, -2, "fired", "due_soon"),
    Rung("remind-1", 1, -1, -1, "fired", "due_soon"),
    Rung("urge", 2, 1, 1, "fired", "urge"),
    Rung("supervise", 3, 3, 2, "prepared", "supervise"),
    Rung("bulletin", 4, 5, 3, "prepared", "bulletin"),
    Rung("interview", 5, 10, 5, "proposed", "interview"),
    Rung("accountability", 6, 20, 10, "proposed", "accountability"),
)
BY_KEY = {rung.key: rung for rung in RUNGS}
URGE = BY_KEY["urge"]


def moment(rung: Rung, task: Task) -> datetime:
    """When a rung of the present deadline is due."""
    assert task.due is not None
    at = _plain_moment(rung, task)
    if rung.key == "interview" and (task.red >= 2 or task.yellow >= 3):
        return min(at, _plain_moment(URGE, task))
    return at


def _plain_moment(rung: Rung, task: Task) -> datetime:
    assert task.due is not None
    days = rung.urgent_days if task.urgent else rung.days
    return on(step(local(task.due).date(), days), FIRE_AT)


def due_rungs(task: Task, now: datetime) -> list[tuple[datetime, Rung]]:
    """Rungs that must fire now, in order of time."""
    if not task.running or task.due is None or task.paused is not None or task.frozen:
        return []
    found = [(moment(r, task), r) for r in RUNGS if (task.version, r.key) not in task.rungs]
    return sorted(
        ((at, r) for at, r in found if at <= now and _counts(task, r, at)),
        key=lambda pair: (pair[0], pair[1].level),
    )


def _counts(task: Task, rung: Rung, at: datetime) -> bool:
    """A reminder of a day gone by is pointless; what was climbed before a pause stays climbed."""
    if rung.days < 0:
        return task.since is not None and at > task.since
    return rung.key not in task.climbed


def climb(issue: Issue, task: Task, now: datetime) -> None:
    """Fire what is due; write down as superseded what a later and no lower rung has passed."""
    due = due_rungs(task, now)
    if not due:
        return
    _count_colours(task, [rung for _at, rung in due])
    due = due_rungs(task, now)  # a second red brings the interview forward
    for at, rung in due:
        passed = any(other > at and o.level >= rung.level for other, o in due)
        outcome = "superseded" if passed else rung.outcome
        task.rungs[task.version, rung.key] = outcome, at
        task.level = max(task.level, rung.level)
        if outcome != "superseded":
            _tell(issue, task, rung)
        if outcome in ("prepared", "proposed"):
            task.prepared[task.version, rung.key] = "prepared"


def _count_colours(task: Task, rungs: list[Rung]) -> None:
    if task.level == 0 and any(r.days < 0 for r in rungs):
        task.yellow += 1
    if task.level < URGE.level and any(r.days > 0 for r in rungs):
        task.red += 1


def _tell(issue: Issue, task: Task, rung: Rung) -> None:
    if rung.outcome == "fired":
        for person in addressees(task, rung):
            issue.told[task.number, rung.kind, person] += 1
        return
    role = "office_chief" if rung.outcome == "prepared" else "deputy_director"
    for person in with_role(role):
        issue.told[task.number, "todo", person] += 1


def addressees(task: Task, rung: Rung) -> set[str]:
    """Everybody who gets a rung's notice, in copy or not."""
    handler = {task.handler} if task.handler else set()
    answers = {task.leader or f"{task.lead}_deputy"}
    if rung.level == 1:
        return handler | {f"{task.lead}_liaison"}
    if rung.level == 2:
        return handler | {f"{task.lead}_liaison"} | answers
    if rung.level == 3:
        return {f"{task.lead}_head"} | answers
    if rung.level == 4:
        return {p.username for p in PEOPLE.values() if p.post == "liaison"}
    copied = with_role("deputy_director")
    return copied | ({f"{task.lead}_head"} if rung.level == 5 else with_role("principal"))
