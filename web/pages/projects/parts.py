"""The parts of a project's page that other registers supply, in the order in which they stand.

Each is a partial template and a function that gathers its facts: `facts_for(call, project)` gives
a dictionary, which the template finds under the name `part`; an empty dictionary leaves it out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from web.call import Call
from web.pages.projects import (
    parts_figures,
    parts_inspections,
    parts_meetings,
    parts_merged,
    parts_plan,
)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the page: its template and where its facts come from."""

    template: str
    facts_for: Callable[[Call, Any], dict[str, Any]]


PARTS: tuple[Part, ...] = (
    Part("projects/_plan.html", parts_plan.facts_for),
    Part("projects/_figures.html", parts_figures.facts_for),
    Part("projects/_meetings.html", parts_meetings.facts_for),
    Part("projects/_inspections.html", parts_inspections.facts_for),
    Part("projects/_merged.html", parts_merged.facts_for),
)


def parts_of(call: Call, project: Any) -> list[tuple[str, dict[str, Any]]]:
    """Templates with their facts, without the parts that have nothing to say."""
    found = ((part.template, part.facts_for(call, project)) for part in PARTS)
    return [(template, facts) for template, facts in found if facts]
