"""Routes that are worked out when they are first asked for answer as FastAPI's own do."""

from __future__ import annotations

import threading
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, FastAPI, Header, Path, Query
from fastapi.exceptions import FastAPIError
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from starlette.routing import NoMatchFound

from web.again import retrying
from web.late import LateRoute
from web.server import _routes


def _app(route_class: type[APIRoute]) -> FastAPI:
    router = APIRouter(route_class=route_class)

    @router.get("/things/{number}", tags=["things"], summary="A thing")
    def thing(
        number: Annotated[int, Path(ge=1)],
        word: Annotated[str, Query(max_length=3)] = "",
        key: Annotated[str | None, Header()] = None,
    ) -> dict[str, Any]:
        """One thing."""
        return {"number": number, "word": word, "key": key}

    @router.post("/things", status_code=201)
    def make(body: dict[str, int]) -> dict[str, int]:
        return body

    app = FastAPI()
    app.router.routes += router.routes
    return app


ASKED = (
    ("GET", "/things/7?word=ab", None),
    ("GET", "/things/0", None),
    ("GET", "/things/x?word=abcd", None),
    ("GET", "/other", None),
    ("POST", "/things/7", None),
    ("POST", "/things", {"a": 1}),
    ("POST", "/things", {"a": "one"}),
)


@pytest.mark.parametrize(("method", "path", "body"), ASKED)
def test_answers_are_the_same(method: str, path: str, body: Any) -> None:
    late, usual = (
        TestClient(_app(kind)).request(method, path, json=body, headers={"key": "k"})
        for kind in (LateRoute, APIRoute)
    )
    assert (late.status_code, late.json()) == (usual.status_code, usual.json())
    assert late.headers.get("allow") == usual.headers.get("allow")


def test_the_document_is_the_same() -> None:
    assert _app(LateRoute).openapi() == _app(APIRoute).openapi()


def test_an_address_is_made_from_a_name() -> None:
    app = _app(LateRoute)
    assert app.url_path_for("thing", number=3) == "/things/3"
    with pytest.raises(NoMatchFound):
        app.url_path_for("another")


def _late(app: FastAPI) -> list[LateRoute]:
    return [route for route in app.routes if isinstance(route, LateRoute)]


def test_only_what_is_asked_for_is_worked_out() -> None:
    app = _app(LateRoute)
    assert TestClient(app).get("/things/7").status_code == 200
    assert [route.worked_out for route in _late(app)] == [True, False]
    assert TestClient(app).get("/nowhere").status_code == 404
    assert [route.worked_out for route in _late(app)] == [True, False]


def test_two_threads_work_a_route_out_once() -> None:
    route = _late(_app(LateRoute))[0]
    together, found = threading.Barrier(8), []

    def ask() -> None:
        together.wait()
        found.append((route.app, route.dependant))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, (app for app, _ in found)))) == 1
    assert len(set(map(id, (dependant for _, dependant in found)))) == 1


def test_what_is_tried_again_is_what_is_called() -> None:
    app = _app(LateRoute)
    routes = _late(app)
    plain = [route.endpoint for route in routes]
    retrying(routes)
    for route, before in zip(routes, plain, strict=True):
        assert route.endpoint is not before
        assert route.dependant.call is route.endpoint
    assert TestClient(app).post("/things", json={"a": 1}).json() == {"a": 1}


def test_what_cannot_be_worked_out_says_so_each_time() -> None:
    class Strange:
        pass

    def endpoint(one: Strange) -> None:
        """An endpoint that takes what nobody can send."""

    endpoint.__annotations__["one"] = Strange
    route = LateRoute("/strange", endpoint)
    for _ in range(2):
        with pytest.raises(FastAPIError):
            _ = route.dependant
    assert not route.worked_out


def test_what_a_route_never_has_is_missing() -> None:
    route = _late(_app(LateRoute))[0]
    with pytest.raises(AttributeError):
        _ = route.nothing_of_the_kind


def test_every_route_of_the_program_can_be_worked_out() -> None:
    late = [route for route in _routes() if isinstance(route, LateRoute)]
    assert len(late) > 400
    for route in late:
        assert route.dependant.call is not None
        assert route.path_regex is not None
        assert route.worked_out
