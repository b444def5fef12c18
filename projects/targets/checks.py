"""Rows of plans as the office writes them, and what is wrong with them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from config.clock import YEARS
from config.i18n import gettext as _
from config.projects import LISTS
from projects.targets.formulas import FORMULAS
from workflow.errors import Malformed, Reason

KINDS = ("target", "baseline", "actual")
OPS = ("=", ">=", ">", "<=", "<", "~", "range")


@dataclass(frozen=True, slots=True)
class Head:
    """What a plan's first lines say; points are percentage points from 序时进度."""

    name: str
    year: int
    whole: str
    ahead_points: Decimal = Decimal(0)
    behind_points: Decimal = Decimal(10)
    far_points: Decimal = Decimal(30)
    source: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a plan. `value` None: no target was set, which is not zero."""

    level: str
    region: str
    metric: str
    unit: str = ""
    value: Decimal | None = None
    value_to: Decimal | None = None
    op: str = "="
    kind: str = "target"
    source: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate: by the end of `month` the rate of `formula` must reach `threshold` percent."""

    level: str
    name: str
    month: int
    formula: str
    list_code: str
    threshold: Decimal
    source: str = ""


def check_head(head: Head) -> None:
    """Raise `Malformed` naming every fault of a plan's head."""
    points = {n: getattr(head, n) for n in ("ahead_points", "behind_points", "far_points")}
    faults = _texts(
        ("name", head.name, 200, True), ("whole", head.whole, 120, True),
        ("source", head.source, 120, False), ("note", head.note, 500, False),
    )  # fmt: skip
    if head.year not in YEARS:
        faults.append(Reason("year", _("This is no year."), "year", _("Write it as 2026.")))
    if any(not 0 <= value <= 1000 for value in points.values()):
        message = _("Points lie between 0 and 1000.")
        faults.append(Reason("points", message, "behind_points", _("Correct them.")))
    elif head.far_points < head.behind_points:
        message = _("Far behind cannot begin before behind.")
        faults.append(Reason("points", message, "far_points", _("Write a larger number.")))
    _refuse(faults)


def check_line(line: Line) -> None:
    """Raise `Malformed` naming every fault of a row."""
    faults = _texts(
        ("level", line.level, 120, False), ("region", line.region, 120, True),
        ("metric", line.metric, 200, True), ("unit", line.unit, 40, False),
        ("source", line.source, 120, False), ("note", line.note, 500, False),
    )  # fmt: skip
    for field, value, allowed in (("kind", line.kind, KINDS), ("op", line.op, OPS)):
        if value not in allowed:
            faults.append(_unknown(field, value, allowed))
    if (line.op == "range") != (line.value_to is not None):
        message = _("A range has a lower and an upper end, and nothing else has.")
        faults.append(Reason("range", message, "value", _("Write it as 2-3.")))
    elif line.value_to is not None and (line.value is None or line.value_to < line.value):
        message = _("The upper end lies below the lower.")
        faults.append(Reason("range", message, "value", _("Write it as 2-3.")))
    _refuse(faults)


def check_formula(formula: str, list_code: str) -> None:
    """Raise `Malformed` for an unknown formula, or one without a list."""
    if formula and formula not in FORMULAS:
        raise Malformed(_unknown("formula", formula, tuple(FORMULAS)))
    if formula and list_code not in LISTS:
        raise Malformed(_unknown("list_code", list_code, LISTS))


def check_gate(gate: Gate) -> None:
    """Raise `Malformed` for a gate that cannot be judged."""
    faults = _texts(("name", gate.name, 200, True), ("level", gate.level, 120, False))
    if gate.month not in range(1, 13):
        faults.append(Reason("month", _("This is no month."), "month", _("Write 1 to 12.")))
    if not 0 < gate.threshold <= 1000:
        message = _("A threshold is a percentage above 0.")
        faults.append(Reason("threshold", message, "threshold", _("Write e.g. 80.")))
    _refuse(faults)
    check_formula(gate.formula, gate.list_code)
    if not gate.formula or FORMULAS[gate.formula].kind != "rate":
        rates = tuple(name for name, f in FORMULAS.items() if f.kind == "rate")
        raise Malformed(_unknown("formula", gate.formula, rates))


def check_shares(shares: Mapping[int, Decimal]) -> None:
    """Raise `Malformed` for monthly tasks that fall or leave 0 to 100."""
    if any(month not in range(1, 13) for month in shares):
        raise Malformed(Reason("month", _("This is no month."), "month", _("Write 1 to 12.")))
    values = [shares[month] for month in sorted(shares)]
    if any(not 0 <= value <= 100 for value in values) or values != sorted(values):
        message = _("Shares lie between 0 and 100 and never fall from month to month.")
        raise Malformed(Reason("shares", message, "shares", _("They are cumulative.")))


def _texts(*fields: tuple[str, str, int, bool]) -> list[Reason]:
    faults = []
    for name, text, most, needed in fields:
        if needed and not text.strip():
            faults.append(Reason("required", _("This must be filled in."), name, _("Fill it in.")))
        if len(text) > most:
            message = _("The text is longer than {n} characters.").format(n=most)
            faults.append(Reason("text_long", message, name, _("Shorten it.")))
    return faults


def _unknown(field: str, value: str, allowed: tuple[str, ...]) -> Reason:
    message = _("Unknown value {value}.").format(value=value[:40])
    return Reason("unknown", message, field, _("Use one of: {names}.").format(
        names=", ".join(allowed)
    ))  # fmt: skip


def _refuse(faults: list[Reason]) -> None:
    if faults:
        raise Malformed(*faults)
