"""What the API needs of the application besides its routes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders

from config.settings import Settings
from web.api import faults
from web.api.door import RATE_HEADERS, Limits
from web.limits import Buckets

FAILURES_PER_MINUTE = 60
"""Calls with credentials that do not count, from one address."""


def install(app: FastAPI, settings: Settings) -> None:
    """Limits, refusals, and the headers that tell what is left."""
    app.state.api_limits = Limits(Buckets(settings.api_per_minute), Buckets(FAILURES_PER_MINUTE))
    faults.install(app)
    app.add_middleware(RateHeaders)


class RateHeaders:
    """Put `RateLimit-...` on every answer of the API, refusals included."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[Any]],
        send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ) -> None:
        """Wrap `send`; what is left is known once the route has met its caller."""

        async def telling(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in scope.get(RATE_HEADERS, {}).items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, telling if scope["type"] == "http" else send)
