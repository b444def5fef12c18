"""一企来: an enterprise files a demand and follows it. Nobody signs in.

What is told here is what the enterprise itself wrote and what it may be told: no text of the
loop, nobody's name or number, nothing of any other enterprise or project. The secret address is
the only key; `web.portal_limit` counts by address before a body is read.
"""

from __future__ import annotations

import re
from typing import Any, TypeVar

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from config import clock
from config.i18n import gettext as _
from models.db import Session
from projects.demands import feedback, filing
from projects.demands.filing import DemandForm
from projects.demands.words import step_word
from web.call import database, settings_of
from web.faults import BadToken
from web.forms import files, posted_by_anybody, posted_by_anybody_with_a_file, same_site, text
from web.late import LateRoute
from web.templating import plain_page, url
from workflow.accounts.secret import new_secret
from workflow.context import context
from workflow.errors import GuardFailed, Malformed, Reason, WorkflowError
from workflow.evidence_safety import Stored, accept
from workflow.wording import unit_label

router = APIRouter(route_class=LateRoute)
PATH = "/enterprise"
TRAP = "website"
"""A field that nobody sees: what fills it in is a program."""
_KEY = re.compile(r"[A-Za-z0-9_-]{43}")
FIELDS = ("enterprise", "credit_code", "contact", "phone", "board", "project", "body")
Data = dict[str, Any]
Answered = TypeVar("Answered", bound=Response)


@router.get(PATH)
def form(request: Request) -> HTMLResponse:
    """An empty form. Its key becomes the secret of the demand's address."""
    with database(request).read() as s:
        return _form(s, request, {}, new_secret())


@router.post(PATH)
def send(request: Request, sent: FormData = Depends(posted_by_anybody_with_a_file)) -> Response:
    """Receive it and lead on to its own page; the same form sent again leads there, too."""
    _refuse_other_sites(request)
    given = {name: text(sent, name) for name in FIELDS}
    key = _key(text(sent, "key"))
    try:
        _refuse_programs(sent)
        wanted = DemandForm(**given)
        with database(request).read() as s:
            filing.check(s, wanted)
        stored = _stored(sent)
        with database(request).write() as s:
            filed = filing.file(s, wanted, clock.now(), secret=key, files=stored)
    except WorkflowError as error:
        with database(request).read() as s:
            return _form(s, request, given, key, error)
    return _private(RedirectResponse(url(f"{PATH}/{filed.secret}", new="1"), status_code=303))


@router.get(PATH + "/{secret}")
def follow(request: Request, secret: str, new: str = "", done: str = "") -> Response:
    """How far the demand has come; 404 for an address that is unknown or was replaced."""
    with database(request).read() as s:
        return _page(s, request, secret, new=bool(new), done=done)


@router.post(PATH + "/{secret}")
def judge(request: Request, secret: str, sent: FormData = Depends(posted_by_anybody)) -> Response:
    """Confirm the result, or say why it is none."""
    _refuse_other_sites(request)
    confirms = text(sent, "act") == "confirm"
    try:
        with database(request).write() as s:
            if confirms:
                satisfied = _satisfied(text(sent, "satisfied"))
                remark = text(sent, "remark")
                feedback.confirm(
                    s, secret=secret, satisfied=satisfied, remark=remark, now=clock.now()
                )
            else:
                feedback.reject(s, secret=secret, reason=text(sent, "reason"), now=clock.now())
    except WorkflowError as error:
        if error.status == 404:
            raise
        with database(request).read() as s:
            return _page(s, request, secret, error=error)
    where = url(f"{PATH}/{secret}", done="confirmed" if confirms else "rejected")
    return _private(RedirectResponse(where, status_code=303))


def _form(
    s: Session, request: Request, values: Data, key: str, error: WorkflowError | None = None
) -> HTMLResponse:
    beside: dict[str, list[Reason]] = {}
    general = []
    for reason in error.reasons if error is not None else ():
        field = {"evidence": "file"}.get(reason.field, reason.field)
        if field in (*FIELDS, "file"):
            beside.setdefault(field, []).append(reason)
        else:
            general.append(reason)
    status = error.status if error is not None else 200
    units = context(s).directory.units.values()
    boards = [(u.code, unit_label(u)) for u in units if u.is_board and u.active]
    most = {"body": filing.MOST_TEXT}
    facts = {"values": {name: values.get(name, "") for name in FIELDS}, "boards": boards}
    return _private(
        plain_page(
            request, "demands/form.html", status, key=key, beside=beside, general=general,
            most=most, trap=TRAP, **facts,
        )
    )  # fmt: skip


def _page(
    s: Session, request: Request, secret: str, *, new: bool = False, done: str = "",
    error: WorkflowError | None = None,
) -> HTMLResponse:  # fmt: skip
    row = feedback.by_link(s, secret)
    state, behind = feedback.told_state(s, row)
    steps = [(step_word(step), n < behind) for n, step in enumerate(feedback.STEPS)]
    base = settings_of(request).base_url.rstrip("/")
    ctx = context(s)
    return _private(
        plain_page(
            request, "demands/follow.html", error.status if error is not None else 200,
            demand=row, state=state, steps=steps, behind=behind, new=new, done=done,
            address=f"{base}{PATH}/{secret}", zone=ctx.calendar().tz,
            board=_board(ctx.directory.units.get(row.board_id or 0)),
            reasons=list(error.reasons) if error is not None else [],
        )
    )  # fmt: skip


def _board(unit: Any | None) -> str:
    return unit_label(unit) if unit is not None else ""


def _stored(sent: FormData) -> list[Stored]:
    """The file that came along, looked at as every piece of evidence is."""
    return [accept(upload.file, upload.filename or "") for upload in files(sent, "file")]


def _key(given: str) -> str:
    return given if _KEY.fullmatch(given) else new_secret()


def _satisfied(given: str) -> bool:
    if given not in ("yes", "no"):
        raise Malformed(
            Reason(
                "satisfied_missing",
                _("Say whether you are satisfied."),
                "satisfied",
                _("Choose one of the two."),
            )
        )
    return given == "yes"


def _refuse_programs(sent: FormData) -> None:
    if text(sent, TRAP):
        raise GuardFailed(
            Reason(
                "trap",
                _("A field that must stay empty was filled in."),
                remedy=_("Fill the form in by hand, or telephone us."),
            )
        )


def _refuse_other_sites(request: Request) -> None:
    if not same_site(request):
        raise BadToken(Reason("csrf", _("The form does not belong to this site.")))


def _private(answer: Answered) -> Answered:
    """The address is a secret: it goes into no index. No other site is told it anyway, by the
    usual referrer policy; a stricter one would take the origin from the page's own forms."""
    answer.headers["x-robots-tag"] = "noindex, nofollow"
    return answer
