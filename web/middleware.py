"""What holds for every answer: headers that browsers enforce, language, size of bodies."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

from starlette.responses import JSONResponse, PlainTextResponse, Response

from config.i18n import current_language, normalise, set_language
from config.i18n import gettext as _

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

LANGUAGE_COOKIE = "xiaohao_lang"
_MOST_ACCEPTED = 20
_WEIGHT = re.compile(r"q\s*=\s*([01](?:\.[0-9]{0,3})?)")

CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "content-security-policy": CONTENT_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


class SecurityHeaders:
    """Add the headers that keep other sites and injected content out; nothing is cached."""

    def __init__(self, app: App, *, https: bool) -> None:
        self.app = app
        strict = {"strict-transport-security": "max-age=31536000"} if https else {}
        fixed = HEADERS | strict | {"cache-control": "no-store"}
        self.fixed = [(name.encode(), value.encode()) for name, value in fixed.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wrap `send`."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                _add_missing(message, self.fixed)
            await send(message)

        await self.app(scope, receive, send_with_headers)


def _add_missing(message: MutableMapping[str, Any], headers: list[tuple[bytes, bytes]]) -> None:
    """Add headers to an answer that has none of that name; names in small letters."""
    given = list(message.get("headers", ()))
    known = {name.lower() for name, _value in given}
    message["headers"] = given + [one for one in headers if one[0] not in known]


class Language:
    """The language of a request: `?lang=`, else the cookie, else what the API's caller accepts.

    It must be plain ASGI: a context variable set here is seen by the endpoint's thread.
    """

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Choose the language for everything below."""
        if scope["type"] == "http":
            set_language(None)  # whatever was chosen before, outside of this request
            # a definite one: hundreds of texts a page would otherwise ask the environment
            set_language(_wanted(scope) or current_language())
        await self.app(scope, receive, send)


def _wanted(scope: Scope) -> str | None:
    query, headers = scope.get("query_string", b""), dict(scope["headers"])
    asked = parse_qs(query.decode("latin-1")).get("lang", [""])[0] if query else ""
    kept = _kept(headers.get(b"cookie", b"").decode("latin-1"))
    accepted = headers.get(b"accept-language", b"") if scope["path"].startswith("/api/") else b""
    for name in (asked, kept, *_by_weight(accepted.decode("latin-1"))):
        if name and normalise(name):
            return normalise(name)
    return None


def _by_weight(accepted: str) -> list[str]:
    """The languages of `Accept-Language`, the most wanted first; a weight of 0 refuses one."""
    found = []
    for part in accepted.split(",")[:_MOST_ACCEPTED]:
        name, _semicolon, weight = part.partition(";")
        q = _WEIGHT.fullmatch(weight.strip())
        found.append((float(q[1]) if q else 0.0 if weight.strip() else 1.0, name.strip()))
    return [name for weight, name in sorted(found, key=lambda one: -one[0]) if weight]


def _kept(sent: str) -> str:
    if LANGUAGE_COOKIE not in sent:
        return ""
    cookie: SimpleCookie = SimpleCookie()
    try:
        cookie.load(sent)
    except CookieError:  # a malformed cookie chooses nothing
        return ""
    return cookie[LANGUAGE_COOKIE].value if LANGUAGE_COOKIE in cookie else ""


_DRAIN_SECONDS, _QUIET_SECONDS = 3.0, 0.25
"""What comes after a body's limit is thrown away so long, and while it keeps coming, before the
refusal is sent."""


class BodyLimit:
    """Refuse bodies over a size, whether they say so or only turn out to be, and slow ones.

    What reads the body may take the refusal for a fault of its own, so whatever it answers after
    that is held back and replaced.
    """

    def __init__(self, app: App, *, limit: int, seconds: float = 120.0) -> None:
        self.app, self.limit, self.seconds = app, limit, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what comes in; answer 413 or 408 as soon as it is too much or takes too long."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if not declared.isdigit() or int(declared) > self.limit:
            await self._refuse(413, scope, receive, send)
            return
        body = _Body(receive, self.limit, self.seconds)
        started = False

        async def unless_refused(message: MutableMapping[str, Any]) -> None:
            nonlocal started
            if started or not body.refused:
                started = True
                await send(message)

        try:
            await self.app(scope, body.receive, unless_refused)
        except _BodyRefused:
            pass
        finally:
            if body.refused and not started:
                await self._refuse(body.refused, scope, receive, send)

    async def _refuse(self, status: int, scope: Scope, receive: Receive, send: Send) -> None:
        text = (
            _("At most {n} MB are taken.").format(n=self.limit // 1024 // 1024)
            if status == 413
            else _("The body took too long.")
        )
        if status == 413:
            await _drain(receive, self.limit)
        code = "too_large" if status == 413 else "too_slow"
        answer = refusal(scope, status, code, text)
        answer.headers["connection"] = "close"
        await answer(scope, receive, send)


class _Body:
    """A body on its way in, with its limits. `refused` is the status once it breaks one."""

    def __init__(self, receive: Receive, limit: int, seconds: float) -> None:
        self._receive, self._left = receive, limit
        self._until = asyncio.get_running_loop().time() + seconds
        self._whole, self.refused = False, 0

    async def receive(self) -> MutableMapping[str, Any]:
        """The next part; raises when a limit is broken. After the end there is no limit."""
        if self._whole:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError:
            self.refused = 408
            raise _BodyRefused from None
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            self.refused = 413
            raise _BodyRefused
        self._whole = not message.get("more_body", False)
        return message


async def _drain(receive: Receive, most: int) -> None:
    """Read on for a moment: a server that hangs up on a sender resets the connection, and the
    sender never sees why."""
    try:
        async with asyncio.timeout(_DRAIN_SECONDS):
            while most > 0:
                async with asyncio.timeout(_QUIET_SECONDS):
                    message = await receive()
                most -= len(message.get("body", b""))
                if not message.get("more_body", False):
                    return
    except TimeoutError:
        return


class _BodyRefused(Exception):
    """More came than is taken, or it came too slowly."""


def refusal(scope: Scope, status: int, code: str, text: str) -> Response:
    """A refusal before any route: problem details under /api/, plain text elsewhere."""
    if not scope["path"].startswith("/api/"):
        return PlainTextResponse(f"{status}: {text}\n", status_code=status)
    return JSONResponse(
        {
            "type": f"urn:xiaohao:problem:{code}",
            "title": text,
            "status": status,
            "code": code,
            "detail": text,
            "reasons": [{"code": code, "message": text, "field": "", "remedy": ""}],
        },
        status_code=status,
        media_type="application/problem+json",
    )
