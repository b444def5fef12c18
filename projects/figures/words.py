"""Words of the targets and monthly figures, for pages, the API and the command line."""

from __future__ import annotations

from decimal import Decimal

from config.i18n import N_
from config.i18n import gettext as _
from projects.targets.formulas import FORMULAS

STATES = {
    "met": N_("Target met"),
    "ahead": N_("Ahead of schedule"),
    "on_course": N_("On schedule"),
    "within": N_("Within the limit"),
    "behind": N_("Behind schedule"),
    "far": N_("Far behind schedule"),
    "over": N_("Above the limit"),
    "unknown": N_("Not reported"),
    "none": N_("No target"),
}
LIGHTS = {
    "met": "green", "ahead": "green", "on_course": "green", "within": "green", "behind": "yellow",
    "far": "red", "over": "red",
    "unknown": "grey", "none": "grey", "passed": "green", "failed": "red", "open": "yellow",
}  # fmt: skip
"""Which light's colour and shape a state wears; its word says the rest."""
GATES = {
    "passed": N_("Gate passed"),
    "failed": N_("Gate missed"),
    "open": N_("Gate not reached yet"),
    "unknown": N_("Not known"),
}
KINDS = {
    "target": N_("Target figure"),
    "baseline": N_("Baseline figure"),
    "actual": N_("Actual figure"),
}
LISTS = {
    "province": N_("Provincial list"), "city": N_("City list"), "district": N_("District list"),
    "industrial": N_("Industrial statistics list"),
}  # fmt: skip


def state_word(state: str) -> str:
    """A cell's state in the request's language."""
    return _(STATES[state])


def gate_word(state: str) -> str:
    """A gate's state in the request's language."""
    return _(GATES[state])


def formula_word(formula: str) -> str:
    """How a figure is found, in the request's language."""
    if not formula:
        return _("Entered by the office")
    return FORMULAS[formula].label if formula in FORMULAS else formula


HOWS = {
    "equal": N_("must be equal"),
    "at_least": N_("rows at least as much"),
    "at_most": N_("rows at most as much"),
    "unchecked": N_("not checked: about, a range, or rows that are not exact"),
}
"""How a printed total is compared with its rows."""


def how_word(how: str) -> str:
    """How a total was compared, in the present language."""
    return _(HOWS[how])


def figure(value: Decimal | None) -> str:
    """A figure without needless zeros; empty where there is none."""
    if value is None:
        return ""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def points(value: Decimal | None) -> str:
    """A distance in percentage points with its sign; empty where there is none."""
    if value is None:
        return ""
    return f"{'+' if value > 0 else ''}{figure(value)}"


def meant(op: str, value: Decimal | None, value_to: Decimal | None) -> str:
    """A target as the plan means it: ≥100, >490, ≤3, 约730, 2–3; empty without one."""
    if value is None:
        return ""
    if op == "range" and value_to is not None:
        return f"{figure(value)}–{figure(value_to)}"
    return {">=": "≥", ">": ">", "<=": "≤", "<": "<", "~": "≈"}.get(op, "") + figure(value)
