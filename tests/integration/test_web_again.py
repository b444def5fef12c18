"""What passes is tried again by the edge itself, with the same form; what stays busy says so."""

from __future__ import annotations

import io
from collections.abc import Sequence
from types import SimpleNamespace

import psycopg
import pytest
from fastapi import Request
from fastapi.routing import APIRoute
from sqlalchemy.exc import DBAPIError
from starlette.datastructures import FormData, UploadFile
from starlette.routing import BaseRoute

from models import engines, tables
from tests.api import Program, program
from tests.integration.test_api_acting import REPORT
from tests.portal import Portal
from tests.wire import WireClient
from web.addresses import flat
from web.again import rerun, retrying
from web.api.router import routes as api_routes
from web.pages import routers


class Serialization(psycopg.errors.SerializationFailure):
    """As the server reports it."""


def passing() -> DBAPIError:
    """A fault that passes."""
    fault = DBAPIError.instance("SELECT", None, Serialization(), psycopg.Error)
    assert isinstance(fault, DBAPIError)
    return fault


def request(seconds: float = 5.0) -> Request:
    """A request to a process that tries again for so long."""
    state = SimpleNamespace(settings=SimpleNamespace(database_retry_seconds=seconds))
    return Request({"type": "http", "method": "POST", "app": SimpleNamespace(state=state)})


def test_an_upload_is_read_from_its_beginning_at_every_try() -> None:
    seen: list[tuple[bytes, bytes]] = []

    @rerun
    def endpoint(request: Request, sent: FormData, file: UploadFile) -> str:
        upload = sent["upload"]
        assert isinstance(upload, UploadFile)
        seen.append((upload.file.read(), file.file.read()))
        if len(seen) < 3:
            raise passing()
        return "done"

    form = FormData([("name", "x"), ("upload", UploadFile(io.BytesIO(b"one"), filename="a"))])
    other = UploadFile(io.BytesIO(b"two"), filename="b")
    assert endpoint(request=request(), sent=form, file=other) == "done"
    assert seen == [(b"one", b"two")] * 3


def test_after_its_time_a_fault_that_does_not_pass_comes_out() -> None:
    tries: list[int] = []

    @rerun
    def endpoint(request: Request) -> None:
        tries.append(1)
        raise passing()

    with pytest.raises(DBAPIError):
        endpoint(request=request(seconds=0.0))
    assert tries == [1]


def test_every_address_that_reads_or_writes_the_database_is_tried_again() -> None:
    parts: list[Sequence[BaseRoute]] = [api_routes, *([*flat(r)] for r in routers())]
    for found in parts:
        retrying(found)
        endpoints = [route.endpoint for route in found if isinstance(route, APIRoute)]
        assert endpoints and all(hasattr(one, "__wrapped__") for one in endpoints), endpoints


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Engines made from now on give up a locked file at once, not after half a minute."""
    monkeypatch.setattr(engines, "BUSY_TIMEOUT_MS", 50)


@pytest.mark.one_database
def test_a_locked_file_is_no_fault_of_ours_and_asks_to_come_back(
    impatient: None, edge: Portal
) -> None:
    caller = Program(WireClient(edge.app, raising=False), program(edge, "lucheng_reporter").headers)
    caller.get("/issues")
    with edge.world.db.write():
        answer = caller.call("POST", "/issues", json=REPORT)
    assert (answer.status_code, answer.json()["code"]) == (503, "database_busy")
    assert int(answer.headers["retry-after"]) > 0
    assert edge.world.rows(tables.issue) == []
    assert caller.call("POST", "/issues", json=REPORT).status_code == 201


@pytest.mark.one_database
def test_a_form_meets_a_locked_file_and_its_page_says_so(impatient: None, edge: Portal) -> None:
    browser = edge.sign_in("lucheng_reporter")
    shown = browser.page("/report").form("/report")
    with edge.world.db.write():
        page = browser.post("/report", {**shown.values, **REPORT})
    assert page.status == 503 and "retry-after" in page.response.headers
    assert browser.post("/report", {**shown.values, **REPORT}).status == 303
