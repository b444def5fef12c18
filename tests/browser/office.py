"""A served office for the browser: a real process over a fresh database, and people in it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response

from models.db import Database
from models.migrate import upgrade
from tests.databases import sqlite_url
from tests.terminal import fresh_settings
from tests.world import World, found_zone
from workflow.accounts import passwords, store

PASSWORD = "Correct-horse-7"
WIDTHS = (1280, 390)
START_SECONDS = 40
CHEAP = {"XIAOHAO_PASSWORD_TIME_COST": "1", "XIAOHAO_PASSWORD_MEMORY_KIB": "8"}
"""How strong passwords are hashed is not what a browser sees, and every test signs people in."""


def chromium() -> str | None:
    """The system's Chromium, if there is one. `TEST_CHROMIUM` names another."""
    named = os.environ.get("TEST_CHROMIUM")
    found = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    return named or next((path for path in found if path), None)


def populate(url: str) -> None:
    """Found the zone, and give everybody an account with the same password."""
    upgrade(url)
    db = Database(url)
    try:
        with db.write() as s:
            _give_accounts(s, found_zone(s))
    finally:
        db.close()


def _give_accounts(s: object, world: World) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in CHEAP.items():
            patch.setenv(name, value)
        with fresh_settings():
            hashed = passwords.hash_password(PASSWORD)
    for person_id in world.people.values():
        store.put(s, person_id, hashed, must_change=False, now=datetime.now(UTC))  # type: ignore[arg-type]


@contextmanager
def served(folder: Path, url: str | None = None) -> Iterator[str]:
    """The address of a served office; the process ends with the block."""
    database = url or sqlite_url(folder / "xiaohao.db")
    if url is None:
        populate(database)
    port = _free_port()
    environment = os.environ | {
        **CHEAP,
        "XIAOHAO_DATABASE_URL": database,
        "XIAOHAO_VAR_DIR": str(folder),
        "XIAOHAO_FOLDER_DIR": str(folder / "notices"),
        "XIAOHAO_CHANNELS": "inapp",
        "XIAOHAO_PORT": str(port),
        "XIAOHAO_BASE_URL": f"http://127.0.0.1:{port}",
        "XIAOHAO_LOG_LEVEL": "WARNING",
    }
    command = [sys.executable, "-m", "cli.main", "serve"]
    log = (folder / "serve.log").open("wb")
    process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        _wait(f"http://127.0.0.1:{port}/readyz", process, folder / "serve.log")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)
        log.close()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise AssertionError(f"the server did not start:\n{log.read_text(errors='replace')}")


def visit(page: Page, path: str) -> None:
    """Open a page and wait until its scripts have run and it has been painted.

    No page asks for anything by itself once it is there: waiting for a silent network would add
    half a second to each.
    """
    page.goto(path, wait_until="load")
    page.evaluate("() => new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))")


@dataclass
class Crew:
    """Everybody's browser at one width, and what any of them complained about."""

    browser: Browser
    address: str
    width: int
    complaints: list[str] = field(default_factory=list)
    contexts: dict[str, tuple[BrowserContext, Page]] = field(default_factory=dict)

    def page(self, username: str) -> Page:
        """A signed-in person's page; everybody has a browser of their own."""
        if username not in self.contexts:
            self.contexts[username] = self._sign_in(username)
        return self.contexts[username][1]

    def _sign_in(self, username: str) -> tuple[BrowserContext, Page]:
        context = self.browser.new_context(
            viewport={"width": self.width, "height": 900}, locale="zh-CN", base_url=self.address
        )
        page = context.new_page()
        self.listen(page, username)
        page.goto("/signin")
        page.fill("[name=username]", username)
        page.fill("[name=password]", PASSWORD)
        page.locator("main button").first.click()
        page.wait_for_url(lambda url: "/signin" not in url)
        return context, page

    def listen(self, page: Page, username: str) -> None:
        """Note errors on the console, broken answers, and anything asked of another host."""

        def console(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning"):
                self.complaints.append(f"{username} {page.url}: {message.text}")

        def asked(request: Request) -> None:
            if not request.url.startswith((self.address, "data:", "blob:")):
                self.complaints.append(f"{username}: asked another host: {request.url}")

        def answered(response: Response) -> None:
            if response.status >= 400:
                self.complaints.append(f"{username}: {response.status} {response.url}")

        page.on("console", console)
        page.on("pageerror", lambda error: self.complaints.append(f"{username}: {error}"))
        page.on("request", asked)
        page.on("response", answered)

    def fits(self, page: Page) -> None:
        """Nothing sticks out of the page at this width."""
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= self.width, f"{page.url} is {wide} wide at {self.width}"

    def close(self) -> None:
        """Close every browser."""
        for context, _page in self.contexts.values():
            context.close()
