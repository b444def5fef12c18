"""Inputs of a form: each field with its value, choices and the refusals that belong to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from config.i18n import current_language
from config.i18n import gettext as _
from config.policy_parts import BOARD
from models import tables
from models.queries.projects import visible_projects
from web.actions.base import Field
from web.call import Call
from web.candidates import FIND, Candidate, candidates
from workflow.errors import Reason
from workflow.guards_closure import EVIDENCE_KINDS
from workflow.timeline_words import value_word
from workflow.wording import limit_text, unit_label, unit_name, word

Options = list[tuple[str, str]]


@dataclass(slots=True)
class Widget:
    """What the template prints. `options` is None where something is typed; where another issue
    is chosen, `found` are those that the words in `find` lead to."""

    name: str
    label: str
    kind: str
    value: Any
    optional: bool = False
    help: str = ""
    type: str = "text"
    options: Options | None = None
    errors: list[Reason] = field(default_factory=list)
    note: str = ""
    find: str = ""
    found: list[Candidate] = field(default_factory=list)

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
    number: str = "",
) -> list[Widget]:
    """The inputs of a form, filled with `values`; `number` is the record that it is about."""
    return [_widget(call, one, values, errors.get(one.name, []), case, number) for one in fields]


def _widget(
    call: Call,
    one: Field,
    values: Mapping[str, Any],
    errors: list[Reason],
    case: Mapping[str, Any] | None,
    number: str,
) -> Widget:
    value: Any = values.get(one.name, "")
    if one.kind == "evidence":
        value = {k: v for k, v in values.items() if k.startswith("evidence_")}
    elif one.kind in ("units", "tasks"):
        value = [value] if isinstance(value, str) else list(value or ())
    elif value is None:
        value = ""
    shown = Widget(
        one.name,
        _(one.label),
        one.kind,
        _shown_moment(call, value) if one.kind == "moment" else value,
        one.optional,
        _(one.help) if one.help else "",
        _type(call, one, value),
        options(call, one, case, number),
        errors,
        _(one.note) if one.note else "",
    )
    if one.kind == "issue":
        shown.find = str(values.get(one.name + FIND, ""))
        shown.found = candidates(call, number, shown.find, str(value))
    return shown


def _type(call: Call, one: Field, value: Any) -> str:
    if one.kind == "moment":
        return "date" if len(_shown_moment(call, value)) <= 10 else "datetime-local"
    return {"date": "date", "number": "number"}.get(one.kind, "text")


def _shown_moment(call: Call, value: Any) -> str:
    """A moment as its input wants it: the day alone when it ends with the office day."""
    text = str(value or "")[:16]
    end = call.ctx.policy().hours.day_end
    return text[:10] if text[11:] in ("", end) else text


def options(
    call: Call, one: Field, case: Mapping[str, Any] | None = None, number: str = ""
) -> Options | None:
    """What may be chosen, or None."""
    people, policy = call.directory, call.ctx.policy()
    units = sorted((u for u in people.units.values() if u.active), key=lambda u: u.id)
    if one.kind == "choice":
        return [(value, _(label)) for value, label in one.choices]
    if one.kind == "unit" and one.name == "unit" and case is not None:
        return _awaited(case, number)
    if one.kind in ("unit", "units"):
        return [(u.code, unit_label(u)) for u in units]
    if one.kind == "board":
        return [(u.code, unit_label(u)) for u in units if u.is_board]
    if one.kind == "category":
        return [(name, _led(call, name, c)) for name, c in policy.categories.items()]
    if one.kind == "limit":
        return [(k, limit_text(v.unit, v.n)) for k, v in policy.limits.items() if _usable(call, v)]
    if one.kind == "person":
        own = [p for p in people.people.values() if p.unit_id == call.person.unit_id and p.active]
        return [(p.username, f"{p.name}（{word('post', p.post)}）") for p in own]
    if one.kind == "project":
        return project_options(call)
    if one.kind == "evidence":
        return [(kind, value_word("evidence", kind)) for kind in EVIDENCE_KINDS]
    if one.kind == "tasks":
        verified = [t for t in (case or {"tasks": ()})["tasks"] if t["state"] == "verified"]
        return [(t["number"], f"{t['number']} {t['lead_unit']}") for t in verified]
    return None


def _awaited(case: Mapping[str, Any], number: str) -> Options:
    """Supporting units that have not answered yet."""
    return [
        (unit["unit_code"], unit["unit"])
        for task in case["tasks"]
        for unit in task["co_units"]
        if task["number"] == number and unit["state"] == "awaited"
    ]


def _usable(call: Call, limit: Any) -> bool:
    """A dispatch without a deadline is refused unless the policy allows it: it is not offered."""
    return limit.unit != "open_ended" or call.ctx.policy().deadline.allow_open_ended


def _led(call: Call, name: str, category: Any) -> str:
    """A category with the unit that usually leads it."""
    if category.lead == BOARD:
        lead = _("the town or street itself")
    else:
        unit = call.directory.find_unit(category.lead)
        lead = unit_label(unit) if unit is not None else category.lead
    return _("{category}, usually led by {unit}").format(
        category=category_label(name, category), unit=lead
    )


def category_label(name: str, category: Any) -> str:
    """A category's name in the present language; its value is always the Chinese one."""
    return f"{category.en} ({name})" if current_language() == "en" else name


def project_options(call: Call) -> Options:
    """The projects that the person may know of, by name, without merged records; their board
    beside it."""
    project = tables.project.c
    known = select(project.name, project.board_id).where(
        visible_projects(call.person, call.directory), project.merged_into_id.is_(None)
    )
    rows = call.s.execute(known.order_by(project.name))
    return [(row.name, unit_name(call.directory, row.board_id)) for row in rows]
