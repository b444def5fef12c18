"""What a document is about, as an address names it: an issue, or chosen tasks, steps and issues."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from models.queries.issues import find_issue, tasks_of
from notifications.documents.kinds import KINDS, Kind
from web.call import Call
from web.document_fit import suiting
from web.templating import url
from workflow.case import not_visible
from workflow.documents import ladder
from workflow.documents.carrying import tasks_by_number
from workflow.documents.ladder import KINDS_OF_STEP
from workflow.documents.rights import kinds_for
from workflow.wording import unit_label


@dataclass(frozen=True, slots=True)
class Chosen:
    """Numbers of tasks and issues and ids of steps, as they were sent."""

    issue: str = ""
    issues: Sequence[str] = ()
    tasks: Sequence[str] = ()
    steps: Sequence[int] = ()

    @property
    def free(self) -> bool:
        """Whether it is about nothing that was chosen."""
        return not (self.issue or self.issues or self.tasks or self.steps)


@dataclass(frozen=True, slots=True)
class Subject:
    """The issues and their tasks that are handed over, all of them within the person's scope."""

    issues: list[Any] = field(default_factory=list)
    tasks: list[Any] = field(default_factory=list)
    steps: list[Any] = field(default_factory=list)
    chosen: list[str] = field(default_factory=list)
    """Numbers of the tasks that were chosen; all of them where only issues were."""


def subject(call: Call, wanted: Chosen) -> Subject:
    """Look everything up. Raises `NotVisible` for what is not the person's to see, and `Malformed`
    for steps that are none."""
    steps = ladder.find_steps(call.s, call.person, wanted.steps) if wanted.steps else []
    named = [*wanted.tasks, *(step.task_number for step in steps)]
    asked = dict.fromkeys([wanted.issue, *wanted.issues, *named])
    issues = [_issue(call, number) for number in asked if number]
    found = {issue.id: issue for issue in issues}
    numbers = [
        task.number
        for rows in tasks_of(call.s, list(found)).values()
        for task in rows
        if task.dispatched_at is not None
        and (bool(wanted.issue) or not named or task.number in named)
    ]
    return Subject(list(found.values()), tasks_by_number(call.s, numbers), steps, named)


def _issue(call: Call, number: str) -> Any:
    issue = find_issue(call.s, call.person, number)
    if issue is None:
        raise not_visible(number)
    return issue


def kinds_of(call: Call, wanted: Chosen, found: Subject) -> list[Kind]:
    """Kinds that the person may prepare about it, those that carry out its steps first; about
    what was chosen in lists only those that suit it."""
    if wanted.free:
        return [kind for kind in kinds_for(call.person) if kind.about == "none"]
    fitting = [kind for kind in kinds_for(call.person) if kind.about != "none"]
    if wanted.issue:
        return fitting
    if not found.steps:
        return suiting(call, fitting, found.issues, found.tasks)
    sorts = {step.kind for step in found.steps}
    carrying = [name for sort in sorts for name in KINDS_OF_STEP.get(sort, ())]
    return [
        KINDS[name] for name in dict.fromkeys(carrying) if KINDS[name] in kinds_for(call.person)
    ]


def split(
    call: Call, wanted: Chosen, found: Subject, kind: Kind, marked: Sequence[str] | None
) -> list[dict[str, Any]]:
    """Where one document is of one unit and the tasks that are marked are of several: each unit
    with its tasks and the address of a form for them. Empty otherwise."""
    tasks = [task for task in found.tasks if marked is None or task.number in marked]
    units = list(dict.fromkeys(task.lead_unit_id for task in tasks))
    if kind.about != "tasks" or wanted.issue or len(units) < 2:
        return []
    own = {unit: [task for task in tasks if task.lead_unit_id == unit] for unit in units}
    return [
        {
            "unit": unit_label(call.directory.units[unit]),
            "tasks": several,
            "path": _path(kind, several, found.steps),
        }
        for unit, several in own.items()
    ]


def _path(kind: Kind, tasks: Sequence[Any], steps: Sequence[Any]) -> str:
    """The form for these tasks, with those of the steps that are theirs."""
    carried = [step for step in steps if step.task_id in {task.id for task in tasks}]
    by_step = {step.task_id for step in carried}
    return url(
        "/documents/new",
        kind=kind.name,
        task=[task.number for task in tasks if task.id not in by_step],
        step=[step.id for step in carried],
    )
