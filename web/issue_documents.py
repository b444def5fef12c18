"""Documents about an issue, as its page shows them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from config.i18n import current_language
from models.queries.issues import find_issue
from notifications.documents.kinds import KINDS
from web.call import Call
from web.templating import url
from workflow.documents import store
from workflow.documents.ladder import KINDS_OF_STEP
from workflow.documents.outcome import state_name
from workflow.documents.rights import kinds_for

SUPERVISED = 2
"""From this level on an order or a letter may follow."""


@dataclass(frozen=True, slots=True)
class IssueDocuments:
    """Those that the person may see, newest first, and whether there is one to prepare."""

    rows: list[dict[str, Any]]
    prepares: bool
    links: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """By the number of the issue or of a task: documents that its state calls for."""
    own: frozenset[str] = frozenset()

    def carries(self, step_kind: str) -> bool:
        """Whether the person prepares a document that carries out such a step of the ladder."""
        return not self.own.isdisjoint(KINDS_OF_STEP.get(step_kind, ()))


def documents_of(call: Call, case: dict[str, Any]) -> IssueDocuments:
    """Documents about an issue (its case file), within the person's scope."""
    number = case["number"]
    issue = find_issue(call.s, call.person, number)
    found = store.list_documents(call.s, call.person, issue_id=issue.id) if issue else []
    rows = [
        {
            "id": row.id,
            "name": " ".join(filter(None, (KINDS[row.kind].title(current_language()), row.number))),
            "state": row.state,
            "state_name": state_name(row.state),
            "at": row.prepared_at,
        }
        for row in found
    ]
    kinds = () if case["archived"] else kinds_for(call.person)
    own = {kind.name for kind in kinds if kind.about != "none"}
    links = {number: _links(number, "", own & _of_issue(case))}
    for task in case["tasks"]:
        wanted = own & _of_task(task, call.directory.units[call.person.unit_id].code)
        links[task["number"]] = _links(number, task["number"], wanted)
    return IssueDocuments(rows, bool(own), links, frozenset(kind.name for kind in kinds))


def _links(number: str, task: str, names: set[str]) -> list[tuple[str, str]]:
    """Addresses of forms and names of kinds, in the order of the rules."""
    about = {"task": task} if task else {}
    return [
        (url(f"/issues/{number}/documents/new", kind=kind.name, **about),
         kind.title(current_language()))
        for kind in KINDS.values()
        if kind.name in names
    ]  # fmt: skip


def _of_issue(case: dict[str, Any]) -> set[str]:
    return {"closure_notice"} if case["state"] == "closed" else {"meeting_agenda"}


def _of_task(task: dict[str, Any], own_unit: str) -> set[str]:
    """What a task's state calls for; whether it may be prepared is the command's to say."""
    running = task["state"] in ("pending_ack", "in_progress")
    ruled = {r["kind"] for r in task["requests"] if r["state"] in ("granted", "refused")}
    calls = {
        "dispatch_order": running,
        "urge_notice": running and task["light"] == "red",
        "supervision_order": running and task["level"] >= SUPERVISED,
        "supervision_letter": running and task["level"] >= SUPERVISED,
        "extension_ruling": "extension" in ruled,
        "return_ruling": "return" in ruled,
        "closure_refusal": task["rejection_count"] > 0,
        "closure_application": task["lead_unit_code"] == own_unit and task["state"] != "withdrawn",
    }
    return {name for name, so in calls.items() if so and task["dispatched_at"]}
