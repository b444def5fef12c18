"""Values that the ledger's filter knows by name; what is no value is refused, never left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select

from config.i18n import N_
from config.i18n import gettext as _
from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries.definitions import Definitions, definitions
from models.queries.paging import LIGHTS
from models.queries.scope import visible_issues
from workflow.errors import Malformed, Reason

COORDINATION_LEVELS = range(1, 5)
FLAG_VALUES = {"1": True, "true": True, "0": False, "false": False}
NAMED = ("phase", "state", "light", "category", "source")
"""Names whose values are words of the definitions, the policies or the platforms."""
LABELS = {
    "phase": N_("Phase"), "state": N_("State"), "light": N_("Light"), "category": N_("Category"),
    "source": N_("Platform it came from"), "board": N_("Town or street"),
    "unit": N_("Lead unit"), "co_unit": N_("Supporting unit"),
    "reporter_unit": N_("Reporting unit"), "project": N_("Project"),
    "level": N_("Supervision level"), "level_from": N_("Supervision level"),
    "coordination": N_("Coordination level"), "waiting": N_("To-do"), "sort": N_("Order"),
    "q": N_("Search"), "open": N_("Open only"), "overdue": N_("Overdue"),
    "listed": N_("On the supervision list"), "relapsed": N_("Relapsed"),
    "urgent": N_("Urgent"), "major": N_("Major"), "running": N_("Handed over, not handed in"),
}  # fmt: skip
"""What the ledger's form calls a name of the address."""
_COLUMNS = {"category": tables.issue.c.category, "source": tables.issue.c.source_system}


def unknown(s: Session, actor: PersonInfo, given: Mapping[str, list[str]]) -> list[Reason]:
    """A reason for every value that no version of the rules, no platform and no issue within the
    actor's scope knows, naming those there are."""
    found = []
    for name in NAMED:
        known = known_values(s, name) if given[name] else ()
        odd = [v for v in given[name] if v not in known]
        met = _on_issues(s, actor, name, odd) if odd else ()
        wrong = [v for v in odd if v not in met]
        found += [reason for v in wrong for reason in refused(name, v, one_of(known)).reasons]
    return found


def known_values(s: Session, name: str) -> tuple[str, ...]:
    """The values of a name in `NAMED` that a person may ask for."""
    if name == "light":
        return LIGHTS
    if name == "source":
        code = tables.source_system.c.code
        return tuple(s.execute(select(code).order_by(code)).scalars())
    return tuple(dict.fromkeys(_defined(definitions(s), name)))


def _defined(rules: Definitions, name: str) -> Iterable[str]:
    """Values of every stored version, the newest first: an issue keeps the version it has."""
    if name == "category":
        return (c for key in _newest(rules.policies) for c in rules.policies[key].categories)
    machines = [rules.workflows[key].issue for key in _newest(rules.workflows)]
    if name == "state":
        return (state for machine in machines for state in machine.states)
    return (state.phase for machine in machines for state in machine.states.values())


def _newest(versions: dict[int, Any]) -> list[int]:
    return sorted(versions, reverse=True)


def _on_issues(s: Session, actor: PersonInfo, name: str, values: list[str]) -> set[str]:
    """An imported ledger's name is on its issues alone, as is a draft's odd category."""
    column = _COLUMNS.get(name)
    if column is None:
        return set()
    chosen = select(column).where(column.in_(values), visible_issues(actor)).distinct()
    return set(s.execute(chosen).scalars())


def known_numbers(s: Session, name: str) -> range:
    """The levels that a name may ask for: of supervision by every stored policy, or fixed ones."""
    if name == "coordination":
        return COORDINATION_LEVELS
    ladders = (policy.ladder for policy in definitions(s).policies.values())
    return range(max((rung.level for ladder in ladders for rung in ladder), default=0) + 1)


def number(s: Session, name: str, text: str) -> int:
    """A level by its digits. Raises `Malformed` naming those there are."""
    known = known_numbers(s, name)
    if not (text.isascii() and text.isdigit() and len(text) < 3 and int(text) in known):
        raise refused(name, text, one_of(map(str, known)))
    return int(text)


def flag(name: str, text: str) -> bool:
    """Yes or no; empty is no. Raises `Malformed`."""
    if text and text.lower() not in FLAG_VALUES:
        raise refused(name, text, one_of(("1", "0")))
    return FLAG_VALUES.get(text.lower(), False)


def one_of(names: Iterable[str]) -> str:
    """The remedy that lists what there is."""
    return _("Use one of: {names}.").format(names=", ".join(names))


def refused(name: str, text: str, remedy: str) -> Malformed:
    """The refusal of one value; the message names the field as form and address do."""
    message = _("{field} ({name}): {text} cannot be read here.").format(
        field=_(LABELS.get(name, name)), name=name, text=text[:80]
    )
    return Malformed(Reason(f"{name}_malformed", message, name, remedy))
