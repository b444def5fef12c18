"""Documents about an issue, as its page shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from config.i18n import current_language
from models.queries.issues import find_issue
from notifications.documents.kinds import KINDS
from web.call import Call
from workflow.documents import store
from workflow.documents.outcome import state_name
from workflow.documents.rights import kinds_for


@dataclass(frozen=True, slots=True)
class IssueDocuments:
    """Those that the person may see, newest first, and whether there is one to prepare."""

    rows: list[dict[str, Any]]
    prepares: bool


def documents_of(call: Call, number: str) -> IssueDocuments:
    """Documents about the issue with that number, within the person's scope."""
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
    return IssueDocuments(rows, any(kind.about != "none" for kind in kinds_for(call.person)))
