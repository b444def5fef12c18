"""What to leave out of a ledger: filters by name, as conditions on the issues."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, TypedDict

from sqlalchemy import ColumnElement, select

from config.i18n import gettext as _
from models import tables
from workflow.context import Context
from workflow.errors import Malformed, Reason
from workflow.lights import ORDER as LIGHTS

ENDED = ("closed", "rejected", "merged")
_I, _T = tables.issue.c, tables.task.c


class Filters(TypedDict, total=False):
    """What to leave out: empty means everything. Units by code or name, dates of finding."""

    states: Sequence[str]
    phases: Sequence[str]
    lights: Sequence[str]
    categories: Sequence[str]
    boards: Sequence[str]
    units: Sequence[str]
    projects: Sequence[str]
    found_from: date | None
    found_until: date | None
    open_only: bool
    listed_only: bool
    withdrawn: bool


def conditions(ctx: Context, filters: Filters) -> Iterator[ColumnElement[bool]]:
    """The filters but that of lights, which move by themselves and are computed later.

    Raises `Malformed` for a filter that names what does not exist.
    """
    states = _states(ctx, filters)
    if states is not None:
        yield _I.state.in_(states)
    if filters.get("categories"):
        yield _I.category.in_(filters["categories"])
    if filters.get("boards"):
        yield _I.board_id.in_(unit_ids(ctx, filters["boards"], "boards"))
    if filters.get("units"):
        led = select(_T.id).where(
            _T.issue_id == _I.id, _T.lead_unit_id.in_(unit_ids(ctx, filters["units"], "units"))
        )
        yield led.exists()
    if filters.get("projects"):
        project = tables.project.c
        yield _I.project_id.in_(select(project.id).where(project.name.in_(filters["projects"])))
    yield from _plain_conditions(filters)


def _plain_conditions(filters: Filters) -> Iterator[ColumnElement[bool]]:
    if (first := filters.get("found_from")) is not None:
        yield _I.found_on >= first
    if (until := filters.get("found_until")) is not None:
        yield _I.found_on <= until
    if filters.get("open_only"):
        yield _I.state.not_in(ENDED)
    if filters.get("listed_only"):
        yield _I.listed.is_(True)
    _known("lights", filters.get("lights"), LIGHTS)


def _states(ctx: Context, filters: Filters) -> list[str] | None:
    states, phases = filters.get("states"), filters.get("phases")
    known = ctx.workflow().issue.states
    _known("states", states, known)
    _known("phases", phases, {state.phase for state in known.values()})
    if not states and not phases:
        return None
    return [
        name
        for name, state in known.items()
        if (not states or name in states) and (not phases or state.phase in phases)
    ]


def _known(field: str, wanted: Sequence[str] | None, known: Any) -> None:
    for name in wanted or ():
        if name not in known:
            raise Malformed(
                Reason(
                    f"{field}_unknown",
                    _("Unknown value {name}.").format(name=name),
                    field,
                    _("Use one of: {names}.").format(names=", ".join(sorted(known))),
                )
            )


def unit_ids(ctx: Context, names: Sequence[str], field: str) -> list[int]:
    """Ids of units by code or name. Raises `Malformed` naming one that there is not."""
    units = {name: ctx.directory.find_unit(name) for name in names}
    for name, unit in units.items():
        if unit is None:
            raise Malformed(
                Reason(
                    f"{field}_unknown",
                    _("Unknown unit {name}.").format(name=name),
                    field,
                    _("Use the unit's code or full name."),
                )
            )
    return [unit.id for unit in units.values() if unit is not None]
