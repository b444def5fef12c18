"""Whose figures there are: the zone, classes of like units, single units. Never of persons."""

from __future__ import annotations

from dataclasses import dataclass

from config.i18n import N_
from config.roles import UnitKind
from projects.kpi.base import Content

ZONE = "zone"
CLASSES: dict[str, tuple[str, str]] = {
    "town": ("镇", N_("Towns")),
    "street": ("街道", N_("Streets")),
    "department": ("职能部门", N_("Departments")),
    "other": ("其他单位", N_("Other units")),
}
"""In the order of tables: what documents call a class, and its name on pages."""
_OF_KIND = {
    UnitKind.TOWN: "town",
    UnitKind.STREET: "street",
    UnitKind.DEPARTMENT: "department",
    UnitKind.BUREAU: "department",
}


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as the month knows it."""

    id: int
    code: str
    name: str
    name_en: str
    kind: str
    is_board: bool
    active: bool

    @property
    def group(self) -> str:
        """The class that it is compared within."""
        return _OF_KIND.get(UnitKind(self.kind), "other")

    @property
    def scope(self) -> str:
        """Its scope of figures."""
        return f"unit:{self.id}"


def units_of(content: Content) -> list[Unit]:
    """The month's units by class and id."""
    found = [Unit(**{name: u[name] for name in Unit.__slots__}) for u in content["units"]]
    return sorted(found, key=lambda u: (list(CLASSES).index(u.group), u.id))


def members(content: Content, scope: str) -> frozenset[int] | None:
    """Ids of the units of a scope; None for the zone, which is everybody's."""
    kind, _colon, key = scope.partition(":")
    if kind == ZONE:
        return None
    if kind == "class":
        return frozenset(u.id for u in units_of(content) if u.group == key)
    return frozenset([int(key)])


def scopes(content: Content) -> list[str]:
    """The zone, the classes, the units: in the order of tables."""
    units = units_of(content)
    groups = [group for group in CLASSES if any(u.group == group for u in units)]
    return [ZONE, *(f"class:{group}" for group in groups), *(u.scope for u in units)]
