"""People: searched, paged, added."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from starlette.datastructures import FormData

from config.i18n import gettext as _
from config.roles import Post, Role
from models.directory import PersonInfo
from web.call import Call, reading
from web.forms import posted, text
from web.late import LateRoute
from web.pages.admin.access import require
from web.pages.admin.forms import FRESH, Box, Form, Typed, build, kinds, number, perform, units_of
from web.templating import page, url
from workflow import organisation
from workflow.accounts import admin

router = APIRouter(route_class=LateRoute)
PATH = "/admin/people"
PAGE = 50


@router.get(PATH)
def show(request: Request) -> HTMLResponse:
    """The list, and for the system administrator the form for a new person."""
    with reading(request) as call:
        require(call, "people")
        return listing(call)


def listing(call: Call, typed: Typed = FRESH) -> HTMLResponse:
    """A page of the list, as the query asks."""
    asked = call.request.query_params
    q, unit, role = asked.get("q", "").strip(), asked.get("unit", ""), asked.get("role", "")
    state = asked.get("state", "")
    found = _search(call, q, unit, role, state)
    first = (number(asked.get("page", "")) or 1) - 1
    shown = found[first * PAGE : (first + 1) * PAGE]
    accounts = {a["username"]: a for a in admin.overview(call.s, actor=call.person, now=call.now)}
    query = {"q": q, "unit": unit, "role": role, "state": state}
    return page(
        call,
        "admin/people.html",
        typed.status,
        shown=shown,
        accounts=accounts,
        total=len(found),
        last=min((first + 1) * PAGE, len(found)),
        query=query,
        units=units_of(call, active=False),
        roles=kinds("role", list(Role)),
        next=url(PATH, **query, page=first + 2) if (first + 1) * PAGE < len(found) else "",
        first=url(PATH, **query) if first > 0 else "",
        form=_add_form(call, typed) if call.has(Role.SYSADMIN) else None,
        done=asked.get("done", ""),
    )


def _search(call: Call, q: str, unit: str, role: str, state: str) -> Sequence[PersonInfo]:
    """People whose name or username contains the text, in the order in which they came."""
    people, wanted = call.directory, q.casefold()
    chosen = people.by_code.get(unit)
    return [
        p
        for p in people.people.values()
        if (not wanted or wanted in p.name.casefold() or wanted in p.username.casefold())
        and (chosen is None or p.unit_id == chosen.id)
        and (not role or role in p.roles)
        and (state not in ("active", "inactive") or p.active == (state == "active"))
    ]


def _add_form(call: Call, typed: Typed) -> Form:
    boxes = [
        Box("username", _("Username"), help=_("For signing in; it never changes.")),
        Box("name", _("Name of the person")),
        Box("unit", _("Unit"), options=units_of(call)),
        Box("post", _("Post"), Post.STAFF, options=kinds("post", list(Post))),
        Box("email", _("Mail address"), optional=True),
        Box("phone", _("Telephone"), optional=True),
        Box("wecom_userid", _("WeCom account"), optional=True),
    ]
    return build("add", PATH, _("Add the person"), boxes, typed)


@router.post(PATH)
def add(request: Request, sent: FormData = Depends(posted)) -> Response:
    """Add a person, without any role: those are the security administrator's to give."""

    def act(call: Call) -> None:
        organisation.add_person(
            call.s, username=text(sent, "username"), name=text(sent, "name"),
            unit=text(sent, "unit"), post=text(sent, "post"), email=text(sent, "email"),
            phone=text(sent, "phone"), wecom_userid=text(sent, "wecom_userid"),
            actor=call.person, now=call.now,
        )  # fmt: skip

    target = f"{PATH}/{text(sent, 'username').strip()}"
    return perform(request, sent, "people", "add", act, listing, target, "person_added")
