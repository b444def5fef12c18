"""What the office does with a demand: one address for each act, one command behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData

from projects.demands import deciding, telling_result
from projects.demands.deciding import Done, TakeUp
from web.call import Call, reading, writing
from web.forms import check_csrf, kept, posted, text
from web.late import LateRoute
from web.pages.demands.desk import PATH, SECRET, Number, shown
from web.shown_once import led_on
from web.templating import url
from workflow.case import not_visible
from workflow.errors import WorkflowError

router = APIRouter(route_class=LateRoute)
Common = dict[str, Any]


def _take_up(call: Call, sent: FormData, common: Common) -> Done:
    form = TakeUp(
        category=text(sent, "category"),
        title=text(sent, "title"),
        board=text(sent, "board"),
        project=text(sent, "project"),
        urgent=True if text(sent, "urgent") else None,
    )
    return deciding.take_up(call.s, form=form, **common)


def _link(call: Call, sent: FormData, common: Common) -> Done:
    return deciding.link(call.s, issue=text(sent, "issue"), **common)


def _answer(call: Call, sent: FormData, common: Common) -> Done:
    category = text(sent, "category")
    return deciding.answer(call.s, text=text(sent, "text"), category=category, **common)


def _result(call: Call, sent: FormData, common: Common) -> Done:
    return telling_result.tell_result(call.s, text=text(sent, "text"), **common)


def _decline(call: Call, sent: FormData, common: Common) -> Done:
    return deciding.decline(call.s, reason=text(sent, "reason"), **common)


def _address(call: Call, _sent: FormData, common: Common) -> Done:
    return deciding.reissue_link(call.s, **common)


ACTS: dict[str, Callable[[Call, FormData, Common], Done]] = {
    "take-up": _take_up,
    "link": _link,
    "answer": _answer,
    "result": _result,
    "decline": _decline,
    "address": _address,
}


@router.post(PATH + "/{number}/do/{act}")
def perform(
    request: Request, number: Number, act: str, sent: FormData = Depends(posted)
) -> Response:
    """Do it and come back to the demand; a refusal shows the form again as it was typed."""
    if act not in ACTS:
        raise not_visible(act)
    try:
        with writing(request) as call:
            check_csrf(call, sent)
            done = ACTS[act](call, sent, _common(call, sent, number))
    except WorkflowError as error:
        if error.status in (403, 404):
            raise
        with reading(request) as call:
            return shown(call, number, act=act, values=kept(sent), error=error)
    where = f"{PATH}/{number}"
    if done.secret:
        return led_on(request, where, SECRET, done.secret)
    return RedirectResponse(url(where, done=act), status_code=303)


def _common(call: Call, sent: FormData, number: str) -> Common:
    version = text(sent, "version")
    seen = int(version) if version.isascii() and version.isdecimal() and len(version) < 10 else None
    return {"actor": call.person, "demand": number, "now": call.now, "expected_version": seen}
