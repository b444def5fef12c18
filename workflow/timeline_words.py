"""Names for what events hold: labels of their particulars and words for the codes in them."""

from __future__ import annotations

from config.i18n import N_
from config.i18n import gettext as _
from workflow.wording import word
from workflow.words import WORDS

HIDDEN = frozenset(
    {
        "v", "request", "prepared", "lead_unit_id", "policy_version", "deadline_version",
        "calendar_edition", "batch", "states", "occasion", "sha256", "source_id",
        "document", "steps", "signer",
    }
)  # fmt: skip
"""What only machines read, or the entry says anyway: versions, keys of rows, digests. It stays in
an entry's `data`."""

LABELS = {
    "state": N_("State"),
    "light": N_("Light"),
    "deadline": N_("Deadline"),
    "definition": N_("Workflow definition"),
    "level": N_("Level"),
    "coordination_level": N_("Coordination level"),
    "review_on": N_("Review of the parking on"),
    "reason": N_("Reason"),
    "opinion": N_("Opinion"),
    "text": N_("Text"),
    "result": N_("Result"),
    "requirement": N_("Additional requirements"),
    "finding": N_("Finding"),
    "basis": N_("Legal or duty basis"),
    "progress": N_("Progress so far"),
    "site_check": N_("Site check"),
    "title": N_("Title"),
    "description": N_("Problem"),
    "problem": N_("Problem"),
    "category": N_("Category"),
    "no_project_reason": N_("Why no project"),
    "source_system": N_("Handed in by"),
    "task": N_("Task"),
    "changes": N_("Change asked for"),
    "measures": N_("Measures"),
    "standard": N_("When it counts as done"),
    "lead_unit": N_("Lead unit"),
    "co_units": N_("Supporting units"),
    "verifier_unit": N_("Verified by unit"),
    "suggested_unit_id": N_("Suggested unit"),
    "reassign_to": N_("Moved to"),
    "replaced_by": N_("Replaced by task"),
    "unit": N_("Supporting unit"),
    "by_unit": N_("Asked by unit"),
    "limit_class": N_("Time limit"),
    "fixed_due": N_("Fixed deadline"),
    "urgent": N_("Urgent"),
    "due": N_("Deadline"),
    "due_at": N_("Deadline"),
    "new_due": N_("New deadline"),
    "new_due_at": N_("New deadline"),
    "old_due": N_("Deadline before"),
    "paused_at": N_("Clock stood still since"),
    "cause": N_("Cause"),
    "responsible_leader": N_("Responsible leader"),
    "responsible_person": N_("Handler"),
    "granted": N_("Ruling"),
    "issued": N_("Decision"),
    "relapse": N_("Outcome of the look-back"),
    "on_time": N_("In time"),
    "provisional": N_("Provisional"),
    "into": N_("Merged into"),
    "evidence": N_("Evidence"),
    "name": N_("Name"),
    "number": N_("Number"),
    "kind": N_("Kind"),
    "rung": N_("Step"),
    "outcome": N_("Outcome"),
    "limit": N_("Time limit"),
    "override": N_("Reason for the waiver"),
    "waived": N_("Rules waived"),
}

VALUES = {
    "evidence": {
        "document": N_("document"),
        "photo": N_("photo"),
        "before_after": N_("photos before and after"),
        "site_check": N_("record of the site check"),
        "permit": N_("permit"),
        "acceptance": N_("acceptance certificate"),
        "waiver": N_("evidence waived"),
    },
    "outcome": {
        "fired": N_("sent automatically"),
        "prepared": N_("prepared, sent at one click"),
        "proposed": N_("proposed, a person decides"),
        "superseded": N_("passed over for a later step"),
    },
    "guard": {
        "approver_is_third_person": N_("approver, verifier and handler are different persons"),
        "closure_evidence": N_("the evidence that the category requires"),
    },
    "channel": WORDS["channel"],
    "notice": WORDS["notice"],
    "co_unit": {"awaited": N_("awaited"), "given": N_("given"), "waived": N_("waived")},
    "step": {
        "prepared": N_("waits for a decision"),
        "issued": N_("issued"),
        "dismissed": N_("dismissed"),
        "void": N_("void"),
    },
    "event": {
        "task.light": N_("light changed"),
        "issue.light": N_("light changed"),
        "document.prepared": N_("document prepared"),
        "document.signed": N_("document signed"),
        "document.issued": N_("document issued"),
        "document.received": N_("document received"),
        "document.void": N_("document voided"),
    },
}

_UNNAMED = {
    "guard": N_("another rule of the definition"),
    "channel": N_("another channel"),
    "event": N_("entered in the history"),
}
"""What a code without a word is called; elsewhere it is shown as it is."""


def label(name: str) -> str:
    """What a particular of an event is called."""
    text = LABELS.get(name)
    return _(text) if text else _("Further particulars")


def value_word(group: str, code: str) -> str:
    """The word for a code of the groups above."""
    text = VALUES[group].get(code) or _UNNAMED.get(group)
    return _(text) if text else code


def event_name(tag: str) -> str:
    """What happened, in words."""
    known = word("event", tag)
    return known if known != tag else value_word("event", tag)
