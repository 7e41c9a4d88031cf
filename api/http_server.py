"""The HTTP server of a controller: uvicorn on a socket of ours, started and stopped by us."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.types import ASGIApp

GOODBYE_S_MAX = 5
"""How long requests under way may take when the controller stops."""
MESSAGE_BYTES_MAX = 64 * 1024
"""Largest message of a display."""


class _Server(uvicorn.Server):
    """Uvicorn without signal handlers of its own, for the process has one way to stop; it tells when it serves."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.serves = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept connections."""
        await super().startup(sockets)
        self.serves.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield


@asynccontextmanager
async def serving(
    app: ASGIApp, listener: socket.socket, close_doors: Callable[[], None]
) -> AsyncIterator["asyncio.Task[None]"]:
    """Serve an application on a listening socket; give the task that does it.

    Args:
        app: what to serve.
        listener: where.
        close_doors: called before requests under way are waited for: lets go of connections that would last for ever.
    """
    server = _Server(
        uvicorn.Config(
            app,
            ws="websockets-sansio",
            ws_max_size=MESSAGE_BYTES_MAX,
            ws_per_message_deflate=False,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GOODBYE_S_MAX,
        )
    )
    task = asyncio.create_task(server.serve([listener]), name="http")
    serves = asyncio.create_task(server.serves.wait(), name="http.start")
    try:
        await asyncio.wait({task, serves}, return_when=asyncio.FIRST_COMPLETED)
        yield task
    finally:
        serves.cancel()
        close_doors()
        server.should_exit = True
        await asyncio.gather(task, return_exceptions=True)
