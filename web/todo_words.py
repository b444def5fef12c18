"""What the kinds of to-do are called, in the order of `models.queries.waiting.KINDS`."""

from __future__ import annotations

from config.i18n import N_
from config.i18n import gettext as _

NAMES = {
    "overdue": N_("Overdue"),
    "redo": N_("To do again"),
    "acknowledge": N_("To acknowledge"),
    "due_soon": N_("Due soon"),
    "co_input": N_("Input awaited from us"),
    "verify": N_("To verify"),
    "rule": N_("Requests to rule on"),
    "decide": N_("Issues with a prepared step to decide"),
    "approve": N_("To approve"),
    "confirm_rejection": N_("Rejections to confirm"),
    "confirm_relapse": N_("Relapses to confirm"),
    "triage": N_("Reports to take up"),
    "dispatch": N_("To dispatch"),
    "review_park": N_("Parked, to review"),
    "lookback": N_("Look-backs due"),
    "in_hand": N_("In hand"),
    "correct": N_("Drafts to complete"),
}


def todo_name(kind: str) -> str:
    """A kind of to-do in the present language."""
    return _(NAMES[kind])
