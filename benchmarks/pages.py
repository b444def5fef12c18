"""`python -m benchmarks.pages`: how fast pages answer over a database of three years.

--issues 100000 --events 1000000  at least so many are in the database
--databases sqlite,postgresql     both by default; both are made, filled and removed again
--reuse URL,URL                   measure databases that `benchmarks.pages_data` has filled
--clients 8 --rounds 30           each client asks so many times, over one connection
--processes 1                     web processes of the server (XIAOHAO_WEB_PROCESSES)
--write                           also with one issue reported every second meanwhile
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import delete, func, insert, select

from benchmarks import pages_bare
from benchmarks.bureau import found_bureau
from benchmarks.office import database
from benchmarks.pages_data import fill
from benchmarks.pages_load import Ask, Load, Server, press, serving
from config import clock
from config.settings import Settings
from models import migrate, tables
from models.db import Database, Session
from models.queries import edition
from web.server import create_app
from workflow.accounts import sessions
from workflow.commands import discovery
from workflow.context import context, find_actor

USERS = {
    "bureau": "chief",
    "street": "lucheng_head",
    "department": "zjj_liaison",
}
"""Kinds of user: who sees everything, one region, and what concerns one department."""
AIM = "aim 150 ms, 400 ms"


def main(arguments: list[str] | None = None) -> None:
    """Measure and print; never judges, so it never fails for being slow."""
    chosen = _arguments(arguments)
    for kind in chosen.databases.split(",") if not chosen.reuse else ():
        with database(kind) as db:
            migrate.upgrade(db.url)
            found_bureau(db)
            fill(db, chosen.issues, now=clock.now())
            _measure(db, chosen)
    for url in chosen.reuse.split(",") if chosen.reuse else ():
        migrate.upgrade(url)
        db = Database(url)
        _measure(db, chosen)
        db.close()


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages", description=__doc__)
    parser.add_argument("--issues", type=int, default=100_000)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--databases", default="sqlite,postgresql")
    parser.add_argument("--reuse", default="")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--write", action="store_true")
    return parser.parse_args(arguments)


def _measure(db: Database, chosen: argparse.Namespace) -> None:
    _require(db, chosen.issues, chosen.events)
    secrets = {kind: sign_in(db, name) for kind, name in USERS.items()}
    kind, every = db.engine.dialect.name, []
    with serving(db.url, chosen.processes) as server:
        for user, secret in secrets.items():
            for page, path in _pages(db, USERS[user]).items():
                ask = (path, secret)
                every.append(ask)
                load = _press(server, [ask], chosen.clients, chosen.rounds)
                alone = _press(server, [ask], 1, chosen.rounds)
                _say(f"{kind:10} {page:8} {user:10}", load, _against(db, ask, alone))
        _say(f"{kind:10} all pages, all users", _press(server, every, chosen.clients, 5))
        if chosen.write:
            with _reporting(db):
                mixed = _press(server, every, chosen.clients, 5)
            _say(f"{kind:10} the same, one report a second", mixed)


def _require(db: Database, issues: int, events: int) -> None:
    with db.read() as s:
        for table, least in ((tables.issue, issues), (tables.event, events)):
            there = s.execute(select(func.count()).select_from(table)).scalar_one()
            if there < least:
                raise SystemExit(f"{table.name}: {there} rows, {least} are asked for")


def sign_in(db: Database, username: str) -> str:
    """A session, without the cost of a password."""
    now = clock.now()
    with db.write() as s:
        person, account = context(s).directory.by_username[username], tables.account
        s.execute(delete(account).where(account.c.person_id == person.id))
        s.execute(insert(account).values(
            person_id=person.id, password_hash="!", must_change=False, changed_at=now,
            failed_count=0,
        ))  # fmt: skip
        return sessions.begin(s, person, address="127.0.0.1", agent="benchmark", now=now)[0]


def _pages(db: Database, username: str) -> dict[str, str]:
    """Pages by name; the issue is the person's newest one under way."""
    with db.read() as s:
        unit = context(s).directory.by_username[username].unit_id
        number = _under_way(s, unit) or _under_way(s, None)
    return {
        "home": "/",
        "ledger": "/issues",
        "filtered": "/issues?phase=supervision&light=red&open=1&sort=level",
        "issue": f"/issues/{number}",
    }


def _under_way(s: Session, unit: int | None) -> str | None:
    issue, task = tables.issue.c, tables.task.c
    chosen = select(issue.number).join(tables.task, task.issue_id == issue.id)
    chosen = chosen.where(issue.state == "in_progress", task.state == "in_progress")
    if unit is not None:
        chosen = chosen.where(task.lead_unit_id == unit)
    found: str | None = s.execute(chosen.order_by(issue.id.desc()).limit(1)).scalar()
    return found


def _press(server: Server, asks: list[Ask], clients: int, rounds: int) -> Load:
    return press(server, asks, clients, rounds)


def _against(db: Database, ask: Ask, alone: Load) -> str:
    """One client's median against the bare SQL of the page, as sent warm and with nothing kept."""
    app = create_app(db, Settings(), with_worker=False)
    edition.forget(db.engine)
    cold = pages_bare.statements(app, db, *ask)
    warm = pages_bare.statements(app, db, *ask)
    bare, whole = (pages_bare.milliseconds(db, sent, 9) for sent in (warm, cold))
    return (
        f"; alone {alone.median:6.1f} ms = {alone.median / bare:4.1f} × its SQL"
        f" ({len(warm)} statements, {bare:.1f} ms; nothing kept: {len(cold)}, {whole:.0f} ms)"
    )


@contextmanager
def _reporting(db: Database) -> Iterator[None]:
    """Somebody files an issue every second."""
    stop = threading.Event()

    def file() -> None:
        while not stop.wait(1.0):
            with db.write() as s:
                form = discovery.Report("杆线影响施工", "10kV 杆线需要迁移", "杆线迁移",
                                        no_project_reason="片区", board="lucheng")  # fmt: skip
                reporter = find_actor(s, "lucheng_reporter")
                discovery.report(s, actor=reporter, now=clock.now(), form=form)

    writer = threading.Thread(target=file)
    writer.start()
    try:
        yield
    finally:
        stop.set()
        writer.join()


def _say(what: str, load: Load, more: str = "") -> None:
    sys.stdout.write(
        f"{what:40}: median {load.median:6.1f} ms, p95 {load.p95:6.1f} ms ({AIM}),"
        f" {load.per_second:6.1f}/s, server's CPU {load.cpu_ms:5.1f} ms each,"
        f" load {os.getloadavg()[0]:.1f}{more}\n"
    )
    sys.stdout.flush()


if __name__ == "__main__":
    main()
