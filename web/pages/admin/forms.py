"""Forms of the administration: inputs, and what happens after one was sent.

A change that is refused shows the page again with the refusals beside their fields; one that is
made leads back to the page, which says so. Whoever may not even open the page gets an error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from web.call import Call, reading, writing
from web.forms import check_csrf, kept
from web.pages.admin.access import require
from web.templating import url
from web.widgets import Options, Widget
from workflow.errors import Reason, WorkflowError
from workflow.wording import unit_label, word


@dataclass(slots=True)
class Typed:
    """What was typed into a form and why it was refused; empty for a fresh page."""

    form: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    error: WorkflowError | None = None

    @property
    def status(self) -> int:
        """The page's status."""
        return self.error.status if self.error is not None else 200

    def of(self, form: str) -> dict[str, Any]:
        """The values of one form."""
        return self.values if form == self.form else {}

    def beside(self, form: str, name: str) -> list[Reason]:
        """The refusals that stand beside an input."""
        if self.error is None or form != self.form:
            return []
        return [reason for reason in self.error.reasons if reason.field == name]

    def general(self, form: str, names: Sequence[str]) -> list[Reason]:
        """The refusals of a form that belong to none of its inputs."""
        if self.error is None or form != self.form:
            return []
        return [reason for reason in self.error.reasons if reason.field not in names]


FRESH = Typed()


@dataclass(slots=True)
class Form:
    """A form as its template prints it."""

    name: str
    action: str
    button: str
    inputs: list[Widget]
    general: list[Reason]
    weighty: bool = False
    hidden: dict[str, str] = field(default_factory=dict)
    files: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """An input: what it is called, what it holds before anything was typed."""

    name: str
    label: str
    value: Any = ""
    kind: str = "line"
    optional: bool = False
    help: str = ""
    type: str = "text"
    options: Options | None = None


def build(
    name: str,
    action: str,
    button: str,
    boxes: Sequence[Box],
    typed: Typed = FRESH,
    *,
    weighty: bool = False,
    hidden: Mapping[str, str] | None = None,
    files: bool = False,
) -> Form:
    """A form, filled with what was typed before a refusal."""
    given = typed.of(name)
    inputs = [
        Widget(
            box.name, box.label, box.kind, _value(box, given, typed.form == name),
            box.optional, box.help, box.type, box.options, typed.beside(name, box.name),
        )
        for box in boxes
    ]  # fmt: skip
    general = typed.general(name, [box.name for box in boxes])
    return Form(name, action, button, inputs, general, weighty, dict(hidden or {}), files)


def _value(box: Box, given: Mapping[str, Any], sent: bool) -> Any:
    if box.kind == "flag":
        return bool(given.get(box.name)) if sent else box.value
    return given.get(box.name, box.value)


def perform(
    request: Request,
    sent: FormData,
    area: str,
    form: str,
    act: Callable[[Call], Any],
    show: Callable[[Call, Typed], HTMLResponse],
    target: str,
    done: str,
) -> Response:
    """Do what a form asks, in one transaction, and lead back to `target`.

    Refused entries show the page again; a lack of rights or an unknown subject is an error page.
    """
    try:
        with writing(request) as call:
            require(call, area)
            check_csrf(call, sent)
            act(call)
    except WorkflowError as error:
        if error.status in (403, 404):
            raise
        with reading(request) as call:
            require(call, area)
            return show(call, Typed(form, kept(sent), error))
    return RedirectResponse(url(target, done=done), status_code=303)


def kinds(group: str, names: Sequence[str]) -> Options:
    """Choices by their words."""
    return [(str(name), word(group, str(name))) for name in names]


def units_of(call: Call, *, active: bool = True) -> Options:
    """Units to choose from, by code."""
    found = sorted(call.directory.units.values(), key=lambda u: u.id)
    return [(u.code, unit_label(u)) for u in found if u.active or not active]


def yes(sent: FormData, name: str) -> bool:
    """Whether a box was ticked."""
    return sent.get(name) == "yes"


def number(text: str) -> int | None:
    """A plain number of an address; None for anything else."""
    plain = text.isascii() and text.isdigit() and len(text) < 11
    return int(text) if plain and int(text) < 2**31 else None
