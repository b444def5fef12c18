"""Putting a policy in force: upload, check, difference, activate. As the command line does it."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from config.faults import ConfigurationError, Fault
from config.i18n import gettext as _
from config.policy import parse_policy
from web.call import Call, reading, writing
from web.forms import check_csrf, files, posted, posted_with_files, text
from web.late import LateRoute
from web.pages.admin.access import require_keeper
from web.templating import page, url
from workflow import definitions, policy_words
from workflow.context import context
from workflow.errors import Malformed, Reason, WorkflowError

router = APIRouter(route_class=LateRoute)
PATH = "/admin/policy/activate"
MAX_FILE = 400_000


@router.get(PATH)
def form(request: Request) -> HTMLResponse:
    """Choose a file."""
    with reading(request) as call:
        require_keeper(call, "policy")
        return _page(call)


def _page(
    call: Call,
    status: int = 200,
    *,
    source: str = "",
    filename: str = "",
    faults: list[Fault] | None = None,
    reasons: tuple[Reason, ...] = (),
) -> HTMLResponse:
    good = bool(source) and not faults
    changes = []
    if good:
        new = parse_policy(source.replace("\r\n", "\n"), filename)
        changes = policy_words.differences(context(call.s).policy(), new)
    return page(
        call,
        "admin/policy_activate.html",
        status,
        source=source,
        filename=filename,
        faults=faults or [],
        reasons=reasons,
        good=good,
        changes=changes,
    )


def _uploaded(sent: FormData) -> tuple[str, str]:
    """Text and name of the file, or of what an earlier check has put into the form."""
    given = files(sent, "file")
    if not given:
        return text(sent, "source").replace("\r\n", "\n"), text(sent, "filename")[:120]
    raw = given[0].file.read(MAX_FILE + 1)
    try:
        found = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        found = ""
    if len(raw) > MAX_FILE or not found.strip():
        message = _("This is no text of a policy.")
        remedy = _("Choose a TOML file in UTF-8.")
        raise Malformed(Reason("file_malformed", message, "file", remedy))
    return found.replace("\r\n", "\n"), (given[0].filename or "policy.toml")[:120]


@router.post(PATH)
def check(request: Request, sent: FormData = Depends(posted_with_files)) -> Response:
    """Every fault of the text, or what would change. Nothing is written."""
    with reading(request) as call:
        require_keeper(call, "policy")
        check_csrf(call, sent)
        try:
            source, name = _uploaded(sent)
        except WorkflowError as error:
            return _page(call, error.status, reasons=error.reasons)
        if not source:
            reason = Reason("file_missing", _("No file was chosen."), "file", _("Choose one."))
            return _page(call, 422, reasons=(reason,))
        faults = definitions.faults_of(call.s, "policy", source, name)
        return _page(call, 422 if faults else 200, source=source, filename=name, faults=faults)


@router.post(PATH + "/now")
def activate(request: Request, sent: FormData = Depends(posted)) -> Response:
    """Put the checked text in force for what is dispatched from now on."""
    source, name = _uploaded(sent)
    try:
        with writing(request) as call:
            require_keeper(call, "policy")
            check_csrf(call, sent)
            definitions.activate(
                call.s, "policy", source, file=name, actor=call.person, now=call.now
            )
    except ConfigurationError as error:
        with reading(request) as call:
            return _page(call, 422, source=source, filename=name, faults=error.faults)
    return RedirectResponse(url("/admin/policy", done="policy_activated"), status_code=303)
