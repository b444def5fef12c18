"""A client that speaks to the application without a socket, in an event loop of this process.

The framework's own test client makes a thread and a loop for every request, which takes longer
than most answers. This one keeps a loop, in which it runs each request to its end.
"""

from __future__ import annotations

import asyncio
import threading

import httpx
from fastapi import FastAPI

NOBODY = ("testclient", 50000)
"""Where a request comes from unless a test says otherwise: no address that is trusted."""


class Wire(httpx.BaseTransport):
    """Hands requests to the application; what it raises comes out of the call if that is asked."""

    def __init__(self, app: FastAPI, raising: bool) -> None:
        self._inner = httpx.ASGITransport(app, raise_app_exceptions=raising, client=NOBODY)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The whole answer."""
        request.read()
        return _loop().run_until_complete(self._answer(request))

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        found = await self._inner.handle_async_request(request)
        assert isinstance(found.stream, httpx.AsyncByteStream)
        content = b"".join([part async for part in found.stream])
        stream = httpx.ByteStream(content)
        return httpx.Response(found.status_code, headers=found.headers, stream=stream)


class WireClient(httpx.Client):
    """A client of the application, with cookies. Redirects are told, not followed."""

    def __init__(self, app: FastAPI, *, raising: bool = True) -> None:
        super().__init__(transport=Wire(app, raising), base_url="http://testserver")


_LOOPS = threading.local()


def _loop() -> asyncio.AbstractEventLoop:
    """The loop of this thread, which ends with it."""
    if not hasattr(_LOOPS, "kept"):
        _LOOPS.kept = _Kept()
    found: asyncio.AbstractEventLoop = _LOOPS.kept.loop
    return found


class _Kept:
    """Closes its loop when its thread has gone."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()

    def __del__(self) -> None:
        self.loop.close()
