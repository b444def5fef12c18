"""The model's commands on a task: receipts, progress, supporting units, urging, prepared steps."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.model import ladder
from tests.model.cast import PEOPLE
from tests.model.intake import tell
from tests.model.rights import demand, permit
from tests.model.state import Issue, Task


def acknowledge(
    issue: Issue, task: Task, actor: str, now: datetime, *, leader: str, handler: str
) -> None:
    """Name who answers for it and who handles it, both of the lead unit."""
    permit("acknowledge", actor, issue, task)
    demand(task.dispatched is not None, _of(task, leader), _of(task, handler))
    task.state, task.leader, task.handler = "in_progress", leader, handler


def _of(task: Task, username: str) -> bool:
    return username in PEOPLE and PEOPLE[username].unit == task.lead


def progress(issue: Issue, task: Task, actor: str, now: datetime, **_args: Any) -> None:
    """Only what runs is reported on."""
    permit("progress", actor, issue, task)
    demand(task.paused is None)
    task.last_word = now


def co_input(issue: Issue, task: Task, actor: str, now: datetime, **_args: Any) -> None:
    """A supporting unit answers."""
    permit("co_input", actor, issue, task)
    task.co[PEOPLE[actor].unit] = "given"


def waive_co_input(issue: Issue, task: Task, actor: str, now: datetime, *, unit: str) -> None:
    """The office does without an answer."""
    permit("waive_co_input", actor, issue, task)
    task.co[unit] = "waived"


def urge(issue: Issue, task: Task, actor: str, now: datetime, **_args: Any) -> None:
    """By hand, to the same people as the rung."""
    permit("urge", actor, issue, task)
    demand(task.dispatched is not None)
    tell(issue, "urge", ladder.addressees(task, ladder.URGE), task)


def decide_prepared(
    issue: Issue, task: Task, actor: str, now: datetime, *, key: tuple[int, str], issue_it: bool
) -> None:
    """Levels 3 and 4 take the chief's click, 5 and 6 the deputy director's decision."""
    permit("decide_prepared", actor, issue, task)
    rung = ladder.BY_KEY[key[1]]
    needed = "deputy_director" if rung.outcome == "proposed" else "office_chief"
    demand(task.paused is None, task.prepared.get(key) == "prepared", needed in PEOPLE[actor].roles)
    task.prepared[key] = "issued" if issue_it else "dismissed"
    if issue_it:
        tell(issue, rung.kind, ladder.addressees(task, rung), task)
