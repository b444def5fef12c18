"""Routes that are worked out when they are first asked for.

FastAPI looks through every endpoint when it is declared: its parameters, their checks, what it
answers. For hundreds of routes that is a quarter of a start, and most of them are not called for
hours. Here a route knows at once what it takes to be found; the first request to it, or the first
look at the OpenAPI document, does the rest.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from typing import Any

from fastapi.routing import APIRoute
from starlette.routing import compile_path, get_name

_PATTERN = ("path_regex", "path_format", "param_convertors")
_working = threading.RLock()


class LateRoute(APIRoute):
    """A route of FastAPI that is made in three steps: declared, tried with an address, used.

    Until it is used its endpoint may still be replaced by one that takes the same.
    """

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Any],
        *,
        methods: Collection[str] | None = None,
        name: str | None = None,
        include_in_schema: bool = True,
        **given: Any,
    ) -> None:
        self.path, self.endpoint = path, endpoint
        self.methods = {method.upper() for method in methods or ("GET",)}
        self.name = name or get_name(endpoint)
        self.include_in_schema = include_in_schema
        self._given: dict[str, Any] | None = given

    @property
    def worked_out(self) -> bool:
        """Whether FastAPI has looked through its endpoint."""
        return self._given is None

    def __getattr__(self, name: str) -> Any:
        """What is not there yet. Raises AttributeError for what never will be."""
        with _working:
            if name in _PATTERN:
                self._compile()
            else:
                self._work_out()
        return object.__getattribute__(self, name)

    def _compile(self) -> None:
        self.path_regex, self.path_format, self.param_convertors = compile_path(self.path)

    def _work_out(self) -> None:
        given, self._given = self._given, None
        if given is None:
            return
        try:
            super().__init__(
                self.path,
                self.endpoint,
                methods=self.methods,
                name=self.name,
                include_in_schema=self.include_in_schema,
                **given,
            )
        except BaseException:
            self._given = given
            raise
