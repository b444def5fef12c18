"""What a form says beside its fields that depends on the record: required, and how much of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from config.i18n import gettext as _
from models import tables
from web.call import Call
from web.deeds import task_of
from web.evidence_rules import rule_of
from web.widgets import Widget
from workflow.guards_closure import WAIVER
from workflow.timeline_words import value_word

Data = dict[str, Any]
Note = Callable[[Call, Data, str], str]


def add_notes(call: Call, case: Data, number: str, widgets: list[Widget]) -> list[Widget]:
    """The same inputs, with a note where the rules of the record ask for more than it seems."""
    for one in widgets:
        make = _NOTES.get(one.name)
        required = one.kind == "evidence" and not one.optional  # a form for nothing but evidence
        if make is not None and not required:
            one.note = make(call, case, number) or one.note
    return widgets


def _evidence(call: Call, case: Data, number: str) -> str:
    """What the category asks for, and how much of it this round has already."""
    rule = rule_of(call, number)
    if rule is None or not rule.min:
        return ""
    task = task_of(case, number)
    own = task["evidence"] if task is not None else []
    kinds = [e["kind"] for e in own if e["cycle"] == case["cycle"]]
    given = sum(1 for kind in kinds if kind in rule.kinds)
    if given >= rule.min or WAIVER in kinds:
        return _("(optional: what the category asks for is there already)")
    text = _("(required: at least {n} of {kinds}; {given} attached so far)")
    names = "、".join(value_word("evidence", kind) for kind in rule.kinds)
    return text.format(n=rule.min, kinds=names, given=given)


def _site_check(call: Call, _case: Data, number: str) -> str:
    rule = rule_of(call, number)
    asked = rule is not None and rule.site_check
    return _("(required: the category asks for a check on site)") if asked else ""


def _requirement(call: Call, _case: Data, number: str) -> str:
    least = call.ctx.policy(_policy_of(call, number)).closure.min_requirement_chars
    return _("(at least {n} characters)").format(n=least) if least else ""


def _policy_of(call: Call, number: str) -> int | None:
    """The policy that a task or an issue runs under; None where neither has the number."""
    for table in (tables.task, tables.issue):
        chosen = select(table.c.policy_version_id).where(table.c.number == number)
        found: int | None = call.s.execute(chosen).scalar()
        if found is not None:
            return found
    return None


_NOTES: dict[str, Note] = {
    "evidence": _evidence,
    "site_check": _site_check,
    "requirement": _requirement,
}
