"""通知中心: one's own notices, and for the office what was delivered and what failed."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from config.i18n import current_language
from config.i18n import gettext as _
from notifications import outbox
from notifications.render import RenderError, render_notice
from web.call import Call, reading, writing
from web.forms import check_csrf, posted, text, texts
from web.templating import page, url
from workflow import deliveries
from workflow.errors import Malformed, Reason
from workflow.wording import kind_name, word

router = APIRouter()
PAGE = 30
Data = dict[str, Any]


@router.get("/notices")
def inbox(
    request: Request, before: Annotated[int | None, Query(ge=1, le=2**62)] = None
) -> HTMLResponse:
    """One's own notices, newest first."""
    with reading(request) as call:
        items = outbox.inbox(call.s, call.person.id, PAGE + 1, before)
        shown, more = items[:PAGE], len(items) > PAGE
        return page(
            call,
            "notices.html",
            items=[_item(call, item) for item in shown],
            unread=outbox.unread(call.s, call.person.id),
            next_path=url("/notices", before=shown[-1].id) if more else "",
            office=deliveries.tends(call.person),
        )


def _item(call: Call, item: outbox.InboxItem) -> Data:
    try:
        told = render_notice(item.kind, current_language(), item.facts)
        subject, body = told.subject, told.text
    except RenderError:  # the facts of an older version: what it was about is still said
        subject, body = kind_name(item.kind), ""
    number = str(item.facts.get("issue_number") or "")
    return {
        "id": item.id,
        "kind": kind_name(item.kind),
        "subject": subject,
        "text": body,
        "urgent": item.urgent,
        "read": item.read_at is not None,
        "at": item.created_at,
        "path": f"/issues/{number}" if number else "",
    }


@router.post("/notices/read")
def mark_read(request: Request, sent: FormData = Depends(posted)) -> Response:
    """Mark one's own notices as read, or open one's issue; others' are never touched."""
    with writing(request) as call:
        check_csrf(call, sent)
        chosen = _numbers(texts(sent, "id"))
        outbox.mark_read(call.s, call.person.id, chosen, call.now)
        path = _opened(call, chosen) if text(sent, "open") else ""
    return RedirectResponse(path or "/notices", status_code=303)


def _opened(call: Call, chosen: list[int]) -> str:
    """The page of the issue that one's own notice tells of."""
    if len(chosen) != 1:
        return ""
    own = outbox.inbox(call.s, call.person.id, 1, chosen[0] + 1)
    number = str(own[0].facts.get("issue_number") or "") if own else ""
    return f"/issues/{quote(number, safe='')}" if number and own[0].id == chosen[0] else ""


def _numbers(given: list[str]) -> list[int]:
    if not all(v.isascii() and v.isdigit() and len(v) < 19 for v in given):
        raise Malformed(Reason("id_malformed", _("This is no number of a notice."), "id"))
    return [int(v) for v in given[:1000]]


@router.get("/notices/delivery")
def delivery(request: Request, freed: int | None = None) -> HTMLResponse:
    """For the office: how many notices of each kind were sent, wait or failed, and why."""
    with reading(request) as call:
        deliveries.require(call.person)
        failed = [_failure(call, one) for one in outbox.failed(call.s)]
        return page(
            call,
            "notices_delivery.html",
            counts=_counts(outbox.statistics(call.s)),
            failed=failed,
            freed=freed,
        )


def _counts(found: dict[tuple[str, str, str], int]) -> list[Data]:
    rows: dict[tuple[str, str], Data] = {}
    for (kind, channel, state), n in found.items():
        row = rows.setdefault((kind, channel), {"kind": kind_name(kind), "states": {}})
        row["channel"] = word("channel", channel)
        row["states"][state] = row["states"].get(state, 0) + n
    return list(rows.values())


def _failure(call: Call, one: outbox.FailedDelivery) -> Data:
    person = call.directory.people.get(one.recipient_id)
    return {
        "id": one.id,
        "recipient": person.name if person else "",
        "unit": call.directory.unit_name(person.unit_id) if person else "",
        "channel": word("channel", one.channel),
        "kinds": [kind_name(kind) for kind in one.kinds],
        "attempts": one.attempts,
        "reason": one.reason,
        "at": one.created_at,
    }


@router.post("/notices/retry")
def retry(request: Request, sent: FormData = Depends(posted)) -> Response:
    """Give failed messages all their tries again; who did so enters the system's history."""
    with writing(request) as call:
        check_csrf(call, sent)
        deliveries.require(call.person)
        chosen = _numbers(texts(sent, "id"))
        freed = deliveries.retry(call.s, chosen, actor=call.person, now=call.now)
    return RedirectResponse(f"/notices/delivery?freed={freed}", status_code=303)
