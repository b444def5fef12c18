"""Issues that another one may be merged into: those found by a search, or else those alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from models.queries.issues import find_issue
from models.queries.ledger import LedgerFilter, page
from web.call import Call
from workflow.wording import state_name

MOST = 10
FIND, SEARCH = "_find", "_search"
"""What a field's name has behind it for the words searched for, and for the button."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An open issue within the person's scope."""

    number: str
    title: str
    state: str
    state_name: str
    project: str


def candidates(call: Call, number: str, words: str, chosen: str = "") -> list[Candidate]:
    """At most `MOST` open issues other than `number`, newest first, with the chosen one on top.

    Without words those of the same category and project (or board, where it has no project).
    """
    words, chosen = _printable(words), _printable(chosen)
    wanted = LedgerFilter(text=words, open_only=True) if words else _alike(call, number)
    found = page(call.s, call.person, wanted, now=call.now, limit=MOST + 2).rows if wanted else []
    rows = [(row.issue, row.project_name) for row in found if row.issue.state != "draft"]
    picked = find_issue(call.s, call.person, chosen) if chosen else None
    if picked is not None:
        rows = [(picked, ""), *(row for row in rows if row[0].number != picked.number)]
    others = [(issue, project) for issue, project in rows if issue.number != number]
    return [_candidate(call, issue, project) for issue, project in others[:MOST]]


def _printable(text: str) -> str:
    """No database takes a lone surrogate, PostgreSQL no NUL. A wide space parts words too."""
    return "".join(c if c.isprintable() else " " for c in text).strip()[:100]


def _alike(call: Call, number: str) -> LedgerFilter | None:
    issue = find_issue(call.s, call.person, number)
    if issue is None:
        return None
    if issue.project_id:
        place: dict[str, Any] = {"projects": (issue.project_id,)}
    else:
        place = {"boards": (issue.board_id or 0,)}
    return LedgerFilter(categories=(issue.category,), open_only=True, **place)


def _candidate(call: Call, issue: Any, project: str) -> Candidate:
    machine = call.ctx.workflow(issue.workflow_version_id).issue
    return Candidate(
        issue.number, issue.title, issue.state, state_name(machine, issue.state), project
    )
