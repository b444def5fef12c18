"""Fields that several actions ask for."""

from __future__ import annotations

from config.i18n import N_
from web.actions.base import Field

REASON = Field("reason", N_("Reason"), "text", example="管线单位已停工配合，需重新安排")
OPINION = Field("opinion", N_("Opinion or conclusion"), "text", example="情况属实，同意")
REQUIREMENT = Field(
    "requirement",
    N_("Additional requirements"),
    "text",
    help=N_("Say what must still be done; the unit sees it word for word."),
    example="补齐迁改后的现场照片和验收单",
)
NEW_DUE = Field(
    "new_due",
    N_("New deadline"),
    "moment",
    help=N_("A date alone means close of business of that day."),
    reasons=("new_deadline", "new_due_at", "deadline", "due_at"),
    example="2026-12-01",
)
REVIEW_ON = Field("review_on", N_("Day of the review"), "date", example="2026-12-20")
GRANTED = Field(
    "granted",
    N_("Ruling"),
    "choice",
    choices=(("yes", N_("Grant")), ("no", N_("Refuse"))),
    example="yes",
)
TASKS = Field(
    "tasks",
    N_("Tasks concerned"),
    "tasks",
    optional=True,
    help=N_("None chosen means all of them."),
    example=[],
)


def granted(values: dict[str, object]) -> dict[str, object]:
    """`granted` as the engine takes it."""
    return values | {"granted": values.get("granted") == "yes"}
