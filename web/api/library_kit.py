"""What acts on the library, its task forces and the plans of targets share: doing each once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from projects.library.records import Saved
from web.api.access import writing
from web.api.bodies import plain
from web.api.idempotency import Answer, once
from web.api.problems import ACTS, ETAG, REPLAYED, WRITES, refusals
from web.api.versions import etag, matching
from web.call import Call
from web.navigation import refuse_administrators

Data = dict[str, Any]
Run = Callable[[Call, Data], Saved]


def act_of(shape: type[BaseModel]) -> Data:
    """What the route of an act says of its answers."""
    return {
        "response_model": shape,
        "responses": refusals(ACTS) | {200: {"headers": ETAG | REPLAYED}},
    }


def making_of(shape: type[BaseModel]) -> Data:
    """What the route of something new says of its answers."""
    return {
        "status_code": 201,
        "response_model": shape,
        "responses": refusals(WRITES) | {201: {"headers": ETAG | REPLAYED}},
    }


def saved(done: Saved) -> Data:
    """What an act has left, as plain data."""
    return {"id": done.id, "version": done.version, "of": done.of}


def perform(
    request: Request, body: BaseModel | None, key: str | None, if_match: str | None, run: Run,
    **subject: int,
) -> JSONResponse:  # fmt: skip
    """Run one act, once, on the version that was seen. `run` gets what every command takes, and
    `subject`: what the act is about."""
    with matching(if_match) as version, writing(request) as call:
        refuse_administrators(call)

        def produce() -> Answer:
            common = {"actor": call.person, "now": call.now, "expected_version": version}
            done = run(call, common | subject)
            return Answer(200, saved(done), etag(done.version))

        return once(call, key, plain(body), produce)


def make(request: Request, body: BaseModel, key: str | None, path: str, run: Run) -> JSONResponse:
    """Make something, once; `path` is where such things are found."""
    with writing(request) as call:
        refuse_administrators(call)

        def produce() -> Answer:
            done = run(call, {"actor": call.person, "now": call.now})
            where = {"Location": f"/api/v1{path}/{done.id}"}
            return Answer(201, saved(done), etag(done.version) | where)

        return once(call, key, plain(body), produce)
