"""Fixtures: Chromium, and an office that it can visit."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.office import WIDTHS, Crew, chromium, served

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Headless Chromium. Without one the tests are left out, but not where .ci/run found one.

    Playwright keeps an event loop running in this thread while it is open: it is closed with the
    last test of this folder, or no other test of the process could run a loop of its own.
    """
    path = chromium()
    if path is None:
        if os.environ.get("TEST_BROWSER_NEEDED"):
            pytest.fail("no Chromium found, and .ci/run has said that there is one")
        pytest.skip("no Chromium found: install it (Debian: chromium) or set TEST_CHROMIUM")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a served office with nothing in it yet."""
    folder: Path = tmp_path_factory.mktemp("office")
    with served(folder) as address:
        yield address


@pytest.fixture(params=WIDTHS, ids=[f"{width}px" for width in WIDTHS])
def crew(browser: Browser, office: str, request: pytest.FixtureRequest) -> Iterator[Crew]:
    """Everybody's browser, at desk and at phone width. No complaint is left unheard."""
    made = Crew(browser, office, int(request.param))
    yield made
    made.close()
    assert made.complaints == []
