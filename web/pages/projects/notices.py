"""What a page says when an act is done."""

from __future__ import annotations

from config.i18n import N_
from config.i18n import gettext as _

TEXTS = {
    "added": N_("The project was added."),
    "saved": N_("Saved."),
    "stage": N_("The stage was recorded."),
    "duty": N_("The responsibility was recorded."),
    "duty_end": N_("The responsibility was ended."),
    "listing": N_("The place on the list was recorded."),
    "delist": N_("The project was taken off the list."),
    "tag": N_("The tag was added."),
    "untag": N_("The tag was removed."),
    "attribution": N_("The attribution was recorded."),
    "merged": N_("The records were merged."),
    "led_here": N_("The record that you asked for was merged into this one."),
    "force_founded": N_("The task force was set up."),
    "force_ended": N_("The task force was dissolved."),
    "chain": N_("The industrial chain was saved."),
}


def done_text(code: str) -> str:
    """The words for what was done; empty for an unknown code."""
    return _(TEXTS[code]) if code in TEXTS else ""
