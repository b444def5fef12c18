"""The rows that a case file was made of, for what it does not say."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from models.queries.issues import find_issue, tasks_of
from web.call import Call
from workflow.case import not_visible


def rows_of(call: Call, case: dict[str, Any]) -> tuple[SimpleNamespace, list[SimpleNamespace]]:
    """The issue and its tasks in order; a reading transaction has read them already."""
    issue = find_issue(call.s, call.person, case["number"])
    if issue is None:
        raise not_visible(case["number"])
    return issue, tasks_of(call.s, [issue.id]).get(issue.id, [])
