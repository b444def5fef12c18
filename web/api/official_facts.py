"""Documents as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from config.i18n import gettext as _
from notifications.documents.kinds import KINDS
from web.api.moments import local
from web.call import Call
from workflow.documents import files, ladder, store
from workflow.documents.outcome import state_name
from workflow.documents.rights import may

Data = dict[str, Any]
STEPS = ("prepared", "signed", "issued", "voided")


def lines(call: Call, rows: Sequence[Any]) -> list[Data]:
    """As the list tells them."""
    addressed = store.addressees_of(call.s, [row.id for row in rows])
    subjects = store.subjects_of(call.s, [row.id for row in rows])
    return [_line(call, row, addressed.get(row.id, []), subjects[row.id]) for row in rows]


def _line(call: Call, row: Any, addressed: Sequence[Any], about: store.Subjects) -> Data:
    own = [a for a in addressed if a.unit_id == call.person.unit_id]
    moments = {f"{step}_at": local(call, getattr(row, f"{step}_at")) for step in STEPS}
    plain = ("id", "version", "kind", "number", "title", "state")
    return {name: getattr(row, name) for name in plain} | {
        "kind_name": KINDS[row.kind].zh,
        "state_name": state_name(row.state),
        "issuer": call.directory.units[row.issuer_unit_id].code,
        "dated": local(call, row.dated),
        "waits_for_you": row.state == "issued" and any(a.received_at is None for a in own),
        "issues": about.issues,
        "tasks": about.tasks,
        "addressees": [_addressed(call, one) for one in addressed],
        **moments,
    }


def facts(call: Call, row: Any) -> Data:
    """One with all it says."""
    addressed = store.addressees_of(call.s, [row.id]).get(row.id, [])
    people = call.directory
    by = {f"{step}_by": people.person_name(getattr(row, f"{step}_by_id")) for step in STEPS}
    about = store.subjects_of(call.s, [row.id])[row.id]
    return _line(call, row, addressed, about) | {
        **by,
        "void_reason": row.void_reason,
        "sha256": store.digest_of(row.facts),
        "steps": [step.id for step in ladder.steps_of(call.s, row.id)],
        "sheet": row.facts["sheet"],
        "may": may(call.s, call.person, row),
        "files": {form: f"/api/v1/documents/{row.id}/files/{form}" for form in files.FORMATS},
    }


def _addressed(call: Call, row: Any) -> Data:
    return {
        "unit": call.directory.units[row.unit_id].code,
        "role": row.role,
        "received_by": call.directory.person_name(row.received_by_id),
        "received_at": local(call, row.received_at),
    }


def kinds(language: str) -> list[Data]:
    """Every kind with its fields."""
    return [
        {
            "kind": kind.name,
            "name": kind.title(language),
            "form": kind.form,
            "about": kind.about,
            "numbered": bool(kind.series),
            "fields": [
                {
                    "name": one.name,
                    "label": _(one.label),
                    "sort": one.sort,
                    "required": one.needed,
                    "least": one.least,
                    "most": one.most,
                }
                for one in kind.fields
            ],
        }
        for kind in KINDS.values()
    ]
