"""Tasks and requests: one task, those that wait for the caller, what there is to rule on."""

from __future__ import annotations

from datetime import UTC, datetime
from math import isfinite
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from config.i18n import N_
from models.queries import ledger
from models.queries.issues import my_tasks
from models.queries.ledger import LedgerFilter
from models.queries.paging import BadCursor
from web.api import shapes
from web.api.access import ApiRoute, reading
from web.api.issue_lines import Lines
from web.api.links import cursor_refused, onward
from web.api.params import Cursor, Limit, TaskNumber
from web.api.problems import ETAG, FINDS, READS, refusals
from web.api.versions import etag
from web.call import Call
from workflow.case import not_visible
from workflow.case_file import case_file
from workflow.offers import RULES, offers

router = APIRouter(route_class=ApiRoute, tags=["tasks"])
Data = dict[str, Any]
_NEVER = datetime.max.replace(tzinfo=UTC)


@router.get(
    "/tasks",
    response_model=shapes.MyTasks,
    summary=N_("Tasks that wait for my unit"),
    responses=refusals(READS),
)
def mine(
    request: Request,
    state: Annotated[str | None, Query(pattern="^(pending_ack|in_progress|submitted)$")] = None,
    light: Annotated[str | None, Query(pattern="^(green|yellow|red|grey)$")] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Data:
    """To lead, to support, to verify; the earliest deadline first."""
    with reading(request) as call:
        rows = [
            row
            for row in my_tasks(call.s, call.person)
            if state in (None, row.state) and light in (None, row.light)
        ]
        after = _place(cursor)
        left = [row for row in rows if after is None or _key(row) > after]
        shown, more = left[:limit], len(left) > limit
        last = f"{_key(shown[-1])[0]:.6f}_{shown[-1].id}" if more else None
        lines = Lines(call)
        return {
            "items": [_mine(lines, call.person.unit_id, row) for row in shown],
            "total": len(rows),
            "next": onward(request, last),
            "next_cursor": last,
        }


def _key(row: Any) -> tuple[float, int]:
    return (round((row.due_at or _NEVER).timestamp(), 6), row.id)


def _place(cursor: str | None) -> tuple[float, int] | None:
    if cursor is None:
        return None
    try:
        moment, _line, key = cursor.partition("_")
        place = float(moment), int(key)
    except ValueError:
        raise cursor_refused() from None
    if not isfinite(place[0]):
        raise cursor_refused()
    return place


def _mine(lines: Lines, unit: int, row: Any) -> Data:
    waits = {"verify": row.verifier_unit_id == unit and row.state == "submitted",
             "lead": row.lead_unit_id == unit and row.state != "submitted"}  # fmt: skip
    part = next((name for name, so in waits.items() if so), "support")
    return lines.task(row) | {
        "issue": row.issue_number,
        "issue_title": row.issue_title,
        "part": part,
    }


@router.get(
    "/tasks/{number}",
    response_model=shapes.TaskFile,
    summary=N_("One task"),
    responses=refusals(FINDS) | {200: {"headers": ETAG}},
)
def one(request: Request, response: Response, number: TaskNumber) -> Data:
    """A task as part of its issue's case file."""
    with reading(request) as call:
        case = case_file(call.s, call.person, number, call.now)
        found: Data | None = next((t for t in case["tasks"] if t["number"] == number), None)
        if found is None:
            raise not_visible(number)
        response.headers.update(etag(found["version"]))
        return found | {
            "issue": case["number"],
            "issue_title": case["title"],
            "issue_state": case["state"],
            "issue_version": case["version"],
        }


@router.get(
    "/requests",
    response_model=shapes.OpenRequests,
    tags=["requests"],
    summary=N_("Open requests that I may rule on"),
    responses=refusals(READS),
)
def to_rule(
    request: Request,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=50, description="How many issues a page covers.")] = 20,
) -> Data:
    """Requests of others in the caller's competence, those with the nearest deadline first."""
    with reading(request) as call:
        try:
            found = ledger.page(
                call.s, call.person, LedgerFilter(waiting="rule"),
                now=call.now, sort="deadline", cursor=cursor, limit=limit,
            )  # fmt: skip
        except BadCursor:
            raise cursor_refused() from None
        items = [item for row in found.rows for item in _rulings(call, row)]
        return {
            "items": items,
            "next": onward(request, found.next_cursor),
            "next_cursor": found.next_cursor,
        }


def _rulings(call: Call, row: ledger.LedgerRow) -> list[Data]:
    """Requests on an issue that the engine lets the caller rule on now."""
    may = {
        (offer.number, RULES[offer.name])
        for offer in offers(call.s, call.person, row.issue.number, call.now)
        if offer.name in RULES and offer.allowed
    }
    if not may:
        return []
    case = case_file(call.s, call.person, row.issue.number, call.now)
    return [
        asked
        | {
            "task": task["number"],
            "version": task["version"],
            "issue": row.issue.number,
            "issue_title": row.issue.title,
        }
        for task in case["tasks"]
        for asked in task["requests"]
        if asked["state"] == "open" and (task["number"], asked["kind"]) in may
    ]
