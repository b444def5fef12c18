"""What holds for every answer: headers that browsers enforce, language, size of bodies."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse

from config.i18n import normalise, set_language

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

LANGUAGE_COOKIE = "xiaohao_lang"

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
        self.fixed = dict(HEADERS)
        if https:
            self.fixed["strict-transport-security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wrap `send`."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.fixed.items():
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        await self.app(scope, receive, send_with_headers)


class Language:
    """The language of a request: `?lang=`, else the cookie, else what the API's caller accepts.

    It must be plain ASGI: a context variable set here is seen by the endpoint's thread.
    """

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Choose the language for everything below."""
        if scope["type"] == "http":
            set_language(_wanted(scope))
        await self.app(scope, receive, send)


def _wanted(scope: Scope) -> str | None:
    asked = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("lang", [""])[0]
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    cookie: SimpleCookie = SimpleCookie()
    try:
        cookie.load(headers.get(b"cookie", ""))
    except CookieError:  # a malformed cookie chooses nothing
        cookie.clear()
    kept = cookie[LANGUAGE_COOKIE].value if LANGUAGE_COOKIE in cookie else ""
    accepted = headers.get(b"accept-language", "") if scope["path"].startswith("/api/") else ""
    for name in (asked, kept, accepted.split(",")[0].split(";")[0]):
        if name and normalise(name):
            return normalise(name)
    return None


class BodyLimit:
    """Refuse bodies over a size, whether they say so or only turn out to be."""

    def __init__(self, app: App, *, limit: int) -> None:
        self.app, self.limit = app, limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what comes in; answer 413 as soon as it is too much."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        declared = headers.get(b"content-length", b"0")
        if not declared.isdigit() or int(declared) > self.limit:
            await self._refuse(scope, receive, send)
            return
        received, started = 0, False

        async def counting() -> MutableMapping[str, Any]:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.limit:
                raise _TooMuch
            return message

        async def noting(message: MutableMapping[str, Any]) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, counting, noting)
        except _TooMuch:
            if not started:
                await self._refuse(scope, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = PlainTextResponse(
            f"413: at most {self.limit} bytes are taken\n",
            status_code=413,
            headers={"connection": "close"},
        )
        await answer(scope, receive, send)


class _TooMuch(Exception):
    """More bytes came than are taken."""
