"""The HTTP server of a controller: uvicorn on a socket of ours, started and stopped by us."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial

import uvicorn
from starlette.types import ASGIApp

from api.certificates import TlsFiles
from api.renewals import follow, stamp

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
    app: ASGIApp, listener: socket.socket, close_doors: Callable[[], None], files: TlsFiles | None = None
) -> AsyncIterator["list[asyncio.Task[None]]"]:
    """Serve an application on a listening socket; give the tasks that do it.

    Args:
        app: what to serve.
        listener: where.
        close_doors: called before requests under way are waited for: lets go of connections that would last for ever.
        files: the certificate to show, which is read anew when it is renewed; ``None``: in plain text.

    Raises:
        OSError: the certificate or its key can't be read.
    """
    config = uvicorn.Config(
        app,
        ws="websockets-sansio",
        ws_max_size=MESSAGE_BYTES_MAX,
        ws_per_message_deflate=False,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GOODBYE_S_MAX,
        ssl_certfile=files.certificate if files else None,
        ssl_keyfile=files.key if files else None,
    )
    shown = stamp(files) if files else ()
    config.load()
    server = _Server(config)
    task = asyncio.create_task(server.serve([listener]), name="http")
    following = []
    if files is not None and config.ssl is not None:
        renewed = partial(config.ssl.load_cert_chain, files.certificate, files.key)
        following = [asyncio.create_task(follow(files, shown, renewed), name="http.certificate")]
    serves = asyncio.create_task(server.serves.wait(), name="http.start")
    try:
        await asyncio.wait({task, serves}, return_when=asyncio.FIRST_COMPLETED)
        yield [task, *following]
    finally:
        for other in (serves, *following):
            other.cancel()
        close_doors()
        server.should_exit = True
        await asyncio.gather(task, *following, return_exceptions=True)
