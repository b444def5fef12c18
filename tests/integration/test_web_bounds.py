"""What a request may cost: nobody waits for a note, nothing is read or stored before it is due."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from models import migrate, tables
from models.db import Database
from models.queries import supervision
from tests.integration.test_web_supervision import climbed, now_of
from tests.portal import Portal
from tests.world import World, at
from web import forms, health
from workflow import watchdog
from workflow.context import find_actor
from workflow.ledgers import uploaded

pytestmark = pytest.mark.one_database

PDF = b"%PDF-1.7\n" + b"x" * 2000 + b"\n%%EOF\n"


@contextmanager
def busy(world: World, *tables_: Any) -> Iterator[None]:
    """Somebody writes and does not come to an end: every row of these tables is locked."""
    with world.db.write() as s:
        for table in tables_:
            s.execute(select(table.c.id).with_for_update())
        yield


def answered(ask: Any) -> Any:
    """What is answered while the writer still writes: a request that waits for it hangs here."""
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(ask()), daemon=True)
    thread.start()
    thread.join(20)
    assert found, "it waits for the writer"
    return found[0]


def test_no_page_waits_for_a_writer_to_note_the_session(portal: Portal, world: World) -> None:
    browser = portal.sign_in("chief")
    seen = world.row(tables.login_session).seen_at
    portal.now += timedelta(minutes=5)
    with busy(world, tables.login_session):
        assert answered(lambda: browser.get("/issues").status_code) == 200
        assert answered(lambda: browser.get("/api/v1/issues").status_code) == 200
    assert world.row(tables.login_session).seen_at == seen
    browser.page("/issues")
    assert world.row(tables.login_session).seen_at == portal.now


def test_no_calendar_waits_for_a_writer_to_note_the_fetch(portal: Portal, world: World) -> None:
    head = portal.sign_in("zjj_head")
    shown = head.follow(head.send("/account/feed"))
    secret = shown.text.split('<code class="secret">')[1].split("</code>")[0].rpartition("/")[2]
    with busy(world, tables.calendar_feed):
        got = answered(lambda: portal.anonymous().get(f"/feeds/{secret}").status_code)
    assert got == 200
    assert world.row(tables.calendar_feed).last_used_at is None


def test_whoever_writes_next_on_the_connection_waits_as_usual(world: World) -> None:
    with world.db.write_unless_busy() as s:
        s.execute(select(1))
    question = "PRAGMA busy_timeout" if world.db.engine.dialect.name == "sqlite" else (
        "SHOW lock_timeout"
    )  # fmt: skip
    with world.db.read() as s:
        assert s.conn.exec_driver_sql(question).scalar() in (30_000, "10s")


def test_readiness_opens_no_engine_and_reads_no_script_again(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = portal.anonymous()
    visitor.page("/readyz")
    for name in ("make_engine", "_config"):
        monkeypatch.setattr(migrate, name, None)
    assert visitor.get("/readyz").json() == {"status": "ready"}


def test_the_watchdog_looks_once_however_many_ask(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[datetime] = []

    def look(db: Database, now: datetime) -> list[watchdog.Finding]:
        looked.append(now)
        return watchdog.examine(db, now)

    monkeypatch.setattr(health, "examine", look)
    visitor = portal.anonymous()
    first = visitor.get("/healthz").json()
    portal.now += timedelta(seconds=4)
    assert visitor.get("/healthz").json() == first
    portal.now += timedelta(seconds=1)
    visitor.get("/healthz")
    assert len(looked) == 2


@pytest.mark.parametrize("path", ["/report", "/issues/import", "/tasks/none/evidence",
                                  "/issues/none/do/approve", "/signout"])  # fmt: skip
def test_nothing_is_read_from_somebody_who_has_not_signed_in(
    portal: Portal, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    parsed: list[str] = []
    monkeypatch.setattr(forms, "_parsed", lambda request, *_: parsed.append(request.url.path))
    answer = portal.anonymous().post(path, {}, [("file", ("a.pdf", PDF, "application/pdf"))])
    assert (answer.status, answer.location.split("?")[0]) == (303, "/signin")
    assert parsed == []


@pytest.mark.parametrize("path", ["/signin", "/language"])
def test_little_is_read_of_a_strangers_form(portal: Portal, path: str) -> None:
    visitor = portal.anonymous()
    assert visitor.post(path, {"username": "x" * (65 << 10)}).status == 413
    assert visitor.post(path, {}, [("f", ("a.txt", b"x", "text/plain"))]).status == 400
    assert visitor.post(path, {"username": "nobody", "password": "x" * 500}).status in (303, 401)


def test_a_form_without_use_for_files_takes_none(portal: Portal, world: World) -> None:
    case = world.acknowledged("2026-09-28 08:30")
    head = portal.sign_in("zjj_head")
    file = [("f", ("a.pdf", PDF, "application/pdf"))]
    assert head.send(f"/tasks/{case.task}/do/progress", {}, file).status == 400
    assert head.send("/account/language", {"language": "x" * (5 << 20)}).status == 413


def kept(portal: Portal) -> list[Path]:
    return [path for path in (portal.folder / "evidence").rglob("*") if path.is_file()]


@pytest.mark.parametrize("changed, status", [
    ({"version": "1"}, 409), ({"version": ""}, 422), ({"result": "a\x01b"}, 422),
])  # fmt: skip
def test_no_file_is_stored_for_a_form_that_is_refused_anyway(
    portal: Portal, world: World, changed: dict[str, str], status: int
) -> None:
    case = world.acknowledged("2026-09-28 08:30")
    path = f"/tasks/{case.task}/do/submit"
    head = portal.sign_in("zjj_head")
    values = head.page(path).form("do/submit").values | {"result": "已完成"}
    values |= {"evidence_kind_0": "document", **changed}
    answer = head.post(path, values, [("evidence_file_0", ("a.pdf", PDF, "application/pdf"))])
    assert answer.status == status
    assert kept(portal) == []


def test_no_file_is_stored_for_an_outdated_call(portal: Portal, world: World) -> None:
    case = world.acknowledged("2026-09-28 08:30")
    head = portal.sign_in("zjj_head")
    answer = head.client.post(
        f"/api/v1/tasks/{case.task}/evidence",
        data={"kind": "document"},
        files={"file": ("a.pdf", PDF, "application/pdf")},
        headers={"x-csrf": head.csrf, "if-match": '"1"'},
    )
    assert answer.status_code == 412
    assert kept(portal) == []


def test_a_view_that_is_too_long_is_refused_and_not_cut(portal: Portal, world: World) -> None:
    chief = portal.sign_in("chief")
    longest = "&".join(["q=" + "%E6%9D%86" * 90, "category=" + "a" * 100])
    fits = {"name": "fits", "query": longest}
    assert chief.send("/issues/views", fits).status == 303
    assert len(world.row(tables.saved_view).query) == len(longest)
    for n in range(998, 1003):
        too_long = "q=" + "a" * (n - 8) + "%E6%9D%86"
        assert chief.send("/issues/views", {"name": "long", "query": too_long}).status == 409
    assert [view.name for view in world.rows(tables.saved_view)] == ["fits"]


def test_drafts_of_a_crashed_preview_go_after_a_day(tmp_path: Path) -> None:
    now = at("2026-03-04 10:00")
    for name, hours in (("old", 25), ("young", 23)):
        draft = tmp_path / "7" / f".incoming-{name}"
        draft.mkdir(parents=True)
        (draft / "ledger.csv").write_text("half")
        moment = (now - timedelta(hours=hours)).timestamp()
        os.utime(draft, (moment, moment))
    assert uploaded.tidy(tmp_path, now) == 1
    assert [path.name for path in tmp_path.glob("*/*")] == [".incoming-young"]


def test_a_levels_number_is_the_true_one_when_not_all_are_shown(
    portal: Portal, world: World
) -> None:
    step = climbed(world, 3)
    level = world.row(tables.task, id=step.task_id).level
    with world.db.write() as s:
        chosen = select(tables.task).where(tables.task.c.id == step.task_id)
        row = dict(s.execute(chosen).one()._mapping)
        for n in range(supervision.MOST_OF_LEVEL + 3):
            copy = row | {"id": 1000 + n, "number": f"copy-{n}"}
            s.execute(tables.task.insert().values(**copy))
        s.execute(tables.task.insert().values(**row | {"id": 900, "number": "low", "level": 1}))
    with world.db.read() as s:
        found = supervision.climbing(s, find_actor(s, "chief"), step.prepared_at)
    total = supervision.MOST_OF_LEVEL + 4
    assert [(one.level, one.total, len(one.rows)) for one in found] == [
        (level, total, supervision.MOST_OF_LEVEL), (1, 1, 1)
    ]  # fmt: skip
    page = now_of(portal, step).sign_in("chief").page("/supervision")
    assert f"({total})" in page.words
    assert f"/issues?level={level}" in page.links


def test_prepared_steps_are_paged_and_each_can_be_issued(
    portal: Portal, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervision, "PAGE", 1)
    step = climbed(world, 4)
    steps = world.rows(tables.prepared_action, state="prepared")
    assert len(steps) > 1
    chief = now_of(portal, step).sign_in("chief")
    shown = [chief.page(f"/supervision?page={n}").text for n in range(1, len(steps) + 1)]
    for one in steps:
        assert sum(f"/supervision/{one.id}/issue" in text for text in shown) == 1
    assert chief.send(f"/supervision/{steps[-1].id}/issue").location.endswith(f"={steps[-1].id}")


def test_a_small_unit_sees_what_the_clock_did_however_much_it_did_since(
    portal: Portal, world: World
) -> None:
    step = climbed(world, 3)
    fired = world.rows(tables.rung_firing)[0]
    row = dict(fired._mapping)
    with world.db.write() as s:
        other = tables.rung_firing.insert()
        s.execute(other, [
            row | {"id": fired.id + 1000 + n, "subject": f"task:{5000 + n}", "level": 1}
            for n in range(400)
        ])  # fmt: skip
    issue = world.row(tables.task, id=step.task_id).issue_id
    number = world.row(tables.issue, id=issue).number
    now_of(portal, step)
    head = portal.sign_in("zjj_head").page("/supervision").text
    assert f"/issues/{number}" in head.split("fired-head")[-1]
    other_unit = portal.sign_in("henglin_head").page("/supervision").text
    assert f"/issues/{number}" not in other_unit
