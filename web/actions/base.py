"""An action: one command of the loop as portal and API offer it, declared once.

From one declaration come the form with its defaults, the checks of what was typed, the API's
body, and the call of the engine. What may be done, and why not, is the engine's to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache
from inspect import Parameter, signature
from typing import Any, Literal

from config.i18n import gettext as _
from models.db import Session
from models.directory import PersonInfo
from workflow.commands.base import Outcome
from workflow.context import context
from workflow.errors import Malformed, Reason, WorkflowError
from workflow.typed import parse_date, parse_moment

Kind = Literal[
    "line", "text", "date", "moment", "unit", "units", "board", "person", "project", "category",
    "limit", "choice", "flag", "number", "issue", "tasks", "evidence",
]  # fmt: skip
Data = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """A value that an action asks for.

    `label` and `help` are message ids. `choices` are (value, message id). `reasons` are the
    engine's names for the field where they differ, so that a refusal shows beside the input.
    `optional` only tells the form what to mark: what must be there is for the guards to say.
    `note`, a message id, stands beside the label in the place of that mark.
    """

    name: str
    label: str
    kind: Kind = "line"
    optional: bool = False
    help: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    reasons: tuple[str, ...] = ()
    example: Any = None
    many: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Doing:
    """One call of an action: who does it, on what, when, having seen which version."""

    s: Session
    actor: PersonInfo
    now: datetime
    number: str = ""
    version: int | None = None
    prepared_id: int | None = None


Defaults = Callable[[Doing, Data], Data]
"""What a form begins with, from the case file it is about."""


@dataclass(frozen=True, slots=True)
class Action:
    """A command. `name` is its address, `rule` its name in the workflow definition."""

    name: str
    subject: Literal["issue", "task"]
    rule: str
    title: str
    run: Callable[..., Outcome]
    fields: tuple[Field, ...] = ()
    fixed: Data = field(default_factory=dict)
    defaults: Defaults | None = None
    weighty: bool = False
    help: str = ""
    shape: Callable[[Data], Data] | None = None

    def perform(self, doing: Doing, values: Mapping[str, Any]) -> Outcome:
        """Run the command with typed values. Raises what the engine raises."""
        # of a date that is needed the guards say that it is missing, with all else that is
        dates = {f.name for f in self.fields if f.kind in ("date", "moment") and not f.optional}
        given = {k: v for k, v in values.items() if v is not None or k in dates}
        self._refuse_missing(given)
        if self.shape is not None:
            given = self.shape(given)
        subject: Data = {self.subject: doing.number}
        if doing.prepared_id is not None:
            subject = {"prepared_id": doing.prepared_id}
        return self.run(
            doing.s,
            actor=doing.actor,
            now=doing.now,
            expected_version=doing.version,
            **subject,
            **self.fixed,
            **given,
        )

    def _refuse_missing(self, given: Data) -> None:
        """What the command cannot even be called without, and choices that have no default."""
        needed = _needed(self.run)
        missing = [
            one
            for one in self.fields
            if one.name not in given
            and not one.optional  # its shape fills it in
            and (one.name in needed or one.kind == "choice")
        ]
        if missing:
            raise Malformed(*(_missing(one) for one in missing))

    def field_of(self, reason: Reason) -> str:
        """The name of the form's field that a refusal belongs to, or an empty text."""
        for one in self.fields:
            if reason.field and reason.field in (one.name, *one.reasons):
                return one.name
        return ""

    @contextmanager
    def own_names(self) -> Iterator[None]:
        """Refusals raised within name the action's fields, whatever the engine calls them."""
        try:
            yield
        except WorkflowError as error:
            error.reasons = tuple(
                replace(reason, field=self.field_of(reason) or reason.field)
                for reason in error.reasons
            )
            raise


@cache
def _needed(run: Callable[..., Outcome]) -> frozenset[str]:
    """Parameters of a command that have no default."""
    known = signature(run).parameters.values()
    return frozenset(p.name for p in known if p.default is Parameter.empty)


def _missing(one: Field) -> Reason:
    return Reason(
        f"{one.name}_missing",
        _("{field} is missing.").format(field=_(one.label)),
        one.name,
        _remedy(one),
    )


def typed(fields: Sequence[Field], raw: Mapping[str, Any], s: Session) -> Data:
    """Texts of a form, or values of a JSON body, as the engine takes them.

    Raises `Malformed` with a reason for every field that cannot be read. Empty optional values
    become None, so that the engine's own default applies; empty texts stay, so that the guards
    can say what is missing.
    """
    found: Data = {}
    reasons: list[Reason] = []
    for one in fields:
        try:
            found[one.name] = _value(one, raw.get(one.name), s)
        except Malformed as error:
            reasons += error.reasons
    if reasons:
        raise Malformed(*reasons)
    return found


def _value(one: Field, raw: Any, s: Session) -> Any:
    if one.kind == "flag":
        return (
            raw if isinstance(raw, bool) else str(raw or "").lower() in ("1", "on", "true", "yes")
        )
    if one.kind in ("units", "tasks") or one.many:
        return _many(one, raw)
    if isinstance(raw, (datetime, date)):
        raw = raw.isoformat()
    if isinstance(raw, (list, tuple, dict)):
        raise _unreadable(one, str(raw))
    text = "" if raw is None else str(raw).strip()
    _refuse_controls(one, text)
    if not text:
        return "" if one.kind in ("line", "text") and not one.optional else None
    return _read(one, text, s)


def _refuse_controls(one: Field, text: str) -> None:
    """No database takes a lone surrogate, PostgreSQL no NUL: names are looked up as typed."""
    if any((ord(c) < 32 and c not in "\n\r\t") or 0xD800 <= ord(c) <= 0xDFFF for c in text):
        raise _unreadable(one, repr(text))


def _read(one: Field, text: str, s: Session) -> Any:
    if one.kind == "moment":
        ctx = context(s)
        return parse_moment(text, ctx.calendar().tz, one.name, ctx.policy().hours.day_end)
    if one.kind == "date":
        return parse_date(text, one.name)
    if one.kind == "number":
        if not (text.isascii() and text.isdigit() and len(text) <= 9):
            raise _unreadable(one, text)
        return int(text)
    if one.kind == "choice" and text not in {value for value, _label in one.choices}:
        raise _unreadable(one, text)
    return text


def _many(one: Field, raw: Any) -> tuple[str, ...]:
    values = [raw] if isinstance(raw, str) else list(raw or ())
    if not all(isinstance(v, str) for v in values):
        raise _unreadable(one, str(raw))
    for value in values:
        _refuse_controls(one, value)
    return tuple(v.strip() for v in values if v.strip())


def _unreadable(one: Field, text: str) -> Malformed:
    return Malformed(
        Reason(
            f"{one.name}_malformed",
            _("{text} cannot be read here.").format(text=text[:80]),
            one.name,
            _remedy(one),
        )
    )


def _remedy(one: Field) -> str:
    if one.kind == "choice":
        return _("Use one of: {names}.").format(names=", ".join(value for value, _l in one.choices))
    return _("Choose or write a valid value for: {field}.").format(field=_(one.label))
