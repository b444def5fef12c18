"""Which route an address belongs to: found by its parts, not by trying hundreds in turn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableMapping
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.datastructures import URLPath
from starlette.routing import BaseRoute, Match, NoMatchFound
from starlette.types import Receive, Scope, Send

ANY = None
"""Stands for a part of an address that is filled in."""
_Node = dict[Any, Any]


def flat(router: APIRouter) -> Iterator[APIRoute]:
    """The routes of a router and of those included in it.

    Raises ValueError where an inclusion would add anything to them.
    """
    for route in router.routes:
        if isinstance(route, APIRoute):
            yield route
            continue
        inner: Any = getattr(route, "original_router", None)
        assert isinstance(inner, APIRouter)
        _refuse_more(route)
        yield from flat(inner)


def _refuse_more(included: Any) -> None:
    given = included.include_context
    if given.prefix or given.tags or given.dependencies or given.responses or given.callbacks:
        raise ValueError(f"included with more than its routes: {given.prefix} {given.tags}")


class Index(BaseRoute):
    """Hands a request to the route that it would have come to, had each been tried in order.

    The routes follow it in the application's list all the same: for what reads that list, and for
    addresses that none of them has.
    """

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self._tree: _Node = {}
        for place, route in enumerate(routes):
            assert isinstance(route, APIRoute)
            node = self._tree
            for part in route.path.split("/"):
                node = node.setdefault(ANY if "{" in part else part, {})
            node.setdefault(APIRoute, []).append((place, route))

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """The first route that takes the request, else the first that knows the address."""
        known: tuple[Match, Scope] = (Match.NONE, {})
        for route in self._candidates(scope) if scope["type"] == "http" else ():
            match, child = route.matches(scope)
            if match == Match.FULL:
                return match, child
            if match == Match.PARTIAL and known[0] == Match.NONE:
                known = match, child
        return known

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the route do it that was found."""
        await scope["route"].handle(scope, receive, send)

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        """Names belong to the routes themselves."""
        raise NoMatchFound(name, path_params)

    def _candidates(self, scope: MutableMapping[str, Any]) -> list[APIRoute]:
        nodes = [self._tree]
        for part in scope["path"].split("/"):
            nodes = [n[key] for n in nodes for key in (part, ANY) if key in n]
        found = [one for node in nodes for one in node.get(APIRoute, ())]
        return [route for _place, route in sorted(found, key=_by_place)]


def _by_place(found: tuple[int, APIRoute]) -> int:
    return found[0]
