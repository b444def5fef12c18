"""The demands of enterprises that an issue answers, for its page."""

from __future__ import annotations

from typing import Any

from models.queries.issues import find_issue
from projects.demands.contact import contacts
from projects.demands.listing import linked_to
from web.call import Call


def demands_of(call: Call, case: dict[str, Any]) -> list[dict[str, Any]]:
    """Number and enterprise of each; whom to call only for who has to."""
    issue = find_issue(call.s, call.person, case["number"])
    rows = linked_to(call.s, call.person, issue.id) if issue is not None else []
    told = contacts(call.s, call.person, rows)
    return [
        {"number": row.number, "enterprise": row.enterprise, "repeat": row.repeat,
         "contact": told.get(row.id, "")}
        for row in rows
    ]  # fmt: skip
