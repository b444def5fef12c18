"""The index finds the route that trying every one in turn would have found."""

from __future__ import annotations

import re
from typing import Any

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.routing import Match, NoMatchFound

from web.addresses import Index, flat
from web.again import retrying
from web.api.router import routes as of_api
from web.pages import routers

ROUTES = [*of_api, *(route for router in routers() for route in flat(router))]
ADDRESSES = sorted({str(getattr(route, "path", "")) for route in ROUTES})
FILLERS = ("7", "WT-2026-000001", "new", "export.xlsx", "a b", "acts", "")
FOREIGN = ("", "/", "//", "/api/v1", "/api/v1/", "/{id}", "/issues//", "/nowhere/at/all", "nowhere")


def in_turn(path: str, method: str) -> tuple[Match, Any]:
    """As an application without the index finds it."""
    known: tuple[Match, Any] = (Match.NONE, None)
    for route in ROUTES:
        match, child = route.matches({"type": "http", "path": path, "method": method})
        if match == Match.FULL:
            return match, child
        if match == Match.PARTIAL and known[1] is None:
            known = match, child
    return known


@pytest.mark.parametrize("filler", FILLERS)
def test_every_address_leads_where_trying_in_turn_leads(filler: str) -> None:
    index = Index(ROUTES)
    for template in ADDRESSES:
        path = re.sub(r"\{[^}]*\}", filler, template)
        for method in ("GET", "POST", "PUT"):
            match, child = index.matches({"type": "http", "path": path, "method": method})
            assert (match, child or None) == in_turn(path, method), (path, method)


@pytest.mark.parametrize("path", FOREIGN)
def test_an_address_of_nobody_is_nobodys(path: str) -> None:
    found = Index(ROUTES).matches({"type": "http", "path": path, "method": "GET"})
    assert (found[0], found[1] or None) == in_turn(path, "GET")


def test_what_is_no_request_is_left_to_others() -> None:
    index = Index(ROUTES)
    assert index.matches({"type": "websocket", "path": "/"}) == (Match.NONE, {})
    with pytest.raises(NoMatchFound):
        index.url_path_for("anything")


def test_routes_of_included_routers_are_found_in_their_order() -> None:
    inner, outer = APIRouter(), APIRouter()
    inner.add_api_route("/first", lambda: "first")
    outer.include_router(inner)
    outer.add_api_route("/second", lambda: "second")
    assert [route.path for route in flat(outer)] == ["/first", "/second"]


def test_a_router_that_adds_to_its_routes_is_refused() -> None:
    inner, outer = APIRouter(), APIRouter()
    inner.add_api_route("/first", lambda: "first")
    outer.include_router(inner, prefix="/under")
    with pytest.raises(ValueError, match="/under"):
        list(flat(outer))


def test_a_coroutine_is_not_handed_to_a_second_try() -> None:
    async def waiting() -> str:
        return "by itself"

    def plain() -> str:
        return "again"

    routes = [APIRoute("/waiting", waiting), APIRoute("/plain", plain)]
    retrying(routes)
    assert routes[0].dependant.call is waiting
    assert routes[1].dependant.call is routes[1].endpoint is not plain
