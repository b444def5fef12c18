"""The history of an instruction, evaluation or commitment in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from config.i18n import gettext as _
from projects.history import Entry
from web.call import Call
from workflow.wording import word


def events(call: Call, entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """Events in words, newest first."""
    return [
        {
            "at": one.at, "name": _names().get(one.tag, one.tag),
            "by": call.directory.person_name(one.actor_id) or _("the system by itself"),
            "clock": one.actor_id is None, "detail": _detail(one),
        }
        for one in entries
    ]  # fmt: skip


def _names() -> dict[str, str]:
    return {
        "instruction.given": _("The instruction was recorded"),
        "instruction.answered": _("The unit answered"),
        "instruction.accepted": _("The answer was accepted"),
        "instruction.returned": _("The answer was returned"),
        "instruction.withdrawn": _("The instruction was withdrawn"),
        "instruction.raised": _("It became an issue"),
        "instruction.chased": _("The late answer was chased"),
        "evaluation.made": _("The evaluation was made"),
        "evaluation.answered": _("The figures were handed in"),
        "evaluation.returned": _("The figures were sent back"),
        "evaluation.graded": _("The grade was given"),
        "evaluation.moved": _("The evaluation was moved: the start of production was corrected"),
        "evaluation.chased": _("The late evaluation was chased"),
        "commitment.attached": _("The commitment was attached"),
        "commitment.changed": _("The commitment was changed"),
        "commitment.withdrawn": _("The commitment was withdrawn"),
        "commitment.checked": _("The commitment was checked"),
        "commitment.raised": _("It became an issue"),
    }


def _detail(one: Entry) -> str:
    """What was said with it: texts and reasons, not columns."""
    said = (one.data.get(name) for name in ("reason", "opinion", "answer", "issue", "grade"))
    if one.tag == "commitment.checked":
        return word("commitment_reason", str(one.data.get("reason", "")))
    return " · ".join(str(part) for part in (*said, *_changed(one)) if part)


def _changed(one: Entry) -> list[str]:
    changed = one.data.get("changed")
    if not isinstance(changed, dict):
        return []
    names = {
        "value": _("Promised figure"), "op": _("Comparison"), "unit": _("Unit of the figure"),
        "by_on": _("By when"), "agreement": _("Agreement"), "name": _("Indicator"),
        "indicator": _("Indicator"),
    }  # fmt: skip
    return [f"{names.get(k, k)}: {old or '—'} → {new or '—'}" for k, (old, new) in changed.items()]
