"""One person: particulars, roles, account, sessions. Each act is one administrator's (三员分立)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from starlette.datastructures import FormData

from config.i18n import gettext as _
from config.roles import Post, Role
from models.directory import PersonInfo
from web.call import Call, database, reading
from web.forms import check_csrf, posted, text
from web.late import LateRoute
from web.pages.admin.access import require
from web.pages.admin.forms import (
    FRESH,
    Box,
    Form,
    Typed,
    build,
    kinds,
    number,
    perform,
    units_of,
    yes,
)
from web.shown_once import forget, led_on, waiting
from web.templating import page
from workflow import organisation, person_changes, rights
from workflow.accounts import admin, passwords, sessions, tokens
from workflow.errors import GuardFailed, Reason, WorkflowError
from workflow.wording import unit_name

router = APIRouter(route_class=LateRoute)
PATH = "/admin/people/{username}"


@router.get(PATH)
def show(request: Request, username: str) -> HTMLResponse:
    """The page of a person; a new password is shown this one time."""
    with reading(request) as call:
        require(call, "people")
        answer = one(call, username, password=waiting(request, f"password:{username}"))
    forget(request, answer)
    return answer


def one(call: Call, username: str, typed: Typed = FRESH, password: str = "") -> HTMLResponse:
    """The page; `password` is shown where there is a new one."""
    person = organisation.find_person(call.s, username)
    secadmin = call.has(Role.SECADMIN)
    return page(
        call,
        "admin/person.html",
        typed.status,
        shown=person,
        shown_unit=unit_name(call.directory, person.unit_id),
        granted=sorted(person_changes.granted(call.s, person)),
        account=_account(call, person),
        open_tasks=person_changes.tasks_of(call.s, person),
        sessions=sessions.own(call.s, person, call.now) if secadmin else [],
        tokens=tokens.listed(call.s, username=username, actor=call.person) if secadmin else [],
        forms=_forms(call, person, typed),
        secadmin=secadmin,
        password=password,
        done=call.request.query_params.get("done", ""),
    )


def _account(call: Call, person: PersonInfo) -> dict[str, Any]:
    found = admin.overview(call.s, actor=call.person, now=call.now)
    return next(account for account in found if account["username"] == person.username)


def _forms(call: Call, person: PersonInfo, typed: Typed) -> dict[str, Form]:
    """The forms that this administrator has."""
    path, found = f"/admin/people/{quote(person.username)}", dict[str, Form]()
    held = person_changes.granted(call.s, person)
    watching = bool(held & admin.WATCHING)
    keeper = Role.SECADMIN if watching else Role.SYSADMIN
    if call.has(Role.SYSADMIN):
        found["edit"] = build("edit", path, _("Save"), _particulars(person), typed)
    if call.has(person_changes.mover_of(held)):
        unit = call.directory.units[person.unit_id].code
        box = Box("unit", _("Unit"), unit, options=units_of(call))
        found["move"] = build("move", f"{path}/move", _("Move the person"), [box], typed)
    if call.has(Role.SECADMIN):
        free = [r for r in Role if r not in held]
        box = Box("role", _("Role"), options=kinds("role", free))
        found["grant"] = build("grant", f"{path}/grant", _("Grant the role"), [box], typed)
        found["revoke"] = build("revoke", f"{path}/revoke", _("Take the role away"), [], typed)
        found["unlock"] = build("unlock", f"{path}/unlock", _("Unlock the account"), [], typed)
        found["sessions"] = build("sessions", f"{path}/sessions", _("End every session"), [], typed)
    if call.has(keeper):
        has = _account(call, person)["account"]
        label = _("Set a new password") if has else _("Create the account")
        found["account"] = build("account", f"{path}/account", label, [], typed, weighty=has)
    waking = Role.SECADMIN if held else Role.SYSADMIN
    if call.has(keeper if person.active else waking):
        label = _("Deactivate the person") if person.active else _("Take the person back")
        hidden = {"active": "" if person.active else "yes"}
        found["active"] = build(
            "active", f"{path}/active", label, [], typed, weighty=person.active, hidden=hidden
        )
    return found


def _particulars(person: PersonInfo) -> list[Box]:
    return [
        Box("name", _("Name of the person"), person.name),
        Box("post", _("Post"), person.post, options=kinds("post", list(Post))),
        Box("email", _("Mail address"), person.email or "", optional=True),
        Box("phone", _("Telephone"), person.phone or "", optional=True),
        Box("wecom_userid", _("WeCom account"), person.wecom_userid or "", optional=True),
    ]


def _do(
    request: Request,
    sent: FormData,
    username: str,
    form: str,
    act: Callable[[Call], Any],
    done: str = "saved",
) -> Response:
    def again(call: Call, typed: Typed) -> HTMLResponse:
        return one(call, username, typed)

    target = f"/admin/people/{quote(username)}"
    return perform(request, sent, "people", form, act, again, target, done)


@router.post(PATH)
def edit(request: Request, username: str, sent: FormData = Depends(posted)) -> Response:
    """Correct the particulars."""

    def act(call: Call) -> None:
        person_changes.edit_person(
            call.s, username=username, name=text(sent, "name"), post=text(sent, "post"),
            email=text(sent, "email"), phone=text(sent, "phone"),
            wecom_userid=text(sent, "wecom_userid") if "wecom_userid" in sent else None,
            actor=call.person, now=call.now,
        )  # fmt: skip

    return _do(request, sent, username, "edit", act)


@router.post(PATH + "/move")
def move(request: Request, username: str, sent: FormData = Depends(posted)) -> Response:
    """Move the person to another unit, which ends every session."""
    return _do(
        request, sent, username, "move",
        lambda call: person_changes.move_person(
            call.s, username=username, unit=text(sent, "unit"), actor=call.person, now=call.now
        ),
    )  # fmt: skip


@router.post(PATH + "/grant")
def grant(request: Request, username: str, sent: FormData = Depends(posted)) -> Response:
    """Give a role; what must be kept apart is refused."""
    return _do(
        request, sent, username, "grant",
        lambda call: rights.grant(
            call.s, username=username, role=text(sent, "role"), actor=call.person, now=call.now
        ),
        "granted",
    )  # fmt: skip


@router.post(PATH + "/revoke")
def revoke(request: Request, username: str, sent: FormData = Depends(posted)) -> Response:
    """Take a role away."""
    return _do(
        request, sent, username, "revoke",
        lambda call: rights.revoke(
            call.s, username=username, role=text(sent, "role"), actor=call.person, now=call.now
        ),
        "revoked",
    )  # fmt: skip


@router.post(PATH + "/active")
def switch(request: Request, username: str, sent: FormData = Depends(posted)) -> Response:
    """Deactivate the person, or take the person back."""
    return _do(
        request, sent, username, "active",
        lambda call: person_changes.set_person_active(
            call.s, username=username, active=yes(sent, "active"), actor=call.person, now=call.now
        ),
    )  # fmt: skip


@router.post(PATH + "/unlock")
def unlock(request: Request, username: str, sent: FormData = Depends(posted)) -> Response:
    """End a lock before its time."""
    return _do(
        request, sent, username, "unlock",
        lambda call: admin.unlock(
            call.s, username=username, actor=call.person, now=call.now
        ),
        "unlocked",
    )  # fmt: skip


@router.post(PATH + "/sessions")
def end_sessions(request: Request, username: str, sent: FormData = Depends(posted)) -> Response:
    """End one session, or all of them."""

    def act(call: Call) -> None:
        chosen = number(text(sent, "session"))
        if chosen is None:
            sessions.end_every(call.s, username=username, actor=call.person, now=call.now)
        else:
            sessions.end_one(call.s, session_id=chosen, actor=call.person, now=call.now)

    return _do(request, sent, username, "sessions", act, "sessions_ended")


@router.post(PATH + "/account")
def account(request: Request, username: str, sent: FormData = Depends(posted)) -> Response:
    """Create the account or set its password anew; the new password is shown once.

    Hashing happens between two short transactions, so the commands take the database.
    """
    with reading(request) as call:
        require(call, "people")
        check_csrf(call, sent)
        person = organisation.find_person(call.s, username)
        if person.id == call.person.id:  # it would end the session that has to show the password
            return one(call, username, Typed("account", {}, _own_account()))
        has, actor, now = _account(call, person)["account"], call.person, call.now
    password = passwords.generate()
    command = admin.reset if has else admin.create
    try:
        command(database(request), username=username, password=password, actor=actor, now=now)
    except WorkflowError as error:
        if error.status in (403, 404):
            raise
        with reading(request) as call:
            return one(call, username, Typed("account", {}, error))
    path = PATH.replace("{username}", quote(username))
    return led_on(request, path, f"password:{username}", password)


def _own_account() -> GuardFailed:
    message = _("Your own password is changed on the page of your account.")
    return GuardFailed(Reason("own_account", message, remedy=_("Open My account.")))
