"""Issues: the ledger, one case, its history, what may be done on it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from config.i18n import N_
from models.queries import ledger
from models.queries.issues import find_issue, tasks_of
from models.queries.paging import ORDERS, BadCursor
from web import ledger_query
from web.actions import BY_RULE
from web.api import shapes
from web.api.access import ApiRoute, reading
from web.api.filters import documented
from web.api.issue_lines import Lines, origin
from web.api.links import cursor_refused, onward
from web.api.params import Cursor, IssueNumber, Limit
from web.api.problems import ETAG, FINDS, READS, refusals
from web.api.versions import etag
from web.call import Call
from workflow.act_words import act_name
from workflow.case import not_visible
from workflow.case_file import case_file
from workflow.errors import Reason
from workflow.offers import Offer, offers
from workflow.timeline import timeline

router = APIRouter(route_class=ApiRoute, tags=["issues"])
Data = dict[str, Any]
Sort = Annotated[
    str, Query(pattern=f"^({'|'.join(ORDERS)})$", description=f"One of: {', '.join(ORDERS)}.")
]


@router.get(
    "/issues",
    response_model=shapes.IssuePage,
    summary=N_("The ledger, page by page"),
    description=N_("Filters are those of the portal's ledger; a name may repeat."),
    responses=refusals(READS),
    openapi_extra={"parameters": documented()},
)
def listed(
    request: Request, sort: Sort = "newest", cursor: Cursor = None, limit: Limit = 50
) -> Data:
    """A page of the ledger within the caller's scope."""
    with reading(request) as call:
        wanted = ledger_query.read(call.s, call.person, request.query_params)
        try:
            found = ledger.page(
                call.s, call.person, wanted, now=call.now, sort=sort, cursor=cursor, limit=limit
            )
        except BadCursor:
            raise cursor_refused() from None
        lines = Lines(call)
        return {
            "items": [lines.line(row) for row in found.rows],
            "total": found.total,
            "at_least": found.at_least,
            "next": onward(request, found.next_cursor),
            "next_cursor": found.next_cursor,
            "previous": onward(request, found.previous_cursor),
        }


def unit_code(call: Call, unit_id: int | None) -> str:
    """A unit's code, empty for none."""
    unit = call.directory.units.get(unit_id or 0)
    return unit.code if unit is not None else ""


@router.get(
    "/issues/{number}",
    response_model=shapes.IssueFile,
    summary=N_("One issue with everything on it"),
    responses=refusals(FINDS) | {200: {"headers": ETAG}},
)
def one(request: Request, response: Response, number: IssueNumber) -> Data:
    """The case file; the number of a task names its issue, too."""
    with reading(request) as call:
        found = case_file(call.s, call.person, number, call.now)
        response.headers.update(etag(found["version"]))
        return found | {"origin": origin(find_issue(call.s, call.person, number))}


@router.get(
    "/issues/{number}/timeline",
    response_model=shapes.TimelinePage,
    summary=N_("An issue's history"),
    responses=refusals(FINDS),
)
def history(
    request: Request,
    number: IssueNumber,
    after: Annotated[
        int, Query(ge=0, le=2**31 - 1, description="Number (seq) of the last event seen.")
    ] = 0,
    limit: Limit = 100,
) -> Data:
    """Events in order."""
    with reading(request) as call:
        issue = find_issue(call.s, call.person, number)
        if issue is None:
            raise not_visible(number)
        tasks = tasks_of(call.s, [issue.id]).get(issue.id, [])
        found = timeline(call.s, call.ctx, issue, tasks, after_seq=after, limit=limit + 1)
        shown, more = found[:limit], len(found) > limit
        last = str(shown[-1]["seq"]) if more else None
        return {
            "items": shown,
            "next": onward(request, last, name="after"),
            "next_cursor": last,
        }


@router.get(
    "/issues/{number}/offers",
    response_model=shapes.Offers,
    summary=N_("What may be done now, and why not"),
    responses=refusals(FINDS),
)
def offered(request: Request, number: IssueNumber) -> Data:
    """Every act that the caller's roles provide for."""
    with reading(request) as call:
        found = offers(call.s, call.person, number, call.now)
        return {"items": [_offer(offer) for offer in found]}


def _offer(offer: Offer) -> Data:
    return {
        "subject": offer.kind,
        "number": offer.number,
        "act": offer.name,
        "name": act_name(offer.name),
        "address": address_of(offer),
        "allowed": offer.allowed,
        "version": offer.version,
        "reasons": [_reason(reason) for reason in offer.reasons],
        "overridable": [_reason(reason) for reason in offer.overridable],
        "prepared_id": offer.prepared_id,
    }


def address_of(offer: Offer) -> str | None:
    """Where an offered act is posted to."""
    if offer.prepared_id is not None:
        return f"/api/v1/prepared/{offer.prepared_id}/decide"
    if offer.name == "add_evidence":
        return f"/api/v1/tasks/{offer.number}/evidence"
    action = BY_RULE.get((offer.kind, offer.name))
    return f"/api/v1/{offer.kind}s/{offer.number}/{action.name}" if action else None


def _reason(reason: Reason) -> dict[str, str]:
    return {
        "code": reason.code,
        "message": reason.message,
        "field": reason.field,
        "remedy": reason.remedy,
    }
