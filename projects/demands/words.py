"""Words of demands for pages and terminals."""

from __future__ import annotations

from config.i18n import N_
from config.i18n import gettext as _

STATES = {
    "received": N_("to be taken up"),
    "taken_up": N_("being handled"),
    "answered": N_("answered, not judged yet"),
    "disputed": N_("not accepted by the enterprise"),
    "confirmed": N_("confirmed by the enterprise"),
    "declined": N_("declined by the office"),
}
STEPS = {
    "received": N_("Received"),
    "taken_up": N_("Taken up"),
    "handled": N_("Being handled"),
    "answered": N_("Answered"),
    "confirmed": N_("Confirmed"),
}
"""What the enterprise is shown."""
EVENTS = {
    "demand.received": N_("Received"),
    "demand.taken_up": N_("Taken up: an issue was raised"),
    "demand.linked": N_("Linked to an issue as a repeat"),
    "demand.answered": N_("Answered directly"),
    "demand.declined": N_("Declined"),
    "demand.link_reissued": N_("A new secret address was made"),
    "demand.answered_by_closure": N_("The issue was closed: the enterprise is asked"),
    "demand.result_told": N_("The result was told to the enterprise"),
    "demand.reopened": N_("The issue runs again"),
    "demand.moved_on": N_("The issue was merged: followed to the one that goes on"),
    "demand.confirmed": N_("Confirmed by the enterprise"),
    "demand.rejected": N_("Not accepted by the enterprise"),
}
VIEWS = {
    "waiting": N_("wait for the office"),
    "late": N_("not taken up in time"),
    "running": N_("being handled"),
    "answered": N_("answered, not judged yet"),
    "disputed": N_("not accepted by the enterprise"),
    "ended": N_("ended"),
    "repeats": N_("repeats"),
    "relapses": N_("relapse candidates"),
}


def state_word(state: str) -> str:
    """A state of a demand as the office says it."""
    return _(STATES[state]) if state in STATES else state


def event_word(tag: str) -> str:
    """What was done, as the history says it."""
    return _(EVENTS[tag]) if tag in EVENTS else tag


def view_word(view: str) -> str:
    """One of the desk's lists."""
    return _(VIEWS[view]) if view in VIEWS else view


def step_word(step: str) -> str:
    """A step that the enterprise is shown."""
    return _(STEPS[step]) if step in STEPS else step
