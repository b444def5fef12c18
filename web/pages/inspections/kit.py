"""What these pages share: reading typed values, sending a form once, refusals on the own page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from config.i18n import gettext as _
from config.roles import BUREAU_WIDE
from projects.access import INSPECTORS
from web.call import Call, reading, writing
from web.forms import check_csrf, text
from web.navigation import refuse_administrators
from web.templating import url
from web.widgets import category_label
from workflow.errors import (
    GuardFailed,
    IllegalTransition,
    Malformed,
    Reason,
    StaleVersion,
    WorkflowError,
)
from workflow.inspection_words import INSPECTION_WORDS
from workflow.typed import parse_date, parse_moment
from workflow.wording import unit_label, word

Data = dict[str, Any]
Number = Annotated[int, Path(ge=1, lt=2**31)]
Before = Annotated[int | None, Query(ge=1, lt=2**31)]
PAGE = 50
ON_THE_PAGE = (Malformed, GuardFailed, IllegalTransition, StaleVersion)
"""Refusals that are shown where the form stands; others have a page of their own."""
Show = Callable[[Call, WorkflowError], HTMLResponse]


def send(request: Request, sent: FormData, act: Callable[[Call], str], show: Show) -> Response:
    """Do what a form asks for and lead on to the address that `act` gives; what is refused is
    shown by `show`, in a transaction of its own."""
    try:
        with writing(request) as call:
            check_csrf(call, sent)
            refuse_administrators(call)
            target = act(call)
    except ON_THE_PAGE as error:
        with reading(request) as call:
            return show(call, error)
    return RedirectResponse(target, status_code=303)


def version(sent: FormData) -> int | None:
    """The version that the form was shown with."""
    return whole(sent, "version")


def whole(sent: FormData, name: str) -> int | None:
    """A whole number, or None for a blank field. Raises `Malformed`."""
    given = text(sent, name).strip()
    if not given:
        return None
    if not (given.isascii() and given.isdecimal() and len(given) < 10):
        message = _("{value} is not a number.").format(value=given[:40])
        raise Malformed(Reason(f"{name}_malformed", message, name, _("Write digits.")))
    return int(given)


def wholes(sent: FormData, name: str) -> tuple[int, ...]:
    """Whole numbers of a field that may repeat; anything else is left out."""
    given = (v.strip() for v in sent.getlist(name) if isinstance(v, str))
    return tuple(int(v) for v in given if v.isascii() and v.isdecimal() and len(v) < 10)


def day(sent: FormData, name: str) -> date | None:
    """A date, or None for a blank field. Raises `Malformed`."""
    given = text(sent, name).strip()
    return parse_date(given, name) if given else None


def needed_day(sent: FormData, name: str) -> date:
    """A date. Raises `Malformed` for a blank field."""
    found = day(sent, name)
    if found is None:
        raise Malformed(
            Reason(f"{name}_missing", _("The date is missing."), name, _("Choose a day."))
        )
    return found


def moment(call: Call, sent: FormData, name: str) -> datetime | None:
    """A moment; a date alone means close of business."""
    given = text(sent, name).strip()
    end = call.ctx.policy().hours.day_end
    return parse_moment(given, call.zone, name, end) if given else None


def tabs(call: Call) -> list[tuple[str, str, bool]]:
    """The registers of these pages: address, name, whether it is the present one."""
    here = call.request.url.path
    found = [
        ("/inspections", _("Inspections")),
        ("/inspections/instructions", _("Instructions")),
        ("/evaluations", _("Evaluations")),
    ]
    if sees_samples(call):
        found.insert(2, ("/inspections/samples", _("Samples")))
    return [(path, name, path == here) for path, name in found]


def sees_samples(call: Call) -> bool:
    """Samples are shown to who oversees the zone."""
    return bool(call.person.roles & BUREAU_WIDE)


def inspects(call: Call) -> bool:
    """Whether the person plans and leads inspections."""
    return bool(call.person.roles & INSPECTORS)


def choices(group: str) -> list[tuple[str, str]]:
    """Codes of a group with their words."""
    return [(code, word(group, code)) for code in INSPECTION_WORDS[group]]


def categories(call: Call) -> list[tuple[str, str]]:
    """Categories of issues; the value is always the Chinese name."""
    return [(name, category_label(name, one)) for name, one in call.ctx.policy().categories.items()]


def units(call: Call, *, boards: bool = False) -> list[tuple[str, str]]:
    """Active units by code."""
    found = sorted((u for u in call.directory.units.values() if u.active), key=lambda u: u.id)
    return [(u.code, unit_label(u)) for u in found if u.is_board or not boards]


def people_with(call: Call, roles: frozenset[Any]) -> list[tuple[str, str]]:
    """Active people with one of the roles, by username, with their unit."""
    found = (p for p in call.directory.people.values() if p.active and p.roles & roles)
    names = call.directory
    return [(p.username, f"{p.name}（{names.unit_name(p.unit_id)}）") for p in found]


def older(path: str, rows: list[Any], **query: Any) -> tuple[list[Any], str]:
    """The rows of a page, and the address of the next one if there is one."""
    shown = rows[:PAGE]
    more = url(path, before=shown[-1].id, **query) if len(rows) > PAGE else ""
    return shown, more


def done_text(code: str) -> str:
    """What was done, told after it; nothing for an unknown code."""
    texts = {
        "planned": _("The inspection is planned; the units of its sites are told."),
        "start": _("The inspection has begun."),
        "sites": _("The sites were changed."),
        "visit": _("The visit is noted."),
        "close": _("The inspection is closed, and its report is frozen."),
        "drop": _("It was struck out; the reason is kept."),
        "settle": _("The finding is noted as settled on the spot."),
        "correct": _("The finding was corrected."),
        "given": _("The instruction is recorded, and its unit is told."),
        "answer": _("The answer was sent."),
        "accept": _("The answer is accepted."),
        "return": _("The answer went back with a new limit."),
        "withdraw": _("It was withdrawn; the reason is kept."),
        "raise": _("It has become an issue."),
        "figures": _("The figures were handed in."),
        "send_back": _("The figures went back for correction."),
        "grade": _("The grade is given, and the project is tagged with it."),
        "attach": _("The commitment is attached."),
        "change": _("The commitment was changed; its old words are kept."),
    }
    return texts.get(code, "")
