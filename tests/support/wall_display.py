"""A display as the contract wants it: comes back by itself, keeps the last board, says what is on its glass."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import websockets
from websockets.asyncio.client import connect

from tests.support.hall_plan import HALL

RETRY_S = 0.05
BOARDS_KEPT = 2000


class WallDisplay:
    """A display on one WebSocket.

    Attributes:
        boards: what it was sent, oldest first.
        announcements: likewise.
        connections: how often it came in.
        live: whether it has been sent a board on its present connection.
    """

    def __init__(self, http: str, path: str) -> None:
        self._address = f"ws{http.removeprefix('http')}{path}"
        self.boards: list[dict[str, Any]] = []
        self.announcements: list[dict[str, Any]] = []
        self.connections = 0
        self.live = False

    @property
    def board(self) -> dict[str, Any]:
        """The board on the glass."""
        return self.boards[-1]

    async def follow(self) -> None:
        """Stay connected."""
        while True:
            with contextlib.suppress(OSError, websockets.InvalidHandshake, websockets.ConnectionClosed, TimeoutError):
                await self._listen()
            self.live = False
            await asyncio.sleep(RETRY_S)

    async def _listen(self) -> None:
        after = f"?after={self.board['seq']}" if self.boards else ""
        async with connect(self._address + after, proxy=None, max_size=None) as socket:
            self.connections += 1
            async for text in socket:
                message = json.loads(text)
                if message["type"] == "board":
                    self.boards = [*self.boards[-BOARDS_KEPT:], message]
                    self.live = True
                    await socket.send(json.dumps({"type": "shown", "seq": message["seq"]}))
                elif message["type"] == "announcement":
                    self.announcements.append(message)


@contextlib.asynccontextmanager
async def wall_display(http: str, path: str) -> AsyncIterator[WallDisplay]:
    """Run a display meanwhile; ``path`` begins with ``/ws/v1/``."""
    display = WallDisplay(http, path)
    following = asyncio.create_task(display.follow(), name=f"display[{path}]")
    try:
        yield display
    finally:
        following.cancel()
        (ended,) = await asyncio.gather(following, return_exceptions=True)
        if isinstance(ended, Exception):
            raise ended


def board_path(display: str, hall: str = HALL) -> str:
    """Return the path of a TV's board."""
    return f"/ws/v1/halls/{hall}/boards/{display}"


def led_path(window: str, hall: str = HALL) -> str:
    """Return the path of a window's sign."""
    return f"/ws/v1/halls/{hall}/leds/{window}"
