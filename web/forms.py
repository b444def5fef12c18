"""Posted forms: read once, bounded, and only from our own pages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.types import Message, Receive

from config.i18n import gettext as _
from web.call import Call, require_session, secret_of
from web.faults import BadToken, TooLarge
from workflow.accounts.secret import csrf_matches
from workflow.errors import Reason

MAX_FILES = 20
MAX_FIELDS = 400
PLAIN_BYTES = 4 << 20
"""What a form without files may weigh: a whole policy as text, encoded for its way."""
STRANGER_BYTES = 64 << 10
"""What is read from somebody who has not signed in."""
STRANGER_FILE_BYTES = 10 << 20
"""The same where a file may come along."""


async def posted(request: Request) -> AsyncIterator[FormData]:
    """The form of a signed-in person, without files; parsed here since only a coroutine can read
    the body. Raises `SignInNeeded` before anything of it is read, `TooLarge`.
    """
    async with form_of(request, with_files=False) as form:
        yield form


async def posted_with_files(request: Request) -> AsyncIterator[FormData]:
    """As `posted`, where files may come along; those are closed when the request is over."""
    async with form_of(request, with_files=True) as form:
        yield form


async def posted_by_anybody(request: Request) -> AsyncIterator[FormData]:
    """A small form for which nobody need have signed in. Raises `TooLarge`."""
    async with _parsed(request, STRANGER_BYTES, 0) as form:
        yield form


async def posted_by_anybody_with_a_file(request: Request) -> AsyncIterator[FormData]:
    """As `posted_by_anybody`, where one file of moderate size may come along. Raises `TooLarge`."""
    async with _parsed(request, STRANGER_FILE_BYTES, 1) as form:
        yield form


@asynccontextmanager
async def form_of(request: Request, *, with_files: bool) -> AsyncIterator[FormData]:
    """The form of a signed-in person; with files the server's own limit holds."""
    await run_in_threadpool(require_session, request)
    most = None if with_files else PLAIN_BYTES
    async with _parsed(request, most, MAX_FILES if with_files else 0) as form:
        yield form


@asynccontextmanager
async def _parsed(request: Request, most: int | None, max_files: int) -> AsyncIterator[FormData]:
    receive = request.receive if most is None else _limited(request.receive, most)
    bounded = Request(request.scope, receive)
    async with bounded.form(max_files=max_files, max_fields=MAX_FIELDS) as form:
        yield form


def _limited(receive: Receive, most: int) -> Receive:
    """Raises `TooLarge` as soon as more has come in than is taken."""
    left = most

    async def limited() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise TooLarge(
                Reason(
                    "too_large",
                    _("The form is larger than {n} kB.").format(n=most >> 10),
                    remedy=_("Shorten your entry."),
                )
            )
        return message

    return limited


def text(form: FormData, name: str) -> str:
    """A field's text, or an empty one (a file sent in its place counts as empty).

    PostgreSQL cannot even look for NUL, so another control character stands for it: that one is
    found nowhere, and refused beside its field like any other.
    """
    value = form.get(name)
    return _as_stored(value) if isinstance(value, str) else ""


def texts(form: FormData, name: str) -> list[str]:
    """Every text of a field that may repeat, without the empty ones."""
    given = (v for v in form.getlist(name) if isinstance(v, str) and v.strip())
    return [_as_stored(v) for v in given]


def _as_stored(value: str) -> str:
    """Browsers end the lines of a text area with CR LF; everything else here with LF."""
    return value.replace("\0", "\1").replace("\r\n", "\n")


def files(form: FormData, name: str) -> list[UploadFile]:
    """The files of a field; an empty file input sends one without a name."""
    return [v for v in form.getlist(name) if isinstance(v, UploadFile) and v.filename]


def check_csrf(call: Call, form: FormData) -> None:
    """Refuse a form that does not carry the session's token (in it, or in htmx's header)."""
    given = text(form, "csrf") or call.request.headers.get("x-csrf", "")
    if not csrf_matches(secret_of(call.request), given):
        raise BadToken(
            Reason(
                "csrf",
                _("The form does not belong to this session."),
                remedy=_("Load the page again and repeat your entry."),
            )
        )


def same_site(request: Request) -> bool:
    """Whether the browser says that the request came from one of our own pages.

    Used where there is no session yet; browsers send `Origin` with every form.
    """
    origin = request.headers.get("origin", "")
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    return not origin or urlsplit(origin).netloc == request.headers.get("host")


def local_path(target: str) -> str:
    """Where to go after signing in: a path of this site, `/` for anything else."""
    parts = urlsplit(target)
    plain = target.startswith("/") and not target.startswith("//") and "\\" not in target
    if not plain or parts.scheme or parts.netloc or any(ord(c) < 32 for c in target):
        return "/"
    return target


def kept(form: FormData) -> dict[str, Any]:
    """What was typed, to be shown again after an error; files cannot be given back."""
    found: dict[str, Any] = {}
    for name in form:
        values = [v.replace("\0", "\1") for v in form.getlist(name) if isinstance(v, str)]
        found[name] = values[0] if len(values) == 1 else values
    return found
