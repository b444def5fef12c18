"""发送情况: what was delivered, failed or is held, whom nothing reaches, which channels pause.

For the office; the chief and the deputy director decide on what is held.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from notifications import backlog, bounces, brakes, outbox, storms
from web.call import Call, reading, writing
from web.forms import check_csrf, posted, text, texts
from web.late import LateRoute
from web.pages.notices import numbers_of
from web.templating import page, url
from workflow import deliveries
from workflow.errors import WorkflowError
from workflow.waiting_words import reason_word, rule_of, waits
from workflow.wording import kind_name, word

router = APIRouter(route_class=LateRoute)
PATH = "/notices/delivery"
STATES = ("pending", "bundled", "sent", "failed")
Data = dict[str, Any]


@router.get(PATH)
def delivery(
    request: Request, freed: int | None = None, done: str = "", n: int = 0
) -> HTMLResponse:
    """How many notices of each kind were sent, wait or failed; and everything that needs a hand."""
    with reading(request) as call:
        return _page(call, freed=freed, done=done, n=n)


def _page(call: Call, *, refused: WorkflowError | None = None, **facts: Any) -> HTMLResponse:
    deliveries.require_to_see(call.person)
    return page(
        call,
        "notices_delivery.html",
        refused.status if refused is not None else 200,
        counts=_counts(outbox.statistics(call.s)),
        states=[(state, word("notice", state)) for state in STATES],
        rule=rule_of(call.ctx.policy()),
        waits=waits(backlog.backlog(call.s, call.now), call.zone),
        retrying=[_retry(call, one) for one in backlog.retrying(call.s)],
        failed=[_failure(call, one) for one in outbox.failed(call.s)],
        held=[_hold(one) for one in storms.held(call.s)],
        bad=[_bounce(call, one) for one in bounces.bounced(call.s)],
        circuits=[_circuit(one) for one in brakes.circuits(call.s).values() if one.opened_at],
        unreached=deliveries.unreached(call.s),
        tends=deliveries.tends(call.person),
        decides=deliveries.decides(call.person),
        reasons=list(refused.reasons) if refused is not None else [],
        **({"freed": None, "done": "", "n": 0} | facts),
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
        "reason": reason_word(one.reason),
        "at": one.created_at,
    }


def _retry(call: Call, one: backlog.Retry) -> Data:
    person = call.directory.people.get(one.recipient_id)
    return {
        "recipient": person.name if person else "",
        "unit": call.directory.unit_name(person.unit_id) if person else "",
        "channel": word("channel", one.channel),
        "attempts": one.attempts,
        "reason": reason_word(one.reason),
        "next": one.next_at,
    }


def _hold(one: storms.Hold) -> Data:
    return {
        "id": one.id,
        "at": one.at,
        "most": one.most,
        "messages": one.messages,
        "recipients": one.recipients,
        "channels": [(word("channel", name), n) for name, n in one.channels.items()],
        "kinds": [(kind_name(kind), n) for kind, n in one.kinds.items()],
    }


def _bounce(call: Call, one: bounces.Bounced) -> Data:
    person = call.directory.people.get(one.person_id)
    return {
        "channel": one.channel,
        "channel_name": word("channel", one.channel),
        "address": one.address,
        "person": person.name if person else "",
        "unit": call.directory.unit_name(person.unit_id) if person else "",
        "since": one.since,
        "reason": one.reason,
    }


def _circuit(one: brakes.Circuit) -> Data:
    return {
        "channel": word("channel", one.channel),
        "since": one.opened_at,
        "until": one.paused_until,
        "error": one.last_error,
    }


@router.post("/notices/retry")
def retry(request: Request, sent: FormData = Depends(posted)) -> Response:
    """Give failed messages all their tries again; who did so enters the system's history."""
    with writing(request) as call:
        check_csrf(call, sent)
        deliveries.require(call.person)
        chosen = numbers_of(texts(sent, "id"))
        freed = deliveries.retry(call.s, chosen, actor=call.person, now=call.now)
    return RedirectResponse(url(PATH, freed=freed), status_code=303)


@router.post("/notices/held")
def decide(request: Request, sent: FormData = Depends(posted)) -> Response:
    """Release what is held, or drop it with a reason."""
    try:
        with writing(request) as call:
            check_csrf(call, sent)
            (hold,) = numbers_of([text(sent, "hold") or "0"])
            act = deliveries.drop if text(sent, "act") == "drop" else deliveries.release
            reason = text(sent, "reason")
            n = act(call.s, hold=hold, reason=reason, actor=call.person, now=call.now)
    except WorkflowError as error:
        if error.status in (403, 404):
            raise
        with reading(request) as call:
            return _page(call, refused=error)
    done = "dropped" if text(sent, "act") == "drop" else "released"
    return RedirectResponse(url(PATH, done=done, n=n), status_code=303)


@router.post("/notices/bounces")
def clear(request: Request, sent: FormData = Depends(posted)) -> Response:
    """Take an address into use again."""
    with writing(request) as call:
        check_csrf(call, sent)
        deliveries.clear_bounce(
            call.s, channel=text(sent, "channel"), address=text(sent, "address"),
            actor=call.person, now=call.now,
        )  # fmt: skip
    return RedirectResponse(url(PATH, done="cleared"), status_code=303)
