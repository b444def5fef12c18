"""Refusals of commands and checks as faults of a row, named by the file's own headings."""

from __future__ import annotations

from collections.abc import Iterable

from config.i18n import gettext as _
from workflow.errors import Reason, WorkflowError
from workflow.ledgers.decode import Decoder, Entry
from workflow.ledgers.faults import RowFault

_FIELDS = {
    "lead_unit": "lead",
    "problem": "description",
    "due": "deadline",
    "due_at": "deadline",
    "lead_unit_id": "lead",
    "changes": "",
    "actor": "",
    "tasks": "",
    "number": "",
}


def faults_of(decode: Decoder, entry: Entry, reasons: Iterable[Reason]) -> list[RowFault]:
    """A fault of the row for every reason; one that is about no field names none."""
    found = []
    for reason in reasons:
        field = _FIELDS.get(reason.field, reason.field)
        fault = decode.fault(entry, field, reason) if field else None
        found.append(fault or RowFault.of(entry.row, "", "", reason))
    return found


def reasons_of(refusal: WorkflowError) -> tuple[Reason, ...]:
    """The reasons of a refusal; one that gives none has at least its code."""
    return refusal.reasons or (Reason(refusal.code, _("The row was refused.")),)


def same_id(row: int) -> Reason:
    """The refusal of a row whose id stands in another row, too."""
    return Reason(
        "source_id_repeated",
        _("Row {row} has the same id.").format(row=row),
        "source_id",
        _("Give each row an id of its own."),
    )
