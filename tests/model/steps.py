"""The model's steps beside the deadline: who is waited for, since when, how often they are told.

A wait begins when it is first seen after a command, and ends when it is seen no more. Nothing is
looked up: the model watches.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from tests.model.clocks import side_limit
from tests.model.days import end_of, local, step
from tests.model.state import Issue, Task, Wait, WaitKey

DAYS = {
    "triage": 2, "approve": 2, "plan": 2, "ack": 1, "verify": 3, "co_input": 3,
    "rule_return": 1, "rule_extension": 1, "rule_park": 1, "rule_adjust": 1,
}  # fmt: skip
"""Working days that a step may take."""
CLOSE, FAR = 5, 20
"""Working days between two reminders: twelve times, and from then on."""


def awaited(issue: Issue) -> Iterator[WaitKey]:
    """Whom an issue waits for. The last part tells apart what has the same name."""
    if issue.state in ("reported", "triaging"):
        yield issue.number, "triage", str(issue.reports)
    if issue.state == "approving":
        yield issue.number, "approve", ""
    for task in issue.live:
        for name, which in _on(issue, task):
            yield task.number, name, which


def _on(issue: Issue, task: Task) -> Iterator[tuple[str, str]]:
    if task.dispatched is None:
        if issue.dispatched:
            yield "plan", ""
        return
    if task.paused is None and task.state == "pending_ack":
        yield "ack", ""  # whoever is to receive or verify gets the whole time after a pause
    if task.paused is None and task.state == "submitted":
        yield "verify", ""
    for kind in task.open:
        yield f"rule_{kind}", kind
    if task.running:
        yield from (("co_input", unit) for unit, state in task.co.items() if state == "awaited")


def watch(issue: Issue, now: datetime) -> None:
    """After a command: what is no longer waited for is forgotten, what is new begins."""
    wanted = list(awaited(issue))
    for key in set(issue.waits) - set(wanted):
        del issue.waits[key]
    paused = {task.number: task.paused for task in issue.tasks}
    for key in wanted:
        number, name, _which = key
        whole = side_limit(now, DAYS[name])
        wait = issue.waits.setdefault(key, Wait(whole))
        rest = paused.get(number)
        if wait.resting is not None and rest is None and wait.due > wait.resting:
            wait.due = whole  # it was not late when the clock stopped
        wait.resting = rest


def remind(issue: Issue, now: datetime) -> None:
    """Tell whoever is late, the newest of several reminders only; the others are written down."""
    for (number, name, _which), wait in issue.waits.items():
        if wait.resting is not None:
            continue
        due = [(n, at) for n, at in _moments(wait, now) if n not in wait.told]
        for n, at in due:
            wait.told.add(n)
            outcome = "fired" if (n, at) == due[-1] else "superseded"
            issue.reminders[number, name, n, at, outcome] += 1


def _moments(wait: Wait, now: datetime) -> Iterator[tuple[int, datetime]]:
    n, at = 0, local(wait.due)
    while at <= now:
        yield n, at
        n += 1
        at = end_of(step(at.date(), CLOSE if n <= 12 else FAR))


def late(issue: Issue, number: str, now: datetime) -> bool:
    """Whether anybody keeps an issue or a task waiting beyond the limit."""
    return any(
        wait.due <= now and wait.resting is None
        for (of, _name, _which), wait in issue.waits.items()
        if of == number
    )
