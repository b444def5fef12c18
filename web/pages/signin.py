"""Signing in and out, and the choice of language."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from config import clock
from config.i18n import gettext as _
from config.i18n import normalise
from web.call import COOKIE, database, secret_of, settings_of, writing
from web.faults import BadToken
from web.forms import check_csrf, local_path, posted, posted_by_anybody, same_site, text
from web.late import LateRoute
from web.middleware import LANGUAGE_COOKIE
from web.templating import plain_page
from workflow.accounts import sessions, signin
from workflow.errors import Reason

router = APIRouter(route_class=LateRoute)


@router.get("/signin")
def show(request: Request, next: str = "/") -> HTMLResponse:
    """The sign-in form; `next` is where to go afterwards."""
    answer = _form(request, next)
    chosen = normalise(request.query_params.get("lang", ""))
    if chosen:
        _keep_language(request, answer, chosen)
    return answer


def _form(
    request: Request, target: str, username: str = "", message: str = "", status: int = 200
) -> HTMLResponse:
    return plain_page(
        request, "signin.html", status, next=local_path(target), username=username, message=message
    )


@router.post("/signin")
def sign_in(request: Request, sent: FormData = Depends(posted_by_anybody)) -> Response:
    """Check name and password; a new session each time, so that none can be planted before."""
    if not same_site(request):
        raise BadToken(Reason("csrf", _("The form does not belong to this site.")))
    outcome = signin.sign_in(
        database(request),
        username=text(sent, "username"),
        password=text(sent, "password"),
        address=request.client.host if request.client else "",
        agent=request.headers.get("user-agent", ""),
        now=clock.now(),
    )
    target = local_path(text(sent, "next"))
    if not isinstance(outcome, signin.SignedIn):
        status = 429 if outcome.code == signin.THROTTLED else 401
        return _form(request, target, text(sent, "username"), str(outcome.reason), status)
    _end_former(request)
    answer = RedirectResponse(target, status_code=303)
    answer.set_cookie(
        COOKIE,
        outcome.secret,
        httponly=True,
        samesite="lax",
        secure=_https(request),
        path="/",
    )
    return answer


def _end_former(request: Request) -> None:
    """Whoever signs in again leaves no session behind in this browser."""
    now = clock.now()
    with database(request).write() as s:
        former = sessions.find(s, secret_of(request), now)
        if former is not None:
            sessions.end(s, former, now, "replaced")


@router.post("/signout")
def sign_out(request: Request, sent: FormData = Depends(posted)) -> Response:
    """End the session; the cookie goes, too."""
    with writing(request, may_be_stale=True) as call:
        check_csrf(call, sent)
        signin.sign_out(call.s, request.state.session, call.now)
    answer = RedirectResponse("/signin", status_code=303)
    answer.delete_cookie(COOKIE, path="/")
    return answer


@router.post("/language")
def choose_language(request: Request, sent: FormData = Depends(posted_by_anybody)) -> Response:
    """Switch the language of the pages and come back."""
    answer = RedirectResponse(local_path(text(sent, "next")), status_code=303)
    chosen = normalise(text(sent, "lang"))
    if chosen and same_site(request):
        _keep_language(request, answer, chosen)
    return answer


def _keep_language(request: Request, answer: Response, chosen: str) -> None:
    answer.set_cookie(
        LANGUAGE_COOKIE,
        chosen,
        max_age=365 * 24 * 3600,
        httponly=True,
        samesite="lax",
        secure=_https(request),
        path="/",
    )


def _https(request: Request) -> bool:
    return settings_of(request).base_url.startswith("https:")
