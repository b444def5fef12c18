"""Units as a tree: added, corrected, deactivated by the system administrator."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from starlette.datastructures import FormData

from config.i18n import gettext as _
from config.roles import UnitKind
from models.directory import Directory, UnitInfo
from web.call import Call, reading
from web.forms import posted, text
from web.late import LateRoute
from web.pages.admin.access import may_change, require
from web.pages.admin.forms import FRESH, Box, Form, Typed, build, kinds, perform, units_of, yes
from web.templating import page
from workflow import duty, organisation, unit_changes

router = APIRouter(route_class=LateRoute)
PATH = "/admin/units"


@router.get(PATH)
def show_tree(request: Request) -> HTMLResponse:
    """The tree, and the form for a new unit."""
    with reading(request) as call:
        require(call, "units")
        return tree(call)


def tree(call: Call, typed: Typed = FRESH) -> HTMLResponse:
    """The page of all units."""
    change = may_change(call, "units")
    return page(
        call,
        "admin/units.html",
        typed.status,
        rows=list(_rows(call.directory)),
        form=_add_form(call, typed) if change else None,
        done=call.request.query_params.get("done", ""),
    )


def _rows(people: Directory) -> list[dict[str, Any]]:
    """Units depth first, each with its depth and the number of its active people."""
    staff: dict[int, int] = {}
    for person in people.people.values():
        staff[person.unit_id] = staff.get(person.unit_id, 0) + person.active
    below: dict[int | None, list[UnitInfo]] = {}
    for unit in sorted(people.units.values(), key=lambda u: u.id):
        below.setdefault(unit.parent_id, []).append(unit)
    found: list[dict[str, Any]] = []

    def walk(parent: int | None, depth: int) -> None:
        for unit in below.get(parent, []):
            found.append({"unit": unit, "depth": depth, "people": staff.get(unit.id, 0)})
            walk(unit.id, depth + 1)

    walk(None, 0)
    return found


def _boxes(call: Call, unit: UnitInfo | None) -> list[Box]:
    parent = call.directory.units[unit.parent_id].code if unit and unit.parent_id else ""
    above = [(code, name) for code, name in units_of(call) if unit is None or code != unit.code]
    return [
        Box("name", _("Name"), unit.name if unit else ""),
        Box("name_en", _("English name"), unit.name_en if unit else "", optional=True),
        Box("kind", _("Kind"), unit.kind if unit else "", options=kinds("kind", list(UnitKind))),
        Box("parent", _("Unit above"), parent, optional=True, options=above),
        Box("is_board", _("It is a town or street that issues are counted for"),
            unit.is_board if unit else False, kind="flag"),
    ]  # fmt: skip


def _add_form(call: Call, typed: Typed) -> Form:
    code = Box("code", _("Code"), help=_("Short and lasting, e.g. zjj; it never changes."))
    return build("add", PATH, _("Add the unit"), [code, *_boxes(call, None)], typed)


@router.post(PATH)
def add(request: Request, sent: FormData = Depends(posted)) -> Response:
    """Add a unit."""

    def act(call: Call) -> None:
        organisation.add_unit(
            call.s, code=text(sent, "code"), actor=call.person, now=call.now,
            **_posted(sent),
        )  # fmt: skip

    return perform(request, sent, "units", "add", act, tree, PATH, "unit_added")


def _posted(sent: FormData) -> dict[str, Any]:
    return {
        "name": text(sent, "name"),
        "name_en": text(sent, "name_en"),
        "kind": text(sent, "kind"),
        "parent": text(sent, "parent") or None,
        "is_board": yes(sent, "is_board"),
    }


@router.get(PATH + "/{code}")
def show_unit(request: Request, code: str) -> HTMLResponse:
    """One unit with its people and what keeps it from being deactivated."""
    with reading(request) as call:
        require(call, "units")
        return one(call, code)


def one(call: Call, code: str, typed: Typed = FRESH) -> HTMLResponse:
    """The page of a unit."""
    unit = unit_changes.unit_of(call.s, code)
    change, path = may_change(call, "units"), f"{PATH}/{code}"
    boxes = _boxes(call, unit)
    label = _("Deactivate the unit") if unit.active else _("Take the unit back")
    return page(
        call,
        "admin/unit.html",
        typed.status,
        shown=unit,
        parent=call.directory.unit_name(unit.parent_id),
        people=[p for p in call.directory.people.values() if p.unit_id == unit.id],
        form=build("edit", path, _("Save"), boxes, typed) if change else None,
        duty=call.directory.duty_contact(unit.id),
        duty_form=_duty(call, unit, typed) if change and unit.active else None,
        ties=unit_changes.ties(call.s, unit) if unit.active else [],
        switch=build("active", f"{path}/active", label, [], typed, weighty=unit.active,
                     hidden={"active": "" if unit.active else "yes"}) if change else None,
        done=call.request.query_params.get("done", ""),
    )  # fmt: skip


@router.post(PATH + "/{code}")
def edit(request: Request, code: str, sent: FormData = Depends(posted)) -> Response:
    """Correct a unit."""

    def act(call: Call) -> None:
        unit_changes.edit_unit(call.s, code=code, actor=call.person, now=call.now, **_posted(sent))

    def again(call: Call, typed: Typed) -> HTMLResponse:
        return one(call, code, typed)

    return perform(request, sent, "units", "edit", act, again, f"{PATH}/{code}", "saved")


def _duty(call: Call, unit: UnitInfo, typed: Typed) -> Form:
    staff = [
        (p.username, f"{p.name} ({p.username})")
        for p in call.directory.people.values()
        if p.active and p.unit_id == unit.id
    ]
    now = call.directory.duty_contact(unit.id)
    box = Box("duty", _("Duty contact"), now.username if now else "", optional=True, options=staff,
              help=_("Who is told what reaches nobody else in the unit."))  # fmt: skip
    return build("duty", f"{PATH}/{unit.code}/duty", _("Save the duty contact"), [box], typed)


@router.post(PATH + "/{code}/duty")
def name_duty(request: Request, code: str, sent: FormData = Depends(posted)) -> Response:
    """Name the unit's duty contact, or none."""

    def act(call: Call) -> None:
        person = text(sent, "duty") or None
        duty.set_duty(call.s, unit=code, person=person, actor=call.person, now=call.now)

    def again(call: Call, typed: Typed) -> HTMLResponse:
        return one(call, code, typed)

    return perform(request, sent, "units", "duty", act, again, f"{PATH}/{code}", "saved")


@router.post(PATH + "/{code}/active")
def switch(request: Request, code: str, sent: FormData = Depends(posted)) -> Response:
    """Deactivate a unit, or take it back."""

    def act(call: Call) -> None:
        unit_changes.set_unit_active(
            call.s, code=code, active=yes(sent, "active"), actor=call.person, now=call.now
        )

    def again(call: Call, typed: Typed) -> HTMLResponse:
        return one(call, code, typed)

    return perform(request, sent, "units", "active", act, again, f"{PATH}/{code}", "saved")
