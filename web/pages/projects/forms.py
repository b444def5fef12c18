"""Forms of the project side: inputs, and what happens after one was sent.

A change that is refused shows its form again with the refusals beside their fields; one that is
made leads to `target`, which says so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from config.i18n import gettext as _
from models.directory import Directory
from web.call import Call, reading, writing
from web.forms import check_csrf, kept, text
from web.pages.admin.forms import FRESH, Box, Form, Typed, build
from web.templating import page, url
from web.widgets import Options
from workflow.errors import Malformed, Reason, WorkflowError
from workflow.typed import parse_date
from workflow.wording import unit_label

__all__ = ["FRESH", "Box", "Form", "Typed", "build", "day", "form_page", "people_of", "perform",
           "today", "units_of", "version"]  # fmt: skip


def perform(
    request: Request,
    sent: FormData,
    form: str,
    act: Callable[[Call], str],
    show: Callable[[Call, Typed], Response],
    done: str,
) -> Response:
    """Do what a form asks, in one transaction, and lead to the address that `act` names."""
    try:
        with writing(request) as call:
            check_csrf(call, sent)
            target = act(call)
    except WorkflowError as error:
        if error.status in (403, 404):
            raise
        with reading(request) as call:
            return show(call, Typed(form, kept(sent), error))
    return RedirectResponse(url(target, done=done), status_code=303)


def form_page(
    call: Call,
    form: Form,
    title: str,
    crumbs: list[tuple[str, str]],
    status: int = 200,
    hint: str = "",
    cancel: str = "/projects",
) -> HTMLResponse:
    """A page with one form. `crumbs` are paths with their names, from the outermost on."""
    return page(
        call, "projects/form.html", status, form=form, title=title, crumbs=crumbs, hint=hint,
        cancel=cancel,
    )  # fmt: skip


def version(sent: FormData) -> int | None:
    """The version that the form was shown with."""
    found = text(sent, "version")
    return int(found) if found.isascii() and found.isdigit() and len(found) < 10 else None


def day(sent: FormData, name: str) -> Any:
    """A date that must be given. Raises `Malformed` naming the field."""
    found = text(sent, name).strip()
    if not found:
        message = _("The date is missing.")
        raise Malformed(Reason(f"{name}_missing", message, name, _("Choose a date.")))
    return parse_date(found, name)


def today(call: Call) -> str:
    """The local day, as a date input wants it."""
    return call.now.astimezone(call.zone).date().isoformat()


def units_of(people: Directory, *, boards: bool = False) -> Options:
    """Active units to choose from, by code."""
    found = sorted(people.units.values(), key=lambda u: u.id)
    return [(u.code, unit_label(u)) for u in found if u.active and (u.is_board or not boards)]


def people_of(people: Directory) -> Options:
    """Active people to choose from, unit by unit."""
    found = sorted(people.people.values(), key=lambda p: (p.unit_id, p.id))
    return [(p.username, f"{p.name}（{people.unit_name(p.unit_id)}）") for p in found if p.active]
