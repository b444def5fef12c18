"""Requests straight to the application, without a server: thousands of them in a minute."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

from web.call import COOKIE
from workflow.accounts.secret import csrf_token


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")


class Client:
    """Speaks ASGI to an application. `secret` is the session's cookie, empty for none."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self._runner = asyncio.Runner()

    def close(self) -> None:
        """End the event loop and its threads."""
        self._runner.close()

    def get(self, path: str, secret: str = "", **headers: str) -> Answer:
        """A GET."""
        return self.ask("GET", path, secret, headers=headers)

    def form(self, path: str, secret: str, values: Mapping[str, str | Sequence[str]]) -> Answer:
        """A POST of a form that carries the session's token."""
        sent = urlencode({"csrf": csrf_token(secret), **values}, doseq=True).encode()
        kind = {"content-type": "application/x-www-form-urlencoded"}
        return self.ask("POST", path, secret, sent, kind)

    def json(self, path: str, secret: str, body: Any, **headers: str) -> Answer:
        """A POST of JSON by the portal's own scripts."""
        fixed = {"content-type": "application/json", "x-csrf": csrf_token(secret)}
        return self.ask("POST", path, secret, json.dumps(body).encode(), fixed | headers)

    def ask(
        self,
        method: str,
        path: str,
        secret: str = "",
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Any request; header names with `_` for `-`."""
        given = {name.replace("_", "-"): value for name, value in (headers or {}).items()}
        if secret:
            given["cookie"] = f"{COOKIE}={secret}"
        return self._runner.run(self._ask(method, path, body, given))

    async def _ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        sent: list[Any] = [{"type": "http.request", "body": body, "more_body": False}]
        got: list[Any] = []

        async def receive() -> Any:
            return sent.pop() if sent else await asyncio.Event().wait()

        async def send(message: Any) -> None:
            got.append(message)

        await self.app(_scope(method, path, body, headers), receive, send)
        start = got[0]
        named = {name.decode(): value.decode("latin-1") for name, value in start["headers"]}
        parts = [message.get("body", b"") for message in got[1:]]
        return Answer(start["status"], named, b"".join(parts))


def _scope(method: str, path: str, body: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
    split = urlsplit(path)
    sent = {"host": "testserver", "content-length": str(len(body)), **headers}
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(split.path),
        "raw_path": split.path.encode(),
        "query_string": split.query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), v.encode("latin-1")) for name, v in sent.items()],
        "client": ("127.0.0.1", 50000),
        "server": ("testserver", 80),
    }
