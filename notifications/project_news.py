"""What a notice of the project side may be about: the codes of its `about`."""

from __future__ import annotations

ABOUTS: tuple[str, ...] = (
    "milestone_due",
    "milestone_overdue",
    "permit_expiring",
    "light_red",
    "figures_due",
    "meeting_called",
    "meeting_called_off",
    "meeting_left",
    "commitment_asked",
    "decision_made",
    "coordination_raised",
    "bulletin_issued",
    "inspection_suggested",
    "inspection_planned",
    "instruction_given",
    "instruction_late",
    "evaluation_due",
    "evaluation_late",
    "demand_received",
    "demand_waiting",
    "demand_confirmed",
    "demand_rejected",
)
"""Each has its words in templates/project_news/, in both languages."""
