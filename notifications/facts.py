"""The facts that a template may speak of: what each means, for the people who write templates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from config.i18n import N_
from config.i18n import gettext as _
from notifications.examples import EXAMPLES
from notifications.kinds import CHOICES, DEFAULTS, KINDS
from notifications.sandbox import FILTERS_ALLOWED

MEANINGS: Mapping[str, str] = {
    "issue_number": N_("number of the issue"),
    "issue_title": N_("title of the issue"),
    "project": N_("name of the project"),
    "category": N_("category of the issue"),
    "category_en": N_("category of the issue, in English"),
    "task_number": N_("number of the task (dispatch order)"),
    "problem": N_("what the task is about"),
    "measures": N_("what is to be done"),
    "standard": N_("when the task counts as done"),
    "lead_unit": N_("unit that leads"),
    "co_units": N_("units that support, as a list"),
    "responsible_leader": N_("leader who answers for the task"),
    "responsible_person": N_("person who carries it out"),
    "deadline": N_("the deadline, a moment or a day; empty without one"),
    "derivation": N_("where the deadline comes from: unit, n, start, cause, provisional"),
    "level": N_("level of supervision reached, from 1"),
    "days_over": N_("working days past the deadline; negative before it"),
    "next_step": N_("the next rung of the ladder: level, kind, at; none at its end"),
    "link": N_("address of the page on the portal"),
    "role": N_("whether the reader acts (to) or is only told (copy)"),
    "actor": N_("who did what the notice tells of"),
    "actor_unit": N_("unit of that person"),
    "reason": N_("reason that was given"),
    "opinion": N_("opinion of who ruled or verified"),
    "requirements": N_("what is demanded further"),
    "old_deadline": N_("deadline before the change"),
    "new_deadline": N_("deadline after the change, or the one applied for"),
    "outcome": N_("how it was decided"),
    "todo": N_("what the reader is to do"),
    "overdue": N_("whether the reader is late with it"),
    "lookback_day": N_("days after closure at which the look-back is due"),
    "limit_at": N_("by when the reader is to act"),
    "fault": N_("what went wrong in the system"),
    "detail": N_("further particulars"),
    "document_kind": N_("kind of the official document"),
    "document_kind_en": N_("kind of the official document, in English"),
    "document_title": N_("title of the official document"),
    "document_number": N_("number of the official document"),
    "document_about": N_("numbers of the tasks or issues that it is about, as a list"),
    "about": N_("what a notice of the project side is about"),
    "title": N_("what the matter is called: a project, meeting, instruction or demand"),
    "instead_of": N_("whom the notice is really for, when the reader stands in"),
}
FILTERS: Mapping[str, str] = {
    "zh_moment": N_("a moment or day in Chinese"),
    "en_moment": N_("a moment or day in English"),
    "zh_kind": N_("the name of a kind of notice in Chinese"),
    "en_kind": N_("the name of a kind of notice in English"),
    **dict.fromkeys(sorted(FILTERS_ALLOWED), N_("as in Jinja")),
}


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact as it is listed. `sure`: every notice of the kind has it. `choices`: all it can be."""

    name: str
    meaning: str
    sample: str
    sure: bool
    choices: tuple[str, ...] = ()


def facts_of(kind: str) -> list[Fact]:
    """What a template of a kind may speak of, first what is always there. KeyError if unknown."""
    samples = [name for facts in EXAMPLES[kind] for name in facts]
    named = [name for name in DEFAULTS if name in samples or name in KINDS[kind].required]
    others = [name for name in DEFAULTS if name not in named]
    ordered = sorted(named, key=lambda name: name not in KINDS[kind].required)
    return [_fact(kind, name) for name in (*ordered, *others)]


def _fact(kind: str, name: str) -> Fact:
    given = (facts[name] for facts in EXAMPLES[kind] if facts.get(name))
    chosen, allowed = CHOICES.get(kind, ("", ()))
    sample: Any = next(given, "")
    return Fact(
        name,
        _(MEANINGS[name]) if name in MEANINGS else "",
        str(sample),
        name in KINDS[kind].required,
        allowed if chosen == name else (),
    )
