"""Facts to try a template on: an example's, or those of a real issue that the reader may see."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries.issues import find_issue, tasks_of
from notifications.examples import EXAMPLES
from notifications.kinds import CHOICES
from workflow.case import Record, not_visible
from workflow.context import context
from workflow.notice_facts import frozen_facts
from workflow.transition import Work

Facts = dict[str, Any]


def example(kind: str, number: int = 0) -> Facts:
    """One of a kind's examples, the fullest first; any other number counts as the first."""
    several = examples(kind)
    return several[number] if 0 <= number < len(several) else several[0]


def examples(kind: str) -> list[Facts]:
    """A kind's examples, those that say most first."""
    return sorted(EXAMPLES[kind], key=_fullness)


def _fullness(facts: Facts) -> tuple[bool, int]:
    return facts.get("role") == "copy", -sum(bool(value) for value in facts.values())


def real(
    s: Session, kind: str, number: str, chosen: int, actor: PersonInfo, now: datetime
) -> Facts:
    """The facts of an issue, or of a task by its number, as a notice would freeze them now.

    What only an act brings along (reason, outcome ...) is the chosen example's. Raises
    `NotVisible` for what the reader may not see, as for what does not exist.
    """
    row = find_issue(s, actor, number)
    if row is None:
        raise not_visible(number)
    tasks = [Record(tables.task, task) for task in tasks_of(s, [row.id]).get(row.id, [])]
    w = Work(s, context(s), now, actor, Record(tables.issue, row), tasks)
    named = next((task for task in tasks if task.number == number), None)
    task = named or (tasks[0] if tasks else None)
    own = frozen_facts(w, task, {})
    brought = example(kind, chosen)
    kept = {name: value for name, value in own.items() if value or name in _OF_TASK}
    choice = CHOICES.get(kind, ("", ()))[0]
    return {**brought, **kept, **({choice: brought[choice]} if choice else {})}


_OF_TASK = ("deadline", "derivation", "days_over", "next_step", "level", "co_units", "project")
"""What stays empty when it is empty for real."""
