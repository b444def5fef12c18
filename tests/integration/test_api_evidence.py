"""Evidence by API: looked at on its way in, an attachment on its way out; bodies have limits."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from config.settings import settings
from models import tables
from tests.api import Program, program
from tests.files import docx, picture
from tests.portal import Portal, opened
from tests.wire import WireClient
from tests.world import Case, World
from web.middleware import BodyLimit
from web.server import create_app

MORNING = "2026-09-28 09:00"
PDF = b"%PDF-1.7\naccepted"


@pytest.fixture
def portal(world: World, tmp_path: Path) -> Iterator[Portal]:
    with opened(world, tmp_path, MORNING) as found:
        yield found


@pytest.fixture
def case(portal: Portal) -> Case:
    return portal.world.acknowledged(MORNING)


def upload(
    caller: Program, task: str, name: str, content: bytes, kind: str = "document", **how: Any
) -> Any:
    return caller.call(
        "POST", f"/tasks/{task}/evidence", files={"file": (name, content, "text/html")},
        data={"kind": kind}, **how,
    )  # fmt: skip


def stored(portal: Portal) -> list[Path]:
    folder = settings().var_dir / "evidence"
    return [path for path in folder.rglob("*") if path.is_file()] if folder.exists() else []


def test_a_file_goes_in_and_comes_out_as_an_attachment(portal: Portal, case: Case) -> None:
    zjj = program(portal, "zjj_head")
    answer = upload(zjj, case.task, "验收单.pdf", PDF)
    assert answer.status_code == 201, answer.text
    done = answer.json()
    assert done["media_type"] == "application/pdf" and done["size"] == len(PDF)
    facts = zjj.get(answer.headers["location"].removeprefix("/api/v1"))
    assert (facts["name"], facts["task"], facts["issue"]) == ("验收单.pdf", case.task, case.issue)
    content = zjj.call("GET", facts["content"].removeprefix("/api/v1"))
    assert content.content == PDF
    assert content.headers["content-type"] == "application/pdf"
    assert content.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%E9")
    assert content.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in content.headers["content-security-policy"]
    assert answer.headers["etag"] == zjj.call("GET", f"/tasks/{case.task}").headers["etag"]


def test_a_photo_forgets_where_it_was_taken(portal: Portal, case: Case) -> None:
    zjj, photo = program(portal, "zjj_head"), picture("JPEG")
    done = upload(zjj, case.task, "现场.jpg", photo, "photo").json()
    assert done["place_removed"] is True
    content = zjj.call("GET", f"/evidence/{done['evidence_id']}/content").content
    assert b"Exif" in photo and content != photo


@pytest.mark.parametrize(
    "name", ["../../etc/passwd.pdf", "..\\..\\boot.pdf", "/etc/cron.d/x.pdf", "a/../../b.pdf"]
)
def test_a_name_leads_nowhere(portal: Portal, case: Case, name: str, tmp_path: Path) -> None:
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    done = upload(program(portal, "zjj_head"), case.task, name, PDF).json()
    facts = program(portal, "chief").get(f"/evidence/{done['evidence_id']}")
    assert "/" not in facts["name"] and "\\" not in facts["name"] and facts["name"].endswith(".pdf")
    new = {path for path in tmp_path.rglob("*") if path.is_file()} - before
    kept = [path for path in new if path.read_bytes() == PDF]
    assert [path.name for path in kept] == [done["sha256"]]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("seite.html", b"<html><script>alert(1)</script>", "file_type_refused"),
        ("bild.svg", b"<svg onload='x()'/>", "file_type_refused"),
        ("programm.pdf", b"MZ\x90\x00", "file_type_refused"),
        ("brief.pdf", docx(), "file_type_mismatch"),
        ("leer.pdf", b"", "file_refused"),
    ],
)
def test_what_is_no_evidence_is_refused_and_not_kept(
    portal: Portal, case: Case, name: str, content: bytes, code: str
) -> None:
    answer = upload(program(portal, "zjj_head"), case.task, name, content)
    told = answer.json()
    assert (answer.status_code, [r["code"] for r in told["reasons"]]) == (422, [code])
    assert told["reasons"][0]["field"] == "evidence" and told["reasons"][0]["remedy"]
    assert stored(portal) == []


def test_a_kind_that_is_none_is_refused(portal: Portal, case: Case) -> None:
    answer = upload(program(portal, "zjj_head"), case.task, "a.pdf", PDF, "gossip")
    assert (answer.status_code, answer.json()["reasons"][0]["code"]) == (409, "evidence_kind")


@pytest.mark.parametrize(
    ("username", "status"),
    [("henglin_head", 404), ("auditor", 404), ("inspector", 403), ("lucheng_reporter", 403)],
)
def test_who_may_not_add_evidence_leaves_nothing_behind(
    portal: Portal, case: Case, username: str, status: int
) -> None:
    answer = upload(program(portal, username), case.task, "a.pdf", PDF)
    assert answer.status_code == status, answer.text
    assert stored(portal) == [] and portal.world.rows(tables.evidence) == []


def test_outsiders_get_no_evidence(portal: Portal, case: Case) -> None:
    done = upload(program(portal, "zjj_head"), case.task, "a.pdf", PDF).json()
    for path in (f"/evidence/{done['evidence_id']}", f"/evidence/{done['evidence_id']}/content"):
        assert program(portal, "lucheng_head").call("GET", path).status_code == 200
        for username in ("henglin_head", "sysadmin"):
            assert program(portal, username).codes("GET", path, 404)


def test_an_upload_repeated_with_its_key_is_kept_once(portal: Portal, case: Case) -> None:
    zjj, key = program(portal, "zjj_head"), {"idempotency-key": "u-1"}
    first = upload(zjj, case.task, "a.pdf", PDF, headers=key)
    again = upload(zjj, case.task, "a.pdf", PDF, headers=key)
    assert first.json() == again.json() and again.headers["idempotent-replayed"] == "true"
    other = upload(zjj, case.task, "a.pdf", PDF + b"x", headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert len(portal.world.rows(tables.evidence)) == 1


def test_a_repeat_is_answered_even_after_the_task_has_moved_on(portal: Portal, case: Case) -> None:
    zjj, key = program(portal, "zjj_head"), {"idempotency-key": "u-2"}
    photo = picture("JPEG")
    first = upload(zjj, case.task, "现场.jpg", photo, "photo", headers=key)
    assert first.status_code == 201, first.text
    portal.world.submit(case.task, MORNING)
    portal.world.verify(case.task, MORNING)
    assert upload(zjj, case.task, "现场.jpg", photo, "photo").status_code == 409
    again = upload(zjj, case.task, "现场.jpg", photo, "photo", headers=key)
    assert (again.status_code, again.json()) == (201, first.json())
    before = stored(portal)
    other = upload(zjj, case.task, "b.pdf", PDF, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert stored(portal) == before


def test_an_upload_against_a_stale_version_is_412(portal: Portal, case: Case) -> None:
    answer = upload(
        program(portal, "zjj_head"), case.task, "a.pdf", PDF, headers={"if-match": '"999"'}
    )
    assert answer.status_code == 412 and portal.world.rows(tables.evidence) == []


def test_evidence_goes_with_a_submission_by_name(portal: Portal, case: Case) -> None:
    body = {
        "result": "已完成",
        "evidence": [{"kind": "document", "name": "验收单", "note": "纸质"}],
    }
    program(portal, "zjj_head").post(f"/tasks/{case.task}/submit", body)
    row = portal.world.row(tables.evidence)
    assert (row.name, row.note, row.sha256) == ("验收单", "纸质", None)
    chief = program(portal, "chief")
    assert chief.get(f"/evidence/{row.id}")["content"] is None
    assert chief.codes("GET", f"/evidence/{row.id}/content", 404) == ["evidence_elsewhere"]


# ------------------------------------------------------------------ limits of bodies


def test_a_file_over_the_limit_is_refused(
    portal: Portal, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "evidence_max_mb", 1)
    answer = upload(program(portal, "zjj_head"), case.task, "a.pdf", PDF + bytes(1024 * 1024))
    assert (answer.status_code, stored(portal)) == (422, [])


def small(portal: Portal) -> Program:
    """The chief's program at an application that takes 1 MB."""
    config = settings().model_copy(update={"max_body_mb": 1})
    chief = program(portal, "chief")
    app = create_app(portal.world.db, config, with_worker=False)
    return Program(WireClient(app), chief.headers)


def test_a_body_that_says_it_is_too_large_is_refused(portal: Portal) -> None:
    caller = small(portal)
    for path in ("/issues", "/tasks/WT-2026-000001-01/evidence"):
        answer = caller.call("POST", path, content=bytes(1024 * 1024 + 1))
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=x"])
def test_a_body_that_only_turns_out_to_be_too_large_is_refused(portal: Portal, kind: str) -> None:
    def parts() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="note"\r\n\r\n'
        for _ in range(20):
            yield b"[" * 65536

    caller = small(portal)
    path = "/issues" if "json" in kind else "/tasks/WT-2026-000001-01/evidence"
    answer = caller.call("POST", path, content=parts(), headers={"content-type": kind})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/api/v1/issues", "application/json"), ("/signin", "application/x-www-form-urlencoded")],
)
def test_a_body_that_never_ends_is_given_up(portal: Portal, path: str, kind: str) -> None:
    """The last part never comes; nothing but the limit ends it."""
    config = settings().model_copy(update={"body_seconds": 0.05})
    app = create_app(portal.world.db, config, with_worker=False)
    token = program(portal, "chief").headers["authorization"]
    assert asyncio.run(_dripped(app, path, kind, token)) == 408


async def _dripped(app: Any, path: str, kind: str, token: str) -> int:
    parts = [{"type": "http.request", "body": b'{"title":', "more_body": True}]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if parts:
            return parts.pop()
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "path": path, "raw_path": path.encode(),
        "query_string": b"", "root_path": "", "scheme": "http", "http_version": "1.1",
        "client": ("127.0.0.1", 1), "server": ("testserver", 80),
        "headers": [(b"content-type", kind.encode()), (b"authorization", token.encode()),
                    (b"host", b"testserver")],
    }  # fmt: skip
    await app(scope, receive, send)
    return int(sent[0]["status"])


def test_after_its_end_a_body_has_no_limit() -> None:
    """Waiting for the caller to hang up is no slow body."""

    async def app(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await asyncio.sleep(0)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(receive(), 0.05)
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def run() -> int:
        sent: list[Any] = []
        first = [{"type": "http.request", "body": b"x", "more_body": False}]

        async def receive() -> Any:
            if first:
                return first.pop()
            await asyncio.Event().wait()

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "path": "/", "headers": []}
        await BodyLimit(app, limit=10, seconds=0.01)(scope, receive, send)
        return int(sent[0]["status"])

    assert asyncio.run(run()) == 204
