"""The pictures of a plan: a Gantt chart with today's line, and the network with its critical path.

Pure geometry for SVG that the server writes: no script is needed, and it prints.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from projects.milestones.network import Node, Path, edges_of, layers
from projects.milestones.plans import milestone_name

ROW = 34
"""Height of a line of the chart; the list of names beside it has the same."""
HEAD = 40
BOX_W, BOX_H, GAP_X, GAP_Y, PAD = 150, 62, 46, 18, 12
LINE = 11
"""Wide characters that fit on a line of a box."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A span in the chart: where it begins and how long it is, in pixels."""

    x: float
    width: float


@dataclass(slots=True)
class GanttRow:
    """A milestone's line: plan, baseline and forecast as bars, its completion as a point."""

    row: Any
    name: str
    y: int
    plan: Bar | None = None
    baseline: Bar | None = None
    forecast: Bar | None = None
    done_x: float | None = None
    after_plan: bool = False


@dataclass(slots=True)
class Gantt:
    """The whole chart. `months` and `years`: (x, label)."""

    width: int
    height: int
    today_x: float
    rows: list[GanttRow] = field(default_factory=list)
    months: list[tuple[float, str]] = field(default_factory=list)
    years: list[tuple[float, str]] = field(default_factory=list)


def gantt(milestones: Sequence[Any], today: date) -> Gantt | None:
    """The chart of milestones that have dates; None where none has."""
    days = [d for m in milestones for d in _dates(m) if d is not None]
    if not days:
        return None
    first = _month_of(min(*days, today)) if days else today
    last = max(*days, today) + timedelta(20)
    span = (last - first).days
    scale = min(6.0, max(1.2, 1080 / span))

    def x(day: date) -> float:
        return round((day - first).days * scale, 1)

    def bar(begin: date | None, end: date | None) -> Bar | None:
        if begin is None or end is None:
            return None
        return Bar(x(begin), max(round(((end - begin).days + 1) * scale, 1), 4.0))

    made = Gantt(int(span * scale), HEAD + ROW * len(milestones), x(today))
    made.months, made.years = _ticks(first, last, x, scale)
    for n, m in enumerate(milestones):
        late = m.actual_on is None and m.forecast_on and m.plan_on and m.forecast_on > m.plan_on
        made.rows.append(
            GanttRow(
                m, milestone_name(m), HEAD + n * ROW, bar(m.begin_on, m.plan_on),
                bar(m.baseline_begin_on, m.baseline_on),
                bar(m.forecast_begin_on, m.forecast_on) if m.actual_on is None else None,
                x(m.actual_on) if m.actual_on else None, bool(late),
            )
        )  # fmt: skip
    return made


def _dates(m: Any) -> tuple[date | None, ...]:
    found = (m.begin_on, m.plan_on, m.baseline_begin_on, m.baseline_on, m.actual_on)
    return found if m.actual_on else (*found, m.forecast_begin_on, m.forecast_on)


def _month_of(day: date) -> date:
    return day.replace(day=1)


def _ticks(
    first: date, last: date, x: Any, scale: float
) -> tuple[list[tuple[float, str]], list[tuple[float, str]]]:
    """Months (every one, or each third where they are narrow) and years."""
    every = 1 if scale >= 1.8 else 3
    months, years, day = [], [], first
    while day <= last:
        if day == first or day.month == 1:
            years.append((x(day), str(day.year)))
        if (day.month - 1) % every == 0:
            months.append((x(day), str(day.month)))
        day = _month_of(day + timedelta(32))
    return months, years


@dataclass(frozen=True, slots=True)
class Box:
    """A milestone in the network: its corner, and its name in lines."""

    row: Any
    x: int
    y: int
    lines: tuple[str, ...]
    critical: bool


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge as the path of an SVG."""

    path: str
    critical: bool


@dataclass(slots=True)
class NetworkPicture:
    """The network in layers."""

    width: int
    height: int
    boxes: list[Box] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)


def network_picture(
    nodes: Mapping[str, Node], rows: Mapping[str, Any], path: Path | None
) -> NetworkPicture:
    """Every milestone behind the longest way to it; in a layer near what comes before it."""
    column = layers(nodes)
    places = _places(nodes, column)
    tallest = max(places.values(), default=0) + 1
    wide = max(column.values(), default=0) + 1
    made = NetworkPicture(
        PAD * 2 + wide * BOX_W + (wide - 1) * GAP_X, PAD * 2 + tallest * (BOX_H + GAP_Y) - GAP_Y
    )
    on = path.on if path is not None else frozenset()
    line = edges_of(path.line) if path is not None else set()
    corner = {
        key: (PAD + column[key] * (BOX_W + GAP_X), PAD + places[key] * (BOX_H + GAP_Y))
        for key in nodes
    }
    for key, node in nodes.items():
        made.boxes.append(
            Box(rows[key], *corner[key], wrapped(milestone_name(rows[key])), key in on)
        )
        for before in node.after:
            tied = before in on and key in on
            made.edges.append(
                Edge(_curve(corner[before], corner[key]), tied or (before, key) in line)
            )
    return made


def _places(nodes: Mapping[str, Node], column: Mapping[str, int]) -> dict[str, int]:
    """The row of each milestone within its layer, by where its predecessors are."""
    found: dict[str, int] = {}
    for layer in range(max(column.values(), default=-1) + 1):
        members = [key for key in nodes if column[key] == layer]
        taken: set[int] = set()
        for key in sorted(members, key=lambda k: _wanted(nodes[k], found)):
            place = round(_wanted(nodes[key], found))
            while place in taken:
                place += 1
            taken.add(place)
            found[key] = place
    return found


def _wanted(node: Node, found: Mapping[str, int]) -> float:
    before = [found[a] for a in node.after if a in found]
    return sum(before) / len(before) if before else 0.0


def _curve(start: tuple[int, int], end: tuple[int, int]) -> str:
    x1, y1 = start[0] + BOX_W, start[1] + BOX_H // 2
    x2, y2 = end[0], end[1] + BOX_H // 2
    middle = x2 - GAP_X // 2  # long edges run level first, so that they pass between the boxes
    return f"M{x1} {y1} H{max(x1, middle - 14)} C{middle} {y1} {middle} {y2} {x2 - 4} {y2}"


def wrapped(name: str, most: int = LINE) -> tuple[str, ...]:
    """A name in two lines at most; Latin letters count half."""
    lines, width = [""], 0.0
    for letter in name:
        width += 0.55 if letter.isascii() else 1
        if width > most:
            if len(lines) == 2:
                lines[-1] = lines[-1][:-1] + "…"
                break
            lines.append("")
            width = 1
        lines[-1] += letter
    return tuple(line.strip() for line in lines)
