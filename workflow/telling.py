"""Whom to tell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from config.roles import Post, Role
from models.directory import Directory, PersonInfo
from notifications.intent import Intent
from workflow.case import Record
from workflow.notice_facts import frozen_facts
from workflow.transition import Work
from workflow.windows import next_window


@dataclass(frozen=True, slots=True)
class Meant:
    """People as the rules name them, where it is not yet asked who they are: `Work.tellings`.

    `names`: of the ladder (see `addressees`), about the task or not; or holders of a `role`.
    """

    names: tuple[str, ...] = ()
    about_task: bool = False
    role: str = ""
    unit: int | None = None


@dataclass(frozen=True, slots=True)
class Telling:
    """What `tell` was asked for, with whom is meant instead of people."""

    kind: str
    people: tuple[Any, ...]
    copies: tuple[Any, ...]
    occasion: str
    task: Record | None
    facts: dict[str, Any]


def tell(
    w: Work,
    kind: str,
    people: Iterable[PersonInfo],
    *,
    occasion: str,
    task: Record | None = None,
    copies: Iterable[PersonInfo] = (),
    **extra: Any,
) -> None:
    """Add a notice for each person (once each); deputies stand in for the absent.

    If nobody is left to tell, the office is told of that instead: nothing goes to nobody.
    """
    facts = frozen_facts(w, task, extra | {"role": "to"})
    if w.tellings is None:
        say(w, kind, people, copies, occasion=occasion, task=task, facts=facts)
    else:
        w.tellings.append(Telling(kind, tuple(people), tuple(copies), occasion, task, facts))


def say(
    w: Work,
    kind: str,
    people: Iterable[PersonInfo],
    copies: Iterable[PersonInfo],
    *,
    occasion: str,
    task: Record | None,
    facts: dict[str, Any],
) -> None:
    """Add the notices of facts that are frozen already."""
    main = _standing(w, people)
    copied = [p for p in _standing(w, copies) if p.id not in {m.id for m in main}]
    if not main and not copied:
        _tell_of_fault(w, kind, task, occasion, facts)
        return
    _intend(w, kind, main, occasion, task, facts)
    if copied:
        _intend(w, kind, copied, occasion, task, facts | {"role": "copy"})


def _standing(w: Work, people: Iterable[PersonInfo]) -> list[PersonInfo]:
    present = (w.ctx.directory.standing_in(p, w.now) for p in people if p.active)
    return list({p.id: p for p in present if p.active}.values())


def _tell_of_fault(
    w: Work, kind: str, task: Record | None, occasion: str, facts: dict[str, Any]
) -> None:
    w.event("notice.no_addressee", task, data={"kind": kind, "occasion": occasion})
    office = _standing(w, addressees(w, w.policy(task).escalation.office, task))
    _intend(w, "fault", office, occasion, task, facts | {"fault": "no_addressee", "detail": kind})


def _intend(
    w: Work,
    kind: str,
    people: list[PersonInfo],
    occasion: str,
    task: Record | None,
    facts: dict[str, Any],
) -> None:
    policy = w.policy(task)
    urgent = kind in policy.delivery.urgent_kinds or (
        task is not None and task.urgent and kind != "todo"
    )
    when = w.now if urgent else next_window(w.now, policy, w.calendar())
    subject = f"task:{task.id}" if task is not None else f"issue:{w.issue.id}"
    number, version = (task.id, task.deadline_version) if task is not None else (None, 0)
    issue = w.issue.id
    w.intents += [
        Intent(subject, kind, occasion, p, facts, issue, number, version, urgent, when)
        for p in people
    ]


def addressees(w: Work, names: Iterable[str], task: Record | None) -> list[PersonInfo]:
    """People behind the ladder's names, in the real hierarchy of the task's lead unit."""
    if w.tellings is not None:
        meant: Any = Meant(tuple(names), task is not None)
        return [meant]
    found: list[PersonInfo] = []
    for name in names:
        found += _addressee(w, name, task)
    return list({p.id: p for p in found}.values())


def _addressee(w: Work, name: str, task: Record | None) -> list[PersonInfo]:
    people = w.ctx.directory
    if name in (Role.OFFICE_CHIEF, Role.DEPUTY_DIRECTOR, Role.PRINCIPAL):
        return people.with_role(name)
    if name == "all_units":
        return [p for u in people.units.values() if u.active for p in contacts(people, u.id)]
    if task is None:
        return []
    if name == "co_units":
        return [
            p
            for c in w.awaited_co_units()
            if c.task_id == task.id
            for p in contacts(people, c.unit_id)
        ]
    return _in_lead_unit(people, name, task)


def _in_lead_unit(people: Directory, name: str, task: Record) -> list[PersonInfo]:
    """Whoever holds the post now; a vacant one falls to the next, then to the duty contact."""
    unit = task.lead_unit_id
    if name == "responsible_person":
        return _active(people, task.responsible_person_id) or contacts(people, unit)
    if name == "unit_head":
        return _first(people, unit, Post.HEAD, Post.DEPUTY_HEAD)
    if name == "deputy_head":
        leader = _active(people, task.responsible_leader_id)
        return leader or _first(people, unit, Post.DEPUTY_HEAD, Post.HEAD)
    if name == "unit_leader":
        leaders = people.posts(unit, Post.HEAD, Post.DEPUTY_HEAD)
        return leaders or _first(people, unit)
    return contacts(people, unit)


def contacts(people: Directory, unit_id: int) -> list[PersonInfo]:
    """Who is told for a unit: its liaisons, else its head, deputy head or duty contact."""
    return _first(people, unit_id, Post.LIAISON, Post.HEAD, Post.DEPUTY_HEAD)


def _active(people: Directory, person_id: int | None) -> list[PersonInfo]:
    person = people.people.get(person_id or 0)
    return [person] if person is not None and person.active else []


def _first(people: Directory, unit_id: int, *posts: Post) -> list[PersonInfo]:
    """Holders of the first of these posts that is not vacant, else the duty contact."""
    for post in posts:
        if held := people.posts(unit_id, post):
            return held
    duty = people.duty_contact(unit_id)
    return [duty] if duty is not None else []


def approvers(w: Work) -> list[PersonInfo]:
    """Who approves the closure: the deputy director for what is weighty, else the chief."""
    rules, issue = w.policy().closure, w.issue
    weighty = issue.major or issue.listed or issue.coordination_level >= rules.major_from_level
    return w.ctx.directory.with_role(rules.major_approver if weighty else Role.OFFICE_CHIEF)
