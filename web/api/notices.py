"""Notices: one's own inbox, and what failed to arrive."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from config.i18n import N_, current_language
from config.i18n import gettext as _
from models import tables
from notifications import inbox as notices
from notifications import outbox
from notifications.inbox import InboxItem
from notifications.outbox import FailedDelivery
from notifications.published import in_force
from notifications.render import RenderError, render_notice
from web.api import shapes
from web.api.access import ApiRoute, reading, writing
from web.api.links import onward
from web.api.moments import stamp
from web.api.params import BIG, INTEGER, BigId, Limit
from web.api.problems import READS, WRITES, refusals
from web.call import Call, database
from workflow import deliveries
from workflow.broken_templates import tell_office
from workflow.errors import NotVisible, Reason

router = APIRouter(route_class=ApiRoute, tags=["notices"])
Data = dict[str, Any]


class RetryBody(BaseModel):
    """Messages that nobody got, by the ids of /notices/failed."""

    model_config = ConfigDict(extra="forbid")
    ids: list[Annotated[int, Field(ge=1, le=INTEGER)]] = Field(
        min_length=1, max_length=500, examples=[[1, 2]]
    )


@router.get(
    "/notices",
    response_model=shapes.Inbox,
    summary=N_("My notices"),
    responses=refusals(READS),
)
def inbox(
    request: Request,
    before: Annotated[
        int | None, Query(ge=1, le=BIG, description="Id of the last one seen.")
    ] = None,
    limit: Limit = 50,
) -> Data:
    """Newest first."""
    with reading(request) as call:
        found = notices.inbox(call.s, call.person.id, limit + 1, before)
        shown, more = found[:limit], len(found) > limit
        last = str(shown[-1].id) if more else None
        answer = {
            "items": [_item(call, item) for item in shown],
            "unread": notices.unread(call.s, call.person.id),
            "next": onward(request, last, name="before"),
            "next_cursor": last,
        }
    tell_office(database(request), call.now, hurry=True)
    return answer


def _item(call: Call, item: InboxItem) -> Data:
    try:
        text = render_notice(item.kind, current_language(), item.facts, in_force(call.s))
        subject, body = text.subject, text.text
    except RenderError:
        subject, body = item.kind, ""
    return {
        "id": item.id,
        "kind": item.kind,
        "subject": subject,
        "text": body,
        "urgent": item.urgent,
        "read": item.read_at is not None,
        "at": stamp(call, item.created_at),
    }


@router.get(
    "/notices/failed",
    response_model=shapes.FailedMessages,
    summary=N_("Messages that nobody got (the office)"),
    responses=refusals(READS),
)
def failed(request: Request) -> Data:
    """Newest first, at most 500 notices."""
    with reading(request) as call:
        deliveries.require(call.person)
        return {"items": [_failed(call, one) for one in outbox.failed(call.s)]}


def _failed(call: Call, one: FailedDelivery) -> Data:
    return {
        "id": one.id,
        "recipient": call.directory.person_name(one.recipient_id),
        "channel": one.channel,
        "state": one.state,
        "attempts": one.attempts,
        "reason": one.reason,
        "kinds": list(one.kinds),
        "at": stamp(call, one.created_at),
    }


@router.post(
    "/notices/failed/retry",
    response_model=shapes.Freed,
    summary=N_("Send messages that nobody got once more (the office)"),
    responses=refusals(WRITES),
)
def retry(request: Request, body: RetryBody) -> Data:
    """All their tries anew; what has arrived meanwhile is left alone."""
    with writing(request) as call:
        freed = deliveries.retry(call.s, body.ids, actor=call.person, now=call.now)
        return {"notices": freed}


@router.post(
    "/notices/{id}/read",
    response_model=shapes.Marked,
    summary=N_("Mark a notice as read"),
    responses=refusals(WRITES),
)
def read(request: Request, id: BigId) -> Data:
    """One's own only; a second time changes nothing."""
    with writing(request) as call:
        changed = notices.mark_read(call.s, call.person.id, [id], call.now)
        if not changed and not _own(call, id):
            raise NotVisible(
                Reason("unknown_notice", _("There is no such notice."), "id", _("Look again."))
            )
        return {"id": id, "changed": bool(changed)}


def _own(call: Call, key: int) -> bool:
    notice = tables.notice
    chosen = notice.select().where(
        notice.c.id == key,
        notice.c.recipient_id == call.person.id,
        notice.c.channel == "inapp",
    )
    return call.s.execute(chosen).first() is not None
