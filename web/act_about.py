"""What is being decided, shown above the form that decides it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from web.call import Call
from web.deeds import Deed, task_of
from web.issue_view import size_text
from workflow.case import not_visible
from workflow.dispatch_preview import planned
from workflow.guards_closure import WAIVER
from workflow.sent_back import sent_back

Data = dict[str, Any]


@dataclass(frozen=True, slots=True)
class About:
    """The template that shows it (empty for none) and its facts; `returned` is why the task came
    back to its unit, where it did."""

    template: str = ""
    facts: Data = field(default_factory=dict)
    returned: Data | None = None


def about(call: Call, case: Data, deed: Deed) -> About:
    """What the person must see before doing this deed."""
    returned = sent_back(case["timeline"]).get(deed.number)
    rule = deed.action.rule
    template = _TEMPLATES.get(rule, "")
    facts = _FACTS[template](call, case, deed.number) if template else {}
    return About(template, facts, returned if rule in _AFTER_RETURN else None)


def _dispatch(call: Call, case: Data, _number: str) -> Data:
    """Planned tasks with the deadline that each would have if dispatched now."""
    found = planned(call.s, call.ctx, case["number"], call.now)
    return {"rows": [(t, found[t["number"]]) for t in case["tasks"] if t["number"] in found]}


def _verify(_call: Call, case: Data, number: str) -> Data:
    """The self-check of the unit and this round's evidence."""
    task = task_of(case, number)
    if task is None:
        raise not_visible(number)
    own = [e for e in task["evidence"] if e["cycle"] == case["cycle"]]
    return {"task": task, "evidence": own, "sizes": {e["id"]: size_text(e["size"]) for e in own}}


def _approve(_call: Call, case: Data, _number: str) -> Data:
    """Each live task: result, the verifier's words, evidence of this round, what was waived."""
    rows = [_verified(case, t) for t in case["tasks"] if t["state"] != "withdrawn"]
    return {"rows": rows}


def _verified(case: Data, task: Data) -> Data:
    kinds = [e["kind"] for e in task["evidence"] if e["cycle"] == case["cycle"]]
    told = [
        e for e in case["timeline"] if e["tag"] == "task.verify" and e["task"] == task["number"]
    ]
    said = told[-1]["data"] if told and task["verified_at"] else {}
    return {
        "task": task,
        "opinion": said.get("opinion", ""),
        "site_check": said.get("site_check", ""),
        "evidence": sum(1 for kind in kinds if kind != WAIVER),
        "waived": WAIVER in kinds,
        "co_waived": [c["unit"] for c in task["co_units"] if c["state"] == "waived"],
    }


_AFTER_RETURN = ("submit", "progress", "add_evidence", "verify", "reject_submission")
_TEMPLATES = {
    "dispatch": "act_dispatch.html",
    "dispatch_more": "act_dispatch.html",
    "verify": "act_verify.html",
    "reject_submission": "act_verify.html",
    "approve": "act_approve.html",
    "reject_closure": "act_approve.html",
}
_FACTS: dict[str, Callable[[Call, Data, str], Data]] = {
    "act_dispatch.html": _dispatch,
    "act_verify.html": _verify,
    "act_approve.html": _approve,
}
