"""A state machine as a picture: where each state and arrow stands. Geometry only, no markup.

Columns are the phases of the loop. Arrows between the same two states are one line with several
numbers; the numbers are those of the table of transitions beside the picture. Forward to the next
column they are straight, further they arch above, back they arch below, within a column they
bulge sideways.
"""

from __future__ import annotations

from dataclasses import dataclass

from config.workflow_definition import SYSTEM, MachineDefinition, Transition
from workflow.act_words import act_name
from workflow.wording import state_name, word

PHASES = ("discovery", "breakdown", "assignment", "supervision", "closure")
BOX_WIDTH, BOX_HEIGHT = 116, 40
COLUMN, ROW, MARGIN, TOP = 206, 92, 24, 40


@dataclass(frozen=True, slots=True)
class Box:
    """A state with the upper left corner of its box."""

    name: str
    label: str
    x: int
    y: int
    initial: bool
    terminal: bool


@dataclass(frozen=True, slots=True)
class Arrow:
    """A curve between two states. `numbers` are places in the table, counted from 1."""

    path: str
    x: float
    y: float
    numbers: str
    label: str
    by_clock: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """The whole drawing with its size."""

    width: int
    height: int
    columns: list[tuple[int, str]]
    boxes: list[Box]
    arrows: list[Arrow]


def picture(machine: MachineDefinition) -> Picture:
    """Lay a machine out."""
    phases = [p for p in PHASES if any(s.phase == p for s in machine.states.values())]
    arches, below = _extent(machine, phases)
    places = _places(machine, phases, TOP + 22 * arches)
    boxes = [
        Box(name, state_name(machine, name), *places[name], name == machine.initial,
            machine.states[name].terminal)
        for name in machine.states
    ]  # fmt: skip
    bottom = max(y for _x, y in places.values()) + BOX_HEIGHT
    middle = MARGIN + BOX_WIDTH // 2
    columns = [(middle + n * COLUMN, word("phase", phase)) for n, phase in enumerate(phases)]
    width = 2 * MARGIN + (len(phases) - 1) * COLUMN + BOX_WIDTH + 60
    arrows = _arrows(machine, places, TOP + 22 * arches, bottom)
    return Picture(width, bottom + 26 * below + 24, columns, boxes, arrows)


def _extent(machine: MachineDefinition, phases: list[str]) -> tuple[int, int]:
    """How many arches there are above and below."""
    column = {name: phases.index(state.phase) for name, state in machine.states.items()}
    steps = [column[b] - column[a] for a, b in _pairs(machine)]
    return sum(step > 1 for step in steps), sum(step < 0 for step in steps)


def _pairs(machine: MachineDefinition) -> dict[tuple[str, str], list[tuple[int, Transition]]]:
    """Transitions by their two ends, numbered in the order of the definition."""
    found: dict[tuple[str, str], list[tuple[int, Transition]]] = {}
    for number, transition in enumerate(machine.transitions, 1):
        for source in transition.source:
            found.setdefault((source, transition.dest), []).append((number, transition))
    return found


def _places(machine: MachineDefinition, phases: list[str], top: int) -> dict[str, tuple[int, int]]:
    """States in columns, in the order of the definition, the ends last."""
    found: dict[str, tuple[int, int]] = {}
    for column, phase in enumerate(phases):
        names = [n for n, s in machine.states.items() if s.phase == phase and not s.terminal]
        names += [n for n, s in machine.states.items() if s.phase == phase and s.terminal]
        for row, name in enumerate(names):
            found[name] = (MARGIN + column * COLUMN, top + row * ROW)
    return found


def _arrows(
    machine: MachineDefinition, places: dict[str, tuple[int, int]], top: int, bottom: int
) -> list[Arrow]:
    found, above, below, sides = [], 0, 0, dict[int, int]()
    for (source, dest), numbered in _pairs(machine).items():
        a, b = places[source], places[dest]
        if a == b:
            continue
        step = (b[0] - a[0]) // COLUMN
        if step > 1:
            above += 1
            path, x, y = _arch(a, b, top - 20 * above, down=False, lane=above)
        elif step < 0:
            below += 1
            path, x, y = _arch(a, b, bottom + 22 * below, down=True, lane=below)
        elif step == 0:
            sides[a[0]] = sides.get(a[0], 0) + 1
            path, x, y = _bulge(a, b, sides[a[0]])
        else:
            path, x, y = _straight(a, b)
        found.append(_arrow(path, x, y, numbered))
    return found


def _arrow(path: str, x: float, y: float, numbered: list[tuple[int, Transition]]) -> Arrow:
    return Arrow(
        path, x, y, " ".join(str(n) for n, _t in numbered),
        ", ".join(f"{n} {act_name(t.trigger)}" for n, t in numbered),
        all(t.roles == (SYSTEM,) for _n, t in numbered),
    )  # fmt: skip


def _straight(a: tuple[int, int], b: tuple[int, int]) -> tuple[str, float, float]:
    """To the next column, from side to side."""
    x1, y1, x2, y2 = a[0] + BOX_WIDTH, a[1] + BOX_HEIGHT / 2, b[0], b[1] + BOX_HEIGHT / 2
    if a[1] == b[1]:
        return f"M{x1} {y1} L{x2} {y2}", (x1 + x2) / 2, y1
    middle = (x1 + x2) / 2
    path = f"M{x1} {y1} C{middle} {y1} {middle} {y2} {x2} {y2}"
    return path, middle, (y1 + y2) / 2


def _arch(
    a: tuple[int, int], b: tuple[int, int], level: int, *, down: bool, lane: int
) -> tuple[str, float, float]:
    """Over or under the boxes between, on a level of its own."""
    shift = (lane % 4) * 14 - 21
    edge = BOX_HEIGHT if down else 0
    x1, x2 = a[0] + BOX_WIDTH / 2 + shift, b[0] + BOX_WIDTH / 2 - shift
    y1, y2 = a[1] + edge, b[1] + edge
    turn = 8 if down else -8
    side = 8 if x2 > x1 else -8
    path = (
        f"M{x1} {y1} L{x1} {level - turn} Q{x1} {level} {x1 + side} {level} "
        f"L{x2 - side} {level} Q{x2} {level} {x2} {level - turn} L{x2} {y2}"
    )
    return path, (x1 + x2) / 2, level


def _bulge(a: tuple[int, int], b: tuple[int, int], n: int) -> tuple[str, float, float]:
    """Within a column: between neighbours straight down or up, further around the side."""
    up = b[1] < a[1]
    rows = abs(b[1] - a[1]) // ROW
    if rows == 1:
        beside = a[0] + BOX_WIDTH / 2 + (24 if up else -24)
        start, end = (a[1], b[1] + BOX_HEIGHT) if up else (a[1] + BOX_HEIGHT, b[1])
        return f"M{beside} {start} L{beside} {end}", beside, (start + end) / 2
    x = a[0] + BOX_WIDTH
    out = x + 26 + 14 * n
    y1, y2 = a[1] + BOX_HEIGHT / 2 + 8, b[1] + BOX_HEIGHT / 2
    path = f"M{x} {y1} C{out} {y1} {out} {y2} {x} {y2}"
    return path, x + (out - x) * 0.75, (y1 + y2) / 2
