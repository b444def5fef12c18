"""通知模板: every text of every kind of notice, and the page on which one is written."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from notifications.kinds import KINDS
from notifications.template_faults import Key
from web.call import Call, reading, writing
from web.forms import check_csrf, posted, text
from web.late import LateRoute
from web.pages.admin import template_view as view
from web.pages.admin.access import may_change, require, require_keeper
from web.pages.admin.forms import number
from web.templating import is_partial, page, url
from workflow import template_versions, templates
from workflow.errors import WorkflowError
from workflow.wording import kind_name

router = APIRouter(route_class=LateRoute)
PATH = "/admin/templates"
ONE = PATH + "/{kind}/{part}/{language}"
_MAIL = {
    "content-security-policy": (
        "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"
    ),
    "x-frame-options": "SAMEORIGIN",
}
"""A mail's inline styles are let in, and nothing else; it may stand in our own page's frame."""


def named(kind: str, part: str, language: str) -> Key:
    """The text that an address names, whether there is one or not."""
    return (kind, part, language)


@router.get(PATH)
def index(request: Request) -> HTMLResponse:
    """Kinds, and for each language its subject and text: shipped, or the office's own."""
    with reading(request) as call:
        require(call, "templates")
        rows: dict[str, list[template_versions.Entry]] = {kind: [] for kind in KINDS}
        for entry in template_versions.overview(call.s):
            rows[entry.key[0]].append(entry)
        return page(
            call,
            "admin/templates.html",
            rows=[(kind_name(kind), kind, entries) for kind, entries in rows.items()],
            path_of=view.path_of,
            parts=view.PARTS,
            languages=view.LANGUAGES,
            keeper=may_change(call, "templates"),
        )


@router.get(ONE)
def one(request: Request, key: Key = Depends(named)) -> HTMLResponse:
    """The text in force, or the version asked for, with all that helps to write it."""
    with reading(request) as call:
        require(call, "templates")
        version = number(request.query_params.get("version", ""))
        return view.show(call, key, version=version)


@router.post(ONE + "/preview")
def preview(
    request: Request, key: Key = Depends(named), sent: FormData = Depends(posted)
) -> HTMLResponse:
    """The typed text tried out; nothing is kept. A part of the page for htmx."""
    with reading(request) as call:
        given = _given(call, key, sent)
        if is_partial(request):
            tried = view.preview(call, key, given)
            return page(call, "admin/template_preview.html", preview=tried)
        return view.show(call, key, given)


@router.post(ONE + "/mail")
def mail(
    request: Request, key: Key = Depends(named), sent: FormData = Depends(posted)
) -> HTMLResponse:
    """The typed text as the mail that goes out, for a frame of the page."""
    with reading(request) as call:
        tried = view.preview(call, key, _given(call, key, sent), whole=True)
        if tried.rendered is None:
            answer = page(call, "admin/template_refused.html", preview=tried)
        else:
            answer = HTMLResponse(tried.rendered.html())
    answer.headers.update(_MAIL)
    return answer


@router.post(ONE)
def save(request: Request, key: Key = Depends(named), sent: FormData = Depends(posted)) -> Response:
    """Keep a draft, or publish: refused with every fault that the check finds."""
    given = view.typed(sent)
    publishing = text(sent, "do") == "publish"
    try:
        # the check takes seconds: before anything is locked
        vetted = _vetted(request, key, sent) if publishing else None
        with writing(request) as call:
            _given(call, key, sent)
            if publishing:
                templates.publish(
                    call.s,
                    key,
                    given.text,
                    actor=call.person,
                    now=call.now,
                    expected=given.seen,
                    vetted=vetted,
                )
            else:
                templates.save_draft(call.s, key, given.text, actor=call.person, now=call.now)
    except WorkflowError as error:
        return _refused(request, key, given, error)
    done = "template_published" if publishing else "saved"
    return RedirectResponse(url(view.path_of(key), done=done), status_code=303)


def _vetted(request: Request, key: Key, sent: FormData, to: int | None = None) -> templates.Vetted:
    """The check of the text as typed, or of the older one to go back to."""
    with reading(request) as call:
        given = _given(call, key, sent)
        source = given.text if to is None else template_versions.source_of(call.s, key, to)
        return templates.vet(call.s, key, source)


@router.post(ONE + "/revert")
def revert(
    request: Request, key: Key = Depends(named), sent: FormData = Depends(posted)
) -> Response:
    """Go back to an older version, or to the shipped text (0)."""
    given = view.typed(sent)
    asked = number(text(sent, "to"))
    to = -1 if asked is None else asked
    try:
        vetted = _vetted(request, key, sent, to) if to != template_versions.SHIPPED else None
        with writing(request) as call:
            _given(call, key, sent)
            templates.revert(
                call.s,
                key,
                to,
                actor=call.person,
                now=call.now,
                expected=given.seen,
                vetted=vetted,
            )
    except WorkflowError as error:
        return _refused(request, key, None, error)
    return RedirectResponse(url(view.path_of(key), done="template_reverted"), status_code=303)


def _given(call: Call, key: Key, sent: FormData) -> view.Typed:
    """The form of somebody who may write templates, about a text that there is."""
    require_keeper(call, "templates")
    check_csrf(call, sent)
    template_versions.shipped(key)
    return view.typed(sent)


def _refused(
    request: Request, key: Key, given: view.Typed | None, error: WorkflowError
) -> HTMLResponse:
    if error.status in (403, 404):
        raise error
    with reading(request) as call:
        require(call, "templates")
        return view.show(call, key, given, reasons=error.reasons, status=error.status)
