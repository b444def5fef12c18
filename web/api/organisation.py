"""Units and people."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from config.i18n import N_
from models.directory import PersonInfo, UnitInfo
from web.api import shapes
from web.api.access import ApiRoute, reading
from web.api.params import UnitCode
from web.api.problems import READS, refusals
from web.call import Call
from workflow.calendar_years import find_unit_id

router = APIRouter(route_class=ApiRoute, tags=["organisation"])
Data = dict[str, Any]


@router.get("/units", response_model=shapes.Units, summary=N_("Units"), responses=refusals(READS))
def units(request: Request) -> Data:
    """Every unit, by code."""
    with reading(request) as call:
        known = call.directory.units
        found = sorted(known.values(), key=lambda unit: unit.code)
        return {"items": [_unit(unit, known) for unit in found]}


def _unit(unit: UnitInfo, known: dict[int, UnitInfo]) -> Data:
    parent = known.get(unit.parent_id or 0)
    plain = ("code", "name", "name_en", "kind", "is_board", "active")
    return {name: getattr(unit, name) for name in plain} | {
        "parent": parent.code if parent is not None else None
    }


@router.get(
    "/people",
    response_model=shapes.People,
    summary=N_("People and their roles"),
    description=N_("Addresses and telephone numbers only for the bureau, and of oneself."),
    responses=refusals(READS),
)
def people(request: Request, unit: UnitCode = None) -> Data:
    """By unit and username."""
    with reading(request) as call:
        wanted = find_unit_id(call.s, unit)
        found = [p for p in call.directory.people.values() if wanted in (None, p.unit_id)]
        found.sort(key=lambda p: (call.directory.units[p.unit_id].code, p.username))
        return {"items": [_person(call, person) for person in found]}


def _person(call: Call, person: PersonInfo) -> Data:
    shown = {
        "username": person.username,
        "name": person.name,
        "unit": call.directory.units[person.unit_id].code,
        "post": person.post,
        "roles": sorted(person.roles),
        "active": person.active,
    }
    if call.person.sees_all or person.id == call.person.id:
        shown |= {"email": person.email, "phone": person.phone}
    return shown
