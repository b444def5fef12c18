"""Refusals at the edge: a page for people, RFC 9457 problem details for programs."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from config.i18n import gettext as _
from web.faults import PasswordChangeNeeded, SignInNeeded
from web.middleware import HEADERS
from web.misshapen import reasons_of
from web.templating import plain_page
from workflow.errors import Reason, WorkflowError

API = "/api/"
PROBLEM = "application/problem+json"


def install(app: FastAPI) -> None:
    """Register what answers each kind of refusal."""
    app.add_exception_handler(WorkflowError, refused)
    app.add_exception_handler(SignInNeeded, sign_in_needed)
    app.add_exception_handler(PasswordChangeNeeded, password_change_needed)
    app.add_exception_handler(RequestValidationError, malformed)
    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(Exception, unexpected)


def title(status: int) -> str:
    """What a status means, in words."""
    texts = {
        400: _("The request is malformed."),
        401: _("Sign in first."),
        403: _("You may not do this."),
        404: _("Not found."),
        405: _("This address does not take that method."),
        409: _("The rules do not allow this now."),
        412: _("It was changed meanwhile."),
        413: _("That is too large."),
        415: _("This kind of content is not taken."),
        422: _("Something in the entry is wrong."),
        428: _("Say which version you have seen."),
        429: _("Too many requests."),
        503: _("Not available at the moment."),
    }
    return texts.get(status, _("Something went wrong."))


def problem(
    status: int, code: str, reasons: tuple[Reason, ...] = (), **more: Any
) -> dict[str, Any]:
    """Problem details: what, why, which field, how to mend it."""
    return {
        "type": f"urn:xiaohao:problem:{code}",
        "title": title(status),
        "status": status,
        "code": code,
        "detail": " ".join(str(reason) for reason in reasons) or title(status),
        "reasons": [
            {"code": r.code, "message": r.message, "field": r.field, "remedy": r.remedy}
            for r in reasons
        ],
    } | more


def problem_response(
    status: int,
    code: str,
    reasons: tuple[Reason, ...] = (),
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """The answer that carries problem details."""
    return JSONResponse(
        problem(status, code, reasons), status_code=status, media_type=PROBLEM, headers=headers
    )


def answer(
    request: Request,
    status: int,
    code: str,
    reasons: tuple[Reason, ...] = (),
    headers: dict[str, str] | None = None,
) -> Response:
    """A refusal in the form that the caller reads."""
    if request.url.path.startswith(API):
        return problem_response(status, code, reasons, headers)
    page = plain_page(request, "error.html", status, title=title(status), reasons=reasons)
    page.headers.update(headers or {})
    return page


def refused(request: Request, error: Exception) -> Response:
    """A refusal of the engine or of the edge."""
    assert isinstance(error, WorkflowError)
    return answer(request, error.status, error.code, error.reasons)


def sign_in_needed(request: Request, _error: Exception) -> Response:
    """Pages lead to the form and back; a part of a page makes the whole page go there."""
    if request.url.path.startswith(API):
        return problem_response(401, "sign_in_needed", headers={"www-authenticate": "Bearer"})
    if request.headers.get("hx-request"):
        back = quote(request.headers.get("hx-current-url", "/").split("//")[-1].partition("/")[2])
        return Response(status_code=401, headers={"hx-redirect": f"/signin?next=/{back}"})
    path = request.url.path if request.method == "GET" else "/"
    query = f"?{request.url.query}" if request.url.query and request.method == "GET" else ""
    return RedirectResponse(f"/signin?next={quote(path + query, safe='')}", status_code=303)


def password_change_needed(request: Request, _error: Exception) -> Response:
    """An initial or outdated password is changed before anything else."""
    if request.url.path.startswith(API):
        return problem_response(403, "password_change_needed")
    return RedirectResponse("/account/password", status_code=303)


def malformed(request: Request, error: Exception) -> Response:
    """Query, path or body of a wrong shape."""
    assert isinstance(error, RequestValidationError)
    return answer(request, 422, "malformed", reasons_of(error.errors()))


def http_error(request: Request, error: Exception) -> Response:
    """Unknown addresses and methods."""
    assert isinstance(error, HTTPException)
    headers = dict(error.headers) if error.headers else None
    return answer(request, error.status_code, f"http_{error.status_code}", headers=headers)


def unexpected(request: Request, _error: Exception) -> Response:
    """A fault of ours: nothing of it is shown; the server logs it.

    It is answered outside of every middleware, so it brings the headers along itself.
    """
    return answer(request, 500, "internal", headers=HEADERS | {"cache-control": "no-store"})
