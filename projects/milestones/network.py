"""The network of milestones: order, dates counted back and forward, slack, critical path. Pure.

Days are working days of a calendar. A milestone begins on the first working day after everything
before it is done; one of `days` working days that begins on day d ends on the `days`-th counted
from d itself. Milestones that were dropped are bridged: what came before leads to what came after.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from workflow.calendar import WorkCalendar


@dataclass(frozen=True, slots=True)
class Node:
    """A milestone: how long it takes, what comes before it, and when it was done, if it is."""

    key: str
    days: int
    after: tuple[str, ...] = ()
    actual: date | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """First and last working day of a milestone."""

    begin: date
    end: date


@dataclass(frozen=True, slots=True)
class Path:
    """The critical path to `goal`: what decides when it can be reached, and what blocks it now."""

    goal: str
    on: frozenset[str]
    line: tuple[str, ...]
    blockers: tuple[str, ...]


class Circle(ValueError):
    """Milestones wait for each other; `keys` names them in order, the first again at the end."""

    def __init__(self, keys: list[str]) -> None:
        self.keys = keys
        super().__init__(" → ".join(keys))


Nodes = Mapping[str, Node]


def ordered(nodes: Iterable[Node]) -> dict[str, Node]:
    """Nodes by key, what comes before first; among equals in the order given. Raises `Circle`."""
    given = {node.key: node for node in nodes}
    sorter = TopologicalSorter({k: [a for a in n.after if a in given] for k, n in given.items()})
    try:
        sorter.prepare()
    except CycleError as error:
        raise Circle(list(error.args[1])) from error
    place = {key: n for n, key in enumerate(given)}
    found: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready(), key=place.__getitem__)
        found += ready
        sorter.done(*ready)
    return {key: given[key] for key in found}


def without(nodes: Iterable[Node], gone: Iterable[str]) -> list[Node]:
    """The network without some milestones; what led through them leads on directly."""
    left = {node.key: node for node in nodes}
    for key in gone:
        if key not in left:
            continue
        bridge = left.pop(key).after
        for other in left.values():
            if key in other.after:
                after = tuple(dict.fromkeys(a for a in (*other.after, *bridge) if a != key))
                left[other.key] = Node(other.key, other.days, after, other.actual)
    return list(left.values())


def followers(nodes: Nodes) -> dict[str, list[str]]:
    """What comes directly after each milestone."""
    found: dict[str, list[str]] = {key: [] for key in nodes}
    for node in nodes.values():
        for before in node.after:
            if before in found:
                found[before].append(node.key)
    return found


def ancestors(nodes: Nodes, goals: Iterable[str]) -> set[str]:
    """The goals and everything that must be done before them."""
    found: set[str] = set()
    todo = [goal for goal in goals if goal in nodes]
    while todo:
        key = todo.pop()
        if key not in found:
            found.add(key)
            todo += [a for a in nodes[key].after if a in nodes]
    return found


def plan_back(
    nodes: Nodes, targets: Mapping[str, date], calendar: WorkCalendar, begin: date | None = None
) -> dict[str, Span]:
    """目标倒逼: the latest dates that keep the targets; `nodes` in order.

    A target that is no working day counts as the one before it. What no target waits for follows
    as early as it can after what comes before it; without that it begins on `begin`, and is left
    out where there is none. What is done has the day on which it was done.
    """
    bound = ancestors(nodes, targets)
    nexts, found = followers(nodes), dict[str, Span]()
    for key in reversed(list(nodes)):
        if key in bound:
            ends = [_day_before(found[n].begin, calendar) for n in nexts[key] if n in bound]
            if key in targets:
                ends.append(calendar.roll_backward(targets[key]))
            end = min(ends)
            found[key] = Span(calendar.add_working_days(end, 1 - nodes[key].days), end)
    for key, node in nodes.items():
        if node.actual is not None:
            found[key] = Span(node.actual, node.actual)
        elif key not in bound:
            _follow(nodes[key], found, calendar, begin)
    return {key: found[key] for key in nodes if key in found}


def _follow(node: Node, found: dict[str, Span], calendar: WorkCalendar, begin: date | None) -> None:
    ends = [found[a].end for a in node.after if a in found]
    first = _day_after(max(ends), calendar) if ends else begin and calendar.roll_forward(begin)
    if first is not None:
        found[node.key] = Span(first, calendar.add_working_days(first, node.days - 1))


def earliest(nodes: Nodes, today: date, calendar: WorkCalendar) -> dict[str, Span]:
    """The earliest dates from here: what is done stands, what is under way ends today at the
    earliest, everything else follows. `nodes` in order."""
    now, found = calendar.roll_forward(today), dict[str, Span]()
    for key, node in nodes.items():
        before = [a for a in node.after if a in nodes]
        ends = [found[a].end for a in before]
        if node.actual is not None:
            first = _day_after(max(ends), calendar) if ends else node.actual
            found[key] = Span(min(first, node.actual), node.actual)
            continue
        first = _day_after(max(ends), calendar) if ends else now
        if any(nodes[a].actual is None for a in before):
            first = max(first, now)
        found[key] = Span(first, max(calendar.add_working_days(first, node.days - 1), now))
    return found


def slack(
    nodes: Nodes,
    early: Mapping[str, Span],
    targets: Mapping[str, date],
    plans: Mapping[str, date],
    calendar: WorkCalendar,
) -> dict[str, int]:
    """Working days that each unfinished milestone can still slip; negative: a target is missed.

    Measured against the latest date that keeps the targets; what no target waits for, against its
    own plan: also what stands before a milestone that was done without it. Milestones without
    either are left out.
    """
    wanted = {k: v for k, v in targets.items() if k in nodes and nodes[k].actual is None}
    waits = {k: n if n.actual is None else replace(n, after=()) for k, n in nodes.items()}
    latest = {k: s.end for k, s in plan_back(waits, wanted, calendar).items()}
    bound = ancestors(waits, wanted)
    found = {}
    for key, node in nodes.items():
        limit = latest.get(key) if key in bound else plans.get(key)
        if node.actual is None and limit is not None:
            found[key] = working_days(early[key].end, limit, calendar)
    return found


def working_days(start: date, end: date, calendar: WorkCalendar) -> int:
    """Working days from one day to another, the first not counted; negative backwards."""
    if end >= start:
        return (
            calendar.working_days_between(_next(start), end, inclusive=True) if end > start else 0
        )
    return -calendar.working_days_between(_next(end), start, inclusive=True)


def critical_path(
    nodes: Nodes, early: Mapping[str, Span], goals: Iterable[str], calendar: WorkCalendar
) -> Path | None:
    """What decides the earliest end of the last goal that is not reached; None: all is done.

    `on` holds every unfinished milestone without room of its own before that goal (several lines
    may tie), `line` one unbroken line of them, `blockers` those of `on` that can be worked on now.
    """
    open_keys = [key for key, node in nodes.items() if node.actual is None]
    if not open_keys:
        return None
    wanted = [key for key in goals if key in open_keys] or open_keys
    goal = max(wanted, key=lambda key: (early[key].end, list(nodes).index(key)))
    on = _tight(nodes, early, goal, calendar)
    line = _line(nodes, early, goal)
    blockers = [
        key for key in open_keys
        if key in on and all(nodes[a].actual for a in nodes[key].after if a in nodes)
    ]  # fmt: skip
    return Path(goal, frozenset(on), line, tuple(blockers))


def _tight(nodes: Nodes, early: Mapping[str, Span], goal: str, calendar: WorkCalendar) -> set[str]:
    """Unfinished milestones before the goal whose slipping by a day would move the goal."""
    found = {goal}
    for key in reversed(list(nodes)):
        if key in found:
            found |= {
                a for a in nodes[key].after
                if a in nodes and nodes[a].actual is None
                and _day_after(early[a].end, calendar) >= early[key].begin
            }  # fmt: skip
    return found


def _line(nodes: Nodes, early: Mapping[str, Span], goal: str) -> tuple[str, ...]:
    line = [goal]
    while before := [
        a for a in nodes[line[-1]].after if a in nodes and nodes[a].actual is None
    ]:  # fmt: skip
        line.append(max(before, key=lambda key: early[key].end))
    return tuple(reversed(line))


def layers(nodes: Nodes) -> dict[str, int]:
    """The column of each milestone in a picture: the longest way to it, counted in edges."""
    found: dict[str, int] = {}
    for key, node in nodes.items():
        found[key] = max((found[a] + 1 for a in node.after if a in found), default=0)
    return found


def edges_of(line: tuple[str, ...]) -> set[tuple[str, str]]:
    """The edges of a line."""
    return set(pairwise(line))


def _next(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)


def _day_after(day: date, calendar: WorkCalendar) -> date:
    return calendar.add_working_days(day, 1)


def _day_before(day: date, calendar: WorkCalendar) -> date:
    return calendar.add_working_days(day, -1)
