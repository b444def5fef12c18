"""A page asks the database as often for sixty issues as for five, for twelve tasks as for one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from models.db import Database
from tests.acceptance.matrix_pages import PAGES
from tests.databases import sqlite_url
from tests.portal import Browser, Portal, opened
from tests.world import World, found_zone
from workflow.commands.breakdown import Plan

NOW = "2026-03-02 10:00"
LATER = "2026-03-26 11:00"
READERS = {
    "chief": 45, "zjj_head": 45, "sysadmin": 35, "secadmin": 25, "auditor": 25, "triage": 45,
}  # fmt: skip
"""The most statements that any page takes for this reader, session and people among them."""
VARIED = {"/healthz", "/readyz", "/metrics", "/feeds/{secret}.ics"}
"""They watch the whole machine or have no session: not pages of a person."""


@pytest.fixture
def portal(sqlite_template: Path, tmp_path: Path) -> Iterator[Portal]:
    """An empty zone."""
    shutil.copyfile(sqlite_template, tmp_path / "x.db")
    db = Database(sqlite_url(tmp_path / "x.db"))
    with db.write() as s:
        world = found_zone(s)
    with opened(World(db, world.units, world.people), tmp_path / "var", NOW) as found:
        yield found
    db.close()


@contextmanager
def counting(db: Database) -> Iterator[list[str]]:
    """The statements that reach the database, also those that go past SQLAlchemy's Core."""
    found: list[str] = []

    def trace(raw: Any, *_rest: Any) -> None:
        raw.set_trace_callback(found.append)

    event.listen(db.engine, "checkout", trace)
    try:
        yield found
    finally:
        event.remove(db.engine, "checkout", trace)


def asked(portal: Portal, browser: Browser, path: str) -> int:
    """How many statements a page takes, once what is kept in memory is there."""
    browser.get(path)
    with counting(portal.world.db) as found:
        answer = browser.get(path)
    assert answer.status_code in (200, 303, 403, 404), (path, answer.status_code)
    return sum(text.lstrip().upper().startswith(("SELECT", "WITH")) for text in found)


def table(portal: Portal, paths: list[str]) -> dict[tuple[str, str], int]:
    """Statements by reader and page."""
    portal.at(LATER)
    return {
        (name, path): asked(portal, portal.sign_in(name), path)
        for name in READERS
        for path in paths
    }


def test_no_page_asks_more_for_more_issues(portal: Portal) -> None:
    world = portal.world
    paths = [p.path for t, p in PAGES.items() if "{" not in t and t not in VARIED]
    paths += ["/issues/export.csv", "/issues?sort=deadline", "/issues?q=杆线", "/issues?light=red"]
    for n in range(5):
        world.acknowledged(NOW) if n % 2 else world.submitted(NOW)
    few = table(portal, paths)
    assert few["chief", "/issues"] > 3  # something is counted at all
    for n in range(55):
        world.acknowledged(NOW) if n % 2 else world.submitted(NOW)
    many = table(portal, paths)
    grown = {key: (few[key], n) for key, n in many.items() if n > few[key]}
    assert grown == {}
    beyond = {key: n for key, n in many.items() if n > READERS[key[0]]}
    assert beyond == {}


def test_no_page_of_an_issue_asks_more_for_more_tasks(portal: Portal) -> None:
    world, counts = portal.world, []
    for n in (1, 12):
        case = world.acknowledged(NOW, plans=[Plan(f"措施{k}") for k in range(n)])
        paths = [f"/issues/{case.issue}", f"/issues/{case.issue}/history"]
        paths += [f"/issues/{case.issue}/do/park", f"/tasks/{case.task}/do/urge"]
        found = table(portal, paths)
        counts.append({(who, paths.index(path)): n for (who, path), n in found.items()})
    assert counts[0] == counts[1]
