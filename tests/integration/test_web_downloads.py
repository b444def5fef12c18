"""A client that hangs up during a download leaves no file open behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import IO, Any

import pytest
from starlette.requests import ClientDisconnect

from tests.portal import Portal
from web.call import COOKIE
from web.pages import exports

Message = dict[str, Any]


@pytest.fixture
def opened_files(monkeypatch: pytest.MonkeyPatch) -> list[IO[bytes]]:
    """The files that exports open from now on, kept so that no collector closes them."""
    found: list[IO[bytes]] = []
    write: Callable[..., IO[bytes]] = exports._written

    def noted(*given: Any) -> IO[bytes]:
        found.append(write(*given))
        return found[-1]

    monkeypatch.setattr(exports, "_written", noted)
    return found


def download(portal: Portal, version: str, gone_at: str) -> None:
    """Ask for the ledger as CSV and hang up when a message of that type would be sent."""
    cookie = portal.sign_in("chief").client.cookies[COOKIE]
    asked = iter([{"type": "http.request", "body": b"", "more_body": False}])
    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": version},
        "http_version": "1.1", "method": "GET", "scheme": "http", "root_path": "",
        "path": "/issues/export.csv", "raw_path": b"/issues/export.csv", "query_string": b"",
        "headers": [(b"host", b"testserver"), (b"cookie", f"{COOKIE}={cookie}".encode())],
        "client": ("127.0.0.1", 1), "server": ("testserver", 80),
    }  # fmt: skip

    async def receive() -> Message:
        return next(asked, {"type": "http.disconnect"})

    async def send(message: Message) -> None:
        if message["type"] == gone_at:
            raise OSError("gone")

    asyncio.run(portal.app(scope, receive, send))  # type: ignore[arg-type]


@pytest.mark.parametrize("gone_at", ["http.response.start", "http.response.body"])
def test_a_client_that_hangs_up_leaves_no_open_file(
    portal: Portal, opened_files: list[IO[bytes]], gone_at: str
) -> None:
    with pytest.raises(ClientDisconnect):
        download(portal, "2.4", gone_at)
    assert [stream.closed for stream in opened_files] == [True]


def test_nor_does_one_whose_server_tells_of_it_by_a_message(
    portal: Portal, opened_files: list[IO[bytes]]
) -> None:
    download(portal, "2.0", "never")
    assert [stream.closed for stream in opened_files] == [True]


def test_a_file_that_arrived_is_closed(portal: Portal, opened_files: list[IO[bytes]]) -> None:
    answer = portal.sign_in("chief").get("/issues/export.xlsx")
    assert len(answer.content) == int(answer.headers["content-length"])
    assert [stream.closed for stream in opened_files] == [True]
