"""Inputs of a form: each field with its value, choices and the refusals that belong to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from config.i18n import current_language
from config.i18n import gettext as _
from models import tables
from web.actions.base import Field
from web.call import Call
from workflow.errors import Reason
from workflow.guards_closure import EVIDENCE_KINDS
from workflow.wording import limit_text, word

Options = list[tuple[str, str]]


@dataclass(slots=True)
class Widget:
    """What the template prints. `options` is None where something is typed."""

    name: str
    label: str
    kind: str
    value: Any
    optional: bool = False
    help: str = ""
    type: str = "text"
    options: Options | None = None
    errors: list[Reason] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The input's id."""
        return f"f-{self.name}"


def widgets(
    call: Call,
    fields: Sequence[Field],
    values: Mapping[str, Any],
    errors: Mapping[str, list[Reason]],
    case: Mapping[str, Any] | None = None,
) -> list[Widget]:
    """The inputs of a form, filled with `values`."""
    return [_widget(call, one, values, errors.get(one.name, []), case) for one in fields]


def _widget(
    call: Call,
    one: Field,
    values: Mapping[str, Any],
    errors: list[Reason],
    case: Mapping[str, Any] | None,
) -> Widget:
    value: Any = values.get(one.name, "")
    if one.kind == "evidence":
        value = {k: v for k, v in values.items() if k.startswith("evidence_")}
    elif one.kind in ("units", "tasks"):
        value = [value] if isinstance(value, str) else list(value or ())
    elif value is None:
        value = ""
    return Widget(
        one.name,
        _(one.label),
        one.kind,
        _shown_moment(call, value) if one.kind == "moment" else value,
        one.optional,
        _(one.help) if one.help else "",
        _type(call, one, value),
        options(call, one, case),
        errors,
    )


def _type(call: Call, one: Field, value: Any) -> str:
    if one.kind == "moment":
        return "date" if len(_shown_moment(call, value)) <= 10 else "datetime-local"
    return {"date": "date", "number": "number"}.get(one.kind, "text")


def _shown_moment(call: Call, value: Any) -> str:
    """A moment as its input wants it: the day alone when it ends with the office day."""
    text = str(value or "")[:16]
    end = call.ctx.policy().hours.day_end
    return text[:10] if text[11:] in ("", end) else text


def options(call: Call, one: Field, case: Mapping[str, Any] | None) -> Options | None:
    """What may be chosen, or None."""
    people, policy = call.directory, call.ctx.policy()
    units = sorted((u for u in people.units.values() if u.active), key=lambda u: u.id)
    if one.kind == "choice":
        return [(value, _(label)) for value, label in one.choices]
    if one.kind in ("unit", "units"):
        return [(u.code, unit_label(u)) for u in units]
    if one.kind == "board":
        return [(u.code, unit_label(u)) for u in units if u.is_board]
    if one.kind == "category":
        return [(name, category_label(name, c)) for name, c in policy.categories.items()]
    if one.kind == "limit":
        return [(k, f"{limit_text(v.unit, v.n)} ({k})") for k, v in policy.limits.items()]
    if one.kind == "person":
        own = [p for p in people.people.values() if p.unit_id == call.person.unit_id and p.active]
        return [(p.username, f"{p.name} {word('post', p.post)}") for p in own]
    if one.kind == "project":
        return project_options(call)
    if one.kind == "evidence":
        return [(kind, word("evidence", kind)) for kind in EVIDENCE_KINDS]
    if one.kind == "tasks":
        return [(t["number"], f"{t['number']} {t['lead_unit']}") for t in (case or {})["tasks"]]
    return None


def unit_label(unit: Any) -> str:
    """A unit's name in the present language."""
    return str(unit.name_en) if current_language() == "en" and unit.name_en else str(unit.name)


def category_label(name: str, category: Any) -> str:
    """A category's name in the present language; its value is always the Chinese one."""
    return f"{category.en} ({name})" if current_language() == "en" else name


def project_options(call: Call) -> Options:
    """Projects by name; their board beside it."""
    project = tables.project.c
    rows = call.s.execute(select(project.name, project.board_id).order_by(project.name))
    return [(row.name, call.directory.unit_name(row.board_id)) for row in rows]
