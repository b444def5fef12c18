"""All figures of a month from its facts; ranks within classes. Pure."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from threading import Lock

from projects.kpi import targets
from projects.kpi.base import GAP, ZERO, Content, Figure, Month, Part, counted, elapsed_of
from projects.kpi.declared import KPIS
from projects.kpi.scopes import members, scopes, units_of

Table = Mapping[tuple[str, str], Figure]
"""Figures by their key and scope."""


def table(content: Content) -> dict[tuple[str, str], Figure]:
    """Every declared figure of every scope, and the attainment of targets."""
    month = Month(content)
    elapsed = elapsed_of(month.name)
    made: dict[object, list[Part]] = {}
    found: dict[tuple[str, str], Figure] = {}
    wanted = [(scope, members(content, scope)) for scope in scopes(content)]
    for kpi in KPIS.values():
        parts = made.setdefault(kpi.parts, kpi.parts(month))
        gone = elapsed if kpi.sort == GAP else ZERO
        for scope, units in wanted:
            figure = Figure(kpi.key, kpi.sort, scope, *counted(kpi, scope, units, parts), gone)
            found[kpi.key, scope] = figure
    found.update({(one.kpi, one.scope): one for one in targets.figures(content)})
    return found


def parts_of(content: Content, key: str) -> list[Part]:
    """The rows that count in a declared figure."""
    return KPIS[key].parts(Month(content))


@dataclass(frozen=True, slots=True)
class Place:
    """A unit's place among its like; None below the number of cases, or without a figure."""

    unit_id: int
    rank: int | None
    of: int


def ranks(content: Content, found: Table, key: str) -> dict[int, Place]:
    """Places by a figure within each class, by unit. Equal figures share a place; a unit with
    fewer than `rank_from` cases has none, and neither has a figure of which no end is better."""
    better, least = KPIS[key].better, Month(content).rank_from
    groups: dict[str, list[tuple[int, Decimal]]] = {}
    units = units_of(content)
    for unit in units if better else []:
        figure = found[key, unit.scope]
        if figure.value is not None and figure.n >= least and unit.group != "other":
            groups.setdefault(unit.group, []).append((unit.id, figure.value))
    places = {unit.id: Place(unit.id, None, 0) for unit in units}
    for group in groups.values():
        for unit_id, value in group:
            ahead = sum(_ahead(other, value, better) for _id, other in group)
            places[unit_id] = Place(unit_id, ahead + 1, len(group))
    return places


def _ahead(other: Decimal, value: Decimal, better: str) -> bool:
    return other > value if better == "high" else other < value


class _Kept:
    """Tables of frozen months by digest: what a digest names never changes."""

    def __init__(self, most: int = 8) -> None:
        self._kept: OrderedDict[str, Table] = OrderedDict()
        self._most, self._lock = most, Lock()

    def get(self, digest: str, content: Content) -> Table:
        """The table of a frozen content, worked out once."""
        with self._lock:
            found = self._kept.get(digest)
        if found is None:
            found = table(content)
            with self._lock:
                self._kept[digest] = found
                while len(self._kept) > self._most:
                    self._kept.popitem(last=False)
        return found


_KEPT = _Kept()


def frozen_table(content: Content, digest: str) -> Table:
    """The same as `table`, kept by the content's digest."""
    return _KEPT.get(digest, content)
