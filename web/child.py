"""A web process of several: uvicorn's, but for how it comes by its connections."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import uvicorn
from uvicorn.supervisors import multiprocess

from web.accepting import Door, Held


class Config(uvicorn.Config):
    """uvicorn's settings, and what its processes say to each other."""

    def __init__(self, app: Any, *, held: Held, **given: Any) -> None:
        super().__init__(app, **given)
        self.held = held


class Server(uvicorn.Server):
    """Takes its connections through a `Door`."""

    config: Config
    _door: Door

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn does, without its own listening."""
        await super().startup([])
        assert sockets is not None
        (listener,) = sockets
        listener.listen(self.config.backlog)
        listener.setblocking(False)
        self._door = Door(
            listener, self._protocol, self.server_state.connections.__len__, self.config.held
        )
        self._door.say()
        self._door.open()

    def _protocol(self) -> asyncio.Protocol:
        made: asyncio.Protocol = self.config.http_protocol_class(  # type: ignore[call-arg]
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return made

    async def on_tick(self, counter: int) -> bool:
        """Called ten times a second."""
        self._door.say()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more connections, and end as uvicorn does."""
        self._door.close()
        await super().shutdown(sockets)


class Child(multiprocess.Process):
    """The parent's handle of a web process, which runs a `Server`."""

    @property
    def server(self) -> uvicorn.Server:
        """Made in the process itself, once."""
        if self._server is None:
            assert isinstance(self.config, Config)
            self._server = Server(self.config)
        return self._server
