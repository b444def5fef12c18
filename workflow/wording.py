"""Words for codes: states, lights, rungs, addressees, derivations. Shared by both faces."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from itertools import groupby
from typing import Any

from config.i18n import current_language
from config.i18n import gettext as _
from config.policy import Policy
from config.workflow_definition import MachineDefinition
from models.directory import Directory, UnitInfo
from notifications.kinds import KINDS
from workflow.words import WORDS


def word(group: str, code: str | None) -> str:
    """The present language's word for a code; the code itself when it has none."""
    text = WORDS[group].get(code or "")
    return _(text) if text else code or ""


def ruling_name(kind: str, state: str) -> str:
    """What became of a request of a kind; a return is upheld or moved, not granted or refused."""
    own = f"ruling_{kind}"
    return word(own if state in WORDS.get(own, {}) else "ruling", state)


def role_name(role: str) -> str:
    """A right by its word, with the code that commands take."""
    known = role in WORDS["role"]
    return f"{word('role', role)} ({role})" if known else role


def role_names(roles: Iterable[str]) -> str:
    """Several rights, in the order of their codes."""
    return " / ".join(role_name(role) for role in sorted(roles))


def state_name(machine: MachineDefinition, state: str) -> str:
    """A state's name as the definition gives it."""
    found = machine.states.get(state)
    if found is None:
        return state
    return found.zh if current_language().startswith("zh") else found.en


def kind_name(kind: str) -> str:
    """The name of a kind of notice."""
    return KINDS[kind].title(current_language()) if kind in KINDS else kind


def moment_name(key: str, kind: str | None) -> str:
    """What the clock will do: a rung by its notice, a limit by its name."""
    return kind_name(kind) if kind else word("limit", key.split("#")[0].split(":")[0])


def category_name(policy: Policy, name: str) -> str:
    """A category in the present language. What is stored, and searched, is its Chinese name."""
    known = policy.categories.get(name)
    return known.en if known is not None and current_language() == "en" else name


def unit_label(unit: UnitInfo) -> str:
    """A unit's name in the present language. What is stored, and printed, is its Chinese name."""
    return unit.name_en if current_language() == "en" and unit.name_en else unit.name


def unit_name(people: Directory, unit_id: int | None) -> str:
    """As `unit_label`, empty for none."""
    unit = people.units.get(unit_id or 0)
    return unit_label(unit) if unit is not None else ""


def limit_text(unit: str, n: int | None) -> str:
    """A time limit in words."""
    texts = {
        "working_day": _("{n} working days"),
        "calendar_day": _("{n} calendar days"),
        "working_hour": _("{n} working hours"),
        "fixed_date": _("a fixed date"),
        "open_ended": _("no deadline"),
    }
    return texts.get(unit, unit).format(n=n) if n is not None or unit in texts else unit


def derivation_lines(derivation: Mapping[str, Any]) -> list[str]:
    """Why a deadline is what it is, line by line (invariant 7)."""
    unit, n = str(derivation.get("unit", "")), derivation.get("n")
    counted = unit in ("working_day", "calendar_day", "working_hour") and n is not None
    lines = [
        _("Limit: {limit} ({name}), cause: {cause}").format(
            limit=limit_text(unit, n) if counted else limit_text("fixed_date", None),
            name=word("limit_class", derivation.get("limit_class")),
            cause=word("cause", derivation.get("cause")),
        )
    ]
    if unit == "working_hour" and derivation.get("start"):
        lines.append(_("Hours run from the very moment of the start, within office hours."))
    elif derivation.get("day_zero"):
        lines.append(_("Day zero, not counted: {day}").format(day=derivation["day_zero"]))
    lines += _skips(derivation.get("skipped") or ())
    if derivation.get("makeup"):
        lines.append(
            _("Counted, make-up workdays: {days}").format(days=_days(derivation["makeup"]))
        )
    if derivation.get("pause"):
        pause = derivation["pause"]
        lines.append(
            _("Clock stood still from {start} to {end}; deadline before: {due}").format(
                start=pause["from"], end=pause["to"], due=pause["old_due"]
            )
        )
    if derivation.get("provisional"):
        lines.append(
            _("Provisional: the statutory calendar of a year on the way is not published yet.")
        )
    return lines


def _days(days: Iterable[str]) -> str:
    return ("、" if current_language().startswith("zh") else ", ").join(days)


def _skips(skipped: Iterable[Mapping[str, Any]]) -> list[str]:
    """Days that were stepped over; those in a row of one cause and name are joined."""
    lines = []
    days = [(date.fromisoformat(s["day"]), s["cause"], s["name"]) for s in skipped]
    # days in a row have the same distance from their place in the list
    rows = groupby(enumerate(days), key=lambda x: (x[1][0].toordinal() - x[0], *x[1][1:]))
    for (_distance, cause, name), row in rows:
        found = [day.isoformat() for _place, (day, _cause, _name) in row]
        span = found[0] if len(found) == 1 else f"{found[0]} … {found[-1]}"
        lines.append(
            _("Not counted: {days} ({cause})").format(days=span, cause=name or word("skip", cause))
        )
    return lines
