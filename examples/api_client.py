"""Report an issue by API, safely repeatable, and follow the ledger page by page.

    XIAOHAO_TOKEN=xh_... python examples/api_client.py http://127.0.0.1:8000

Standard library only. The token needs the scopes read and write.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from typing import Any


class Refused(Exception):
    """The API said no; `problem` holds code, reasons, fields and remedies."""

    def __init__(self, problem: dict[str, Any]) -> None:
        self.problem = problem
        super().__init__(f"{problem['status']} {problem['code']}: {problem['detail']}")


class Client:
    """One token at one address."""

    def __init__(self, base: str, token: str) -> None:
        self.base, self.token = base.rstrip("/"), token

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """One call and its JSON. Raises `Refused` with the problem details."""
        sent = None if body is None else json.dumps(body).encode()
        given = {"Authorization": f"Bearer {self.token}", "Accept-Language": "en"}
        given |= {"Content-Type": "application/json"} if sent is not None else {}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(self.base + path, sent, given, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise Refused(json.load(error)) from None

    def report(self, form: dict[str, Any], key: str) -> str:
        """File an issue; with the same key it may be repeated after any failure."""
        done = self.call("POST", "/api/v1/issues", form, Idempotency_Key=key)
        return str(done["issue_number"])

    def issues(self, query: str = "") -> Iterator[dict[str, Any]]:
        """Every issue of the ledger that the filter finds, page by page."""
        address: str | None = f"/api/v1/issues?{query}"
        while address:
            page = self.call("GET", address)
            yield from page["items"]
            address = page["next"]


def main(base: str, token: str) -> None:
    """Report, read the history back, list what is open."""
    client = Client(base, token)
    number = client.report(
        {
            "title": "10千伏杆线影响施工",
            "description": "地块北侧10千伏杆线需迁移",
            "category": "杆线迁移",
            "no_project_reason": "片区共性问题",
        },
        key=str(uuid.uuid4()),
    )
    print("reported:", number)
    for event in client.call("GET", f"/api/v1/issues/{number}/timeline")["items"]:
        print(event["at"], event["actor"], event["name"])
    for issue in client.issues("open=1&sort=deadline&limit=100"):
        print(issue["number"], issue["light"], issue["due_at"], issue["title"])


if __name__ == "__main__":
    main(sys.argv[1], os.environ["XIAOHAO_TOKEN"])
