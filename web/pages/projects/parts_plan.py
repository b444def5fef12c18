"""The part of a project's page about its plan and light."""

from __future__ import annotations

from datetime import date
from typing import Any

from projects.lights.words import reason_word
from projects.milestones.plans import load_plan, milestone_name
from web.call import Call
from web.pages.projects.plan import tests_of


def facts_for(call: Call, project: Any) -> dict[str, Any]:
    """What `projects/_plan.html` shows."""
    plan = load_plan(call.s, project.id)
    live = plan.live
    ahead = [m for m in live if m.actual_on is None]
    first = min(ahead, key=lambda m: (m.plan_on or date.max, m.position), default=None)
    return {
        "why": reason_word(project.light_reason), "tests": tests_of(project, plan),
        "total": len(live), "done": len(live) - len(ahead),
        "next": milestone_name(first) if first is not None else "",
        "next_on": first.plan_on if first is not None else None,
    }  # fmt: skip
