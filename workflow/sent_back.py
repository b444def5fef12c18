"""不予销号、反弹: what a unit was told when its task came back, read from the history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Data = dict[str, Any]

_OF_ISSUE = ("issue.reject_closure", "issue.relapse")
_OF_TASK = ("task.reject_submission", "task.reopen")


def sent_back(timeline: Sequence[Mapping[str, Any]]) -> dict[str, Data]:
    """By task number, the newest requirement of the present round: who, when, what, until when.

    `timeline` is that of a case file, oldest first. What was asked for before the issue was
    struck off has been met: a relapse begins anew. `name` is what happened, in words; for a
    relapse `requirement` is the reason of its confirmation.
    """
    found: dict[str, Data] = {}
    cause: Mapping[str, Any] | None = None
    for entry in timeline:
        if entry["tag"] == "issue.approve":
            found, cause = {}, None
        elif entry["tag"] in _OF_ISSUE:
            cause = entry
        elif entry["tag"] in _OF_TASK and entry["task"]:
            own = cause if entry["tag"] == "task.reopen" and cause is not None else entry
            found[entry["task"]] = _told(own, entry)
    return found


def _told(cause: Mapping[str, Any], entry: Mapping[str, Any]) -> Data:
    said: Mapping[str, Any] = {**cause["data"], **entry["data"]}
    return {
        "name": cause["name"],
        "by": cause["actor"],
        "unit": cause["actor_unit"],
        "at": entry["at"],
        "opinion": said.get("opinion") or "",
        "requirement": said.get("requirement") or said.get("reason") or "",
        "new_due": said.get("new_due_at") or said.get("new_due"),
    }
