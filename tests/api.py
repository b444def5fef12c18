"""The API as other programs call it: named people's tokens, over a world and a clock of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from httpx import Response

from tests.portal import Portal
from tests.wire import WireClient
from workflow.accounts import tokens
from workflow.context import find_actor

BASE = "/api/v1"
ALL = ("read", "write", "intake")


@dataclass(slots=True)
class Program:
    """A client that speaks English and bears a token (or none)."""

    client: WireClient
    headers: dict[str, str] = field(default_factory=dict)

    def call(self, method: str, path: str, **how: Any) -> Response:
        """One call; `headers` come on top."""
        headers = {"accept-language": "en", **self.headers, **how.pop("headers", {})}
        found: Response = self.client.request(method, BASE + path, headers=headers, **how)
        return found

    def get(self, path: str, status: int = 200, **how: Any) -> Any:
        """A GET that must answer with that status; its JSON."""
        found = self.call("GET", path, **how)
        assert found.status_code == status, (path, found.status_code, found.text[:2000])
        return found.json()

    def post(self, path: str, body: Any = None, status: int = 200, **how: Any) -> Any:
        """A POST of JSON that must answer with that status; its JSON."""
        found = self.call("POST", path, json=body, **how)
        assert found.status_code == status, (path, found.status_code, found.text[:2000])
        return found.json()

    def codes(self, method: str, path: str, status: int, **how: Any) -> list[str]:
        """The reasons' codes of a refusal, which must be problem details of that status."""
        found = self.call(method, path, **how)
        assert found.status_code == status, (path, found.status_code, found.text[:2000])
        assert found.headers["content-type"] == "application/problem+json"
        told = found.json()
        assert told["status"] == status and told["title"] and told["detail"]
        return [reason["code"] for reason in told["reasons"]]


def token_of(portal: Portal, username: str, scopes: tuple[str, ...] = ALL, days: int = 30) -> str:
    """A new token of somebody."""
    with portal.world.db.write() as s:
        made = tokens.create(
            s, person=find_actor(s, username), actor=None, name="test", scopes=scopes, days=days,
            now=portal.now,
        )  # fmt: skip
    return made.text


def program(portal: Portal, username: str = "", scopes: tuple[str, ...] = ALL) -> Program:
    """Somebody's program; without a name one that has no token."""
    headers = {}
    if username:
        headers["authorization"] = f"Bearer {token_of(portal, username, scopes)}"
    return Program(WireClient(portal.app), headers)
