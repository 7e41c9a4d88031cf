"""A hub behind real uvicorn on loopback, as the product serves it, and real WebSocket clients."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs

import orjson
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from displays.board import DisplayKind
from displays.hub import Hub
from displays.session import Ending, Gone
from displays.transport import AsgiPort, listening_socket
from tests.support.display_hall import HALL
from tests.support.mosquitto import until

HOST = "127.0.0.1"
STOP_S_MAX = 10
MESSAGE_BYTES_MAX = 4_000_000


class DisplayServer:
    """Where a hub's displays connect.

    Attributes:
        url: of ``/HALL/boards/DISPLAY`` and ``/HALL/leds/WINDOW``.
        endings: why sessions ended, in order.
    """

    def __init__(self, hub: Hub, url: str) -> None:
        self.hub = hub
        self.url = url
        self.endings: list[Ending] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve a display (ASGI)."""
        _, hall, kind, name = scope["path"].split("/")
        after = parse_qs(scope["query_string"].decode()).get("after")
        port = AsgiPort(receive, send)
        try:
            await port.accept()
        except Gone:
            return
        led = kind == "leds"
        ending = await self.hub.serve(
            hall,
            name,
            DisplayKind.LED if led else DisplayKind.TV,
            port,
            window=name if led else None,
            after=int(after[0]) if after else None,
        )
        self.endings.append(ending)

    @asynccontextmanager
    async def display(
        self, name: str, *, kind: str = "boards", hall: str = HALL, after: int | None = None, **options: Any
    ) -> AsyncIterator["Screen"]:
        """Let a display connect and read meanwhile."""
        async with self.connection(name, kind=kind, hall=hall, after=after, **options) as connection:
            screen = Screen(connection)
            reading = asyncio.create_task(screen.read(), name=f"screen[{name}]")
            try:
                yield screen
            finally:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)

    def connection(
        self, name: str, *, kind: str = "boards", hall: str = HALL, after: int | None = None, **options: Any
    ) -> connect:
        """Return a connection to be entered, which the test reads."""
        address = f"{self.url}/{hall}/{kind}/{name}" + ("" if after is None else f"?after={after}")
        chosen = {"compression": None, "max_size": MESSAGE_BYTES_MAX, "ping_interval": None, "proxy": None} | options
        return connect(address, **chosen)


class Screen:
    """A display that reads everything.

    Attributes:
        got: what it was sent, oldest first.
        code: the code that its connection was closed with.
    """

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.got: list[dict[str, Any]] = []
        self.code: int | None = None

    async def read(self) -> None:
        """Read until the connection is closed."""
        try:
            while True:
                self.got.append(orjson.loads(await self.connection.recv()))
        except ConnectionClosed:
            self.code = self.connection.close_code

    @property
    def boards(self) -> list[dict[str, Any]]:
        return [message for message in self.got if message["type"] == "board"]

    @property
    def heard(self) -> list[tuple[str, bool]]:
        """Return (id, speak) of the announcements that it was sent."""
        return [(each["id"], each["speak"]) for each in self.got if each["type"] == "announcement"]

    async def has(self, seq: int) -> dict[str, Any]:
        """Wait until its last board is that of a seq, and return it."""
        await until(lambda: self.boards and self.boards[-1]["seq"] == seq, f"the board of {seq}")
        return self.boards[-1]

    async def closed(self, code: int) -> None:
        """Wait until it is closed with a code."""
        await until(lambda: self.code is not None, "it is closed")
        assert self.code == code

    async def say(self, text: str | bytes) -> None:
        """Say something."""
        await self.connection.send(text)

    async def shown(self, seq: int) -> None:
        """Report what is on the glass."""
        await self.say(orjson.dumps({"type": "shown", "seq": seq}).decode())


@asynccontextmanager
async def serving(hub: Hub) -> AsyncIterator[DisplayServer]:
    """Serve a hub's displays meanwhile."""
    listener = listening_socket(HOST, 0)
    app = DisplayServer(hub, f"ws://{HOST}:{listener.getsockname()[1]}")
    config = uvicorn.Config(
        app,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        lifespan="off",
        log_level="warning",
        timeout_graceful_shutdown=STOP_S_MAX,
    )
    server = uvicorn.Server(config)
    tasks = [
        asyncio.create_task(server.serve([listener]), name="uvicorn"),
        asyncio.create_task(hub.run(), name="hub"),
    ]
    try:
        await until(lambda: server.started, "the server serves")
        yield app
    finally:
        hub.stop()
        server.should_exit = True
        await tasks[0]
        tasks[1].cancel()
        (fault,) = await asyncio.gather(tasks[1], return_exceptions=True)
        listener.close()
    if isinstance(fault, Exception):
        raise fault
