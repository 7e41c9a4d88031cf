"""A TCP relay in front of PostgreSQL that can swallow the answer to a commit and cut the connection."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

CHUNK_BYTES = 65_536
COMMITTED = b"COMMIT\0"
"""How the server's message CommandComplete tells of a commit."""


class CuttingProxy:
    """Relays until it is told to cut.

    Attributes:
        port: where it listens on 127.0.0.1.
        cuts: answers swallowed so far.
    """

    def __init__(self, server_port: int) -> None:
        self.port = 0
        self.cuts = 0
        self._server_port = server_port
        self._to_cut = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def cut(self, commits: int) -> None:
        """Swallow the answers to the next commits, each with its connection."""
        self._to_cut = commits

    async def relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client until either side, or this relay, ends the connection."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        with contextlib.ExitStack() as ends:
            ends.callback(writer.transport.abort)
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._server_port)
            ends.callback(there_writer.transport.abort)
            directions = [
                asyncio.create_task(self._forward(reader, there_writer, is_answer=False)),
                asyncio.create_task(self._forward(there_reader, writer, is_answer=True)),
            ]
            for direction in directions:
                ends.callback(direction.cancel)
            await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_answer: bool) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(CHUNK_BYTES):
                if is_answer and self._to_cut and COMMITTED in data:
                    self._to_cut -= 1
                    self.cuts += 1
                    return
                writer.write(data)
                await writer.drain()

    async def end(self) -> None:
        """Cut every connection."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0)  # an aborted transport closes its socket in the loop's next step


@contextlib.asynccontextmanager
async def cutting_proxy(server_port: int) -> AsyncIterator[CuttingProxy]:
    """Relay to a server meanwhile."""
    proxy = CuttingProxy(server_port)
    listener = await asyncio.start_server(proxy.relay, "127.0.0.1", 0)
    proxy.port = listener.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        listener.close()
        await proxy.end()
        await listener.wait_closed()
