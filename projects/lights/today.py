"""A milestone's light as of today, where the clock has not set it since the day has changed."""

from __future__ import annotations

from datetime import date
from typing import Any

from projects.lights.rules import Lamp, MilestoneFacts, milestone_light
from projects.lights.setting import Ground


def lamp_today(row: Any, here: Ground) -> Lamp:
    """The stored light where it is today's; else what the stored facts make of it today, by the
    rules that the clock goes by."""
    if row.light_on == here.today or row.light_reason == "project_merged":
        return Lamp(row.light, row.light_reason, row.light_facts)
    facts = row.light_facts
    held = ((facts["permit"], date.fromisoformat(facts["valid_until"])),) if _permit(facts) else ()
    known = MilestoneFacts(row.plan_on, row.actual_on, row.dropped_on is not None, held)
    return milestone_light(known, here.today, here.rules, here.calendar)


def _permit(facts: dict[str, Any]) -> bool:
    return "permit" in facts and "valid_until" in facts
